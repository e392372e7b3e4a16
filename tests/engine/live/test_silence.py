"""R10: a frozen feed raises STALE within a second of its limit and no new risk leaves, whatever the feed says."""

from __future__ import annotations

from live_rig import START, LiveRig, buy, flat

from tradetui.engine.live.silence import Silence
from tradetui.engine.live.verifying import replay
from tradetui.engine.model.events import FeedEvent

LIMIT_S = 30.0


def told(rig: LiveRig) -> list[tuple[str, str]]:
    return [(event.symbol, event.state) for event in rig.of(FeedEvent) if event.source == "engine"]


def watching() -> LiveRig:
    return LiveRig({100.0: buy(), 101.0: flat(), 102.0: buy("BB")}, stale_s=LIMIT_S).begin()


def beats(rig: LiveRig, seconds: float) -> LiveRig:
    """As the session's thread beats: ten times a second."""
    for _ in range(round(seconds * 10)):
        rig.beat()
    return rig


def test_a_feed_that_freezes_without_a_word_is_stale_within_a_second_of_its_limit_and_no_new_risk_leaves() -> None:
    rig = watching().quote(99.0).quote(50.0, "BB")
    beats(rig, LIMIT_S)
    assert (told(rig), rig.core.state) == ([], "active")
    beats(rig, 1.0)
    assert told(rig) == [("AA", "STALE"), ("BB", "STALE")]
    assert "the engine has heard nothing for 30.5 s" in rig.player.holds.reason
    rig.quote(100.0)
    assert rig.sends() == []


def test_a_symbol_that_is_heard_keeps_none_but_itself_from_being_stale() -> None:
    rig = watching().quote(50.0, "BB")
    for _ in range(32):
        beats(rig.quote(99.0), 1.0)
    assert told(rig) == [("BB", "STALE")]


def test_an_entry_that_works_is_cancelled_when_its_symbol_falls_silent() -> None:
    rig = LiveRig({98.0: buy(type="limit", limit_price=90.0)}, stale_s=LIMIT_S).begin()
    rig.quote(98.0).turn(rig.venue.accepted(1))
    beats(rig, 31.0)
    assert rig.withdrawn() == [1]


def test_an_exit_still_leaves_while_a_symbol_is_silent() -> None:
    rig = watching().quote(100.0)
    rig.turn(rig.venue.accepted(1), rig.venue.fill(1, "10", "100.01"))
    beats(rig, 31.0)
    assert rig.core.state == "reducing"
    rig.quote(101.0)
    assert [send.order.role for send in rig.sends()] == ["open", "close"]


def test_what_is_heard_again_trades_after_a_minute_of_health() -> None:
    rig = beats(watching().quote(99.0).quote(50.0, "BB"), 31.0)
    for _ in range(61):
        beats(rig.quote(99.0).quote(50.0, "BB"), 1.0)
    assert told(rig) == [("AA", "STALE"), ("BB", "STALE"), ("AA", "FRESH"), ("BB", "FRESH")]
    assert (rig.player.holds.reason, rig.core.state) == ("", "active")


def test_a_feed_s_own_word_of_a_halt_is_not_ended_by_prices_that_are_heard() -> None:
    rig = watching().turn(FeedEvent("AA", "STALE", "halted", START)).quote(99.0).quote(50.0, "BB")
    beats(rig, 31.0).quote(99.0)
    beats(rig, 0.2)
    assert told(rig)[-1] == ("AA", "FRESH")
    assert "halted" in rig.player.holds.reason


def test_a_second_run_of_the_session_hears_the_same_silence() -> None:
    rig = beats(watching().quote(99.0), 31.0).quote(100.0)
    events = list(rig.told)

    def fresh() -> object:
        return LiveRig({100.0: buy(), 101.0: flat(), 102.0: buy("BB")}).player

    found = replay(fresh, events, rig.recorded)  # type: ignore[arg-type]  # a player
    assert found.same, found.sentence()


def test_nothing_is_watched_where_no_limit_is_given() -> None:
    silence = Silence(("AA",), None, 0)
    assert silence.look(10**15, 0) == []
