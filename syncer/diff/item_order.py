"""Where items and keys stand that come into a list or a mapping from the live object: as it has them there."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from syncer.diff.list_keys import match
from syncer.model.field_rules import Shape
from syncer.model.json_values import Json


def moved_live(made: Sequence[tuple[int | None, Json]], then: Collection[int]) -> bool:
    """Whether items that stay stand in another order live, and did so already at the last apply in the manifest's."""
    order = [h for h, _ in made if h is not None]
    return order != sorted(order) and all(h in then for h in order)


def live_place(h: int, made: Sequence[tuple[int | None, Json]]) -> int:
    """Where the live item at `h` goes: behind those that are before it live; at the end where none is live."""
    if not any(live is not None for live, _ in made):
        return len(made)
    return max((n + 1 for n, (live, _) in enumerate(made) if live is not None and live < h), default=0)


def in_live_order(made: list[tuple[int | None, Json]]) -> list[tuple[int | None, Json]]:
    """What is live in the order that it has there, in the places of what is live; all else stays where it is."""
    live = iter(sorted((each for each in made if each[0] is not None), key=lambda each: each[0] or 0))
    return [each if each[0] is None else next(live) for each in made]


def in_manifest_order(goal: Json, want: Json, shape: Shape) -> Json:
    """The goal with the items of keyed lists in the manifest's order; what it does not declare stays in its place."""
    if isinstance(goal, dict) and isinstance(want, dict):
        return {
            name: in_manifest_order(item, want[name], shape.at(name)) if name in want else item
            for name, item in goal.items()
        }
    if not (isinstance(goal, list) and isinstance(want, list) and shape.rule.form == "keyed"):
        return goal
    pairs = match(goal, want, shape.rule)[0]
    there = iter(sorted(pairs, key=lambda at: pairs[at]))
    order = [next(there) if at in pairs else at for at in range(len(goal))]
    return [in_manifest_order(goal[at], want[pairs[at]], shape.item()) if at in pairs else goal[at] for at in order]


def with_keys(made: dict[str, Json], new: Mapping[str, Json], order: Sequence[str]) -> dict[str, Json]:
    """The mapping with new keys, each behind the one that precedes it in `order`."""
    entries = list(made.items())
    for name in order:
        if name in new:
            before = set(order[: order.index(name)])
            at = max((n + 1 for n, (key, _) in enumerate(entries) if key in before), default=len(entries))
            entries.insert(at, (name, new[name]))
    return dict(entries)
