"""What a change would leave behind, judged by the rules of `validate`: a field that a manifest no longer names stays as
it is live, and may not fit what the manifest says by now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from syncer.diff.list_keys import key_text
from syncer.diff.required_fields import place
from syncer.model.diagnostic import Finding
from syncer.model.field_change import FieldPath, Item
from syncer.model.field_rules import Shape
from syncer.model.json_values import Json, Path, Spec
from syncer.model.kind import Kind, PreparedSides


def unsound(kind: Kind, prepared: PreparedSides, goal: Spec) -> Iterator[Finding]:
    """The errors that the object will have and has not now, told by local keys, at the place of the manifest that
    speaks of it. Nothing for kinds whose `check` is for manifests alone."""
    if not kind.whole_checked:
        return
    now = {each.message for each in kind.check(_keyed(prepared.have, prepared.labels))}
    for each in kind.check(_keyed(goal, prepared.labels)):
        if each.severity == "error" and each.message not in now:
            path = place(prepared.want, _by_keys(goal, each.path, kind.shape), kind.shape)
            hint = "what is left out stays as it is live: write `null` to empty it, or declare what belongs to it"
            yield each._replace(message=f"{each.message}, once this is applied", path=path, hint=hint)


def _keyed(value: Json, labels: Mapping[str, str]) -> Json:
    """The value with local keys for live ids."""
    if isinstance(value, dict):
        return {name: _keyed(item, labels) for name, item in value.items()}
    if isinstance(value, list):
        return [_keyed(item, labels) for item in value]
    return labels.get(value, value) if isinstance(value, str) else value


def _by_keys(value: Json, path: Path, shape: Shape) -> FieldPath:
    """A place of a spec, items of keyed lists by their keys."""
    found: list[str | int | Item] = []
    for step in path:
        if isinstance(step, int):
            found.append(Item(key_text(value[step], shape.rule)) if shape.rule.form == "keyed" else step)
            shape = shape.item()
        else:
            found.append(step)
            shape = shape.at(step)
        value = value[step] if not isinstance(value, dict) or step in value else None
    return tuple(found)
