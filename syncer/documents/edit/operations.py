"""Edits as values: what each does to a plain value, and which few of them lead from one value to another.

Knows nothing of text. A path is followed in the value as the edits before have left it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from syncer.model.json_values import ABSENT, Json, Path

IDENTITY = ("id", "name", "key", "slug", "component_id", "ref", "lookup", "automation", "title", "label", "value")
"""Fields by which two mappings of a list are taken for the same thing; best first."""


@dataclass(frozen=True, slots=True)
class Replacement:
    """Another value in place of the one at `path`."""

    path: Path
    value: Json


@dataclass(frozen=True, slots=True)
class Insertion:
    """A new key or item. `path` is the one it gets; `at` is its place among a mapping's keys (None: the last)."""

    path: Path
    value: Json
    at: int | None = None


@dataclass(frozen=True, slots=True)
class Deletion:
    """The key or item at `path` goes."""

    path: Path


@dataclass(frozen=True, slots=True)
class Move:
    """The item at `path` gets the index `to` of its list, as it is once the item is taken out."""

    path: Path
    to: int


Edit = Replacement | Insertion | Deletion | Move


def edited(value: Json, edit: Edit) -> Json:
    """The value after the edit; what is not on the way is shared. KeyError, IndexError or TypeError where the path does
    not fit the value."""
    if not edit.path:
        if isinstance(edit, Replacement):
            return edit.value
        raise KeyError("the whole document can only be put")
    return _edited(value, edit.path, edit)


def _edited(value: Json, path: Path, edit: Edit) -> Json:
    step, rest = path[0], path[1:]
    if isinstance(value, dict) and isinstance(step, str):
        if rest:
            return {**value, step: _edited(value[step], rest, edit)}
        return _in_mapping(value, step, edit)
    if isinstance(value, list) and isinstance(step, int):
        if rest:
            return [*value[:step], _edited(value[step], rest, edit), *value[step + 1 :]]
        return _in_list(value, step, edit)
    raise TypeError(f"nothing stands at {step!r}")


def _in_mapping(value: dict[str, Json], key: str, edit: Edit) -> dict[str, Json]:
    if isinstance(edit, Insertion):
        if key in value:
            raise KeyError(key)
        entries = list(value.items())
        entries.insert(len(entries) if edit.at is None else edit.at, (key, edit.value))
        return dict(entries)
    if key not in value:
        raise KeyError(key)
    if isinstance(edit, Replacement):
        return {**value, key: edit.value}
    if isinstance(edit, Deletion):
        return {name: each for name, each in value.items() if name != key}
    raise TypeError("only items of lists are moved")


def _in_list(value: list[Json], index: int, edit: Edit) -> list[Json]:
    if not 0 <= index < len(value) + isinstance(edit, Insertion):
        raise IndexError(index)
    items = list(value)
    if isinstance(edit, Insertion):
        items.insert(index, edit.value)
    elif isinstance(edit, Replacement):
        items[index] = edit.value
    else:
        item = items.pop(index)
        if isinstance(edit, Move):
            items.insert(edit.to, item)
    return items


def same_json(one: Json, other: Json) -> bool:
    """Equality with types and the order of keys: `1` is neither `1.0` nor `true`."""
    return one.__class__ is other.__class__ and repr(one) == repr(other)


def steps_between(old: Json, new: Json, path: Path = ()) -> list[Edit]:
    """The few edits that make `new` of `old`; the keys that both have keep the order they have in `old`.

    Items of lists are paired when they are equal, then by a field that names them, then by where they stand.
    """
    if isinstance(old, dict) and isinstance(new, dict) and old and new:
        return list(_between_mappings(old, new, path))
    if isinstance(old, list) and isinstance(new, list) and old and new:
        return _between_lists(old, new, path)
    return [] if _alike(old, new) else [Replacement(path, new)]


def _alike(old: Json, new: Json) -> bool:
    return _text(old) == _text(new)


def _text(value: Json) -> str:
    """The same for equal values whatever the order of their keys."""
    return json.dumps(value, sort_keys=True)


