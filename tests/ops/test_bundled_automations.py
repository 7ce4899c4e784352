"""Automations that a flow's manifest bundles: whose they are, and that the plan counts the writes they cost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from syncer.kinds.flow_template.automations import SERVER_SET
from syncer.model.diagnostic import InvalidInput
from syncer.plan.safety import Consent
from syncer.render.plan_text import render_plan
from syncer.render.terminal import Terminal

Json = Any
World, Make = Any, Any
ONE = "FlowTemplate/one"
SURE = Consent(
    allow_delete=1, allow_empty=True, accept_data_loss=frozenset({ONE, f"{ONE}/tasks/Mail", f"{ONE}/trigger"})
)


def less(make: Make) -> Json:
    """`one` without its task Mail and the automation that it runs."""
    whole = make.bundle("one")
    spec = whole["spec"]
    spec["tasks"], spec["edges"] = spec["tasks"][:1], spec["edges"][:1]
    del spec["automations"]["mail"]
    return whole


def renamed(make: Make) -> Json:
    """`one` with another action name in one of its automations, and another description."""
    whole = make.bundle("one", description="Neu")
    whole["spec"]["automations"]["mail"]["actions"][0]["name"] = "Brief"
    return whole


def otherwise(make: Make) -> Json:
    """`one` that people start, and no automation."""
    whole = make.bundle("one")
    whole["spec"]["trigger"] = {"type": "manual", "entity_schema": "contact"}
    del whole["spec"]["automations"]["start"]
    return whole


LEFT: dict[str, tuple[Callable[[World, Make], None], list[str]]] = {
    # change: what it does → which automations are left
    "nothing but a field": (lambda w, m: w.put(m.bundle("one", description="Neu")), ["Mail one", "Start one"]),
    "a field and an automation": (lambda w, m: w.put(renamed(m)), ["Mail one", "Start one"]),
    "a task goes": (lambda w, m: w.put(less(m)), ["Start one"]),
    "it starts otherwise": (lambda w, m: w.put(otherwise(m)), ["Mail one"]),
    "the flow goes": (lambda w, m: w.drop(ONE), []),
}


@pytest.mark.parametrize("context", [True, False], ids=["the platform says whose", "it does not say"])
@pytest.mark.parametrize("flow_export", [True, False], ids=["imported", "made one by one"])
@pytest.mark.parametrize(("change", "left"), LEFT.values(), ids=LEFT)
def test_they_belong_to_their_flow_however_they_were_made(
    make_world: Any, make: Make, flow_export: bool, context: bool, change: Any, left: list[str]
) -> None:
    world = make_world(flow_export=flow_export, automation_context=context)
    world.put(make.bundle("one"))
    planned = [call for each in world.plan().plan.changes for call in each.calls]
    made = world.apply().calls
    assert len(planned) == len(made) or not flow_export  # that there is no import is seen when it is tried
    change(world, make)
    planned = [call for each in world.plan().plan.changes for call in each.calls]
    run = world.apply(consent=SURE)
    assert run.code == 0, run.problems
    assert sorted(each["flow_name"] for each in world.listed("AutomationFlow")) == left
    if context:
        assert [call.partition(" ")[0] for call in planned] == [call.partition(" ")[0] for call in run.calls]
    assert world.changes() == {}


@pytest.mark.parametrize("context", [True, False], ids=["the platform says whose", "it does not say"])
def test_one_that_is_not_known_to_be_ours_is_named_where_it_stays(make_world: Any, make: Make, context: bool) -> None:
    world = make_world(automation_context=context)
    world.put(make.bundle("one"))
    world.apply()
    start = world.one("AutomationFlow", flow_name="Start one")
    world.forget()
    world.put(otherwise(make))
    named = [each.message for each in world.plan().plan.notices if start["id"] in each.message]
    assert named == [
        f"automation `{start['id']}`, which a trigger of the live flow names, is not known to be "
        "ours: it may stay, and starts the flow as long as it is on; delete it in epilot, or bundle it"
    ]
    assert (world.apply(consent=SURE).code, world.one("AutomationFlow", flow_name="Start one")) == (0, start)
    assert world.changes() == {}


@pytest.mark.parametrize("bundled", [True, False])
def test_those_of_a_flow_that_was_deleted_by_hand_are_named(make_world: Any, make: Make, bundled: bool) -> None:
    """Whether the platform deletes them with it is not known."""
    world = make_world(flow_export=False, flow_delete_automations=False)
    world.put(make.bundle("one"))
    world.apply()
    ids = {name: world.one("AutomationFlow", flow_name=f"{name.capitalize()} one")["id"] for name in ("mail", "start")}
    world.ask(f"DELETE /v2/flows/templates/{world.one('FlowTemplate')['id']}")
    world.put(make.bundle("one") if bundled else make.flow("one"))
    assert [each.message for each in world.plan().plan.notices if each.rule == "deleted-elsewhere"] == [
        "FlowTemplate/one was deleted in the organisation and is planned anew; look in epilot whether its automations "
        f"are there, and delete what is left: `mail` ({ids['mail']}), `start` ({ids['start']})"
    ]


@pytest.mark.parametrize("finished", [True, False])
def test_those_whose_flow_is_not_there_and_in_no_file_are_named(make_world: Any, make: Make, finished: bool) -> None:
    """Of a create that was cut off, and of a flow that was deleted by hand, once the manifest goes as well."""
    world = make_world(flow_export=False, flow_delete_automations=False)
    world.put(make.bundle("one"))
    if not finished:
        world.fault(method="POST", path="/v2/flows/templates", status=400, times=None)
    assert world.apply().code == (0 if finished else 5)
    ids = {name: world.one("AutomationFlow", flow_name=f"{name.capitalize()} one")["id"] for name in ("mail", "start")}
    if finished:
        world.ask(f"DELETE /v2/flows/templates/{world.one('FlowTemplate')['id']}")
    world.drop(ONE)
    why = "is gone" if finished else "was never finished"
    assert [each.message for each in world.plan().plan.notices] == [
        f"FlowTemplate/one {why}, and no manifest names it: syncer forgets it; look in epilot whether its automations "
        f"are there, and delete what is left: `mail` ({ids['mail']}), `start` ({ids['start']})"
    ]
    assert (world.apply().code, world.plan().plan.notices) == (0, ())


@pytest.mark.parametrize("how", ["by hand", "in the manifest"])
def test_one_of_a_cut_off_create_that_changed_since_is_made_as_declared(make_world: Any, make: Make, how: str) -> None:
    world = make_world(flow_export=False)
    world.put(make.bundle("one"))
    world.fault(method="POST", path="/v2/flows/templates", status=400, times=None)
    assert world.apply().code == 5
    start = world.one("AutomationFlow", flow_name="Start one")
    whole = make.bundle("one")
    if how == "by hand":
        world.stored("automation", start["id"], lambda body: {**body, "flow_name": "von Hand"})
    else:
        whole["spec"]["automations"]["start"]["actions"][0]["name"] = "Los"
    world.put(whole)
    world.well_again()
    assert world.apply().code == 0
    assert sorted(each["flow_name"] for each in world.listed("AutomationFlow")) == ["Mail one", "Start one"]
    world.converges()


def test_one_that_another_flow_owns_by_now_is_left_alone(make_world: Any, make: Make) -> None:
    """Between the plan and the call the platform may have given it away."""
    world = make_world(flow_export=False)
    world.put(make.bundle("one"))
    world.apply()
    mail = world.one("AutomationFlow", flow_name="Mail one")
    world.drop(ONE)
    store = world.app.extensions["sandbox"]
    store.put(
        world.org_id, "automation", mail["id"], {**mail, "workflow_context": {"workflow_id": "other"}}, owner="other"
    )
    world.apply(consent=SURE)
    assert [each["flow_name"] for each in world.listed("AutomationFlow")] == ["Mail one"]


def test_one_whose_key_is_renamed_is_the_same_one(world: World, make: Make) -> None:
    world.put(make.bundle("one"))
    world.apply()
    whole = make.bundle("one")
    spec = whole["spec"]
    spec["automations"]["brief"] = spec["automations"].pop("mail")
    spec["tasks"][1]["automation_config"]["flow_id"] = {"automation": "brief"}
    world.put(whole)
    plan = world.plan().plan
    assert ([each.message for each in plan.notices], plan.changes) == ([], ())
    assert world.apply().calls == []
    (entry,) = [each for each in world.state().entries.values() if str(each.address) == ONE]
    assert sorted(entry.parts["automations"]) == ["brief", "start"]
    both = make.bundle("one")
    both["spec"]["automations"]["brief"] = spec["automations"]["brief"]
    both["spec"]["tasks"].append({**both["spec"]["tasks"][1], "id": "brief", "name": "Brief"})
    both["spec"]["tasks"][2]["automation_config"] = {"flow_id": {"automation": "brief"}}
    both["spec"]["edges"].append({"from_id": "mail", "to_id": "brief"})
    both["spec"]["tasks"][1]["name"] = "Second"
    both["spec"]["tasks"][2]["name"] = "Mail"
    world.put(both)  # the former key is a new automation's now
    assert world.apply().code == 0
    (entry,) = [each for each in world.state().entries.values() if str(each.address) == ONE]
    ids = entry.parts["automations"]
    assert (len(ids), len({*ids.values()}), len(world.listed("AutomationFlow"))) == (3, 3, 3)


def test_one_that_two_manifests_bundle_is_an_error_before_either_writes_it(world: World, make: Make) -> None:
    world.put(make.bundle("one"))
    world.apply()
    id = world.one("AutomationFlow", flow_name="Mail one")["id"]
    task = {
        "id": "run",
        "name": "Run",
        "task_type": "AUTOMATION",
        "automation_config": {"flow_id": {"lookup": "Mail one"}},
    }
    edges = [{"from_id": "trigger", "to_id": "run"}]
    world.put(make.flow("two", tasks=[task], edges=edges))
    world.apply()
    ours = {"flow_name": "Ours", "triggers": [{"type": "flows_trigger", "configuration": {}}], "actions": []}
    task = {**task, "automation_config": {"flow_id": {"automation": "x"}}}
    world.put(make.flow("two", tasks=[task], edges=edges, automations={"x": ours}))
    with pytest.raises(InvalidInput) as refusal:
        world.plan()
    assert [(each.rule, each.message, each.hint) for each in refusal.value.problems] == [
        (
            "two-owners",
            f"FlowTemplate/two: `x` is AutomationFlow `{id}`, which FlowTemplate/one bundles as `mail`",
            "let one manifest bundle it, and the other refer to it with `lookup`",
        )
    ]


CHANGED: dict[str, Json] = {
    # published field of an automation → another value of it
    "actions": [],
    "conditions": [{"id": "c", "statements": [{"operation": "equals", "values": ["x"]}]}],
    "enabled": False,
    "entity_schema": "account",
    "flow_name": "Neu",
    "loops": [{"id": "l", "source_path": "items"}],
    "max_executions": {"count": 3, "window": "1h"},
    "protected": True,
    "schedules": [{"id": "s", "source": {"id": "t", "origin": "trigger"}, "numberOfUnits": 1, "timePeriod": "days"}],
    "trigger_conditions": [{"source": "status", "comparison": "equals", "value": "x"}],
    "triggers": [],
}


def published() -> set[str]:
    """The fields of an automation that the definitions have and that no server sets."""
    rows = (Path(__file__).parents[1] / "data" / "published_fields.tsv").read_text("utf-8").splitlines()
    found = {row.split("\t")[1] for row in rows if row.startswith("automation/AutomationFlow\t")}
    return found - {*SERVER_SET, "_manifest"}


def test_the_table_has_every_field_that_can_change() -> None:
    assert {*CHANGED} == published()


@pytest.mark.parametrize("name", CHANGED)
def test_a_field_that_changes_alone_has_its_word_in_the_plan(world: World, make: Make, name: str) -> None:
    whole = make.bundle("one")
    whole["spec"]["automations"]["mail"]["enabled"] = True
    world.put(whole)
    assert world.apply().code == 0
    whole["spec"]["automations"]["mail"][name] = CHANGED[name]
    world.put(whole)
    (change,) = world.plan().plan.changes
    said = render_plan(world.plan().plan, Terminal())
    assert [each.path.split("[")[0] for each in change.fields] == [f"automations.mail.{name}"]
    assert (f"automations.mail.{name}" in said, change.level) == (True, "risky")
    assert [call.partition(" ")[0] for call in change.calls] == ["PUT"]
    assert (world.apply().code, world.changes()) == (0, {})


def test_a_change_keeps_the_mark_of_one_that_the_platform_stopped(world: World, make: Make) -> None:
    world.put(make.bundle("one"))
    world.apply()
    stop = {"enabled": False, "disable_details": {"disabled_by": "system", "disabled_at": "2026-11-01T00:00:00Z"}}
    world.stored("automation", world.one("AutomationFlow", flow_name="Mail one")["id"], lambda body: {**body, **stop})
    world.put(renamed(make))
    assert world.apply().code == 0
    for _ in range(2):
        mail = world.one("AutomationFlow", flow_name="Mail one")
        assert mail["actions"][0]["name"] == "Brief"
        assert {name: mail.get(name) for name in stop} == stop
        assert world.apply().calls == []
