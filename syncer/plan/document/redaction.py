"""A live value fit to be kept: what is or may be a secret stands as HIDDEN. Knows no kind and no file."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from syncer.diff.list_keys import match
from syncer.model.field_rules import Shape
from syncer.model.json_values import Json, Secret
from syncer.model.markers import holds_secret
from syncer.plan.plan import HIDDEN

Suspect = Callable[[str, Sequence[str]], bool]
"""(text, the names of the fields it stands in, from the outermost) → whether it must not be kept."""


def withhold(value: Json, sides: Sequence[Json], shape: Shape, suspect: Suspect, names: tuple[str, ...] = ()) -> Json:
    """The value with HIDDEN wherever one of `sides` (what is or was declared there) has a secret, and for every text
    and number that is suspect. `names`: of the fields that the value stands in."""
    if isinstance(value, Secret) or any(isinstance(side, Secret) or _is_name(side) for side in sides):
        return HIDDEN
    if isinstance(value, dict):
        return {
            key: withhold(
                item,
                [side[key] for side in sides if _has(side, key)],
                shape.at(key),
                suspect,
                (*names, _called(value, key)),
            )
            for key, item in value.items()
        }
    if isinstance(value, list):
        return _list(value, [side for side in sides if isinstance(side, list)], shape, suspect, names)
    plain = isinstance(value, (str, int, float)) and not isinstance(value, bool)
    return HIDDEN if plain and suspect(str(value), names) else value


def _is_name(side: Json) -> bool:
    """Whether this is how a secret is written down: by its name."""
    return isinstance(side, dict) and len(side) == 1 and isinstance(side.get("secret"), str)


def _has(side: Json, key: str) -> bool:
    return isinstance(side, dict) and key in side


def _called(mapping: dict[str, Json], key: str) -> str:
    """What a field is called: in a pair such as `{key: api_key, value: …}` by the key it is the value of."""
    if key == "value":
        for naming in ("key", "name", "header"):
            if isinstance(mapping.get(naming), str):
                return str(mapping[naming])
    return str(key)


def _list(
    value: list[Json], sides: Sequence[list[Json]], shape: Shape, suspect: Suspect, names: tuple[str, ...]
) -> Json:
    """Item beside item: by key, else by place; where that cannot be said of a side with a secret, nothing is kept."""
    beside: list[list[Json]] = [[] for _ in value]
    for side in sides:
        if shape.rule.form == "keyed":
            found, unclear = match(value, side, shape.rule)
            if unclear and holds_secret(side):
                return HIDDEN
            for index, position in found.items():
                beside[index].append(side[position])
        elif len(side) == len(value):
            for index, item in enumerate(side):
                beside[index].append(item)
        elif holds_secret(side):
            return HIDDEN
    return [withhold(item, beside[index], shape.item(), suspect, names) for index, item in enumerate(value)]
