"""Changes by hand in the organisation, taken over into the manifests: the patch, what is left and why, a plan that is
empty afterwards. The tree is the example's, comments and all; the organisation is the sandbox."""

from __future__ import annotations

import copy
import json
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from simulation.manifests import Make
from simulation.world import World
from syncer.fs.change_set import as_patch, write
from syncer.kinds import KINDS
from syncer.manifests.project import choose, read_project
from syncer.manifests.resolution import read_manifests
from syncer.model.address import Address
from syncer.model.diagnostic import InvalidInput, Problem
from syncer.ops.cached_reader import CachedReader
from syncer.ops.pull.write_back import WriteBackOptions, WriteBackResult, take_over
from syncer.ops.refresh import read_sides
from syncer.ops.selection import PlanRequest
from tests.support.examples import examples

Json = Any
STADTWERK = Path(__file__).parents[2] / "examples" / "stadtwerk"
HOUSE = "Hausanschluss – von der Anfrage bis zur Inbetriebsetzung"
SET_BY_THE_PLATFORM = ("id", "created_at", "updated_at", "version", "comment", "source")


AS_IT_COMES = WriteBackOptions()


def taken_over(world: World, wish: WriteBackOptions = AS_IT_COMES) -> WriteBackResult:
    """What `pull` takes over: read, decide; nothing is written."""
    project = read_project(world.folder / "syncer.yaml")
    with world.api(read_only=True) as api:
        reader, unread = CachedReader(api, forgiving=True), dict[Address, Problem]()
        desired, entries = world.wanted()[0], world.state().entries
        sides, _, _, looked_at = read_sides(reader, world.fetch, desired, entries, PlanRequest(world.target), unread)
    environment = choose(project, world.environment)
    manifests = read_manifests(project)
    return take_over(manifests, environment, sides, looked_at, wish, unread=unread, unseen=reader.unread)


def lines(taken: WriteBackResult) -> list[str]:
    """The lines of the patch that come and go."""
    return [
        each
        for each in as_patch(taken.changes).splitlines()
        if each[:1] in "+-" and not each.startswith(("+++ ", "--- "))
    ]


def said(taken: WriteBackResult) -> list[str]:
    return [each.message for each in taken.problems]


class Stadtwerk(World):
    """The example's tree in front of an organisation to which it was applied."""

    org_id = "739224"

    def begin(self) -> Stadtwerk:
        shutil.rmtree(self.folder / "config")
        shutil.copytree(STADTWERK, self.folder, dirs_exist_ok=True)
        assert self.apply().problems == []
        return self

    def api(self, *, read_only: bool) -> Any:
        self.token = "alpha"
        return super().api(read_only=read_only)

    def flow(self, name: str, change: Callable[[Json], object]) -> None:
        flow = self.one("FlowTemplate", name=name)
        change(flow)
        self.ask(f"PUT /v2/flows/templates/{flow['id']}", flow)

    def schema(self, slug: str, change: Callable[[Json], object]) -> None:
        schema = self.one("EntitySchema", slug=slug)
        change(schema)
        self.ask(f"PUT /v1/entity/schemas/{slug}", {k: v for k, v in schema.items() if k not in SET_BY_THE_PLATFORM})

    def texts(self) -> dict[str, bytes]:
        return {str(path): path.read_bytes() for path in sorted((self.folder / "config").rglob("*")) if path.is_file()}


@pytest.fixture
def stadtwerk(tmp_path: Path) -> Iterator[Stadtwerk]:
    env = {"SYNCER_BONITAET_API_KEY": "hush-hush-1"}
    world = Stadtwerk(tmp_path / "stadtwerk", {"quota_per_minute": None}, environment="production", env=env)
    yield world.begin()
    world.close()


def test_nothing_was_changed(stadtwerk: Stadtwerk) -> None:
    taken = taken_over(stadtwerk)
    assert (taken.objects, bool(taken.changes), taken.problems) == ([], False, [])


def test_what_nobody_knows_is_taken_over_with_its_line(stadtwerk: Stadtwerk) -> None:
    def change(schema: Json) -> Json:
        schema["attributes"].append({"name": "by_hand", "label": "V", "type": "string", "mask": "##"})
        return {**schema, "novel": {"a": 1}}

    stadtwerk.stored("schema", "grid_connection", change)
    complete = taken_over(stadtwerk, WriteBackOptions(complete=frozenset({"EntitySchema/grid-connection"})))
    assert [line for line in lines(complete) if "extra" in line or "novel" in line or "mask" in line] == [
        '+  extra: [novel, "attributes[by_hand].mask"]',
        '+    - {name: by_hand, label: V, type: string, mask: "##"}',
        "+  novel:",
    ]
    write(complete.changes, stadtwerk.folder)
    assert taken_over(stadtwerk).objects == []
    assert stadtwerk.changes() == {}


