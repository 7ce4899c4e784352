"""Drift against the sandbox: changes by two users, each told apart and attributed, with one question more a schema."""

from __future__ import annotations

from typing import Any

import pytest

from simulation.manifests import Make
from simulation.world import World, writes
from syncer.model.diagnostic import InvalidInput
from syncer.plan.drift import Drift
from syncer.render.drift_json import drift_json
from syncer.render.drift_text import render_drift
from syncer.render.terminal import Terminal

Json = Any
REASONS = "/v2/workflows/closing-reasons"


def short(report: Drift) -> dict[str, list[str]]:
    """Address → what happened, and each field with its cause."""
    return {
        str(each.address): [each.what, *(f"{field.path} ({field.cause})" for field in each.fields)]
        for each in report.objects
    }


@pytest.fixture
def org(world: World, make: type[Make]) -> World:
    """One object of every kind and a few more, applied an hour ago."""
    world.put(
        make.reason("won"), make.reason("lost"), make.reason("off", status="ACTIVE"),
        make.schema("mast", make.text("height")), make.schema("pole", make.text("height")),
        make.flow("move-out", closing_reasons=[{"ref": "won"}]), make.flow("move-in"),
        make.installation(), make.checker(), make.retention(),
    )  # fmt: skip
    assert world.apply().code == 0
    world.time.pass_by(3600)
    return world


def reason(world: World, title: str) -> str:
    return str(world.one("ClosingReason", title=title)["id"])


def put_schema(world: World, slug: str, **change: Json) -> None:
    live = {**world.one("EntitySchema", slug=slug), **change}
    world.ask(f"PUT /v1/entity/schemas/{slug}", live, by="gamma")


def test_nothing(org: World) -> None:
    report = org.drift()
    assert (report.objects, report.pending, report.compared, report.unclear) == ((), 0, 10, ())
    org.put(Make.reason("lost", title="Verloren"))
    org.drop("FlowTemplate/move-in")
    report = org.drift()
    assert (report.objects, report.pending, report.compared) == ((), 2, 9)


def by_hand(org: World) -> None:
    """Two users click: the first token is `user-739224`, the second `berta`."""
    org.ask(f"PATCH {REASONS}/{reason(org, 'Won')}", {"title": "Gewonnen", "status": "ACTIVE"})
    org.ask(f"PATCH {REASONS}/{reason(org, 'Off')}", {"title": "Off", "status": "INACTIVE"})
    org.ask(f"DELETE {REASONS}/{reason(org, 'Lost')}")
    org.ask("POST /v1/workflows/closing-reasons", {"title": "Neu", "status": "ACTIVE"})
    put_schema(org, "mast", plural="Maste")
    put_schema(org, "mast", plural="Masten")
    flow = org.one("FlowTemplate", name="Move-out")
    flow["tasks"][0]["name"] = "Ring"
    org.ask(f"PUT /v2/flows/templates/{flow['id']}", flow)
    checker, credit = Make.checker()["spec"], Make.installation()["spec"]
    values = [{**checker["option_values"][0], "options": [{"key": "ueberschrift", "value": "Woher?"}]}]
    org.ask(f"PATCH /v1/app/{checker['app_id']}", {"option_values": values})
    org.ask(f"POST /v1/app/{credit['app_id']}/promote-to/1.2.0", by="gamma")
    config = org.one("RetentionConfig", entity_schema="contact")
    org.ask(
        "POST /data-governance/v1/contact/configs",
        {**{name: config[name] for name in ("type", "enabled", "query")},
         "schedule": {**config["schedule"], "interval_days": 30}},
    )  # fmt: skip


def test_every_kind_by_two_users(org: World) -> None:
    by_hand(org)
    before = len(org.requests())
    with pytest.raises(InvalidInput, match="older than the installed"):
        org.plan()  # which says nothing of the rest; drift does
    plan = len(org.requests()) - before
    before = len(org.requests())
    report = org.drift()
    asked = org.requests()[before:]
    assert [each for each in asked if writes(each)] == []
    beside = [each["path"] for each in asked if each["path"].endswith(("/versions", "/logs"))]
    assert beside == ["/v1/entity/schemas/mast/versions", "/v1/logs"]
    assert len(asked) <= plan + len(beside)
    assert short(report) == {
        "ClosingReason/lost": ["deleted"],
        "ClosingReason/off": ["deactivated", "status (drift)"],
        "AppInstallation/address": ["changed", "option_values[536b9491-d800-59f9-8e70-1a97a593240b]"
                                    ".options[ueberschrift].value (drift)"],
        "AppInstallation/credit": ["changed", "version (drift)", "enabled (drift)"],
        "ClosingReason/won": ["changed", "title (drift)"],
        "EntitySchema/mast": ["changed", "plural (drift)"],
        "FlowTemplate/move-out": ["changed", "tasks[call].name (drift)"],
        "RetentionConfig/old-contacts": ["changed", "schedule.interval_days (drift)"],
    }  # fmt: skip
    assert (report.unclear, [each.severity for each in report.problems]) == ((), ["warning"])
    who = {str(each.address): (each.when, each.seen.changed_by) for each in report.objects}
    assert {address: when for address, (when, _) in who.items()} == dict.fromkeys(who, "after")
    assert {address: user for address, (_, user) in who.items()} == {
        **dict.fromkeys(who, "user-739224@example.org"),
        **dict.fromkeys(("AppInstallation/credit", "EntitySchema/mast"), "berta@example.org"),
    }
    assert "@example.org" not in org.state_path.read_text()
    made = next(each for each in report.objects if each.address.kind == "EntitySchema")
    assert [each.version for each in made.versions] == ["3", "2"]
    assert [each.name for each in report.strangers if each.kind == "ClosingReason"] == ["Neu"]
    assert "hush-hush-1" not in drift_json(report) + render_drift(report, Terminal(), verbose=True)


