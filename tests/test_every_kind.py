"""What holds of every kind in the table: its declaration and its JSON Schema speak of the same fields, it is
documented, the sandbox answers it, and what its examples say is so after one apply."""

from __future__ import annotations

import datetime
import itertools
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from syncer.kinds import KINDS, lookup_kinds
from syncer.kinds.written_ids import unknown_keys
from syncer.model.address import Address
from syncer.model.calls import Listing
from syncer.model.diagnostic import Location
from syncer.model.field_rules import Shape, pattern_steps
from syncer.model.kind import Kind, RefField
from syncer.model.resource import Desired
from syncer.schema_check.registry import load

Json = Any
ROOT = Path(__file__).parents[1]
STADTWERK = ROOT / "examples" / "stadtwerk"
NAMES = list(KINDS)
NOT_LOOKED_UP = {"Journey"}
"""What references name and nobody can list: their ids stand in `syncer.yaml`."""


def schema_of(kind: Kind) -> Json:
    return load(kind.slug)


# --- fields of a JSON Schema


def variants(node: Json, root: Json) -> Iterator[Json]:
    """A node and everything that may stand in its place."""
    waiting, seen = [node], []
    while waiting:
        each = waiting.pop()
        if not isinstance(each, dict) or each in seen:
            continue
        seen.append(each)
        yield each
        if "$ref" in each:
            target = root
            for step in each["$ref"].removeprefix("#/").split("/"):
                target = target[step]
            waiting.append(target)
        for word in ("allOf", "anyOf", "oneOf"):
            waiting.extend(each.get(word, ()))
        waiting.extend(each[word] for word in ("if", "then", "else") if word in each)


def below(nodes: list[Json], step: str, root: Json) -> list[Json]:
    """Where a step of a pattern leads; a field that only the platform sets leads to a node that allows nothing."""
    found: list[Json] = []
    for node in (each for start in nodes for each in variants(start, root)):
        if step == "[]":
            found += [node["items"]] if isinstance(node.get("items"), dict) else []
        elif step == "*":
            found += list(node.get("properties", {}).values())
            found += [node[word] for word in ("additionalProperties",) if isinstance(node.get(word), dict)]
            found += list(node.get("patternProperties", {}).values())
        elif step in node.get("properties", {}):
            found.append(node["properties"][step])
        elif step in node.get("x-syncer-server", {}):
            found.append({})
    return found


def is_known(schema: Json, pattern: str) -> bool:
    """Whether the schema of the spec has a place that the pattern leads to."""
    nodes = [schema["properties"]["spec"]]
    for step in pattern_steps(pattern):
        nodes = below(nodes, step, schema)
    return bool(nodes)


def patterns(shape: Shape, path: str = "") -> Iterator[str]:
    """Every pattern of which a shape says something."""
    said = (shape.rule.form != "ordered", shape.empty, shape.null_is_data, shape.ignored, shape.canon is not None)
    if path and (any(said) or repr(shape.default) != "ABSENT"):
        yield path
    for name, inner in shape.fields.items():
        yield from patterns(inner, f"{path}.{name}" if path else name)
    if shape.items is not None:
        yield from patterns(shape.items, f"{path}[]")


GIVEN_BACK_ONLY = {
    # fields that the platform shows in a list whose items a manifest writes as references
    "FlowTemplate": {
        f"closing_reasons[].{name}" for name in ("id", "title", "status", "creationTime", "lastUpdateTime")
    },
}


@pytest.mark.parametrize("name", NAMES)
def test_the_schema_knows_every_field_that_the_kind_speaks_of(name: str) -> None:
    kind, schema = KINDS[name], schema_of(KINDS[name])
    spoken = {*patterns(kind.shape), *(ref.path for ref in kind.refs), *kind.texts}
    spoken |= {*kind.restrictions, *kind.one_work}
    spoken |= {each for each in (kind.title, kind.key_field) if each}
    unknown = sorted(each for each in spoken - GIVEN_BACK_ONLY.get(name, set()) if not is_known(schema, each))
    assert unknown == []


@pytest.mark.parametrize("name", NAMES)
def test_references_lead_to_kinds_that_can_be_found(name: str) -> None:
    known = {*KINDS, *lookup_kinds()}
    for ref in KINDS[name].refs:
        assert ref.to in known | NOT_LOOKED_UP, ref
        assert not ref.plain or not KINDS[ref.to].title, f"{ref.path}: a {ref.to} has no enforced key"
        assert not ref.scope or is_known(schema_of(KINDS[name]), ref.scope), ref


