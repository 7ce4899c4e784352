"""A flow document with its tasks and automations given new ids, wherever they are named; pure."""

from __future__ import annotations

import copy
from collections.abc import Mapping

from syncer.sandbox.store import Json


def renumber(document: Json, tasks: Mapping[str, str], automations: Mapping[str, str]) -> Json:
    """The document with old task and automation ids replaced; ids that are in neither table stay as they are."""
    new = copy.deepcopy({key: value for key, value in document.items() if key != "_resolved_automations"})
    for trigger in [*filter(None, [new.get("trigger")]), *new.get("additional_triggers", ())]:
        _swap(trigger, "automation_id", automations)
    for edge in new["edges"]:
        _swap(edge, "from_id", tasks)
        _swap(edge, "to_id", tasks)
    _swap(new.get("due_date_config"), "task_id", tasks)
    for phase in new.get("phases", ()):
        _swap(phase.get("due_date_config"), "task_id", tasks)
    for sync in new.get("entity_sync", ()):
        _swap(sync["trigger"].get("filter"), "task_template_id", tasks)
    for task in new["tasks"]:
        _task(task, tasks, automations)
    return new


def _task(task: Json, tasks: Mapping[str, str], automations: Mapping[str, str]) -> None:
    _swap(task, "id", tasks)
    _swap(task.get("due_date_config"), "task_id", tasks)
    for requirement in task.get("requirements", ()):
        _swap(requirement, "task_id", tasks)
    config = task.get("automation_config")
    _swap(config, "flow_id", automations)
    _swap((config or {}).get("input_context"), "task_id", tasks)
    reference = (task.get("schedule") or {}).get("reference")
    if reference and reference.get("origin") == "task_completed":
        _swap(reference, "id", tasks)
    for condition in task.get("conditions", ()):
        for statement in condition["statements"] or ():
            if statement["source"].get("origin") == "action":
                _swap(statement["source"], "id", tasks)


def _swap(holder: Json, key: str, table: Mapping[str, str]) -> None:
    if holder and holder.get(key) in table:
        holder[key] = table[holder[key]]
