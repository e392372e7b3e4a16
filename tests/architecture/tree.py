"""What the architecture tests read: the repository's modules, their imports and pyproject.toml. Not a test."""

from __future__ import annotations

import ast
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PACKAGE_FOLDERS = ("engine", "strategies", "data", "tui", "themes")


@cache
def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def source_files() -> list[Path]:
    """Every module that is shipped."""
    found = [path for folder in PACKAGE_FOLDERS for path in (ROOT / folder).rglob("*.py")]
    return sorted([*found, *(ROOT / "src" / "tradetui").glob("*.py")])


def module_name(path: Path) -> str:
    """`engine/model/events.py` is `tradetui.engine.model.events`."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    parts = parts[1:] if parts[0] == "src" else ("tradetui", *parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported_modules(path: Path) -> Iterator[tuple[int, str]]:
    """Line and full name of each import of a module, those inside functions too, those only for type checkers not."""
    skipped: set[ast.AST] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
        if node in skipped or _is_type_checking_block(node):
            skipped.update(ast.iter_child_nodes(node))
        elif isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.lineno, node.module


def is_third_party(module: str) -> bool:
    top = module.partition(".")[0]
    return top != "tradetui" and top not in sys.stdlib_module_names


def _is_type_checking_block(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