def test_a_flow(stadtwerk: Stadtwerk) -> None:
    def change(flow: Json) -> None:
        flow["description"] = "Neu: ${x}"
        flow["phases"][0]["due_date_config"]["duration"] = 11
        flow["tasks"][2]["requirements"] = []
        phase = flow["phases"][3]["id"]
        task = {"id": "by-hand", "name": "Zähler setzen", "task_type": "MANUAL", "phase_id": phase}
        flow["tasks"].append({**task, "assigned_to": ["10010728"]})
        flow["edges"].append({"id": "e-by-hand", "from_id": flow["tasks"][-2]["id"], "to_id": "by-hand"})
        flow["closing_reasons"] = flow["closing_reasons"][1:]

    stadtwerk.flow(HOUSE, change)
    taken = taken_over(stadtwerk)
    assert lines(taken) == [
        "-  description: Neuanschlüsse, Änderungen und Verstärkungen in allen Sparten",
        '+  description: "Neu: $${x}"',
        "-      due_date_config: {duration: 10, unit: days, type: WORKFLOW_STARTED}",
        "+      due_date_config: {duration: 11, unit: days, type: WORKFLOW_STARTED}",
        "-      requirements:",
        "-        - {when: PHASE_FINISHED, phase_id: check}",
        "+      requirements: []",
        "+    - id: zaehler_setzen",
        "+      name: Zähler setzen",
        "+      task_type: MANUAL",
        "+      phase_id: completion",
        '+      assigned_to: ["${id.user.grid_planning}"]',
        "+    - {from_id: final_invoice, to_id: zaehler_setzen}",
        "-    - ref: connection-established",
    ]
    write(taken.changes, stadtwerk.folder)
    assert stadtwerk.changes() == {}
    assert taken_over(stadtwerk).objects == []


def test_a_schema(stadtwerk: Stadtwerk) -> None:
    def change(schema: Json) -> None:
        attributes = {each["name"]: each for each in schema["attributes"]}
        attributes["priority"]["options"].remove("normal")
        attributes["installation_site"]["allowedSchemas"].append("contact")
        attributes["capacity_kw"] |= {"label": "Leistung", "format": "0.0"}
        attributes["country"].pop("default_value")
        schema["attributes"].remove(attributes["media"])
        schema["attributes"].append({"name": "by_hand", "label": "Von Hand", "type": "string"})

    stadtwerk.schema("grid_connection", change)
    taken = taken_over(stadtwerk)
    assert lines(taken) == [
        "-    - name: media",
        "-      label: Sparten",
        "-      type: multiselect",
        "-      group: master_data",
        "-      order: 4",
        "-      options: [Strom, Gas, Wasser, Fernwärme, Glasfaser]",
        "-      options: [null, niedrig, normal, hoch, {value: critical, title: Kritische Infrastruktur}]",
        "+      options: [null, niedrig, hoch, {value: critical, title: Kritische Infrastruktur}]",
        "+        - ref: contact",
        "-    - {name: country, label: Land, type: country, group: location, order: 4, default_value: DE}",
        "+    - {name: country, label: Land, type: country, group: location, order: 4}",
        "-      label: Angefragte Leistung (kW)",
        "+      label: Leistung",
        '-      format: "0,0.0"',
        '+      format: "0.0"',
    ]
    assert said(taken) == [
        "EntitySchema/grid-connection: live, and not declared by the manifest: `attributes[by_hand]`"
    ]
    write(taken.changes, stadtwerk.folder)
    assert stadtwerk.changes() == {}
    complete = taken_over(stadtwerk, WriteBackOptions(complete=frozenset({"EntitySchema/grid-connection"})))
    assert "+    - {name: by_hand, label: Von Hand, type: string}" in lines(complete)
    assert not [each for each in lines(complete) if each.startswith("-")]
    write(complete.changes, stadtwerk.folder)
    assert stadtwerk.changes() == {}


