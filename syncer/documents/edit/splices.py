"""A text under edit, and the way to a place in it; cuts and insertions are made as `Splice`s by block and flow."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from syncer.documents.edit.style import Manner, manner_of
from syncer.documents.edit.syntax_tree import (
    SyntaxEntry,
    SyntaxNode,
    json_tree,
    line_end,
    line_start,
    next_line,
    yaml_trees,
)
from syncer.model.json_values import Path, show_path
from syncer.model.named_tuple import NamedTuple

_RULE = re.compile(r"#+ ?[-=*#~_]{3}")  # `# --- Addresses ---`: a heading over several entries belongs to none of them


class NotEditable(Exception):
    """The text is written in a way that is not edited; says what stands in the way."""


class Splice(NamedTuple):
    """`new` in place of the characters from `start` to `end`."""

    start: int
    end: int
    new: str


@dataclass(frozen=True, slots=True)
class EditPosition:
    """A collection on the way, and the entry of it that is meant; `floor`: no comment above this offset is its own."""

    node: SyntaxNode
    index: int
    floor: int

    @property
    def entry(self) -> SyntaxEntry:
        """The entry itself."""
        return self.node.entries[self.index]


class EditedText:
    """A text and its tree."""

    def __init__(self, text: str, document: int, manner: Manner, *, as_json: bool) -> None:
        self.text = text
        self.json = as_json
        trees = [json_tree(text)] if as_json else yaml_trees(text)
        self.root = trees[document]
        self.manner = manner(manner_of(text, trees, as_json=as_json))
        self.wide = as_json and "\n" in text.strip()

    def way(self, path: Path) -> list[EditPosition]:
        """Each collection that leads to the path, from the outside in. Unfit where something can't be looked into."""
        node, floor = self.root, 0
        places: list[EditPosition] = []
        for depth, step in enumerate(path):
            if node.form == "map" and node.flow and self.text[node.start] != "{":
                raise NotEditable(f"`{show_path(path[:depth])}` is a mapping without braces")
            index = self.index(node, step)
            place = EditPosition(node, index, node.entries[index - 1].end if index else floor)
            places.append(place)
            floor = place.entry.key.end if place.entry.key else place.entry.head + 1
            node = place.entry.value
        return places

    def index(self, node: SyntaxNode, step: str | int) -> int:
        """Which entry a step leads to; KeyError or IndexError where there is none."""
        if isinstance(step, int):
            if not 0 <= step < len(node.entries) or node.form != "list":
                raise IndexError(step)
            return step
        for index, entry in enumerate(node.entries):
            if entry.key is not None and entry.key.value == step:
                return index
        raise KeyError(step)

    def node(self, path: Path) -> tuple[SyntaxNode, list[EditPosition]]:
        """The value at a path, and the way to it."""
        way = self.way(path)
        node = way[-1].entry.value if way else self.root
        if node.form == "map" and node.flow and self.text[node.start : node.start + 1] != "{":
            raise NotEditable(f"`{show_path(path)}` is a mapping without braces")
        return node, way

    def column(self, at: int) -> int:
        """How many characters stand before it on its line."""
        return at - line_start(self.text, at)

    def begins_line(self, at: int) -> bool:
        """Whether only blanks stand before it on its line."""
        return not self.text[line_start(self.text, at) : at].strip()

    def lead(self, head: int, floor: int) -> int:
        """Where the lines of an entry begin: with the comments right above that stand at its column."""
        column, start = self.column(head), line_start(self.text, head)
        lowest = next_line(self.text, floor) if floor else 0
        while start > lowest:
            above = line_start(self.text, start - 1 - (self.text[start - 2 : start] == "\r\n"))
            comment = self.text[above : line_end(self.text, above)]
            stripped = comment.lstrip(" ")
            if len(comment) - len(stripped) != column or not stripped.startswith("#") or _RULE.match(stripped):
                break
            start = above
        return max(start, lowest) if start != line_start(self.text, head) else start

    def tail(self, entry: SyntaxEntry, column: int) -> int:
        """Where the lines after an entry begin: behind the comments below that stand deeper than it."""
        end = next_line(self.text, max(entry.end - 1, entry.head))
        while end < len(self.text):
            line = self.text[end : line_end(self.text, end)]
            stripped = line.lstrip(" ")
            if not stripped.startswith("#") or len(line) - len(stripped) <= column:
                break
            end = next_line(self.text, end)
        return end

    def lines(self, lines: Sequence[str]) -> str:
        """Lines with the line ends of the file."""
        return "".join(line + self.manner.line_end for line in lines)


def spliced(text: str, splices: Sequence[Splice]) -> str:
    """The text with all of them made; they may not overlap, and of those at one place the first comes first."""
    end = len(text) + 1
    ordered = sorted(splices, key=lambda each: (each.start, each.end))
    for each in reversed(ordered):
        if each.end > end:
            raise NotEditable("two changes touch the same characters")
        text, end = text[: each.start] + each.new + text[each.end :], each.start
    return text