def test_the_plan_tells_the_same_fields_apart(org: World) -> None:
    org.put(Make.reason("lost", title="Verloren"), Make.schema("pole", Make.text("height"), plural="Pfähle"))
    org.ask(f"PATCH {REASONS}/{reason(org, 'Won')}", {"title": "Gewonnen", "status": "ACTIVE"})
    org.ask(f"PATCH {REASONS}/{reason(org, 'Lost')}", {"title": "Weg", "status": "ACTIVE"})
    put_schema(org, "mast", plural="Masten")
    put_schema(org, "pole", name="Pfahl")
    planned = {
        (str(each.address), field.path, field.cause)
        for each in org.plan().plan.changes
        for field in each.fields
        if field.cause != "ours"
    }
    told = {(str(each.address), field.path, field.cause) for each in org.drift().objects for field in each.fields}
    assert told == planned == {
        ("ClosingReason/won", "title", "drift"), ("ClosingReason/lost", "title", "conflict"),
        ("EntitySchema/mast", "plural", "drift"), ("EntitySchema/pole", "name", "drift"),
    }  # fmt: skip
    assert org.drift().pending == 1


def test_the_same_twice_is_the_same_bytes(org: World) -> None:
    by_hand(org)
    assert drift_json(org.drift()) == drift_json(org.drift())


def test_both_changed_it_and_taking_it_over_ends_it(org: World) -> None:
    org.ask(f"PATCH {REASONS}/{reason(org, 'Won')}", {"title": "Gewonnen", "status": "ACTIVE"})
    org.put(Make.reason("won", title="Erfolg"))
    report = org.drift()
    assert short(report) == {"ClosingReason/won": ["changed", "title (conflict)"]}
    (field,) = report.objects[0].fields
    assert (field.before, field.after, field.wanted) == ("Won", "Gewonnen", "Erfolg")
    org.put(Make.reason("won", title="Gewonnen"))
    assert org.drift().objects == ()


def test_a_blueprint_wrote_it(org: World) -> None:
    live = org.one("EntitySchema", slug="mast")
    body = {name: value for name, value in live.items() if name not in ("id", "created_at", "updated_at", "version")}
    source = {"id": "b8f8ad0e", "type": "blueprint"}
    org.seed({"schemas": [{**body, "plural": "Masten", "comment": "Import", "source": source}]})
    report = org.drift()
    (version,) = report.objects[0].versions
    assert (version.version, version.source, version.comment) == ("2", "blueprint b8f8ad0e", "Import")
    assert '    version 2 from blueprint b8f8ad0e "Import"\n' in render_drift(report, Terminal())


def test_before_and_after_the_last_apply(org: World) -> None:
    """The last apply left one object out, which had been changed before it; another was changed after it."""
    org.ask(f"PATCH {REASONS}/{reason(org, 'Won')}", {"title": "Gewonnen", "status": "ACTIVE"})
    org.time.pass_by(3600)
    org.put(Make.reason("lost", title="Verloren"))
    assert org.apply(only=("ClosingReason/lost",)).code == 0
    org.time.pass_by(3600)
    org.ask(f"PATCH {REASONS}/{reason(org, 'Verloren')}", {"title": "Weg", "status": "ACTIVE"})
    assert {str(each.address): each.when for each in org.drift().objects} == {
        "ClosingReason/lost": "after", "ClosingReason/won": "before",
    }  # fmt: skip


def test_without_state_and_with_one_that_was_made_again(org: World) -> None:
    by_hand(org)
    org.forget()
    report = org.drift()
    assert (report.remembered, report.pending) == (False, 0)
    assert {each.what for each in report.objects} == {"missing", "differs"}
    assert {field.cause for each in report.objects for field in each.fields} == {"differs"}


def test_what_a_plan_is_refused_for_is_no_reason_to_say_nothing(org: World) -> None:
    """Somebody retyped an attribute: that cannot be taken back by a plan, and it is drift all the same."""
    live = org.one("EntitySchema", slug="mast")
    put_schema(org, "mast", attributes=[{**live["attributes"][0], "type": "number", "protected": True}])
    report = org.drift()
    changed = ["attributes[height].type (drift)", "attributes[height].protected (undeclared)"]
    assert short(report) == {"EntitySchema/mast": ["changed", *changed]}
    assert [each.severity for each in report.problems] == ["warning"] * len(report.problems)


