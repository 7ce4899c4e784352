"""Live objects that no manifest, or not the whole of them, can say: what can be is pulled, and the rest is named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from syncer.api.client import fetch_all
from syncer.kinds import KINDS
from syncer.manifests.project import read_project
from syncer.manifests.resolution import read_manifests
from syncer.manifests.validation import validate
from syncer.ops.cached_reader import CachedReader
from syncer.ops.pull.options import PullOptions
from syncer.ops.pull.pull import PullPlan, prepare, prove, write_pull
from syncer.state.state_file import State

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
SUBMITTED = {"type": "journey_submission", "journey_id": "5c1cb7c4-26f6-4d6e-9b9d-6f0e3a2f7f01"}
DUE = {"duration": 1, "unit": "days", "type": "WORKFLOW_STARTED"}


class _Store:
    def __init__(self) -> None:
        self.state = State()

    def put(self, entries: Any) -> None:
        self.state = State(entries={**self.state.entries, **entries}, found=True)


def pulled(world: World, folder: Path, *kinds: str) -> PullPlan:
    (folder / "config").mkdir(parents=True)
    (folder / "syncer.yaml").write_text(PROJECT, "utf-8")
    project = read_project(folder / "syncer.yaml")
    order = PullOptions(project, project.environments["test"], kinds, (), {}, frozenset(), "sandbox", world.today)
    store = _Store()
    with world.api(read_only=True) as api:
        reader = CachedReader(api, forgiving=True)
        done = prepare(order, reader, fetch_all, {})
        write_pull(done, store.put, lambda line: None)
        prove(done)
    assert [each.message for each in done.mistakes] == []
    assert done.planned is not None
    assert done.planned.plan.changes == ()
    assert done.incomplete is bool(done.left_out)
    found = validate(read_manifests(read_project(folder / "syncer.yaml")), strict=True)
    assert [each.message for each in found if each.severity == "error"] == []
    assert set(KINDS) >= set(kinds)
    return done


def spec(folder: Path, name: str) -> Json:
    return yaml.safe_load((folder / "config" / name).read_text("utf-8"))["spec"]


def extra(folder: Path, name: str) -> Json:
    return yaml.safe_load((folder / "config" / name).read_text("utf-8"))["metadata"].get("extra")


def accepted(folder: Path, name: str) -> list[str]:
    return yaml.safe_load((folder / "config" / name).read_text("utf-8"))["metadata"].get("accept", [])


def _tasks(change: Callable[[list[Json]], object]) -> Callable[[Json], Json]:
    def changed(body: Json) -> Json:
        change(body["tasks"])
        return body

    return changed


ODD_FLOWS: dict[str, tuple[Callable[[Json], Json], Callable[[Json], bool], str]] = {
    # what is odd                   how it comes about      what the manifest says       what is said of it
    "a field of a trigger that nobody knows": (
        lambda body: {**body, "trigger": {**body["trigger"], "only_if": {"status": "open"}}},
        lambda said: said["trigger"]["only_if"] == {"status": "open"}, "",
    ),
    "a field of the flow that nobody knows": (
        lambda body: {**body, "x_new": {"status": "open"}}, lambda said: said["x_new"] == {"status": "open"}, "",
    ),
    "further triggers without an id": (
        lambda body: {**body, "additional_triggers": [{"type": "manual", "entity_schema": "account"}, SUBMITTED]},
        lambda said: [each["type"] for each in said["additional_triggers"]] == ["manual", "journey_submission"], "",
    ),
    "a link to a journey without an id": (
        _tasks(lambda tasks: tasks[0].update(journey={"journeyId": "5c1cb7c4-26f6-4d6e-9b9d-6f0e3a2f7f01"})),
        lambda said: said["tasks"][0]["journey"] == {"journeyId": "${id.journey.eins}"}, "",
    ),
    "a task nobody reaches": (
        lambda body: {**body, "edges": body["edges"][:1]}, lambda said: len(said["tasks"]) == 2, "",
    ),
    "a unit nobody knows": (
        _tasks(lambda tasks: tasks[1].update(due_date_config={**DUE, "unit": "aeons"})),
        lambda said: said["tasks"][1]["due_date_config"]["unit"] == "aeons", "",
    ),
    "a number where a text belongs": (
        lambda body: {**body, "description": 7}, lambda said: said["description"] == 7, "",
    ),
    "a token in a text": (
        lambda body: {**body, "description": "Bearer abcdefghijklmnopqrstuvwxyz0123456789"},
        lambda said: "description" not in said, "bearer token",
    ),
    "a number no JSON reader keeps": (
        _tasks(lambda tasks: tasks[1].update(description={"enabled": True, "value": "x"}, x=2**60)),
        lambda said: [each.keys() >= {"x"} for each in said["tasks"]] == [False, False], "`tasks[1].x`: ",
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


DECISION: Json = {
    "id": "d", "name": "Weiter?", "task_type": "DECISION", "trigger_mode": "manual",
    "conditions": [{"id": "c", "branch_name": "Ja", "logical_operator": "AND", "statements": []}],
}  # fmt: skip
BROKEN: dict[str, tuple[Callable[[Json], Json], str]] = {
    # what a rule of ours refuses: how it comes about; what the manifest accepts
    "an edge from nowhere": (
        lambda body: {**body, "edges": [*body["edges"], {"id": "e3", "from_id": "zzz", "to_id": "b"}]},
        "flow-dangling-edge edges[2].from_id",
    ),
    "an agent's task without an agent": (
        _tasks(lambda tasks: tasks[1].update(task_type="AI_AGENT")), "flow-agent tasks[zwei]",
    ),
    "a decision with one branch": (
        lambda body: {**body, "tasks": [*body["tasks"], DECISION], "edges": [
            *body["edges"], {"id": "e3", "from_id": "b", "to_id": "d"},
            {"id": "e4", "from_id": "d", "to_id": "", "condition_id": "c"}]},
        "flow-few-branches tasks[weiter].conditions",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("change", "entry"), BROKEN.values(), ids=BROKEN)
def test_a_flow_that_a_rule_of_ours_refuses(
    world: World, tmp_path: Path, change: Callable[[Json], Json], entry: str
) -> None:
    world.seed({"flow_templates": [FLOW, {**FLOW, "id": "f2", "name": "Neben"}]})
    world.stored("flow", "f1", change)
    done = pulled(world, tmp_path / "pulled", "FlowTemplate")
    assert [str(each.new.address) for each in done.drafts] == ["FlowTemplate/neben", "FlowTemplate/umzug"]
    assert [each.message for each in done.left_out if each.rule != "unknown-field"] == []
    assert accepted(tmp_path / "pulled", "flows/umzug.yaml") == [entry]
    assert accepted(tmp_path / "pulled", "flows/neben.yaml") == []


def test_two_tasks_of_one_id(world: World, tmp_path: Path) -> None:
    """Ids are the platform's own: which of the two a plan means nobody could tell, so the flow gets no manifest."""
    world.seed({"flow_templates": [FLOW, {**FLOW, "id": "f2", "name": "Neben"}]})
    world.stored("flow", "f1", _tasks(lambda tasks: tasks.append({**tasks[0], "name": "Drei"})))
    done = pulled(world, tmp_path / "pulled", "FlowTemplate")
    assert [str(each.new.address) for each in done.drafts] == ["FlowTemplate/neben"]
    said = "FlowTemplate `Umzug` (`f1`) is left out, for no sound manifest says it: task `drei` has an id that is taken"
    assert [(each.rule, each.message) for each in done.left_out] == [("not-pulled", said)]


