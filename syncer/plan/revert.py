"""Three sides of an object — before a run, after it, now — to the object with that run's changes taken back.

A field goes back where it still is as the run left it; one that somebody changed since is a conflict and stays. Pure;
knows no kind. All three sides are in one language, live ids included.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from syncer.diff.list_keys import key_text, match, twice
from syncer.diff.three_way_merge import same
from syncer.model.field_change import ORDER, FieldPath, Item
from syncer.model.field_rules import Shape
from syncer.model.json_values import ABSENT, Json, Spec
from syncer.model.resource import Managed
from syncer.plan.plan import HIDDEN


@dataclass(slots=True)
class Reversal:
    """The outcome: the goal; the paths that go back; those that somebody changed since; and secrets, which were never
    kept and so cannot come back. Paths in `leave` are not touched."""

    goal: Spec = field(default_factory=dict)
    changed: list[FieldPath] = field(default_factory=list)
    conflicts: list[FieldPath] = field(default_factory=list)
    withheld: list[FieldPath] = field(default_factory=list)
    leave: frozenset[FieldPath] = frozenset()


def go_back(before: Spec, after: Spec, now: Spec, shape: Shape, leave: frozenset[FieldPath] = frozenset()) -> Reversal:
    """Take back in `now` what led from `before` to `after`. A field that stands in neither was not the run's."""
    back = Reversal(leave=leave)
    back.goal = _mapping(before, after, now, shape, (), back)
    return back


def shown(value: Json, path: FieldPath, back: Reversal) -> Json:
    """The value without what was withheld of it, whose paths are noted."""
    if isinstance(value, dict):
        kept = {}
        for name, item in value.items():
            if item is HIDDEN:
                back.withheld.append((*path, name))
            else:
                kept[name] = shown(item, (*path, name), back)
        return kept
    if isinstance(value, list):
        if any(item is HIDDEN for item in value):
            back.withheld.append(path)
        return [shown(item, (*path, index), back) for index, item in enumerate(value) if item is not HIDDEN]
    return value


def _value(before: Json, after: Json, now: Json, shape: Shape, path: FieldPath, back: Reversal) -> Json:
    if path in back.leave or shape.ignored or _same(before, after, shape) or _same(now, before, shape):
        return now
    if isinstance(before, dict) and isinstance(after, dict) and isinstance(now, dict):
        return _mapping(before, after, now, shape, path, back)
    sides = [_listed(side, shape) for side in (before, after, now)]
    if shape.rule.form == "keyed" and not any(side is None or twice(side, shape.rule) for side in sides):
        return _keyed(sides[0] or [], sides[1] or [], sides[2] or [], shape, path, back)
    if after is HIDDEN or (_hides(before) and after is not ABSENT):
        back.withheld.append(path)
        return now
    if not _same(now, _seen_through(after, now), shape):
        back.conflicts.append(path)
        return now
    back.changed.append(path)
    return shown(before, path, back)


def _same(one: Json, other: Json, shape: Shape) -> bool:
    if one is ABSENT or other is ABSENT or shape.blank(one) or shape.blank(other):
        return shape.blank(one) and shape.blank(other)
    return same(_comparable(one), _comparable(other), shape)


def _comparable(value: Json) -> Json:
    """The value with a text that nobody writes in place of what was withheld."""
    if value is HIDDEN:
        return "\0withheld"
    if not _hides(value):
        return value
    if isinstance(value, dict):
        return {name: _comparable(item) for name, item in value.items()}
    return [_comparable(item) for item in value]


def _listed(side: Json, shape: Shape) -> list[Json] | None:
    """The list; an empty one where nothing stands; None for anything else."""
    if isinstance(side, list):
        return side
    return [] if side is ABSENT or side is None else None


def _hides(value: Json) -> bool:
    if isinstance(value, (dict, list)):
        return any(map(_hides, value.values() if isinstance(value, dict) else value))
    return value is HIDDEN


def _seen_through(after: Json, now: Json) -> Json:
    """What the run left, with the present value wherever it was withheld: of that nobody can say more."""
    if after is HIDDEN:
        return now
    if isinstance(after, dict) and isinstance(now, dict):
        return {name: _seen_through(item, now.get(name, ABSENT)) for name, item in after.items()}
    if isinstance(after, list) and isinstance(now, list) and len(after) == len(now):
        return [_seen_through(one, other) for one, other in zip(after, now, strict=True)]
    return after


def _mapping(before: Json, after: Json, now: Json, shape: Shape, path: FieldPath, back: Reversal) -> dict[str, Json]:
    goal = dict(now)
    for name in dict.fromkeys((*before, *after)):
        was, made, there = (side.get(name, ABSENT) for side in (before, after, now))
        value = _value(was, made, there, shape.at(name), (*path, name), back)
        if value is ABSENT:
            goal.pop(name, None)
        else:
            goal[name] = value
    return goal


