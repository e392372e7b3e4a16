"""`tradetui keys`: the broker's keys in the keyring of the operating system. Never on the command line, never shown."""

from __future__ import annotations

import getpass
import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from tradetui.engine.errors import UsageError

if TYPE_CHECKING:
    from tradetui.engine.keys import Environment

app = typer.Typer(no_args_is_help=True, help="Keep the broker's keys in the keyring of the operating system.")

EnvironmentOption = Annotated[str, typer.Option("--environment", metavar="ENV", help="dev, paper or live.")]


@app.command("set", epilog="Examples:  tradetui keys set   |   tradetui keys set --environment live")
def set_(environment: EnvironmentOption = "paper") -> None:
    """Ask for key id and secret without showing them, and keep them. In a pipe: two lines, the id first."""
    from tradetui.engine import keys

    name = _known(environment)
    if sys.stdin.isatty():
        key, secret = getpass.getpass(f"key id for {name}: ").strip(), getpass.getpass("secret: ").strip()
    else:
        key, secret = sys.stdin.readline().strip(), sys.stdin.readline().strip()
    if not key or not secret:
        raise UsageError("key id and secret are both needed; nothing was kept")
    for entry, value in zip(keys.keyring_names(name), (key, secret), strict=True):
        _keyring("set_password", keys.SERVICE, entry, value)
    print(f"kept for {name}; try: tradetui doctor --environment {name}")


@app.command(epilog="Examples:  tradetui keys show   |   tradetui keys show --environment live")
def show(environment: EnvironmentOption = "paper") -> None:
    """Say where the keys of an environment come from, and never what they are."""
    from tradetui.engine import keys

    name = _known(environment)
    found = keys.find(name, os.environ, keys.keyring_ask())
    print(f"{name}: keys from {found.source}" if found else f"{name}: no keys")


@app.command(epilog="Examples:  tradetui keys remove   |   tradetui keys remove --environment live")
def remove(environment: EnvironmentOption = "paper") -> None:
    """Take the keys of an environment out of the keyring; variables and files stay."""
    from tradetui.engine import keys

    name = _known(environment)
    ask = keys.keyring_ask()
    kept = [entry for entry in keys.keyring_names(name) if ask and ask(keys.SERVICE, entry)]
    for entry in kept:
        _keyring("delete_password", keys.SERVICE, entry)
    print(f"{name}: {'removed' if kept else 'there were none in the keyring'}")


def _known(environment: str) -> Environment:
    from tradetui.engine import keys

    for name in keys.PAIRS:
        if name == environment:
            return name
    raise UsageError(f"--environment {environment}: expected one of {', '.join(keys.PAIRS)}")


def _keyring(method: str, *values: str) -> None:
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        raise UsageError("there is no keyring library; add it with: pip install 'tradetui[keyring]'") from None
    try:
        getattr(keyring, method)(*values)
    except KeyringError as error:
        raise UsageError(
            f"the keyring of this machine cannot be used ({type(error).__name__}); "
            "keep the keys in variables or in files, see docs/settings.md"
        ) from None
