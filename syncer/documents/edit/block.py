"""Entries of mappings and lists that stand line by line: put in, taken out, moved; with their own comments."""

from __future__ import annotations

from collections.abc import Sequence

from syncer.documents.edit.splices import EditedText, EditPosition, NotEditable, Splice
from syncer.documents.edit.style import block_lines, flow_words, key_words
from syncer.documents.edit.syntax_tree import SyntaxNode, line_end, line_start, next_line
from syncer.model.json_values import Json


def entry_lines(work: EditedText, node: SyntaxNode, key: str | None, value: Json, *, brackets: bool) -> list[str]:
    """The lines of a new entry of a collection, `brackets`: the value within brackets."""
    head = "-" if key is None else f"{key_words(key, work.manner, flow=False)}:"
    column = work.column(node.entries[0].head)
    if brackets:
        return [f"{' ' * column}{head} {flow_words(value, work.manner)}"]
    return block_lines(head, value, column, work.manner)


def insert(work: EditedText, node: SyntaxNode, floor: int, at: int, lines: Sequence[str]) -> list[Splice]:
    """Lines of a new entry at index `at` of a collection that has entries."""
    column = work.column(node.entries[0].head)
    if at:
        where = work.tail(node.entries[at - 1], column)
        return [Splice(where, where, _ended_before(work, where) + work.lines(lines))]
    head = node.entries[0].head
    if work.begins_line(head):
        where = work.lead(head, floor)
        return [Splice(where, where, work.lines(lines))]
    first, *others = lines
    written = work.manner.line_end.join([first.lstrip(" "), *others])
    return [Splice(head, head, written + work.manner.line_end + " " * column)]


def _ended_before(work: EditedText, where: int) -> str:
    """The line end that the line before lacks, where the text ends there."""
    return "" if where == 0 or work.text[where - 1] in "\r\n" else work.manner.line_end


def chunk(work: EditedText, place: EditPosition) -> list[str]:
    """The lines of an entry as they stand, with its comments, to be put in elsewhere."""
    column = work.column(place.node.entries[0].head)
    head, end = place.entry.head, work.tail(place.entry, column)
    start = work.lead(head, place.floor) if work.begins_line(head) else head
    margin = "" if start != head or work.begins_line(head) else " " * column
    return (margin + work.text[start:end]).splitlines()


def remove(work: EditedText, place: EditPosition, container: EditPosition | None) -> list[Splice]:
    """The entry with its own comments; the last one leaves an empty mapping or list behind. `container`: the entry
    whose value the collection is."""
    node, entry = place.node, place.entry
    column = work.column(node.entries[0].head)
    end = work.tail(entry, column)
    if len(node.entries) == 1:
        return _emptied(work, place, container, end)
    if work.begins_line(entry.head):
        return [Splice(work.lead(entry.head, place.floor), end, "")]
    follower = node.entries[place.index + 1].head
    if end == line_start(work.text, follower):
        return [Splice(entry.head, follower, "")]
    before = len(work.text[: entry.head].rstrip(" "))
    return [Splice(before, line_end(work.text, max(entry.end - 1, entry.head)), "")]


def _emptied(work: EditedText, place: EditPosition, container: EditPosition | None, end: int) -> list[Splice]:
    empty = "{}" if place.node.form == "map" else "[]"
    if container is None:
        raise NotEditable("the whole document would be empty")
    if not work.begins_line(place.entry.head):
        return [Splice(place.entry.head, place.entry.end, empty)]
    mark = mark_end(work, container)
    return [Splice(mark, mark, f" {empty}"), Splice(work.lead(place.entry.head, place.floor), end, "")]


def mark_end(work: EditedText, place: EditPosition) -> int:
    """Behind the colon or the dash of an entry."""
    entry = place.entry
    if entry.key is None:
        return entry.head + 1
    colon = work.text.find(":", entry.key.end)
    if colon < 0 or work.text[entry.key.end : colon].strip():
        raise NotEditable("a key is not followed by its colon")
    return colon + 1


def replace_by_lines(work: EditedText, place: EditPosition, value: Json) -> list[Splice]:
    """A mapping or list line by line in place of whatever stands at the entry."""
    node, entry = place.node, place.entry
    old = entry.value
    key = entry.key.value if entry.key else None
    lines = entry_lines(work, node, key, value, brackets=False)
    first = lines[0].lstrip(" ")
    if key is None:
        first = first.removeprefix("- ")
        if old.entries and not old.flow and work.begins_line(old.entries[0].head):
            lines = [" " * work.column(old.entries[0].head) + first, *lines[1:]]
            return [Splice(line_start(work.text, old.start), line_end(work.text, old.end - 1), _joined(work, lines))]
        if old.start == old.end:
            return [Splice(entry.head + 1, entry.head + 1, " " + _joined(work, [first, *lines[1:]]))]
        return [Splice(old.start, old.end, _joined(work, [first, *lines[1:]]))]
    mark = mark_end(work, place)
    below = _joined(work, lines[1:])
    if old.entries and not old.flow:
        start = line_start(work.text, old.entries[0].head)
        return [Splice(start, line_end(work.text, old.end - 1), below)]
    if old.style in ("|", ">") or old.end > line_end(work.text, mark):
        return [Splice(mark, old.end, work.manner.line_end + below)]
    end = line_end(work.text, mark)
    cut = Splice(mark, old.end, "") if old.end > mark else Splice(mark, mark, "")
    if not work.text[max(mark, old.end) : end].strip():
        return [Splice(mark, end, work.manner.line_end + below)]
    return [cut, Splice(end, end, work.manner.line_end + below)]


def replace_by_words(work: EditedText, place: EditPosition, words: str) -> list[Splice]:
    """One line of words in place of whatever stands at the entry, outside brackets."""
    old, mark = place.entry.value, mark_end(work, place)
    if old.form == "scalar" or old.flow:
        if old.style in ("|", ">"):
            header = work.text[old.start : line_end(work.text, old.start)]
            comment = header[header.index("#") :] if "#" in header else ""
            return [Splice(old.start, old.end, f"{words} {comment}".rstrip())]
        if old.start == old.end:
            return [Splice(mark, mark, f" {words}")]
        return [Splice(old.start, old.end, words)]
    if not work.begins_line(old.entries[0].head):
        return [Splice(old.start, old.end, words)]
    start = next_line(work.text, mark)
    return [Splice(mark, mark, f" {words}"), Splice(start, next_line(work.text, old.end - 1), "")]


def _joined(work: EditedText, lines: Sequence[str]) -> str:
    return work.manner.line_end.join(lines)
