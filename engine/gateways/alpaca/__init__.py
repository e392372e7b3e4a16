"""Alpaca, and whatever speaks its protocol: market data in, orders out. Loads none of the vendor's code by itself."""
