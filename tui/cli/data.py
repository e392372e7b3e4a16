"""`tradetui data`: commands that make, read and mend market data."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from tradetui.tui.cli.data_clean import CHECK_HELP, CLEAN_HELP, check, clean
from tradetui.tui.cli.data_download import DOWNLOAD_HELP, download
from tradetui.tui.cli.data_generate import HELP as GENERATE_HELP
from tradetui.tui.cli.data_generate import generate
from tradetui.tui.cli.data_import import HELP as IMPORT_HELP
from tradetui.tui.cli.data_import import import_
from tradetui.tui.cli.data_list import HELP as LIST_HELP
from tradetui.tui.cli.data_list import list_
from tradetui.tui.cli.data_show import HELP as SHOW_HELP
from tradetui.tui.cli.data_show import show
from tradetui.tui.cli.data_store import HELP as STORE_HELP
from tradetui.tui.cli.data_store import store

app = typer.Typer(
    help="Market data: download, import, check, clean, store, show and generate it.", no_args_is_help=True
)

SAMPLE_HELP = """Write the synthetic sample market: a month of one-minute bars and one session with its order book.

The same seed writes the same data on every machine. The symbols are invented.

\b
Examples:
  tradetui data sample
  tradetui data sample --out my-samples --seed 42
"""


app.command("import", help=IMPORT_HELP)(import_)
app.command("check", help=CHECK_HELP)(check)
app.command("clean", help=CLEAN_HELP)(clean)
app.command("generate", help=GENERATE_HELP)(generate)
app.command("download", help=DOWNLOAD_HELP)(download)
app.command("list", help=LIST_HELP)(list_)
app.command("show", help=SHOW_HELP)(show)
app.command("store", help=STORE_HELP)(store)


@app.callback()
def data() -> None:
    """Market data: download, import, check, clean, store, show and generate it."""


@app.command(help=SAMPLE_HELP)
def sample(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder to write into; made if absent.")] = Path(
        "samples"
    ),
    seed: Annotated[
        int | None, typer.Option("--seed", metavar="N", min=0, help="Seed; default: that of the bundled sample.")
    ] = None,
) -> None:
    """Writes the sample files and prints their paths, one a line."""
    from tradetui.data.catalog import SAMPLE_SEED, write_samples

    with _told_on_terminal() as tell:
        paths = write_samples(out, SAMPLE_SEED if seed is None else seed, tell)
    for path in paths:
        typer.echo(path)


@contextmanager
def _told_on_terminal() -> Iterator[Callable[[str], None]]:
    """A spinner on stderr where that is a terminal, silence where it is a pipe or a file."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    with console.status("") as status:
        yield status.update
