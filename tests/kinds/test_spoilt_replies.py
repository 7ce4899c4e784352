"""Live objects and answers in which something is missing or of another form: each kind reads them, or says where it
cannot. Any other exception would be taken for a bug of ours, and end the run."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from random import Random

import pytest

from syncer.kinds import KINDS
from syncer.manifests.create_schema import create_schema
from syncer.model.address import Address
from syncer.model.diagnostic import Location, PlatformError
from syncer.model.json_values import ABSENT, Json
from syncer.model.kind import Kind
from syncer.model.markers import clone
from syncer.model.resource import Desired, Managed
from syncer.model.unexpected_reply import UnexpectedReply
from syncer.plan.identity_match import live_of, match, require_live
from syncer.plan.inputs import IdIndex, PlanInputs
from syncer.plan.planner import asks_of, draft
from tests.support.live_objects import APP, FLOW, RETENTION, SCHEMA, changed, places

MANY = int(os.environ.get("SYNCER_EXAMPLES") or 150)
FORMS: tuple[Json, ...] = (ABSENT, ABSENT, None, 5, "x", [], {}, [5], [{}], [[]], {"id": []}, True)
AUTOMATION: Json = {
    "id": "auto-1", "flow_name": "Mail", "enabled": False, "disable_details": {"disabled_by": "system"},
    "workflow_context": {"workflow_id": "f1"}, "triggers": [{"type": "frontend_submission"}],
    "actions": [{"id": "a", "config": {"app_id": APP["app_id"], "target_workflow": "f1"}, "outputs": {}}],
}  # fmt: skip
DEFINITION: Json = {"id": "d1", "name": "Alt", "closingReasons": [{"id": "r1"}], "flow": [
    {"automationConfig": {"flowId": "auto-1"}}, {"steps": [{"automationConfig": {"flowId": "auto-1"}}]}]}  # fmt: skip
VERSION: Json = {
    "version": "2.0.0", "latest_version": "2.0.0", "is_beta": True, "blueprint_ref": "b", "deprecated_at": "",
    "pricing": {"pricing_type": "PAID"}, "role": {"grants": [{"action": "a", "resource": "r"}]},
    "components": [{"id": "comp", "name": {"de": "K"}, "options": [{"key": "region", "type": "text"}]}],
}  # fmt: skip
SAMPLES: dict[str, tuple[Json, Json, dict[str, Json]]] = {
    # kind: a live object, what a manifest says of it, the answers to what the kind asks
    "FlowTemplate": (
        FLOW,
        {"name": "Umzug", "trigger": {"type": "automation", "automation_id": "auto-1"}, "tasks": [], "edges": [],
         "enabled": False, "closing_reasons": [{"id": "r1"}], "version": "v2", "additional_triggers": []},
        {"automations 1": {"results": [AUTOMATION]}, "automations": {"results": [AUTOMATION], "total": 1},
         "definitions": [DEFINITION], "limits": {"currentNoOfWorkflows": 9, "maxAllowed": 9}},
    ),
    "EntitySchema": (
        SCHEMA,
        {"slug": "site", "attributes": [{"name": "street", "label": "S", "type": "number", "group": "Lage"}],
         "published": False, "group_settings": [{"label": "Lage"}],
         "conditions": [{"name": "sparte", "label": "S", "type": "select"}]},
        {"versions": {"frozen_version": 1}, "entities": {"hits": 0}},
    ),
    "AppInstallation": (
        APP,
        {"app_id": APP["app_id"], "version": "2.0.0",
         "option_values": [{"component_id": "comp", "options": [{"key": "region", "value": "s"}]}]},
        {"public": VERSION, "own": VERSION, "automations": {"results": [AUTOMATION], "total": 9},
         "schemas": {"results": [SCHEMA]}},
    ),
    "RetentionConfig": (
        RETENTION,
        {"entity_schema": "contact", "type": "deletion",
         "query": {"saved_view_id": "v1", "filters": []}, "schedule": {"interval_days": 1}, "enabled": True},
        {"view": {"id": "v1", "name": "V", "slug": ["contact"], "shared": True, "ui_config": {"filters": {"a": 1}}}},
    ),
    "ClosingReason": (
        {"id": "r1", "title": "Umzug", "status": "ACTIVE"},
        {"title": "Umzug", "status": "INACTIVE"},
        {"flows": {"results": [FLOW]}, "definitions": [DEFINITION]},
    ),
}  # fmt: skip


def manifest(kind: Kind, spec: Json) -> Desired:
    """One of that kind, in some file."""
    address = Address(kind.name, "one")
    return Desired(
        address, spec, {"allow_disabled": False}, False, (), (), (), lambda path: Location("a.yaml", 1, 1), ""
    )


def sides(
    kind: Kind, live: Json, spec: Json, answers: Mapping[str, Json], *, declared: bool, linked: bool
) -> PlanInputs:
    """One live object, with its manifest or without, remembered or not. PlatformError where it is none of the kind."""
    objects = {kind.name: live_of(kind, [live])}
    address, desired = Address(kind.name, "one"), [manifest(kind, spec)] if declared else []
    parts = {"automations": {"mail": "auto-1"}} if kind.made_along else {}
    managed = {address: Managed(address, objects[kind.name][0].id, parts=parts)} if linked else {}
    matches = {kind.name: match(kind, desired, objects[kind.name], managed)}
    return PlanInputs(desired, objects, managed, matches, {address: answers}, {}, "2026-03-02", create_schema)


def planned(kind: Kind, live: Json, spec: Json, answers: Json, *, declared: bool, linked: bool) -> None:
    inputs = sides(kind, live, spec, answers, declared=declared, linked=linked)
    for desired in inputs.desired:
        asks_of(kind, desired, inputs, IdIndex(KINDS, inputs))
    draft(KINDS, inputs)


def read(kind: Kind, live: Json, answers: Json) -> Iterator[Callable[[], object]]:
    """What is made of a live object beside a plan."""
    yield lambda: kind.notices(live, answers, {})
    yield lambda: kind.called(live)
    yield lambda: kind.recorded and kind.recorded().keep(live)
    yield lambda: kind.pull and kind.pull(kind.spec_of(live), live, {}, {})
    yield lambda: kind.pull and kind.pull(kind.spec_of(live), live, {"automations": {"mail": "auto-1"}}, answers)


def is_borne(kind: Kind, live: Json, spec: Json, answers: Json) -> None:
    """Everything is made of them, or a reader says where it cannot. Each is given values of its own: some change
    them."""
    for declared, linked in ((True, True), (True, False), (False, True)):
        with suppress(PlatformError):
            planned(kind, clone(live), clone(spec), clone(answers), declared=declared, linked=linked)
    try:
        require_live(kind, live)
    except PlatformError:
        return  # no kind is given what is none of its objects
    for number in range(len(list(read(kind, live, answers)))):
        with suppress(UnexpectedReply):
            list(read(kind, clone(live), clone(answers)))[number]()


@pytest.mark.parametrize("name", SAMPLES)
def test_what_is_as_documented_is_read(name: str) -> None:
    """Or the test below would hold of nothing."""
    kind, (live, spec, answers) = KINDS[name], SAMPLES[name]
    for declared, linked in ((True, True), (True, False), (False, True)):
        planned(kind, clone(live), clone(spec), clone(answers), declared=declared, linked=linked)
    for number in range(len(list(read(kind, live, answers)))):
        list(read(kind, clone(live), clone(answers)))[number]()


@pytest.mark.parametrize("name", SAMPLES)
def test_another_form_is_said_and_is_no_bug(name: str) -> None:
    kind, (live, spec, answers) = KINDS[name], SAMPLES[name]
    spots = [*(("live", *path) for path in places(live)), *(("answers", *path) for path in places(answers))]
    dice = Random(name)
    for _ in range(MANY):
        path, form = dice.choice(spots), dice.choice(FORMS)
        both = changed({"live": live, "answers": answers}, path, form)
        try:
            is_borne(kind, both["live"], spec, both["answers"])
        except Exception as error:
            error.add_note(f"with {form!r} at {path}")
            raise


def test_every_kind_has_a_sample() -> None:
    assert set(SAMPLES) == set(KINDS)
