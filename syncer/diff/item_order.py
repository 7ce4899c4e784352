"""Where items and keys stand that come into a list or a mapping from the live object: as it has them there."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

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


def with_keys(made: dict[str, Json], new: Mapping[str, Json], order: Sequence[str]) -> dict[str, Json]:
    """The mapping with new keys, each behind the one that precedes it in `order`."""
    entries = list(made.items())
    for name in order:
        if name in new:
            before = set(order[: order.index(name)])
            at = max((n + 1 for n, (key, _) in enumerate(entries) if key in before), default=len(entries))
            entries.insert(at, (name, new[name]))
    return dict(entries)
