"""The vocabulary of the schema tables: one function for each shape of value, returning a JSON Schema.

Two things hold for every function here. A field that the API does not demand accepts `null`, which empties it;
`needed=True` takes `null` away and lists the field in the mapping's `x-syncer-create`: needed to create one. And a
scalar accepts `${var|env|id.NAME}` in place of its value, unless it is `literal` (a key, or what selects a branch:
the rest could not be checked).

The dialect is kept small on purpose, because `syncer/schema_check/explanation.py` explains it: unions are type lists
(keywords of JSON Schema only look at values of their own type), `anyOf` is used for "this, or a variable" alone, and
`allOf` for `if`/`then` on a discriminator alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Schema = dict[str, Any]
Fields = dict[str, Schema]

VARIABLE = r"^\$\{(var|env|id)\.[A-Za-z0-9_.-]+\}$"
"""A whole value that is one variable."""
HAS_VARIABLE = r"\$\{(var|env|id)\.[A-Za-z0-9_.-]+\}"
"""Text with a variable somewhere in it: what it comes to is known after it is filled in."""
SLUG = r"^[a-zA-Z0-9_-]+$"
"""Slug of an entity schema (docs/platform.md#schema-fields)."""
LOCAL_KEY = r"^[A-Za-z0-9_-]+$"
"""Key of a task, phase, edge, condition or trigger inside one manifest (docs/platform.md#phases-and-tasks)."""
UUID = r"^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$"
NEEDED = "(needed)"
"""Mark of a needed field on its way into a `thing`; never written."""
DATE = r"^[12][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"

VARIABLE_DEF: Schema = {
    "title": "Variable",
    "description": "`${var.NAME}` and `${id.NAME}` are read from the environment in syncer.yaml, "
    "`${env.NAME}` from the process. A value that is nothing but a variable keeps the variable's type.",
    "pattern": VARIABLE,
}


def text(
    about: str,
    *,
    needed: bool = False,
    literal: bool = False,
    like: str = "",
    least: int = 0,
    most: int = 0,
    file: bool = False,
    default: str | None = None,
    examples: Iterable[str] = (),
) -> Schema:
    """Text; `like` is a pattern it must match, `least` and `most` count characters, `file` allows `{file: PATH}`."""
    types = ["string"]
    schema: Schema = {"description": about}
    if like and most:  # a variable would be too long
        form = {"pattern": like, "maxLength": most}
        return _finish(schema | {"anyOf": [form, ref("variable")]}, types, needed, default, examples)
    if like:
        schema["pattern"] = like if literal else f"{like}|{HAS_VARIABLE}"
    if least:
        schema["minLength"] = least
    if most:
        schema["maxLength"] = most
    if file:
        types.append("object")
        schema |= FILE
    return _finish(schema, types, needed or literal, default, examples, mark=needed)


FILE: Schema = {
    "properties": {
        "file": {
            "type": "string",
            "minLength": 1,
            "description": "Path of the file that holds the text, inside the repository, from the folder of "
            "syncer.yaml.",
        }
    },
    "required": ["file"],
    "additionalProperties": False,
    "x-syncer-closed": True,
}
"""Laid over a text that may be read from a file: `{file: PATH}`."""


def flag(about: str, *, default: bool | None = None, needed: bool = False) -> Schema:
    """True or false."""
    return _finish({"description": about, "pattern": VARIABLE}, ["boolean", "string"], needed, default)


def whole(
    about: str, *, least: int | None = None, most: int | None = None, default: int | None = None, needed: bool = False
) -> Schema:
    """A whole number between `least` and `most`."""
    schema: Schema = {"description": about, "pattern": VARIABLE}
    return _finish(schema | _range(least, most), ["integer", "string"], needed, default)


def number(about: str, *, least: int | None = None, needed: bool = False) -> Schema:
    """Any number, from `least` on."""
    return _finish({"description": about, "pattern": VARIABLE} | _range(least, None), ["number", "string"], needed)


def choice(
    about: str,
    values: Mapping[str, str] | Iterable[str],
    *,
    default: str | None = None,
    needed: bool = False,
    literal: bool = False,
    closed: bool = False,
) -> Schema:
    """One word of a list; a mapping gives each word its explanation, which editors show.

    The platform gains words: one that is not listed is a warning, or an error where it is near one that is. With
    `closed` it is always an error.
    """
    words: Schema = {"enum": list(values)}
    if isinstance(values, Mapping):
        words["markdownEnumDescriptions"] = list(values.values())
    if not closed:
        words["x-syncer-open"] = True
    if literal:
        return _finish({"description": about} | words, ["string"], True, default)
    schema: Schema = {"description": about, "anyOf": [words, {"$ref": "#/$defs/variable"}]}
    return _finish(schema, ["string"], needed, default)


def only(about: str, value: str | int, *, needed: bool = False) -> Schema:
    """The one value that is allowed."""
    kind = "string" if isinstance(value, str) else "integer"
    return {"description": about, "type": kind, "const": value} | ({NEEDED: True} if needed else {})


def date(about: str) -> Schema:
    """A day, `YYYY-MM-DD`."""
    day: Schema = {"format": "date", "pattern": DATE}
    schema: Schema = {"description": about, "anyOf": [day, {"$ref": "#/$defs/variable"}]}
    return _finish(schema, ["string"], False, examples=["2027-01-15"])


def many(
    items: Schema, about: str, *, needed: bool = False, least: int = 0, most: int = 0, default: list[Any] | None = None
) -> Schema:
    """A list; `least` and `most` count its items."""
    schema: Schema = {"description": about, "items": _bare(items)}
    if least:
        schema["minItems"] = least
    if most:
        schema["maxItems"] = most
    return _finish(schema, ["array"], needed, default)


def each(values: Schema | bool, about: str, *, keys: str = "", nullable: bool = True) -> Schema:
    """A mapping with keys of one's own (matching `keys`) to values of one shape; `True` allows any value."""
    schema: Schema = {"description": about}
    if keys:
        schema["propertyNames"] = {"pattern": keys}
    schema["additionalProperties"] = _bare(values) if isinstance(values, dict) else values
    return _finish(schema, ["object"], not nullable, mark=False)


def anything(about: str, *, examples: Iterable[Any] = ()) -> Schema:
    """Any value at all."""
    return {"description": about} | ({"examples": list(examples)} if examples else {})


def thing(
    title: str,
    fields: Fields,
    *,
    about: str = "",
    required: Iterable[str] = (),
    create: Iterable[str] = (),
    named_by: Iterable[str] | None = None,
    closed: bool = False,
    open: bool = False,
    server: Mapping[str, str] | None = None,
    needed: bool = False,
    nullable: bool = True,
) -> Schema:
    """A mapping with known fields.

    `named_by` lists the fields that tell one from another (`[]` for a part there is once); messages name it by them.
    Fields that are `needed`, or listed in `create`, must be there to create one, `required` here or not.
    An unknown field is an error, which `metadata.extra` lifts unless `closed`; nothing when `open`. `server` are the
    fields that the platform sets, each with what to do instead (or nothing).
    """
    schema: Schema = {"title": title}
    if about:
        schema["description"] = about
    if named_by is not None:
        schema["x-syncer-owner"] = list(named_by)
    if closed:
        schema["x-syncer-closed"] = True
    if server:
        schema["x-syncer-server"] = dict(server)
    schema["properties"] = {name: _bare(field) for name, field in fields.items()}
    if must := list(required):
        schema["required"] = must
    if lacking := [name for name, field in fields.items() if field.get(NEEDED) or name in create]:
        schema["x-syncer-create"] = lacking
    schema["additionalProperties"] = open
    return _finish(schema, ["object"], needed or not nullable, mark=needed)


def reference(
    to: str, about: str, by: Iterable[str], *, plain: bool = True, like: str = "", needed: bool = False
) -> Schema:
    """A reference to a `to`: a mapping with exactly one of the keys `by`; with `plain` also the id or slug itself."""
    meanings = {
        "ref": f"`metadata.name` of the {to} manifest meant.",
        "lookup": f"Exact title of a live {to} that no manifest manages; exactly one must match.",
        "id": "The raw id. Ids differ from one organisation to the next, so this is warned about.",
        "automation": "Key of an automation bundled in this manifest's `automations`.",
    }
    # What stands in a reference is text alone: a number would not be found, whatever it looks like.
    keys: Schema = {key: {"type": "string", "minLength": 1, "description": meanings[key]} for key in by}
    schema: Schema = {
        "description": about,
        "x-syncer-reference": to,
        "x-syncer-closed": True,
        "properties": keys,
        "minProperties": 1,
        "maxProperties": 1,
        "additionalProperties": False,
    }
    if like:
        schema["pattern"] = f"{like}|{HAS_VARIABLE}"
    return _finish(schema, ["string", "object"] if plain else ["object"], needed)


def variants(
    title: str,
    on: str,
    values: Mapping[str, str],
    branches: Mapping[tuple[str, ...], str],
    *,
    about: str = "",
    keys: Fields | None = None,
    absent: str = "",
    named_by: Iterable[str] | None = None,
    nullable: bool = False,
    closed: bool = False,
) -> Schema:
    """A mapping whose field `on` selects which definition it follows, by `if` and `then`.

    `values` are all the words `on` may say, with their meaning; `branches` gives the definition for each of them;
    `keys` are further required fields; `absent` is the definition followed when `on` is left out; `closed` as in
    choice.
    """
    rules = []
    for words, name in branches.items():
        word: Schema = {"const": words[0]} if len(words) == 1 else {"enum": list(words)}
        test: Schema = {"type": "object", "properties": {on: word}}
        if name != absent:
            test["required"] = [on]
        rules.append({"if": test, "then": ref(name)})
    selector = choice(f"Selects which fields this {title} has.", values, literal=True, closed=closed)
    required = [*(keys or {}), *([] if absent else [on])]
    schema: Schema = {"title": title, "description": about} if about else {"title": title}
    if named_by is not None:
        schema["x-syncer-owner"] = list(named_by)
    schema["properties"] = {name: _bare(field) for name, field in (dict(keys or {}) | {on: selector}).items()}
    if required:
        schema["required"] = required
    return _finish(schema | {"allOf": rules}, ["object"], not nullable, mark=False)


def ref(name: str) -> Schema:
    """A pointer to a definition of the same file."""
    return {"$ref": f"#/$defs/{name}"}


def field_set(fields: Fields) -> Schema:
    """A definition that only holds fields for branches to point to."""
    return {"properties": {name: _bare(field) for name, field in fields.items()}}


def shared(name: str, fields: Fields) -> Fields:
    """Pointers to the fields of the definition `name`, so that many branches share them."""
    return {
        field: {"$ref": f"#/$defs/{name}/properties/{field}"} | ({NEEDED: True} if schema.get(NEEDED) else {})
        for field, schema in fields.items()
    }


def or_text(schema: Schema) -> Schema:
    """The mapping, or plain text in its place."""
    kinds = schema["type"]
    return schema | {"type": ["string", *([kinds] if isinstance(kinds, str) else kinds)]}


def _range(least: int | None, most: int | None) -> Schema:
    bounds = {"minimum": least, "maximum": most}
    return {word: bound for word, bound in bounds.items() if bound is not None}


def _finish(
    schema: Schema,
    types: list[str],
    needed: bool,
    default: Any = None,
    examples: Iterable[Any] = (),
    *,
    mark: bool | None = None,
) -> Schema:
    """Put the types in front, and what people read in an order that reads well."""
    kinds = types if needed else [*types, "null"]
    done: Schema = {word: schema[word] for word in ("title", "description") if word in schema}
    done["type"] = kinds[0] if len(kinds) == 1 else kinds
    done |= {word: value for word, value in schema.items() if word not in done}
    if default is not None:
        done["default"] = default
    if examples := list(examples):
        done["examples"] = examples
    if needed if mark is None else mark:
        done[NEEDED] = True
    return done


def never_empty(schema: Schema) -> Schema:
    """A field that cannot be emptied and that a new one may leave out: syncer or the platform then says what it is."""
    return _bare(schema)


def as_given(schema: Schema) -> Schema:
    """The schema without what a create needs, its parts' too: the published union of such things takes any mapping."""
    return {
        word: as_given(value) if isinstance(value, dict) else value
        for word, value in schema.items()
        if word != "x-syncer-create"
    }


def _bare(schema: Schema) -> Schema:
    """The schema without the mark that only `thing` reads."""
    return {word: value for word, value in schema.items() if word != NEEDED}
