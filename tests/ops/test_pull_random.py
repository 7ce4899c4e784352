"""Random organisations become manifests: sound under --strict, in fmt's style, and the plan of them is empty."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from simulation.repositories import organisation, repository
from syncer.api.client import fetch_all
from syncer.documents.formatter import format_text
from syncer.kinds import KINDS
from syncer.manifests.project import read_project
from syncer.manifests.resolution import read_manifests
from syncer.manifests.validation import validate
from syncer.ops.cached_reader import CachedReader
from syncer.ops.pull.options import PullOptions
from syncer.ops.pull.pull import PullPlan, prepare, prove, write_pull
from syncer.state.state_file import State

Json = Any
World = Any
MANY = int(os.environ.get("SYNCER_EXAMPLES") or 16)
PROJECT = 'version: 1\nmanifests: [config]\nenvironments:\n  test:\n    org_id: "739224"\n'
ODD = (
    "Prüfung",
    "Prüfung",
    "pruefung",
    "🔌",
    "../../x",
    "x" * 200,
    "yes",
    "${var.x} {{y}}",
    "a\nb",
    " zwei ",
    "null",
    "x\u2028y",
)


def empty(folder: Path) -> Path:
    """A repository without a manifest."""
    folder.mkdir()
    (folder / "syncer.yaml").write_text(PROJECT, "utf-8")
    return folder


def pulled(world: World, folder: Path, state: State | None = None) -> tuple[PullPlan, State]:
    """What the command does, in this process."""
    project = read_project(folder / "syncer.yaml")
    order = PullOptions(
        project, project.environments["test"], tuple(KINDS), (), {}, frozenset(), "http://127.0.0.1", world.today
    )
    store = _Store(state or State())
    with world.api(read_only=True) as api:
        reader = CachedReader(api)
        done = prepare(order, reader, fetch_all, store.state.entries)
        write_pull(done, store.put, lambda line: None)
        prove(done)
        store.put(done.settled)
    return done, store.state


class _Store:
    """State that is kept in memory."""

    def __init__(self, state: State) -> None:
        self.state = state

    def put(self, entries: Any) -> None:
        self.state = State(entries={**self.state.entries, **entries}, found=True)


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def proves(world: World, folder: Path) -> tuple[PullPlan, State]:
    """Pull, and everything that must hold afterwards."""
    done, state = pulled(world, folder)
    assert [each.message for each in done.mistakes] == []
    assert done.planned is not None
    assert [each for each in done.planned.plan.changes if each.writes] == []
    assert not [link for link in done.planned.plan.links if link.new]
    assert [str(each) for each in validate(read_manifests(read_project(folder / "syncer.yaml")), strict=True)] == []
    for name, content in files(folder).items():
        if name.startswith("config") and name.endswith(".yaml"):
            assert format_text(content, name) == content, name
    before = files(folder)
    for remembered in (state, State()):  # from the files as they stand, with state and without
        again, _ = pulled(world, folder, remembered)
        assert again.planned is not None
        accepts = [each for each in again.planned.plan.changes if not remembered.entries and not each.writes]
        assert (again.drafts, [*again.planned.plan.changes]) == ([], accepts)  # nobody remembers what a view filtered
    assert files(folder) == before
    return done, state


def by_hand(world: World, dice: Random) -> None:
    """What people and the platform do to live objects: odd titles, unknown fields, twins, decisions."""
    for live in world.listed("FlowTemplate"):
        flow = copy.deepcopy(live)
        if dice.random() < 0.5:
            for task in flow["tasks"]:
                if dice.random() < 0.5:
                    task["name"] = dice.choice(ODD)
                if dice.random() < 0.3:
                    task["description"] = {
                        "enabled": True,
                        "value": dice.choice(["<p>x</p>\n" * 80, "${x} y\n" * 90, ""]),
                    }
                if dice.random() < 0.3:
                    task["assigned_to"] = ["10020101", {"variable": "{{entity.owner}}"}]
        if dice.random() < 0.4:
            _decide(flow, dice)
        if dice.random() < 0.3:
            flow["name"] = f"{dice.choice(ODD)} {flow['name']}"
        world.ask(f"PUT /v2/flows/templates/{flow['id']}", flow)
        if dice.random() < 0.4:
            world.stored("flow", flow["id"], lambda body: {**body, "x_new": {"a": [1, None]}, "due_date_config": None})
    for live in world.listed("ClosingReason"):
        if dice.random() < 0.3:
            body = {"title": f"{dice.choice(ODD)} {live['id'][-1]}", "status": live["status"]}
            world.ask(f"PATCH /v2/workflows/closing-reasons/{live['id']}", body)
    for live in world.listed("EntitySchema"):
        if dice.random() < 0.3:
            schema = copy.deepcopy(live)
            for attribute in schema["attributes"]:
                if dice.random() < 0.2:
                    attribute["x_new"] = {"y": dice.choice(ODD)}
                if dice.random() < 0.2:
                    attribute["label"] = dice.choice(ODD)
            world.ask(f"PUT /v1/entity/schemas/{live['slug']}", schema)


def _decide(flow: Json, dice: Random) -> None:
    """Put a decision behind the last task: two branches and a default, as the platform names them."""
    last = flow["tasks"][-1]["id"]
    own = flow["trigger"].get("id")
    names = dice.choice([("Ja", "Nein"), ("Ja", "Ja"), ("ja", "🔌")])
    ids = [f"c{number}-{flow['id']}" for number in range(len(names))]
    statement = {
        "id": "s1",
        "source": {"origin": "trigger", **({"id": own} if own else {}), "origin_type": "entity", "schema": "contact",
                   "attribute": "first_name", "attribute_type": "string"},
        "operator": "equals",
        "values": ["x"],
    }  # fmt: skip
    default = f"none-met-{flow['id']}"
    conditions = [
        {"id": id, "branch_name": name, "logical_operator": "AND", "statements": [statement | {"id": f"s{id}"}]}
        for id, name in zip(ids, names, strict=True)
    ]
    conditions.append({"id": default, "branch_name": "Sonst", "logical_operator": "AND", "statements": []})
    decision = {"id": f"d-{flow['id']}", "name": "Weiter?", "task_type": "DECISION", "trigger_mode": "automatic",
                "conditions": conditions}  # fmt: skip
    phase = flow["tasks"][-1].get("phase_id")
    flow["tasks"].append({**decision, "phase_id": phase} if phase else decision)
    flow["edges"].append({"id": f"e-{flow['id']}", "from_id": last, "to_id": decision["id"]})
    for number, each in enumerate(conditions):
        end = {"id": f"t{number}-{flow['id']}", "name": dice.choice(ODD), "task_type": "MANUAL"}
        flow["tasks"].append({**end, "phase_id": phase} if phase else end)
        edge = {
            "id": f"e{number}-{flow['id']}",
            "from_id": decision["id"],
            "to_id": end["id"],
            "condition_id": each["id"],
        }
        flow["edges"].append(edge | ({"none_met": True} if each["id"] == default else {}))


@pytest.mark.parametrize("number", range(MANY))
def test_random_organisation(number: int, make_world: Callable[..., World], tmp_path: Path) -> None:
    dice = Random(number)
    world = make_world()
    world.seed(organisation(dice))
    world.put(*repository(dice))
    try:
        world.apply()
    except Exception as refusal:  # two live objects of one title: a repository that cannot be applied
        assert type(refusal).__name__ == "InvalidInput"  # noqa: PT017
    by_hand(world, dice)
    done, _ = proves(world, empty(tmp_path / "pulled"))
    live = {kind: len(world.listed(kind)) for kind in KINDS}
    assert (len(done.drafts), done.left_out) == (sum(live.values()), [])
    world.close()
