"""What a schema has words for, in its order; the rest is named."""

from __future__ import annotations

from syncer.adapters.known_fields import known_fields


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
