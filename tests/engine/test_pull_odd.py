"""Live objects that no manifest, or not the whole of them, can say: what can be is pulled, and the rest is named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from syncer.adapters.api import fetch_all
from syncer.adapters.project import read_project
from syncer.adapters.state import State
from syncer.kinds import KINDS
from syncer.loading import read_manifests, validate
from syncer.pulling import Order, Pull, Remembering, carry_out, prepare, prove

Json, World = Any, Any
PROJECT = 'version: 1\nmanifests: [config]\nenvironments:\n  test:\n    org_id: "739224"\n'
FLOW: Json = {
    "id": "f1",
    "name": "Umzug",
    "version": "v3",
    "enabled": True,
    "trigger": {"type": "manual", "entity_schema": "contact"},
    "tasks": [{"id": "a", "name": "Eins", "task_type": "MANUAL"}, {"id": "b", "name": "Zwei", "task_type": "MANUAL"}],
    "edges": [{"id": "e1", "from_id": "trigger", "to_id": "a"}, {"id": "e2", "from_id": "a", "to_id": "b"}],
}
DUE = {"duration": 1, "unit": "days", "type": "WORKFLOW_STARTED"}


class _Store:
    def __init__(self) -> None:
        self.state = State()

    def put(self, entries: Any) -> None:
        self.state = State(entries={**self.state.entries, **entries}, found=True)


def pulled(world: World, folder: Path, *kinds: str) -> Pull:
    (folder / "config").mkdir(parents=True)
    (folder / "syncer.yaml").write_text(PROJECT, "utf-8")
    project = read_project(folder / "syncer.yaml")
    order = Order(project, project.environments["test"], kinds, (), {}, frozenset(), "sandbox", world.today)
    store = _Store()
    with world.api(read_only=True) as api:
        reader = Remembering(api)
        done = prepare(order, reader, fetch_all, {})
        carry_out(done, store.put, lambda line: None)
        prove(done)
    assert [each.message for each in done.mistakes] == []
    assert done.planned is not None
    assert done.planned.plan.changes == ()
    assert [
        each.message
        for each in validate(read_manifests(read_project(folder / "syncer.yaml")))
        if each.severity == "error"
    ] == []
    assert set(KINDS) >= set(kinds)
    return done


def spec(folder: Path, name: str) -> Json:
    return yaml.safe_load((folder / "config" / name).read_text("utf-8"))["spec"]


def _tasks(change: Callable[[list[Json]], object]) -> Callable[[Json], Json]:
    def changed(body: Json) -> Json:
        change(body["tasks"])
        return body

    return changed


def _graph_gone(said: Json) -> bool:
    return not {"phases", "tasks", "edges"} & set(said)


ODD_FLOWS: dict[str, tuple[Callable[[Json], Json], Callable[[Json], bool], str]] = {
    # what is odd                   how it comes about      what the manifest says       what is said of it
    "two tasks of one id": (
        _tasks(lambda tasks: tasks.append({**tasks[0], "name": "Drei"})), _graph_gone, "`tasks` is left out",
    ),
    "an edge from nowhere": (
        lambda body: {**body, "edges": [*body["edges"], {"id": "e3", "from_id": "zzz", "to_id": "b"}]},
        _graph_gone, "zzz",
    ),
    "a task nobody reaches": (
        lambda body: {**body, "edges": body["edges"][:1]}, lambda said: len(said["tasks"]) == 2, "",
    ),
    "a type of task nobody knows": (
        _tasks(lambda tasks: tasks[1].update(task_type="ROBOT", robot={"id": 1})), _graph_gone, "task_type",
    ),
    "a unit nobody knows": (
        _tasks(lambda tasks: tasks[1].update(due_date_config={**DUE, "unit": "aeons"})),
        lambda said: "unit" not in said["tasks"][1]["due_date_config"], "aeons",
    ),
    "a number where a text belongs": (
        lambda body: {**body, "description": 7}, lambda said: "description" not in said, "description",
    ),
    "a token in a text": (
        lambda body: {**body, "description": "Bearer abcdefghijklmnopqrstuvwxyz0123456789"},
        lambda said: "description" not in said, "bearer token",
    ),
    "a number no JSON reader keeps": (
        _tasks(lambda tasks: tasks[1].update(description={"enabled": True, "value": "x"}, x=2**60)),
        lambda said: len(said["tasks"]) == 2, "",
    ),
    "tasks of one name": (
        _tasks(lambda tasks: tasks[1].update(name="Eins")),
        lambda said: [each["id"] for each in said["tasks"]] == ["a", "b"], "",
    ),
    "keys like other ids": (
        _tasks(lambda tasks: (tasks[0].update(name="b"), tasks[1].update(name="a"))),
        lambda said: not {"a", "b"} & {t["id"] for t in said["tasks"]}, "",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("change", "expected", "said"), ODD_FLOWS.values(), ids=ODD_FLOWS)
def test_an_odd_flow(
    world: World, tmp_path: Path, change: Callable[[Json], Json], expected: Callable[[Json], bool], said: str
) -> None:
    world.seed({"flow_templates": [FLOW]})
    world.stored("flow", "f1", change)
    done = pulled(world, tmp_path / "pulled", "FlowTemplate")
    assert expected(spec(tmp_path / "pulled", "flows/umzug.yaml"))
    words = " | ".join(each.message for each in done.left_out)
    assert said in words if said else words == "", words


def test_a_flow_whose_name_no_manifest_can_have(world: World, tmp_path: Path) -> None:
    world.seed({"flow_templates": [FLOW, {**FLOW, "id": "f2", "name": "Zwei"}]})
    world.stored("flow", "f1", lambda body: {**body, "name": "ab"})
    done = pulled(world, tmp_path / "pulled", "FlowTemplate")
    assert [str(each.new.address) for each in done.drafts] == ["FlowTemplate/zwei"]
    assert [each.rule for each in done.left_out] == ["not-pulled"]
    assert "`ab` (`f1`) is left out, for no sound manifest says it" in done.left_out[0].message


def test_a_schema_with_what_nobody_knows(world: World, tmp_path: Path) -> None:
    def change(body: Json) -> Json:
        body["attributes"] += [
            {"name": "odd", "label": "Odd", "type": "hologram", "x": 1},
            {"name": "twice", "label": "A", "type": "string", "options_nobody_knows": True},
        ]
        body["x_new"] = {"y": [1]}
        return body

    world.stored("schema", "contact", change)
    done = pulled(world, tmp_path / "pulled", "EntitySchema")
    said = spec(tmp_path / "pulled", "schemas/contact.yaml")
    names = [each["name"] for each in said["attributes"]]
    assert ("odd" in names, "twice" in names, "x_new" in said) == (False, True, False)
    assert "hologram" in " ".join(each.message for each in done.left_out)


def test_a_schema_with_two_attributes_of_one_name(world: World, tmp_path: Path) -> None:
    twin = {"name": "first_name", "label": "Noch einer", "type": "string"}
    world.stored("schema", "contact", lambda body: {**body, "attributes": [*body["attributes"], twin]})
    done = pulled(world, tmp_path / "pulled", "EntitySchema")
    assert "attributes" not in spec(tmp_path / "pulled", "schemas/contact.yaml")
    assert "EntitySchema/contact: `attributes` is left out: two of its items have name `first_name`" in [
        each.message for each in done.left_out
    ]


def test_a_retention_config_that_could_not_be_planned(world: World, make: Any, tmp_path: Path) -> None:
    """It is live and enabled by a private view, which a plan refuses: nobody may take it over unseen."""
    world.put(make.retention())
    world.apply()
    config = world.listed("RetentionConfig")[0]
    view = next(
        each for each in world.ask("GET /v1/entity/views?from=0&size=9")["results"] if "Inaktive" in each["name"]
    )
    world.stored("view", view["id"], lambda body: {**body, "shared": False})
    world.stored("retention", config["id"], lambda body: {**body, "enabled": True})
    done = pulled(world, tmp_path / "pulled", "RetentionConfig")
    assert [each.rule for each in done.left_out] == ["not-pulled"]
    assert "is not shared" in done.left_out[0].message


def test_an_app_that_is_switched_off_stays_so(world: World, make: Any, tmp_path: Path) -> None:
    world.put(make.checker())
    world.apply()
    world.stored(
        "installation",
        "112b87c2-ba9e-51c3-9fee-6cd85bb8f822",
        lambda body: {**body, "enabled": False},
    )
    pulled(world, tmp_path / "pulled", "AppInstallation")
    found = next((tmp_path / "pulled" / "config" / "apps").iterdir())
    live = world.listed("AppInstallation")[0]
    policy = yaml.safe_load(found.read_text("utf-8"))["metadata"].get("policy")
    assert policy == ({"allow_disabled": True} if live["enabled"] is False else None)


def test_a_file_that_is_edited_meanwhile(world: World, tmp_path: Path) -> None:
    """It was written, and then somebody else wrote it: that is said, with an exit code, and nothing is put right."""
    world.seed({"flow_templates": [FLOW]})
    folder = tmp_path / "pulled"
    (folder / "config").mkdir(parents=True)
    (folder / "syncer.yaml").write_text(PROJECT, "utf-8")
    project = read_project(folder / "syncer.yaml")
    order = Order(project, project.environments["test"], ("FlowTemplate",), (), {}, frozenset(), "s", world.today)
    with world.api(read_only=True) as api:
        done = prepare(order, Remembering(api), fetch_all, {})
    file = folder / "config/flows/umzug.yaml"
    carry_out(done, lambda entries: file.write_text(file.read_text("utf-8") + "# mine\n", "utf-8"), lambda line: None)
    prove(done)
    assert done.mistakes == []  # a comment changes nothing of what it says
    file.write_text(file.read_text("utf-8").replace("Umzug", "Auszug"), "utf-8")
    prove(done)
    assert [(each.rule, each.message) for each in done.mistakes] == [
        ("pull-differs", "`config/flows/umzug.yaml` does not say what was written to it")
    ]
