"""Which feeds the screen may switch to, and how a session on each is made. One session at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

from tradetui.tui.bridge import Desk, FeedChoice, FeedRefused

if TYPE_CHECKING:
    from tradetui.engine.config import RunConfig

WHAT = {
    "replay": "a recorded market from its beginning; needs no account and no network",
    "practice": "the practice exchange on this machine; needs no account and no network",
    "paper": "the broker's paper account; needs its keys and a network",
    "live": "REAL MONEY at the broker; begins at the command line alone, with every interlock",
}


class Session(Desk, Protocol):
    """A desk that can tell whether it is fully down."""

    @property
    def ended(self) -> bool:
        """Whether nothing of it runs any more."""
        ...


class Feed(Protocol):
    """One feed: what it is, what it lacks, and a new session on it."""

    what: str

    def missing(self) -> str:
        """Why it cannot be started and what to do; empty where it can. May ask a keyring."""
        ...

    def make(self) -> Session:
        """A session that has not been started. Raises TradetuiError."""
        ...


class Recorded:
    """A replay can always be started again, from its beginning."""

    def __init__(self, make: Callable[[], Session], what: str) -> None:
        self.make, self.what = make, what

    def missing(self) -> str:
        """Nothing."""
        return ""


class Absent:
    """A feed that this version cannot start from its screen."""

    def __init__(self, what: str, why: str) -> None:
        self.what, self._why = what, why

    def missing(self) -> str:
        """Why."""
        return self._why

    def make(self) -> Session:
        """Never called: it is not available."""
        raise FeedRefused(self._why)


def connected(name: str, config: RunConfig) -> Feed:
    """The feed that module `tradetui.tui.cli.<name>` makes of a run's description."""
    try:
        module = import_module(f"tradetui.tui.cli.{name}")
        feed: Feed = module.feed(config)
    except (ImportError, AttributeError):
        return Absent(WHAT[name], f"this version cannot start it from here; see tradetui {name} --help")
    return feed


class FeedSwitch:
    """Ends one session wholly before it makes the next; `session` runs now, on the feed called `current`."""

    def __init__(self, feeds: Mapping[str, Feed], current: str, session: Session) -> None:
        self._feeds = dict(feeds)
        self.current, self.session = current, session

    def available_feeds(self) -> tuple[FeedChoice, ...]:
        """Every feed, with what those lack that cannot be started."""
        return tuple(FeedChoice(name, feed.what, feed.missing()) for name, feed in self._feeds.items())

    def switch_to(self, name: str) -> Desk:
        """End what runs, then make a session on `name`."""
        feed = self._feeds[name]
        if missing := feed.missing():
            raise FeedRefused(f"{name} is not available: {missing}; {self.current} goes on")
        self.session.stop()
        if not self.session.ended:
            raise FeedRefused(f"{self.current} did not go down in time, so {name} was not started; F5 tries again")
        try:
            self.session = feed.make()
        except Exception as error:
            raise FeedRefused(
                f"{self.current} has ended and {name} did not start: {error}; F5 chooses again"
            ) from error
        self.current = name
        return self.session
