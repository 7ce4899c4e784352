"""Where two nested values differ, for values that are written as one: so that a reviewer sees places, not bodies."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from syncer.model.field_change import FieldPath, Item, show_field
from syncer.model.json_values import ABSENT, Json, Ref, same_leaf
from syncer.plan.document.marker_codec import json_of

IDENTITY = ("id", "name", "key", "slug", "component_id", "title", "label")
"""Fields by which people take two items of a list for the same thing; best first."""

COMPARED = 10_000
"""The most pairs of items that are compared for how like they are; of longer lists the place decides."""

LIKE = 0.5
"""The share of fields in which two items without a name agree that are taken for the same."""


@dataclass(frozen=True, slots=True)
class NestedDifference:
    """One difference below a field; `ABSENT` stands for a side that isn't there."""

    path: FieldPath
    before: Json
    after: Json


def differences(before: Json, after: Json) -> tuple[NestedDifference, ...]:
    """Every place in which the two differ, in the order of their paths; none where only the order of lists differs.

    Items of a list are paired when they are equal, then by a field that names them, then by how much of them is equal,
    then where they stand. What is equal is left out before DeepDiff looks: it needs milliseconds even for that.
    """
    from deepdiff import DeepDiff
    from deepdiff.helper import NotPresent

    atoms = _Atoms()
    one, other = _aligned(before, after, atoms)
    found = []
    tree = DeepDiff({"": one}, {"": other}, view="tree", verbose_level=2, threshold_to_diff_deeper=0)
    for levels in tree.values():
        for level in levels:
            old, new = (ABSENT if isinstance(side, NotPresent) else atoms.back(side) for side in (level.t1, level.t2))
            if old is ABSENT or new is ABSENT or _container(old) or _container(new) or not same_leaf(old, new):
                path = tuple(map(_place, level.path(output_format="list")[1:]))
                found.append(NestedDifference(path, old, new))
    return tuple(sorted(found, key=lambda each: (show_field(each.path), each.before is ABSENT)))


_ADDED = "\x00+"
"""Begins the step to an item that is new, while the two sides are compared: another one may have stood in its place."""


def _place(step: str | int | Item) -> str | int | Item:
    return int(step.removeprefix(_ADDED)) if isinstance(step, str) and step.startswith(_ADDED) else step


@dataclass(slots=True)
class _Atoms:
    """Markers and switches as texts, and back: DeepDiff looks inside the ones, and takes `false` in a list for 0."""

    leaves: dict[str, Json] = field(default_factory=dict)

    def of(self, value: Json) -> Json:
        if isinstance(value, dict):
            return {name: self.of(item) for name, item in value.items()}
        if isinstance(value, list):
            return [self.of(item) for item in value]
        if value is None or (isinstance(value, str | int | float) and not isinstance(value, bool)):
            return value
        token = f"\x00{json.dumps(json_of(value), sort_keys=True)}"
        self.leaves[token] = value
        return token

    def back(self, value: Json) -> Json:
        if isinstance(value, dict):
            return {name: self.back(item) for name, item in value.items()}
        if isinstance(value, list):
            return [self.back(item) for item in value]
        return self.leaves.get(value, value) if isinstance(value, str) else value


def _container(value: Json) -> bool:
    return isinstance(value, dict | list)


def _aligned(before: Json, after: Json, atoms: _Atoms) -> tuple[Json, Json]:
    """Both sides without what is equal, lists of mappings as mappings of the items that belong together."""
    if isinstance(before, dict) and isinstance(after, dict):
        triples: Iterator[tuple[str | int | Item, Json, Json]] = (
            (name, before.get(name, ABSENT), after.get(name, ABSENT)) for name in {**before, **after}
        )
    elif isinstance(before, list) and isinstance(after, list) and any(map(_container, (*before, *after))):
        triples = _pairs(before, after)
    else:
        return atoms.of(before), atoms.of(after)
    one: dict[str | int | Item, Json] = {}
    other: dict[str | int | Item, Json] = {}
    for step, old, new in triples:
        if old is ABSENT:
            other[step] = atoms.of(new)
        elif new is ABSENT:
            one[step] = atoms.of(old)
        elif _text(old) != _text(new):
            one[step], other[step] = _aligned(old, new, atoms)
    return one, other


def _pairs(before: list[Json], after: list[Json]) -> Iterator[tuple[str | int | Item, Json, Json]]:
    old, new = _unequal(before, after)
    name = next((name for name in IDENTITY if _names(old, name) and _names(new, name)), "")
    if name:
        left, right = ({_key(item[name]): item for item in side.values()} for side in (old, new))
        for key in {**left, **right}:
            yield Item(key), left.get(key, ABSENT), right.get(key, ABSENT)
        return
    pairs = _likened(old, new)
    for here, item in old.items():
        yield here, item, new[pairs[here]] if here in pairs else ABSENT
    for there in sorted(new.keys() - pairs.values()):
        yield f"{_ADDED}{there}", ABSENT, new[there]


def _likened(old: dict[int, Json], new: dict[int, Json]) -> dict[int, int]:
    """Place → place of those that belong together: mappings that are like, the likest first; of what has no fields to
    be like in, what stands in the same place."""
    if len(old) * len(new) > COMPARED:
        return {place: place for place in old.keys() & new.keys()}
    left, right = ({place: _texts(item) for place, item in side.items()} for side in (old, new))
    scores = [
        (_likeness(one, other), here == there, -here, -there)
        for here, one in left.items()
        for there, other in right.items()
    ]
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for score, same_place, here, there in sorted(scores, reverse=True):
        if -here not in pairs and -there not in taken and (score >= LIKE or (same_place and score < 0)):
            pairs[-here] = -there
            taken.add(-there)
    return pairs


def _texts(item: Json) -> dict[str, str]:
    """The fields of a mapping, each as a text; of anything else none."""
    return {name: _text(value) for name, value in item.items()} if isinstance(item, dict) else {}


def _likeness(one: Mapping[str, str], other: Mapping[str, str]) -> float:
    """The share of fields in which two mappings of several fields agree; -1 where that says nothing."""
    names = {*one, *other}
    if len(names) < 2 or not (one and other):
        return -1.0
    return sum(one.get(name) == other.get(name) for name in names) / len(names)


def _unequal(before: list[Json], after: list[Json]) -> tuple[dict[int, Json], dict[int, Json]]:
    """What each side has that the other has not, by its place."""
    old, new = [_text(item) for item in before], [_text(item) for item in after]
    both = Counter(old) & Counter(new)
    return _without(before, old, both), _without(after, new, both)


def _without(items: list[Json], texts: list[str], both: Counter[str]) -> dict[int, Json]:
    left = Counter(both)
    kept: dict[int, Json] = {}
    for index, (item, text) in enumerate(zip(items, texts, strict=True)):
        if left[text] > 0:
            left[text] -= 1
        else:
            kept[index] = item
    return kept


def _names(items: dict[int, Json], name: str) -> bool:
    """Whether this field names every one of the items, each its own way."""
    keys = [_key(item.get(name)) if isinstance(item, dict) else "" for item in items.values()]
    return all(keys) and len(set(keys)) == len(keys)


def _key(value: Json) -> str:
    if isinstance(value, Ref):
        return value.name
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _text(value: Json) -> str:
    return json.dumps(json_of(value), sort_keys=True)
