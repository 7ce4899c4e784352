"""A figure: what was promised, what was measured, and the line that says so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """A measured number and the most it may be; `measured` is None where it could not be had, and `how` says why."""

    name: str
    measured: float | None
    unit: str
    target: float | None = None
    how: str = ""

    @property
    def verdict(self) -> str:
        """`pass`, `FAIL`, `missing`, or nothing where nothing was promised."""
        if self.measured is None:
            return "missing"
        if self.target is None:
            return ""
        return "pass" if self.measured <= self.target else "FAIL"


def number(value: float | None) -> str:
    """Three figures are enough, but a count is never rounded."""
    if value is None:
        return "–"
    return f"{value:,.0f}" if value == round(value) or value >= 100 else f"{value:#.3g}"


def lines(title: str, figures: Iterable[Figure]) -> list[str]:
    """A table for people: figure, measured, target, verdict, and how it came about."""
    rows = [("figure", "measured", "target", "", "how")]
    for each in figures:
        target = "" if each.target is None else f"≤ {each.target:,g} {each.unit}"
        rows.append((each.name, f"{number(each.measured)} {each.unit}".strip(), target.strip(), each.verdict, each.how))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    table = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)) for row in rows]
    return [f"== {title}", *(f"{line}  {row[4]}".rstrip() for line, row in zip(table, rows, strict=True))]
