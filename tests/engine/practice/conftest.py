"""The practice exchange on a free port of this machine, in a thread, and clients of it."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