def test_a_flow_that_cannot_be_said_with_all_that_restricts_it(world: World, tmp_path: Path) -> None:
    world.seed({"flow_templates": [FLOW, {**FLOW, "id": "f2", "name": "Neben"}]})
    way = {"id": "e3", "from_id": "b", "to_id": "Bearer abcdefghijklmnopqrstuvwxyz0123456789"}
    world.stored("flow", "f1", lambda body: {**body, "edges": [*body["edges"], way]})
    done = pulled(world, tmp_path / "pulled", "FlowTemplate")
    assert [str(each.new.address) for each in done.drafts] == ["FlowTemplate/neben"]
    said = (
        "FlowTemplate `Umzug` (`f1`) is left out, for no sound manifest says it: "
        "`to_id` holds what looks like a bearer token"
    )
    assert [(each.rule, each.message) for each in done.left_out] == [("not-pulled", said)]
    assert list((tmp_path / "pulled/config/flows").iterdir()) == [tmp_path / "pulled/config/flows/neben.yaml"]


FILTERS = [{"type": "no_related_entities", "related_entity_schemas": ["order"]},
           {"type": "no_email_communication_since", "lookback_period_days": 700}]  # fmt: skip
RETENTION: dict[str, tuple[Json, Json, str, str]] = {
    # what is odd: query, schedule; what the manifest accepts, or else why the config gets none
    "a filter that may match all": (
        {"filters": [{"type": "no_related_entities"}, FILTERS[1]]}, {}, "missing-field query.filters[0]", "",
    ),
    "a filter of a type nobody knows": (
        {"filters": [*FILTERS, {"type": "no_bananas"}]}, {}, "not-allowed-value query.filters[2].type", "",
    ),
    "the same filter twice": (
        {"filters": [FILTERS[1], FILTERS[1]]}, {}, "retention-duplicate-filter query.filters[1]", "",
    ),
    "an end before the start": ({}, {"end_date": "2020-01-01"}, "retention-date schedule.end_date", ""),
}  # fmt: skip


