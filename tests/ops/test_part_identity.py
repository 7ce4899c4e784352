"""Which part is which: every keyed part of every kind that has some, moved, renamed, swapped, called by another key,
removed and made anew; in the manifest, by hand, and both; applied and pulled. Ids are compared byte by byte.

`pytest tests/ops/test_part_identity.py --collect-only -q` prints how many cells there are.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from simulation.manifests import document
from simulation.world import World
from syncer.fs.change_set import write
from syncer.manifests.project import choose, read_project
from syncer.manifests.resolution import read_manifests
from syncer.model.address import Address
from syncer.model.diagnostic import InvalidInput, Problem
from syncer.ops.cached_reader import CachedReader
from syncer.ops.pull.write_back import take_over
from syncer.ops.refresh import read_sides
from syncer.ops.selection import PlanRequest

Json = Any
SET_BY_THE_PLATFORM = ("id", "created_at", "updated_at", "version", "comment", "source")


def branch(id: str, name: str, *statements: Json) -> Json:
    return {"id": id, "branch_name": name, "logical_operator": "AND", "statements": list(statements)}


def asks(id: str, trigger: str, value: str) -> Json:
    source = {"id": trigger, "origin": "trigger", "origin_type": "entity", "schema": "opportunity"}
    source |= {"attribute": "status", "attribute_type": "status"}
    return {"id": id, "source": source, "operator": "equals", "values": [value]}


FLOW = document(
    "FlowTemplate",
    "house",
    {
        "name": "House",
        "version": "v3",
        "enabled": True,
        "trigger": {"id": "by-hand", "type": "manual", "entity_schema": "opportunity"},
        "additional_triggers": [
            {"id": "of-contact", "type": "manual", "entity_schema": "contact"},
            {"id": "of-order", "type": "manual", "entity_schema": "order"},
        ],
        "phases": [{"id": "check", "name": "Check"}, {"id": "build", "name": "Build"}],
        "tasks": [
            {"id": "look", "name": "Look", "task_type": "MANUAL", "phase_id": "check"},
            {"id": "call", "name": "Call", "task_type": "MANUAL", "phase_id": "check"},
            {
                "id": "choose",
                "name": "Choose",
                "task_type": "DECISION",
                "trigger_mode": "automatic",
                "conditions": [
                    branch("yes", "Yes", asks("s-one", "by-hand", "open"), asks("s-two", "by-hand", "new")),
                    branch("maybe", "Maybe", asks("s-three", "of-contact", "late")),
                    branch("else", "Else"),
                ],
            },
            {"id": "dig", "name": "Dig", "task_type": "MANUAL", "phase_id": "build"},
            {
                "id": "mail",
                "name": "Mail",
                "task_type": "AUTOMATION",
                "phase_id": "build",
                "automation_config": {"flow_id": {"automation": "mail"}},
            },
            {"id": "refuse", "name": "Refuse", "task_type": "MANUAL"},
            {"id": "wait", "name": "Wait", "task_type": "MANUAL"},
        ],
        "edges": [
            {"id": "e-start", "from_id": "trigger", "to_id": "check"},
            {"id": "e-check", "from_id": "check", "to_id": "look"},
            {"id": "e-look", "from_id": "look", "to_id": "call"},
            {"id": "e-choose", "from_id": "check", "to_id": "choose"},
            {"id": "e-yes", "from_id": "choose", "condition_id": "yes", "to_id": "build"},
            {"id": "e-maybe", "from_id": "choose", "condition_id": "maybe", "to_id": "wait"},
            {"id": "e-else", "from_id": "choose", "condition_id": "else", "none_met": True, "to_id": "refuse"},
            {"id": "e-build", "from_id": "build", "to_id": "dig"},
            {"id": "e-dig", "from_id": "dig", "to_id": "mail"},
        ],
        "automations": {
            "mail": {
                "flow_name": "Mail",
                "triggers": [{"type": "flows_trigger", "configuration": {}}],
                "actions": [{"name": "Mail", "type": "send-email", "config": {"email_template_id": "t"}}],
            }
        },
    },
)
SCHEMA = document(
    "EntitySchema",
    "site",
    {
        "slug": "site",
        "name": "Site",
        "plural": "Sites",
        "group_settings": [{"id": "g-one", "label": "One"}, {"id": "g-two", "label": "Two"}, {"label": "Three"}],
        "group_headlines": [
            {"name": "h-one", "type": "headline", "label": "Head", "group": "g-one"},
            {"name": "h-two", "type": "headline", "label": "Foot", "group": "g-two"},
        ],
        "attributes": [
            {"name": "a", "label": "A", "type": "string", "group": "g-one"},
            {"name": "b", "label": "B", "type": "string", "group": "g-two"},
            {"name": "c", "label": "C", "type": "string", "group": "Three"},
            {
                "name": "rows",
                "label": "Rows",
                "type": "table",
                "columns": [{"name": "x", "label": "X"}, {"name": "y", "label": "Y"}],
            },
        ],
        "capabilities": [
            {"name": "extra", "title": "Extra", "attributes": [{"name": "d", "label": "D", "type": "string"}]},
            {"name": "other", "title": "Other", "attributes": [{"name": "e", "label": "E", "type": "string"}]},
        ],
        "conditions": [
            {
                "id": "11111111-1111-4111-8111-111111111111",
                "name": "big",
                "label": "Big",
                "type": "string",
            },
            {
                "id": "22222222-2222-4222-8222-222222222222",
                "name": "small",
                "label": "Small",
                "type": "string",
            },
        ],
    },
)


class Part(NamedTuple):
    """A sort of part: how its list is reached in a spec, two of its keys, what people call it, and the field that
    holds its key."""

    kind: str
    items: Callable[[Json], list[Json]]
    one: str
    two: str
    title: str
    key: str = "id"


def of(*path: str | int) -> Callable[[Json], Json]:
    """The list that stands there."""

    def find(spec: Json) -> Json:
        for step in path:
            spec = spec[step]
        return spec

    return find


CHOICE = of("tasks", 2, "conditions")
PARTS = {
    "phase": Part("FlowTemplate", of("phases"), "check", "build", "name"),
    "task": Part("FlowTemplate", of("tasks"), "look", "dig", "name"),
    "decision": Part("FlowTemplate", of("tasks"), "choose", "call", "name"),
    "automated task": Part("FlowTemplate", of("tasks"), "mail", "wait", "name"),
    "branch": Part("FlowTemplate", CHOICE, "yes", "maybe", "branch_name"),
    "statement": Part("FlowTemplate", of("tasks", 2, "conditions", 0, "statements"), "s-one", "s-two", "values"),
    "trigger": Part("FlowTemplate", of("additional_triggers"), "of-contact", "of-order", "entity_schema"),
    "edge": Part("FlowTemplate", of("edges"), "e-look", "e-dig", "to_id"),
    "group": Part("EntitySchema", of("group_settings"), "g-one", "g-two", "label"),
    "headline": Part("EntitySchema", of("group_headlines"), "h-one", "h-two", "label", "name"),
    "attribute": Part("EntitySchema", of("attributes"), "a", "b", "label", "name"),
    "column": Part("EntitySchema", of("attributes", 3, "columns"), "x", "y", "label", "name"),
    "capability": Part("EntitySchema", of("capabilities"), "extra", "other", "title", "name"),
    "condition": Part("EntitySchema", of("conditions"), "big", "small", "label", "name"),
}
Edit = Callable[[Part, Json, str, str], object]


def _at(part: Part, spec: Json, key: str) -> Json:
    return next(each for each in part.items(spec) if each.get(part.key) == key)


def moved(part: Part, spec: Json, one: str, two: str) -> None:
    """To the end of its list."""
    listed = part.items(spec)
    listed.append(listed.pop(listed.index(_at(part, spec, one))))


def renamed(part: Part, spec: Json, one: str, two: str) -> None:
    """People call it otherwise; the key stays."""
    item = _at(part, spec, one)
    new = {"entity_schema": "product", "to_id": ""}.get(part.title, f"{item[part.title]} new")
    item[part.title] = ["other"] if part.title == "values" else new


def swapped(part: Part, spec: Json, one: str, two: str) -> None:
    """Two change places."""
    listed = part.items(spec)
    here, there = (listed.index(_at(part, spec, each)) for each in (one, two))
    listed[here], listed[there] = listed[there], listed[here]


def titles_swapped(part: Part, spec: Json, one: str, two: str) -> None:
    """Two are called what the other was."""
    first, second = _at(part, spec, one), _at(part, spec, two)
    first[part.title], second[part.title] = second[part.title], first[part.title]


EDITS: dict[str, Edit] = {"moved": moved, "renamed": renamed, "swapped": swapped, "titles swapped": titles_swapped}


class Bench:
    """A world with one manifest, applied; the ids of its live object."""

    def __init__(self, world: World, manifest: Json) -> None:
        self.world, self.manifest = world, copy.deepcopy(manifest)
        self.kind, self.name = manifest["kind"], manifest["metadata"]["name"]
        world.put(self.manifest)
        assert world.apply().code == 0
        assert world.changes() == {}
        self.before = self.live()

    def live(self) -> Json:
        known = {"FlowTemplate": {"name": "House"}, "EntitySchema": {"slug": "site"}}[self.kind]
        return self.world.one(self.kind, **known)

    def hand(self, change: Callable[[Json], object]) -> None:
        """What somebody does past syncer, in the whole document."""
        live = self.live()
        live = change(live) or live
        if self.kind == "FlowTemplate":
            self.world.ask(f"PUT /v2/flows/templates/{live['id']}", live)
        else:
            body = {name: value for name, value in live.items() if name not in SET_BY_THE_PLATFORM}
            self.world.ask("PUT /v1/entity/schemas/site", body)

    def edit(self, change: Callable[[Json], object]) -> None:
        spec = copy.deepcopy(self.manifest["spec"])
        self.manifest["spec"] = change(spec) or spec
        self.world.put(self.manifest)

    def live_key(self, part: Part, key: str) -> str:
        """By what the live part is found that the manifest calls so."""
        if part.key != "id":
            return key
        groups = self.world.state().entries[Address(self.kind, self.name)].parts
        return next((ids[key] for ids in groups.values() if key in ids), key)

    def ids(self, part: Part) -> list[tuple[str, str]]:
        """(id, key) of every part of the sort."""
        return sorted((str(each.get("id", "")), str(each[part.key])) for each in part.items(self.live()))

    def pull(self) -> None:
        """Take over what was done by hand, and go on with what is in the files."""
        world, project = self.world, read_project(self.world.folder / "syncer.yaml")
        with world.api(read_only=True) as api:
            reader, unread = CachedReader(api, forgiving=True), dict[Address, Problem]()
            wanted, entries = world.wanted()[0], world.state().entries
            sides, _, _, looked_at = read_sides(reader, world.fetch, wanted, entries, PlanRequest(world.target), unread)
        environment = choose(project, world.environment)
        taken = take_over(read_manifests(project), environment, sides, looked_at, unread=unread)
        assert taken.unwritten == []
        write(taken.changes, world.folder)

    def settled(self) -> None:
        """Nothing is left to do, and applying that changes nothing."""
        live = self.live()
        assert self.world.changes() == {}
        assert self.world.apply().calls == []
        assert self.live() == live


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Callable[[Part], Bench]]:
    worlds: list[World] = []

    def new(part: Part) -> Bench:
        worlds.append(World(tmp_path, {"quota_per_minute": None}))
        return Bench(worlds[0], {"FlowTemplate": FLOW, "EntitySchema": SCHEMA}[part.kind])

    yield new
    for each in worlds:
        each.close()


CELLS = [(part, edit) for part in PARTS for edit in EDITS]
cells = pytest.mark.parametrize(("part", "edit"), CELLS, ids=[" ".join(each) for each in CELLS])
every_part = pytest.mark.parametrize("part", PARTS)


@cells
def test_in_the_manifest(begin: Callable[[Part], Bench], part: str, edit: str) -> None:
    sort = PARTS[part]
    bench = begin(sort)
    ids, kept = bench.ids(sort), bench.live_key(sort, sort.one)
    bench.edit(lambda spec: EDITS[edit](sort, spec, sort.one, sort.two))
    said = _at(sort, bench.manifest["spec"], sort.one)
    bench.world.apply()
    assert bench.ids(sort) == ids
    if sort.title != "to_id":
        assert _at(sort, bench.live(), kept)[sort.title] == said[sort.title]
    bench.settled()


@cells
def test_by_hand_and_taken_back(begin: Callable[[Part], Bench], part: str, edit: str) -> None:
    sort = PARTS[part]
    bench = begin(sort)
    ids, one, two = bench.ids(sort), bench.live_key(sort, sort.one), bench.live_key(sort, sort.two)
    bench.hand(lambda live: EDITS[edit](sort, live, one, two))
    causes = {each.cause for change in bench.world.plan().plan.changes for each in change.fields}
    assert causes <= {"drift"}
    bench.world.apply()
    assert bench.ids(sort) == ids
    assert _at(sort, bench.live(), one)[sort.title] == _at(sort, bench.before, one)[sort.title]
    bench.settled()


@cells
def test_by_hand_and_taken_over(begin: Callable[[Part], Bench], part: str, edit: str) -> None:
    sort = PARTS[part]
    bench = begin(sort)
    ids, one, two = bench.ids(sort), bench.live_key(sort, sort.one), bench.live_key(sort, sort.two)
    bench.hand(lambda live: EDITS[edit](sort, live, one, two))
    bench.pull()
    bench.settled()
    assert bench.ids(sort) == ids


@cells
def test_both_at_once(begin: Callable[[Part], Bench], part: str, edit: str) -> None:
    """Renamed in the manifest, and something else by hand: the part keeps its id and has the manifest's name."""
    sort = PARTS[part]
    bench = begin(sort)
    ids, one, two = bench.ids(sort), bench.live_key(sort, sort.one), bench.live_key(sort, sort.two)
    bench.edit(lambda spec: renamed(sort, spec, sort.one, sort.two))
    bench.hand(lambda live: EDITS[edit](sort, live, one, two))
    said = _at(sort, bench.manifest["spec"], sort.one)
    bench.world.apply()
    assert bench.ids(sort) == ids
    if sort.title != "to_id":
        assert _at(sort, bench.live(), one)[sort.title] == said[sort.title]
    bench.settled()


