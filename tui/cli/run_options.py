"""From command-line options and a run file to one RunConfig: an option beats the file, the file beats the default."""

from __future__ import annotations

import re
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
    simulation = values.get("simulation")
    if isinstance(simulation, dict) and isinstance(simulation.get("latency_file"), str) and simulation["latency_file"]:
        values["simulation"] = simulation | {"latency_file": str(path.parent / simulation["latency_file"])}
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


def simulation_table(
    file_values: dict[str, Any], bars: str | None, **given: str | float | None
) -> dict[str, Any] | None:
    """The run file's [simulation] with its options laid over it; None when neither says anything."""
    told = file_values.get("simulation", {})
    if not isinstance(told, dict):
        return told  # type: ignore[no-any-return]  # refused with all its siblings by run_config
    if given.get("latency_file") is not None:  # instead of the constant times that the file may name
        told = {name: value for name, value in told.items() if name not in ("entry_ms", "report_ms")}
    given = {"bar_seconds": None if bars is None else bar_seconds(bars), **given}
    return {**told, **{name: value for name, value in given.items() if value is not None}} or None


def bar_seconds(text: str) -> float:
    """A length such as 500ms, 30s, 1min or 1h in seconds."""
    found = _LENGTH.fullmatch(text.strip().lower())
    if found is None:
        raise UsageError(f"--bars {text!r}: expected a length such as 500ms, 30s, 1min or 1h")
    return float(found[1]) * _UNITS_S[found[2]]


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


_UNITS_S = {"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0}
_LENGTH = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|min|h)")
_DECIMALS = ("cash", "quantity", "commission", "commission_fixed", "spread", "volume_cap")
