"""Fields of a part that came to stand elsewhere in its flow: what nobody declares goes along with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from syncer.kinds.flow_template.inline_automations import triggers_of
from syncer.kinds.lenient_reader import by_id, items
from syncer.model.json_values import Json, Spec
from syncer.model.markers import clone

Place = tuple[str, str]


def with_carried_fields(goal: Spec, want: Spec, live: Json) -> Spec:
    """The goal, in which a trigger, branch or statement that stood in another place has the fields that it had there
    and that the manifest does not name."""
    there = {(noun, id): (place, part) for noun, id, place, part in _parts(live)}
    declared = {(noun, id): part for noun, id, _, part in _parts(want)}
    made: Spec = clone(goal)
    for noun, id, place, part in _parts(made):
        before, old = there.get((noun, id), (place, {}))
        if before != place:
            said = declared.get((noun, id), {})
            part |= {name: clone(value) for name, value in old.items() if name not in said and name not in _INNER}
    return made


_INNER = ("statements",)
"""Lists whose items are parts themselves."""


def _parts(flow: Mapping[str, Json]) -> Iterator[tuple[str, str, Place, dict[str, Json]]]:
    """(noun, id, where it stands, part)."""
    for place, trigger in triggers_of(flow):
        if trigger.get("id") is not None:
            yield "trigger", str(trigger["id"]), ("trigger", "" if place else "own"), trigger
    for task in items(flow.get("tasks")):
        for id, condition in by_id(task.get("conditions")).items():
            yield "condition", id, ("task", str(task.get("id"))), condition
            for inner, statement in by_id(condition.get("statements")).items():
                yield "statement", inner, ("condition", id), statement