def _between_mappings(old: dict[str, Json], new: dict[str, Json], path: Path) -> Iterator[Edit]:
    kept = [key for key in old if key in new]
    if kept:
        yield from (Deletion((*path, key)) for key in old if key not in new)
    else:  # one after the other, an empty mapping would stand there in between
        yield Replacement(path, new)
        return
    for key in kept:
        yield from steps_between(old[key], new[key], (*path, key))
    before: str | None = None
    for key, value in new.items():
        if key not in old:
            at = 0 if before is None else kept.index(before) + 1
            yield Insertion((*path, key), value, at if at < len(kept) else None)
            kept.insert(at, key)
        before = key


def _between_lists(old: list[Json], new: list[Json], path: Path) -> list[Edit]:
    pairs = _pairs(old, new)
    if not pairs:
        return [Replacement(path, new)]
    edits: list[Edit] = [Deletion((*path, index)) for index in reversed(range(len(old))) if index not in pairs]
    order = [pairs[index] for index in sorted(pairs)]  # where each that stays belongs, in the order of today
    staying = _longest_rise(order)
    for place in [each for each in order if each not in staying]:
        here = order.index(place)
        order.remove(place)
        there = next((at for at, each in enumerate(order) if each in staying and each > place), len(order))
        order.insert(there, place)
        staying.add(place)
        edits.append(Move((*path, here), there))
    origin = {index: at for at, index in pairs.items()}
    for index, item in enumerate(new):
        if index in origin:
            edits += steps_between(old[origin[index]], item, (*path, index))
        else:
            edits.append(Insertion((*path, index), item))
    return edits


def _longest_rise(order: Sequence[int]) -> set[int]:
    """The most of these numbers that stand in rising order: those that need not be moved."""
    best: list[list[int]] = []
    for number in order:
        longest: list[int] = max((each for each in best if each[-1] < number), key=len, default=[])
        best.append([*longest, number])
    longest_of_all: list[int] = max(best, key=len, default=[])
    return set(longest_of_all)


def _pairs(old: list[Json], new: list[Json]) -> dict[int, int]:
    """Old index → new index of what is the same thing."""
    found: dict[int, int] = {}
    forms: list[Callable[[Json], str]] = [_text, *(_Named(each, old, new) for each in IDENTITY)]
    for name_of in forms:
        left = [index for index in range(len(old)) if index not in found]
        free = [index for index in range(len(new)) if index not in found.values()]
        there: dict[str, list[int]] = {}
        for index in reversed(free):
            if key := name_of(new[index]):
                there.setdefault(key, []).append(index)
        for index in left:
            hits = there.get(name_of(old[index]) or "", [])
            if hits:
                found[index] = hits.pop()
    _pair_gaps(old, new, found)
    return found


class _Named:
    """The text of a field, for items that have it, where it tells the items of both sides apart."""

    def __init__(self, name: str, old: list[Json], new: list[Json]) -> None:
        self.name = name
        counts = (Counter(filter(None, map(self._key, side))) for side in (old, new))
        self.several = {key for count in counts for key, number in count.items() if number > 1}

    def _key(self, item: Json) -> str:
        value = item.get(self.name) if isinstance(item, dict) else None
        return "" if value is None or isinstance(value, (dict, list)) else _text(value)

    def __call__(self, item: Json) -> str:
        key = self._key(item)
        return "" if key in self.several else key


def _pair_gaps(old: list[Json], new: list[Json], found: dict[int, int]) -> None:
    """What is left between the same neighbours on both sides belongs together, if it is alike."""
    taken = set(found.values())
    for index, item in enumerate(old):
        if index in found:
            continue
        place = found[index - 1] + 1 if index - 1 in found else 0 if index == 0 else None
        if place is not None and place < len(new) and place not in taken and _related(item, new[place]):
            found[index] = place
            taken.add(place)


def _related(old: Json, new: Json) -> bool:
    if not isinstance(old, dict) or not isinstance(new, dict):
        return not isinstance(old, (dict, list)) and not isinstance(new, (dict, list))
    name = next((each for each in IDENTITY if each in old or each in new), None)
    if name is not None and old.get(name, ABSENT) != new.get(name, ABSENT):
        return False
    both = sum(key in new and _alike(each, new[key]) for key, each in old.items())
    return 2 * both >= max(len(old), len(new))
