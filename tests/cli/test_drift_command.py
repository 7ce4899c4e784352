"""`syncer drift`, as a nightly job uses it: exit codes, reports on stdout, the saved JSON, and nothing ever written."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.cli.conftest import COLLEAGUE, READER, STRANGER, Repo, Sandbox, flow, reason

REASONS = "/v2/workflows/closing-reasons"
APP = "112b87c2-ba9e-51c3-9fee-6cd85bb8f822"
COMPONENT = "536b9491-d800-59f9-8e70-1a97a593240b"
CHECKER = f"""apiVersion: syncer/v1
kind: AppInstallation
metadata: {{name: address}}
spec:
  app_id: {APP}
  version: 1.0.0
  option_values: [{{component_id: {COMPONENT}, options: [{{key: ueberschrift, value: "Wo?"}}]}}]
"""


@pytest.fixture
def applied(live: Repo) -> Repo:
    """Two closing reasons and an app, applied."""
    live.write("config/lost.yaml", reason("lost", "Verloren"))
    live.write("config/app.yaml", CHECKER)
    assert live.run("apply", "--yes").code == 0
    return live


def retitle(sandbox: Sandbox, title: str, now: str, **more: Any) -> None:
    (id,) = [each["id"] for each in sandbox.ask("GET /v1/workflows/closing-reasons?includeInactive=true")["reasons"]
             if each["title"] == title]  # fmt: skip
    sandbox.ask(f"PATCH {REASONS}/{id}", {"title": now, "status": "ACTIVE", **more})


def delete(sandbox: Sandbox, title: str) -> None:
    reasons = sandbox.ask("GET /v1/workflows/closing-reasons?includeInactive=true")["reasons"]
    for each in reasons:
        if each["title"] == title:
            sandbox.ask(f"DELETE {REASONS}/{each['id']}")


def plain(text: str, url: str) -> str:
    """The text without what differs from run to run."""
    text = re.sub(r"run `?[0-9a-f]{8}`?", "run RUN", text.replace(url, "SERVER"))
    return re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z", "TIME", text)


WHOLE = f"""Drift in test: organisation 739224 at SERVER
last apply known here: TIME, run RUN
fields: as declared at the last apply → as live now

- ClosingReason/lost  "Verloren"  deleted by hand
    last written TIME by user-739224@example.org, after the last apply

~ AppInstallation/address  "{APP}"  changed by hand
    last written TIME by berta@example.org, after the last apply
    option_values[{COMPONENT}].options[ueberschrift].value
        - "Wo?"
        + "Wohin?"

~ ClosingReason/won  "Erfolg"  changed by hand
    last written TIME by user-739224@example.org, after the last apply
    title  "Gewonnen" → "Erfolg"

1 live object has no manifest (1 ClosingReason): `syncer pull` writes them

