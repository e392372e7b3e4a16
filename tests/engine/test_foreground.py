"""Who computes stands aside while a screen is at work, and not for ever."""

from __future__ import annotations

import threading

from tradetui.engine import foreground
from tradetui.engine.foreground import Foreground


def test_nobody_stands_aside_for_a_screen_that_rests_or_was_never_there(monkeypatch) -> None:
    monkeypatch.setattr(foreground, "GIVE_WAY_S", None)  # a wait would never end
    Foreground().give_way()
    screen = Foreground()
    screen.begin()
    screen.end()
    screen.give_way()


def test_whoever_stands_aside_goes_on_when_the_screen_is_done(monkeypatch) -> None:
    monkeypatch.setattr(foreground, "GIVE_WAY_S", None)
    screen, went_on = Foreground(), threading.Event()
    screen.begin()

    def work() -> None:
        screen.give_way()
        went_on.set()

    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    assert not went_on.is_set()
    screen.end()
    worker.join(10)
    assert went_on.is_set()


def test_a_screen_that_never_rests_does_not_stop_a_market(monkeypatch) -> None:
    monkeypatch.setattr(foreground, "GIVE_WAY_S", 0.0)
    screen = Foreground()
    screen.begin()
    screen.give_way()
