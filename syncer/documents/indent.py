"""Indents a YAML text anew: two spaces a level, lists below their key; every character that means something stays.

Not a round trip through a YAML writer: those move or drop comments behind block texts and within brackets, join lines,
and spell values anew. Here the scanner's tokens are written out as they stand; only the blanks between them change.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

STEP = 2
_INDICATOR = re.compile(r"[|>](?:[-+]?[1-9])")


class NotIndentable(Exception):
    """The text has something that is not indented anew; says what, and in which line."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


@dataclass(frozen=True, slots=True)
class _Level:
    """An open block mapping or list: the column it had, the one it gets; `loose`: a list no deeper than its key."""

    is_list: bool
    old: int
    new: int
    loose: bool = False


def reindent(text: str) -> str:
    """The text, which is good YAML with LF ends, in canonical indentation. Unfit where a key is marked with `?`."""
    import yaml

    work = _Work(text)
    for token in yaml.scan(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
        work.token(token, type(token).__name__)
    work.gap(len(text), None)
    return "".join(work.out) + "\n"


class _Work:
    """A walk over the tokens."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.out: list[str] = []
        self.at = 0
        self.levels: list[_Level] = []
        self.before: list[_Level] = []  # the levels that were open at the token written last
        self.key_next = False
        self.one_space = False  # whether exactly one goes before what follows on this line
        self.flow = 0
        self.line = (0, 0)  # the columns, old and new, at which the present line begins
        self.flow_line = (0, 0)  # the same of the line on which the outermost bracket opened

    def token(self, token: Any, kind: str) -> None:
        """Follows the structure, and writes what is written."""
        start, end = token.start_mark, token.end_mark
        if kind in ("BlockMappingStartToken", "BlockSequenceStartToken"):
            self.levels.append(_Level(kind == "BlockSequenceStartToken", start.column, self.inner()))
        elif kind == "BlockEndToken":
            self.close_loose()
            self.levels.pop()
        elif kind == "KeyToken" and not self.flow:
            self.close_loose()
            self.key_next = True
            if end.index > start.index:
                raise NotIndentable("a key is marked with `?`", start.line + 1)
        elif kind == "BlockEntryToken" and not self.levels[-1].is_list:
            self.levels.append(_Level(True, start.column, self.inner(), loose=True))
        if end.index == start.index:
            return
        column = self.column_of(kind, start.column)
        self.gap(start.index, (start.column, column))
        if kind in ("FlowSequenceStartToken", "FlowMappingStartToken"):
            self.flow_line = self.flow_line if self.flow else self.line
            self.flow += 1
        elif kind in ("FlowSequenceEndToken", "FlowMappingEndToken"):
            self.flow -= 1
        written = self.text[start.index : end.index]
        if kind == "ScalarToken" and token.style in ("|", ">"):
            written = written.removesuffix("\n")  # the line's end belongs to the gap that follows
            end_index = start.index + len(written)
            self.out.append(self.block_text(written))
        else:
            end_index = end.index
            self.out.append(self.folded_text(written) if "\n" in written else written)
        self.at = end_index
        self.before = list(self.levels)
        self.key_next = False
        self.one_space = kind in ("BlockEntryToken", "DocumentStartToken") or (kind == "ValueToken" and not self.flow)

    def inner(self) -> int:
        """The column of what is nested in the present level."""
        return self.levels[-1].new + STEP if self.levels else 0

    def close_loose(self) -> None:
        """Ends a list that was no deeper than its key: only what follows shows that it has ended."""
        if self.levels and self.levels[-1].loose:
            self.levels.pop()

    def column_of(self, kind: str, old: int) -> int:
        """Where a token goes if it begins a line."""
        if kind in ("DocumentStartToken", "DocumentEndToken", "DirectiveToken"):
            return 0
        if self.flow:
            return self.in_brackets(old)
        if self.key_next or kind == "BlockEntryToken":
            return self.levels[-1].new
        return self.inner()

    def in_brackets(self, old: int) -> int:
        """Within brackets a line moves with the line that opened them, and stays deeper than what holds it."""
        return max(old + self.flow_line[1] - self.flow_line[0], self.inner())

    def gap(self, end: int, following: tuple[int, int] | None) -> None:
        """Writes blanks and comments up to `end`, where a token follows, with its columns, old and new."""
        gap = self.text[self.at : end]
        first, *rest = gap.split("\n")
        if not rest and self.at:
            self.out.append(" " if self.one_space else first)
            return
        if not self.at:
            rest = [first, *rest]
        elif "#" in first:
            self.out.append(first.rstrip() if first.startswith((" ", "\t")) else f" {first.rstrip()}")
        lines = rest if following is None else rest[:-1]
        while lines and following is None and not lines[-1].strip():
            lines.pop()
        while lines and not self.at and not lines[0].strip():
            lines.pop(0)
        for number, line in enumerate(lines):
            comment = line.strip()
            column = self.comment_column(len(line) - len(line.lstrip()), following) if comment else 0
            begin = "\n" if self.at or number else ""
            self.out.append(begin + " " * column + comment)
        if following is not None:
            self.out.append(("\n" if self.at or lines else "") + " " * following[1])
            self.line = following

    def comment_column(self, old: int, following: tuple[int, int] | None) -> int:
        """Where a comment goes that has a line of its own: with what follows it, or with the level it stood at."""
        if self.flow:
            return self.in_brackets(old)
        if following and following[0] == old:
            return following[1]
        levels = [level for level in self.before if level.old <= old]
        if levels:
            return max(levels, key=lambda level: level.old).new
        return following[1] if following else 0

    def block_text(self, written: str) -> str:
        """The lines of a text behind `|` or `>`, moved so that they are one step deeper than what holds them."""
        header, *lines = written.split("\n")
        depths = [len(line) - len(line.lstrip(" ")) for line in lines if line.strip(" ")]
        if not depths:
            return "\n".join([header.rstrip(), *[line.strip(" ") and line for line in lines]]) if lines else header
        if _INDICATOR.match(header):
            old = self.levels[-1].old if self.levels else 0
            shift = (self.levels[-1].new if self.levels else 0) - old
            content = 0
        else:
            content = depths[0]
            shift = max(self.inner(), STEP if self.levels else content) - content
        moved = [
            " " * (len(line) - len(line.lstrip(" ")) + shift) + line.lstrip(" ") if len(line) > content else ""
            for line in lines
        ]
        return "\n".join([header.rstrip(), *moved])

    def folded_text(self, written: str) -> str:
        """A quoted or unquoted text over several lines: its further lines are indented alike, which means nothing."""
        first, *lines = written.split("\n")
        column = self.in_brackets(self.flow_line[0] + STEP) if self.flow else self.inner()
        moved = [" " * column + line.lstrip(" \t") if line.strip(" \t") else "" for line in lines]
        return "\n".join([first, *moved])
