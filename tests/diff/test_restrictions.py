"""What a manifest may be silent about, and what it may not: a table over the real kinds."""

from __future__ import annotations

from typing import Any

import pytest

from syncer.diff.restrictions import restricts, widens
from syncer.kinds import KINDS

Json = Any
RETENTION: Json = {
    "entity_schema": "contact",
    "query": {"saved_view_id": "v", "filters": [{"type": "no_related_entities"}]},
}
FLOW: Json = {
    "name": "Umzug",
    "description": "x",
    "tasks": [{"id": "a", "name": "A", "conditions": [{"id": "c"}], "due_date_config": {"unit": "days"}}],
    "automations": {"mail": {"flow_name": "Mail", "conditions": [{"x": 1}]}},
}
SCHEMA: Json = {
    "slug": "site",
    "attributes": [{"name": "a", "label": "A", "constraints": {"max": 3}}],
    "ui_config": {"list_item": {"summary_attributes": [{"label": "l", "render_condition": "a"}]}},
}
CASES: dict[str, tuple[str, Json, tuple[str | int, ...], bool, bool]] = {
    # what is left out                        kind              spec       path                   is one  does more
    "all filters of a deletion": ("RetentionConfig", RETENTION, ("query", "filters"), True, True),
    "one filter": ("RetentionConfig", RETENTION, ("query", "filters", 0), True, True),
    "what holds the filters": ("RetentionConfig", RETENTION, ("query",), True, True),
    "whose data it is": ("RetentionConfig", RETENTION, ("entity_schema",), False, False),
    "a text of a flow": ("FlowTemplate", FLOW, ("description",), False, False),
    "a due date of a task": ("FlowTemplate", FLOW, ("tasks", 0, "due_date_config"), False, False),
    "the branches of a decision": ("FlowTemplate", FLOW, ("tasks", 0, "conditions"), True, True),
    "a branch": ("FlowTemplate", FLOW, ("tasks", 0, "conditions", 0), True, True),
    "tasks, which others refer to": ("FlowTemplate", FLOW, ("tasks",), False, True),
    "an automation with conditions": ("FlowTemplate", FLOW, ("automations", "mail"), False, True),
    "the conditions of an automation": ("FlowTemplate", FLOW, ("automations", "mail", "conditions"), True, True),
    "the name of an automation": ("FlowTemplate", FLOW, ("automations", "mail", "flow_name"), False, False),
    "a label": ("EntitySchema", SCHEMA, ("attributes", 0, "label"), False, False),
    "the limits of an attribute": ("EntitySchema", SCHEMA, ("attributes", 0, "constraints"), True, True),
    "one of the limits": ("EntitySchema", SCHEMA, ("attributes", 0, "constraints", "max"), True, True),
    "an attribute with its limits": ("EntitySchema", SCHEMA, ("attributes", 0), False, False),
    "all attributes with theirs": ("EntitySchema", SCHEMA, ("attributes",), False, False),
    "a part of the display, with what is shown when": ("EntitySchema", SCHEMA, ("ui_config",), False, False),
    "a field that is not there": ("EntitySchema", SCHEMA, ("conditions",), True, True),
}


@pytest.mark.parametrize(("kind", "spec", "path", "one", "more"), CASES.values(), ids=CASES)
def test_what_may_be_left_out(kind: str, spec: Json, path: tuple[str | int, ...], one: bool, more: bool) -> None:
    assert (restricts(KINDS[kind], path), widens(KINDS[kind], spec, path)) == (one, more)