def test_reasons_apps_and_retention(stadtwerk: Stadtwerk) -> None:
    reason = stadtwerk.one("ClosingReason", title="Anschluss hergestellt")
    body = {"title": "Anschluss: fertig", "status": "INACTIVE"}
    stadtwerk.ask(f"PATCH /v2/workflows/closing-reasons/{reason['id']}", body)
    config = stadtwerk.one("RetentionConfig", type="deletion")
    config["query"]["filters"][2]["lookback_period_days"] = 365
    config["relations_for_deletion"] = ["file", "order"]
    kept = ("entity_schema", "type", "enabled", "query", "schedule", "relations_for_deletion")
    stadtwerk.ask("POST /data-governance/v1/contact/configs", {name: config[name] for name in kept})
    taken = taken_over(stadtwerk)
    assert lines(taken) == [
        "-  title: Anschluss hergestellt",
        "-  status: ACTIVE",
        '+  title: "Anschluss: fertig"',
        "+  status: INACTIVE",
        "-      - {type: no_email_communication_since, lookback_period_days: 730, message_type: [SENT, RECEIVED]}",
        "+      - {type: no_email_communication_since, lookback_period_days: 365, message_type: [SENT, RECEIVED]}",
        "-  relations_for_deletion: [file, message, submission] # deleted together with the contact",
        "+  relations_for_deletion: [file, order] # deleted together with the contact",
    ]
    write(taken.changes, stadtwerk.folder)
    assert stadtwerk.changes() == {}


def _rename_a_task(world: Stadtwerk) -> None:
    world.flow(HOUSE, lambda flow: flow["tasks"][1].update(name="Unterlagen: geprüft"))


def _move_a_task(world: Stadtwerk) -> None:
    def change(flow: Json) -> None:
        flow["tasks"][1]["phase_id"] = flow["phases"][1]["id"]
        flow["tasks"][0], flow["tasks"][1] = flow["tasks"][1], flow["tasks"][0]

    world.flow(HOUSE, change)


def _reorder_attributes(world: Stadtwerk) -> None:
    world.schema("grid_connection", lambda schema: schema["attributes"].reverse())


def _label_an_attribute(world: Stadtwerk) -> None:
    world.schema("grid_connection", lambda schema: schema["attributes"][0].update(label="Nr. 1: #"))


def _switch_a_reason_off(world: Stadtwerk) -> None:
    reason = world.one("ClosingReason", title="Zu teuer")
    body = {"title": reason["title"], "status": "INACTIVE"}
    world.ask(f"PATCH /v2/workflows/closing-reasons/{reason['id']}", body)


def _set_an_option(world: Stadtwerk) -> None:
    app = world.one("AppInstallation", name="Adressprüfung")
    values = app["option_values"]
    values[0]["options"][0]["value"] = "Wohin?"
    world.ask(f"PATCH /v1/app/{app['app_id']}", {"option_values": values})


def _reschedule(world: Stadtwerk) -> None:
    config = world.one("RetentionConfig", type="deletion")
    config["schedule"]["interval_days"] = 14
    kept = ("entity_schema", "type", "enabled", "query", "schedule", "relations_for_deletion")
    world.ask("POST /data-governance/v1/contact/configs", {name: config[name] for name in kept})


BY_HAND: dict[str, tuple[Callable[[Stadtwerk], None], list[str]]] = {
    # what was done in the portal: how, and the lines that one would have typed
    "FlowTemplate: a task renamed": (
        _rename_a_task,
        ["-      name: Unterlagen und Netzverträglichkeit prüfen", '+      name: "Unterlagen: geprüft"'],
    ),
    "FlowTemplate: a task in another phase, and another place": (
        _move_a_task, ["-      phase_id: check", "+      phase_id: offer"],
    ),
    "EntitySchema: attributes in another order": (_reorder_attributes, []),
    "EntitySchema: a label": (_label_an_attribute, ["-      label: Netzanschlussnummer", '+      label: "Nr. 1: #"']),
    "ClosingReason: switched off": (_switch_a_reason_off, ["-  status: ACTIVE", "+  status: INACTIVE"]),
    "AppInstallation: an option": (
        _set_an_option,
        [
            "-        - {key: ueberschrift, value: Wo soll der Anschluss hin?}",
            "+        - {key: ueberschrift, value: Wohin?}",
        ],
    ),
    "RetentionConfig: its schedule": (_reschedule, ["-    interval_days: 90", "+    interval_days: 14"]),
}  # fmt: skip


def test_every_kind_is_changed_by_hand() -> None:
    assert {case.partition(":")[0] for case in BY_HAND} == set(KINDS)


@pytest.mark.parametrize(("change", "expected"), BY_HAND.values(), ids=BY_HAND)
def test_changed_by_hand_pulled_and_the_plan_is_empty(
    stadtwerk: Stadtwerk, change: Callable[[Stadtwerk], None], expected: list[str]
) -> None:
    change(stadtwerk)
    taken = taken_over(stadtwerk)
    assert (lines(taken), taken.problems) == (expected, [])
    write(taken.changes, stadtwerk.folder)
    assert stadtwerk.changes() == {}


