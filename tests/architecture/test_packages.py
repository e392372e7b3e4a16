from __future__ import annotations

import ast
from importlib.util import find_spec
from pathlib import Path

import pytest
from tree import PACKAGE_FOLDERS, ROOT, module_name, project, source_files

# Bases and words that every floor may use.
ON_NO_FLOOR = {"tradetui", "tradetui.__main__", "tradetui.engine", "tradetui.engine.errors", "tradetui.themes"}


def test_every_folder_with_modules_is_a_listed_package_and_every_listed_package_is_a_folder() -> None:
    folders = {module_name(path / "__init__.py") for path in {file.parent for file in source_files()}}
    assert sorted(project()["tool"]["setuptools"]["packages"]) == sorted(folders)


def test_every_package_folder_says_so_with_an_init_module() -> None:
    assert [path for path in {file.parent for file in source_files()} if not (path / "__init__.py").is_file()] == []


@pytest.mark.parametrize("folder", PACKAGE_FOLDERS)
def test_the_link_in_src_leads_to_the_folder_at_the_top(folder: str) -> None:
    link = ROOT / "src" / "tradetui" / folder
    assert link.is_symlink()
    assert link.resolve() == ROOT / folder


def test_every_data_file_in_a_package_folder_is_shipped() -> None:
    settings = project()["tool"]["setuptools"]
    shipped = {
        path
        for package, patterns in settings["package-data"].items()
        for pattern in patterns
        for path in (ROOT / settings["package-dir"][package]).glob(pattern)
    }
    found = {path for folder in PACKAGE_FOLDERS for path in (ROOT / folder).rglob("*") if is_data_file(path)}
    assert sorted(str(path.relative_to(ROOT)) for path in found - shipped) == []


def is_data_file(path: Path) -> bool:
    ours = path.is_file() and path.suffix not in (".py", ".pyc")
    return ours and not any(part.startswith((".", "__")) for part in path.relative_to(ROOT).parts)


@pytest.mark.parametrize("path", source_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_opens_with_a_sentence_that_says_what_it_is(path: Path) -> None:
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert docstring is not None, "no docstring"
    assert docstring.partition("\n\n")[0].rstrip().endswith((".", ":")), "its first paragraph is not a sentence"


def test_every_module_stands_on_a_floor_of_the_import_contract() -> None:
    (floors,) = (c for c in project()["tool"]["importlinter"]["contracts"] if c["id"] == "floors")
    names = {name.strip(" ()") for floor in floors["layers"] for name in floor.replace("|", ":").split(":")}
    roots = tuple(f"tradetui.{name}" for name in names)

    def stands_on_a_floor(module: str) -> bool:
        return module in ON_NO_FLOOR or any(module == root or module.startswith(root + ".") for root in roots)

    assert [name for name in map(module_name, source_files()) if not stands_on_a_floor(name)] == []


def test_types_are_marked_as_part_of_the_package() -> None:
    spec = find_spec("tradetui")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    assert (Path(spec.submodule_search_locations[0]) / "py.typed").is_file()
