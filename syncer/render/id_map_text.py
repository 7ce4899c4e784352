"""A promotion's pairs as a table for people."""

from __future__ import annotations

from collections.abc import Sequence

from syncer.plan.id_map import Pair
from syncer.render.terminal import Terminal, cells


def render_pairs(pairs: Sequence[Pair], source: str, target: str, terminal: Terminal) -> str:
    """One line a pair: kind, name, the id in either organisation, how the second was found, and what is to be known.

    `source` and `target` name the environments; nothing where there is no pair."""
    if not pairs:
        return ""
    rows = [("kind", "name", source, target, "found by")]
    rows += [(each.kind, each.name, each.source or "-", each.target or "-", each.how) for each in pairs]
    shown = [[terminal.shown(cell) for cell in row] for row in rows]
    widths = [max(cells(row[column]) for row in shown) for column in range(4)]
    lines = []
    for row, note in zip(shown, ("", *(each.note for each in pairs)), strict=True):
        padded = [cell + " " * (width - cells(cell)) for cell, width in zip(row, widths, strict=False)]
        said = f"{row[4]} ({terminal.shown(note)})" if note else row[4]
        lines.append("  ".join(["", *padded, said]))
    return "\n".join(lines) + "\n"
