"""Local keys and live ids: whatever flow is drawn, references land, parts are found again, nothing is guessed."""

from __future__ import annotations

import copy
import importlib.util
import itertools
import sys
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syncer.kinds import KINDS
from syncer.kinds.flow_template.id_resolution import translate
from syncer.kinds.flow_template.part_ids import identify
from syncer.kinds.flow_template.part_keys import stable_id
from syncer.model.address import Address
from syncer.model.json_values import Part
from syncer.model.references import Index, mark
from tests.support.examples import examples

Json = Any
KIND = KINDS["FlowTemplate"]
HOUSE = Address("FlowTemplate", "house")


def _drawn() -> Any:
    """The drawing of sound flows stands in `test_flow_random.py`."""
    place = Path(__file__).with_name("test_checks_random.py")
    spec = importlib.util.spec_from_file_location("drawn_flows", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module.make_flow


make_flow = _drawn()


def sound(random: Random) -> Json:
    """A drawn flow with its references marked, as it comes out of a file."""
    spec, _, _ = mark(make_flow(random), KIND.refs, Index(complete=False), named_ids=lambda path: True)
    return spec


def sent(want: Json, have: Json | None = None, known: Json | None = None) -> tuple[Json, Json]:
    """(the flow with live ids, the parts)."""
    ids = identify(HOUSE, want, have or {}, known or {})
    assert ids.findings == []
    return translate(copy.deepcopy(want), ids), ids.parts


def stored(spec: Json) -> Json:
    """What a platform answers that kept the flow: configurations consumed, automations named."""
    live = copy.deepcopy({name: value for name, value in spec.items() if name != "automations"})
    for number, task in enumerate(live["tasks"]):
        config = task.get("automation_config")
        if config:
            config.pop("action_config", None)
            config["flow_id"] = f"auto-{number}"
    return {"id": "f-1", "org_id": "1", **live}


def imported(live: Json) -> tuple[Json, dict[str, str]]:
    """The same flow with other task ids, as an import gives them, and which became which."""
    from syncer.sandbox.workflow.flow_import import renumber

    tasks = {task["id"]: f"f9000000-{number:04}" for number, task in enumerate(live["tasks"])}
    return renumber(live, tasks, {}), tasks


def dangling(spec: Json) -> list[str]:
    """References that lead nowhere, and ids that stand twice."""
    phases, tasks = ([item["id"] for item in spec.get(noun) or []] for noun in ("phases", "tasks"))
    conditions = {task["id"]: [each["id"] for each in task.get("conditions") or []] for task in spec["tasks"]}
    triggers = [each["id"] for each in (spec["trigger"], *spec.get("additional_triggers", []))]
    wrong = []

    def check(what: str, value: Json, ids: Any) -> None:
        if value and value not in ids:
            wrong.append(f"{what} {value}")

    for edge in spec["edges"]:
        check("from", edge["from_id"], [*phases, *tasks, "trigger"])
        check("to", edge["to_id"], [*phases, *tasks])
        check("condition", edge.get("condition_id"), conditions.get(edge["from_id"], []))
    for holder in (spec, *(spec.get("phases") or []), *spec["tasks"]):
        due = holder.get("due_date_config") or {}
        for each in (due, *(holder.get("requirements") or [])):
            check("task", each.get("task_id"), tasks)
            check("phase", each.get("phase_id"), phases)
    for task in spec["tasks"]:
        check("phase of a task", task.get("phase_id"), phases)
        check("schedule", ((task.get("schedule") or {}).get("reference") or {}).get("id"), tasks)
        check("context", ((task.get("automation_config") or {}).get("input_context") or {}).get("task_id"), tasks)
        loop = task.get("loop_config") or {}
        check("loop", loop.get("loop_branch_id"), conditions[task["id"]])
        check("exit", loop.get("exit_branch_id"), conditions[task["id"]])
        for condition in task.get("conditions") or []:
            for statement in condition["statements"]:
                check("source", statement["source"]["id"], triggers)
    for rule in spec.get("entity_sync") or []:
        check("filter", rule["trigger"]["filter"]["task_template_id"], tasks)
    for ids in (
        [*phases, *tasks],
        [edge["id"] for edge in spec["edges"]],
        [*itertools.chain(*conditions.values())],
        triggers,
    ):
        wrong += [f"twice {each}" for each in ids if ids.count(each) > 1]
    return wrong


drawn = settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.too_slow])
randoms = st.randoms(use_true_random=False)


