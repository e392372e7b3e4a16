from __future__ import annotations

import re
import subprocess

import pytest
from tree import ROOT

# A folder of one person's machine, or the address of one network's package index. Written so as not to find itself.
MACHINE_PATH = re.compile(
    rb"(?<![\w.])/(?:" + b"|".join([b"roo" + b"t", b"wor" + b"k", b"hom" + b"e/[a-z]", b"User" + b"s/[a-z]"]) + rb")/"
)
INDEX_ADDRESS = re.compile(
    b"|".join(
        [b"fil" + b"e://", b"--(extra-)?index-ur" + b"l\\b", b"find-link" + b"s=", b"/simpl" + b"e/", b"pyp" + rb"i\."]
    )
)


@pytest.fixture(scope="module")
def tracked() -> list[str]:
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip("not a git checkout")
    return [name for name in done.stdout.split("\0") if (ROOT / name).is_file()]


def test_no_tracked_file_names_a_folder_of_one_machine(tracked: list[str]) -> None:
    assert [name for name in tracked if MACHINE_PATH.search((ROOT / name).read_bytes())] == []


def test_no_tracked_file_names_a_package_index(tracked: list[str]) -> None:
    assert [name for name in tracked if INDEX_ADDRESS.search((ROOT / name).read_bytes())] == []


def test_no_build_output_is_tracked(tracked: list[str]) -> None:
    assert [name for name in tracked if name.endswith((".pyc", ".whl", ".db", ".tar.gz")) or ".egg-info/" in name] == []
