"""Where a flow names attributes of entity schemas: each is silently never met, or never written, when that one goes."""

from __future__ import annotations

from collections.abc import Iterator

from syncer.kinds.flow_template.checks.entity_schemas import sources
from syncer.kinds.lenient_reader import mapping, mappings, text, texts
from syncer.model.json_values import Json, Path, Spec
from syncer.model.kind import PartUse


def attribute_uses(spec: Spec) -> Iterator[PartUse]:
    """Attributes that its statements ask for, its schedules count from and its entity syncs write."""
    for path, source in sources(spec):
        words = [source.get("attribute"), *(word for _, word in texts(source.get("attributes")))]
        yield from _uses(source.get("schema"), words, f"a condition of {_task(spec, path)}")
    for index, task in mappings(spec.get("tasks")):
        reference = mapping(mapping(task.get("schedule")).get("reference"))
        if reference.get("origin") == "trigger_entity_attribute":
            where = f"the schedule of {_task(spec, ('tasks', index))}"
            yield from _uses(reference.get("schema"), [reference.get("attribute")], where)
    for _, rule in mappings(spec.get("entity_sync")):
        target = mapping(rule.get("target"))
        yield from _uses(target.get("entitySchema"), [target.get("entityAttribute")], "`entity_sync`")


def _uses(schema: Json, words: list[Json], where: str) -> Iterator[PartUse]:
    for name in dict.fromkeys(word for each in words if (word := text(each))):
        for part in dict.fromkeys((name, name.partition(".")[0])):
            yield PartUse("EntitySchema", schema, part, where)


def _task(spec: Spec, path: Path) -> str:
    task = spec["tasks"][path[1]]
    return f"task `{task.get('name') or task.get('id')}`"
