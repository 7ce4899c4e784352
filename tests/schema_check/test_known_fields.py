"""What a schema has words for, in its order, and what it has none for."""

from __future__ import annotations

from typing import Any

from syncer.schema_check.known_fields import known_fields


def test_what_is_known_stands_first_and_the_rest_is_named() -> None:
    """Not told: what the platform sets, and what is empty and another branch's."""
    condition = {"evaluationResult": True, "id": "c", "x_limit": 3, "x_list": []}
    spec: Any = {
        "x_new": None,
        "enabled": True,
        "name": "Umzug",
        "trigger": {"only_if": {"a": 1}, "type": "manual", "journey_id": "j"},
        "tasks": [
            {"task_type": "MANUAL", "name": "A", "id": "a", "conditions": []},
            {"id": "b", "name": "B", "task_type": "AI_AGENT", "agent_config": {"agent_id": "7", "anything": {"z": 1}}},
        ],
        "closing_reasons": [{"ref": "won"}],
        "automations": {"mail": {"flow_name": "Mail", "x": {"y": 1}, "conditions": [condition]}},
    }
    found = known_fields("flow-template", spec)
    assert found.spec == {
        "name": "Umzug",
        "enabled": True,
        "trigger": {"type": "manual", "only_if": {"a": 1}, "journey_id": "j"},
        "tasks": [
            {"id": "a", "name": "A", "task_type": "MANUAL"},
            {"id": "b", "name": "B", "task_type": "AI_AGENT", "agent_config": {"agent_id": "7", "anything": {"z": 1}}},
        ],
        "closing_reasons": [{"ref": "won"}],
        "automations": {
            "mail": {"flow_name": "Mail", "x": {"y": 1}, "conditions": [{"id": "c", "x_limit": 3, "x_list": []}]}
        },
        "x_new": None,
    }  # fmt: skip
    assert list(found.spec) == ["name", "enabled", "trigger", "tasks", "closing_reasons", "automations", "x_new"]
    condition_at = ("automations", "mail", "conditions", 0)
    assert sorted(found.fields, key=str) == [
        (*condition_at, "x_limit"), (*condition_at, "x_list"), ("automations", "mail", "x"), ("trigger", "journey_id"),
        ("trigger", "only_if"), ("x_new",),
    ]  # fmt: skip
    assert sorted(found.left_out, key=str) == [(*condition_at, "evaluationResult"), ("tasks", 0, "conditions")]
    assert found.words == []


def test_words_that_an_open_list_does_not_have_are_named() -> None:
    """A variable is no such word; what stands beside a word that selects a branch cannot be judged."""
    action = {"type": "send-fax", "config": {"to": "x"}}
    spec: Any = {"automations": {"mail": {"flow_name": "M", "actions": [action, {"type": "send-email"}]}}}
    found = known_fields("flow-template", spec)
    assert (found.spec, found.fields, found.left_out) == (spec, [], [])
    assert found.words == [("automations", "mail", "actions", 0, "type")]
    spec["automations"]["mail"]["actions"][0]["type"] = "${var.action}"
    assert known_fields("flow-template", spec).words == []
