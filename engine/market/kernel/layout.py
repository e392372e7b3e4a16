"""Where the kernel keeps what: entries of `head`, and the fields of what lies in the arena `mem`. Numbers only.

Everything lies in two flat int64 arrays, because a call from Python pays for each array. An address is an index of
`mem`; 0 is nobody's. What is taken from the arena keeps its address when the arena grows; slots that are freed are used
again by their kind, so memory is bounded by what lives at once.
"""

from __future__ import annotations

from typing import Final

NONE: Final = 0
KEY_END: Final = 2**63 - 1  # behind every price
ALREADY_DUE: Final = -(2**63)
NEVER: Final = 2**63 - 1

# -- `head`: the arena
TOP: Final = 0  # first word never used
LIMIT: Final = 1  # a TOP above this must grow before the next row
CAPACITY: Final = 2
ORDERS_FREE: Final = 3
ORDERS_LIVE: Final = 4
ORDER_BUCKETS: Final = 5
ORDER_MASK: Final = 6
LEVELS_FREE: Final = 7
LEVELS_LIVE: Final = 8
LEVEL_BUCKETS: Final = 9
LEVEL_MASK: Final = 10
OWN_FREE: Final = 11
OWN_LIVE: Final = 12
OWN_BUCKETS: Final = 13
OWN_MASK: Final = 14
SYMBOLS: Final = 15
# -- `head`: faults, in the order of simulation.Faults
DUPLICATE_ID, UNKNOWN_ID, BAD_SIZE, BAD_PRICE, TIME_BACKWARDS, BAD_ROW, CROSSED = range(16, 23)
# -- `head`: the tape
ROW: Final = 23  # of the piece that is loaded
ROWS_BEFORE: Final = 24  # of the pieces before it
NOW: Final = 25
HEAD_WORDS: Final = 128

# -- a level: market's, own resting orders', or stops' at one price
KEY: Final = 0  # the price, or minus the price on the bid side, so that the best is the smallest
TOTAL: Final = 1
COUNT: Final = 2
FIRST: Final = 3
LAST: Final = 4
BOOK: Final = 5  # address of the sentinel: which symbol, which kind, which side
TAKEN: Final = 6  # what own orders took of it
OWN: Final = 7  # the level of own orders at this price on this side
NEXT: Final = 8  # the next worse one; the sentinel's is the best
PREVIOUS: Final = 9
UP: Final = 10  # links over many levels, four heights
CHAIN: Final = 14  # the next one of its bucket
TRADED: Final = 15  # at this price since its last row
LEVEL_WORDS: Final = 16
HEIGHTS: Final = 4  # each spans sixteen times what the one below does: a million levels

# -- a resting order of the market
ID: Final = 0
SIZE: Final = 1
LEVEL: Final = 2
AFTER: Final = 3
BEFORE: Final = 4
SINCE: Final = 5  # number of the row that gave it its place
OF: Final = 6  # address of its symbol
ORDER_CHAIN: Final = 7
ORDER_WORDS: Final = 8

# -- a symbol: six sentinels (market, own, stops; bids and asks), then its record
SYMBOL_START: Final = 32  # so that the side of a sentinel is one bit of its address
SYMBOL_WORDS: Final = 160
OWN_BOOK, STOP_BOOK = 32, 64
RECORD: Final = 96

SLACK: Final = 256  # words that one row may take besides what own orders may
WORDS_AN_OWN: Final = 64  # its slot, and a level each where it waits and where it rests
