"""One changed field as lines: `path  before → after`, items that come and go, what differs inside long values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from syncer.model.field_change import show_field
from syncer.model.json_values import ABSENT, Json
from syncer.plan.plan import Field
from syncer.render.nested_diff import differences
from syncer.render.terminal import Span, Terminal, cells, flowing
from syncer.render.text_diff import DiffLine, elements, is_long, pair, telling, text_diff
from syncer.render.value_text import INLINE, LABELS, bare, inline, is_leaf, leaves, quoted, value_text

INDENT = 4
"""Columns before a field's path; the sign of an item that comes or goes stands in the last two of them."""

DEEPER = 4
"""Columns by which what belongs to a field is moved in."""

FIELDS = 12
"""Fields of a new item, and differences inside a value, that are listed unless the plan is verbose."""

TELLING = ("name", "title", "slug", "label", "app_id", "entity_schema", "type", "version", "enabled", "status")
"""Fields a new object is introduced by, where not all are shown."""

TITLE = 40
"""The most columns that the title of a part takes."""

INTRODUCED = 8
"""Fields of a new object that are listed unless the plan is verbose."""


@dataclass(frozen=True, slots=True)
class FieldRow:
    """A field before it is laid out: `line` if it fits beside the path; else `head` there and `block` below."""

    path: str
    marks: tuple[Span, ...] = ()
    sign: Span = ("", "")
    line: tuple[Span, ...] = ()
    head: str = ""
    block: Sequence[DiffLine] = field(default=())


def changed(each: Field, terminal: Terminal, *, verbose: bool) -> FieldRow:
    """The row of a field of an update."""
    before, after = bare(each.before), bare(each.after)
    path, marks = terminal.shown(each.path), tuple(_marks(each, terminal))
    room = terminal.width - INDENT - DEEPER
    if before is ABSENT and not is_leaf(after) and inline(after, terminal, 24) is None:
        head, block = _new_item(each.path, after, terminal, room, verbose)
        return FieldRow(path, marks, ("add", "+"), head=head, block=block)
    if after is ABSENT and not is_leaf(before) and inline(before, terminal, 24) is None:
        head = _introduction(each.path, before, terminal, room)
        block = _listed(leaves(before, "", terminal, room), terminal, room, "remove") if verbose else []
        return FieldRow(path, marks, ("remove", "-"), head=head, block=block)
    if isinstance(before, str) and isinstance(after, str) and (is_long(before) or is_long(after)):
        head, block = text_diff(before, after, terminal, room, verbose=verbose)
        return FieldRow(path, marks, head=head, block=block)
    if isinstance(before, list) and isinstance(after, list) and all(is_leaf(bare(item)) for item in (*before, *after)):
        head, block = elements(before, after, terminal, verbose=verbose)
        return FieldRow(path, marks, head=head, block=[_clipped(line, terminal, room) for line in block])
    if not is_leaf(before) and not is_leaf(after):
        head, block = _nested(before, after, terminal, room, verbose)
        return FieldRow(path, marks, head=head, block=block)
    return _simple(path, marks, before, after, terminal, room)


def renumbered(fields: Sequence[Field]) -> list[Field]:
    """The fields, where an item goes and comes as the same but for its id, as a change of that id: the platform wants
    ids of a certain shape, and a branch that becomes the way out of a loop needs another."""
    comes = {index: each for index, each in enumerate(fields) if each.before is ABSENT}
    shown: dict[int, Field | None] = {}
    for index, gone in enumerate(fields):
        if gone.after is not ABSENT or not _has_id(gone.before):
            continue
        for at, new in comes.items():
            if at not in shown and _list_of(new.path) == _list_of(gone.path) and _same_but_id(gone.before, new.after):
                shown[index] = None
                one, other = gone.before["id"], new.after["id"]  # both may stand there as the key of the manifest
                other = other if other != one else "another id, of the form that is asked for"
                shown[at] = new._replace(path=f"{new.path}.id", before=one, after=other, level=gone.level)
                break
    return [each for index, field in enumerate(fields) if (each := shown.get(index, field)) is not None]


def _has_id(item: Json) -> bool:
    return isinstance(item, dict) and isinstance(item.get("id"), str)


def _list_of(path: str) -> str:
    return path.rpartition("[")[0]


def _same_but_id(one: Json, other: Json) -> bool:
    return _has_id(other) and {**one, "id": ""} == {**other, "id": ""}


def _simple(path: str, marks: tuple[Span, ...], before: Json, after: Json, terminal: Terminal, room: int) -> FieldRow:
    plain = telling(before, after, terminal)
    one, other = _short(before, plain), _short(after, plain)
    line = (("remove", one), ("", f" {terminal.arrow} "), ("add", other))
    if isinstance(before, str) and isinstance(after, str):
        cut, cut_other = (
            f'"{text}"' for text in pair(before.replace('"', '\\"'), after.replace('"', '\\"'), terminal, room - 4)
        )
        return FieldRow(path, marks, line=line, block=[[("remove", f"- {cut}")], [("add", f"+ {cut_other}")]])
    block: list[DiffLine] = [[("remove", f"- {one}")], [("add", f"+ {other}")]]
    return FieldRow(path, marks, line=line, block=[_clipped(each, terminal, room) for each in block])


