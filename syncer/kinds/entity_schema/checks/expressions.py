"""Checks the expressions in an entity schema: render conditions, templates, and the attribute names they use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from syncer.kinds.entity_schema.declared_parts import attribute_types, attributes, described_whole
from syncer.kinds.entity_schema.expression_syntax import (
    condition_fault,
    condition_names,
    template_fault,
    template_names,
)
from syncer.kinds.lenient_reader import mapping, mappings, suggestion, text
from syncer.model.diagnostic import Finding
from syncer.model.json_values import Json, Path

RULES = {
    "schema-render-condition": 'A render condition reads `attribute = "value"`, joined by AND or by OR, not both.',
    "schema-condition-attribute": "A render condition asks for attributes of its own schema.",
    "schema-template": "A template's braces and blocks are closed.",
    "schema-template-attribute": "A template reads attributes of its own schema.",
    "schema-summary-attribute": "`summary_attributes` names attributes of the schema.",
}


def check_texts(spec: Mapping[str, Json]) -> Iterator[Finding]:
    """Every render condition and template; names are checked where the spec looks whole."""
    known = set(attribute_types(spec)) if described_whole(spec) else None
    for path, expression in conditions(spec):
        fault, fatal = condition_fault(expression)
        if fault:
            message = (
                f"the render condition can't be read: {fault}" if fatal else f"the render condition is unusual: {fault}"
            )
            hint = 'the platform reads `attribute = "value"`, with AND or OR, and ignores what it can\'t read'
            yield Finding("schema-render-condition", message, path, hint, "error" if fatal else "warning")
        for name in _unknown([] if fault and fatal else condition_names(expression), known):
            message = f"the render condition asks for `{name}`, which is no attribute of this schema"
            yield Finding("schema-condition-attribute", message, path, suggestion(name, known or ()))
    for path, template in templates(spec):
        fault = template_fault(template)
        if fault:
            yield Finding("schema-template", f"the template is broken: {fault}", path, "", "warning")
        for name in _unknown([] if fault else template_names(template), known):
            message = f"the template reads `{name}`, which is no attribute of this schema"
            yield Finding("schema-template-attribute", message, path, suggestion(name, known or ()), "warning")
    for path, name in summaries(spec):
        for word in _unknown([name.partition(".")[0].partition("[")[0]], known):
            message = f"`{word}` is no attribute of this schema"
            yield Finding("schema-summary-attribute", message, path, suggestion(word, known or ()), "warning")


def _unknown(names: Iterable[str], known: set[str] | None) -> list[str]:
    """Names that nothing declares; those that begin with `_` are the platform's own."""
    return [] if known is None else [name for name in names if name not in known and not name.startswith("_")]


def conditions(spec: Mapping[str, Json]) -> Iterator[tuple[Path, str]]:
    """(place, render condition)."""
    holders: list[tuple[Path, Mapping[str, Json]]] = [
        (("group_settings", index), group) for index, group in mappings(spec.get("group_settings"))
    ]
    holders += [(path, attribute) for path, _, attribute in attributes(spec)]
    for index, capability in mappings(spec.get("capabilities")):
        hooks = mappings(capability.get("ui_hooks"))
        holders += [(("capabilities", index, "ui_hooks", number), hook) for number, hook in hooks]
    holders += [(path, item) for path, item in _summary_items(spec) if isinstance(item, Mapping)]
    for path, holder in holders:
        expression = text(holder.get("render_condition"))
        if expression is not None and expression.strip():
            yield (*path, "render_condition"), expression


def templates(spec: Mapping[str, Json]) -> Iterator[tuple[Path, str]]:
    """(place, template)."""
    title = text(spec.get("title_template"))
    if title is not None:
        yield ("title_template",), title
    for path, _, attribute in attributes(spec):
        for key in ("value_formatter", "preview_value_formatter"):
            template = text(attribute.get(key))
            if template is not None:
                yield (*path, key), template
    for path, item in _summary_items(spec):
        template = text(mapping(item).get("value"))
        if template is not None:
            yield (*path, "value"), template


def summaries(spec: Mapping[str, Json]) -> Iterator[tuple[Path, str]]:
    """(place, the attribute that is shown there, perhaps with a path into it)."""
    for path, item in _summary_items(spec):
        name = text(item)
        if name:
            yield path, name


def _summary_items(spec: Mapping[str, Json]) -> Iterator[tuple[Path, Json]]:
    views = mapping(spec.get("ui_config"))
    for view in ("edit_view", "single_view", "list_item"):
        items = mapping(views.get(view)).get("summary_attributes")
        for index, item in enumerate(items if isinstance(items, list) else ()):
            yield ("ui_config", view, "summary_attributes", index), item
