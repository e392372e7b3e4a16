"""From command-line options and a run file to one RunConfig: an option beats the file, the file beats the default."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tradetui.engine.errors import UsageError


def read_run_file(path: Path) -> dict[str, Any]:
    """The values of a TOML run file, its data paths taken relative to the file."""
    try:
        text = path.read_bytes().decode()
    except OSError as error:
        raise UsageError(f"run file {path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"run file {path}: not UTF-8 text at byte {error.start}") from error
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"run file {path}: {error}") from error
    values = {name.replace("-", "_"): value for name, value in values.items()}
    if "data" in values:
        data = [values["data"]] if isinstance(values["data"], str) else values["data"]
        if not isinstance(data, list) or not all(isinstance(entry, str) for entry in data):
            raise UsageError(f"run file {path}: data is {values['data']!r}; expected a path or a list of paths")
        values["data"] = [str(path.parent / entry) for entry in data]
    strategy = values.get("strategy")
    if isinstance(strategy, str) and ".py" in strategy:
        values["strategy"] = str(path.parent / strategy)
    return values


def merge_options(file_values: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
    """File values with the given options (those that are not None) laid over them."""
    merged = file_values | {name: value for name, value in options.items() if value is not None and value != []}
    if str(merged.get("volume_cap", "")).lower() == "none":
        merged["volume_cap"] = None
    for name in _DECIMALS:
        if isinstance(merged.get(name), float | int) and not isinstance(merged.get(name), bool):
            merged[name] = str(merged[name])  # 0.1 means 0.1, not the float nearest to it
    for section in ("limits", "fees"):
        if isinstance(merged.get(section), dict):
            merged[section] = {k: str(v) if isinstance(v, float) else v for k, v in merged[section].items()}
    return merged


def table_of(file_values: dict[str, Any], name: str, entries: Sequence[str], option: str) -> dict[str, Any] | None:
    """A table of the run file with NAME=VALUE options laid over it; None when neither says anything."""
    told = file_values.get(name, {})
    if not isinstance(told, dict):
        return told  # type: ignore[no-any-return]  # refused with all its siblings by run_config
    return {**told, **pairs(entries, option)} or None


def one_of(allow_short: bool, long_only: bool) -> bool | None:
    """What --allow-short and --long-only say together, None when neither is given."""
    if allow_short and long_only:
        raise UsageError("--allow-short and --long-only contradict each other; give one")
    return True if allow_short else False if long_only else None


def where_from(run_file: Path | None) -> str:
    """What messages call the place that the values came from."""
    return "command line" if run_file is None else f"{run_file} and the command line"


def pairs(entries: Sequence[str], option: str) -> dict[str, str]:
    """NAME=VALUE entries as a mapping; raises UsageError naming the entry that is none or comes twice."""
    found: dict[str, str] = {}
    for entry in entries:
        name, equals, value = entry.partition("=")
        name = name.strip().replace("-", "_")
        if not equals or not name:
            raise UsageError(f"{option} {entry!r}: expected NAME=VALUE")
        if name in found:
            raise UsageError(f"{option} {name} was given twice: {found[name]!r} and {value!r}")
        found[name] = value.strip()
    return found


_DECIMALS = ("cash", "quantity", "commission", "commission_fixed", "spread", "volume_cap")
