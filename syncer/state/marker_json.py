"""Markers of a spec (references, lookups, parts, secrets' names) as JSON for the state file, and back.

The codec of plans in other words, older than it: `{"$ref": {"kind": …, "name": …}}`. Files keep them.
"""

from __future__ import annotations

from typing import Final

from syncer.model.json_values import ABSENT, Json, Lookup, Part, Ref, Secret
from syncer.model.secret_text import written
from syncer.plan.document.marker_codec import marker_reader, marker_writer

_KINDS: Final = {"$ref": Ref, "$lookup": Lookup, "$part": Part}
_NAMES: Final = {Ref: ("kind", "name"), Lookup: ("kind", "title", "scope"), Part: ("group", "key")}
"""In the order in which files have them."""


def _marker(word: str, body: Json) -> Json:
    return _KINDS[word](**body) if isinstance(body, dict) else ABSENT


def _told(marker: Ref | Lookup | Part) -> Json:
    return {name: getattr(marker, name) for name in _NAMES[type(marker)]}


to_json = marker_writer(
    "$plain", {Secret: ("$secret", written), **{kind: (word, _told) for word, kind in _KINDS.items()}}, (list, tuple)
)
"""Plain JSON for a spec; a secret becomes its name or text."""

from_json = marker_reader("$plain", _KINDS, _marker)
"""The spec again; a secret stays `{"$secret": NAME}`, for its value was never written. TypeError for a marker that
nobody wrote."""
