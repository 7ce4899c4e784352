"""Markers of a spec (references, lookups, parts, secrets' names) as JSON for the state file, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Final

from syncer.model.json_values import Json, Lookup, Part, Ref, Secret
from syncer.model.secret_text import written

_MARKERS: Final = {"$ref": Ref, "$lookup": Lookup, "$part": Part}
_MARK_OF: Final = {kind: mark for mark, kind in _MARKERS.items()}
_ALL: Final = frozenset({*_MARKERS, "$secret", "$plain"})


def to_json(value: Json) -> Json:
    """Plain JSON for a spec. A reference becomes `{"$ref": {…}}`, a secret its name or text. TypeError else."""
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, dict | Mapping):
        plain = {key: each if each.__class__ is str else to_json(each) for key, each in value.items()}
        return {"$plain": plain} if len(plain) == 1 and _ALL & plain.keys() else plain
    if isinstance(value, list | tuple):
        return [to_json(each) for each in value]
    if isinstance(value, Secret):
        return {"$secret": written(value)}
    if isinstance(value, Ref | Lookup | Part):
        return {_MARK_OF[type(value)]: asdict(value)}
    raise TypeError(f"{type(value).__name__} cannot be remembered")


def from_json(value: Json) -> Json:
    """The spec again; a secret stays `{"$secret": NAME}`, for its value was never written."""
    if not isinstance(value, dict):
        return [from_json(each) for each in value] if isinstance(value, list) else value
    if len(value) == 1:
        mark, inner = next(iter(value.items()))
        if mark == "$plain" and isinstance(inner, dict):
            return {key: from_json(each) for key, each in inner.items()}
        if mark in _MARKERS and isinstance(inner, dict):
            return _MARKERS[mark](**inner)
    return {key: each if each.__class__ is str else from_json(each) for key, each in value.items()}
