"""Why a schema refuses a document: jsonschema's errors, turned into findings; knows our dialect of JSON Schema only.

A schema is prepared in memory: `if`/`then` on a discriminator becomes one keyword that goes straight to the chosen
branch, and "this, or a variable" one that looks at the variable first. So a mistake in one attribute is one error of
that attribute's branch, not thirty-nine. The files themselves stay standard, for editors.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from syncer.model.diagnostic import Finding
from syncer.model.json_values import Json, Path
from syncer.schema_check.messages import Mistake, finding, nearest

if TYPE_CHECKING:
    from jsonschema import ValidationError

Errors = Iterator["ValidationError"]
Schema = dict[str, Any]
Surely = dict[type, frozenset[str] | None]
Ranks = dict[int, dict[Any, int]]
"""Id of a mapping of one document → key → its place in it."""

_CLASSES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "null": (type(None),),
}
"""JSON type → the classes whose values are surely of that type."""
_OF_TEXTS = frozenset({"pattern", "minLength", "maxLength", "format", "x-unless-variable"})
_OF_NUMBERS = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"})
_OF_OTHERS = frozenset(
    {"type", "properties", "required", "additionalProperties", "propertyNames", "minProperties", "maxProperties"}
    | {"items", "minItems", "maxItems", "uniqueItems", "x-dispatch"}
)
"""Keywords that say nothing of a text, of a number, of any scalar but its type."""


def explainer(schema: Schema) -> Callable[[Json, bool], list[Finding]]:
    """A function (document, strict) → findings in the document's order; no findings: the schema accepts it."""
    from jsonschema import FormatChecker
    from referencing import Registry
    from referencing.jsonschema import SchemaRegistry

    prepared = prepare(schema)
    nothing_to_fetch: SchemaRegistry = Registry()
    validator = _dialect()(prepared, registry=nothing_to_fetch, format_checker=FormatChecker(formats=["date"]))

    def explain(document: Json, strict: bool) -> list[Finding]:
        try:
            mistakes = [_mistake(error) for error in validator.iter_errors(document)]
            found = [finding(mistake, prepared, document, strict) for mistake in one_each(mistakes)]
            ranks: Ranks = {}
            return sorted(found, key=lambda item: _place(document, item.path, ranks))
        except Exception as error:  # whatever a library makes of a value that no one thought of
            return [
                Finding(
                    "not-checked",
                    f"the document could not be checked against its JSON Schema ({type(error).__name__})",
                    (),
                    "simplify it, and report this with the file",
                )
            ]

    return explain


def prepare(root: Schema) -> Schema:
    """The schema with `if`/`then` on a discriminator and "or a variable" as the two keywords of ours, and no `$ref`.

    What a `$ref` points to is put in its place, as one object for all who point there; none of our schemas is circular.
    """
    variable = root["$defs"]["variable"]["pattern"]
    done: dict[str, Schema] = {}

    def target(pointer: str) -> Schema:
        if pointer not in done:
            node: Any = root
            for step in pointer.removeprefix("#/").split("/"):
                node = node[step]
            done[pointer] = walk(node)
        return done[pointer]

    def walk(node: Any) -> Any:
        if isinstance(node, list):
            return [walk(item) for item in node]
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            return target(node["$ref"])
        made = {word: walk(value) for word, value in node.items() if word != "$defs"}
        if "allOf" in made:
            made["x-dispatch"] = _dispatch(made.pop("allOf"))
        if "anyOf" in made:
            made["x-unless-variable"] = {"variable": variable, "rule": made.pop("anyOf")[0]}
        return made

    prepared: Schema = walk(root)
    return prepared


def _surely(schema: Any, keywords: Collection[str]) -> Surely:
    """The classes of scalars that the schema accepts whatever their value; of texts perhaps the words it accepts.

    `keywords`: all that can refuse a value. Most values are of these classes, and are spared a validator of their own,
    which is what costs jsonschema its time.
    """
    if not isinstance(schema, dict):
        return {}
    judging = (schema.keys() & keywords) - _OF_OTHERS
    found: Surely = {}
    named = schema.get("type", ())
    for name in [named] if isinstance(named, str) else named:
        for sort in _CLASSES.get(name, ()):
            says = judging - (_OF_NUMBERS if sort is str else _OF_TEXTS)
            if not says:
                found[sort] = None
            elif sort is str and says == {"enum"}:
                found[sort] = frozenset(word for word in schema["enum"] if isinstance(word, str))
    return found


def _dispatch(rules: list[Schema]) -> Schema:
    cases: dict[str | None, Schema] = {}
    on = ""
    for rule in rules:
        [(on, words)] = rule["if"]["properties"].items()
        for value in words.get("enum", [words.get("const")]):
            cases[value] = rule["then"]
        if "required" not in rule["if"]:
            cases[None] = rule["then"]
    return {"on": on, "cases": cases}


def one_each(mistakes: list[Mistake]) -> list[Mistake]:
    """One mistake a place: a value of the wrong type breaks its other rules too, and a misspelt key is also missing."""
    kept: dict[tuple[Path, str], Mistake] = {}
    for mistake in mistakes:
        if mistake.keyword == "required" and (written := _misspelt(mistake)):
            mistake = replace(mistake, keyword="additionalProperties", name=written, meant=mistake.name)
        place = (mistake.path, mistake.name)
        if place not in kept or mistake.meant or (mistake.keyword == "type" and kept[place].keyword != "type"):
            kept[place] = mistake
    strangers = {mistake.path for mistake in kept.values() if mistake.keyword == "additionalProperties"}
    return [m for m in kept.values() if not (m.keyword in ("minProperties", "maxProperties") and m.path in strangers)]


