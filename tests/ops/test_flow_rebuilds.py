"""What somebody rebuilt of a flow in the portal: `drift` and `plan` call all of it theirs, `pull --check` says that it
can be taken over, `pull` takes it over whole, and the next plan is empty.

`pytest tests/ops/test_flow_rebuilds.py --collect-only -q` prints how many there are.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from simulation.manifests import document
from simulation.promotions import Two, pulled
from simulation.world import World
from syncer.model.diagnostic import InvalidInput
from syncer.ops.pull.write_back import WriteBackResult

Json = Any


def task(id: str, phase: str = "", **more: Json) -> Json:
    return {"id": id, "name": id.capitalize(), "task_type": "MANUAL", **({"phase_id": phase} if phase else {}), **more}


def branch(id: str, *statements: Json) -> Json:
    return {"id": id, "branch_name": id.capitalize(), "logical_operator": "AND", "statements": list(statements)}


def asks(id: str, value: str) -> Json:
    source = {"id": "by-hand", "origin": "trigger", "origin_type": "entity", "schema": "opportunity"}
    source |= {"attribute": "status", "attribute_type": "status"}
    return {"id": id, "source": source, "operator": "equals", "values": [value]}


def edge(start: str, end: str, condition: str = "", **more: Json) -> Json:
    by = {"condition_id": condition} if condition else {}
    return {"id": f"e-{condition or start}-{end}", "from_id": start, "to_id": end, **by, **more}


DUE = {"duration": 3, "unit": "days", "type": "TASK_FINISHED", "task_id": "look"}
FLOW = {
    "name": "House",
    "version": "v3",
    "enabled": True,
    "trigger": {"id": "by-hand", "type": "manual", "entity_schema": "opportunity"},
    "additional_triggers": [{"id": "of-contact", "type": "manual", "entity_schema": "contact"}],
    "phases": [{"id": "check", "name": "Check"}, {"id": "build", "name": "Build"}],
    "tasks": [
        task("look", "check", description={"value": "Look twice", "enabled": True}),
        task("call", "check", due_date_config=DUE, requirements=[{"when": "TASK_FINISHED", "task_id": "look"}]),
        task(
            "choose",
            task_type="DECISION",
            trigger_mode="automatic",
            schedule={"mode": "delayed", "duration": 1, "unit": "days"},
            conditions=[
                branch("yes", asks("s-one", "open"), asks("s-two", "new")),
                branch("maybe", asks("s-three", "late")),
                branch("else"),
            ],
        ),
        task("dig", "build"),
        task(
            "done",
            "build",
            task_type="DECISION",
            trigger_mode="manual",
            conditions=[branch("good"), branch("again")],
            loop_config={"loop_branch_id": "again", "exit_branch_id": "good", "max_iterations": 3},
        ),
        task("count", "build"),
        task("mail", task_type="AUTOMATION", automation_config={"flow_id": {"automation": "mail"}}),
        task("refuse"),
        task("wait", due_date_config={"duration": 1, "unit": "days", "type": "PHASE_FINISHED", "phase_id": "check"}),
    ],
    "edges": [
        edge("trigger", "check"),
        edge("check", "look"),
        edge("look", "call"),
        edge("check", "choose"),
        edge("choose", "build", "yes"),
        edge("choose", "wait", "maybe"),
        edge("choose", "refuse", "else", none_met=True),
        edge("build", "dig"),
        edge("dig", "done"),
        edge("done", "", "good"),
        edge("done", "count", "again"),
        edge("count", "dig"),
        edge("wait", "mail"),
    ],
    "automations": {
        "mail": {
            "flow_name": "Mail",
            "triggers": [{"type": "flows_trigger", "configuration": {}}],
            "actions": [{"name": "Mail", "type": "send-email", "config": {"email_template_id": "t"}}],
        }
    },
}


class Live:
    """A live flow in somebody's hands; parts are called as people call them."""

    def __init__(self, body: Json) -> None:
        self.body = body

    def task(self, name: str) -> Json:
        return next(each for each in self.body["tasks"] if each["name"] == name)

    def phase(self, name: str) -> Json:
        return next(each for each in self.body["phases"] if each["name"] == name)

    def branch(self, name: str) -> Json:
        found = [each for task in self.body["tasks"] for each in task.get("conditions") or ()]
        return next(each for each in found if each["branch_name"] == name)

    def id(self, name: str) -> str:
        """Of the task or phase."""
        nodes = [*self.body["phases"], *self.body["tasks"]]
        return next((each["id"] for each in nodes if each["name"] == name), name)

    def edge(self, start: str, end: str) -> Json:
        ends = self.id(start), self.id(end) if end else ""
        return next(each for each in self.body["edges"] if (each["from_id"], each.get("to_id") or "") == ends)

    def draw(self, start: str, end: str, **more: Json) -> None:
        """A new edge."""
        id = f"drawn-{len(self.body['edges'])}"
        self.body["edges"].append({"id": id, "from_id": self.id(start), "to_id": self.id(end), **more})

    def cut(self, start: str, end: str) -> None:
        self.body["edges"].remove(self.edge(start, end))

    def drop(self, name: str) -> None:
        """A task or phase goes, with its edges and what was said of it."""
        id = self.id(name)
        for nodes in (self.body["phases"], self.body["tasks"]):
            nodes[:] = [each for each in nodes if each["id"] != id]
        self.body["edges"] = [each for each in self.body["edges"] if id not in (each["from_id"], each.get("to_id"))]
        for each in self.body["tasks"]:
            due = each.get("due_date_config") or {}
            if id in (due.get("task_id"), due.get("phase_id")):
                del each["due_date_config"]
            if id in json.dumps(each.get("requirements")):
                del each["requirements"]
            if each.get("phase_id") == id:
                del each["phase_id"]


