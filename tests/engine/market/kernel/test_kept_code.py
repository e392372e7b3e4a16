"""Machine code on disk: read back as it was written, or not at all."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tradetui.engine.market.kernel import warm
from tradetui.engine.market.kernel.kept_code import KeptCode

KEY = ("int64(int64)", ("x86_64", "this cpu"), ("text",))


def kept(folder: Path) -> tuple[KeptCode, Path]:
    """Code that was saved for KEY, and its file."""
    code = KeptCode(str(folder), "entries.look")
    code.save(KEY, b"machine code")
    (file,) = folder.iterdir()
    return code, file


def test_what_was_saved_is_loaded_by_its_key_and_by_no_other(tmp_path: Path) -> None:
    code, _ = kept(tmp_path)
    assert code.load(KEY) == b"machine code"
    for other in (("int64(int64)", ("x86_64", "another cpu"), ("text",)), (*KEY[:2], ("newer text",))):
        assert code.load(other) is None


def test_every_key_has_a_file_of_its_own_so_that_programs_that_compile_at_once_do_not_mix_texts(tmp_path: Path) -> None:
    code, _ = kept(tmp_path)
    newer = (*KEY[:2], ("newer text",))
    code.save(newer, b"newer code")
    assert (code.load(KEY), code.load(newer)) == (b"machine code", b"newer code")
    assert len(list(tmp_path.iterdir())) == 2


def test_a_file_under_the_name_of_another_key_is_not_taken(tmp_path: Path) -> None:
    code, file = kept(tmp_path)
    newer = (*KEY[:2], ("newer text",))
    code.save(newer, b"newer code")
    (second,) = (path for path in tmp_path.iterdir() if path != file)
    shutil.copy(second, file)
    assert code.load(KEY) is None


@pytest.mark.parametrize("size", [0, 10, 32, 50])
def test_a_truncated_file_is_told_of_and_compiled_anew(tmp_path: Path, size: int) -> None:
    code, file = kept(tmp_path)
    os.truncate(file, size)
    with pytest.warns(RuntimeWarning, match="is damaged; compiling it anew"):
        assert code.load(KEY) is None


def test_any_changed_byte_is_seen(tmp_path: Path) -> None:
    code, file = kept(tmp_path)
    whole = file.read_bytes()
    for place in range(len(whole)):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.warns(RuntimeWarning, match="is damaged"):
            assert code.load(KEY) is None


def test_a_disk_that_takes_nothing_is_told_of_and_leaves_nothing_behind(tmp_path: Path) -> None:
    code = KeptCode(str(tmp_path / "gone"), "entries.look")
    with pytest.warns(RuntimeWarning, match="the next start compiles again"):
        code.save(KEY, b"machine code")
    assert code.load(KEY) is None


def test_a_disk_that_fills_up_while_it_is_written_leaves_what_was_there(tmp_path: Path) -> None:
    code, file = kept(tmp_path)
    before = file.read_bytes()
    limited = f"""
import resource, signal, warnings
from tradetui.engine.market.kernel.kept_code import KeptCode
warnings.simplefilter("ignore")
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
KeptCode({str(tmp_path)!r}, "entries.look").save({KEY!r}, b"newer code" * 100)
"""
    subprocess.run([sys.executable, "-c", limited], check=True)
    assert list(tmp_path.iterdir()) == [file]
    assert file.read_bytes() == before
    assert code.load(KEY) == b"machine code"


@pytest.mark.slow
def test_a_program_whose_machine_code_is_damaged_compiles_it_again_and_says_so(tmp_path: Path) -> None:
    warm.warm(lambda _: None)
    (place,) = warm._kept()
    (name,) = {Path(warm.__file__).parent.name}
    folder = tmp_path / f"{name}_{warm.sha1(str(Path(warm.__file__).parent).encode()).hexdigest()}"
    shutil.copytree(place, folder)
    for file in folder.glob("entries.*.look-*.code"):
        os.truncate(file, file.stat().st_size // 2)
    program = "from tradetui.engine.market.kernel.warm import warm; warm(print)"
    environment = {key: value for key, value in os.environ.items() if key != "NUMBA_DISABLE_JIT"}
    environment["NUMBA_CACHE_DIR"] = str(tmp_path)
    first, second = (
        subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
        for _ in range(2)
    )
    assert "look" in first.stderr
    assert "is damaged; compiling it anew" in first.stderr
    assert second.stderr == ""