@pytest.mark.parametrize("name", NAMES)
def test_a_check_beside_others_is_told_in_a_field_of_theirs(name: str) -> None:
    for check in KINDS[name].cross_checks:
        assert KINDS[check.kind].key_field, f"{name}: a {check.kind} has no enforced key"
        assert is_known(schema_of(KINDS[check.kind]), check.at), check
    assert bool(KINDS[name].rules) is bool(KINDS[name].heading)


@pytest.mark.parametrize("name", NAMES)
def test_the_schema_is_sound(name: str) -> None:
    from jsonschema import Draft202012Validator

    schema = schema_of(KINDS[name])
    Draft202012Validator.check_schema(schema)
    assert schema["properties"]["kind"]["const"] == name


@pytest.mark.parametrize("name", NAMES)
def test_a_kind_is_recognised_one_way_and_documented(name: str) -> None:
    kind = KINDS[name]
    assert kind.name == name
    assert bool(kind.title) is not bool(kind.key_field), "by a key or by a title"
    page = (ROOT / "docs" / "kinds" / f"{kind.slug}.md").read_text(encoding="utf-8")
    assert name in page
    assert kind.remove_reason


def test_a_field_nobody_knows_is_noticed() -> None:
    schema = schema_of(KINDS["FlowTemplate"])
    assert [
        is_known(schema, each) for each in ("tasks[].conditions[].branch_name", "automations.*.flow_name", "name")
    ] == [True] * 3
    assert [is_known(schema, each) for each in ("taskz", "tasks.name", "tasks[].conditions[].branchname")] == [
        False
    ] * 3


# --- the sandbox


