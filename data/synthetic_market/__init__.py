"""An invented market told order by order: from a seed to order events, a book, trades, quotes, depth and bars."""
