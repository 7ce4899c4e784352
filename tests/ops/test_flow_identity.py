"""Which part of a flow is which: called by another key, with aliases and without; the flow's own trigger among others;
and what goes along with a part that somebody changes."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable

import pytest

from simulation.manifests import document
from simulation.world import World
from syncer.model.diagnostic import InvalidInput
from tests.support.part_identity import FLOW, PARTS, Bench, Json, Part, asks, branch, part_at, renamed, with_key

KEYED = {name: part for name, part in PARTS.items() if part.kind == "FlowTemplate" and name != "statement"}
"""A statement's key is its id."""
WITH_ALIASES = {name: part for name, part in KEYED.items() if name != "edge"}


@pytest.mark.parametrize("part", KEYED)
def test_another_key_in_the_manifest(begin: Callable[[Part], Bench], part: str) -> None:
    """The name stays, so it is the same part; and nothing is sent."""
    sort = KEYED[part]
    bench = begin(sort)
    bench.edit(lambda spec: with_key(spec, sort.one, "another"))
    bench.settled()


@pytest.mark.parametrize("part", [each for each in KEYED if each != "decision"])
def test_two_that_swap_their_keys(begin: Callable[[Part], Bench], part: str) -> None:
    """A key is the part: what it says of each is now said of the other, and both keep their ids."""
    sort = KEYED[part]
    bench = begin(sort)
    ids, one, two = bench.ids(sort), bench.live_key(sort, sort.one), bench.live_key(sort, sort.two)
    bench.edit(
        lambda spec: with_key(with_key(with_key(spec, sort.one, "between"), sort.two, sort.one), "between", sort.two)
    )
    said = {
        id: part_at(sort, bench.manifest["spec"], key)[sort.title] for key, id in ((sort.one, one), (sort.two, two))
    }
    bench.world.apply()
    assert bench.ids(sort) == ids
    if sort.title != "to_id":
        assert {id: part_at(sort, bench.live(), id)[sort.title] for id in (one, two)} == said
    bench.settled()


def test_a_decision_and_a_task_that_swap_their_keys(begin: Callable[[Part], Bench]) -> None:
    """The line that is left out leaves the decision in the task's phase, and so it is refused."""
    bench = begin(PARTS["decision"])
    live = bench.live()
    bench.edit(
        lambda spec: with_key(with_key(with_key(spec, "choose", "between"), "call", "choose"), "between", "call")
    )
    with pytest.raises(InvalidInput) as refused:
        bench.world.plan()
    assert [(each.rule, each.message) for each in refused.value.problems] == [
        ("flow-phase-entry", "edge `e-choose` is a second entry of phase `check` beside `look`, once this is applied")
    ]
    assert bench.live() == live


@pytest.mark.parametrize("part", WITH_ALIASES)
def test_another_key_while_somebody_renames_it(begin: Callable[[Part], Bench], part: str) -> None:
    sort = WITH_ALIASES[part]
    bench = begin(sort)
    ids, one, two = bench.ids(sort), bench.live_key(sort, sort.one), bench.live_key(sort, sort.two)
    bench.edit(lambda spec: with_key(spec, sort.one, "another"))
    bench.hand(lambda live: renamed(sort, live, one, two))
    assert {each.cause for change in bench.world.plan().plan.changes for each in change.fields} == {"drift"}
    bench.world.apply()
    assert bench.ids(sort) == ids
    bench.settled()


