"""How many examples a property is tried with: a few that are the same in every run, or, of a night, many new ones."""

from __future__ import annotations

import os


def examples(few: int) -> int:
    """This number, or `SYNCER_EXAMPLES` where that says another."""
    return int(os.environ.get("SYNCER_EXAMPLES") or few)
