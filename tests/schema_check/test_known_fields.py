"""What a schema has words for, in its order; the rest is named."""

from __future__ import annotations

from typing import Any

from syncer.schema_check.known_fields import known_fields


def test_fields_of_the_chosen_branch_stay_and_others_are_named() -> None:
    spec = {
        "x_new": 1,
        "enabled": True,
        "name": "Umzug",
        "tasks": [
            {"task_type": "MANUAL", "name": "A", "id": "a", "conditions": []},
            {"id": "b", "name": "B", "task_type": "AI_AGENT", "agent_config": {"agent_id": "7", "anything": {"z": 1}}},
        ],
        "closing_reasons": [{"ref": "won"}],
        "automations": {"mail": {"flow_name": "Mail", "x": 1}},
    }
    said, left_out = known_fields("flow-template", spec)
    assert said == {
        "name": "Umzug",
        "enabled": True,
        "tasks": [
            {"id": "a", "name": "A", "task_type": "MANUAL"},
            {"id": "b", "name": "B", "task_type": "AI_AGENT", "agent_config": {"agent_id": "7", "anything": {"z": 1}}},
        ],
        "closing_reasons": [{"ref": "won"}],
        "automations": {"mail": {"flow_name": "Mail"}},
    }
    assert list(said) == ["name", "enabled", "tasks", "closing_reasons", "automations"]
    assert sorted(left_out, key=str) == [("automations", "mail", "x"), ("tasks", 0, "conditions"), ("x_new",)]


def test_what_nobody_knows_stays_where_it_is_to_stay() -> None:
    """Not what is empty, nor what the platform sets, nor what another branch has."""
    condition = {"evaluationResult": True, "id": "c", "x_limit": 3, "x_none": None, "x_list": []}
    spec: Any = {
        "x_new": 1,
        "trigger": {"only_if": {"a": 1}, "type": "manual", "journey_id": "j"},
        "automations": {"mail": {"flow_name": "Mail", "x": 1, "conditions": [condition]}},
    }
    said, left_out = known_fields("flow-template", spec, lambda path: path[0] == "trigger" or "conditions" in path)
    assert said == {
        "trigger": {"type": "manual", "only_if": {"a": 1}},
        "automations": {"mail": {"flow_name": "Mail", "conditions": [{"id": "c", "x_limit": 3}]}},
    }
    place = ("automations", "mail", "conditions", 0)
    assert set(left_out) == {
        ("x_new",), ("trigger", "journey_id"), ("automations", "mail", "x"), (*place, "evaluationResult"),
        (*place, "x_none"), (*place, "x_list"),
    }  # fmt: skip
