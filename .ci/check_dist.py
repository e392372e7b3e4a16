"""Proves that a wheel and an sdist hold each module and each data file of the tree exactly once, and no other."""

from __future__ import annotations

import sys
import tarfile
import tomllib
import zipfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main(folder: Path) -> int:
    expected = shipped_files()
    (wheel,) = folder.glob("*.whl")
    (sdist,) = folder.glob("*.tar.gz")
    problems = [
        *differences("wheel", wheel_files(wheel), {name: name for name in expected}),
        *differences("sdist", sdist_files(sdist), {str(path): name for name, path in expected.items()}),
    ]
    print("\n".join(problems) or f"{wheel.name} and {sdist.name} hold the same {len(expected)} files as the tree")
    return 1 if problems else 0


def shipped_files() -> dict[str, Path]:
    """Name in the wheel -> path in the tree, for the modules and data files of every package."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    found: dict[str, Path] = {}
    for package in settings["packages"]:
        folder = folder_of(package, settings["package-dir"])
        for pattern in ("*.py", *settings["package-data"].get(package, ())):
            for path in sorted((ROOT / folder).glob(pattern)):
                if path.is_file():
                    found[f"{package.replace('.', '/')}/{path.relative_to(ROOT / folder)}"] = path.relative_to(ROOT)
    return found


def folder_of(package: str, package_dir: dict[str, str]) -> str:
    if package in package_dir:
        return package_dir[package]
    parent, _, name = package.rpartition(".")
    return f"{folder_of(parent, package_dir)}/{name}"


def wheel_files(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return [name for name in archive.namelist() if ".dist-info/" not in name]


def sdist_files(sdist: Path) -> list[str]:
    """Files of the sdist without its own metadata; a link would be a second copy of what it points at, so it counts."""
    with tarfile.open(sdist) as archive:
        names = [member.name.partition("/")[2] for member in archive.getmembers() if not member.isdir()]
    about = {"PKG-INFO", "setup.cfg", "pyproject.toml", "LICENSE", "README.md"}
    return [name for name in names if name not in about and ".egg-info/" not in name]


def differences(kind: str, found: list[str], expected: dict[str, str]) -> list[str]:
    counts = Counter(found)
    return [
        *(f"{kind}: {name} is missing" for name in sorted(expected.keys() - counts.keys())),
        *(f"{kind}: {name} does not belong there" for name in sorted(counts.keys() - expected.keys())),
        *(f"{kind}: {name} is there {n} times" for name, n in sorted(counts.items()) if n > 1),
    ]


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
