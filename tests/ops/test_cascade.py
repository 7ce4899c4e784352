"""Automations that go with a flow or with its task while somebody else uses them: named, acknowledged, or refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from syncer.model.diagnostic import InvalidInput, Refused
from syncer.plan.safety import Consent

Json = Any
World, Make = Any, Any
ONE, TWO = "FlowTemplate/one", "FlowTemplate/two"
SURE = "AutomationFlow `Mail one` goes with it, and is used by "
FLOW = "the flow goes, and its automations with it; running ones go on"
NO_MANIFEST = "its manifest is gone"
TASK = "task `Mail` goes, and the platform deletes its automation"


def using(make: Make, name: str, automation: Json) -> Json:
    """A flow whose task runs that automation."""
    task = {"id": "run", "name": "Run", "task_type": "AUTOMATION", "automation_config": {"flow_id": automation}}
    return make.flow(name, tasks=[task], edges=[{"from_id": "trigger", "to_id": "run"}])


def less(make: Make) -> Json:
    """`one` without its task Mail and the automation that it runs."""
    whole = make.bundle("one")
    spec = whole["spec"]
    spec["tasks"], spec["edges"] = spec["tasks"][:1], spec["edges"][:1]
    del spec["automations"]["mail"]
    return whole


def by_hand(world: World, make: Make, name: str = "Handmade") -> None:
    """Somebody makes a flow in epilot that runs the automation of `one`'s task."""
    spec = using(make, name, automation_of(world)["id"])["spec"]
    edges = [{**each, "id": f"e{number}"} for number, each in enumerate(spec["edges"])]
    world.ask("POST /v2/flows/templates", {**spec, "name": name, "edges": edges})


def automation_of(world: World) -> Json:
    found: Json = world.one("AutomationFlow", flow_name="Mail one")
    return found


def reasons(world: World, **how: Any) -> dict[str, list[str]]:
    return {str(each.address): list(each.reasons) for each in world.plan(**how).plan.changes}


def errors(refusal: pytest.ExceptionInfo[Any]) -> list[tuple[str, str, str]]:
    return [(each.rule, each.message, each.hint) for each in refusal.value.problems if each.severity == "error"]


def removed(world: World, make: Make, **entry: Json) -> None:
    world.drop(ONE)
    world.put(make.document("Removed", "old", {"objects": [{**entry, "action": "delete"}]}))


def renamed(world: World, make: Make) -> None:
    world.drop(ONE)
    world.put(make.bundle("uno", name="One"))


GOES: dict[str, tuple[Callable[[World, Make], None], str, str]] = {
    # how it goes: what changes, who takes it along, in what words
    "the manifest goes": (lambda w, m: w.drop(ONE), ONE, f"goes with {ONE}, which this plan would delete"),
    "Removed asks for it": (
        lambda w, m: removed(w, m, address=ONE), ONE, f"goes with {ONE}, which this plan would delete",
    ),
    "Removed, by name, without state": (
        lambda w, m: (w.forget(), removed(w, m, kind="FlowTemplate", key="One")), "", "",
    ),
    "its task and its key go": (lambda w, m: w.put(less(m)), ONE, f"the change of {ONE} takes along"),
    "the flow is made anew under another name": (renamed, ONE, f"goes with {ONE}, which this plan would delete"),
}  # fmt: skip


@pytest.mark.parametrize("form", ["lookup", "id"])
@pytest.mark.parametrize("there", [True, False], ids=["already there", "new in this plan"])
@pytest.mark.parametrize(("change", "by", "words"), GOES.values(), ids=GOES)
def test_an_automation_that_a_manifest_uses_does_not_go(
    world: World, make: Make, change: Any, by: str, words: str, there: bool, form: str
) -> None:
    world.put(make.bundle("one"))
    world.apply()
    user = using(make, "two", {form: "Mail one" if form == "lookup" else automation_of(world)["id"]})
    if there:
        world.put(user)
        world.apply()
    change(world, make)
    world.put(user)
    live, asked = world.one("FlowTemplate", name="One")["id"], len(world.requests())
    with pytest.raises(InvalidInput) as refusal:
        world.apply()
    by = by or f"FlowTemplate/id:{live}"
    words = words or f"goes with {by}, which this plan would delete"
    said = f"{TWO}: it refers to AutomationFlow `Mail one`, which {words}"
    assert errors(refusal) == [("refers-to-removed", said, f"take the reference out, or keep it in {by}")]
    assert [each for each in world.requests()[asked:] if each["method"] in {"PUT", "DELETE", "PATCH"}] == []
    assert automation_of(world)


@pytest.mark.parametrize("flow_export", [True, False], ids=["imported", "made one by one"])
def test_flows_that_nobody_manages_are_named_and_the_loss_is_acknowledged(
    make_world: Any, make: Make, flow_export: bool
) -> None:
    world = make_world(flow_export=flow_export)
    world.put(make.bundle("one"))
    world.apply()
    by_hand(world, make)
    world.drop(ONE)
    said = f"{SURE}FlowTemplate `Handmade`"
    assert reasons(world) == {ONE: [FLOW, NO_MANIFEST, said]}
    with pytest.raises(Refused) as refusal:
        world.apply(consent=Consent(allow_delete=1, allow_empty=True))
    assert errors(refusal) == [("data-loss", f"{ONE}: {FLOW}; {NO_MANIFEST}; {said}", f"--accept-data-loss {ONE}")]
    consent = Consent(allow_delete=1, allow_empty=True, accept_data_loss=frozenset({ONE}))
    assert world.apply(consent=consent).code == 0
    assert [each["name"] for each in world.listed("FlowTemplate")] == ["Handmade"]


