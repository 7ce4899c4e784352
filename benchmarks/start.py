"""What it costs to start: `--version` against a Python that does nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.measure import run, side_by_side
from benchmarks.subject import Size, syncer


def figures(size: Size, folder: Path) -> Iterator[Figure]:
    """`--version` ≤ 4 × bare Python."""
    bare = [sys.executable, "-c", "pass"]
    took = side_by_side({"bare": lambda: run(bare, folder), "version": syncer(folder, "--version")}, 2 * size.rounds)
    how = f"{1000 * took['version'].seconds:.0f} ms ÷ {1000 * took['bare'].seconds:.0f} ms of `python -c pass`"
    yield Figure("syncer --version ÷ bare Python", took["version"].seconds / took["bare"].seconds, "×", 4, how)
