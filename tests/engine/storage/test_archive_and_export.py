from __future__ import annotations

import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from storage_session import HEADER, a_day, rows_of

from tradetui.engine.errors import DataError, UsageError
from tradetui.engine.journal.writer import FileJournal
from tradetui.engine.storage.archive import ParquetArchive, archive_types, frame
from tradetui.engine.storage.export import export_journal
from tradetui.engine.storage.faults import StorageError
from tradetui.engine.storage.opening import open_target
from tradetui.engine.storage.schema import stored_schema
from tradetui.engine.storage.sqlite import SqliteDatabase

SECRET = "hunter2"


def test_an_archive_holds_what_a_database_holds_with_the_types_of_the_schema(
    closed_journal: Path, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'trades.db'}"
    export_journal(closed_journal, open_target(url))
    exported = export_journal(closed_journal, open_target(f"parquet:///{tmp_path / 'archive'}"))
    folder = tmp_path / "archive" / f"session={exported.session}"
    for name, table in stored_schema().tables().items():
        kept = pl.read_parquet(folder / f"{name}.parquet", hive_partitioning=False)
        assert dict(kept.schema) == dict(archive_types(table)), name
        wanted = rows_of(url, name)
        assert kept.height == len(wanted) > 0
        for row, theirs in zip(kept.rows(), wanted, strict=True):
            for column, value, text in zip(table.columns, row, theirs, strict=True):
                if column.type == "money" and text is not None:
                    assert value == Decimal(str(text)).quantize(Decimal("1e-18")), (name, column.name)
                else:
                    assert value == text, (name, column.name)
    assert sorted(path.name for path in (tmp_path / "archive").iterdir()) == [folder.name]


def test_archiving_again_replaces_the_session_whole(closed_journal: Path, tmp_path: Path) -> None:
    first = export_journal(closed_journal, ParquetArchive(tmp_path / "archive"))
    (folder,) = (tmp_path / "archive").iterdir()
    (folder / "left_over.parquet").write_bytes(b"")
    assert export_journal(closed_journal, ParquetArchive(tmp_path / "archive")) == first
    assert sorted(path.stem for path in folder.iterdir()) == sorted(stored_schema().tables())


def test_an_amount_that_an_archive_cannot_hold_is_refused() -> None:
    table = stored_schema().tables()["equity"]
    with pytest.raises(StorageError, match=r"cash is .*: an archive holds amounts below"):
        frame(table, [("s", 1, 1, Decimal(10) ** 20, *[Decimal(0)] * 4)])


def test_an_archive_where_nothing_can_be_written_is_told(closed_journal: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match=r"the archive cannot be written: .*Free some space or name another folder"):
        export_journal(closed_journal, ParquetArchive(tmp_path / "file"))


def test_an_interrupted_session_is_stored_and_said_to_be_unfinished(tmp_path: Path) -> None:
    with FileJournal(tmp_path / "session.db", HEADER("r-1"), durability="process_death") as journal:
        journal.append(a_day(5))
    exported = export_journal(tmp_path / "session.db", SqliteDatabase(tmp_path / "trades.db"))
    assert (exported.session, exported.finished, exported.rows["fills"]) == ("r-1", False, 5)
    assert rows_of(f"sqlite:///{tmp_path / 'trades.db'}", "sessions")[0][-2] is False


def test_progress_is_told_block_by_block(closed_journal: Path, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    export_journal(
        closed_journal, SqliteDatabase(tmp_path / "trades.db"), lambda done, total: told.append((done, total))
    )
    assert told == [(n, 5) for n in range(1, 6)]


def test_what_is_no_journal_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("dear diary")
    with pytest.raises(DataError):
        export_journal(tmp_path / "notes.txt", SqliteDatabase(tmp_path / "trades.db"))
    with pytest.raises(UsageError, match="no folder is named"):
        open_target("parquet:///")


def tradetui(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tradetui", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={name: value for name, value in os.environ.items() if not name.startswith("TRADETUI_")} | environment,
    )


@pytest.mark.slow
def test_the_command_stores_a_session_and_prints_what_it_stored(closed_journal: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'trades.db'}"
    done = tradetui("journal", "export", str(closed_journal.parent), "--to", url)
    assert (done.returncode, done.stderr) == (0, "")
    assert "(finished) is in" in done.stdout
    assert "60 fills" in done.stdout
    again = tradetui("journal", "export", str(closed_journal), "--json", TRADETUI_DATABASE_URL=url)
    told = json.loads(again.stdout)
    assert (told["schema_version"], told["events"], told["rows"]["fills"], told["finished"]) == (1, 300, 60, True)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("to", "code", "said"),
    [
        ([], 2, "where to? Give --to URL, or set TRADETUI_DATABASE_URL"),
        (["--to", f"postgresql://u:{SECRET}@h/d"], 2, "which every user of this machine can read"),
        (["--to", f"mysql://u:{SECRET}@h/d"], 2, "not a database that can be used"),
    ],
)
def test_the_command_refuses_an_address_and_repeats_no_password(
    closed_journal: Path, to: list[str], code: int, said: str
) -> None:
    done = tradetui("journal", "export", str(closed_journal), *to)
    assert done.returncode == code
    assert said in done.stderr
    assert SECRET not in done.stderr + done.stdout
