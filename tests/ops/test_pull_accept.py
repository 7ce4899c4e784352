"""Every rule that may be accepted: a live object that breaks it is pulled with its entry, and the manifest passes
`validate --strict` and plans empty. The samples are those of the checks themselves, put live as they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from syncer.kinds import KINDS
from syncer.manifests.project import read_project
from syncer.manifests.resolution import read_manifests
from syncer.manifests.validation import validate
from syncer.model.json_values import Lookup, Part, Ref, Secret
from syncer.ops.pull.pull import write_pull
from tests.kinds.entity_schema import test_checks as of_schemas
from tests.kinds.flow_template import test_checks as of_flows
from tests.kinds.retention_config import test_checks as of_retention
from tests.ops.test_pull_gaps import LIVE, pulled
from tests.support.live_objects import APP, RETENTION

Json = Any


def plain(value: Json, id: str) -> Json:
    """The value with an id in place of every reference, as it is live."""
    if isinstance(value, (Ref, Lookup, Part, Secret)):
        return id
    if isinstance(value, dict):
        if len(value) == 1 and value.keys() <= {"ref", "lookup", "automation"}:
            return id
        return {name: plain(item, id) for name, item in value.items()}
    return [plain(item, id) for item in value] if isinstance(value, list) else value


def flow(spec: Json) -> Json:
    live = {"version": "v3", **plain(spec, "auto-1"), "id": "f1", "name": "Umzug"}
    live.pop("automations", None)  # those are objects of their own
    for number, edge in enumerate(live.get("edges") or []):
        edge.setdefault("id", f"edge-{number}")
    return live


def schema(spec: Json) -> Json:
    return {"plural": "Xs", "name": "X", "capabilities": [], **plain(spec, "contact"), "id": "x", "slug": "site"}


def retention(spec: Json) -> Json:
    return {**RETENTION, **plain(spec, "v1"), "id": "ret1", "entity_schema": "contact", "type": "deletion"}


OPPORTUNITY = {"slug": "opportunity", "name": "O", "plural": "Os", "capabilities": [], "attributes": [
    {"name": "volume", "label": "V", "type": "string"}]}  # fmt: skip


def relation(**fields: Json) -> Json:
    return {"name": "back", "label": "Back", "type": "relation", "allowedSchemas": ["contact"], **fields}


def app(*options: Json, **more: Json) -> Json:
    region = {"key": "region", "value": "nord"}
    return {**APP, "option_values": [{"component_id": "comp", "options": [*(options or (region,))]}], **more}


SILENT = {
    "FlowTemplate": {"flow-unused-automation"},
    "EntitySchema": {"schema-reverse-attribute"},
    "AppInstallation": {"app-unknown-option"},
}
"""Said only beside a schema that gets no manifest: a reference tells these checks nothing. An option that the app no
longer has is left out, for it has no effect. A first pull bundles no automation: test_flow_rebuilds.py has it."""
SAMPLES: dict[str, list[Json]] = {
    "FlowTemplate": [flow(spec) for spec, _ in (*of_flows.CASES.values(), *of_flows.SCHEMA_CASES.values())],
    "EntitySchema": [
        *(schema(spec) for spec, _ in of_schemas.CASES.values()),
        schema({"attributes": [relation(allowedSchemas=["nowhere"], reverse_attributes={"order": "x"})]}),
        schema({"attributes": [relation(allowedSchemas=["order"], reverse_attributes={"order": "nobody"})]}),
        schema({"attributes": [{"name": "a", "label": "A", "type": "string", "edit_mode": "other",
                                "edit_mode_config": {"match_strategy": "fuzzy"}}]}),
    ],
    "AppInstallation": [
        app({"key": "only", "value": [{"value": "a"}, {"value": 1}]}),
        app({"key": "region", "value": "nord"}, {"key": "region", "value": "süd"}),
        app({"key": "region", "value": 5}),
        app(option_values=[*app()["option_values"], {"component_id": "$app", "options": [{"key": "a", "value": 1}]}]),
        app(option_values=[*app()["option_values"], *app()["option_values"]]),
    ],
    "RetentionConfig": [
        *(retention(spec) for spec, _ in of_retention.CASES.values()),
        {**retention({"query": {"filters": RETENTION["query"]["filters"]}}), "entity_schema": "nowhere"},
    ],
}  # fmt: skip


@pytest.mark.parametrize("kind", SAMPLES)
def test_what_a_rule_refuses_is_pulled_and_accepted(kind: str, tmp_path: Path) -> None:
    """What no plan can tell apart, two parts of one id, is named in place of that."""
    reached: set[str] = set()
    schemas = [
        *LIVE["EntitySchema"],
        *(schema(each) | {"slug": slug} for slug, each in of_flows.SCHEMAS.items() if slug != "contact"),
    ]
    there = {**LIVE, "EntitySchema": [*schemas, OPPORTUNITY]}
    for number, live in enumerate(SAMPLES[kind]):
        folder = tmp_path / str(number)
        (folder / "config").mkdir(parents=True)
        done = pulled(folder, {**there, kind: [live, *there[kind][1:]]})
        assert done.mistakes == [], live
        write_pull(done, lambda entries: None, lambda line: None)
        reached |= {
            entry.partition(" ")[0] for draft in done.drafts for entry in draft.document["metadata"].get("accept", ())
        }
        found = validate(read_manifests(read_project(folder / "syncer.yaml")), strict=True)
        assert [(each.rule, each.message) for each in found if each.severity == "error"] == [], live
        assert done.planned is not None
        assert [each.address for each in done.planned.plan.changes if each.writes] == []
    rules = KINDS[kind].acceptable | KINDS[kind].acceptable_beside_live
    assert rules - reached == SILENT.get(kind, set())
