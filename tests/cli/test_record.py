# ruff: noqa: E501  a case is a line, so that the tables can be read down
"""`record` and `plan --against`: the plan made live and the one made against a recording are one; what a recording
never holds; what is said of one that is not fit."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import socket
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from syncer.sandbox.seed import private_app_id
from tests.cli.conftest import ORG, OTHER, ROOT, STRANGER, TOKEN, flow, jwt, reason

STADTWERK = ROOT / "examples" / "stadtwerk"
KEY = "canary-key-0815"
NO_SECRETS = {"EPILOT_TOKEN_PRODUCTION": None, "SYNCER_BONITAET_API_KEY": None, "SYNCER_SERVER": None}
PROBE = """apiVersion: syncer/v1
kind: EntitySchema
metadata: {name: probe}
spec: {slug: probe, name: Probe, plural: Proben, published: true, attributes: []}
"""
APP = """apiVersion: syncer/v1
kind: AppInstallation
metadata: {name: NAME}
spec: {app_id: ID, version: VERSION}
"""
METER = APP.replace("NAME", "meter").replace("ID", "b9eda1bd-0d39-5eef-b5a2-6747eea88c73")
OWN = APP.replace("NAME", "own").replace("ID", private_app_id(ORG)).replace("VERSION", "0.0.2")


@pytest.fixture
def utility(bare, sandbox):
    """The example and a few objects more, applied to the sandbox."""
    shutil.copytree(STADTWERK, bare.folder, dirs_exist_ok=True)
    bare.write("config/probe.yaml", PROBE)
    bare.write("config/extra.yaml", reason("extra", "Überzählig"))
    bare.write("config/bare.yaml", flow("bare"))
    bare.write("config/meter.yaml", METER.replace("VERSION", "1.0.0"))
    bare.env |= {
        "EPILOT_TOKEN_PRODUCTION": TOKEN, "SYNCER_SERVER": sandbox.url, "SYNCER_ENV": "production",
        "SYNCER_BONITAET_API_KEY": KEY,
    }  # fmt: skip
    done = bare.run("apply", "--yes", "--confirm", "production", "--first-contact")
    assert done.code == 0, done.all
    return bare


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From its call on no socket can be made."""

    def denied(*_: Any, **__: Any) -> None:
        raise AssertionError("a socket was asked for")

    def deny() -> None:
        for name in ("socket", "create_connection", "getaddrinfo"):
            monkeypatch.setattr(socket, name, denied)

    return deny


