"""A session of orders on disk, as `tradetui data generate` writes it: what the screen and the first run replay."""

from __future__ import annotations

import argparse
from pathlib import Path

from tradetui.data.synthetic_market.generate import Wanted, generate


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--events", type=int, default=5_000_000)
    options = parser.parse_args()
    made = generate(Wanted("session", 1, 1, options.events, 7), options.folder, lambda *_: None)
    print(next(str(path) for path in made.paths if path.stem.endswith("_orders")))


if __name__ == "__main__":
    main()
