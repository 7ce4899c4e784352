"""Checks attributes of an entity schema one by one: options, tables, matching rules, consents."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from syncer.kinds.entity_schema.declared_parts import attribute_types, attributes, described_whole
from syncer.kinds.lenient_reader import listed, mapping, mappings, repeated, suggestion, text, texts
from syncer.model.diagnostic import Finding
from syncer.model.json_values import Json, Path, json_text

RULES = {
    "schema-duplicate-option": "An option's value, a table's column and a currency's code stand once in their list.",
    "schema-rows": "A table's `min_rows` is not more than its `max_rows`.",
    "schema-fuzzy": "A `fuzzy_config` fits its attribute: texts, repeatable attributes and relations have rules of "
    "their own; the platform refuses others.",
    "schema-edit-mode": "`edit_mode_config` is read only with `edit_mode: external`.",
    "schema-overridable": "`overridable_attribute` is not for `_` names, nor where an attribute is `readonly`, "
    "`hidden`, `computed` or `repeatable`; the platform refuses it there.",
    "schema-default-type": "A `default_value` is of its attribute's type; the platform takes any, and hands it to new "
    "entities.",
    "schema-identifier": "A consent's `identifiers` begin with an attribute of the schema.",
}

FUZZY = {
    "a text": ("suffix", "digits_only", "regex"),
    "a repeatable attribute": ("set_equivalent", "entry_match", "ignore_fields", "normalize_phone"),
    "a relation": ("relation_set",),
}
"""What an attribute is → the types of `fuzzy_config` the platform accepts for it
(docs/platform.md#attributes-of-a-schema)."""

FORMS = {
    "boolean": ("boolean",),
    "number": ("number", "currency"),
    "text": ("string", "date", "datetime", "country", "select", "radio", "status"),
}
"""What a value is → the types of attributes whose values are that (docs/platform.md#attribute-types)."""
HINTS = {"boolean": "write `true` or `false`", "number": "write it in digits: `1000`", "text": "put it in quotes"}
NUMERAL = re.compile(r"[-+]?[0-9]+([.,][0-9]+)?")
"""A number as text: so it is stored unless `data_type` says otherwise."""

RELATIONS = ("relation", "file", "image")
USUALLY_REPEATABLE = ("phone", "email", "payment", "address", "relation_address", "relation_payment_method")


def check_attributes(spec: Mapping[str, Json]) -> Iterator[Finding]:
    """Each attribute by itself, those of capabilities too."""
    roots = attribute_types(spec)
    for path, name, attribute in attributes(spec):
        yield from _options(path, name, attribute)
        yield from _rows(path, name, attribute)
        yield from _matching(path, name, attribute)
        yield from _overridable(path, name, attribute)
        yield from _default(path, name, attribute)
        if attribute.get("type") == "consent" and described_whole(spec):
            for index, identifier in texts(attribute.get("identifiers")):
                root = identifier.partition(".")[0].partition("[")[0]
                if root not in roots:
                    message = f"consent `{name}` is identified by `{identifier}`, but `{root}` is no attribute"
                    place = (*path, "identifiers", index)
                    yield Finding("schema-identifier", message, place, suggestion(root, list(roots)), "warning")


def _options(path: Path, name: str, attribute: Mapping[str, Json]) -> Iterator[Finding]:
    options = attribute.get("options")
    if isinstance(options, list):
        said = [(index, _option(option)) for index, option in enumerate(options)]
        values = [(index, value) for index, value in said if value is not None]
        yield from _twice("option", name, [((*path, "options", index), value) for index, value in values])
    for field, key, noun in (("columns", "name", "column"), ("currency", "code", "currency")):
        found = [
            ((*path, field, index, key), word)
            for index, item in mappings(attribute.get(field))
            if (word := text(item.get(key))) is not None
        ]
        yield from _twice(noun, name, found)


def _option(option: Json) -> str | None:
    """An option's value, the empty choice `null` told from every text; None if it can't be compared."""
    value = option.get("value") if isinstance(option, Mapping) else option
    if value is None:
        return None if isinstance(option, Mapping) else "\0null"
    return text(value)


def _twice(noun: str, attribute: str, found: list[tuple[Path, str]]) -> Iterator[Finding]:
    for again, _ in repeated(word for _, word in found):
        path, word = found[again]
        shown = "null" if word == "\0null" else word
        message = f"{noun} `{shown}` of attribute `{attribute}` stands twice"
        yield Finding("schema-duplicate-option", message, path, "keep it once")


def _rows(path: Path, name: str, attribute: Mapping[str, Json]) -> Iterator[Finding]:
    least, most = attribute.get("min_rows"), attribute.get("max_rows")
    if isinstance(least, int) and isinstance(most, int) and least > most:
        message = f"table `{name}` needs at least {least} rows, but takes at most {most}"
        yield Finding("schema-rows", message, (*path, "min_rows"), "swap `min_rows` and `max_rows`")


def _matching(path: Path, name: str, attribute: Mapping[str, Json]) -> Iterator[Finding]:
    config = attribute.get("edit_mode_config")
    if not isinstance(config, Mapping):
        return
    mode = text(attribute.get("edit_mode"))
    if mode is not None and mode != "external":
        message = f"attribute `{name}` has an `edit_mode_config`, but its `edit_mode` is `{mode}`"
        hint = "write `edit_mode: external`, or remove the config"
        yield Finding("schema-edit-mode", message, (*path, "edit_mode_config"), hint, "warning")
    rule, what = text(mapping(config.get("fuzzy_config")).get("type")), _matched_as(attribute)
    if rule is not None and what and rule not in FUZZY[what]:
        message = f"`{rule}` can't compare attribute `{name}`, which is {what}"
        place = (*path, "edit_mode_config", "fuzzy_config", "type")
        yield Finding("schema-fuzzy", message, place, f"the platform accepts {listed(FUZZY[what])} there")


def _overridable(path: Path, name: str, attribute: Mapping[str, Json]) -> Iterator[Finding]:
    """What variants can't override (docs/platform.md#attributes-of-a-schema)."""
    if attribute.get("overridable_attribute") is not True:
        return
    reasons = [f"`{word}`" for word in ("readonly", "hidden", "repeatable") if attribute.get(word) is True]
    if attribute.get("type") == "computed":
        reasons.append("`computed`")
    if name.startswith("_"):
        reasons.append("the system's own, by its name")
    if reasons:
        message = f"variants can't override attribute `{name}`: it is {' and '.join(reasons)}"
        yield Finding("schema-overridable", message, (*path, "overridable_attribute"), "remove `overridable_attribute`")


def _default(path: Path, name: str, attribute: Mapping[str, Json]) -> Iterator[Finding]:
    """A default that is surely of another type; YAML 1.2 reads `1_000`, `yes` and `on` as texts."""
    value, kind = attribute.get("default_value"), str(attribute.get("type"))
    form = next((form for form, kinds in FORMS.items() if kind in kinds), None)
    if form is None:
        return
    repeats = attribute.get("repeatable") is True
    for each in value if isinstance(value, list) and repeats else [value]:
        if not _may_be(each, form, as_number=attribute.get("data_type") == "number"):
            shown = json_text(each, indent=None)
            message = f"`default_value` of attribute `{name}`, of type `{kind}`, is {shown}, which is no {form}"
            yield Finding("schema-default-type", message, (*path, "default_value"), HINTS[form], "warning")
            return


def _may_be(value: Json, form: str, *, as_number: bool) -> bool:
    """Whether a value is of a form, or may turn out to be: what a template or a variable comes to is not known.
    `as_number`: a text of digits is no number."""
    if isinstance(value, str) and (text(value) is None or "{{" in value):
        return True
    if isinstance(value, bool):
        return form == "boolean"
    if isinstance(value, str):
        return form == "text" or (form == "number" and not as_number and NUMERAL.fullmatch(value) is not None)
    return form == "number" if isinstance(value, (int, float)) else not isinstance(value, (list, dict))


def _matched_as(attribute: Mapping[str, Json]) -> str:
    """What the platform compares an attribute as; "" where that depends on what isn't declared."""
    if attribute.get("type") in RELATIONS:
        return "a relation"
    if attribute.get("repeatable") is True:
        return "a repeatable attribute"
    if attribute.get("type") in USUALLY_REPEATABLE and "repeatable" not in attribute:
        return ""
    return "a text" if attribute.get("type") == "string" else ""