def phase_removed(live: Live) -> None:
    live.drop("Check")
    live.draw("trigger", "Look")
    live.draw("Call", "Choose")


def phase_merged(live: Live) -> None:
    build, check = live.id("Build"), live.id("Check")
    for each in live.body["tasks"]:
        if each.get("phase_id") == check:
            each["phase_id"] = build
    for each in live.body["tasks"]:
        due = each.get("due_date_config") or {}
        if due.get("phase_id") == check:
            due["phase_id"] = build
    live.body["phases"].remove(live.phase("Check"))
    live.body["edges"] = [each for each in live.body["edges"] if check not in (each["from_id"], each.get("to_id"))]
    live.cut("Choose", "Build")
    live.cut("Build", "Dig")
    live.draw("trigger", "Build")
    live.draw("Build", "Look")
    live.draw("Call", "Choose")
    live.draw("Choose", "Dig", condition_id=live.branch("Yes")["id"])
    live.task("Choose")["phase_id"] = build


def edge_drawn_anew(live: Live) -> None:
    live.cut("Look", "Call")
    live.draw("Look", "Call")


def edge_led_elsewhere(live: Live) -> None:
    live.cut("Choose", "Wait")
    live.draw("Choose", "Mail", condition_id=live.branch("Maybe")["id"])
    live.drop("Wait")


def decision_made_manual(live: Live) -> None:
    chosen = live.task("Choose")
    chosen["task_type"] = "MANUAL"
    for name in ("conditions", "trigger_mode", "schedule"):
        del chosen[name]
    for name in ("Build", "Wait", "Refuse"):
        live.cut("Choose", name)
    for name in ("Wait", "Mail", "Refuse"):
        live.drop(name)
    live.draw("Choose", "Build")


def decision_made_automation(live: Live) -> None:
    decision_made_manual(live)
    live.task("Choose").update(task_type="AUTOMATION", automation_config={"flow_id": "other"}, trigger_mode="automatic")


def emptied(live: Live) -> None:
    look = live.task("Look")
    del look["phase_id"]
    id = look["id"]
    live.body |= {"phases": [], "tasks": [look], "edges": [{"id": "only", "from_id": "trigger", "to_id": id}]}


def emptied_of_lists(live: Live) -> None:
    emptied(live)
    del live.body["phases"], live.body["additional_triggers"]


def task_made_anew(live: Live) -> None:
    old = live.id("Look")
    live.body |= json.loads(json.dumps(live.body).replace(f'"{old}"', '"made-anew"'))


def task_removed(live: Live) -> None:
    live.drop("Look")
    live.draw("Check", "Call")