def test_only_a_part(org: World) -> None:
    by_hand(org)
    report = org.drift(only=("ClosingReason/*",))
    assert (sorted(short(report)), {each.kind for each in report.strangers}, report.partial) == (
        ["ClosingReason/lost", "ClosingReason/off", "ClosingReason/won"], {"ClosingReason"}, True,
    )  # fmt: skip
    assert sorted(short(org.drift(but=("ClosingReason/*", "*/credit", "EntitySchema/*")))) == [
        "AppInstallation/address", "FlowTemplate/move-out", "RetentionConfig/old-contacts",
    ]  # fmt: skip
    report = org.drift(only=("FlowTemplate/move-out",))
    assert (sorted(short(report)), report.strangers) == (["ClosingReason/won", "FlowTemplate/move-out"], ())


def test_manifests_that_are_gone_make_no_noise(org: World) -> None:
    """What the plan would remove is compared too, and the platform's own additions are nobody's change."""
    org.only_these(Make.reason("won"))
    report = org.drift()
    assert (short(report), report.pending) == ({}, 8), "the retention config is off already"
    by_hand(org)
    report = org.drift()
    assert {address: fields[0] for address, fields in short(report).items()} == {
        "AppInstallation/address": "changed", "AppInstallation/credit": "changed", "EntitySchema/mast": "changed",
        "FlowTemplate/move-out": "changed", "ClosingReason/won": "changed",
    }  # fmt: skip


def test_a_token_that_sees_nothing_is_more_likely(org: World) -> None:
    for each in org.listed("ClosingReason"):
        org.ask(f"DELETE {REASONS}/{each['id']}")
    report = org.drift()
    assert report.summary["deleted"] == 3
    assert [each.rule for each in report.problems] == ["mass-missing"]


LOG: dict[str, tuple[dict[str, Json], str, str]] = {
    # how the audit log answers: by whom the app was changed as far as is known, and what is said
    "403": ({"status": 403}, "berta", "the audit log cannot be read"),
    "no such endpoint": ({"status": 404}, "berta", "the audit log cannot be read"),
    "another form": ({"body": {"events": []}}, "berta", "the audit log cannot be read"),
    "nothing": ({"body": {"logs": [], "total": 0}}, "berta", ""),
    "no event has its form": ({"body": {"logs": [None, 1, {}, {"http": {}, "caller": {}}]}}, "berta", ""),
    "a time that is none": ({"body": {"logs": [{"timestamp": "gestern"}]}}, "berta", ""),
    "another day": ({"body": {"logs": [{"timestamp": "2031-01-01T00:00:00Z"}]}}, "berta", ""),
    "without a zone": ({"body": {"logs": [{"timestamp": "2026-03-02T10:14:03"}]}}, "berta", ""),
    "a change that was refused": ({"body": {"logs": [{"status_code": 403}]}}, "berta", ""),
    "another object's": ({"body": {"logs": [{"http": {"method": "PATCH", "path": "/v1/app/other"}}]}}, "berta", ""),
    "by an automation": (
        {"body": {"logs": [{"caller": {"user_id": "7", "trigger_type": "automation"}}]}}, "7", "",
    ),
    "by a person": ({"body": {"logs": [{}]}}, "carla@example.org", ""),
}  # fmt: skip


@pytest.mark.parametrize("name", LOG)
def test_what_the_audit_log_says_is_believed_where_it_fits(org: World, name: str) -> None:
    """The object's own time stands beside it: a log that says another time speaks of another change, or lies."""
    answer, by, said = LOG[name]
    app = Make.installation()["spec"]["app_id"]
    org.ask(f"POST /v1/app/{app}/promote-to/1.2.0", by="gamma")
    live = org.ask(f"GET /v1/app/{app}")["installation_audit"]["updated_at"]
    event = {
        "timestamp": live,
        "status_code": 200,
        "caller": {"user_email": "carla@example.org", "user_id": "9", "trigger_type": "user"},
        "http": {"method": "POST", "path": f"/v1/app/{app}/promote-to/1.2.0"},
    }
    body = answer.get("body")
    if body and "logs" in body and name not in ("nothing", "no event has its form"):
        answer = {"body": {"logs": [{**event, **each} for each in body["logs"]], "total": 1}}
    org.fault(method="POST", path="/v1/logs", times=None, **{"status": 200, **answer})
    (each,) = org.drift().objects
    report = org.drift()
    assert (each.seen.changed_by, each.when) == (by, "after")
    assert [problem.severity for problem in report.problems if said and said in problem.message] == ["warning"] * bool(
        said
    )
    assert [problem for problem in report.problems if problem.rule == "audit-log"] == [] or said
