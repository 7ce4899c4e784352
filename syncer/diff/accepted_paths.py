"""Places of a spec as a plan writes them, and patterns for such: what `metadata.accept` names.

`attributes[iban].label` is a field of one item, `attributes[*].label` of every one, `attributes[2].label` of the third.
A pattern covers what lies below it.
"""

from __future__ import annotations

import re
from functools import lru_cache

from syncer.diff.list_keys import NO_KEY, key_text
from syncer.model.field_rules import Shape
from syncer.model.json_values import Json, Path


def place_text(spec: Json, place: Path, shape: Shape, *, by_index: bool = False) -> str:
    """The place as a plan writes it: items of a list by their key, where they have one and not `by_index`."""
    text, value = "", spec
    for step in place:
        item = value[step] if _leads(value, step) else None
        if isinstance(step, int):
            key = NO_KEY if by_index or shape.rule.form != "keyed" else key_text(item, shape.rule)
            text += f"[{step if key == NO_KEY else key}]"
            shape = shape.item()
        else:
            text += f".{step}" if text else step
            shape = shape.at(step)
        value = item
    return text


def covers(pattern: str, text: str) -> bool:
    """Whether the place that is written so is the one that the pattern names, or lies below it."""
    return _expression(pattern).match(text) is not None


@lru_cache(maxsize=1024)
def _expression(pattern: str) -> re.Pattern[str]:
    return re.compile(re.escape(pattern).replace(r"\[\*\]", r"\[[^\]]*\]") + r"(?=[.\[]|\Z)", re.DOTALL)


def _leads(value: Json, step: str | int) -> bool:
    if isinstance(value, list):
        return isinstance(step, int) and step < len(value)
    return isinstance(value, dict) and step in value