def loop_removed(live: Live) -> None:
    del live.task("Done")["loop_config"]
    live.cut("Count", "Dig")


def loop_exit_turned(live: Live) -> None:
    """A loop leaves where it went round, and goes round where it left."""
    live.task("Done")["loop_config"]["max_iterations"] = 7


def branch_removed(live: Live) -> None:
    gone = live.branch("Maybe")["id"]
    chosen = live.task("Choose")
    chosen["conditions"] = [each for each in chosen["conditions"] if each["id"] != gone]
    live.drop("Wait")
    live.drop("Mail")


def default_moved(live: Live) -> None:
    default_removed(live)
    live.branch("Maybe")["statements"] = []
    live.edge("Choose", "Wait")["none_met"] = True


def default_removed(live: Live) -> None:
    del live.edge("Choose", "Refuse")["none_met"]
    live.branch("Else")["statements"] = [asks("s-new", "gone") | {"id": "of-hand"}]
    live.branch("Else")["statements"][0]["source"]["id"] = live.body["trigger"]["id"]


def default_made_anew(live: Live) -> None:
    """As the portal does it: a branch of another sort is another branch."""
    old = live.branch("Else")["id"]
    default_removed(live)
    live.body |= json.loads(json.dumps(live.body).replace(f'"{old}"', '"plain-branch"'))


def statements_removed(live: Live) -> None:
    del live.branch("Yes")["statements"][1]


def statement_turned(live: Live) -> None:
    one = live.branch("Yes")["statements"][0]
    one |= {"operator": "is_empty", "values": []}


def statement_of_an_attribute(live: Live) -> None:
    one = live.branch("Yes")["statements"][0]
    one["source"] |= {"attribute": "source", "attribute_type": "string"}


def trigger_of_another_kind(live: Live) -> None:
    live.body["additional_triggers"][0] = {
        "id": live.body["additional_triggers"][0]["id"],
        "type": "journey_automation",
        "entity_schema": "contact",
    }


def triggers_removed(live: Live) -> None:
    del live.body["additional_triggers"]


def due_of_a_phase(live: Live) -> None:
    due = live.task("Call")["due_date_config"]
    del due["task_id"]
    due |= {"type": "PHASE_FINISHED", "phase_id": live.id("Build")}


def due_removed(live: Live) -> None:
    del live.task("Call")["due_date_config"]


def schedule_of_a_moment(live: Live) -> None:
    live.task("Choose")["schedule"] = {
        "mode": "relative",
        "direction": "after",
        "duration": 2,
        "unit": "weeks",
        "reference": {"origin": "flow_started", "id": "flow_started"},
    }


def schedule_removed(live: Live) -> None:
    del live.task("Choose")["schedule"]


def automation_made_manual(live: Live) -> None:
    mail = live.task("Mail")
    mail["task_type"] = "MANUAL"
    del mail["automation_config"]


def description_removed(live: Live) -> None:
    del live.task("Look")["description"]


def task_left_its_phase(live: Live) -> None:
    del live.task("Call")["phase_id"]
    live.cut("Look", "Call")
    live.cut("Check", "Choose")
    live.draw("Check", "Call")
    live.draw("Call", "Choose")


REBUILDS: list[Callable[[Live], None]] = [
    phase_removed, phase_merged, edge_drawn_anew, edge_led_elsewhere, decision_made_manual, decision_made_automation,
    emptied, emptied_of_lists, task_made_anew, task_removed, loop_removed, loop_exit_turned, branch_removed,
    default_moved, default_removed, default_made_anew, statements_removed, statement_turned, statement_of_an_attribute,
    trigger_of_another_kind, triggers_removed, due_of_a_phase, due_removed, schedule_of_a_moment, schedule_removed,
    automation_made_manual, description_removed, task_left_its_phase,
]  # fmt: skip


ODD = {
    automation_made_manual: ["flow-unused-automation automations.mail"],
    default_removed: ["flow-no-default tasks[choose]"],
    default_made_anew: ["flow-no-default tasks[choose]"],
}
"""What the manifest accepts then, so that `validate --strict` has nothing to say."""


