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
GROW: Final = -1  # what an entry answers where the arena is too small: grow it and go on

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
ROWS_PLAYED: Final = 24  # of all pieces
NOW: Final = 25
STARTED: Final = 26  # whether a row was played
OPEN: Final = 27  # whether an instant is: its symbol's number and time, whether it must end, what it will tell
OPEN_SYMBOL, OPEN_TIME, OPEN_ENDS, OPEN_BITS = range(28, 32)
WOKEN_SYMBOL: Final = 32
# -- `head`: what is due, and when
REQUEST_DUE, OTHER_DUE, EXPIRY_DUE, REPORT_DUE, BAR_DUE, TIMER_DUE = range(33, 39)  # OTHER: all but requests
REQUESTS, REQUESTS_MASK, REQUEST_FIRST, REQUEST_END = range(39, 43)  # a ring, counted on and on
REPORTS, REPORTS_MASK, REPORT_READ, REPORT_KNOWN, REPORT_END, REPORT_LATEST = range(44, 50)
OWN_FIRST, OWN_LAST, ARRIVALS = range(50, 53)  # all own orders at the venue by arrival
TOLD_BAR: Final = 53  # the bar that was told last, eight words
# -- `head`: the rules
WAKE, TIMER_NS, CANCEL_AHEAD, TOUCH, SELF_TRADE, SEED = range(64, 70)
SHARE_PARTS, SHARE_WHOLE = 70, 71  # of the imbalance that wakes
SLIP_NANOS, SLIP_PARTS, SLIP_WHOLE = range(72, 75)
CHANCE, CHANCES = 75, 76  # of 2^53 draws so many are taken; drawn so far
SAMPLES, SAMPLES_COUNT, LATENCIES = range(77, 80)  # of report latencies; drawn so far, of both kinds
SOURCES: Final = 80  # which text of this package was compiled
ANSWERS_WAKE: Final = 81  # whether reports wake that tell of nothing but ends that we asked for
STOPS_DUE: Final = 82  # a nanosecond after stops were triggered: then their time is over
HEAD_WORDS: Final = 96

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

# -- a symbol's record
SOURCE: Final = RECORD
BY_ORDERS, BY_DEPTH, BY_QUOTES, BY_TRADES = range(4)
HAS_TRADES: Final = RECORD + 1  # TRADE rows
EXECUTES_TRADE: Final = RECORD + 2  # EXECUTE rows stand for them
NUMBER: Final = RECORD + 3
POSITION: Final = RECORD + 4
WORKING_FIRST, WORKING_LAST = RECORD + 5, RECORD + 6  # market orders that take again after each row
LAST_PRICE, LAST_SIZE, LAST_SIDE = range(RECORD + 7, RECORD + 10)
QUOTE_LEVELS: Final = RECORD + 10  # two
SEEN_BID, SEEN_BID_SIZE, SEEN_ASK, SEEN_ASK_SIZE, SEEN_BEYOND = range(RECORD + 12, RECORD + 17)  # keys and sizes
BAR_NS, SYMBOL_BAR_DUE = RECORD + 17, RECORD + 18
BAR_START, BAR_OPEN, BAR_HIGH, BAR_LOW, BAR_CLOSE, BAR_VOLUME, BAR_TRADES = range(RECORD + 19, RECORD + 26)
TRIGGERED_FIRST, TRIGGERED_LAST = range(SYMBOL_START + RECORD + 26, SYMBOL_START + RECORD + 28)  # one line for all
NEAREST: Final = TOTAL  # of an own or stop sentinel: the key of its best level

# -- an own order at the venue
OWN_ID: Final = 0
OWN_NOTHING: Final = 1  # 0: hash maps scatter two words
OWN_SYMBOL: Final = 2  # address
OWN_SIDE: Final = 3
OWN_KIND: Final = 4
OWN_FORCE: Final = 5
OWN_LEFT: Final = 6
OWN_LIMIT: Final = 7
OWN_STOP: Final = 8
OWN_REDUCES: Final = 9
OWN_EXPIRES: Final = 10
OWN_STATE: Final = 11
OWN_AHEAD: Final = 12  # -1 where not known
OWN_SINCE: Final = 13  # rows played when it came to rest
OWN_ARRIVAL: Final = 14
OWN_LEVEL: Final = 15
OWN_AFTER: Final = 16  # in the line where it waits
OWN_BEFORE: Final = 17
OWN_LATER: Final = 18  # in the line of all
OWN_EARLIER: Final = 19
OWN_CHAIN: Final = 20
OWN_WORDS: Final = 24
ARRIVED, RESTING, STOPPED, WORKING, TRIGGERED = range(5)
MARKET, LIMITED, STOP, STOP_LIMIT = range(4)
GTC, IOC, FOK, GTX = range(4)

REQUEST_WORDS: Final = 12  # when it arrives, 1 for a cancel, then the fields of Request
REPORT_WORDS: Final = 10

SLACK: Final = 256  # words that one row may take besides what own orders may
WORDS_AN_OWN: Final = 64  # its slot, and a level each where it waits and where it rests
