"""The command line: `tradetui`. Puts the commands together and turns every fault into one line and an exit code."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from tradetui import __version__
from tradetui.engine.errors import TradetuiError
from tradetui.tui.cli import data, journal
from tradetui.tui.cli.backtest import backtest
from tradetui.tui.cli.replay import replay
from tradetui.tui.cli.state import Shell

EXIT_INTERRUPTED = 130

app = typer.Typer(
    name="tradetui",
    add_completion=False,
    no_args_is_help=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Examples:  tradetui   |   tradetui --headless backtest --strategy momentum --json   |   tradetui journal verify out/",
)
app.command("replay")(replay)
app.command("backtest")(backtest)
app.add_typer(data.app, name="data")
app.add_typer(journal.app, name="journal")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"tradetui {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    headless: Annotated[bool, typer.Option("--headless", help="Run without a screen, for scripts and CI.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """A terminal trading workstation. Alone it opens the screen on a bundled session: no account, no network."""
    context.obj = Shell(headless=headless)
    if context.invoked_subcommand is None:
        context.invoke(replay, context)


def main() -> None:
    """Entry point of the `tradetui` command."""
    try:
        code = app(standalone_mode=False) or 0
    except TradetuiError as error:
        print(f"tradetui: {error}", file=sys.stderr)
        code = error.exit_code
    except KeyboardInterrupt:
        print("tradetui: interrupted", file=sys.stderr)
        code = EXIT_INTERRUPTED
    except BrokenPipeError:  # the reader of our output left, as `| head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    except Exception as error:
        code = _usage(error)
    sys.exit(code)


def _usage(error: Exception) -> int:
    """Exit code of a wrong command line; whatever else it was is our bug and goes on with its traceback."""
    import click

    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, click.exceptions.Abort):
        return EXIT_INTERRUPTED
    if isinstance(error, click.ClickException):
        error.show(sys.stderr)
        return error.exit_code
    raise error
