"""Finds a strategy by its name, or in a user's file."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import inspect
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args, get_type_hints

import msgspec

from tradetui.engine.errors import TradetuiError, UsageError
from tradetui.engine.strategy import Strategy

SHIPPED = {
    "ma_crossover": ("tradetui.strategies.ma_crossover", "MaCrossover"),
    "momentum": ("tradetui.strategies.momentum", "Momentum"),
    "mean_reversion": ("tradetui.strategies.mean_reversion", "MeanReversion"),
    "market_maker": ("tradetui.strategies.market_maker", "MarketMaker"),
}

_NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
_TRUTH = {"yes": True, "no": False}


def find_strategy(name: str) -> type[Strategy]:
    """The class behind a shipped name or `path/to/file.py:ClassName` (the class may be left out when there is one).

    Raises UsageError with the nearest known name, or with what the file holds instead.
    """
    if name in SHIPPED:
        module, cls = SHIPPED[name]
        return getattr(importlib.import_module(module), cls)  # type: ignore[no-any-return]
    path, _, cls = name.rpartition(":") if ".py:" in name else (name, "", "")
    if path.endswith(".py"):
        return _from_file(Path(path), cls)
    near = difflib.get_close_matches(name, SHIPPED, n=1)
    hint = f"did you mean {near[0]!r}?" if near else "a file is given as path/to/file.py:ClassName"
    raise UsageError(f"strategy {name!r} is not known; shipped are {', '.join(SHIPPED)}; {hint}")


def make_strategy(name: str, parameters: Mapping[str, Any]) -> Strategy:
    """An instance with `parameters`; texts are converted to the type of the parameter's default or annotation.

    Raises UsageError for a parameter the strategy does not have or cannot take.
    """
    return configure(find_strategy(name), parameters)


def configure(cls: type[Strategy], parameters: Mapping[str, Any]) -> Strategy:
    """An instance of `cls` with `parameters`, under the rules of `make_strategy`."""
    name = cls.name or cls.__name__
    known = {n: p for n, p in inspect.signature(cls).parameters.items() if p.kind in _NAMED}
    kinds = _kinds(cls, known)
    values: dict[str, Any] = {}
    for key, value in parameters.items():
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known) or 'none'}"
            raise UsageError(f"{name} has no parameter {key!r}; {hint}")
        values[key] = _convert(key, value, kinds[key], name)
    missing = [n for n, p in known.items() if p.default is p.empty and n not in values]
    if missing:
        raise UsageError(f"{name} needs {', '.join(missing)}; give each as --set NAME=VALUE")
    try:
        return cls(**values)
    except TradetuiError:
        raise
    except (Exception, SystemExit) as error:  # whatever a user's class raises is shown with its place
        given = ", ".join(f"{key}={value!r}" for key, value in values.items()) or "its defaults"
        raise UsageError(f"{_place(error, name)}: {name} could not be made with {given}: {_said(error)}") from error


def _kinds(cls: type[Strategy], known: Mapping[str, inspect.Parameter]) -> dict[str, Any]:
    """What each parameter is: its annotation, else the type of its default, else text."""
    try:
        hints = get_type_hints(cls.__init__)
    except Exception:  # noqa: BLE001  # an annotation that cannot be resolved says nothing; the default may
        hints = {}
    return {
        name: hints.get(name, str if p.default in (p.empty, None) else type(p.default)) for name, p in known.items()
    }


def _from_file(path: Path, cls: str) -> type[Strategy]:
    if not path.is_file():
        raise UsageError(f"strategy file {path} does not exist")
    module_name = f"tradetui_user_{path.stem}"
    spec = importlib.util.spec_from_file_location(module_name, path)
    if spec is None or spec.loader is None:
        raise UsageError(f"strategy file {path} is no Python module")
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module  # dataclasses and pickle look their module up by its name
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # whatever a user's file raises while loading is shown with its place
        del sys.modules[module_name]
        raise UsageError(f"{_place(error, str(path))}: {_said(error)}") from error
    found = {
        n: c
        for n, c in vars(module).items()
        if isinstance(c, type) and issubclass(c, Strategy) and c.__module__ == module.__name__
    }
    if cls in found:
        return found[cls]
    if not cls and len(found) == 1:
        return next(iter(found.values()))
    listed = ", ".join(found) or "none"
    seen = f"has no strategy {cls!r}" if cls else "holds not one strategy class"
    raise UsageError(f"{path} {seen}; strategies in it: {listed}. Give it as {path}:ClassName")


def _place(error: BaseException, otherwise: str) -> str:
    """file:line where the user's code raised, else `otherwise`."""
    if isinstance(error, SyntaxError) and error.lineno:
        return f"{_shown(error.filename)}:{error.lineno}" if error.filename else f"{otherwise}:{error.lineno}"
    place, at = otherwise, error.__traceback__
    while at is not None:
        module = at.tb_frame.f_globals.get("__name__", "")
        if module.startswith("tradetui_user_"):
            place = f"{_shown(at.tb_frame.f_code.co_filename)}:{at.tb_lineno}"
        at = at.tb_next
    return place


def _shown(filename: str) -> str:
    """A path as a person would type it here: relative where it lies below the working folder."""
    path = Path(filename)
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def _said(error: BaseException) -> str:
    said = error.msg if isinstance(error, SyntaxError) else str(error)
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def _convert(key: str, value: Any, kind: Any, strategy: str) -> Any:
    """`value`, a text of the command line or a TOML value, as what the parameter is."""
    if kind is bool and isinstance(value, str):
        value = _TRUTH.get(value.lower(), value)
    if isinstance(value, str) and value.lower() == "none" and type(None) in get_args(kind):
        return None
    try:
        return msgspec.convert(value, kind, strict=False)
    except msgspec.ValidationError:
        wanted = kind.__name__ if isinstance(kind, type) else str(kind)
        raise UsageError(f"{strategy}: {key}={value!r} is no {wanted}") from None
    except TypeError:  # a kind that msgspec does not know: the strategy gets the value as it came
        return value
