"""What `status`, `kill` and `reconcile` say, line by line. Reads nothing but the clock."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tradetui.engine.day_end import DayEnd
    from tradetui.engine.keys import Environment
    from tradetui.engine.operations.run_files import Run
    from tradetui.engine.operations.stop import Stopped

OLD_HEALTH_S = 5.0  # a session tells every second


def kill_lines(targets: list[tuple[Environment, str]], reports: list[Stopped], runs: list[Run]) -> list[str]:
    """What a kill came to."""
    lines = [f"■ {name} is HALTED on this machine until unlocked" for name in dict.fromkeys(n for n, _ in targets)]
    for report in reports:
        kind = {True: "paper account", False: "LIVE account", None: "account"}[report.paper]
        lines.append(f"{kind} {'****' + report.account if report.account else '?'} at {report.url}")
        if report.left is None:
            lines.append(f"  THE BROKER DID NOT CONFIRM: {report.fault}; cancel at the broker's own site")
        elif report.left:
            lines += [f"  {report.seen} orders seen, {len(report.left)} STILL WORK after {report.seconds:.1f} s:"]
            lines += [f"    {line}" for line in report.left]
        else:
            lines.append(f"  {report.seen} cancelled, none open: confirmed by the broker in {report.seconds:.2f} s")
        lines += [f"  position kept: {held.quantity:f} {held.symbol}" for held in report.positions]
    lines += [
        f"process {run.file.pid} ({run.file.mode}) is stopped and will obey when it goes on; "
        f"to end it: kill -9 {run.file.pid}"
        for run in runs
        if run.life == "stopped"
    ]
    return lines


def run_line(run: Run) -> str:
    """A session and how it is."""
    file, health = run.file, run.health
    account = f" account ****{file.account}" if file.account else ""
    life = {"running": "runs", "stopped": "IS STOPPED by a signal", "gone": "is gone, it did not end properly"}[
        run.life
    ]
    told = ""
    if health is not None:
        age_s = time.time() - health.ts_ns / 1e9
        late = f", SAID NOTHING for {age_s:.0f} s" if age_s > OLD_HEALTH_S and run.life != "gone" else ""
        feeds = ", ".join(f"{feed.name} {feed.state}" for feed in health.feeds)
        store = f", {health.storage}" if health.storage else ""
        if health.storage_lag and store:
            store += f" ({health.storage_lag:,} events wait)"
        held = f"{_count(health.working, 'order')}, {_count(health.positions, 'position')}"
        parts = f"{held}, {feeds or 'no feed'}"
        told = f": {health.trading}{late}, {parts}{store}"
    return f"{file.pid:>7} {file.mode}{account} {life}{told}\n        {file.journal}"


def day_end_lines(report: DayEnd) -> list[str]:
    """Both sides, and where they differ."""
    kind = "paper account" if report.paper else "LIVE account"
    lines = [
        f"{kind} ****{report.account}: {report.fills} fills in the journal, fees {report.fees:f}",
        f"cash      {report.cash_ours:f} here, {report.cash_theirs:f} at the broker",
        *(f"position  {p.symbol}: {p.ours:f} here, {p.theirs:f} at the broker" for p in report.positions),
        f"orders    {report.orders} compared",
        *(f"works     {line}" for line in report.working),
        *(f"foreign   {line}" for line in report.strangers),
    ]
    if not report.differences:
        return [*lines, "they agree"]
    return [*lines, *(f"DIFFERS   {difference.message}" for difference in report.differences)]


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
