"""A field that differs: where it stands, what is there and what should be, and who moved it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from syncer.model.json_values import ABSENT, Json
from syncer.model.named_tuple import NamedTuple

Cause = Literal["ours", "drift", "conflict", "unverified"]
"""Who moved a field since the last apply: the manifest, somebody in the organisation, or both; `unverified`: whether it
moved is not known, for nothing is remembered of it."""


class Item(NamedTuple):
    """A step of a field path into a keyed list: the item's key, not its index."""

    key: str


FieldPath = tuple[str | int | Item, ...]

ORDER = "(order)"
"""The last step of a path where not an item of a list changed, but their order."""


def show_field(path: FieldPath, labels: Mapping[str, str] = {}) -> str:
    """`("attributes", Item("iban"), "required")` → `attributes[iban].required`; `labels`: ids → what the manifest calls
    them by."""
    text = ""
    for step in path:
        if isinstance(step, Item):
            text += f"[{labels.get(step.key, step.key)}]"
        elif isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f".{step}" if text else step
    return text


_KEYS: Final = ("id", "name", "key", "slug", "component_id", "value", "code")
_TITLES: Final = ("name", "title", "label", "branch_name", "headline")


def part_title(path: FieldPath, *sides: Json) -> str:
    """What people call the innermost part that a field stands in, by the first of the sides that says it: `Check` of
    `tasks[9f0e].phase_id`; "" where that is its key, or what the field itself says. Sides that were written by people
    come first: where one has a secret in the title, a live one has its value."""
    inner, key = max(((at, step) for at, step in enumerate(path[:-1]) if isinstance(step, Item)), default=(-1, None))
    if key is None or path[-1] in _TITLES:
        return ""
    for side in sides:
        part = side
        for step in path[: inner + 1]:
            part = _below(part, step)
        for name in _TITLES if isinstance(part, dict) else ():
            title = part.get(name)
            if title not in (None, "") and title != key.key:
                return title if isinstance(title, str) else ""
    return ""


def _below(value: Json, step: str | int | Item) -> Json:
    if isinstance(step, Item):
        named = (each for each in value if isinstance(each, dict)) if isinstance(value, list) else ()
        return next((each for each in named if any(each.get(name) == step.key for name in _KEYS)), None)
    if isinstance(step, int):
        return value[step] if isinstance(value, list) and step < len(value) else None
    return value.get(step) if isinstance(value, dict) else None


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that differs: `before` and `after` are JSON values or `ABSENT`; the cause says who moved it.
    `last` is what was declared there at the last apply, by which a planner knows what was a secret."""

    path: FieldPath
    before: Json
    after: Json
    cause: Cause = "ours"
    last: Json = field(default=ABSENT, compare=False, repr=False)