def test_a_field_that_a_variable_feeds_is_said_and_not_touched(stadtwerk: Stadtwerk) -> None:
    stadtwerk.flow(HOUSE, lambda flow: flow.update(enabled=False))
    stadtwerk.flow(HOUSE, lambda flow: flow["phases"][1]["due_date_config"].update(duration=5))
    taken = taken_over(stadtwerk)
    assert not taken.changes
    assert [(each.rule, each.message, str(each.at)) for each in taken.problems] == [
        (
            "fed-by-variable",
            "FlowTemplate/house-connection: `enabled` comes from `${var.flows_live}`, and it is false live",
            "config/flows/house-connection.yaml:15:12",
        ),
        (
            "fed-by-variable",
            "FlowTemplate/house-connection: `phases[1].due_date_config.duration` comes from "
            "`${var.offer_valid_days}`, and it is 5 live",
            "config/flows/house-connection.yaml:40:35",
        ),
    ]


def test_a_text_beside_is_written_there(stadtwerk: Stadtwerk) -> None:
    file = stadtwerk.folder / "config" / "texts" / "pv-documents.html"
    old = file.read_text("utf-8")

    def change(flow: Json) -> None:
        for task in flow["tasks"]:
            if task.get("description", {}).get("value") == old:
                task["description"]["value"] = old + "<p>ä ${x}</p>"

    name = next(each["name"] for each in stadtwerk.listed("FlowTemplate") if old in str(each.get("tasks")) or any(
        task.get("description", {}).get("value") == old for task in each["tasks"]
    ))  # fmt: skip
    stadtwerk.flow(name, change)
    taken = taken_over(stadtwerk)
    assert {name: (each.after or b"").decode() for name, each in taken.changes.files.items()} == {
        "config/texts/pv-documents.html": old + "<p>ä ${x}</p>"
    }
    write(taken.changes, stadtwerk.folder)
    assert stadtwerk.changes() == {}