def edit(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / name
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def touched(repo, sandbox) -> None:
    """Somebody changes a reason by hand, in the portal."""
    found = sandbox.ask("GET /v1/workflows/closing-reasons?includeInactive=true")["reasons"]
    id = next(each["id"] for each in found if each["title"] == "Überzählig")
    sandbox.ask(f"PATCH /v2/workflows/closing-reasons/{id}", {"title": "Von Hand", "status": "ACTIVE"})


EDITS: dict[str, tuple[Callable[[Any, Any], object], dict[str, int]]] = {
    # case: (what is done to the manifests once it is recorded, what the plan shows)
    "nothing": (lambda repo, sandbox: None, {}),
    "create": (lambda repo, sandbox: repo.write("config/new.yaml", reason("new", "Neu")), {"create": 1}),
    "create, with a lookup": (
        lambda repo, sandbox: repo.write(
            "config/new.yaml", flow("new").replace("closing_reasons: []", "closing_reasons: [{lookup: Überzählig}]")
        ),
        {"create": 1},
    ),
    "update of a reason": (lambda repo, sandbox: repo.write("config/extra.yaml", reason("extra", "Anders")), {"update": 1}),
    "update of a flow": (lambda repo, sandbox: edit(repo.folder, "config/bare.yaml", "name: Check", "name: Prüfen"), {"update": 1}),
    "update of an attribute": (
        lambda repo, sandbox: edit(repo.folder, "config/schemas/contact.yaml", "Kundennummer im Altsystem", "Altnummer"),
        {"update": 1},
    ),
    "another view": (
        lambda repo, sandbox: edit(
            repo.folder, "config/retention/inactive-contacts.yaml", "lookup: Inaktive Kontakte", "lookup: Alle Kontakte"
        ),
        {"update": 1},
    ),
    "an app's option": (
        lambda repo, sandbox: edit(repo.folder, "config/apps/credit-check.yaml", "value: 30}", "value: 31}"), {"update": 1}
    ),
    "an app's version": (
        lambda repo, sandbox: repo.write("config/meter.yaml", METER.replace("VERSION", "1.0.1")), {"upgrade": 1}
    ),
    "removals": (
        lambda repo, sandbox: [repo.remove(f"config/{name}.yaml") for name in ("extra", "bare", "probe")],
        {"delete": 2, "deactivate": 1},
    ),
    "an app goes": (lambda repo, sandbox: repo.remove("config/meter.yaml"), {"uninstall": 1}),
}  # fmt: skip


@pytest.mark.parametrize(("done", "summary"), EDITS.values(), ids=EDITS)
def test_the_plan_is_the_one_made_live(done, summary, utility, sandbox, offline) -> None:
    recorded = utility.run("record", "-o", "recording.json")
    assert recorded.code == 0, recorded.all
    done(utility, sandbox)
    live = utility.run("plan", "--format", "json").json
    offline()
    against = utility.run(
        "plan", "--against", "recording.json", "--format", "json", "--detailed-exitcode", env=NO_SECRETS
    )
    assert against.code == (2 if summary else 0), against.all
    document = against.json
    assert document["summary"] == summary
    about = document.pop("against")
    assert (sorted(about), about["age_seconds"] < 60) == (["age_seconds", "recorded_at"], True)
    more = [each for each in document["notices"] if each not in live["notices"]]
    assert {each["rule"] for each in more} <= {"secret-unverified", "not-counted"}
    document["notices"], live["notices"] = [], []
    assert json.dumps(document) == json.dumps(live)


def test_what_was_changed_by_hand_before_is_drift_in_both(utility, sandbox) -> None:
    touched(utility, sandbox)
    assert utility.run("record", "-o", "recording.json").code == 0
    live, against = utility.run("plan", "--format", "json").json, utility.run(
        "plan", "--against", "recording.json", "--format", "json", env=NO_SECRETS
    ).json  # fmt: skip
    assert against["changes"] == live["changes"]
    assert [field["cause"] for field in against["changes"][0]["fields"]] == ["drift"]


def test_recording_reads_only_and_two_differ_in_their_time_alone(utility, sandbox) -> None:
    sandbox.forget()
    first, second = utility.run("record"), utility.run("record")
    assert (first.code, second.code, sandbox.writes()) == (0, 0, [])
    one, two = first.json, second.json
    assert {name for name in one if one[name] != two[name]} <= {"recorded_at", "checksum"}
    said = utility.run("record", "-o", "r.json")
    number = sum(map(len, one["lists"].values()))
    assert (said.out, said.err) == ("", f"{number} objects of `production` (739224) are recorded in r.json\n")
    assert stat.S_IMODE((utility.folder / "r.json").stat().st_mode) == 0o644


def test_without_state_objects_are_found_and_no_guard_of_the_first_contact_is_named(utility, offline) -> None:
    assert utility.run("record", "-o", "recording.json").code == 0
    utility.remove("config/extra.yaml")
    utility.write("config/new.yaml", reason("new", "Neu"))
    shutil.rmtree(utility.folder / ".syncer")
    offline()
    said = utility.run("plan", "--against", "recording.json", "--format", "json", env=NO_SECRETS).json
    assert (said["summary"], [each["rule"] for each in said["problems"]]) == ({"create": 1}, ["confirm"])
    assert [each["message"] for each in said["notices"] if each["rule"] == "no-state"] == [
        "there is no state here: objects are found by key and title, and removals of what manifests no longer describe "
        "are not shown"
    ]
    assert not (utility.folder / ".syncer").exists()


def test_the_age_is_told(utility) -> None:
    utility.run("record", "-o", "recording.json")
    aged(utility.folder / "recording.json", recorded_at="2026-11-19T08:00:00Z")
    text = utility.run("plan", "--against", "recording.json", env=NO_SECRETS).out
    assert re.search(r"^against a recording of production, \d+ days old \(2026-11-19 08:00 UTC\)$", text, re.MULTILINE)


def aged(path: Path, **other: Any) -> None:
    """The recording with other words in its head, and a checksum that fits."""
    from syncer.api.recording_file import _checksum

    document = json.loads(path.read_text("utf-8")) | other
    document["checksum"] = _checksum(document)
    path.write_text(json.dumps(document), "utf-8")


def test_it_is_shown_and_never_applied(utility) -> None:
    utility.run("record", "-o", "recording.json")
    utility.write("config/new.yaml", reason("new", "Neu"))
    refused = utility.run("plan", "--against", "recording.json", "-o", "plan.json", env=NO_SECRETS)
    assert (refused.code, "one against a recording is never applied" in refused.err) == (3, True)
    utility.write(
        "plan.json", utility.run("plan", "--against", "recording.json", "--format", "json", env=NO_SECRETS).out
    )
    shown = utility.run("show", "plan.json")
    assert (shown.code, "against a recording of production" in shown.out) == (0, True)
    said = utility.run("apply", "plan.json", "--yes", "--confirm", "production")
    assert (said.code, "this plan was made against a recording of" in said.err) == (4, True)
    assert utility.run("plan", "--detailed-exitcode").code == 2


def test_a_variable_that_is_not_set_is_unknown_and_no_mistake(utility) -> None:
    utility.write(
        "config/bare.yaml", flow("bare").replace("  trigger:", '  description: "${env.SYNCER_NOTE}"\n  trigger:')
    )
    assert utility.run("apply", "--yes", "--confirm", "production", env={"SYNCER_NOTE": "Nur hier"}).code == 0
    utility.run("record", "-o", "recording.json", env={"SYNCER_NOTE": None})
    said = utility.run("plan", "--against", "recording.json", "--format", "json", env=NO_SECRETS).json
    assert said["changes"] == []
    assert [(each["rule"], each["address"], each["message"]) for each in said["notices"] if each["address"] == "FlowTemplate/bare"] == [
        ("secret-unverified", "FlowTemplate/bare", "`SYNCER_NOTE` is not set here: whether what it feeds is up to date is not known")
    ]  # fmt: skip
    assert utility.run("plan", env={"SYNCER_NOTE": None}).code == 3


def test_the_text_around_what_is_not_known_is_compared(utility) -> None:
    """A pull request that has a secret go elsewhere is seen where the secret is not at hand."""
    text = flow("bare").replace(
        "  trigger:", '  description: "//a.example/${env.SYNCER_NOTE}/${env.SYNCER_SET}"\n  trigger:'
    )
    utility.write("config/bare.yaml", text)
    env = {"SYNCER_NOTE": "Nur-hier", "SYNCER_SET": "x"}
    assert utility.run("apply", "--yes", "--confirm", "production", env=env).code == 0
    utility.run("record", "-o", "recording.json", env={"SYNCER_NOTE": None})
    against = ("plan", "--against", "recording.json", "--format", "json")
    said = utility.run(*against, env={**NO_SECRETS, "SYNCER_SET": "x"}).json
    assert said["changes"] == []
    assert "`SYNCER_NOTE` is not set here: whether what it feeds is up to date is not known" in [
        each["message"] for each in said["notices"]
    ]
    edit(utility.folder, "config/bare.yaml", "a.example", "b.example")
    (change,) = utility.run(*against, env={**NO_SECRETS, "SYNCER_SET": "x"}).json["changes"]
    assert change["fields"] == [
        {
            "path": "description",
            "before": {"hidden": True},
            "after": {"secret": "//b.example/${env.SYNCER_NOTE}/${env.SYNCER_SET}"},
            "cause": "ours",
            "class": "risky",
            "reason": "the secrets SYNCER_NOTE and SYNCER_SET go to b.example: `description` is no field for secrets",
            "item": "",
        }
    ]


# ------------------------------------------------------------------------------------------------ what it never holds

CANARY = "canary"
AUTOMATION = {
    "flow_name": "Kundenportal benachrichtigen",
    "enabled": True,
    "triggers": [],
    "actions": [
        {
            "name": "Webhook",
            "type": "trigger-webhook",
            "config": {
                "webhook_id": "w1",
                "url": "https://partner.example/hook?token=canary-in-address",
                "headers": {"X-Partner": "canary-header-plain", "Content-Type": "application/json"},
                "auth": {"type": "basic", "username": "canary-user", "password": "canary-pass"},
                "client_secret": "canary-client",
                "api_key": "canary-key-in-config",
                "pairs": [{"name": "X-Api-Key", "value": "canary-in-pair"}],
                "bearer": "Bearer canary.abcdefghijklmnop",
            },
        }
    ],
}


BUNDLE = flow("bundle").replace(
    "  tasks:",
    """\
  automations:
    notify:
      flow_name: Partner
      enabled: false
      triggers: []
      actions:
        - name: Webhook
          type: trigger-webhook
          config:
            url: https://partner.example/
            headers: {X-Partner: "${env.SYNCER_PARTNER}", X-Plain: canary-plain, Accept: application/json}
  tasks:
    - {id: call, name: Melden, task_type: AUTOMATION, automation_config: {flow_id: {automation: notify}}}""",
)

WORDS = (
    "canary-in-address", "canary-header-plain", "canary-user", "canary-pass", "canary-client", "canary-key-in-config",
    "canary-in-pair", "canary.abcdefgh", "canary person", "canary-url", "canary-user-id", "canary@kunde.example",
    "canary-default",
)  # fmt: skip


def canaries(repo, sandbox) -> None:
    """A canary wherever the platform may hold a secret, or say who did something."""
    made = sandbox.ask("POST /v1/automation/flows", AUTOMATION)
    task = {
        "id": "t1", "name": "Melden", "task_type": "AUTOMATION", "automation_config": {"flow_id": made["id"]},
        "assigned_to": [{"variable": "{{entity.owner}}", "value": "Canary Person"}],
        "description": {"enabled": True, "value": "Zugang: https://u:canary-url@partner.example/"},
    }  # fmt: skip
    sandbox.seed(
        {
            "flow_templates": [
                {
                    "name": "Benachrichtigung", "version": "v3", "enabled": False, "trigger": {"type": "manual"},
                    "tasks": [task], "edges": [{"id": "e1", "from_id": "trigger", "to_id": "t1"}], "closing_reasons": [],
                }
            ],
            "saved_views": [
                {
                    "slug": ["contact"], "name": "Meine", "shared": True,
                    "created_by": {"user_id": "canary-user-id", "source": "canary"},
                    "ui_config": {"filters": {"email": ["canary@kunde.example"]}},
                }
            ],
        }
    )  # fmt: skip
    schema = sandbox.ask("GET /v1/entity/schemas/probe?latest=true")
    token = jwt(canary="canary")
    attribute = {"name": "hint", "label": "Hinweis", "type": "string", "placeholder": token}
    header = {"name": "auth_token", "label": "T", "type": "string", "default_value": "canary-default"}
    sandbox.ask("PUT /v1/entity/schemas/probe", {**schema, "attributes": [attribute, header]})


def test_no_secret_and_nobody_is_in_a_recording(utility, sandbox) -> None:
    canaries(utility, sandbox)
    lists = ("automation/flows?include_flows=true&size=250", "entity/views", "entity/schemas", "app")
    shown = json.dumps([sandbox.ask(f"GET /v1/{path}") for path in lists] + [sandbox.ask("GET /v2/flows/templates")])
    assert {each for each in WORDS if each not in shown.lower()} == set()
    done = utility.run("record", "-o", "recording.json")
    assert done.code == 0, done.all
    text = (utility.folder / "recording.json").read_text("utf-8")
    assert re.findall(rf"(?i)[^\n]*{CANARY}[^\n]*", text) == []
    for forbidden in (
        jwt(canary="canary"),
        KEY,
        TOKEN,
        "created_by",
        "updated_by",
        "table_layout",
        "runs",
    ):
        assert forbidden not in text
    assert '"$withheld"' in text
    said = utility.run("plan", "--against", "recording.json", "--format", "json", env=NO_SECRETS).json
    assert [each["message"] for each in said["notices"] if each["address"] == "EntitySchema/probe"] == [
        "EntitySchema/probe: by hand, and declared by no manifest: `attributes[hint]`, `attributes[auth_token]` in lists "
        "to which others may add; `syncer drift` says more",
        "2 values of the live object may be secret: not in the recording, and not compared",
    ]


def test_an_automation_with_headers_is_planned_and_its_headers_are_not_compared(live, sandbox, offline) -> None:
    live.write("config/won.yaml", BUNDLE)
    assert live.run("apply", "--yes", "--first-contact", env={"SYNCER_PARTNER": "canary-partner"}).code == 0
    assert live.run("record", "-o", "recording.json").code == 0
    assert "canary" not in (live.folder / "recording.json").read_text("utf-8")
    offline()
    said = live.run("plan", "--against", "recording.json", "--format", "json", env={"EPILOT_TOKEN_TEST": None}).json
    assert said["changes"] == []
    assert [each["message"] for each in said["notices"]] == [
        "`SYNCER_PARTNER` is not set here: whether what it feeds is up to date is not known",
        "2 values of the live object may be secret: not in the recording, and not compared",
    ]
    edit(live.folder, "config/won.yaml", "https://partner.example/", "https://other.example/")
    said = live.run("plan", "--against", "recording.json", "--format", "json", env={"EPILOT_TOKEN_TEST": None}).json
    assert [(each["path"], each["after"]) for each in said["changes"][0]["fields"]] == [
        ("automations.notify.actions[0].config.url", "https://other.example/")
    ]


def test_no_entity_is_in_a_recording_and_none_is_asked_for(utility, sandbox) -> None:
    sandbox.forget()
    utility.run("record", "-o", "recording.json")
    asked = sandbox.requests()
    assert [each for each in asked if "entity:" in each or "/query" in each] == []


# ------------------------------------------------------------------------------------------------ recordings not fit


def cut(text: str) -> str:
    return text[: len(text) // 2]


BAD: dict[str, tuple[Callable[[str], str | None], int, str, str]] = {
    # case: (what becomes of the file, exit code, what is said, the way out)
    "not there": (lambda text: None, 3, "`recording.json` can't be read: No such file or directory", "make it again: `syncer record -o FILE`"),
    "empty": (lambda text: "", 3, "`recording.json` is no recording: breaks at byte 0", "make it again: `syncer record -o FILE`"),
    "dense": (lambda text: "[" + "{}," * 60_000 + "{}]", 3, "`recording.json` is no recording: holds more than 118,000 values in 180,004 bytes", "make it again: `syncer record -o FILE`"),
    "cut short": (cut, 3, "`recording.json` is no recording: breaks at byte", "make it again: `syncer record -o FILE`"),
    "edited by hand": (
        lambda text: text.replace("Überzählig", "Unterzählig"), 3,
        "`recording.json` was changed, or cut short, after it was made: its checksum is of another content",
        "make it again: `syncer record -o FILE`",
    ),
    "another organisation, edited in": (
        lambda text: text.replace('"org_id": "739224"', '"org_id": "1"'), 3, "was changed, or cut short", "make it again"
    ),
    "newer": (
        lambda text: text.replace('"format_version": 1', '"format_version": 2'), 3,
        "`recording.json` has `format_version` 2: this syncer reads format 1",
        "use a newer syncer, or make it again: `syncer record -o FILE`",
    ),
    "a plan": (lambda text: '{"format_version": 1, "id": "x"}', 3, "`recording.json` is no recording: it has no `format_version` and `checksum`", "make it again"),
    "a list": (lambda text: "[]", 3, "is no recording", "make it again"),
}  # fmt: skip


@pytest.mark.parametrize(("become", "code", "said", "hint"), BAD.values(), ids=BAD)
def test_a_recording_that_is_none(become, code, said, hint, live) -> None:
    live.write("config/more.yaml", reason("more", "Überzählig"))
    live.run("apply", "--yes", "--first-contact")
    assert live.run("record", "-o", "recording.json").code == 0
    path = live.folder / "recording.json"
    text = become(path.read_text("utf-8"))
    path.unlink() if text is None else path.write_text(text, "utf-8")
    done = live.run("plan", "--against", "recording.json")
    assert (done.code, done.out) == (code, "")
    assert said in done.err
    assert f"hint: {hint}" in " ".join(done.err.split())


HEADS = {
    # case: (the recording's head, arguments, exit code, what is said)
    "another organisation": ({"org_id": OTHER}, [], 4, f"the recording is of organisation `{OTHER}`, and `739224` is chosen"),
    "another environment": ({"environment": "elsewhere"}, ["-e", "test"], 4, "the recording is of environment `elsewhere`, and `test` is chosen"),
    "another server": ({"server": "epilot.io"}, [], 4, "the recording is of server `epilot.io`"),
    "no time": ({"recorded_at": "yesterday"}, [], 3, "its form is not that of format 1"),
    "no lists": ({"lists": []}, [], 3, "its form is not that of format 1"),
    "a list of texts": ({"lists": {"x": ["y"]}}, [], 3, "its form is not that of format 1"),
    "no kind": ({"lists": {}}, [], 3, "ClosingReason/won: the recording does not hold the ClosingReason objects"),
}  # fmt: skip


@pytest.mark.parametrize(("head", "arguments", "code", "said"), HEADS.values(), ids=HEADS)
def test_a_recording_that_does_not_fit(head, arguments, code, said, live) -> None:
    assert live.run("record", "-o", "recording.json").code == 0
    aged(live.folder / "recording.json", **head)
    done = live.run("plan", "--against", "recording.json", *arguments)
    assert (done.code, done.out) == (code, "")
    assert said in done.err


def test_a_read_that_it_does_not_hold_is_told_with_its_line(utility) -> None:
    utility.run("record", "-o", "recording.json")
    utility.write("config/own.yaml", OWN)
    done = utility.run("plan", "--against", "recording.json", env=NO_SECRETS)
    assert done.code == 3
    said = " ".join(done.err.split())
    assert "AppInstallation/own: the recording does not hold what it needs" in said
    assert "at config/own.yaml:4:" in said
    assert "hint: make the recording again where this manifest is: `syncer record -o FILE`" in said
    assert utility.run("record", "-o", "recording.json").code == 0
    assert utility.run("plan", "--against", "recording.json", env=NO_SECRETS).code == 0


def test_some_kinds_are_enough_for_a_part_of_the_plan(utility) -> None:
    assert utility.run("record", "-o", "recording.json", "--kind", "ClosingReason").code == 0
    part = utility.run("plan", "--against", "recording.json", "--only", "ClosingReason/*", env=NO_SECRETS)
    assert (part.code, part.out.splitlines()[-1]) == (0, "No changes.")
    whole = utility.run("plan", "--against", "recording.json", env=NO_SECRETS)
    assert (whole.code, "the recording does not hold the FlowTemplate objects" in whole.err) == (3, True)


def test_a_stranger_s_organisation_is_not_recorded(live) -> None:
    done = live.run("record", "-o", "recording.json", env={"EPILOT_TOKEN_TEST": STRANGER})
    assert (done.code, (live.folder / "recording.json").exists()) == (4, False)
    assert f"the token belongs to organisation `{OTHER}`" in done.err


def test_manifests_that_cannot_be_planned_are_no_reason_not_to_record(live) -> None:
    live.write("config/bad.yaml", reason("bad", "Schlecht").replace("title", "tittle"))
    done = live.run("record", "-o", "recording.json")
    assert done.code == 0
    assert "note: no plan of the manifests here can be made (1 problem" in done.err


def test_a_folder_that_cannot_be_written_is_told(live) -> None:
    live.write("blocked", "")
    done = live.run("record", "-o", "blocked/recording.json")
    assert (done.code, "`blocked/recording.json` can't be written" in done.err) == (3, True)


KEPT = ("id", "slug", "app_id", "entity_schema", "type", "key", "component_id", "name", "title")
"""Fields by which objects and their items are told apart: the platform's own words and names, no secrets."""


def texts_of(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where texts stand that may be withheld."""
    if isinstance(value, dict):
        return [found for key, item in value.items() for found in texts_of(item, (*path, key))]
    if isinstance(value, list):
        return [found for index, item in enumerate(value) for found in texts_of(item, (*path, index))]
    return [path] if isinstance(value, str) and path[-1] not in KEPT else []


def test_whatever_text_is_withheld_a_plan_can_be_made_or_a_problem_is_told(utility) -> None:
    utility.run("record", "-o", "whole.json")
    document = json.loads((utility.folder / "whole.json").read_text("utf-8"))
    utility.write("config/extra.yaml", reason("extra", "Anders"))
    edit(utility.folder, "config/bare.yaml", "name: Check", "name: Prüfen")
    edit(utility.folder, "config/schemas/contact.yaml", "Kundennummer im Altsystem", "Altnummer")
    places = list(texts_of({name: document[name] for name in ("lists", "reads")}))
    dice = random.Random(int(os.environ.get("SYNCER_SEED", "7")))
    for _ in range(int(os.environ.get("SYNCER_ROUNDS", "25"))):
        mutant = json.loads(json.dumps(document))
        chosen = dice.sample(places, dice.choice([1, 5, 40]))
        for place in chosen:
            holder = mutant
            for step in place[:-1]:
                holder = holder[step]
            holder[place[-1]] = {"$withheld": "a secret"}
        aged(utility.folder / "whole.json", **mutant)
        done = utility.run("plan", "--against", "whole.json", "--format", "json", env=NO_SECRETS)
        assert done.code in (0, 3), (chosen, done.err)
