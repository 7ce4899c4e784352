"""What flow templates, v1 definitions, closing reasons and automations look like, as the newest definitions say
(docs/platform.md#flow-fields)."""

from __future__ import annotations

from syncer.sandbox.body_schema import BodySchema, body_schema


def _workflow(*names: str) -> BodySchema:
    return body_schema("workflow", *names)


def flow(tasks_by_type: bool, reasons_complete: bool) -> BodySchema:
    """A flow template as it is created and updated; closing reasons by id, or with title and status as of old."""
    tasks = "flow_tasks" if tasks_by_type else "flow_loose_tasks"
    return _workflow("flow", tasks, *(["flow_whole_reasons"] if reasons_complete else []))


FLOW_BUNDLE = _workflow("flow_bundle")
SEARCH = _workflow("search")
DEFINITION = _workflow("definition")
REASON, REASON_CHANGE, REASON_IDS = map(_workflow, ("reason", "reason_change", "reason_ids"))
AUTOMATION, BATCH = _workflow("automation"), _workflow("batch")
