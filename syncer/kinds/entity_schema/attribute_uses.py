"""Where a schema names attributes, its own and those of others: each breaks without a word when that one goes."""

from __future__ import annotations

from collections.abc import Iterator

from syncer.kinds.entity_schema.checks.expressions import conditions, summaries, templates
from syncer.kinds.entity_schema.declared_parts import attributes
from syncer.kinds.entity_schema.expression_syntax import (
    condition_fault,
    condition_names,
    template_fault,
    template_names,
)
from syncer.kinds.lenient_reader import mapping, text, texts
from syncer.model.json_values import Json, Path, Spec
from syncer.model.kind import PartUse


def attribute_uses(spec: Spec) -> Iterator[PartUse]:
    """Attributes that its templates, conditions, summaries and consents ask for, and those that lead back to it."""
    own = spec.get("slug")
    for path, expression in conditions(spec):
        for name in () if condition_fault(expression)[1] else condition_names(expression):
            yield PartUse("EntitySchema", own, name, f"the render condition of {_holder(spec, path)}")
    for path, template in templates(spec):
        for name in () if template_fault(template) else template_names(template):
            yield PartUse("EntitySchema", own, name, f"`{path[-1]}` of {_holder(spec, path)}")
    for path, name in summaries(spec):
        yield PartUse("EntitySchema", own, _root(name), f"`summary_attributes` of `{path[1]}`")
    for _, name, attribute in attributes(spec):
        for _, word in texts(attribute.get("identifiers")):
            yield PartUse("EntitySchema", own, _root(word), f"`identifiers` of `{name}`")
        for slug, word in mapping(attribute.get("reverse_attributes")).items():
            if (back := text(word)) is not None:
                yield PartUse("EntitySchema", slug, back, f"`reverse_attributes` of `{name}`")


def _root(name: str) -> str:
    """The attribute that a path into one begins with."""
    return name.partition(".")[0].partition("[")[0]


def _holder(spec: Spec, path: Path) -> str:
    """What people call the part that the place stands in."""
    holder: Json = spec
    for step in path[:-1]:
        holder = holder[step]
    name = next((word for key in ("name", "label", "title") if (word := text(holder.get(key)))), None)
    return f"`{name}`" if name is not None and len(path) > 1 else "the schema"
