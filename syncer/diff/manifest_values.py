"""What a value of a spec is in the form in which a manifest writes it."""

from __future__ import annotations

import re

from syncer.model.json_values import Json

_VARIABLE = re.compile(r"(?<!\$)(?:\$\$)*\$\{((?:var|env|id)\.[^}]*)\}")


def is_leaf(raw: Json) -> bool:
    """Whether the manifest writes one thing here: a scalar, a reference, the name of a file."""
    if isinstance(raw, dict):
        (name, value), *more = raw.items() or [("", None)]
        named = name in ("file", "ref", "lookup", "id", "automation") and isinstance(value, str)
        return named and not more
    return not isinstance(raw, list)


def is_file(raw: Json) -> bool:
    """Whether a text stands in a file of its own here."""
    return isinstance(raw, dict) and set(raw) == {"file"} and isinstance(raw["file"], str)


def first_variable(raw: Json) -> str:
    """The first variable that stands in the value, `var.offer_days`; nothing where there is none."""
    if isinstance(raw, dict):
        return next(filter(None, map(first_variable, raw.values())), "")
    if isinstance(raw, list):
        return next(filter(None, map(first_variable, raw)), "")
    found = _VARIABLE.search(raw) if isinstance(raw, str) and "${" in raw else None
    return found.group(1) if found else ""
