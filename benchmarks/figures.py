"""A figure: what was promised, what was measured, and the line that says so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """A measured number and the most it may be; `measured` is None where it could not be had, and `how` says why."""

    name: str
    measured: float | None
    unit: str
    target: float | None = None
    how: str = ""
    built: bool = True

    @classmethod
    def not_built(cls, name: str, unit: str, target: float, why: str) -> Figure:
        """What was promised and isn't there: it counts as missed."""
        return cls(name, None, unit, target, f"not built: {why}", built=False)

    @property
    def verdict(self) -> str:
        """`pass`, `FAIL`, `missing`, or nothing where nothing was promised."""
        if not self.built:
            return "FAIL"
        if self.measured is None:
            return "missing"
        if self.target is None:
            return ""
        return "pass" if self.measured <= self.target else "FAIL"


@dataclass(frozen=True)
class Comparison:
    """What two builds needed for the same work. `target` is of the ratio, or of the new value where there is none.

    None where nothing could be measured, and `how` says why.
    """

    name: str
    unit: str
    old: float | None = None
    new: float | None = None
    ratio: float | None = None
    target: float | None = None
    how: str = ""

    @property
    def verdict(self) -> str:
        """`met`, `MISSED`, `not measured`, or nothing where nothing was promised."""
        judged = self.new if self.ratio is None else self.ratio
        if judged is None:
            return "not measured"
        if self.target is None:
            return ""
        return "met" if judged <= self.target else "MISSED"


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
    return [f"== {title}", *_columns(rows)]


def comparison_lines(title: str, comparisons: Iterable[Comparison]) -> list[str]:
    """A table for people: job, what the old build and the new one needed, ratio, target, verdict, how it came about."""
    rows = [("job", "old", "new", "ratio", "target", "", "how")]
    for each in comparisons:
        sides = ["–" if value is None else f"{number(value)} {each.unit}".strip() for value in (each.old, each.new)]
        ratio = "–" if each.ratio is None else f"{each.ratio:.3f}"
        target = "" if each.target is None else f"≤ {each.target:g}"
        rows.append((each.name, sides[0], sides[1], ratio, target, each.verdict, each.how))
    return [f"== {title}", *_columns(rows)]


def _columns(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """The rows as lines, every column but the last as wide as its widest cell."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]) - 1)]
    table = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)) for row in rows)
    return [f"{line}  {row[-1]}".rstrip() for line, row in zip(table, rows, strict=True)]