def with_key(spec: Json, old: str, new: str) -> Json:
    """The spec in which a part has another key, wherever it is named."""
    return json.loads(json.dumps(spec).replace(f'"{old}"', f'"{new}"'))


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
            _at(sort, spec, "another")["aliases"] = [sort.one]
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


REMADE = {name: part for name, part in PARTS.items() if part.key == "id" and name != "statement"}


@pytest.mark.parametrize("part", REMADE)
def test_made_anew_by_hand_and_taken_back(begin: Callable[[Part], Bench], part: str) -> None:
    """What somebody removed and made again under the same name is another part: both are shown as done by hand."""
    sort = REMADE[part]
    bench = begin(sort)
    ids, one = bench.ids(sort), bench.live_key(sort, sort.one)
    bench.hand(lambda live: with_key(live, one, "made-anew"))
    planned = bench.world.plan().plan.changes
    assert {each.cause for change in planned for each in change.fields} == {"drift"}
    bench.world.apply()
    there = [each for each in bench.ids(sort) if each[0] != "made-anew" or part != "group"]
    assert there == ids
    bench.settled()


@pytest.mark.parametrize("part", [each for each in REMADE if each != "group"])
def test_made_anew_by_hand_and_taken_over(begin: Callable[[Part], Bench], part: str) -> None:
    """It has a key of its own, so that no other state takes it for the old one."""
    sort = REMADE[part]
    bench = begin(sort)
    one = bench.live_key(sort, sort.one)
    bench.hand(lambda live: with_key(live, one, "made-anew"))
    ids = bench.ids(sort)
    bench.pull()
    bench.settled()
    assert bench.ids(sort) == ids
    bench.world.forget()
    assert bench.world.changes() == {}


