"""Where each part of a YAML or JSON text begins and ends, as a tree: what an edit of the text needs to know.

The text is good: our reader has judged it. Offsets count characters of the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any, Literal

_BLANK = re.compile(r"[ \t\r\n]*")
_WORD = re.compile(r"[^\s,\]}]+")
_LINE_END = re.compile(r"\r\n|\r|\n")
_KEEP = re.compile(r"[|>][1-9]?\+")


@dataclass(slots=True)
class SyntaxNode:
    """A value in the text, from `start` to `end`: behind it there are only blanks and comments of others. `style` of a
    scalar: one of `'`, `"`, `|`, `>`, or nothing; `flow`: within brackets, or bracketed itself."""

    form: Literal["scalar", "map", "list"]
    start: int
    end: int
    flow: bool
    style: str = ""
    value: str = ""
    entries: list[SyntaxEntry] = field(default_factory=list)


@dataclass(slots=True)
class SyntaxEntry:
    """A key with its value, or an item; `head` is where the key or the dash (in brackets: the item) begins."""

    head: int
    key: SyntaxNode | None
    value: SyntaxNode

    @property
    def end(self) -> int:
        """Where the last written character of it is passed."""
        return max(self.value.end, self.key.end if self.key else 0)


def yaml_trees(text: str) -> list[SyntaxNode]:
    """The documents of a YAML text."""
    import yaml

    roots: Any = yaml.compose_all(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return [_yaml_node(root, text, flow=False) for root in roots]


def _yaml_node(node: Any, text: str, *, flow: bool) -> SyntaxNode:
    start, end = node.start_mark.index, node.end_mark.index
    if node.id == "scalar":
        style = node.style or ""
        if style in ("|", ">"):
            end = _content_end(text, start, end)
        return SyntaxNode("scalar", start, end, flow, style, str(node.value))
    flow = flow or bool(node.flow_style)
    made = SyntaxNode("map" if node.id == "mapping" else "list", start, end, flow)
    for each in node.value:
        if node.id == "mapping":
            key = _yaml_node(each[0], text, flow=flow)
            made.entries.append(SyntaxEntry(key.start, key, _yaml_node(each[1], text, flow=flow)))
        else:
            value = _yaml_node(each, text, flow=flow)
            head = value.start
            if not flow:
                head = _dash(text, made.entries[-1].end, value.start, start) if made.entries else start
            made.entries.append(SyntaxEntry(head, None, value))
    if not flow and made.entries:
        made.end = made.entries[-1].end  # the parser's end lies behind comments that are not its own
    return made


def _content_end(text: str, start: int, end: int) -> int:
    """Behind the last line of a block text; the blank lines below belong to it only where they are kept (`|+`)."""
    written = text[start:end]
    kept = written if _KEEP.match(written) else written.rstrip()
    return start + len(kept[:-1] if kept.endswith("\n") else kept) - (kept.endswith("\r\n"))


def _dash(text: str, after: int, before: int, first: int) -> int:
    """The dash of a further item: alone at its column, on a line between the item before it and its own value."""
    column = first - line_start(text, first)
    pattern = re.compile(rf"^ {{{column}}}-(?=\s|\Z)", re.MULTILINE)
    found = pattern.search(text, line_end(text, after), before + 1)
    if found is None:
        raise ValueError("an item without a dash")
    return found.end() - 1


def line_start(text: str, at: int) -> int:
    """Where the line of an offset begins."""
    return max(text.rfind("\n", 0, at), text.rfind("\r", 0, at)) + 1


def line_end(text: str, at: int) -> int:
    """Where the line of an offset ends, before its line end."""
    match = _LINE_END.search(text, at)
    return match.start() if match else len(text)


def next_line(text: str, at: int) -> int:
    """Where the line after that of an offset begins."""
    match = _LINE_END.search(text, at)
    return match.end() if match else len(text)


def json_tree(text: str) -> SyntaxNode:
    """The one document of a JSON text."""
    return _json_node(text, _blank(text, 0))


def _json_node(text: str, start: int) -> SyntaxNode:
    character = text[start]
    if character == '"':
        value, end = scanstring(text, start + 1, True)
        return SyntaxNode("scalar", start, end, True, '"', value)
    if character not in "{[":
        match = _WORD.match(text, start)
        end = match.end() if match else start + 1
        return SyntaxNode("scalar", start, end, True, "", text[start:end])
    made = SyntaxNode("map" if character == "{" else "list", start, start, True)
    at = _blank(text, start + 1)
    while text[at] not in "}]":
        head, key = at, None
        if character == "{":
            key = _json_node(text, at)
            at = _blank(text, _blank(text, key.end) + 1)
        value = _json_node(text, at)
        made.entries.append(SyntaxEntry(head, key, value))
        at = _blank(text, value.end)
        if text[at] == ",":
            at = _blank(text, at + 1)
    made.end = at + 1
    return made


def _blank(text: str, at: int) -> int:
    return _BLANK.match(text, at).end()  # type: ignore[union-attr]  # matches the empty text too