def test_so_it_is_where_only_a_task_goes(world: World, make: Make) -> None:
    world.put(make.bundle("one"))
    world.apply()
    by_hand(world, make)
    by_hand(world, make, "Also")
    world.put(less(make))
    planned = world.plan().plan
    (change,) = planned.changes
    said = f"{TASK}; {SURE}FlowTemplate `Also`, FlowTemplate `Handmade`"
    assert (change.level, change.losses) == ("destructive", ((f"{ONE}/tasks/Mail", said),))
    assert said in change.reasons
    assert [each.message for each in planned.notices] == []  # it is not said to stay as well
    with pytest.raises(Refused) as refusal:
        world.apply(consent=Consent())
    assert errors(refusal) == [("data-loss", f"{ONE}/tasks/Mail: {said}", f"--accept-data-loss {ONE}/tasks/Mail")]
    assert world.apply(consent=Consent(accept_data_loss=frozenset({f"{ONE}/tasks/Mail"}))).code == 0
    assert [each["flow_name"] for each in world.listed("AutomationFlow")] == ["Start one"]


def test_a_manifest_that_was_not_chosen_is_asked_too(world: World, make: Make) -> None:
    world.put(make.bundle("one"))
    world.apply()
    world.put(using(make, "two", {"lookup": "Mail one"}))
    world.apply()
    world.drop(ONE)
    with pytest.raises(InvalidInput) as refusal:
        world.plan(only=[ONE])
    assert [each[0] for each in errors(refusal)] == ["refers-to-removed"]


def test_a_managed_flow_whose_manifest_does_not_speak_of_it_is_named_by_its_address(world: World, make: Make) -> None:
    world.put(make.bundle("one"))
    world.apply()
    by_hand(world, make, "Two")
    partial = make.document("FlowTemplate", "two", {"name": "Two", "enabled": False})
    world.put(partial)
    world.apply()
    world.drop(ONE)
    assert reasons(world) == {ONE: [FLOW, NO_MANIFEST, f"{SURE}{TWO}"]}


def test_who_stops_using_it_does_so_first(world: World, make: Make) -> None:
    world.put(make.bundle("one"))
    world.apply()
    world.put(using(make, "two", {"lookup": "Mail one"}))
    world.apply()
    one, two = (world.one("FlowTemplate", name=name)["id"] for name in ("One", "Two"))
    world.drop(ONE)
    world.put(make.flow("two"))
    assert reasons(world)[ONE] == [FLOW, NO_MANIFEST]
    run = world.apply()
    assert (run.code, run.calls) == (0, [f"PUT /v2/flows/templates/{two}", f"DELETE /v2/flows/templates/{one}"])
    world.converges()


def test_an_undo_of_the_flow_names_who_uses_its_automation_by_now(world: World, make: Make) -> None:
    world.put(make.bundle("one"))
    world.apply()
    run = world.runs.list()[0][0].header.id
    world.put(using(make, "two", {"lookup": "Mail one"}))
    world.apply()
    (change,) = world.undone(run).plan.changes
    assert (str(change.address), change.action, change.reasons) == (
        ONE,
        "delete",
        (FLOW, "run `0123abcd` made it", f"{SURE}{TWO}"),
    )


def test_an_undo_of_the_task_names_who_uses_its_automation_by_now(world: World, make: Make) -> None:
    world.put(less(make))
    world.apply()
    world.put(make.bundle("one"))
    world.apply()
    by_hand(world, make)
    plan = world.undone().plan
    (change,) = plan.changes
    said = f"{TASK}; AutomationFlow `mail` goes with it, and is used by FlowTemplate `Handmade`"
    assert change.losses == ((f"{ONE}/tasks/Mail", said),)
    made = (
        "automations `mail` were made by the run: look whether they went with what runs them, and delete what is left"
    )
    assert [each.message for each in plan.notices if each.rule == "undo-stays"] == [made]


def test_without_state_and_without_the_platforms_word_it_is_said_that_it_may_go(make_world: Any, make: Make) -> None:
    world = make_world(automation_context=False)
    world.put(make.bundle("one"))
    world.apply()
    by_hand(world, make)
    world.forget()
    removed(world, make, kind="FlowTemplate", key="One")
    ((address, said),) = reasons(world).items()
    assert said == [
        FLOW,
        "Removed/old asks for it",
        "AutomationFlow `Mail one` may go with it, and is used by FlowTemplate `Handmade`",
    ]
    assert address.startswith("FlowTemplate/id:")


def test_one_that_only_lets_another_use_it_takes_nothing_along(world: World, make: Make) -> None:
    world.put(make.bundle("one"))
    world.apply()
    world.put(using(make, "two", {"lookup": "Mail one"}))
    world.apply()
    world.drop(TWO)
    assert reasons(world) == {TWO: [FLOW, NO_MANIFEST]}
    assert world.apply().code == 0
    assert automation_of(world)
    world.converges()


def test_automations_that_start_a_flow_that_goes_are_named(world: World, make: Make) -> None:
    world.put(make.bundle("one"))
    world.apply()
    start = {
        "name": "Start",
        "type": "trigger-workflow",
        "config": {"target_workflow": world.one("FlowTemplate")["id"]},
    }
    world.ask("POST /v1/automation/flows", {"flow_name": "Nightly", "triggers": [], "actions": [start]})
    world.drop(ONE)
    assert reasons(world) == {ONE: [FLOW, "automations start it: `Nightly`", NO_MANIFEST]}