@pytest.mark.parametrize(("query", "schedule", "entry", "why"), RETENTION.values(), ids=RETENTION)
def test_a_deletion_keeps_its_filters_or_gets_no_manifest(
    world: World, make: Any, tmp_path: Path, query: Json, schedule: Json, entry: str, why: str
) -> None:
    world.put(make.retention())
    world.apply()
    [config] = world.listed("RetentionConfig")
    start = {"start_date": "2099-05-01", **schedule}
    world.stored(
        "retention",
        config["id"],
        lambda body: {**body, "query": {**body["query"], **query}, "schedule": {**body["schedule"], **start}},
    )
    done = pulled(world, tmp_path / "pulled", "RetentionConfig")
    said = f"RetentionConfig `contact/deletion` (`{config['id']}`) is left out, for no sound manifest says it: {why}"
    assert ([each.message for each in done.left_out], done.incomplete) == (([said], True) if why else ([], False))
    if why:
        assert not list((tmp_path / "pulled/config").rglob("*.yaml"))
    else:
        assert accepted(tmp_path / "pulled", "retention/contact-deletion.yaml") == [entry]
        said = spec(tmp_path / "pulled", "retention/contact-deletion.yaml")
        assert (said["query"].get("filters"), said["schedule"]["start_date"]) == (query.get("filters"), "2099-05-01")


