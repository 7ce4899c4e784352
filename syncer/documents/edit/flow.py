"""Entries within brackets: put in, taken out; on lines of their own where the others stand so. JSON is all brackets."""

from __future__ import annotations

import re

from syncer.documents.edit.splices import EditedText, EditPosition, NotEditable, Splice
from syncer.documents.edit.style import flow_words, key_words, scalar_words
from syncer.documents.edit.syntax_tree import SyntaxNode, line_end, line_start, next_line
from syncer.model.json_values import Json

_COMMA = re.compile(r"[ \t]*,")
_REST = re.compile(r"[ \t]*,?[ \t]*(?:#[^\r\n]*)?")


def words_of(work: EditedText, key: str | None, value: Json, column: int) -> str:
    """An entry as it stands within brackets."""
    wide = work.wide and isinstance(value, (dict, list))
    words = flow_words(value, work.manner, column, wide=wide)
    return words if key is None else f"{key_words(key, work.manner, flow=True)}: {words}"


def insert(work: EditedText, node: SyntaxNode, at: int, key: str | None, value: Json) -> list[Splice]:
    """A new entry at index `at`."""
    text = work.text
    if not node.entries:
        return [_into_empty(work, node, key, value)]
    column = work.column(node.entries[0].head) if work.begins_line(node.entries[0].head) else 0
    words = words_of(work, key, value, column)
    if at == 0:
        first = node.entries[0].head
        if work.begins_line(first) and (len(node.entries) == 1 or work.begins_line(node.entries[1].head)):
            start = line_start(text, first)
            return [Splice(start, start, f"{' ' * column}{words},{work.manner.line_end}")]
        return [Splice(first, first, f"{words}, ")]
    before = node.entries[at - 1]
    if _on_lines(work, node, at):
        comma = _COMMA.match(text, before.end)
        where = next_line(text, before.end)
        line = " " * column + words
        if comma:
            return [Splice(where, where, f"{line},{work.manner.line_end}")]
        return [Splice(before.end, before.end, ","), Splice(where, where, line + work.manner.line_end)]
    return [Splice(before.end, before.end, f", {words}")]


def _on_lines(work: EditedText, node: SyntaxNode, at: int) -> bool:
    """Whether a line of its own can be put in before index `at`: the entry before ends its line, and begins it."""
    before, text = node.entries[at - 1], work.text
    if not work.begins_line(before.head):
        return False
    following = node.entries[at].head if at < len(node.entries) else node.end - 1
    if line_start(text, following) <= before.end:
        return False
    return _COMMA.match(text, before.end) is not None or at == len(node.entries)


def _into_empty(work: EditedText, node: SyntaxNode, key: str | None, value: Json) -> Splice:
    inner = work.text[node.start + 1 : node.end - 1]
    if inner.strip():
        raise NotEditable("a comment stands within empty brackets")
    if not work.wide:
        return Splice(node.start + 1, node.end - 1, words_of(work, key, value, 0))
    line = work.text[line_start(work.text, node.start) : node.start]
    outer = len(line) - len(line.lstrip(" "))
    column, margin = outer + work.manner.step, work.manner.line_end
    words = words_of(work, key, value, column)
    return Splice(node.start + 1, node.end - 1, f"{margin}{' ' * column}{words}{margin}{' ' * outer}")


def remove(work: EditedText, place: EditPosition) -> list[Splice]:
    """The entry with the comma that belongs to it, and its line where it stands alone on one."""
    node, entry, text = place.node, place.entry, work.text
    last = place.index == len(node.entries) - 1
    if len(node.entries) == 1:
        return [Splice(node.start + 1, node.end - 1, "")]
    rest = _REST.match(text, entry.end)
    alone = work.begins_line(entry.head) and rest is not None and rest.end() == line_end(text, entry.end)
    comma = _COMMA.match(text, entry.end)
    if alone and (comma or last):
        before = node.entries[place.index - 1].end if place.index else node.start + 1
        cut = Splice(work.lead(entry.head, place.floor or before), next_line(text, entry.end), "")
        if not last or comma:
            return [cut]
        there = _COMMA.match(text, before)
        if there and there.end() <= cut.start:
            return [Splice(before, there.end(), ""), cut]
    if last:
        return [Splice(node.entries[place.index - 1].end, entry.end, "")]
    return [Splice(entry.head, node.entries[place.index + 1].head, "")]


def replace(work: EditedText, place: EditPosition | None, old: SyntaxNode, value: Json) -> list[Splice]:
    """Another value in the place of one within brackets, or of a whole that is bracketed."""
    line = work.text[line_start(work.text, old.start) : old.start]
    words = flow_words(
        value,
        work.manner,
        len(line) - len(line.lstrip(" ")),
        wide=work.wide and isinstance(value, (dict, list)),
    )
    if old.form == "scalar" and not isinstance(value, (dict, list)):
        words = scalar_words(value, work.manner, style=old.style, flow=True, was=old.value)
    if old.start == old.end and place is not None and place.entry.key is not None:
        key = place.entry.key
        colon = work.text.find(":", key.end)
        if colon >= 0 and not work.text[key.end : colon].strip():
            return [Splice(colon + 1, colon + 1, f" {words}")]
        return [Splice(key.end, key.end, f": {words}")]
    return [Splice(old.start, old.end, words)]


def move(work: EditedText, place: EditPosition, to: int) -> list[Splice]:
    """The item in front of that of index `to`, or behind the last: what the items between them hold changes places,
    commas, lines and comments stay."""
    entries = place.node.entries
    order = [index for index in range(len(entries)) if index != place.index]
    order.insert(to if to <= place.index else to - 1, place.index)
    written = [work.text[each.head : each.end] for each in entries]
    return [Splice(entries[at].head, entries[at].end, written[index]) for at, index in enumerate(order) if at != index]
