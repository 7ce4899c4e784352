"""Flows whose parts are odd, in manifests and live: each is a clear message, and nothing is lost."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from simulation.manifests import Make, document
from simulation.parts import manifests
from simulation.promotions import Two, pulled
from simulation.world import World
from syncer.model.address import Address
from syncer.model.diagnostic import InvalidInput, PartlyDone, SyncerError
from syncer.ops.pull.write_back import WriteBackResult

Json = Any
HOUSE = Address("FlowTemplate", "house-connection")
SPEC: Json = manifests()[0]["spec"]


class Bench:
    """A repository with one flow, applied."""

    def __init__(self, folder: Path) -> None:
        self.world = World(folder / "world", {"quota_per_minute": None})
        self.two = Two(self.world, folder / "repository")
        (self.world.folder / "config").mkdir()

    def put(self, change: Callable[[Json], object] = lambda spec: None) -> None:
        spec = copy.deepcopy(SPEC)
        change(spec)
        self.world.put(document("FlowTemplate", HOUSE.name, spec))

    def begin(self, change: Callable[[Json], object] = lambda spec: None) -> None:
        self.put(change)
        assert self.world.apply().code == 0

    def live(self) -> Json:
        return self.world.one("FlowTemplate", name="House connection")

    def hand(self, change: Callable[[Json], object]) -> None:
        """Past what the portal would let somebody do."""
        body = self.live()
        change(body := self.world.stored("flow", body["id"]))
        self.world.stored("flow", body["id"], lambda _: body)

    def ids(self, group: str) -> dict[str, str]:
        return dict(self.world.state().entries[HOUSE].parts[group])

    def pull(self, *, writes: bool = True) -> WriteBackResult:
        return pulled(self.two, writes=writes)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    found = Bench(tmp_path)
    yield found
    found.world.close()


# --- two tasks of one name whose keys are swapped


def _twins(spec: Json) -> None:
    for task in spec["tasks"][-2:]:
        task["name"] = "Twin"


def _keys_swapped(spec: Json) -> None:
    _twins(spec)
    one, two = spec["tasks"][-2:]
    one["id"], two["id"] = two["id"], one["id"]


def test_two_tasks_of_one_name_whose_keys_are_swapped(bench: Bench) -> None:
    """A key is what it was, so they have only changed places: nothing is sent."""
    bench.begin(_twins)
    ids, live = bench.ids("nodes"), bench.live()
    bench.put(_keys_swapped)
    assert bench.world.changes() == {}
    assert bench.world.apply().calls == []
    assert (bench.ids("nodes"), bench.live()) == (ids, live)


def test_two_tasks_of_one_name_and_no_state(bench: Bench) -> None:
    """Nothing says which is which, so nothing is done; both are named."""
    bench.begin(_twins)
    live = bench.live()
    ids = sorted(task["id"] for task in live["tasks"] if task["name"] == "Twin")
    bench.put(
        lambda spec: (_twins(spec), [task.update(id=f"new-{task['id']}") for task in spec["tasks"][-2:]], _led(spec))
    )
    bench.world.forget()
    with pytest.raises(InvalidInput) as refused:
        bench.world.plan()
    assert {each.rule for each in refused.value.problems} == {"parts-unclear"}
    assert [all(id in each.message for id in ids) for each in refused.value.problems] == [True, True]
    assert bench.live() == live


def _led(spec: Json) -> None:
    for edge in spec["edges"]:
        if edge["to_id"] in ("refuse", "wait"):
            edge["to_id"] = f"new-{edge['to_id']}"


# --- a trigger without id live


def test_a_trigger_without_an_id(bench: Bench) -> None:
    """It is the one that looks at the same, and is given no id unasked; what it looks at by hand is taken over."""

    def bare(spec: Json) -> None:
        del spec["additional_triggers"][1]["id"]

    bench.begin(bare)
    bench.hand(lambda body: body["additional_triggers"][1].pop("id", None))
    live = bench.live()
    assert bench.world.changes() == {}
    assert bench.world.drift().objects == ()
    bench.hand(lambda body: body["additional_triggers"][1].update(x_colour="red"))
    assert bench.world.apply().calls == []
    assert bench.live()["additional_triggers"][1] == {**live["additional_triggers"][1], "x_colour": "red"}
    bench.hand(lambda body: body["additional_triggers"][1].update(entity_schema="account"))
    assert bench.pull().unwritten == []
    assert bench.world.changes() == {}
    assert bench.live()["additional_triggers"][1] == {"type": "manual", "entity_schema": "account", "x_colour": "red"}


# --- a live flow that breaks a rule of ours, edited by hand


def _no_beginning(body: Json) -> None:
    """The flow begins nowhere, and a task is called otherwise."""
    body["edges"] = [each for each in body["edges"] if each["from_id"] != "trigger"]
    body["tasks"][0]["name"] = "Otherwise"


def test_a_live_flow_that_breaks_a_rule_is_taken_over_and_the_rule_accepted(bench: Bench) -> None:
    bench.begin()
    bench.hand(_no_beginning)
    live = bench.live()
    assert {each.cause for change in bench.world.plan().plan.changes for each in change.fields} == {"drift"}
    taken = bench.pull()
    assert (taken.unwritten, taken.problems) == ([], [])
    said = bench.two.manifest("config/FlowTemplate-house-connection.json")
    assert (said["metadata"]["accept"], said["spec"]["tasks"][0]["name"]) == (["flow-start edges"], "Otherwise")
    assert (bench.world.changes(), bench.live()) == ({}, live)


def _two_phases_of_one_id(body: Json) -> None:
    """No manifest can say it, for its keys are its own."""
    body["phases"][1]["id"] = body["phases"][0]["id"]
    body["tasks"][0]["name"] = "Otherwise"


def test_a_live_flow_that_no_manifest_can_say_is_left_and_named(bench: Bench) -> None:
    bench.begin()
    bench.hand(_two_phases_of_one_id)
    live, files = bench.live(), bench.two.files()
    with pytest.raises(InvalidInput) as refused:
        bench.world.plan()
    assert [each.rule for each in refused.value.problems] == ["live-duplicates"]
    with pytest.raises(InvalidInput):
        bench.pull(writes=False)
    assert (bench.live(), bench.two.files()) == (live, files)


# --- an edge id that two edges have


def test_an_edge_id_that_two_manifest_edges_have(bench: Bench) -> None:
    bench.begin()
    live = bench.live()
    bench.put(lambda spec: spec["edges"][1].update(id=spec["edges"][2]["id"]))
    with pytest.raises(InvalidInput) as refused:
        bench.world.plan()
    assert [(each.rule, each.path) for each in refused.value.problems] == [("flow-duplicate-id", "$.spec.edges[2].id")]
    assert bench.live() == live


def test_an_edge_id_that_two_live_edges_have(bench: Bench) -> None:
    """Which of them is meant cannot be told: they are named, and nothing is done."""
    bench.begin()
    bench.hand(lambda body: body["edges"][1].update(id=body["edges"][2]["id"]))
    live, files = bench.live(), bench.two.files()
    for command in (bench.world.plan, bench.pull):
        with pytest.raises(InvalidInput) as refused:
            command()
        assert [each.message for each in refused.value.problems] == [
            f"{HOUSE}: the live list `edges` has another number of items with id `e-call` than the manifest"
        ]
    assert (bench.live(), bench.two.files()) == (live, files)


@pytest.mark.parametrize("ended", [InvalidInput, PartlyDone], ids=["nothing was written", "another file was"])
def test_a_pull_that_cannot_plan_says_whether_it_wrote(bench: Bench, ended: type[SyncerError]) -> None:
    """An object that no plan can be made of, beside a schema that is taken over first, or stands as it was."""
    bench.world.put(Make.schema("site", Make.text("a")))
    bench.begin()
    bench.hand(lambda body: body["edges"][1].update(id=body["edges"][2]["id"]))
    if ended is PartlyDone:
        bench.world.ask(
            "PUT /v1/entity/schemas/site", {**bench.world.ask("GET /v1/entity/schemas/site"), "name": "Place"}
        )
    before = bench.two.files()
    with pytest.raises(SyncerError) as raised:
        bench.pull()
    assert (type(raised.value), [each.rule for each in raised.value.problems]) == (ended, ["live-duplicates"])
    changed = [name for name, content in bench.two.files().items() if before[name] != content]
    assert changed == (["config/EntitySchema-site.json"] if ended is PartlyDone else [])


# --- an edge that leads nowhere, which was live, and goes with the next write


def _to_nowhere(body: Json) -> None:
    body["edges"].append({"id": "e-nowhere", "from_id": body["tasks"][0]["id"], "to_id": "gone"})


def test_an_edge_to_nowhere_goes_with_a_write_and_ends_nothing(bench: Bench) -> None:
    """The platform drops it: that is said, and the next plan is empty."""
    bench.begin()
    bench.hand(_to_nowhere)
    assert bench.pull().unwritten == []
    said = bench.two.manifest("config/FlowTemplate-house-connection.json")
    assert said["metadata"]["accept"] == ["flow-dangling-edge edges[9].to_id"]
    said["spec"]["tasks"][0]["name"] = "Otherwise"
    bench.world.put(said)
    ended = bench.world.apply()
    assert (ended.code, ended.ends) == (5, {str(HOUSE): "done"})
    assert ended.problems == [f"{HOUSE}: `edges[look||gone]` is not as it was sent when it is read back"]
    live = bench.live()
    assert (live["tasks"][0]["name"], [each["id"] for each in live["edges"]]) == (
        "Otherwise",
        [each["id"] for each in SPEC["edges"]],
    )
    assert (bench.world.changes(), bench.world.apply().calls) == ({}, [])