def _short(value: Json, terminal: Terminal) -> str:
    """One side in a line: texts too long for it are counted and begun."""
    if isinstance(value, str) and is_long(value):
        return _begun(value, terminal)
    return value_text(value, terminal)


def _begun(text: str, terminal: Terminal) -> str:
    """`"Sehr geehrte …" (3 lines)`: a long text by its beginning and size."""
    first = text.split("\n", 1)[0]
    number = text.count("\n") + 1
    size = f"{number:,} lines" if number > 1 else f"{len(text):,} characters"
    return f"{quoted(first[:30] + terminal.dots, terminal)} ({size})"


def _marks(each: Field, terminal: Terminal) -> Iterable[Span]:
    if each.title:
        yield "dim", f"({terminal.clip(quoted(each.title, terminal), TITLE)})"
    if each.cause != "ours":
        yield "warning", f"[{each.cause}]"
    if each.level != "safe":
        yield each.level, f"[{each.level}]"


def _introduction(path: str, item: Json, terminal: Terminal, room: int) -> str:
    """What an item is, in words: `text "IBAN"`; its key stands in the path already."""
    if isinstance(item, dict):
        parts = []
        kind = item.get("type") or item.get("task_type")
        if isinstance(kind, str):
            parts.append(terminal.shown(kind))
        label = _label(path, item)
        if label:
            parts.append(quoted(item[label], terminal))
        return terminal.clip(" ".join(parts) or value_text(item, terminal), room)
    return terminal.clip(value_text(item, terminal), room)


def _label(path: str, item: dict[str, Json]) -> str:
    """The field that says what people call an item, unless that is the key in its path."""
    names = ("label", "title", "name", "headline")
    return next(
        (name for name in names if isinstance(item.get(name), str) and not path.endswith(f"[{item[name]}]")), ""
    )


def _new_item(path: str, item: Json, terminal: Terminal, room: int, verbose: bool) -> tuple[str, list[DiffLine]]:
    head = _introduction(path, item, terminal, room)
    if head == inline(item, terminal, INLINE):
        return head, []
    if not isinstance(item, dict):
        return head, _listed(leaves(item, "", terminal, room), terminal, room, "add") if verbose else []
    said = {name for name in ("type", "task_type") if isinstance(item.get(name), str)} | {_label(path, item)}
    said |= {
        name for name in (*LABELS, "headline") if isinstance(item.get(name), str) and path.endswith(f"[{item[name]}]")
    }
    rest = {name: value for name, value in item.items() if name not in said}
    fields = list(leaves(rest, "", terminal, room if verbose else 0)) if rest else []
    left = 0 if verbose else len(fields) - FIELDS
    lines = _listed(fields if left <= 1 else fields[:FIELDS], terminal, room, "")
    if left > 1:
        lines.append([("dim", f"{terminal.dots} {left:,} more fields")])
    return head, lines


def _listed(fields: Iterable[tuple[str, Json]], terminal: Terminal, room: int, style: str) -> list[DiffLine]:
    """`required: true`, a field a line, cut to the room."""
    lines: list[DiffLine] = []
    for name, value in fields:
        lead = f"{terminal.shown(name)}: " if name else ""
        text = value_text(value, terminal, max(16, room - cells(lead)))
        if isinstance(value, str) and is_long(value):
            text = _begun(value, terminal)
        lines.append(_clipped([("dim", lead), (style, text)], terminal, room))
    return lines


def _nested(before: Json, after: Json, terminal: Terminal, room: int, verbose: bool) -> tuple[str, list[DiffLine]]:
    """What differs inside two lists of mappings, or two mappings, place by place; never the whole of them."""
    found = differences(before, after)
    if not found:
        return "another order", []
    shown = found if verbose or len(found) <= FIELDS + 1 else found[:FIELDS]
    lines: list[DiffLine] = []
    for each in shown:
        path = terminal.shown(show_field(each.path))
        if each.before is ABSENT:
            lead: list[Span] = [("add", f"+ {path}  {_side(each.after, terminal, room)}")]
        elif each.after is ABSENT:
            lead = [("remove", f"- {path}  {_side(each.before, terminal, room)}")]
        else:
            lines += _inside(path, bare(each.before), bare(each.after), terminal, room)
            continue
        lines.append(_clipped(lead, terminal, room))
    if len(shown) < len(found):
        lines.append([("dim", f"{terminal.dots} {len(found) - len(shown):,} more differences")])
    number = len(found)
    return f"{number:,} difference{'s' * (number != 1)} inside", lines


