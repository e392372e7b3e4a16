"""The command line: `tradetui`. Puts the commands together and turns every fault into one line and an exit code."""

from __future__ import annotations

import errno
import os
import sys
from typing import Annotated

import typer

from tradetui import __version__
from tradetui.engine.errors import RunFailed, TradetuiError
from tradetui.tui.cli import data, journal, keys
from tradetui.tui.cli.backtest import backtest
from tradetui.tui.cli.doctor import doctor
from tradetui.tui.cli.exchange import exchange
from tradetui.tui.cli.live import live
from tradetui.tui.cli.operations import kill, reconcile, status
from tradetui.tui.cli.paper import paper
from tradetui.tui.cli.practice import practice
from tradetui.tui.cli.replay import replay
from tradetui.tui.cli.state import Shell
from tradetui.tui.cli.unlock import unlock

EXIT_INTERRUPTED = 130

app = typer.Typer(
    name="tradetui",
    add_completion=False,
    no_args_is_help=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Examples:  tradetui   |   tradetui --headless backtest --strategy momentum --json   |   "
    "tradetui journal verify out/",
)
app.command("replay")(replay)
app.command("backtest")(backtest)
app.command("practice")(practice)
app.command("paper")(paper)
app.command("live")(live)
app.command("exchange")(exchange)
app.command("doctor")(doctor)
app.command("status")(status)
app.command("kill")(kill)
app.command("unlock")(unlock)
app.command("reconcile")(reconcile)
app.add_typer(data.app, name="data")
app.add_typer(journal.app, name="journal")
app.add_typer(keys.app, name="keys")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"tradetui {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    headless: Annotated[bool, typer.Option("--headless", help="Run without a screen, for scripts and CI.")] = False,
    version: Annotated[  # noqa: ARG001  # its callback did it
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
        sys.stdout.flush()  # here, where a reader that left or a full disk can still be told
        if code == EXIT_INTERRUPTED:  # the command-line library turns Ctrl-C into this
            print("tradetui: interrupted", file=sys.stderr)
    except TradetuiError as error:
        code = _fail(error, error.exit_code)
    except KeyboardInterrupt:
        print("tradetui: interrupted", file=sys.stderr)
        code = EXIT_INTERRUPTED
    except BrokenPipeError:  # the reader of our output left, as `| head` does
        _forget_stdout()
        code = 1
    except Exception as error:  # noqa: BLE001  # those that are no fault of the user's go on from there
        code = _usage(error)
    sys.exit(code)


def _fail(error: Exception, code: int) -> int:
    notes = "".join(f"\ntradetui: {note}" for note in getattr(error, "__notes__", ()))
    print(f"tradetui: {error}{notes}", file=sys.stderr)
    return code


def _usage(error: Exception) -> int:
    """Exit code of a wrong command line; whatever else it was is our bug and goes on with its traceback.

    The command-line library changed which module its exceptions live in, so they are known by what they can do.
    """
    if isinstance(error, typer.Exit):
        return error.exit_code
    if isinstance(error, typer.Abort):
        return EXIT_INTERRUPTED
    show = getattr(error, "show", None)
    if show is not None and hasattr(error, "exit_code"):
        show(sys.stderr)
        return int(error.exit_code)
    if isinstance(error, OSError) and error.errno in _STDOUT_FAULTS and error.filename is None:
        _forget_stdout()
        return _fail(RunFailed(f"the output could not be written: {error.strerror}"), 1)
    raise error


_STDOUT_FAULTS = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT, errno.EIO, errno.EBADF)


def _forget_stdout() -> None:
    """Let the interpreter's last flush go nowhere, so that it does not fail a second time."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
