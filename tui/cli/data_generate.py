"""`tradetui data generate`: an invented market of any size, from a seed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from tradetui.engine.errors import UsageError

HELP = """Generate an invented market of any size: minute bars, or whole sessions order by order.

A session has order events, auctions, depth, quotes, trades and bars that agree with one another, six files a day. Bars
become a store of one folder a symbol. The same options write the same data on every machine; nothing of it is real.

\b
Examples:
  tradetui data generate --kind session --symbols 3 --days 2 --events 100000 --seed 7 --out market
  tradetui data generate --kind session --symbols 1 --events 10000000 --out load-test
  tradetui data generate --kind bars --symbols 500 --days 252 --out store
"""

Kind = Annotated[str, typer.Option("--kind", metavar="bars|session", help="What to make.")]
Symbols = Annotated[int, typer.Option("--symbols", metavar="N", help="How many symbols.")]
Days = Annotated[int, typer.Option("--days", metavar="N", help="How many sessions, on weekdays.")]
Events = Annotated[int, typer.Option("--events", metavar="N", help="Order events of each symbol and session, about.")]
Seed = Annotated[int, typer.Option("--seed", metavar="N", help="Another seed makes another market.")]
First = Annotated[str, typer.Option("--from", metavar="DAY", help="The first session, as 2026-03-02.")]
Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder to write into; made if absent.")]


def generate(
    kind: Kind = "session",
    symbols: Symbols = 3,
    days: Days = 1,
    events: Events = 100_000,
    seed: Seed = 7,
    first: First = "2026-03-02",
    out: Out = Path("generated"),
) -> None:
    """Writes the data, prints the paths one a line, and says on stderr how much it is."""
    from tradetui.data.synthetic_market.generate import Wanted
    from tradetui.data.synthetic_market.generate import generate as make

    try:
        first_day = date.fromisoformat(first)
    except ValueError:
        raise UsageError(f"--from is {first!r}; expected a day as 2026-03-02") from None
    wanted = Wanted(kind, symbols, days, events, seed, first_day)
    with _progress() as progress:
        made = make(wanted, out, progress)
    for path in made.paths:
        typer.echo(path)
    print(f"{made.rows:,} {'bars' if kind == 'bars' else 'order events'}", file=sys.stderr)


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    """A bar with the time left on stderr where that is a terminal, silence where it is a pipe or a file."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _what, _done, _whole: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as bar:
        task = bar.add_task("preparing", total=None)
        yield lambda what, done, whole: bar.update(task, description=what, completed=done, total=whole)
