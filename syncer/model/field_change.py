"""A field that differs: where it stands, what is there and what should be, and who moved it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

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


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that differs: `before` and `after` are JSON values or `ABSENT`; the cause says who moved it.
    `last` is what was declared there at the last apply, by which a planner knows what was a secret."""

    path: FieldPath
    before: Json
    after: Json
    cause: Cause = "ours"
    last: Json = field(default=ABSENT, compare=False, repr=False)