UNKNOWN_TO_US: dict[str, tuple[Callable[[Json], Json], list[str]]] = {
    # what nobody knows: how it comes about, and what the manifest lists
    "a field of a trigger": (
        lambda body: {**body, "trigger": {**body["trigger"], "only_if": {"status": "open"}}}, ["trigger.only_if"],
    ),
    "a type of task": (
        _tasks(lambda tasks: tasks[1].update(task_type="ROBOT", robot={"id": 1})), ["tasks[zwei].task_type"],
    ),
    "a trigger of a type": (
        lambda body: {**body, "additional_triggers": [{"id": "x", "type": "weather"}]},
        ["additional_triggers[weather].type"],
    ),
    "a requirement of a word": (
        _tasks(lambda tasks: tasks[1].update(requirements=[{"when": "SOMETIME", "task_id": "a"}])),
        ["tasks[zwei].requirements[0].when"],
    ),
    "a schedule of a mode": (
        _tasks(lambda tasks: tasks[1].update(task_type="AUTOMATION", automation_config={"flow_id": "x"},
                                             schedule={"mode": "when_it_rains"})),
        ["tasks[zwei].schedule.mode"],
    ),
    "the same field of all items, one of them another task's": (
        _tasks(lambda tasks: [each.update(agent_config={"agent_id": "7"}, colour="red") for each in tasks]),
        ["tasks[*].agent_config", "tasks[*].colour"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("change", "listed"), UNKNOWN_TO_US.values(), ids=UNKNOWN_TO_US)
def test_what_nobody_knows_is_written_as_it_is_and_listed(
    world: World, tmp_path: Path, change: Callable[[Json], Json], listed: list[str]
) -> None:
    world.seed({"flow_templates": [FLOW]})
    world.stored("flow", "f1", change)
    done = pulled(world, tmp_path / "pulled", "FlowTemplate")
    assert (extra(tmp_path / "pulled", "flows/umzug.yaml"), done.left_out) == (listed, [])


DELETION: dict[str, tuple[Json, Json, list[str]]] = {
    # what nobody knows: query, schedule; what the manifest lists
    "a field of a filter": (
        {"filters": [{**FILTERS[1], "only_if": "x"}]}, {}, ["query.filters[0].only_if"],
    ),
    "a field of the query": ({"most": 3}, {}, ["query.most"]),
    "a field of the schedule": ({}, {"weekday": 1}, ["schedule.weekday"]),
}  # fmt: skip


@pytest.mark.parametrize(("query", "schedule", "listed"), DELETION.values(), ids=DELETION)
def test_a_deletion_says_what_nobody_knows_too(
    world: World, make: Any, tmp_path: Path, query: Json, schedule: Json, listed: list[str]
) -> None:
    """For it may narrow what is deleted."""
    world.put(make.retention())
    world.apply()
    [config] = world.listed("RetentionConfig")
    start = {"start_date": "2099-05-01", **schedule}
    world.stored(
        "retention",
        config["id"],
        lambda body: {**body, "query": {**body["query"], **query}, "schedule": {**body["schedule"], **start}},
    )
    done = pulled(world, tmp_path / "pulled", "RetentionConfig")
    [file] = [path.relative_to(tmp_path / "pulled/config") for path in (tmp_path / "pulled/config").rglob("*.yaml")]
    assert (extra(tmp_path / "pulled", str(file)), done.left_out) == (listed, [])


def _named(body: Json, **more: Json) -> Json:
    """The schema with fields of the attribute `first_name`."""
    attributes = [{**each, **more} if each["name"] == "first_name" else each for each in body["attributes"]]
    return {**body, "attributes": attributes}


def _said(spec: Json) -> Json:
    """The attribute `first_name`, if the manifest has one."""
    return next((each for each in spec["attributes"] if each["name"] == "first_name"), None)


SCHEMAS: dict[str, tuple[Callable[[Json], Json], Callable[[Json], bool], str]] = {
    # what is odd: how it comes about, what the manifest says, what is said of it
    "a limit nobody knows": (
        lambda body: _named(body, constraints={"never_on": ["monday"]}),
        lambda said: _said(said)["constraints"] == {"never_on": ["monday"]}, "",
    ),
    "a condition with a field nobody knows": (
        lambda body: {**body, "conditions": [{"id": "3f2504e0-4f89-41d3-9a0c-0305e82c3301", "name": "sparte",
                                              "label": "Sparte", "type": "select", "options": ["strom"]}]},
        lambda said: said["conditions"][0]["options"] == ["strom"], "",
    ),
    "a limit that is no limit": (
        lambda body: _named(body, constraints=["max"]), lambda said: _said(said)["constraints"] == ["max"], "",
    ),
    "a label that is no text": (
        lambda body: _named(body, placeholder=7), lambda said: _said(said)["placeholder"] == 7, "",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("change", "expected", "said"), SCHEMAS.values(), ids=SCHEMAS)
def test_an_odd_schema(
    world: World, tmp_path: Path, change: Callable[[Json], Json], expected: Callable[[Json], bool], said: str
) -> None:
    world.stored("schema", "contact", change)
    done = pulled(world, tmp_path / "pulled", "EntitySchema")
    assert expected(spec(tmp_path / "pulled", "schemas/contact.yaml"))
    assert [each.message for each in done.left_out] == ([said] if said else [])


def test_a_schema_that_is_hidden_from_everybody(world: World, tmp_path: Path) -> None:
    world.stored("schema", "contact", lambda body: {**body, "enable_setting": []})
    done = pulled(world, tmp_path / "pulled", "EntitySchema")
    assert [each.message for each in done.left_out] == [
        "EntitySchema `contact` (`contact`) is left out, for no sound manifest says it: an empty `enable_setting` "
        "hides it from everybody, which no manifest may say"
    ]
    assert not (tmp_path / "pulled/config/schemas/contact.yaml").exists()


def test_a_flow_that_cannot_be_read(world: World, tmp_path: Path) -> None:
    """Not in the list, not in a plan, not at all: whatever it is, it is named, and all else is pulled."""
    world.seed({"flow_templates": [FLOW, {**FLOW, "id": "f2", "name": "Neben"}, {**FLOW, "id": "f3", "name": "Drei"}]})
    numbered = [{**each, "id": number} for number, each in enumerate(FLOW["edges"], 1)]
    world.stored("flow", "f1", lambda body: {**body, "edges": numbered})
    world.stored("flow", "f3", lambda body: {**body, "closing_reasons": ["Won"]})
    done = pulled(world, tmp_path / "pulled", "FlowTemplate")
    assert [str(each.new.address) for each in done.drafts] == ["FlowTemplate/neben"]
    assert [(each.rule, each.message, each.severity) for each in done.left_out] == [
        ("unreadable-live", "the platform answered with something that is no FlowTemplate: `Drei` `f3`", "warning"),
        (
            "unreadable-live",
            "FlowTemplate `f1`: the platform answered in a form that syncer does not know (`$.edges[0].id` is no text)",
            "warning",
        ),
    ]
    assert done.incomplete


def test_a_flow_whose_name_nobody_can_read(world: World, tmp_path: Path) -> None:
    world.seed({"flow_templates": [FLOW, {**FLOW, "id": "f2", "name": "Zwei"}]})
    world.stored("flow", "f1", lambda body: {**body, "name": "ab"})
    done = pulled(world, tmp_path / "pulled", "FlowTemplate")
    assert [str(each.new.address) for each in done.drafts] == ["FlowTemplate/ab", "FlowTemplate/zwei"]
    assert done.left_out == []


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
    assert (names[-2:], said["x_new"]) == (["odd", "twice"], {"y": [1]})
    assert extra(tmp_path / "pulled", "schemas/contact.yaml") == [
        "x_new", "attributes[twice].options_nobody_knows", "attributes[odd].type",
    ]  # fmt: skip
    assert done.left_out == []


def test_a_schema_with_two_attributes_of_one_name(world: World, tmp_path: Path) -> None:
    twin = {"name": "first_name", "label": "Noch einer", "type": "string"}
    world.stored("schema", "contact", lambda body: {**body, "attributes": [*body["attributes"], twin]})
    done = pulled(world, tmp_path / "pulled", "EntitySchema")
    names = [each["name"] for each in spec(tmp_path / "pulled", "schemas/contact.yaml")["attributes"]]
    assert (names.count("first_name"), names[-1], done.left_out) == (2, "first_name", [])
    assert accepted(tmp_path / "pulled", "schemas/contact.yaml") == ["schema-duplicate attributes[first_name].name"]


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
    order = PullOptions(project, project.environments["test"], ("FlowTemplate",), (), {}, frozenset(), "s", world.today)
    with world.api(read_only=True) as api:
        done = prepare(order, CachedReader(api), fetch_all, {})
    file = folder / "config/flows/umzug.yaml"
    write_pull(done, lambda entries: file.write_text(file.read_text("utf-8") + "# mine\n", "utf-8"), lambda line: None)
    prove(done)
    assert done.mistakes == []  # a comment changes nothing of what it says
    file.write_text(file.read_text("utf-8").replace("Umzug", "Auszug"), "utf-8")
    prove(done)
    assert [(each.rule, each.message) for each in done.mistakes] == [
        ("pull-differs", "`config/flows/umzug.yaml` does not say what was written to it")
    ]