def _keyed(
    before: list[Json], after: list[Json], now: list[Json], shape: Shape, path: FieldPath, back: Reversal
) -> list[Json]:
    """Item by item, by key; what the run took away comes back where it stood."""
    rule, below = shape.rule, shape.item()
    was, made = (match(now, side, rule)[0] for side in (before, after))
    kept = set(match(before, after, rule)[0])
    goal: list[tuple[int | None, Json]] = []
    for index, item in enumerate(now):
        first, then = (side[at[index]] if index in at else ABSENT for side, at in ((before, was), (after, made)))
        value = _value(first, then, item, below, (*path, Item(key_text(item, rule))), back)
        if value is not ABSENT:
            goal.append((was.get(index), value))
    for position, item in enumerate(before):
        if position in was.values():
            continue
        place = (*path, Item(key_text(item, rule)))
        if position in kept:  # the run kept it, and somebody removed it since
            if not _same(item, _partner(item, after, shape), below):
                back.conflicts.append(place)
        elif place not in back.leave:
            back.changed.append(place)
            goal.insert(_after_its_neighbour(goal, position), (position, shown(item, place, back)))
    return _in_order(goal, before, after, now, shape, path, back)


def _partner(item: Json, others: list[Json], shape: Shape) -> Json:
    found = match([item], others, shape.rule)[0]
    return others[found[0]] if found else ABSENT


def _after_its_neighbour(goal: list[tuple[int | None, Json]], position: int) -> int:
    """Behind the last item that stood before it."""
    ahead = [at for at, (was, _) in enumerate(goal) if was is not None and was < position]
    return ahead[-1] + 1 if ahead else 0


def _in_order(
    goal: list[tuple[int | None, Json]],
    before: list[Json],
    after: list[Json],
    now: list[Json],
    shape: Shape,
    path: FieldPath,
    back: Reversal,
) -> list[Json]:
    """The items in the order they had before the run, if the order now is the one that the run left."""
    order = [was for was, _ in goal if was is not None]
    if order != sorted(order) and None not in (was for was, _ in goal):
        found = match(now, after, shape.rule)[0]
        left = [found[index] for index in range(len(now)) if index in found]
        if left == sorted(left):
            goal = sorted(goal, key=lambda each: each[0] or 0)
            if shape.rule.ordered:
                back.changed.append((*path, ORDER))
        elif shape.rule.ordered:
            back.conflicts.append((*path, ORDER))
    return [item for _, item in goal]


def asking(goal: Json, now: Json, shape: Shape) -> Json:
    """The goal as a manifest would have to say it: what is there now and shall not be stands as `null`."""
    if isinstance(goal, dict):
        there = now if isinstance(now, dict) else {}
        wanted = {name: asking(item, there.get(name, ABSENT), shape.at(name)) for name, item in goal.items()}
        return {**wanted, **{name: None for name in there if name not in goal and _goes(there[name], shape.at(name))}}
    if isinstance(goal, list) and isinstance(now, list):
        below = shape.item()
        if shape.rule.form == "keyed":
            found = {position: index for index, position in match(now, goal, shape.rule)[0].items()}
            return [asking(item, now[found[at]] if at in found else ABSENT, below) for at, item in enumerate(goal)]
        # which item an item will be laid over is not known here: what any of them has and it has not is emptied
        every = {name: each for item in now if isinstance(item, dict) for name, each in item.items()}
        return [asking(item, every if isinstance(item, dict) else ABSENT, below) for item in goal]
    return goal


def _goes(value: Json, shape: Shape) -> bool:
    return not (shape.ignored or shape.null_is_data or shape.blank(value))


def restored(memory: Managed, entry: Managed) -> Managed:
    """What state says once a run was taken back: what it said before, under the ids that things have now. In `entry`
    parts are named by their keys, or by the ids that they had."""
    renamed: dict[str, str] = {}
    parts: dict[str, dict[str, str]] = {}
    for group, ids in memory.parts.items():
        there = entry.parts.get(group, {})
        parts[group] = {local: there.get(local) or there.get(id, id) for local, id in ids.items()}
        renamed |= {id: parts[group][local] for local, id in ids.items()}
    if memory.live_id:
        renamed[memory.live_id] = entry.live_id
    return memory._replace(
        address=entry.address,
        live_id=entry.live_id,
        declared=_renamed(memory.declared, {old: new for old, new in renamed.items() if old != new}),
        parts={**{group: dict(ids) for group, ids in entry.parts.items() if group not in parts}, **parts},
        secrets=entry.secrets,
        secret_times=entry.secret_times,
        undeclared=entry.undeclared,
        whole=entry.whole,
    )


def _renamed(value: Json, names: Mapping[str, str]) -> Json:
    if isinstance(value, dict):
        return {name: _renamed(item, names) for name, item in value.items()}
    if isinstance(value, list):
        return [_renamed(item, names) for item in value]
    return names.get(value, value) if isinstance(value, str) else value