@settings(max_examples=examples(8))
@given(st.integers(0, 2**32))
@example(12230)  # a closing reason of the flow became one that is not there
def test_whatever_is_changed_by_hand(seed: int) -> None:
    """Random changes through the API, a plan that is empty once they were taken over, and all lines else as before."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        env = {"SYNCER_BONITAET_API_KEY": "hush-hush-1"}
        world = Stadtwerk(Path(folder) / "w", {"quota_per_minute": None}, environment="production", env=env).begin()
        try:
            _by_hand_and_back(world, random.Random(seed))
        finally:
            world.close()


def _by_hand_and_back(world: Stadtwerk, dice: random.Random) -> None:
    sent = [kind for _ in range(dice.randint(1, 4)) if (kind := _change(world, dice))]
    before = world.texts()
    taken = taken_over(world)
    assert "hush-hush-1" not in as_patch(taken.changes) + "".join(said(taken))
    assert [each for each in taken.problems if each.rule in ("not-edited", "not-yet-applied", "items-unclear")] == []
    gone = {each[1:] for each in lines(taken) if each.startswith("-")}
    write(taken.changes, world.folder)
    for name, text in world.texts().items():
        left = iter(text.decode().splitlines())
        assert all(line in left for line in before[name].decode().splitlines() if line not in gone), name
    stay = {"fed-by-variable", "unsound-live", "secret-not-taken"}
    left_over = {each.message.split(":")[0].split(" ")[0] for each in taken.problems if each.rule in stay}
    try:
        rest = {each: fields for each, fields in world.changes().items() if each not in left_over}
    except InvalidInput as error:  # what is live contradicts another manifest: validate says where
        wrong = {each.rule for each in error.problems if each.severity == "error"}
        rest = {} if wrong <= {"unknown-attribute"} else {"problems": sorted(wrong)}
    assert rest == {}, sent


def _change(world: Stadtwerk, dice: random.Random) -> str:
    """One change as somebody in the portal makes it; nothing where the platform refuses it."""
    kind = dice.choice(["FlowTemplate", "FlowTemplate", "EntitySchema", "EntitySchema", *_OTHERS])
    objects = world.listed(kind)
    if kind == "EntitySchema":
        objects = [each for each in objects if each["slug"] in _SCHEMAS]
    live = _mutated(dice.choice(objects), dice)
    path, body = {
        "FlowTemplate": lambda: (f"PUT /v2/flows/templates/{live['id']}", live),
        "EntitySchema": lambda: (f"PUT /v1/entity/schemas/{live['slug']}", _less(live, *SET_BY_THE_PLATFORM)),
        "ClosingReason": lambda: (f"PATCH /v2/workflows/closing-reasons/{live['id']}", _less(live, "id")),
        "AppInstallation": lambda: (f"PATCH /v1/app/{live['app_id']}", {"option_values": live.get("option_values")}),
        "RetentionConfig": lambda: (
            "POST /data-governance/v1/contact/configs",
            _less(live, "id", "created_by", "updated_by"),
        ),
    }[kind]()
    method, url = path.split(" ", 1)
    return kind if world.client.request(method, url, json=body).is_success else ""


_OTHERS = ("ClosingReason", "AppInstallation", "RetentionConfig")
_SCHEMAS = ("grid_connection", "charging_station", "contact", "installation_site", "site_inspection")
_KEYS = {
    *SET_BY_THE_PLATFORM, "org_id", "slug", "_manifest", "limit_warnings", "creationTime", "lastUpdateTime", "app_id",
    "component_id", "from_id", "to_id", "condition_id", "task_id", "phase_id", "key", "journeyId", "journey_id",
    "automation_id", "flow_id", "entity_schema", "type", "frequency", "installation_id", "name",
}  # fmt: skip


def _less(live: Json, *names: str) -> Json:
    return {name: each for name, each in live.items() if name not in names}


def _paths(value: Json, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    steps = [key for key in value if key not in _KEYS] if isinstance(value, dict) else range(len(value))
    for step in steps:
        yield (*path, step)
        if isinstance(value[step], (dict, list)):
            yield from _paths(value[step], (*path, step))


def _mutated(live: Json, dice: random.Random) -> Json:
    live = copy.deepcopy(live)
    path = dice.choice(list(_paths(live)))
    around = live
    for step in path[:-1]:
        around = around[step]
    value, form = around[path[-1]], dice.random()
    if isinstance(value, bool):
        around[path[-1]] = not value
    elif isinstance(value, int):
        around[path[-1]] = value + 1
    elif isinstance(value, str) and form < 0.7:
        new = [f"{value} neu", "A: b #c", "", "<p>x</p>\n<p>y</p>\n", "${nein} {{x}}", "ja", "2027-05-05", "'"]
        around[path[-1]] = dice.choice(new)
    elif isinstance(value, list) and value and form < 0.8:
        new_item = copy.deepcopy(dice.choice(value))
        for name in ("id", "name", "label", "branch_name"):
            if isinstance(new_item, dict) and isinstance(new_item.get(name), str):
                new_item[name] += "_2"
        dice.choice([lambda: value.pop(), lambda: value.insert(0, new_item), lambda: dice.shuffle(value)])()
    elif isinstance(around, dict):
        del around[path[-1]]
    else:
        around.pop(path[-1])
    return live


# --- what is not simply taken over


@pytest.fixture
def applied(world: World, make: type[Make]) -> World:
    world.put(
        make.reason("won", metadata={"policy": {}}), make.reason("lost"), make.schema("site", make.text("street"))
    )
    world.apply()
    return world


def rename(world: World, old: str, new: str) -> None:
    reason = world.one("ClosingReason", title=old)
    world.ask(f"PATCH /v2/workflows/closing-reasons/{reason['id']}", {"title": new, "status": "ACTIVE"})


def test_what_the_manifest_changed_stays(applied: World, make: type[Make]) -> None:
    applied.put(make.reason("won", title="Gewonnen"))
    taken = taken_over(applied)
    assert not taken.changes
    assert said(taken) == ["ClosingReason/won: `title` was changed in the manifest since the last apply, and stays so"]
    write(taken_over(applied, WriteBackOptions(everything=True)).changes, applied.folder)
    assert applied.changes() == {}
    assert '"title": "Won"' in (applied.folder / "config" / "ClosingReason-won.json").read_text("utf-8")


def test_what_both_changed_is_as_it_is_live(applied: World, make: type[Make]) -> None:
    applied.put(make.reason("won", title="Gewonnen"))
    rename(applied, "Won", "Erfolg")
    write(taken_over(applied).changes, applied.folder)
    assert applied.changes() == {}
    assert '"title": "Erfolg"' in (applied.folder / "config" / "ClosingReason-won.json").read_text()


def test_without_state_what_is_live_counts(applied: World) -> None:
    applied.ask(
        "PUT /v1/entity/schemas/site",
        {"slug": "site", "name": "Ort", "plural": "sites", "attributes": [], "published": True, "capabilities": []},
    )
    applied.forget()
    write(taken_over(applied).changes, applied.folder)
    assert applied.changes() == {}


def test_what_was_deleted_is_said_and_goes_when_asked(applied: World) -> None:
    gone = applied.one("ClosingReason", title="Lost")
    applied.ask(f"DELETE /v2/workflows/closing-reasons/{gone['id']}")
    taken = taken_over(applied)
    assert (said(taken), bool(taken.changes)) == (["ClosingReason/lost was deleted in the organisation"], False)
    taken = taken_over(applied, WriteBackOptions(prune_files=True))
    assert [(name, each.after) for name, each in taken.changes.files.items()] == [
        ("config/ClosingReason-lost.json", None)
    ]
    write(taken.changes, applied.folder)
    assert not (applied.folder / "config" / "ClosingReason-lost.json").exists()


def test_a_text_that_two_fields_read_holds_back_nothing_else(world: World, make: type[Make]) -> None:
    (world.folder / "t.hbs").write_text("{{a}}", "utf-8")
    (world.folder / "d.txt").write_text("Old", "utf-8")
    shared = {"file": "t.hbs"}
    text = make.text("c", type="computed", value_formatter=shared)
    world.put(make.schema("site", make.text("a"), text, title_template=shared, description={"file": "d.txt"}))
    assert world.apply().code == 0
    live = world.one("EntitySchema", slug="site")
    live |= {"title_template": "{{c}}", "description": "New"}
    live["attributes"][0]["label"] = "By hand"
    world.ask("PUT /v1/entity/schemas/site", {k: v for k, v in live.items() if k not in SET_BY_THE_PLATFORM})
    taken = taken_over(world)
    files = {name: each.after for name, each in taken.changes.files.items()}
    assert files["d.txt"] == b"New"
    assert b"By hand" in (files["config/EntitySchema-site.json"] or b"")
    assert "t.hbs" not in files
    assert [str(each) for each in taken.unwritten] == ["EntitySchema/site"]
    assert "EntitySchema/site: `t.hbs` was left as it is: another field of it reads it too" in said(taken)
    assert [len(each.taken) for each in taken.objects] == [2]


def test_a_file_of_several_documents_is_not_removed(stadtwerk: Stadtwerk) -> None:
    gone = stadtwerk.one("ClosingReason", title="Anschluss hergestellt")
    stadtwerk.ask(f"DELETE /v2/workflows/closing-reasons/{gone['id']}")
    taken = taken_over(stadtwerk, WriteBackOptions(prune_files=True))
    assert [each.after for name, each in taken.changes.files.items() if "reasons" in name] == []
    assert [each.hint for each in taken.problems if each.rule == "deleted-live"] == [
        "remove it by hand: `config/reasons/won.yaml` holds 5 documents"
    ]


def test_a_secret_is_never_written(world: World, make: type[Make]) -> None:
    world.put(make.installation(), make.reason("won", title="${env.SYNCER_KEY} x", metadata={}))
    app = make.APP
    world.manifests.pop("ClosingReason/won")
    (world.folder / "config" / "ClosingReason-won.json").unlink()
    world.apply()
    world.ask(
        f"PATCH /v1/app/{app}",
        {"option_values": [{"component_id": make.COMPONENT, "options": [
            {"key": "region", "value": "DE-BY"}, {"key": "api_key", "value": "canary-7"}]}]},
    )  # fmt: skip
    taken = taken_over(world)
    patch = as_patch(taken.changes)
    assert "DE-BY" in patch
    assert "canary-7" not in patch + str(said(taken))
    assert patch.count("${env.SYNCER_KEY}") == 2
    assert [each.rule for each in taken.problems] == ["secret-not-taken"]
    write(taken.changes, world.folder)
    key = f"option_values[{make.COMPONENT}].options[api_key] (drift)"
    assert world.changes() == {"AppInstallation/credit": ["update", key]}  # set by hand since: the next apply sets it


def test_an_app_that_was_switched_off_may_stay_so(world: World, make: type[Make]) -> None:
    world.put(make.installation())
    world.apply()
    world.ask(f"PATCH /v1/app/{make.APP}", {"option_values": []})
    assert "enabled (drift)" in world.changes()["AppInstallation/credit"]
    taken = taken_over(world)
    assert '"policy": {"allow_disabled": true}' in "".join(lines(taken))
    write(taken.changes, world.folder)
    assert world.changes() == {}


@pytest.mark.parametrize(("policy", "left"), [({}, None), ({"version": "minimum"}, {"version": "minimum"})])
def test_an_app_that_came_on_need_not_stay_off(world: World, make: type[Make], policy: Json, left: Json) -> None:
    """`allow_disabled` is for an app that is off: of one that is on, pull takes it out; other policy stays."""
    world.put(make.installation(metadata={"policy": {**policy, "allow_disabled": True}}))
    world.apply()
    assert world.changes() == {}
    taken = taken_over(world)
    (edit,) = [one for each in taken.objects for one in each.taken]
    assert edit.path == ("metadata", "policy")
    write(taken.changes, world.folder)
    now = json.loads((world.folder / "config" / "AppInstallation-credit.json").read_text("utf-8"))
    assert now["metadata"].get("policy") == left
    assert (world.changes(), taken_over(world).objects) == ({}, [])


def test_a_text_that_two_read_is_left(world: World, make: type[Make]) -> None:
    (world.folder / "text.txt").write_text("one", "utf-8")
    for name in ("one", "two"):
        world.put(make.flow(name, description={"file": "text.txt"}))
    world.apply()
    flow = world.one("FlowTemplate", name="One")
    world.ask(f"PUT /v2/flows/templates/{flow['id']}", {**flow, "description": "changed"})
    taken = taken_over(world)
    assert not taken.changes
    assert said(taken) == ["FlowTemplate/one: `text.txt` was left as it is: FlowTemplate/two reads it too"]
    assert taken.unwritten == [Address("FlowTemplate", "one")]


def test_what_is_live_against_a_rule_is_taken_over_and_accepted(stadtwerk: Stadtwerk) -> None:
    stadtwerk.schema("charging_station", lambda schema: schema["attributes"][0].update(group="nowhere"))
    taken = taken_over(stadtwerk)
    assert (said(taken), taken.unwritten) == ([], [])
    assert [line for line in lines(taken) if line[:1] == "+"] == [
        '+  accept: ["schema-unknown-group attributes[manufacturer].group"]',
        "+    - {name: manufacturer, label: Hersteller, type: string, group: nowhere, order: 1, required: true, "
        "show_in_table: true}",
    ]  # fmt: skip
    write(taken.changes, stadtwerk.folder)
    assert stadtwerk.changes() == {}
    stadtwerk.schema("charging_station", lambda schema: schema["attributes"][0].pop("group"))
    taken = taken_over(stadtwerk)
    assert said(taken) == []
    assert [line for line in lines(taken) if "accept" in line] == [
        '-  accept: ["schema-unknown-group attributes[manufacturer].group"]'
    ]


def _config(world: World, change: Callable[[Json], object]) -> None:
    """A change by hand of the one retention config."""
    [config] = world.listed("RetentionConfig")
    change(config)
    sent = {name: config[name] for name in ("type", "enabled", "query", "schedule", "relations_for_deletion")}
    world.ask("POST /data-governance/v1/contact/configs", sent)


def _wider(config: Json, **filter: Json) -> None:
    config["relations_for_deletion"] = ["order"]
    config["query"]["filters"] = [filter]


SILENT = {"type": "no_email_communication_since", "lookback_period_days": 900}


def test_what_restricts_comes_along_though_the_manifest_never_spoke_of_it(world: World, make: type[Make]) -> None:
    """By hand it deletes more and, in the same breath, only of those who were long silent."""
    document = make.retention(relations_for_deletion=[])
    del document["spec"]["query"]["filters"]
    world.put(document)
    world.apply()
    _config(world, lambda config: _wider(config, **SILENT))
    taken = taken_over(world)
    assert (taken.unwritten, taken.problems) == ([], [])
    write(taken.changes, world.folder)
    assert world.changes() == {}
    assert world.wanted()[0][0].spec["query"]["filters"] == [SILENT]


def test_what_a_task_waits_for_comes_along_and_what_git_took_out_stays_out(world: World, make: type[Make]) -> None:
    document = make.flow("move", steps=("call", "write", "end"))
    document["spec"]["tasks"][2]["requirements"] = [{"when": "TASK_FINISHED", "task_id": "call"}]
    world.put(document)
    world.apply()
    del document["spec"]["tasks"][2]["requirements"]  # released, and not applied yet
    world.put(document)
    flow = world.one("FlowTemplate", name="Move")
    flow["tasks"][1] |= {"name": "Schreiben", "requirements": [{"when": "TASK_FINISHED", "task_id": "call"}]}
    world.ask(f"PUT /v2/flows/templates/{flow['id']}", flow)
    taken = taken_over(world)
    assert (taken.unwritten, taken.problems) == ([], [])
    write(taken.changes, world.folder)
    tasks = world.wanted()[0][0].spec["tasks"]
    assert [(each["name"], each.get("requirements")) for each in tasks] == [
        ("Call", None),
        ("Schreiben", [{"when": "TASK_FINISHED", "task_id": "call"}]),
        ("End", None),
    ]
    assert world.changes() == {}


def test_what_restricts_and_cannot_be_taken_over_holds_all_else_back(world: World, make: type[Make]) -> None:
    """The days come from syncer.yaml, which pull does not write: with the wider reach alone, more would be deleted."""
    settings = world.folder / "syncer.yaml"
    settings.write_text(settings.read_text("utf-8").replace("vars: {", "vars: {days: 30, ", 1), "utf-8")
    filters = [{**SILENT, "lookback_period_days": "${var.days}"}]
    query = {"saved_view_id": {"lookup": "Inaktive Kontakte"}, "filters": filters}
    world.put(make.retention(query=query, relations_for_deletion=[]))
    world.apply()
    _config(world, lambda config: _wider(config, **SILENT))
    taken = taken_over(world)
    assert (bool(taken.changes), taken.unwritten) == (False, [Address("RetentionConfig", "old-contacts")])
    assert [(each.rule, each.severity) for each in taken.problems] == [
        ("restriction-left", "warning"),
        ("fed-by-variable", "warning"),
    ]
    assert said(taken)[0] == (
        "RetentionConfig/old-contacts was left as it is: `query.filters[0]` (var.days) restricts what it does, and "
        "can't be taken over"
    )


def test_two_that_nothing_tells_apart_are_declared_by_their_order(world: World, make: type[Make]) -> None:
    world.put(make.flow("move"))
    world.apply()
    flow = world.one("FlowTemplate", name="Move")
    twins = [{"type": "manual", "entity_schema": "order"}] * 2
    world.stored("flow", flow["id"], lambda body: {**body, "additional_triggers": twins, "description": "Neu"})
    taken = taken_over(world, WriteBackOptions(complete=frozenset({"FlowTemplate/move"})))
    assert (taken.unwritten, taken.problems) == ([], [])
    assert {path[1] for each in taken.objects for path, *_ in each.taken if len(path) > 1} == set()
    assert {path[0] for each in taken.objects for path, *_ in each.taken} >= {"additional_triggers", "description"}


def test_one_that_cannot_be_read_is_named_and_all_others_are_taken_over(world: World, make: type[Make]) -> None:
    world.put(make.flow("move"), make.flow("other"), make.reason("lost"))
    world.apply()
    flow, other = (world.one("FlowTemplate", name=name) for name in ("Move", "Other"))
    world.stored("flow", flow["id"], lambda body: {**body, "tasks": [{**body["tasks"][0], "name": ["x"]}]})
    tasks = [{**other["tasks"][0], "name": "Anrufen"}, *other["tasks"][1:]]
    world.ask(f"PUT /v2/flows/templates/{other['id']}", {**other, "tasks": tasks})
    taken = taken_over(world)
    assert [str(each.address) for each in taken.objects] == ["FlowTemplate/other"]
    assert taken.unwritten == [Address("FlowTemplate", "move")]
    [problem] = taken.problems
    assert (problem.rule, problem.at.file if problem.at else "") == (
        "unreadable-live",
        "config/FlowTemplate-move.json",
    )
    assert problem.message.startswith("FlowTemplate/move: the platform answered in a form that syncer does not know (")


def test_what_is_not_found_beside_one_without_an_id_may_be_that_one(world: World, make: type[Make]) -> None:
    """No file goes for a deletion that nobody is sure of."""
    world.put(make.reason("lost"), make.reason("won"))
    world.apply()
    gone, other = (world.one("ClosingReason", title=title) for title in ("Lost", "Won"))
    world.ask(f"DELETE /v2/workflows/closing-reasons/{gone['id']}")
    world.stored("closing_reason", other["id"], lambda body: {**body, "title": "Gewonnen"})
    world.wire.after = _with_one_nameless
    taken = taken_over(world, WriteBackOptions(prune_files=True))
    assert (taken.gone, [each.after for each in taken.changes.files.values() if each.after is None]) == ([], [])
    assert [str(each.address) for each in taken.objects] == ["ClosingReason/won"]
    assert (taken.unwritten, said(taken)) == (
        [Address("ClosingReason", "lost")],
        ["whether ClosingReason/lost was deleted is not known: one that cannot be read may be it"],
    )


def _with_one_nameless(request: httpx.Request, response: httpx.Response) -> httpx.Response:
    """The list of closing reasons with one that has no id."""
    response.read()
    if not request.url.path.endswith("/closing-reasons"):
        return response
    reasons = [*json.loads(response.content)["reasons"], {"title": "Nobody", "status": "ACTIVE"}]
    content = json.dumps({"reasons": reasons}).encode()
    return httpx.Response(200, headers={"content-type": "application/json"}, content=content)