@drawn
@given(randoms)
def test_every_reference_lands_on_an_id(random: Random) -> None:
    assert dangling(sent(sound(random))[0]) == []


@drawn
@given(randoms)
def test_reserved_ids_are_made_for_what_needs_them_and_for_nothing_else(random: Random) -> None:
    want = sound(random)
    spec, _ = sent(want)
    defaults = {(edge["from_id"], edge["condition_id"]) for edge in spec["edges"] if edge.get("none_met")}
    for task in spec["tasks"]:
        leave = (task.get("loop_config") or {}).get("exit_branch_id")
        for condition in task.get("conditions") or []:
            shape = (
                "none-met-"
                if (task["id"], condition["id"]) in defaults
                else "exit-loop-"
                if condition["id"] == leave
                else ""
            )
            assert [condition["id"].startswith(each) for each in ("none-met-", "exit-loop-")] == [
                shape == "none-met-",
                shape == "exit-loop-",
            ]
    loops = sum("loop_config" in task for task in spec["tasks"])
    back = [edge["id"] for edge in spec["edges"] if edge["id"].startswith("loop-edge-")]
    assert (len(back) >= loops, bool(back)) == (True, bool(loops))


@drawn
@given(randoms)
def test_what_was_sent_is_found_again(random: Random) -> None:
    want = sound(random)
    spec, parts = sent(want)
    live = stored(spec)
    assert sent(want, live, parts)[1] == {**parts, **automations(want, live)}
    assert sent(want, live)[1] == {
        **parts,
        **automations(want, live),
    }  # by ids alone: what syncer makes, it knows again


def automations(want: Json, live: Json) -> Json:
    there = {task["name"]: task.get("automation_config") for task in live["tasks"]}
    found = {
        task["automation_config"]["flow_id"].key: there[task["name"]]["flow_id"]
        for task in want["tasks"]
        if isinstance((task.get("automation_config") or {}).get("flow_id"), Part)
    }
    return {"automations": found} if found else {}


@drawn
@given(randoms, st.booleans())
def test_an_imported_flow_needs_no_change_with_state_or_without(random: Random, remembered: bool) -> None:
    want = sound(random)
    spec, first = sent(want)
    live, tasks = imported(stored(spec))
    again = identify(HOUSE, spec, live, {"nodes": tasks})
    assert again.findings == []
    parts = {group: {key: again.parts[group].get(id, id) for key, id in ids.items()} for group, ids in first.items()}
    found = identify(HOUSE, want, live, parts if remembered else {})
    assert found.findings == []
    assert {group: ids for group, ids in found.parts.items() if group != "automations"} == parts
    back = translate(copy.deepcopy(want), found)
    assert dangling(back) == []
    for noun in ("phases", "tasks", "edges"):
        assert sorted(each["id"] for each in back.get(noun) or []) == sorted(
            each["id"] for each in live.get(noun) or []
        )


@drawn
@given(randoms, st.data())
def test_a_rerouted_edge_keeps_its_id(random: Random, data: st.DataObject) -> None:
    want = sound(random)
    spec, parts = sent(want)
    live = stored(spec)
    plain = [
        at
        for at, edge in enumerate(want["edges"])
        if not spec["edges"][at]["id"].startswith("loop-edge-") and edge["from_id"] != "trigger"
    ]
    if not plain:
        return
    at = data.draw(st.sampled_from(plain))
    starts = [(edge["from_id"], edge.get("condition_id")) for edge in want["edges"]]
    if starts.count(starts[at]) > 1 or any("loop_config" in task for task in want["tasks"]):
        return  # which of several is meant, and what closes a loop, is another question
    changed = copy.deepcopy(want)
    changed["edges"][at]["to_id"] = "" if changed["edges"][at].get("to_id") else changed["tasks"][0]["id"]
    for memory in (parts, {}):
        moved, _ = sent(changed, live, memory)
        assert moved["edges"][at]["id"] == spec["edges"][at]["id"]


# --- by name


def flow(*tasks: Json, **other: Json) -> Json:
    return {"name": "Flow", "phases": [{"id": "p", "name": "Phase"}], "tasks": list(tasks), "edges": [], **other}


def task(id: str, name: str, **other: Json) -> Json:
    return {"id": id, "name": name, "task_type": "MANUAL", "phase_id": "p", **other}