@pytest.mark.parametrize("aliases", [False, True], ids=["without aliases", "with aliases"])
@pytest.mark.parametrize("part", WITH_ALIASES)
def test_key_and_name_in_one_edit(begin: Callable[[Part], Bench], part: str, aliases: bool) -> None:
    """It replaces the old one, which the plan says, unless the manifest says that it is the same."""
    sort = WITH_ALIASES[part]
    bench = begin(sort)
    ids, one = bench.ids(sort), bench.live_key(sort, sort.one)

    def change(spec: Json) -> Json:
        renamed(sort, spec, sort.one, sort.two)
        spec = with_key(spec, sort.one, "another")
        if aliases:
            part_at(sort, spec, "another")["aliases"] = [sort.one]
        return spec

    bench.edit(change)
    notices = [each.message for each in bench.world.plan().plan.notices if "running executions lose it" in each.message]
    bench.world.apply()
    if aliases:
        assert (bench.ids(sort), notices) == (ids, [])
    else:
        assert len(notices) == 1
        assert (
            f"`another` replaces {'task' if part.endswith('task') or part == 'decision' else part} `{sort.one}`"
            in notices[0]
        )
        assert [each for each in bench.ids(sort) if each not in ids] != []
        assert [each for each in ids if each not in bench.ids(sort)] == [(one, one)]
    bench.settled()


# --- the flow's own trigger, and what goes along

TRIGGER = PARTS["trigger"]


def own_swapped(flow: Json) -> None:
    """The flow's own trigger and the first additional one change places."""
    flow["trigger"], flow["additional_triggers"][0] = flow["additional_triggers"][0], flow["trigger"]


def triggers(flow: Json) -> list[Json]:
    return [flow["trigger"], *flow["additional_triggers"]]


def by_schema(flow: Json) -> dict[str, Json]:
    return {each["entity_schema"]: each for each in triggers(flow)}


def coloured(flow: Json) -> None:
    """Fields that nobody here knows, in every trigger another one."""
    for number, each in enumerate(triggers(flow)):
        each[f"colour_{number}"] = number


@pytest.mark.parametrize("keyed", [True, False], ids=["with keys", "without keys"])
@pytest.mark.parametrize("how", ["in the manifest", "by hand, taken back", "by hand, taken over", "both"])
def test_the_own_trigger_and_another_change_places(begin: Callable[[Part], Bench], how: str, keyed: bool) -> None:
    bench = begin(TRIGGER)
    if not keyed:

        def bare(spec: Json) -> None:
            for each in triggers(spec):
                del each["id"]
            for condition in spec["tasks"][2]["conditions"]:
                for statement in condition["statements"]:
                    if statement["source"]["id"] == "by-hand":
                        del statement["source"]["id"]
                condition["statements"] = [each for each in condition["statements"] if each["id"] != "s-three"]
                if condition["id"] == "maybe":
                    condition["statements"] = [asks("s-three", "x", "late")]
                    del condition["statements"][0]["source"]["id"]

        bench.edit(bare)
        assert bench.world.apply().code == 0
    bench.hand(coloured)
    before = by_schema(bench.live())
    if how != "in the manifest":
        bench.hand(own_swapped)
    if how in ("in the manifest", "both"):
        bench.edit(own_swapped)
    if how == "by hand, taken over":
        bench.pull()
    bench.world.apply()
    bench.settled()
    assert by_schema(bench.live()) == before
    own = "opportunity" if how == "by hand, taken back" else "contact"
    assert bench.live()["trigger"]["entity_schema"] == own


FIRST = {"type": "manual", "entity_schema": "product"}
PLACED: dict[str, tuple[Callable[[Json], object], list[str], int]] = {
    # edit of a flow whose triggers have no keys: how, what its triggers look at then, how many ids are new
    "one more at the front": (
        lambda spec: spec["additional_triggers"].insert(0, FIRST),
        ["opportunity", "product", "contact", "order"],
        1,
    ),
    "the own one goes on as another": (
        lambda spec: (spec["additional_triggers"].append(spec["trigger"]), spec.update(trigger=FIRST)),
        ["product", "contact", "order", "opportunity"],
        1,
    ),
    "the first goes, and one comes at the end": (
        lambda spec: (spec["additional_triggers"].pop(0), spec["additional_triggers"].append(FIRST)),
        ["opportunity", "order", "product"],
        1,
    ),
    "two come at the front": (
        lambda spec: spec["additional_triggers"].__setitem__(slice(0, 0), [FIRST, {**FIRST, "entity_schema": "file"}]),
        ["opportunity", "product", "file", "contact", "order"],
        2,
    ),
}


