"""One value in one line: scalars whole, markers by name, lists and mappings inline while short, else counted."""

from __future__ import annotations

from collections.abc import Iterator

from syncer.model.json_values import ABSENT, Json, Lookup, Part, Ref, Secret
from syncer.model.secret_text import filled
from syncer.plan.plan import HIDDEN
from syncer.render.terminal import Terminal, cells

INLINE = 48
"""Columns a list or mapping may take to be written out in its line."""

LABELS = ("name", "title", "label", "slug", "id", "key", "component_id")
"""Fields by which an item of a list is called, best first."""


def leaf_text(value: Json, terminal: Terminal) -> str:
    """A scalar or marker: `"Zu teuer"`, `true`, `(none)`, `(secret EPILOT_X)`, `"Bearer (secret EPILOT_X)"`,
    `ClosingReason/won`."""
    match value:
        case str():
            return quoted(value, terminal)
        case bool():
            return "true" if value else "false"
        case None:
            return "null"
        case Secret():
            return _secret(value, terminal)
        case Ref():
            return terminal.shown(value.address)
        case Lookup():
            scope = f" of {terminal.shown(value.scope)}" if value.scope else ""
            return f"({terminal.shown(value.kind)} {quoted(value.title, terminal)}{scope})"
        case Part():
            return terminal.shown(f"{value.group}[{value.key}]")
        case int() | float():
            return repr(value)
    if value is ABSENT:
        return "(none)"
    if value is HIDDEN:
        return "(hidden)"
    raise TypeError(f"a {type(value).__name__} is no leaf")


def _secret(secret: Secret, terminal: Terminal) -> str:
    """The secret by its name, and the text that it stands in, if any."""
    text = filled(secret, lambda name: f"(secret {name})")
    return quoted(text, terminal) if secret.parts else terminal.shown(text)


def quoted(text: str, terminal: Terminal) -> str:
    """A string in quotes, so that `"(none)"` and `" x"` say what they are."""
    return '"' + terminal.shown(text.replace('"', '\\"')) + '"'


def bare(value: Json) -> Json:
    """An item that is only an id is the id: `{"id": Ref}` is the reference."""
    if isinstance(value, dict) and value.keys() == {"id"}:
        return value["id"]
    if isinstance(value, dict) and isinstance(value.get("id"), Ref):
        return value["id"]
    return value


def is_leaf(value: Json) -> bool:
    """Whether there is nothing below it."""
    return not isinstance(value, dict | list)


def value_text(value: Json, terminal: Terminal, room: int = INLINE) -> str:
    """Any value in one line: short ones whole, else the number of its items or fields and how the first are called.
    Scalars are never shortened here."""
    value = bare(value)
    if is_leaf(value):
        return leaf_text(value, terminal)
    whole = inline(value, terminal, room)
    if whole is not None:
        return whole
    if isinstance(value, dict):
        return _counted(len(value), "field", [terminal.shown(name) for name in value], terminal, room)
    names = [text for text in (called(item, terminal) for item in value) if text]
    return _counted(len(value), "item", names if len(names) == len(value) else [], terminal, room)


def inline(value: Json, terminal: Terminal, room: int) -> str | None:
    """The value as JSON would have it, if it fits and holds no mapping in a list."""
    value = bare(value)
    if is_leaf(value):
        text = leaf_text(value, terminal)
        return text if cells(text) <= room else None
    if isinstance(value, list):
        if any(not is_leaf(bare(item)) for item in value):
            return None
        parts = [leaf_text(bare(item), terminal) for item in value[: room + 1]]
        text = f"[{', '.join(parts)}]"
        return text if len(parts) == len(value) and cells(text) <= room else None
    fields = []
    for name, item in value.items():
        text_of = inline(item, terminal, room)
        if text_of is None:
            return None
        fields.append(f"{terminal.shown(name)}: {text_of}")
    text = f"{{{', '.join(fields)}}}"
    return text if cells(text) <= room else None


def called(item: Json, terminal: Terminal) -> str:
    """What an item of a list is called, without quotes; "" where nothing names it."""
    item = bare(item)
    if isinstance(item, str):
        return terminal.shown(item)
    if isinstance(item, dict):
        for name in LABELS:
            value = bare(item.get(name))
            if isinstance(value, str) and value:
                return terminal.shown(value)
            if isinstance(value, Ref | Part | Lookup):
                return leaf_text(value, terminal)
        return ""
    return leaf_text(item, terminal) if is_leaf(item) else ""


def _counted(number: int, word: str, names: list[str], terminal: Terminal, room: int) -> str:
    """`40 items: iban, first_name, …` as far as there is room for names."""
    text = f"{number:,} {word}" + ("" if number == 1 else "s")
    shown = ""
    for position, name in enumerate(names):
        candidate = f"{shown}, {name}" if shown else name
        rest = "" if position == len(names) - 1 else f", {terminal.dots}"
        if cells(f"{text}: {candidate}{rest}") > room:
            return f"{text}: {shown}, {terminal.dots}" if shown else text
        shown = candidate
    return f"{text}: {shown}" if shown else text


def leaves(value: Json, prefix: str, terminal: Terminal, room: int) -> Iterator[tuple[str, Json]]:
    """The fields of a mapping with their paths, mappings opened. With `room`, lists of mappings are opened too, as far
    as an item doesn't fit in so many columns beside its path."""
    if isinstance(value, dict) and value and bare(value) is value:
        for name, item in value.items():
            yield from leaves(item, f"{prefix}.{name}" if prefix else name, terminal, room)
    elif isinstance(value, list) and room and any(not is_leaf(bare(item)) for item in value):
        for index, item in enumerate(value):
            path = f"{prefix}[{_step(item, index)}]"
            if inline(item, terminal, room - cells(path) - 2) is not None:
                yield path, item
            else:
                yield from leaves(item, path, terminal, room)
    else:
        yield prefix, value


def _step(item: Json, index: int) -> str:
    for name in ("id", "name", "key", "component_id"):
        value = item.get(name) if isinstance(item, dict) else None
        if isinstance(value, str) and value:
            return value
    return str(index)
