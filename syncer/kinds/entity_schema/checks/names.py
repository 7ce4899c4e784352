"""Checks that the parts of an entity schema have names of their own, and that groups named are groups declared."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from syncer.kinds.entity_schema.declared_parts import siblings, unless_live
from syncer.kinds.lenient_reader import mappings, repeated, suggestion, text
from syncer.model.diagnostic import Finding
from syncer.model.json_values import Json, Path, show_path

RULES = {
    "schema-duplicate": "Attributes, capabilities, groups, headlines of a group, conditions: each has its own name.",
    "schema-currency-name": "No attribute takes a name that a currency attribute stores its code or decimal under.",
    "schema-attribute-name": "An attribute's name is made of small letters, digits and `_`, and begins with a letter.",
    "schema-condition-name": "A condition's name is made of small letters, digits and `_`.",
    "schema-enable-setting": "`enable_setting` isn't empty: an empty list makes the schema disappear.",
    "schema-unknown-group": "An attribute or headline names a group of its schema, by id or label.",
}

_ATTRIBUTE_NAME = re.compile(r"_?[a-z][a-z0-9_]*\Z")
_CONDITION_NAME = re.compile(r"[a-z0-9_]+\Z")

Parts = list[tuple[str, Path]]


def check_names(spec: Mapping[str, Json]) -> Iterator[Finding]:
    """Names that stand twice, are taken, or have a form that causes trouble."""
    attributes = _parts(spec, "attributes", "name")
    yield from _twice("attribute", attributes)
    for index, capability in mappings(spec.get("capabilities")):
        own = _parts(capability, "attributes", "name", at=("capabilities", index))
        yield from _twice("attribute", own)
        attributes += own
    yield from _twice("capability", _parts(spec, "capabilities", "name"))
    yield from _twice("group", _parts(spec, "group_settings", "id", "label"))
    by_group: dict[str | None, Parts] = {}
    for index, item in mappings(spec.get("group_headlines")):
        if (name := text(item.get("name"))) is not None:
            by_group.setdefault(text(item.get("group")), []).append((name, ("group_headlines", index, "name")))
    for found in by_group.values():
        yield from _twice("headline", found)
    yield from _twice("condition", _parts(spec, "conditions", "id"))
    yield from _twice("condition", _parts(spec, "conditions", "name"))
    yield from _siblings(spec, attributes)
    yield from _forms(spec, attributes)


def _parts(holder: Mapping[str, Json], field: str, *keys: str, at: Path = ()) -> Parts:
    """The names in a list and their places; an item's name is the first of `keys` it has."""
    found: Parts = []
    for index, item in mappings(holder.get(field)):
        key = next((key for key in keys if text(item.get(key)) is not None), None)
        if key is not None:
            found.append((item[key], (*at, field, index, key)))
    return found


def _twice(noun: str, parts: Parts) -> Iterator[Finding]:
    for again, first in repeated(name for name, _ in parts):
        name, path = parts[again]
        hint = f"`{show_path(parts[first][1], 'spec')}` has it already; rename or remove one"
        yield Finding("schema-duplicate", f"{noun} `{name}` stands twice", path, hint)


def _siblings(spec: Mapping[str, Json], attributes: Parts) -> Iterator[Finding]:
    taken = {
        sibling: str(item.get("name"))
        for _, item in mappings(spec.get("attributes"))
        if item.get("type") == "currency" and text(item.get("name"))
        for sibling in siblings(str(item.get("name")))
    }
    for name, path in attributes:
        if name in taken:
            message = (
                f"attribute `{name}` takes the name that currency `{taken[name]}` stores a part of its value under"
            )
            yield Finding("schema-currency-name", message, path, "rename one of the two")


def _forms(spec: Mapping[str, Json], attributes: Parts) -> Iterator[Finding]:
    for name, path in attributes:
        if not _ATTRIBUTE_NAME.match(name):
            message = f"attribute name `{name}` is not made of small letters, digits and `_` alone"
            hint = (
                "such names work badly in templates and searches; the name can't be changed later without losing data"
            )
            yield Finding("schema-attribute-name", message, path, hint, "warning")
    for name, path in _parts(spec, "conditions", "name"):
        if not _CONDITION_NAME.match(name):
            message = f"condition name `{name}` is not made of small letters, digits and `_` alone"
            yield Finding("schema-condition-name", message, path, "the platform demands it, and never lets it change")
    if spec.get("enable_setting") == []:
        message = "`enable_setting` is empty, which makes the schema disappear for everybody"
        yield Finding("schema-enable-setting", message, ("enable_setting",), "leave it out, or name a setting")


def check_groups(spec: Mapping[str, Json]) -> Iterator[Finding]:
    """Groups that attributes and headlines name; nothing where the schema declares no groups."""
    if not isinstance(spec.get("group_settings"), list):
        return
    groups = {
        name
        for _, group in mappings(spec["group_settings"])
        for key in ("id", "label")
        if (name := text(group.get(key)))
    }
    for field, noun in (("attributes", "attribute"), ("group_headlines", "headline")):
        for index, item in mappings(spec.get(field)):
            group = text(item.get("group"))
            if group and group not in groups:
                message = f"{noun} `{item.get('name')}` stands in `{group}`, which is no group of this schema"
                hint = suggestion(group, groups)
                finding = Finding("schema-unknown-group", message, (field, index, "group"), hint)
                yield unless_live(spec, finding)