@pytest.mark.parametrize("edit", PLACED)
def test_triggers_without_keys(world: World, edit: str) -> None:
    """What they look at is who they are; a new one gets no id that another has, though it stands in its old place."""
    change, schemas, new = PLACED[edit]
    spec = copy.deepcopy(FLOW["spec"])
    for each in triggers(spec):
        del each["id"]
    spec |= {"phases": [], "tasks": [{"id": "look", "name": "Look", "task_type": "MANUAL"}]}
    del spec["automations"]
    spec["edges"] = [{"from_id": "trigger", "to_id": "look"}]
    bench = Bench(world, document("FlowTemplate", "house", spec))
    bench.hand(lambda live: [each.update(x_mark=each["id"]) for each in triggers(live)] and None)
    before = {each["entity_schema"]: each["id"] for each in triggers(bench.live())}

    def changed(spec: Json) -> None:
        change(spec)

    bench.edit(changed)
    assert bench.world.apply().code == 0
    bench.settled()
    after = {each["entity_schema"]: each["id"] for each in triggers(bench.live())}
    assert (next(iter(after)), {*after}) == (schemas[0], {*schemas})
    assert {schema: id for schema, id in after.items() if schema in before} == {
        schema: id for schema, id in before.items() if schema in after
    }
    assert len({*after.values()} - {*before.values()}) == new
    assert len({*after.values()}) == len(after)
    assert {each["id"]: each.get("x_mark") for each in triggers(bench.live())} == {
        id: id if id in before.values() else None for id in after.values()
    }


def _asked(value: str) -> Json:
    bare = asks("", "", value)
    return {
        "source": {**{name: each for name, each in bare["source"].items() if name != "id"}},
        **{name: each for name, each in bare.items() if name not in ("id", "source")},
    }


def _bare_flow() -> Json:
    """A decision whose statements and edges have no ids in the manifest."""
    look, wait = ({"id": id, "name": id.capitalize(), "task_type": "MANUAL"} for id in ("look", "wait"))
    choose = {"id": "choose", "name": "Choose", "task_type": "DECISION", "trigger_mode": "automatic"}
    choose["conditions"] = [branch("yes", "Yes", _asked("open"), _asked("new")), branch("else", "Else")]
    return document(
        "FlowTemplate",
        "house",
        {
            "name": "House",
            "version": "v3",
            "enabled": True,
            "trigger": {"type": "manual", "entity_schema": "opportunity"},
            "tasks": [choose, look, wait],
            "edges": [
                {"from_id": "trigger", "to_id": "choose"},
                {"from_id": "choose", "condition_id": "yes", "to_id": "look"},
                {"from_id": "choose", "condition_id": "else", "none_met": True, "to_id": ""},
                {"from_id": "look", "to_id": ""},
            ],
        },
    )


def test_a_statement_put_in_front_of_others_gets_an_id_of_its_own(world: World) -> None:
    bench = Bench(world, _bare_flow())

    def ids() -> dict[str, str]:
        return {each["values"][0]: each["id"] for each in bench.live()["tasks"][0]["conditions"][0]["statements"]}

    before = ids()
    bench.edit(lambda spec: spec["tasks"][0]["conditions"][0]["statements"].insert(0, _asked("late")))
    assert bench.world.apply().code == 0
    bench.settled()
    after = ids()
    assert (sorted(after), {value: after[value] for value in before}) == (["late", "new", "open"], before)
    assert len({*after.values()}) == 3


