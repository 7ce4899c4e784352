"""Every switch has its row in docs/assumptions.md, and every switch that the page names exists."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

from syncer.sandbox.options import Options

PAGE = Path(__file__).parents[2] / "docs" / "assumptions.md"


def test_switches_and_their_page_agree() -> None:
    rows = [
        line.split("|") for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| ") and "---" not in line
    ]
    named = {name for row in rows for name in re.findall(r"`([a-z]+_[a-z_]+)`", row[3])}
    assert named == {field.name for field in fields(Options)}
    assert all(len(row) == 6 for row in rows), "unknown, default, switch, how to settle it"
