"""Which items of two lists without keys belong together: as many as possible, each once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from syncer.diff.fingerprint import canonical, normal
from syncer.model.field_rules import Shape
from syncer.model.json_values import Json, Secret, UnknownValue


def exact_key(item: Json, shape: Shape) -> str:
    """One text for all spellings of one item."""
    return canonical(normal(item, shape))


def pair_up(
    live: Sequence[Json], want: Sequence[Json], shape: Shape, already: Callable[[Json, Json], bool]
) -> list[int | None]:
    """For every wanted item the index of a live item that already is what it asks for, or None.

    `shape` is the items'. Equal items first; what is left may ask for part of an item, so that one live item may do for
    several and one wanted item may have several: the largest matching is taken, lest there seem to be a difference.
    """
    free: dict[str, list[int]] = {}
    for index in reversed(range(len(live))):
        free.setdefault(exact_key(live[index], shape), []).append(index)
    pairs: list[int | None] = []
    for item in want:
        hits = free.get(exact_key(item, shape))
        pairs.append(hits.pop() if hits else None)
    rest = sorted(index for indexes in free.values() for index in indexes)
    of_form: dict[type, list[int]] = {
        form: [index for index in rest if isinstance(live[index], (form, UnknownValue))] for form in (dict, list, str)
    }
    fits = {
        index: [hit for hit in of_form.get(_may_be(want[index]), ()) if already(live[hit], want[index])]
        for index, pair in enumerate(pairs)
        if pair is None
    }
    for index, hit in _matching(fits).items():
        pairs[index] = hit
    return pairs


def pair_alike(
    live: Sequence[Json],
    want: Sequence[Json],
    pairs: Sequence[int | None],
    shape: Shape,
    already: Callable[[Json, Json, Shape], bool],
) -> list[int | None]:
    """`pairs` of a set, and beside them those items that changed: each with the only one left on the other side that is
    what the rule's `keys` say. All keys of it agree, or of several all but one, in which something agrees; where two
    could be meant, none is."""
    keys, below = shape.rule.keys, shape.item()
    taken, made = {*pairs}, list(pairs)

    def alike(one: Json, other: Json) -> bool:
        if not (
            isinstance(one, dict) and isinstance(other, dict) and one.keys() >= {*keys} and other.keys() >= {*keys}
        ):
            return False
        differing = [key for key in keys if not already(one[key], other[key], below.at(key))]
        return not differing or (len(keys) > 1 and len(differing) == 1 and related(one, other, differing[0]))

    def related(one: dict[str, Json], other: dict[str, Json], key: str) -> bool:
        """Whether the part that differs is not another one: what was removed gives nothing to what is new."""
        old, new, shape_of = one[key], other[key], below.at(key)
        if not (isinstance(old, dict) and isinstance(new, dict)):
            return False
        return any(name in old and already(old[name], value, shape_of.at(name)) for name, value in new.items())

    free = [hit for hit in range(len(live)) if hit not in taken]
    open_ = [index for index, pair in enumerate(pairs) if pair is None] if keys else []
    fits = {index: [hit for hit in free if alike(live[hit], want[index])] for index in open_}
    wooed = Counter(hit for hits in fits.values() for hit in hits)
    for index, hits in fits.items():
        if len(hits) == 1 and wooed[hits[0]] == 1:
            made[index] = hits[0]
    return made


def _may_be(want: Json) -> type:
    """What a live item of another text must be, to be what is asked for all the same: a mapping that holds more, a list
    of such, the text of a secret. No other value has two texts."""
    if isinstance(want, Secret):
        return str
    return dict if isinstance(want, dict) else list if isinstance(want, list) else type(None)


def _matching(fits: dict[int, list[int]]) -> dict[int, int]:
    """The largest matching: for each item in turn, the shortest way of exchanging places that gives it one."""
    taken: dict[int, int] = {}
    owner: dict[int, int] = {}
    for start in fits:
        came: dict[int, int] = {}
        waiting = [start]
        for item in waiting:
            hit = next((hit for hit in fits[item] if hit not in came and hit not in owner), None)
            if hit is not None:
                came[hit] = item
                _exchange(start, hit, came, taken, owner)
                break
            for other in fits[item]:
                if other not in came:
                    came[other] = item
                    waiting.append(owner[other])
    return taken


def _exchange(start: int, hit: int, came: dict[int, int], taken: dict[int, int], owner: dict[int, int]) -> None:
    while True:
        item = came[hit]
        before = taken.get(item)
        taken[item], owner[hit] = hit, item
        if item == start or before is None:
            return
        hit = before
