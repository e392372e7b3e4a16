"""Whatever several threads of a session may be the first to read, its types were looked into before they began."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

READ_WHAT_A_SESSION_LEAVES = """
import sys
from decimal import Decimal
from pathlib import Path
from tradetui.engine.journal.header import DataSource, JournalHeader
from tradetui.engine.journal.reader import open_journal
from tradetui.engine.journal.writer import FileJournal
from tradetui.engine.model.events import Difference, ReconciliationEvent
from tradetui.engine.model.snapshot import FeedView
from tradetui.engine.operations.health import SessionHealth
from tradetui.engine.operations.halt import Halt, HaltLatch
from tradetui.engine.operations.run_files import Registration, RunFile, find_runs
from tradetui.engine.operations.unlock import UnlockBox, UnlockWish
from tradetui.engine.storage.schema import stored_schema

folder = Path(sys.argv[1])
journal = FileJournal(folder / "s.db", JournalHeader(mode="paper", config_json="{}", data=(
    DataSource(symbol="AA", rows=0, sha256=""),)), durability="process_death")
seen = ReconciliationEvent((Difference("cash", "", "1", "2", "off"),), 1, 1, Decimal(1), Decimal(2), 5)
journal.append([seen])
journal.close({"events": 1})
HaltLatch(folder, "paper").set(Halt("why", "who", 1))
UnlockBox(folder, 7).put(UnlockWish("why", "who", 1))
run = Registration(folder, RunFile(pid=1, born="", mode="paper", environment="paper", paper=None, account="",
    trading_url="", journal=""))
run.__enter__()
run.beat(SessionHealth(ts_ns=1, feeds=(FeedView("a", "OK", 0, 0, 0, 0, None, None, 0, ""),)))
looked = []

def trace(frame, event, _):
    if frame.f_code.co_name == "get_class_annotations":  # msgspec looks into a type: never in two threads at once
        looked.append(str(frame.f_locals))

sys.settrace(trace)
with open_journal(folder / "s.db") as reader:
    assert len(list(reader.events())) == 1 and reader.closing is not None and reader.header.mode == "paper"
assert HaltLatch(folder, "paper").read() == Halt("why", "who", 1)
assert UnlockBox(folder, 7).take() == UnlockWish("why", "who", 1)
find_runs(folder)
assert stored_schema().newest
sys.settrace(None)
assert not looked, looked
"""


def test_no_type_is_looked_into_after_the_imports(tmp_path: Path) -> None:
    """Of two threads that look at the same time the second takes a half-made picture, which crashes the process."""
    done = subprocess.run(
        [sys.executable, "-c", READ_WHAT_A_SESSION_LEAVES, str(tmp_path)], check=False, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
