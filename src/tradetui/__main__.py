"""`python -m tradetui`: the same as the `tradetui` command."""

from __future__ import annotations

from tradetui.tui.cli import main

if __name__ == "__main__":
    main()