def _inside(path: str, before: Json, after: Json, terminal: Terminal, room: int) -> list[DiffLine]:
    plain = telling(before, after, terminal)
    one, other = _short(before, plain), _short(after, plain)
    line: DiffLine = [("", f"~ {path}  "), ("remove", one), ("", f" {terminal.arrow} "), ("add", other)]
    long = isinstance(before, str) and isinstance(after, str) and (is_long(before) or is_long(after))
    if not long and sum(cells(text) for _, text in line) <= room:
        return [line]
    if isinstance(before, str) and isinstance(after, str):
        one, other = pair(before, after, terminal, room - 4)
    head: DiffLine = [("", f"~ {path}")]
    below: list[DiffLine] = [[("remove", f"  - {one}")], [("add", f"  + {other}")]]
    return [_clipped(each, terminal, room) for each in (head, *below)]


def _side(value: Json, terminal: Terminal, room: int) -> str:
    if not isinstance(bare(value), dict):
        return _short(value, terminal)
    if not any(isinstance(value.get(name), str) for name in (*LABELS, "type", "task_type", "headline")):
        fields = leaves(value, "", terminal, room)
        said = (f"{terminal.shown(name)}: {value_text(each, terminal)}" if name else "" for name, each in fields)
        return terminal.clip(", ".join(filter(None, said)) or value_text(value, terminal), room)
    return _introduction("", value, terminal, room)


def _clipped(line: DiffLine, terminal: Terminal, room: int) -> DiffLine:
    """The line cut to the room: the span that crosses it ends in dots."""
    out: DiffLine = []
    left = room
    for style, text in line:
        if cells(text) > left:
            return [*out, (style, terminal.clip(text, left))] if left > len(terminal.dots) else out
        out.append((style, text))
        left -= cells(text)
    return out


def introduced(fields: Sequence[Field], terminal: Terminal, *, verbose: bool) -> tuple[list[FieldRow], list[str]]:
    """The rows of a new object, the most telling ones or all where `verbose`, and the paths of what is left out."""
    room = terminal.width - INDENT - DEEPER
    chosen = list(range(len(fields)))
    if not verbose and len(fields) > INTRODUCED + 1:
        chosen = sorted(sorted(chosen, key=lambda index: _rank(fields[index]))[:INTRODUCED])
    rows = []
    for index in chosen:
        each = fields[index]
        value = bare(each.after)
        path, marks = terminal.shown(each.path), tuple(_marks(each, terminal))
        text = _short(value, terminal)
        if verbose and not is_leaf(value) and inline(value, terminal, INLINE) is None:
            block = _listed(leaves(value, "", terminal, room), terminal, room, "")
            rows.append(FieldRow(path, marks, head=value_text(value, terminal, 0), block=block))
        else:
            rows.append(FieldRow(path, marks, line=(("", text),), block=[_clipped([("", text)], terminal, room)]))
    return rows, [fields[index].path for index in range(len(fields)) if index not in chosen]


def _rank(each: Field) -> tuple[int, int]:
    if each.path in TELLING:
        return 0, TELLING.index(each.path)
    return (1, 0) if isinstance(each.after, list) else (2, 0)


def laid_out(rows: Sequence[FieldRow], terminal: Terminal) -> list[str]:
    """The rows as lines, values in one column as far as the paths allow it, none wider than the terminal."""
    most = max(16, (terminal.width - INDENT) * 2 // 5)
    column = max((cells(row.path) for row in rows if cells(row.path) <= most), default=0)
    return [line for row in rows for line in _lay_out(row, column, terminal)]


def _lay_out(row: FieldRow, column: int, terminal: Terminal) -> list[str]:
    first: list[Span] = [("", " " * (INDENT - 2)), row.sign if row.sign[1] else ("", " "), ("", " ")]
    tail = [span for mark in row.marks for span in (("", "  "), mark)]
    spans: tuple[Span, ...] = row.line or ((("dim", row.head),) if row.head else ())
    width = sum(cells(text) for _, text in (*spans, *tail))
    gap = max(column - cells(row.path), 0) + 2
    beside = INDENT + cells(row.path) + gap + width
    if beside <= terminal.width:
        lines = [terminal.line(*first, ("", row.path + " " * gap), *spans, *tail)]
        return lines if row.line else lines + _below(row, terminal)
    lead = ("", " " * INDENT) if not row.sign[1] else (row.sign[0], f"{' ' * (INDENT - 2)}{row.sign[1]} ")
    words = [("", row.path), *((("dim", row.head),) if row.head else ()), *row.marks]
    return flowing(words, terminal, first=lead, indent=INDENT + 2) + _below(row, terminal)


def _below(row: FieldRow, terminal: Terminal) -> list[str]:
    return [terminal.line(("", " " * (INDENT + DEEPER)), *line) for line in row.block]