NODES: dict[str, tuple[Json, Json, Json, Json, list[str]]] = {
    # case: manifest, live, remembered nodes → local to live, findings
    "same id": (flow(task("a", "A")), flow(task("a", "Other")), {}, {"p": "p", "a": "a"}, []),
    "by name": (flow(task("a", "A")), flow(task("x1", "A")), {}, {"p": "p", "a": "x1"}, []),
    "new": (flow(task("a", "A"), task("b", "B")), flow(task("x1", "A")), {}, {"p": "p", "a": "x1", "b": "b"}, []),
    "remembered, renamed": (flow(task("a", "B")), flow(task("x1", "A")), {"a": "x1"}, {"p": "p", "a": "x1"}, []),
    "key renamed": (flow(task("b", "A")), flow(task("x1", "A")), {"a": "x1"}, {"p": "p", "b": "x1"}, []),
    "a name that another key has": (
        flow(task("a", "A"), task("b", "A")),
        flow(task("x1", "A")),
        {"a": "x1"},
        {"p": "p", "a": "x1", "b": "b"},
        [],
    ),
    "phases by name": (
        {**flow(task("a", "A", phase_id="q")), "phases": [{"id": "q", "name": "Phase"}]},
        flow(task("x1", "A")),
        {},
        {"q": "p", "a": "x1"},
        [],
    ),
    "same name in another phase": (
        flow(task("a", "A")),
        flow(task("x1", "A"), task("x2", "A", phase_id="p2")),
        {},
        {"p": "p", "a": "x1"},
        [],
    ),
    "two live ones": (
        flow(task("a", "A")),
        flow(task("x1", "A"), task("x2", "A")),
        {},
        {"p": "p", "a": "a"},
        ["task `a` could be 2 live ones of the name `A`: `x1`, `x2`"],
    ),
    "two of ours": (
        flow(task("a", "A"), task("b", "A")),
        flow(task("x1", "A")),
        {},
        {"p": "p", "a": "a", "b": "b"},
        [
            "task `a` is one of several that could be the live one of the name `A`: `x1`",
            "task `b` is one of several that could be the live one of the name `A`: `x1`",
        ],
    ),
    "key of another live part": (
        flow(task("a", "A"), task("x1", "New")),
        flow(task("x1", "A")),
        {"a": "x1"},
        {"p": "p", "a": "x1", "x1": stable_id(HOUSE, "node", "x1")},
        [],
    ),
    "forgotten live one": (flow(task("a", "A")), flow(task("x1", "B")), {"a": "gone"}, {"p": "p", "a": "gone"}, []),
}


@pytest.mark.parametrize(("want", "have", "known", "nodes", "said"), NODES.values(), ids=NODES)
def test_tasks_and_phases_by_name(want, have, known, nodes, said) -> None:
    ids = identify(HOUSE, want, have, {"nodes": known})
    assert (ids.parts["nodes"], [each.message for each in ids.findings]) == (nodes, said)
    assert all(each.rule == "parts-unclear" and each.path[0] == "tasks" for each in ids.findings)


def decision(*conditions: tuple[str, str], **other: Json) -> Json:
    branches = [{"id": id, "branch_name": name, "logical_operator": "AND", "statements": []} for id, name in conditions]
    return task("d", "D", task_type="DECISION", trigger_mode="manual", conditions=branches, **other)


def ends(*edges: tuple[str, bool]) -> list[Json]:
    return [{"id": f"e-{id}", "from_id": "d", "condition_id": id, "none_met": default} for id, default in edges]


