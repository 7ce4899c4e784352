"""What an object that goes back points at: made anew where its run let it go, refused where nobody kept it."""

from __future__ import annotations

from typing import Any

import pytest

from syncer.plan.safety import Consent

Json = Any
World, Make = Any, Any
ONE = "FlowTemplate/one"
SURE = Consent(accept_data_loss=frozenset({f"{ONE}/tasks/Mail"}))
RUNS = {"id": "run", "name": "Run", "task_type": "AUTOMATION"}


def less(make: Make) -> Json:
    """`one` without its task Mail and the automation that it runs."""
    whole = make.bundle("one")
    spec = whole["spec"]
    spec["tasks"], spec["edges"] = spec["tasks"][:1], spec["edges"][:1]
    del spec["automations"]["mail"]
    return whole


def said(planned: Any, *rules: str) -> list[str]:
    return [each.message for each in planned.plan.notices if each.rule in rules]


def dangling(world: World) -> list[str]:
    """Tasks that run an automation which is not there."""
    there = {each["id"] for each in world.listed("AutomationFlow")}
    tasks = [task for flow in world.listed("FlowTemplate") for task in flow["tasks"]]
    return [
        task["name"]
        for task in tasks
        if "automation_config" in task and task["automation_config"]["flow_id"] not in there
    ]


@pytest.mark.parametrize("flow_export", [True, False], ids=["imported", "made one by one"])
def test_a_task_and_the_automation_that_went_with_it_come_back(make_world: Any, make: Make, flow_export: bool) -> None:
    world = make_world(flow_export=flow_export)
    world.put(make.bundle("one"))
    world.apply()
    (then,) = [each["actions"] for each in world.listed("AutomationFlow") if each["flow_name"] == "Mail one"]
    world.put(less(make))
    assert world.apply(consent=SURE).code == 0
    assert [each["flow_name"] for each in world.listed("AutomationFlow")] == ["Start one"]
    planned = world.undone()
    assert said(planned, "undo-anew") == [
        "automations `mail` went with it and are made anew, as they were declared, under new ids; what else was set in "
        "them stays lost"
    ]
    assert world.apply(saved=planned.plan, undo=planned.plan.undo).code == 0
    assert dangling(world) == []
    (now,) = [each["actions"] for each in world.listed("AutomationFlow") if each["flow_name"] == "Mail one"]
    assert [without_id(each) for each in now] == [without_id(each) for each in then]
    world.put(make.bundle("one"))
    assert world.changes() == {}  # state knows which automation is which


def without_id(action: Json) -> Json:
    return {name: value for name, value in action.items() if name != "id"}


def test_its_secret_does_not_come_back_and_that_is_said(world: World, make: Make) -> None:
    world.env["SYNCER_KEY"] = "hush-hush-1"
    flow = make.bundle("one")
    flow["spec"]["automations"]["mail"]["actions"][0]["config"]["api_key"] = "${env.SYNCER_KEY}"
    flow["metadata"]["extra"] = ["automations.mail.actions[0].config.api_key"]
    world.put(flow)
    assert world.apply().code == 0
    world.put(less(make))
    assert world.apply(consent=SURE).code == 0
    planned = world.undone()
    assert said(planned, "undo-secret") == [
        "`automations.mail.actions[0].config.api_key` held a secret, which was never kept; it is made without, until "
        "an apply of a manifest sends it"
    ]
    assert world.apply(saved=planned.plan, undo=planned.plan.undo).code == 0
    (mail,) = [each for each in world.listed("AutomationFlow") if each["flow_name"] == "Mail one"]
    assert mail["actions"][0]["config"] == {"email_template_id": "m-1", "language_code": "de"}


def test_what_points_at_something_that_nobody_kept_is_left_alone(world: World, make: Make) -> None:
    """The automation is another repository's; it goes, and the flow that used it cannot have it back."""
    made = world.ask("POST /v1/automation/flows", {"flow_name": "Theirs", "triggers": [], "actions": []})
    task = {**RUNS, "automation_config": {"flow_id": {"lookup": "Theirs"}}}
    world.put(make.flow("one", tasks=[task], edges=[{"from_id": "trigger", "to_id": "run"}]))
    world.apply()
    world.put(make.flow("one"))
    assert world.apply(consent=Consent(accept_data_loss=frozenset({f"{ONE}/tasks/Run"}))).code == 0
    if any(each["id"] == made["id"] for each in world.listed("AutomationFlow")):
        world.ask(f"DELETE /v1/automation/flows/{made['id']}")
    planned = world.undone()
    assert planned.plan.changes == ()
    assert said(planned, "undo-impossible") == [
        f"it cannot be taken back: it would point at AutomationFlow `{made['id']}`, which is gone and was not kept; it "
        "is left alone"
    ]