@pytest.mark.parametrize("part", REMADE)
def test_both_made_anew_and_renamed(begin: Callable[[Part], Bench], part: str) -> None:
    sort = REMADE[part]
    bench = begin(sort)
    ids, one = bench.ids(sort), bench.live_key(sort, sort.one)
    bench.edit(lambda spec: renamed(sort, spec, sort.one, sort.two))
    bench.hand(lambda live: with_key(live, one, "made-anew"))
    bench.world.apply()
    assert [each for each in bench.ids(sort) if each[0] != "made-anew" or part != "group"] == ids
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


def test_a_decision_made_a_task_by_hand_is_taken_over_whole(begin: Callable[[Part], Bench]) -> None:
    bench = begin(PARTS["decision"])
    choose = bench.live_key(PARTS["decision"], "choose")

    def manual(live: Json) -> None:
        task = _at(PARTS["decision"], live, choose)
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


def test_a_group_that_is_gone_is_said_with_what_stands_in_it(begin: Callable[[Part], Bench]) -> None:
    bench = begin(PARTS["group"])
    bench.hand(lambda live: live["group_settings"][0].update(id="9f0e"))
    assert [each.message for each in bench.world.plan().plan.notices if each.rule == "kind"] == [
        "group `One` (`g-one`) was deleted in the organisation, and `a` still stands in it; `9f0e` has its label "
        "and is another group"
    ]