def _misspelt(mistake: Mistake) -> str:
    """The key that stands there instead of a missing one, if one does."""
    known = set(mistake.schema.get("properties", {}))
    for case in mistake.schema.get("x-dispatch", {}).get("cases", {}).values():
        known |= set(case["properties"])
    return nearest(mistake.name, [key for key in mistake.value if isinstance(key, str) and key not in known])


def _mistake(error: ValidationError) -> Mistake:
    path = tuple(error.absolute_path)
    named = error.validator in ("required", "additionalProperties", "propertyNames")
    name = error.validator_value if named else ""
    schema = error.schema if isinstance(error.schema, dict) else {}
    return Mistake(str(error.validator), path, error.instance, schema, error.validator_value, name)


def _place(document: Json, path: Path, ranks: Ranks) -> tuple[int, ...]:
    """Where a path stands in the document, as numbers that sort like its lines. `ranks`: is kept from one path of the
    document to the next."""
    place = []
    value = document
    for step in path:
        if isinstance(value, dict):
            if id(value) not in ranks:
                ranks[id(value)] = {name: rank for rank, name in enumerate(value)}
            place.append(ranks[id(value)].get(step, len(value)))
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int):
            place.append(step)
            value = value[step]
    return tuple(place)


@lru_cache
def _dialect() -> Any:
    """Draft 2020-12 with our two keywords, and with errors that carry the name of the field they are about."""
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend as typed_nowhere

    extend: Callable[..., Any] = typed_nowhere
    sure = _sure(Draft202012Validator.VALIDATORS.keys() | _KEYWORDS.keys())

    def properties(validator: Any, fields: Schema, instance: Json, schema: Schema) -> Errors:
        if isinstance(instance, dict):
            for name, value in instance.items():
                if name in fields and not sure(fields[name], value):
                    yield from validator.descend(value, fields[name], path=name)

    return extend(Draft202012Validator, {**_KEYWORDS, "properties": properties})


def _sure(keywords: Collection[str]) -> Callable[[Any, Json], bool]:
    """A function (schema, value) → whether the schema surely accepts the value; what it finds of a schema it keeps."""
    kept: dict[int, tuple[Any, Surely]] = {}  # by the id of a schema, which is kept too, so that its id stays its own

    def sure(schema: Any, value: Json) -> bool:
        if id(schema) not in kept:
            kept[id(schema)] = (schema, _surely(schema, keywords))
        surely, sort = kept[id(schema)][1], value.__class__
        if sort not in surely:
            return False
        words = surely[sort]
        return words is None or value in words

    return sure


def _error(message: str, **known: Any) -> ValidationError:
    from jsonschema import ValidationError

    return ValidationError(message, **known)


def _required(validator: Any, names: list[str], instance: Json, schema: Schema) -> Errors:
    if isinstance(instance, dict):
        for name in names:
            if name not in instance:
                yield _error(f"{name} is missing", validator_value=name)


def _additional(validator: Any, rest: Any, instance: Json, schema: Schema) -> Errors:
    if not isinstance(instance, dict) or rest is True:
        return
    known = schema.get("properties", {})
    for name, value in instance.items():
        if name in known:
            continue
        if rest is False:
            yield _error(f"{name} is not a field", validator_value=name)
        else:
            yield from validator.descend(value, rest, path=name)


def _names(validator: Any, rule: Schema, instance: Json, schema: Schema) -> Errors:
    if isinstance(instance, dict):
        for name in instance:
            for error in validator.descend(name, rule):
                error.path.appendleft(name)
                yield error


def _pattern(validator: Any, expression: str, instance: Json, schema: Schema) -> Errors:
    if isinstance(instance, str) and not matcher(expression)(instance):
        yield _error(f"{instance!r} does not match")


def _unless_variable(validator: Any, choice: Schema, instance: Json, schema: Schema) -> Errors:
    if isinstance(instance, str) and not matcher(choice["variable"])(instance):
        yield from validator.descend(instance, choice["rule"])


def _dispatched(validator: Any, choice: Schema, instance: Json, schema: Schema) -> Errors:
    if isinstance(instance, dict):
        value = instance.get(choice["on"])
        if (isinstance(value, str) or choice["on"] not in instance) and value in choice["cases"]:
            yield from validator.descend(instance, choice["cases"][value])


_KEYWORDS: dict[str, Callable[..., Errors]] = {
    "required": _required,
    "additionalProperties": _additional,
    "propertyNames": _names,
    "pattern": _pattern,
    "x-unless-variable": _unless_variable,
    "x-dispatch": _dispatched,
}
"""Keywords of ours, and those of JSON Schema that we judge ourselves; `properties` is a closure of `_dialect`."""


@lru_cache(maxsize=512)
def matcher(expression: str) -> Callable[[str], object]:
    """A search for a schema's pattern; its `$` is the very end, where Python's also stands before a last line break."""
    import re

    return re.compile(re.sub(r"(?<!\\)\$", r"\\Z", expression)).search
