"""Values that may be an organisation's own, and the table of pairs: whole values, from kinds as they are."""

from __future__ import annotations

from typing import Any

import pytest

from syncer.kinds import KINDS
from syncer.manifests.create_schema import create_schema
from syncer.model.address import Address
from syncer.model.diagnostic import Location
from syncer.model.json_values import Lookup, Secret
from syncer.model.resource import Desired, Live, Match, Use
from syncer.plan.id_map import Pair, own_values, pairs_of, raw_ids
from syncer.plan.identity_match import Matches
from syncer.plan.inputs import PlanInputs

Json = Any


def app(*options: Json, component: str = "c1") -> Json:
    return {"app_id": "a", "version": "1.0.0", "option_values": [{"component_id": component, "options": list(options)}]}


URL = ("option_values", 0, "options", 0, "value")
OWN = {
    # kind, what the manifest says, what the target has             the differences
    "a switch": ("FlowTemplate", {"enabled": False}, {"enabled": True}, {("enabled",): (False, True)}),
    "the same": ("FlowTemplate", {"enabled": True}, {"enabled": True}, {}),
    "other fields are not its own": ("FlowTemplate", {"name": "a"}, {"name": "b"}, {}),
    "not said by the manifest": ("FlowTemplate", {}, {"enabled": True}, {}),
    "not there in the target": ("FlowTemplate", {"enabled": True}, {}, {}),
    "a retention config": ("RetentionConfig", {"enabled": True}, {"enabled": False}, {("enabled",): (True, False)}),
    "an option by its keys": (
        "AppInstallation",
        app({"key": "url", "value": "https://a"}),
        app({"key": "x", "value": 1}, {"key": "url", "value": "https://b"}),
        {URL: ("https://a", "https://b")},
    ),
    "an option of another component": (
        "AppInstallation", app({"key": "url", "value": "a"}), app({"key": "url", "value": "b"}, component="c2"), {},
    ),
    "a secret": ("AppInstallation", app({"key": "k", "value": Secret("X", "x")}), app({"key": "k", "value": "b"}), {}),
    "a whole object": ("AppInstallation", app({"key": "k", "value": [1]}), app({"key": "k", "value": [2]}), {}),
    "true is not 1": (
        "AppInstallation", app({"key": "k", "value": True}), app({"key": "k", "value": 1}), {URL: (True, 1)},
    ),
    "none in the target": ("AppInstallation", app({"key": "k", "value": "a"}), {"app_id": "a"}, {}),
}  # fmt: skip


@pytest.mark.parametrize("case", OWN)
def test_own_values(case: str) -> None:
    kind, want, have, differences = OWN[case]
    assert own_values(KINDS[kind], want, have) == differences


def desired(kind: str, name: str, spec: Json, *uses: Use) -> Desired:
    return Desired(Address(kind, name), spec, {}, False, (), (), uses, lambda path: Location("x.yaml", 1, 1), "")


def sides(wanted: list[Desired], found: dict[Desired, tuple[str, Any]] | None = None, **more: Any) -> PlanInputs:
    matches: dict[str, Matches] = {each.address.kind: Matches() for each in wanted}
    for address, live, how in more.pop("there", ()):
        matches.setdefault(address.kind, Matches()).found[address] = Match(address, live, how)
    return PlanInputs(
        wanted, more.pop("live", {}), {}, matches, {}, more.pop("lookups", {}), "2026-03-02", create_schema
    )


def live(id: str, key: str = "", **body: Json) -> Live:
    return Live(id, key, "", body)


def test_every_pair_and_how_it_was_found() -> None:
    reason, flow = Address("ClosingReason", "won"), Address("FlowTemplate", "visit")
    schema, lost = Address("EntitySchema", "site"), Address("ClosingReason", "lost")
    view = Lookup("SavedView", "Alle", "contact")
    here_only = Lookup("AutomationFlow", "Mail", "")
    wanted = [
        desired(*reason, {"title": "Gewonnen"}),
        desired(*lost, {"title": "Verloren"}),
        desired(*schema, {"slug": "site"}),
        desired(*flow, {"name": "Besuch", "trigger": {"type": "manual", "entity_schema": "order"},
                        "entity_sync": [{"target": {"entitySchema": "ghost"}}]},
                Use((), view), Use((), here_only)),
    ]  # fmt: skip
    source = sides(
        wanted,
        there=[(reason, live("r1"), "link"), (lost, live("r2"), "link"), (schema, live("site", "site"), "link"),
               (flow, live("f1"), "link")],
        lookups={("SavedView", "Alle", "contact"): "v1", ("AutomationFlow", "Mail", ""): "a1"},
    )  # fmt: skip
    target = sides(
        wanted,
        there=[(reason, live("q1", status="INACTIVE"), "title"), (schema, live("site", "site"), "key"),
               (lost, live("q2"), "link")],
        lookups={("SavedView", "Alle", "contact"): "w1"},
        live={"EntitySchema": [live("order", "order")]},
    )  # fmt: skip
    parts: Any = ({flow: {"start": "a2", "mail": "a3"}}, {flow: {"start": "b2"}})
    found = pairs_of(KINDS, {reason, lost, schema, flow}, source, target, parts,
                     {"journey.offer": ("j1", "k1"), "mail.new": ("m1", "")}, {reason})  # fmt: skip
    assert found == [
        Pair("AutomationFlow", "Mail", "a1", "", "missing"),
        Pair("AutomationFlow", "visit/mail", "a3", "", "created by the apply"),
        Pair("AutomationFlow", "visit/start", "a2", "b2", "link"),
        Pair("ClosingReason", "lost", "r2", "q2", "link"),
        Pair("ClosingReason", "won", "r1", "q1", "title", "takes over what nobody here made; it is switched off there"),
        Pair("EntitySchema", "ghost", "ghost", "", "missing"),
        Pair("EntitySchema", "order", "order", "order", "slug"),
        Pair("EntitySchema", "site", "site", "site", "slug"),
        Pair("FlowTemplate", "visit", "f1", "", "created by the apply"),
        Pair("SavedView", "contact: Alle", "v1", "w1", "lookup"),
        Pair("journey", "id.journey.offer", "j1", "k1", "ids"),
        Pair("mail", "id.mail.new", "m1", "", "missing"),
    ]
    assert pairs_of(KINDS, set(), source, target, parts, {}, set()) == []


def test_ids_that_nobody_names() -> None:
    id = "9d0f3a52-7b1e-4a1f-8a57-0c64d1f5aa01"
    value = {"a": [{"mapping_id": id, "component_id": id, "text": f"see {id}"}], "b": "${id.mail.x}", "id": id, "n": 1}
    assert list(raw_ids(value, ("automations",), {"component_id", "id"})) == [
        (("automations", "a", 0, "mapping_id"), id)
    ]
