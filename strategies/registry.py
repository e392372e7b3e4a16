"""Finds a strategy by its name, or in a user's file."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tradetui.engine.errors import UsageError
from tradetui.engine.strategy import Strategy

SHIPPED = {
    "ma_crossover": ("tradetui.strategies.ma_crossover", "MaCrossover"),
    "momentum": ("tradetui.strategies.momentum", "Momentum"),
    "mean_reversion": ("tradetui.strategies.mean_reversion", "MeanReversion"),
}


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
    known = {n: p for n, p in inspect.signature(cls).parameters.items() if p.kind is not p.VAR_KEYWORD}
    values: dict[str, Any] = {}
    for key, value in parameters.items():
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known) or 'none'}"
            raise UsageError(f"{name} has no parameter {key!r}; {hint}")
        values[key] = _convert(key, value, known[key], name)
    missing = [n for n, p in known.items() if p.default is p.empty and n not in values and p.kind is not p.VAR_POSITIONAL]
    if missing:
        raise UsageError(f"{name} needs {', '.join(missing)}; give each as --set NAME=VALUE")
    return cls(**values)


def _from_file(path: Path, cls: str) -> type[Strategy]:
    if not path.is_file():
        raise UsageError(f"strategy file {path} does not exist")
    spec = importlib.util.spec_from_file_location(f"tradetui_user_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise UsageError(f"strategy file {path} is no Python module")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # whatever a user's file raises while loading is shown with its place
        line = _line_in(error, path)
        raise UsageError(f"{path}{line}: {type(error).__name__}: {error}") from error
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
    seen = f"has no strategy {cls!r}" if cls else "names no class"
    raise UsageError(f"{path} {seen}; strategies in it: {listed}. Give it as {path}:ClassName")


def _line_in(error: BaseException, path: Path) -> str:
    if isinstance(error, SyntaxError) and error.lineno:
        return f":{error.lineno}"
    at = error.__traceback__
    line = ""
    while at is not None:
        if at.tb_frame.f_code.co_filename == str(path):
            line = f":{at.tb_lineno}"
        at = at.tb_next
    return line


def _convert(key: str, value: Any, parameter: inspect.Parameter, strategy: str) -> Any:
    if not isinstance(value, str):
        return value
    kind = type(parameter.default) if parameter.default not in (parameter.empty, None) else _annotated(parameter)
    try:
        if kind is bool:
            return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}[value.lower()]
        if kind is int:
            return int(value)
        if kind is float:
            return float(value)
    except (ValueError, KeyError):
        raise UsageError(f"{strategy}: {key}={value!r} is no {kind.__name__}") from None
    return value


def _annotated(parameter: inspect.Parameter) -> type:
    names = {"int": int, "float": float, "bool": bool, "str": str}
    annotation = parameter.annotation
    return annotation if isinstance(annotation, type) else names.get(str(annotation), str)