class World:
    """The examples' repository and an organisation of the sandbox, in this process."""

    def __init__(self, folder: Path) -> None:
        from syncer.sandbox.server import Organisation, create_app

        shutil.copytree(STADTWERK, folder)
        numbers = itertools.count(1)
        moment = datetime.datetime(2026, 3, 2, 9, 14, 3, tzinfo=datetime.UTC)
        self.folder = folder
        self.app = create_app(
            ":memory:",
            [Organisation("911690", "tok")],
            now=lambda: moment,
            new_id=lambda: str(uuid.UUID(int=next(numbers), version=4)),
        )
        self.env = {"SYNCER_BONITAET_API_KEY": "hush-hush-1"}
        self.state_path = folder / ".syncer" / "state" / "sandbox.json"

    def api(self, *, read_only: bool = True) -> Any:
        import httpx

        from syncer.api.client import Api
        from syncer.api.endpoints import services
        from syncer.api.options import TransportOptions
        from syncer.fs.clock import Effects
        from syncer.model.json_values import Secret

        self.effects = Effects(lambda: 0.0, lambda: 1772442843.0, lambda seconds: None, lambda: 0.5)
        transport = httpx.WSGITransport(self.app)
        return Api(
            services({}, "http://127.0.0.1"),
            Secret("EPILOT_TOKEN", "tok"),
            read_only=read_only,
            share=1.0,
            options=TransportOptions(self.effects, wire=transport),
        )

    def desired(self) -> list[Desired]:
        from syncer.manifests.project import choose, read_project
        from syncer.manifests.resolution import read_manifests, resolve

        project = read_project(self.folder / "syncer.yaml")
        found, _ = resolve(read_manifests(project), choose(project, "sandbox"), self.env, allowed=frozenset(self.env))
        return found

    def state(self) -> Any:
        from syncer.state.state_file import load

        return load(self.state_path, "sandbox", org_id="911690", kinds=KINDS)

    def planned(self, api: Any, state: Any) -> Any:
        from syncer.api.client import fetch_all
        from syncer.ops.plan import make_plan
        from syncer.ops.selection import PlanRequest, Target

        request = PlanRequest(Target("sandbox", "911690", "http://127.0.0.1", "2026-03-02"))
        return make_plan(api, fetch_all, self.desired(), state.entries, request)

    def plan(self) -> Any:
        with self.api() as api:
            return self.planned(api, self.state())

    def apply(self) -> list[str]:
        """Apply, and say what failed."""
        from syncer.ops.apply.apply import ApplyPorts, ApplyRequest, apply_plan
        from syncer.ops.apply.scheduler import Stop
        from syncer.ops.apply.state_store import StateStore
        from syncer.plan.events import Failed, Skipped, Unknown
        from syncer.state.backends.factory import local_place
        from syncer.state.journal import Journal
        from syncer.state.run_history import RunHistory

        with Journal(self.state_path.with_suffix(".journal")) as journal, self.api(read_only=False) as api:
            place = local_place(self.state_path, "sandbox", org_id="911690", kinds=KINDS)
            store = StateStore(place, place.load())
            planned = self.planned(api, store.state)
            runs = RunHistory(self.state_path.parent / "runs")
            ports = ApplyPorts(api, journal, store, runs, self.effects, lambda: b"0" * 16)
            request = ApplyRequest("0123abcd", "me on a machine", "2026-03-02", workers=1)
            events = apply_plan(planned, ports, request, Stop())
            return [str(each.change.address) for each in events if isinstance(each, Failed | Skipped | Unknown)]


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The examples, applied once."""
    pytest.importorskip("flask", reason="the sandbox's extra is not installed")
    world = World(tmp_path_factory.mktemp("every-kind") / "repository")
    assert world.apply() == []
    yield world
    world.app.extensions["sandbox"].close()


@pytest.mark.parametrize("name", NAMES)
def test_after_an_apply_of_the_examples_nothing_of_the_kind_is_left_to_do(applied: World, name: str) -> None:
    planned = applied.plan()
    assert [str(each.address) for each in planned.plan.changes if each.address.kind == name] == []
    assert [each for each in planned.plan.links if each.address.kind == name and each.new] == []
    assert any(each.address.kind == name for each in planned.desired), "an example of every kind"


@pytest.mark.parametrize("name", NAMES)
def test_without_its_state_everything_is_found_again(applied: World, name: str) -> None:
    with applied.api() as api:
        forgotten = type(applied.state())(org_id="911690")
        planned = applied.planned(api, forgotten)
    assert [str(each.address) for each in planned.plan.changes if each.address.kind == name] == []
    mine = {each.address for each in planned.desired if each.address.kind == name}
    assert {each.address for each in planned.plan.links if each.address.kind == name} == mine


LISTED = [(each.name, each.service, each.listing) for each in (*KINDS.values(), *lookup_kinds().values())]


@pytest.mark.parametrize(("name", "service", "listing"), LISTED, ids=[name for name, _, _ in LISTED])
def test_the_sandbox_lists_it_and_each_object_reads_back_as_listed(
    applied: World, name: str, service: str, listing: Listing
) -> None:
    with applied.api() as api:
        found = api.list(service, listing)
        assert found
        if name in KINDS:
            kind = KINDS[name]
            for each in found:
                assert kind.spec_of(api.read(service, kind.read(kind.live_id(each), each))) == kind.spec_of(each)
                assert kind.live_id(each)


@pytest.mark.parametrize("name", NAMES)
def test_what_a_recording_keeps_is_all_that_a_plan_compares(applied: World, name: str) -> None:
    kind = KINDS[name]
    assert kind.recorded is not None
    with applied.api() as api:
        objects = api.list(kind.service, kind.listing)
    assert objects
    for live in objects:
        kept = kind.recorded().keep(live)
        assert (kind.live_id(kept), kind.live_key(kept)) == (kind.live_id(live), kind.live_key(live))
        assert kind.spec_of(kept) == kind.spec_of(live)


def test_one_kind_speaks_for_a_reply_that_is_recorded() -> None:
    forms = [(read.service, read.form) for each in KINDS.values() if each.recorded for read in each.recorded().reads]
    assert len(forms) == len(set(forms))


def test_no_secret_of_the_examples_is_in_state_or_plan(applied: World) -> None:
    assert "hush" not in applied.state_path.read_text("utf-8")
    assert "hush" not in repr(applied.plan().plan)


# --- keys that nothing has


def test_a_plain_key_that_neither_a_manifest_nor_the_organisation_has_is_named() -> None:
    def one(kind: str, name: str, spec: Json) -> Desired:
        return Desired(
            Address(kind, name), spec, {}, False, (), (), (), lambda path: Location("a.yaml", len(path), 1), ""
        )

    schema = one(
        "EntitySchema", "site", {"slug": "site", "attributes": [{"name": "a", "allowedSchemas": ["site", "contakt"]}]}
    )
    flow = one("FlowTemplate", "f", {"name": "f", "trigger": {"entity_schema": "contact"}, "tasks": [], "edges": []})
    wanted = [schema, flow]
    problems = unknown_keys(wanted, wanted, {"EntitySchema": ["contact"], "FlowTemplate": [""]})
    assert [(each.rule, each.message, each.path, each.hint) for each in problems] == [
        (
            "unknown-key",
            "EntitySchema/site: no manifest and nothing in the organisation is the EntitySchema `contakt`",
            "$.spec.attributes[0].allowedSchemas[1]",
            "did you mean `contact`?",
        )
    ]
    assert unknown_keys(wanted, wanted, {}) == []
    assert len(unknown_keys([flow], wanted, {"EntitySchema": []})) == 1


def test_every_plain_reference_is_of_a_kind_with_keys() -> None:
    refs: list[RefField] = [ref for kind in KINDS.values() for ref in kind.refs if ref.plain]
    assert {ref.to for ref in refs} == {"EntitySchema", "AppInstallation"}