YES_NO = flow(decision(("yes", "Yes"), ("no", "No")), edges=ends(("yes", False), ("no", True)))
NO_ID = "none-met-" + stable_id(HOUSE, "condition", "no")
YES_ID = "none-met-" + stable_id(HOUSE, "condition", "yes")
LIVE_YES_NO = flow(decision(("c1", "Yes"), ("none-met-9", "No")), edges=ends(("c1", False), ("none-met-9", True)))
BRANCHES: dict[str, tuple[Json, Json, Json, Json, int]] = {
    # case: manifest, live, remembered conditions → local to live, findings
    "new": (YES_NO, {}, {}, {"yes": "yes", "no": NO_ID}, 0),
    "by name": (YES_NO, LIVE_YES_NO, {}, {"yes": "c1", "no": "none-met-9"}, 0),
    "remembered, renamed": (
        flow(decision(("yes", "Ja"), ("no", "Nein")), edges=YES_NO["edges"]),
        LIVE_YES_NO,
        {"yes": "c1", "no": "none-met-9"},
        {"yes": "c1", "no": "none-met-9"},
        0,
    ),
    "another default": (
        {**YES_NO, "edges": ends(("yes", True), ("no", False))},
        LIVE_YES_NO,
        {"yes": "c1", "no": "none-met-9"},
        {"yes": YES_ID, "no": "no"},
        0,
    ),
    "a default made elsewhere, without the shape": (
        YES_NO,
        flow(decision(("c1", "Yes"), ("c2", "No")), edges=ends(("c1", False), ("c2", True))),
        {},
        {"yes": "c1", "no": "c2"},
        0,
    ),
    "edges not declared": (
        {name: value for name, value in YES_NO.items() if name != "edges"},
        LIVE_YES_NO,
        {},
        {"yes": "c1", "no": "none-met-9"},
        0,
    ),
    "exit": (
        flow(
            decision(
                ("yes", "Yes"),
                ("no", "No"),
                ("out", "Out"),
                loop_config={"loop_branch_id": "yes", "exit_branch_id": "out"},
            ),
            edges=ends(("yes", False), ("no", True), ("out", False)),
        ),
        {},
        {},
        {"yes": "yes", "no": NO_ID, "out": "exit-loop-" + stable_id(HOUSE, "condition", "out").replace("-", "")},
        0,
    ),
    "exit that the manifest leaves to the platform": (
        flow(decision(("yes", "Yes"), ("out", "Out")), edges=ends(("yes", False), ("out", False))),
        flow(
            decision(
                ("yes", "Yes"),
                ("exit-loop-7", "Out"),
                loop_config={"loop_branch_id": "yes", "exit_branch_id": "exit-loop-7"},
            ),
            edges=ends(("yes", False), ("exit-loop-7", False)),
        ),
        {},
        {"yes": "yes", "out": "exit-loop-7"},
        0,
    ),
    "written as the platform has it": (
        flow(decision(("c1", "Yes"), ("none-met-9", "No")), edges=LIVE_YES_NO["edges"]),
        LIVE_YES_NO,
        {},
        {"c1": "c1", "none-met-9": "none-met-9"},
        0,
    ),
    "two live ones of a name": (
        YES_NO,
        flow(decision(("c1", "Yes"), ("c2", "Yes"), ("none-met-9", "No")), edges=[]),
        {},
        {"yes": "yes", "no": "none-met-9"},
        1,
    ),
}


@pytest.mark.parametrize(("want", "have", "known", "conditions", "findings"), BRANCHES.values(), ids=BRANCHES)
def test_branches_by_name_and_shape(want, have, known, conditions, findings) -> None:
    ids = identify(HOUSE, want, have, {"conditions": known})
    assert (ids.parts["conditions"], len(ids.findings)) == (conditions, findings)


def test_triggers_are_found_by_what_they_are_about_and_each_once() -> None:
    def two(*triggers: Json) -> Json:
        return flow(additional_triggers=list(triggers), trigger={"type": "manual"})

    a, b = ({"type": "journey_automation", "entity_schema": each} for each in ("contact", "order"))
    have = {**two({**a, "id": "t1"}, {**b, "id": "t2"}), "trigger": {"type": "automation", "id": "t0"}}
    assert identify(HOUSE, two(b, a), have, {}).parts["triggers"] == {"0": "t0", "1": "t2", "2": "t1"}
    assert identify(HOUSE, two(b, a), have, {"triggers": {"1": "t1", "2": "t2"}}).parts["triggers"] == {
        "0": "t0",
        "1": "t2",
        "2": "t1",
    }
    twins = two({**a, "id": "t1"}, {**a, "id": "t2"})
    assert identify(HOUSE, two(a, a), twins, {}).parts["triggers"]["2"] == "t2"
    named = two({**b, "id": "mine"}, {**a, "id": "t1"})
    assert identify(HOUSE, named, have, {"triggers": {"mine": "t2"}}).parts["triggers"] == {
        "0": "t0",
        "mine": "t2",
        "t1": "t1",
    }
    new = identify(HOUSE, two({"type": "manual", "id": "mine"}), have, {}).parts["triggers"]
    assert new == {"0": "t0", "mine": stable_id(HOUSE, "trigger", "mine")}


