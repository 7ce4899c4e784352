"""Values with markers as plain JSON and back: what a plan says in a file. A secret has only its name in it.

A marker is a mapping of one reserved key: `{"ref": "ClosingReason/won"}`, `{"secret": "env.EPILOT_SMTP"}`, and of a
text in which secrets stand `{"secret": "Bearer ${env.EPILOT_KEY}"}`. A live value that looks like one stands inside
`{"literal": …}`, so that nothing an organisation holds can pose as a marker. State files are written by the same codec
in words of their own (state/marker_json).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from syncer.model.json_values import ABSENT, Json, Lookup, Part, Ref, Secret
from syncer.model.secret_text import read_written, written
from syncer.plan.plan import HIDDEN

_SCALARS = (str, int, float)
_MAPPINGS = (dict, Mapping)

Marks = Mapping[type[Any], tuple[str, Callable[[Any], Json]]]
"""Type of a marker → the reserved key that it stands under, and what it says there."""


def marker_writer(
    literal: str, marks: Marks, sequences: type[Any] | tuple[type[Any], ...] = list
) -> Callable[[Json], Json]:
    """A function from values to plain JSON, markers written out, mappings that look like one within `literal`. It
    raises TypeError for a leaf that has no JSON form; `ABSENT` is one, and has no place inside a value (`side_of`)."""
    reserved = {literal, *(word for word, _ in marks.values())}

    def json_of(value: Json) -> Json:
        if value is None or isinstance(value, _SCALARS):
            return value
        if isinstance(value, _MAPPINGS):
            plain = {name: item if item.__class__ is str else json_of(item) for name, item in value.items()}
            return {literal: plain} if len(plain) == 1 and not reserved.isdisjoint(plain) else plain
        if isinstance(value, sequences):
            return [json_of(item) for item in value]
        for kind, (word, told) in marks.items():
            if isinstance(value, kind):
                return {word: told(value)}
        raise TypeError(f"a {type(value).__name__} has no JSON form")

    return json_of


def marker_reader(literal: str, words: Collection[str], marker: Callable[[str, Json], Json]) -> Callable[[Json], Json]:
    """The inverse. `marker`: what a reserved key and what stands under it mean; ABSENT: no marker, but that mapping."""

    def value_of(plain: Json) -> Json:
        if not isinstance(plain, dict):
            return [value_of(item) for item in plain] if isinstance(plain, list) else plain
        if len(plain) == 1:
            word, body = next(iter(plain.items()))
            if word == literal and isinstance(body, dict):
                plain = body
            elif word in words and (found := marker(word, body)) is not ABSENT:
                return found
        return {name: item if item.__class__ is str else value_of(item) for name, item in plain.items()}

    return value_of


def _lookup(leaf: Lookup) -> Json:
    named = {"kind": leaf.kind, "title": leaf.title}
    return {**named, "scope": leaf.scope} if leaf.scope else named


_MARKS: Marks = {
    Secret: ("secret", lambda leaf: written(leaf) if leaf.parts else f"env.{leaf.name}"),
    Ref: ("ref", lambda leaf: leaf.address),
    Lookup: ("lookup", _lookup),
    Part: ("part", lambda leaf: f"{leaf.group}/{leaf.key}"),
    type(HIDDEN): ("hidden", lambda leaf: True),
}
RESERVED = frozenset({"literal", *(word for word, _ in _MARKS.values())})

json_of = marker_writer("literal", _MARKS)
"""The value as a plan says it."""


def _marker(word: str, body: Json) -> Json:
    match word, body:
        case "secret", str() if "$" in body:
            return read_written(body)
        case "secret", str() if body.startswith("env."):
            return Secret(body.removeprefix("env."), "")
        case "ref", str() if "/" in body:
            kind, _, name = body.partition("/")
            return Ref(kind, name)
        case "part", str() if "/" in body:
            group, _, key = body.partition("/")
            return Part(group, key)
        case "lookup", {"kind": str(kind), "title": str(title), **rest} if set(rest) <= {"scope"}:
            scope = rest.get("scope", "")
            if isinstance(scope, str):
                return Lookup(kind, title, scope)
        case "hidden", True:
            return HIDDEN
    raise ValueError(f"`{word}` holds something else than it should")


value_of = marker_reader("literal", RESERVED, _marker)
"""The value that a plan says; a secret comes back without its value, which no file holds. ValueError: no marker."""


def side_of(value: Json) -> Json:
    """A field's before or after: `null` says "not there", so a JSON null that is there is `{"literal": null}`."""
    if value is ABSENT:
        return None
    return {"literal": None} if value is None else json_of(value)


def value_of_side(plain: Json) -> Json:
    """The inverse of `side_of`."""
    if plain is None:
        return ABSENT
    return None if plain == {"literal": None} else value_of(plain)
