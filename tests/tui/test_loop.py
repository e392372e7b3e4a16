"""The screen's event loop tells when its thread is at work."""

from __future__ import annotations

import asyncio

from tradetui.engine.foreground import Foreground
from tradetui.tui.loop import TellingSelector, run


class Heard(Foreground):
    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []

    def begin(self) -> None:
        self.told.append("begin")

    def end(self) -> None:
        self.told.append("end")


def test_a_look_at_what_is_ready_is_no_rest_and_a_wait_is_one() -> None:
    heard = Heard()
    selector = TellingSelector(heard)
    selector.select(0)
    assert heard.told == []
    selector.select(1e-9)
    assert heard.told == ["end", "begin"]
    selector.close()
    assert heard.told[2:] == ["end"]


def test_an_app_runs_in_a_loop_that_tells_and_rests_at_the_end() -> None:
    heard, selectors = Heard(), []

    class App:
        async def run_async(self) -> None:
            selectors.append(asyncio.get_running_loop()._selector)

    run(App(), heard)  # type: ignore[arg-type]
    assert isinstance(selectors[0], TellingSelector)
    assert heard.told[-1] == "end"
