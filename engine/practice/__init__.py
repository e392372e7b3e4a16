"""The practice exchange: an account and a market behind Alpaca's protocol, on this machine, for unmodified clients.

The exchange itself has no I/O: times are passed in, what happened is returned. `exchange` takes requests (`requests`,
`admission`, `replacing`), `floor` says when orders work and end, `desk` moves them and tells the stream, `ledger` keeps
the money; `world` plays a recorded session into it, and the account's orders meet the market's in `engine_matcher`.
`store` keeps all of it in a file. `server` and its neighbours put it on a loopback port and need the extra `practice`.

What nobody has verified about the real venue is a field of `config.PracticeConfig`, marked [U].

Besides the protocol there are control endpoints, which ask for the same keys: GET `/_practice/status`, `/ledger` (the
venue's own books, exactly) and `/faults`; POST `/advance` {to | seconds}, `/clock` {speed, running}, `/faults`
{kind, target, count, after, method, path, event, delay_s} or {seed, every}, `/manual_order` (an order by hand),
`/account` {restricted, cash, revoke_key}, `/asset` {symbol, halted, tradable, ...}, `/stream` (a message of a data
stream as given), `/disconnect`; DELETE `/faults`.

A quantity in a replacement is that of the new order; without one, it is what was left of the old one. Not kept over a
restart: watchlists, changed assets, halts, faults, and places in queues (orders that worked stand at the end again).
"""
