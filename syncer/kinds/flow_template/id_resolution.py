"""A flow with live ids in place of its local keys, everywhere they are used; decides nothing (see part_ids)."""

from __future__ import annotations

from collections.abc import Mapping

from syncer.kinds.flow_template.diff_rules import NO_TASK
from syncer.kinds.flow_template.inline_automations import trigger_key, triggers_of
from syncer.kinds.flow_template.part_keys import PartIds, edge_key, statement_key
from syncer.kinds.lenient_reader import items, mapping
from syncer.model.json_values import Json, Spec
from syncer.model.markers import clone


def translate(want: Spec, ids: PartIds) -> Spec:
    """`want`, changed in place, with live ids for its local keys everywhere they are used."""
    for noun in ("phases", "tasks"):
        for item in items(want.get(noun)):
            item.pop("aliases", None)
            item["id"] = ids.get("nodes", item.get("id"))
            _swap(item, "phase_id", "nodes", ids)
            _due(item.get("due_date_config"), ids)
    _due(want.get("due_date_config"), ids)
    for index, trigger in triggers_of(want):
        trigger.pop("aliases", None)
        if trigger_key(trigger, index) in ids.parts.get("triggers", {}):
            trigger["id"] = ids.get("triggers", trigger_key(trigger, index))
    for task in items(want.get("tasks")):
        _task(task, want, ids)
    for edge in items(want.get("edges")):
        edge["id"] = ids.get("edges", edge_key(edge))
        _swap(edge, "from_id", "nodes", ids)
        edge["to_id"] = ids.get("nodes", edge.get("to_id")) or ""
        _swap(edge, "condition_id", "conditions", ids)
    for rule in items(want.get("entity_sync")):
        only = (rule.get("trigger") or {}).get("filter") if isinstance(rule.get("trigger"), dict) else None
        if isinstance(only, dict):
            _swap(only, "task_template_id", "nodes", ids)
            _swap(only, "phase_template_id", "nodes", ids)
    return want


def _task(task: dict[str, Json], want: Spec, ids: PartIds) -> None:
    for requirement in items(task.get("requirements")):
        _due(requirement, ids)
    schedule = task.get("schedule")
    reference = schedule.get("reference") if isinstance(schedule, dict) else None
    if isinstance(reference, dict) and reference.get("origin") == "task_completed":
        _swap(reference, "id", "nodes", ids)
    elif isinstance(reference, dict):
        _name_no_task(reference)
    config = task.get("automation_config")
    context = config.get("input_context") if isinstance(config, dict) else None
    if isinstance(context, dict):
        _swap(context, "task_id", "nodes", ids)
    loop = task.get("loop_config")
    if isinstance(loop, dict):
        _swap(loop, "loop_branch_id", "conditions", ids)
        _swap(loop, "exit_branch_id", "conditions", ids)
    for condition in items(task.get("conditions")):
        local = str(condition.get("id"))
        condition.pop("aliases", None)
        for index, statement in enumerate(items(condition.get("statements"))):
            statement["id"] = ids.get("statements", statement_key(local, statement, index))
            _source(statement.get("source"), want, ids)
        condition["id"] = ids.get("conditions", local)


def _source(source: Json, want: Spec, ids: PartIds) -> None:
    """A statement looks at a trigger by its id; left out, it is the flow's own trigger."""
    if not isinstance(source, dict):
        return
    if source.get("origin") == "trigger":
        primary = want.get("trigger")
        if source.get("id") not in (None, ""):
            _swap(source, "id", "triggers", ids)
        elif isinstance(primary, dict) and primary.get("id"):
            source["id"] = primary["id"]
    elif source.get("origin") == "action":
        _swap(source, "id", "nodes", ids)


def _due(holder: Json, ids: PartIds) -> None:
    if isinstance(holder, dict):
        _swap(holder, "task_id", "nodes", ids)
        _swap(holder, "phase_id", "nodes", ids)


def _swap(holder: dict[str, Json], name: str, group: str, ids: PartIds) -> None:
    if isinstance(holder.get(name), str) and holder[name]:
        holder[name] = ids.get(group, holder[name])


def _name_no_task(reference: dict[str, Json]) -> None:
    """Put in what a moment after all tasks before it refers to, which is that word itself."""
    if reference.get("origin") == NO_TASK:
        reference.setdefault("id", NO_TASK)


def filled(spec: Spec, policy: Mapping[str, Json]) -> Spec:
    """The flow with the ids that its schedules need and need not say."""
    want: Spec = clone(spec)
    for task in items(want.get("tasks")):
        reference = mapping(task.get("schedule")).get("reference")
        if isinstance(reference, dict):
            _name_no_task(reference)
    return want
