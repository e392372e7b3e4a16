"""The practice exchange: an account and a market behind Alpaca's protocol, on this machine, for unmodified clients.

The exchange itself (`exchange`, and what it leans on) has no I/O: times are passed in, what happened is returned.
`server` and its neighbours put it on a loopback port; they need the extra `practice`.
"""