class Bench:
    """A repository with one flow, applied."""

    def __init__(self, folder: Path) -> None:
        self.world = World(folder / "world", {"quota_per_minute": None})
        self.two = Two(self.world, folder / "repository")
        (self.world.folder / "config").mkdir()
        self.world.put(document("FlowTemplate", "house", copy.deepcopy(FLOW)))
        assert self.world.apply().code == 0
        assert self.world.changes() == {}

    def live(self) -> Json:
        return self.world.one("FlowTemplate", name="House")

    def hand(self, change: Callable[[Live], object]) -> None:
        body = self.live()
        change(Live(body))
        self.world.ask(f"PUT /v2/flows/templates/{body['id']}", body)

    def pull(self, *, writes: bool = True) -> WriteBackResult:
        return pulled(self.two, writes=writes)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    found = Bench(tmp_path)
    yield found
    found.world.close()


rebuilds = pytest.mark.parametrize("rebuild", REBUILDS, ids=lambda each: each.__name__)


@rebuilds
def test_is_told_as_theirs_and_taken_over_whole(bench: Bench, rebuild: Callable[[Live], None]) -> None:
    bench.hand(rebuild)
    files = bench.two.files()
    (change,) = bench.world.plan().plan.changes
    drift = bench.world.drift()
    checked = bench.pull(writes=False)
    assert {each.cause for each in change.fields} == {"drift"}, [(each.path, each.cause) for each in change.fields]
    assert (len(drift.objects), drift.pending) == (1, 0)
    assert (checked.differs, checked.unwritten, bench.two.files()) == (True, [], files)
    assert checked.problems == []
    taken = bench.pull()
    assert (taken.unwritten, taken.problems, taken.objects) == ([], [], checked.objects)
    live = bench.live()
    bench.world.wanted()
    assert bench.world.changes() == {}
    assert bench.world.drift().objects == ()
    assert bench.two.manifest("config/FlowTemplate-house.json")["metadata"].get("accept") == ODD.get(rebuild)
    bench.world.forget()
    if rebuild is automation_made_manual:  # the manifest still bundles what no task uses, which only state can find
        with pytest.raises(InvalidInput) as refused:
            bench.world.plan()
        (mail,) = (each["id"] for each in bench.world.ask("GET /v1/automation/flows?include_flows=true")["results"])
        assert [(each.rule, each.path, each.message) for each in refused.value.problems] == [
            (
                "parts-unclear",
                "$.spec.automations.mail",
                "automation `mail` is used by no task and no trigger, and nobody remembers which live one it is: "
                f"the organisation has `{mail}` of the name `Mail`",
            )
        ]
        return
    assert (bench.world.changes(), bench.live()) == ({}, live)


def test_where_not_every_automation_was_looked_at_none_is_made(bench: Bench) -> None:
    """One of that name may be among those that the platform did not list."""
    bench.hand(automation_made_manual)
    bench.pull()
    (mail,) = bench.world.ask("GET /v1/automation/flows?include_flows=true")["results"]
    bench.world.ask(f"DELETE /v1/automation/flows/{mail['id']}")
    for number in range(251):
        bench.world.ask("POST /v1/automation/flows", {"flow_name": f"Other {number}", "triggers": [], "actions": []})
    bench.world.forget()
    with pytest.raises(InvalidInput) as refused:
        bench.world.plan()
    assert [each.message.partition(": ")[2] for each in refused.value.problems] == [
        "only 250 of 251 automations were looked at"
    ]


def test_what_a_trigger_has_is_not_said_of_the_one_that_takes_its_place(bench: Bench) -> None:
    """The manifest lets two change places; what the live one holds beside its fields is its own."""
    bench.hand(lambda live: live.body["trigger"].update(x_mark="of the own one"))
    said = copy.deepcopy(FLOW)
    said["trigger"], said["additional_triggers"] = said["additional_triggers"][0], [said["trigger"]]
    bench.world.put(document("FlowTemplate", "house", said))
    pulled(bench.two, complete=frozenset({"FlowTemplate/house"}))
    spec = bench.two.manifest("config/FlowTemplate-house.json")["spec"]
    assert spec["trigger"] == FLOW["additional_triggers"][0]
    assert spec["additional_triggers"] == [FLOW["trigger"]]