def test_an_edge_where_a_rerouted_one_began_gets_an_id_of_its_own(world: World) -> None:
    bench = Bench(world, _bare_flow())
    first = bench.live()["edges"][3]
    bench.edit(lambda spec: spec["edges"][3].update(to_id="wait"))
    assert bench.world.apply().code == 0
    assert bench.live()["edges"][3] == {**first, "to_id": "wait"}

    def another(spec: Json) -> None:
        spec["edges"].append({"from_id": "wait", "to_id": ""})
        spec["edges"].append({"from_id": "look", "to_id": ""})

    bench.edit(another)
    assert bench.world.apply().code == 0
    bench.settled()
    edges = bench.live()["edges"]
    assert edges[3] == {**first, "to_id": "wait"}
    assert len({each["id"] for each in edges}) == len(edges) == 6


def test_a_decision_made_a_task_by_hand_is_taken_over_whole(begin: Callable[[Part], Bench]) -> None:
    bench = begin(PARTS["decision"])
    choose = bench.live_key(PARTS["decision"], "choose")

    def manual(live: Json) -> None:
        task = part_at(PARTS["decision"], live, choose)
        task["task_type"] = "MANUAL"
        del task["conditions"], task["trigger_mode"]
        live["edges"] = [
            {"id": f"x-{each['to_id']}", "from_id": choose, "to_id": each["to_id"]}
            if each["from_id"] == choose
            else each
            for each in live["edges"]
        ]

    bench.hand(manual)
    bench.pull()
    said = json.loads((bench.world.folder / "config" / "FlowTemplate-house.json").read_text("utf-8"))["spec"]
    assert said["tasks"][2] == {"id": "choose", "name": "Choose", "task_type": "MANUAL"}
    bench.settled()


def test_what_goes_with_a_change_by_hand_is_by_hand(begin: Callable[[Part], Bench]) -> None:
    bench = begin(PARTS["task"])
    due = {"duration": 3, "unit": "days", "type": "TASK_FINISHED"}
    bench.edit(lambda spec: spec["tasks"][1].update(due_date_config={**due, "task_id": "look"}))
    assert bench.world.apply().code == 0

    def change(live: Json) -> None:
        live["tasks"][1]["due_date_config"] = {**due, "type": "PHASE_FINISHED", "phase_id": "build"}

    bench.hand(change)
    (changed,) = bench.world.plan().plan.changes
    assert {each.path.rpartition(".")[2]: each.cause for each in changed.fields} == {
        "type": "drift",
        "task_id": "drift",
        "phase_id": "drift",
    }
    assert bench.world.drift().pending == 0


def test_what_a_left_out_line_leaves_behind_is_judged(begin: Callable[[Part], Bench]) -> None:
    """Without its line a loop stays live; without its way back it would never end."""
    bench = begin(PARTS["decision"])
    loop = {"loop_branch_id": "again", "exit_branch_id": "good", "max_iterations": 3}

    def looping(spec: Json) -> None:
        branches = [branch("good", "Good"), branch("again", "Again")]
        done = {"id": "done", "name": "Done?", "task_type": "DECISION", "phase_id": "build", "trigger_mode": "manual"}
        spec["tasks"].append({**done, "conditions": branches, "loop_config": loop})
        spec["tasks"].append({"id": "count", "name": "Count", "task_type": "MANUAL", "phase_id": "build"})
        spec["edges"] += [
            {"from_id": "mail", "to_id": "done"},
            {"from_id": "done", "condition_id": "good", "to_id": ""},
            {"from_id": "done", "condition_id": "again", "to_id": "count"},
            {"from_id": "count", "to_id": "dig"},
        ]

    bench.edit(looping)
    assert bench.world.apply().code == 0

    def left_out(spec: Json) -> None:
        del spec["tasks"][-2]["loop_config"]
        del spec["edges"][-1]

    bench.edit(left_out)
    with pytest.raises(InvalidInput) as refused:
        bench.world.plan()
    assert [(each.rule, each.message) for each in refused.value.problems] == [
        (
            "flow-loop-open",
            "the loop branch `again` of task `done` never leads back to it, once this is applied",
        )
    ]
    bench.edit(lambda spec: spec["tasks"][-2].update(loop_config=None))
    bench.world.apply()
    bench.settled()
