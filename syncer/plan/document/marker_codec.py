"""Values with markers as plain JSON and back: what a plan says in a file. A secret has only its name in it.

A marker is a mapping of one reserved key: `{"ref": "ClosingReason/won"}`, `{"secret": "env.EPILOT_SMTP"}`, and of a
text in which secrets stand `{"secret": "Bearer ${env.EPILOT_KEY}"}`. A live value that looks like one stands inside
`{"literal": …}`, so that nothing an organisation holds can pose as a marker.
"""

from __future__ import annotations

from syncer.model.json_values import ABSENT, Json, Lookup, Part, Ref, Secret
from syncer.model.secret_text import read_written, written
from syncer.plan.plan import HIDDEN

RESERVED = frozenset({"secret", "ref", "lookup", "part", "hidden", "literal"})


def json_of(value: Json) -> Json:
    """The value as plain JSON, markers written out. `ABSENT` has no place inside a value; see `side_of`."""
    if isinstance(value, dict):
        plain = {name: json_of(item) for name, item in value.items()}
        return {"literal": plain} if len(plain) == 1 and next(iter(plain)) in RESERVED else plain
    if isinstance(value, list):
        return [json_of(item) for item in value]
    if value is None or isinstance(value, str | bool | int | float):
        return value
    return _marker(value)


def _marker(leaf: object) -> Json:
    if isinstance(leaf, Secret):
        return {"secret": written(leaf) if leaf.parts else f"env.{leaf.name}"}
    if isinstance(leaf, Ref):
        return {"ref": leaf.address}
    if isinstance(leaf, Lookup):
        named = {"kind": leaf.kind, "title": leaf.title}
        return {"lookup": {**named, "scope": leaf.scope} if leaf.scope else named}
    if isinstance(leaf, Part):
        return {"part": f"{leaf.group}/{leaf.key}"}
    if leaf is HIDDEN:
        return {"hidden": True}
    raise TypeError(f"a {type(leaf).__name__} has no JSON form")


def side_of(value: Json) -> Json:
    """A field's before or after: `null` says "not there", so a JSON null that is there is `{"literal": null}`."""
    if value is ABSENT:
        return None
    return {"literal": None} if value is None else json_of(value)


def value_of(plain: Json) -> Json:
    """The inverse of `json_of`; a secret comes back without its value, which no file holds. ValueError: no marker."""
    if isinstance(plain, list):
        return [value_of(item) for item in plain]
    if not isinstance(plain, dict):
        return plain
    if len(plain) == 1:
        word, body = next(iter(plain.items()))
        if word in RESERVED:
            return _unmarked(word, body)
    return {name: value_of(item) for name, item in plain.items()}


def _unmarked(word: str, body: Json) -> Json:
    match word, body:
        case "literal", dict():
            return {name: value_of(item) for name, item in body.items()}
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


def value_of_side(plain: Json) -> Json:
    """The inverse of `side_of`."""
    if plain is None:
        return ABSENT
    return None if plain == {"literal": None} else value_of(plain)
