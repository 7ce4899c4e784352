"""Request bodies against the JSON Schemas in `bodies/`: jsonschema says what is wrong, one sentence per mistake.

jsonschema-rs, where it is installed, lets sound bodies pass first, which is what keeps many writes fast; a body that it
refuses is judged again by jsonschema, for the sentences.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, cast

from syncer.sandbox.store import Json

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator, ValidationError


@dataclass(frozen=True)
class BodySchema:
    """What a body must look like: definitions (document in `bodies/` and name) all of which it has to fit."""

    definitions: tuple[tuple[str, str], ...]

    def fits(self, value: Json) -> bool:
        """Whether nothing is wrong with a value."""
        return all(_sound(document, name)(value) for document, name in self.definitions)

    def mistakes(self, value: Json, at: str = "body") -> list[str]:
        """Everything wrong with a value, in the order of its parts; `at` is what its root is called."""
        found: list[str] = []
        for document, name in self.definitions:
            if not _sound(document, name)(value):
                found += _sentences(document, name, value, at)
        return found

    def __add__(self, other: BodySchema) -> BodySchema:
        """The same, and what `other` asks for."""
        return BodySchema(self.definitions + other.definitions)


def body_schema(document: str, *names: str) -> BodySchema:
    """The definitions of these names in `bodies/<document>.json`."""
    return BodySchema(tuple((document, name) for name in names))


@cache
def _definition(document: str, name: str) -> dict[str, Json]:
    text = files("syncer.sandbox").joinpath("bodies", f"{document}.json").read_text("utf-8")
    whole: dict[str, Json] = json.loads(text)
    return whole | {"$ref": f"#/$defs/{name}"}


@cache
def _sound(document: str, name: str) -> Callable[[Json], bool]:
    """Says of a value whether it fits; of one that is nested too deeply to be judged, that it doesn't."""
    try:
        import jsonschema_rs
    except ImportError:
        validator = _validator(document, name)

        def by_jsonschema(value: Json) -> bool:
            try:
                return bool(validator.is_valid(value))
            except RecursionError:
                return False

        return by_jsonschema
    return jsonschema_rs.validator_for(_definition(document, name)).is_valid


@cache
def _validator(document: str, name: str) -> Draft202012Validator:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(_definition(document, name))


def _sentences(document: str, name: str, value: Json, at: str) -> list[str]:
    """One sentence a mistake; never empty, since the value was refused."""
    try:
        errors = sorted(_validator(document, name).iter_errors(value), key=lambda error: _place(value, error))
        found = [sentence for error in errors for sentence in _said(error, at)]
    except RecursionError:
        return [f"{at} is nested too deeply"]
    return list(dict.fromkeys(found)) or [f"{at} is not valid"]


def _place(value: Json, error: ValidationError) -> list[int]:
    """Where an error stands in the document, as positions: what is missing comes before what is wrong below."""
    positions: list[int] = []
    for step in error.absolute_path:
        positions.append(step if isinstance(step, int) else list(value).index(step))
        value = value[step]
    return positions


def _said(error: ValidationError, at: str) -> Iterator[str]:
    """An error of jsonschema in the words of the platform; of alternatives that all fail, what the last one says."""
    where = "/".join([at, *map(str, error.absolute_path)])
    rule, wanted, value = str(error.validator), cast(Json, error.validator_value), cast(Json, error.instance)
    named = cast(Json, error.schema).get("properties", {})
    if rule == "anyOf":
        context = error.context or ()
        last = max(each.schema_path[0] for each in context)
        for each in context:
            if each.schema_path[0] == last:
                yield from _said(each, at)
    elif rule == "required":
        # the one property that the error is about stands, quoted, in its message only
        missing = next(name for name in wanted if error.message.startswith(f"{name!r} "))
        yield f"{where} must have required property '{missing}'"
    elif rule == "additionalProperties":
        for key in value:
            if key not in named:
                yield f"{where} must NOT have additional property '{key}'"
    elif rule in ("minProperties", "maxProperties"):
        which = f"of {', '.join(named)}" if named else "property"
        yield f"{where} must have exactly one {which}"
    elif rule == "enum":
        yield f"{where} must be equal to one of the allowed values: {', '.join(map(str, wanted))}"
    else:
        yield f"{where} {_SENTENCES[rule](wanted)}"


_SENTENCES: dict[str, Callable[[Json], str]] = {
    "type": lambda wanted: f"must be {wanted if isinstance(wanted, str) else wanted[0]}",
    "minLength": lambda least: f"must NOT have fewer than {least} characters",
    "maxLength": lambda most: f"must NOT have more than {most} characters",
    "minItems": lambda least: f"must NOT have fewer than {least} items",
    "maxItems": lambda most: f"must NOT have more than {most} items",
    "pattern": lambda pattern: f'must match pattern "{pattern}"',
    "not": lambda _: "must NOT be valid",
    "minimum": lambda least: f"must be >= {least}",
}
