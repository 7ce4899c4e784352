"""The live object with what we declare laid over it: the goal, and the fields in which it differs.

Here ownership is decided (architecture 5): a declared field is ours; everything else the live object holds is carried
over, known to us or not. What was declared at the last apply (`last`) tells ours from drift, and lets an item go
that is no longer declared.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from syncer.core.shape import ListRule, Shape
from syncer.core.values import ABSENT, Json, Part, Ref, same_leaf

Cause = Literal["ours", "drift", "conflict"]


class Item(NamedTuple):
    """A step of a field path into a keyed list: the item's key, not its index."""

    key: str


FieldPath = tuple[str | int | Item, ...]


def show_field(path: FieldPath) -> str:
    """`("attributes", Item("iban"), "required")` → `attributes[iban].required`."""
    text = ""
    for step in path:
        if isinstance(step, Item):
            text += f"[{step.key}]"
        elif isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f".{step}" if text else step
    return text


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that differs: `before` and `after` are JSON values or `ABSENT`; the cause says who moved it."""

    path: FieldPath
    before: Json
    after: Json
    cause: Cause = "ours"


@dataclass(slots=True)
class Merged:
    """The outcome: the goal, what changes, paths that are no longer declared, lists that cannot be managed."""

    goal: Json = None
    changes: list[FieldChange] = field(default_factory=list)
    released: list[FieldPath] = field(default_factory=list)
    refused: list[tuple[FieldPath, str]] = field(default_factory=list)


def merge(live: Json, want: Json, last: Json, shape: Shape, prune: frozenset[str] = frozenset()) -> Merged:
    """Lay `want` over `live`. `last` is what was declared at the last apply (`{}` when nothing is remembered);
    `prune` names the top-level lists that the manifest says are its own whole."""
    merged = Merged()
    merged.goal = _mapping(live if isinstance(live, dict) else {}, want, last, shape, (), merged, prune)
    return merged


def same(one: Json, other: Json, shape: Shape) -> bool:
    """Whether laying `other` over `one`, and `one` over `other`, would change nothing that matters."""
    for live, want in ((one, other), (other, one)):
        probe = Merged()
        _value(live, want, ABSENT, shape, (), probe)
        if probe.changes or probe.refused:
            return False
    return True


def _value(live: Json, want: Json, last: Json, shape: Shape, path: FieldPath, out: Merged) -> Json:
    """The value that should stand here; notes in `out` what that changes."""
    if shape.ignored:
        return live if live is not ABSENT else want
    if shape.blank(want) and shape.blank(live):
        return live
    if shape.blank(want) and want is None:
        out.changes.append(FieldChange(path, live, ABSENT, _cause(live, want, last, shape)))
        return ABSENT
    if shape.canon is not None and live is not ABSENT and _equal(shape.canon(live), shape.canon(want)):
        return live
    if isinstance(want, dict) and isinstance(live, dict):
        return _mapping(live, want, last, shape, path, out)
    if isinstance(want, list) and isinstance(live, list):
        return _list(live, want, last, shape, path, out)
    if _equal(live, want):
        return live
    out.changes.append(FieldChange(path, live, want, _cause(live, want, last, shape)))
    return want


def _mapping(
    live: dict[str, Json],
    want: dict[str, Json],
    last: Json,
    shape: Shape,
    path: FieldPath,
    out: Merged,
    prune: frozenset[str] = frozenset(),
) -> dict[str, Json]:
    goal = dict(live)
    remembered = last if isinstance(last, dict) else {}
    for name, value in want.items():
        below = shape.at(name)
        if name in prune and isinstance(value, list) and isinstance(live.get(name), list):
            whole = ListRule(below.rule.form, below.rule.keys, True, below.rule.ordered)
            below = Shape(below.fields, below.items, whole, below.default, below.empty)
        merged = _value(
            live.get(name, ABSENT), value, remembered.get(name, ABSENT), below, (*path, name), out
        )
        if merged is ABSENT:
            goal.pop(name, None)
        else:
            goal[name] = merged
    for name, value in remembered.items():
        if name not in want and not shape.at(name).blank(value) and not shape.at(name).ignored:
            out.released.append((*path, name))
    return goal


def _list(live: list[Json], want: list[Json], last: Json, shape: Shape, path: FieldPath, out: Merged) -> list[Json]:
    remembered = last if isinstance(last, list) else []
    if shape.rule.form == "keyed":
        return _keyed(live, want, remembered, shape, path, out)
    pairs = _pair_up(live, want, shape)
    unchanged = all(pair is not None for pair in pairs) and len(live) == len(want)
    if unchanged and (shape.rule.form == "set" or pairs == sorted(p for p in pairs if p is not None)):
        return live
    carried = [_overlay(live[pair], item, shape) if pair is not None else item for pair, item in zip(pairs, want, strict=True)]
    if shape.rule.form == "set":
        carried = _live_order_first(carried, pairs)
    elif len(live) == len(want) and all(isinstance(item, dict) for item in (*live, *want)) and pairs == _in_place(pairs):
        # same length, only some items differ where they stand: say which field, not "the whole list"
        return [
            _value(have, item, _at(remembered, index), shape.item(), (*path, index), out)
            for index, (have, item) in enumerate(zip(live, want, strict=True))
        ]
    out.changes.append(FieldChange(path, live, carried, _cause(live, want, last, shape)))
    return carried


def _in_place(pairs: list[int | None]) -> list[int | None]:
    return [index if pair is not None else None for index, pair in enumerate(pairs)]


def _at(items: list[Json], index: int) -> Json:
    return items[index] if index < len(items) else ABSENT


def _pair_up(live: list[Json], want: list[Json], shape: Shape) -> list[int | None]:
    """For every wanted item the index of a live item that already is what it asks for; each live item once."""
    free = list(range(len(live)))
    pairs: list[int | None] = []
    for item in want:
        hit = next((index for index in free if _already(live[index], item, shape)), None)
        if hit is not None:
            free.remove(hit)
        pairs.append(hit)
    return pairs


def _already(live: Json, want: Json, shape: Shape, *, itself: bool = False) -> bool:
    """Whether the live value already is what is asked for; `shape` is the list's, or (`itself`) the value's own."""
    probe = Merged()
    _value(live, want, ABSENT, shape if itself else shape.item(), (), probe)
    return not probe.changes and not probe.refused


def _overlay(live: Json, want: Json, shape: Shape) -> Json:
    return _value(live, want, ABSENT, shape.item(), (), Merged())


def _live_order_first(items: list[Json], pairs: list[int | None]) -> list[Json]:
    known = sorted((pair, item) for pair, item in zip(pairs, range(len(items)), strict=True) if pair is not None)
    return [items[index] for _, index in known] + [items[index] for index, pair in enumerate(pairs) if pair is None]


def _keyed(
    live: list[Json], want: list[Json], last: list[Json], shape: Shape, path: FieldPath, out: Merged
) -> list[Json]:
    rule = shape.rule
    twice = _twice(live, rule)
    if twice:
        out.refused.append((path, twice))
        return live
    wanted = dict(_match(live, want, rule))
    remembered = dict(_match(live, last, rule))
    goal: list[Json] = []
    for index, item in enumerate(live):
        if index in wanted:
            declared = want[wanted[index]]
            memory = last[remembered[index]] if index in remembered else ABSENT
            goal.append(_value(item, declared, memory, shape.item(), (*path, Item(_key(declared, rule))), out))
        elif rule.whole or index in remembered:
            cause: Cause = "ours" if index in remembered or not last else "drift"
            out.changes.append(FieldChange((*path, Item(_key(item, rule))), item, ABSENT, cause))
        else:
            goal.append(item)
    matched = set(wanted.values())
    once = {_key(item, rule) for item in last}
    for position, item in enumerate(want):
        if position not in matched:
            gone_by_hand: Cause = "drift" if _key(item, rule) in once else "ours"
            out.changes.append(FieldChange((*path, Item(_key(item, rule))), ABSENT, item, gone_by_hand))
            goal.append(item)
    return _in_our_order(goal, want, shape, path, out) if rule.ordered else goal


def _in_our_order(goal: list[Json], want: list[Json], shape: Shape, path: FieldPath, out: Merged) -> list[Json]:
    place = {_key(item, shape.rule): index for index, item in enumerate(want)}
    have = [_key(item, shape.rule) for item in goal if _key(item, shape.rule) in place]
    wish = sorted(have, key=place.__getitem__)
    if have != wish:
        out.changes.append(FieldChange((*path, "(order)"), have, wish))
    return sorted(goal, key=lambda item: place.get(_key(item, shape.rule), len(place)))


def _keys(item: Json, rule: ListRule) -> Iterator[tuple[str, Json]]:
    if isinstance(item, dict):
        for name in rule.keys:
            value = item.get(name)
            if value is not None and value != "":
                yield name, value


def _key(item: Json, rule: ListRule) -> str:
    value = next((value for _, value in _keys(item, rule)), None)
    if isinstance(value, Ref):
        return value.name
    if isinstance(value, Part):
        return value.key
    return str(value) if value is not None else "?"


def _twice(live: list[Json], rule: ListRule) -> str:
    """The first key that two live items share, or nothing."""
    seen: set[tuple[str, Json]] = set()
    for item in live:
        first = next(_keys(item, rule), None)
        if first is None:
            continue
        name, value = first
        if (name, str(value)) in seen:
            return f"{name} `{value}`"
        seen.add((name, str(value)))
    return ""


def _match(live: list[Json], items: list[Json], rule: ListRule) -> Iterator[tuple[int, int]]:
    """(live index, item index) of the items that are the same thing: by the best key both have."""
    index: dict[tuple[str, str], int] = {}
    for position, item in enumerate(live):
        for name, value in _keys(item, rule):
            index.setdefault((name, str(value)), position)
    taken: set[int] = set()
    for position, item in enumerate(items):
        for name, value in _keys(item, rule):
            hit = index.get((name, str(value)))
            if hit is not None and hit not in taken:
                taken.add(hit)
                yield hit, position
                break


def _equal(live: Json, want: Json) -> bool:
    if isinstance(live, dict) and isinstance(want, dict):
        return live.keys() == want.keys() and all(_equal(live[name], want[name]) for name in want)
    if isinstance(live, list) and isinstance(want, list):
        return len(live) == len(want) and all(map(_equal, live, want))
    if isinstance(live, (dict, list)) or isinstance(want, (dict, list)):
        return False
    return same_leaf(live, want)


def _cause(live: Json, want: Json, last: Json, shape: Shape) -> Cause:
    """Who moved the field: the manifest since the last apply (ours), somebody live (drift), or both (conflict)."""
    if last is ABSENT:
        return "ours"
    if same(last, want, shape):
        return "drift"
    return "ours" if _already(live, last, shape, itself=True) else "conflict"