def test_statements_keep_the_ids_of_the_same_question() -> None:
    def asking(*statements: Json) -> Json:
        return flow(
            {
                **decision(("yes", "Yes")),
                "conditions": [{"id": "yes", "branch_name": "Yes", "statements": list(statements)}],
            }
        )

    a, b, c = ({"operator": "equals", "values": [each], "source": {"attribute": "x"}} for each in "abc")
    have = asking({**a, "id": "s1"}, {**b, "id": "s2"})
    found = identify(HOUSE, asking(b, c), have, {}).parts["statements"]
    assert found == {"yes/0": "s2", "yes/1": "s1"}
    assert identify(HOUSE, asking({**c, "id": "s2"}, a), have, {}).parts["statements"] == {
        "yes/s2": "s2",
        "yes/1": "s1",
    }
    assert identify(HOUSE, asking(a, b, c), have, {}).parts["statements"]["yes/2"] == stable_id(
        HOUSE, "statement", "yes/2"
    )


def test_a_statement_that_names_no_trigger_looks_at_the_flows_own() -> None:
    source = {"origin": "trigger", "attribute": "x"}
    want = flow(
        {**decision(("yes", "Yes")), "conditions": [{"id": "yes", "statements": [{"source": source}]}]},
        trigger={"id": "start"},
    )
    spec, parts = sent(want)
    assert (
        spec["tasks"][0]["conditions"][0]["statements"][0]["source"]["id"]
        == spec["trigger"]["id"]
        == parts["triggers"]["start"]
    )


def test_every_place_of_a_part_is_translated() -> None:
    want = flow(
        task("a", "A"),
        task(
            "b",
            "B",
            requirements=[{"when": "TASK_FINISHED", "task_id": "a"}, {"when": "PHASE_FINISHED", "phase_id": "p"}],
            due_date_config={"task_id": "a"},
            automation_config={"input_context": {"source": "task", "task_id": "a"}},
            schedule={"mode": "relative", "reference": {"origin": "task_completed", "id": "a"}},
        ),
        task("c", "C", schedule={"mode": "relative", "reference": {"origin": "all_preceding_tasks_completed"}}),
        due_date_config={"phase_id": "p"},
        edges=[{"from_id": "trigger", "to_id": "p"}, {"from_id": "a", "to_id": None}],
        entity_sync=[
            {"trigger": {"filter": {"task_template_id": "a"}}},
            {"trigger": {"filter": {"phase_template_id": "p"}}},
            {},
        ],
    )
    have = flow(task("x1", "A"), task("x2", "B"), task("x3", "C"), phases=[{"id": "q", "name": "Phase"}])
    have["tasks"] = [{**each, "phase_id": "q"} for each in have["tasks"]]
    spec, _ = sent(want, have)
    for edge in spec["edges"]:
        del edge["id"]
    assert spec == flow(
        task("x1", "A", phase_id="q"),
        task(
            "x2",
            "B",
            phase_id="q",
            requirements=[{"when": "TASK_FINISHED", "task_id": "x1"}, {"when": "PHASE_FINISHED", "phase_id": "q"}],
            due_date_config={"task_id": "x1"},
            automation_config={"input_context": {"source": "task", "task_id": "x1"}},
            schedule={"mode": "relative", "reference": {"origin": "task_completed", "id": "x1"}},
        ),
        task(
            "x3",
            "C",
            phase_id="q",
            schedule={
                "mode": "relative",
                "reference": {"origin": "all_preceding_tasks_completed", "id": "all_preceding_tasks_completed"},
            },
        ),
        phases=[{"id": "q", "name": "Phase"}],
        due_date_config={"phase_id": "q"},
        edges=[{"from_id": "trigger", "to_id": "q"}, {"from_id": "x1", "to_id": ""}],
        entity_sync=[
            {"trigger": {"filter": {"task_template_id": "x1"}}},
            {"trigger": {"filter": {"phase_template_id": "q"}}},
            {},
        ],
    )


def test_ids_of_our_own_are_the_same_everywhere() -> None:
    assert stable_id(HOUSE, "node", "a") == "91a719b9-9120-5a7a-9ac5-82ccdaebd519"
    assert stable_id(HOUSE, "node", "a") != stable_id(HOUSE, "edge", "a")