Drift: 1 deleted, 2 changed
"""


def test_two_users_at_night(applied: Repo, sandbox: Sandbox) -> None:
    retitle(sandbox, "Gewonnen", "Erfolg")
    delete(sandbox, "Verloren")
    sandbox.ask("POST /v1/workflows/closing-reasons", {"title": "Neu", "status": "ACTIVE"})
    values = [{"component_id": COMPONENT, "options": [{"key": "ueberschrift", "value": "Wohin?"}]}]
    sandbox.ask(f"PATCH /v1/app/{APP}", {"option_values": values}, by=COLLEAGUE)
    sandbox.forget()
    said = applied.run("drift", env={"EPILOT_TOKEN_TEST": READER})
    assert (said.code, plain(said.out, sandbox.url), said.err) == (2, WHOLE, "")
    assert sandbox.writes() == []


def test_nothing_drifted(applied: Repo, sandbox: Sandbox) -> None:
    said = applied.run("drift")
    assert (said.code, said.out.splitlines()[-1], said.err) == (0, "No drift in 3 objects.", "")


def test_what_the_manifests_changed_is_no_drift(applied: Repo) -> None:
    applied.write("config/lost.yaml", reason("lost", "Weg"))
    applied.write("config/flow.yaml", flow("f", "won"))
    applied.remove("config/app.yaml")
    said = applied.run("drift")
    assert (said.code, said.out.splitlines()[-2:]) == (
        0,
        ["3 objects are to be changed by the manifests, which is no drift: `syncer plan`", "No drift in 2 objects."],
    )


def test_a_conflict(applied: Repo, sandbox: Sandbox) -> None:
    retitle(sandbox, "Gewonnen", "Erfolg")
    applied.write("config/won.yaml", reason("won", "Sieg"))
    said = applied.run("drift")
    assert said.code == 2
    lines = ['    title  "Gewonnen" → "Erfolg"  [conflict]', '    title: the manifest says "Sieg"']
    assert "\n".join(lines) in said.out
    assert said.out.endswith("\nDrift: 1 changed, 1 field in conflict\n")


def test_a_night_and_the_next(applied: Repo, sandbox: Sandbox) -> None:
    """The saved report is what JSON prints, for its owner only; nothing new, the same bytes."""
    retitle(sandbox, "Gewonnen", "Erfolg")
    said = applied.run("drift", "-o", "drift.json", "--format", "markdown")
    saved = applied.folder / "drift.json"
    assert (said.code, said.out.startswith("## Drift in `test`\n")) == (2, True)
    assert saved.stat().st_mode & 0o777 == 0o600
    first = saved.read_bytes()
    report = json.loads(first)
    assert {name: report[name] for name in ("format_version", "report", "environment", "org_id", "state")} == {
        "format_version": 1, "report": "drift", "environment": "test", "org_id": "739224", "state": True,
    }  # fmt: skip
    assert report["summary"] == {
        "changed": 1, "fields": 1, "conflicts": 0, "added": 0, "unknown": 0, "unmanaged": 0, "pending": 0,
        "compared": 3,
    }  # fmt: skip
    assert report["drift"][0]["fields"] == [
        {"path": "title", "before": "Gewonnen", "after": "Erfolg", "cause": "drift"}
    ]
    again = applied.run("drift", "--format", "json", "-o", "drift.json")
    assert (again.code, again.out.encode(), saved.read_bytes()) == (2, first, first)
    assert applied.run("apply", "--yes").code == 0
    assert applied.run("drift").code == 0


def test_a_report_that_cannot_be_saved(applied: Repo, sandbox: Sandbox) -> None:
    said = applied.run("drift", "-o", "syncer.yaml/drift.json")
    assert (said.code, said.out) == (3, "")
    assert "`syncer.yaml/drift.json`" in said.err


def test_objects_without_a_manifest(applied: Repo, sandbox: Sandbox) -> None:
    sandbox.ask("POST /v1/workflows/closing-reasons", {"title": "Neu", "status": "ACTIVE"})
    said = applied.run("drift")
    assert (said.code, 'ClosingReason "Neu"' in said.out) == (0, False)
    said = applied.run("drift", "--unmanaged")
    assert (said.code, '  ClosingReason "Neu" (' in said.out) == (2, True)
    said = applied.run("drift", "-v")
    assert (said.code, '  ClosingReason "Neu" (' in said.out) == (0, True)


def test_unmanaged_of_kinds_of_which_no_manifest_is_known(live: Repo, sandbox: Sandbox) -> None:
    for path in (live.folder / "config").iterdir():
        path.unlink()
    sandbox.ask("POST /v1/workflows/closing-reasons", {"title": "Vom Kunden", "status": "ACTIVE"})
    said = live.run("drift", "--unmanaged")
    assert (said.code, '  ClosingReason "Vom Kunden" (' in said.out, "  EntitySchema " in said.out) == (2, True, True)
    said = live.run("drift", "--unmanaged", "--only", "ClosingReason/*")
    assert (said.code, said.err) == (3, said.err)


def test_without_state(applied: Repo, sandbox: Sandbox) -> None:
    applied.state.unlink()
    said = applied.run("drift")
    assert (said.code, said.out.splitlines()[-1]) == (0, "No difference in 3 objects.")
    retitle(sandbox, "Gewonnen", "Gewonnen", status="INACTIVE")
    said = applied.run("drift")
    assert said.code == 2
    assert "! there is no state of this environment: " in said.out
    assert '? ClosingReason/won  "Gewonnen"  not as the manifest says\n' in said.out
    assert said.out.endswith("\nDifferences: 1 differs\n")


def test_what_cannot_be_compared_is_no_green_night(applied: Repo, sandbox: Sandbox) -> None:
    applied.state.unlink()
    sandbox.ask("POST /v1/workflows/closing-reasons", {"title": "Gewonnen", "status": "ACTIVE"})
    said = applied.run("drift")
    assert (said.code, "! not compared: ClosingReason/won\n" in said.out) == (3, True)
    assert "error[ambiguous]: ClosingReason/won: 2 live objects have the title `Gewonnen`" in said.err
    assert applied.run("drift", "--format", "json").json["not_compared"] == ["ClosingReason/won"]


def test_a_part(applied: Repo, sandbox: Sandbox) -> None:
    retitle(sandbox, "Gewonnen", "Erfolg")
    assert applied.run("drift", "--except", "*/won").code == 0
    assert applied.run("drift", "--only", "AppInstallation/*").code == 0
    assert applied.run("drift", "--only", "ClosingReason/*").code == 2
    assert applied.run("drift", "--only", "Nothing/*").code == 3


def test_an_apply_that_was_cut_off_is_a_doubt(applied: Repo, sandbox: Sandbox) -> None:
    applied.write("config/new.yaml", reason("new", "Neu"))
    sandbox.fault(method="POST", path="/v1/workflows/closing-reasons", drop=True, after_commit=True)
    sandbox.fault(method="GET", path="/v1/workflows/closing-reasons", skip=1, status=400, times=99)
    assert applied.run("apply", "--yes").code == 7
    sandbox.well_again()
    said = applied.run("drift")
    assert "warning[open-call]: " in said.err
    assert "`syncer apply` settles it" in said.err


EXITS: dict[str, tuple[dict[str, str | None], list[str], int]] = {
    # case: (variables, arguments, exit)
    "no token": ({"EPILOT_TOKEN_TEST": None}, [], 3),
    "a token the platform does not know": ({"EPILOT_TOKEN_TEST": "nobody"}, [], 6),
    "another organisation": ({"EPILOT_TOKEN_TEST": STRANGER}, [], 4),
    "no such environment": ({}, ["--env", "nowhere"], 3),
    "an unknown format": ({}, ["--format", "html"], 3),
}


@pytest.mark.parametrize(("env", "args", "code"), EXITS.values(), ids=EXITS)
def test_exit_codes(applied: Repo, env: dict[str, str | None], args: list[str], code: int) -> None:
    said = applied.run("drift", *args, env=env)
    assert (said.code, said.out) == (code, "")


def test_a_damaged_run_is_a_note(applied: Repo) -> None:
    (run,) = (applied.folder / ".syncer" / "runs" / "test").glob("*.run")
    run.write_bytes(b"nothing anybody wrote\n")
    said = applied.run("drift")
    assert (said.code, said.err.startswith("note: "), "last apply" in said.out) == (0, True, False)
