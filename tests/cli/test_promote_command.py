"""`syncer promote` end to end: the table, the files, the target's plan, exit codes, and everything that can be in the
way."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from syncer.sandbox.seed import reset, seed

Repo, Sandbox, Json = Any, Any, Any
ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).parent / "golden_promote"
THEIRS = "911042"
PROJECT = """# ours
version: 1
manifests: [config]
environments:
  sandbox:
    org_id: "739224"
    token: {env: EPILOT_TOKEN_TEST} # a name
  production:
    org_id: "911042"
    token: {env: EPILOT_TOKEN_OTHER}
    confirm: true
"""
REASONS = [
    {"id": "R" * 21, "title": "Zu teuer", "status": "ACTIVE"},
    {"id": "Q" * 21, "title": "Anderer Anbieter", "status": "ACTIVE"},
]
FLOW: Json = {
    "id": "flow0001",
    "name": "Hausanschluß",
    "version": "v3",
    "enabled": False,
    "trigger": {"type": "journey_submission", "journey_id": "5c1cb7c4-26f6-4d6e-9b9d-6f0e3a2f7f01"},
    "closing_reasons": [{"id": "R" * 21}],
    "tasks": [{"id": "a8f", "name": "Prüfen", "task_type": "MANUAL"}],
    "edges": [{"id": "e1", "from_id": "trigger", "to_id": "a8f"}],
}
PROMOTE = ("promote", "--from", "sandbox", "--to", "production")


def in_front_of_two(bare: Repo, sandbox: Sandbox) -> Repo:
    """A repository without a manifest in front of two organisations of the sandbox."""
    reset(str(sandbox.db), THEIRS)
    bare.write("syncer.yaml", PROJECT)
    bare.env |= {
        "EPILOT_TOKEN_TEST": "canary-token-5f1e",
        "EPILOT_TOKEN_OTHER": "canary-stranger-9c0d",
        "SYNCER_SERVER": sandbox.url,
    }
    return bare


@pytest.fixture
def both(bare: Repo, sandbox: Sandbox) -> Repo:
    """The same, as a fixture."""
    return in_front_of_two(bare, sandbox)


@pytest.fixture
def filled(both: Repo, sandbox: Sandbox) -> Repo:
    """The first of them has a flow with a reason; the second has the reason's title switched off, and knows the id."""
    sandbox.seed({"closing_reasons": REASONS, "flow_templates": [FLOW]})
    theirs = [{"id": "S" * 21, "title": "Zu teuer", "status": "INACTIVE"}]
    seed(str(sandbox.db), THEIRS, {"closing_reasons": theirs})
    sandbox.forget()
    return both


def is_golden(name: str, text: str) -> None:
    """`UPDATE_GOLDEN=1` writes the file anew; read the difference before you commit."""
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
    assert text == path.read_text("utf-8")


def give_ids(repo: Repo) -> None:
    """What a person does who was told which id is missing."""
    text = (repo.folder / "syncer.yaml").read_text("utf-8")
    repo.write("syncer.yaml", text + "    ids:\n      journey.hausanschluss: their-journey\n")


def test_what_is_missing_is_said_and_nothing_is_written(filled: Repo, sandbox: Sandbox) -> None:
    done = filled.run(*PROMOTE, "FlowTemplate/*")
    assert done.code == 3
    is_golden("missing", done.out)
    assert done.err == (
        "error[missing-in-target]: `journey.hausanschluss` is not among the `ids` of `production`: "
        "FlowTemplate/hausanschluss needs it\n\n"
        "hint: write `journey.hausanschluss: …` below `ids` of `production` in syncer.yaml; in `sandbox` it is "
        '"5c1cb7c4-26f6-4d6e-9b9d-6f0e3a2f7f01"\n'
    )
    assert list(filled.digest()) == ["syncer.yaml"]
    assert sandbox.writes() == []


def test_from_one_organisation_to_the_other(filled: Repo, sandbox: Sandbox) -> None:
    give_ids(filled)
    tried = filled.run(*PROMOTE, "FlowTemplate/*", "--dry-run")
    assert (tried.code, list(filled.digest())) == (0, ["syncer.yaml"])
    done = filled.run(*PROMOTE, "FlowTemplate/*")
    assert (done.code, done.err) == (0, "")
    said = done.out.replace(sandbox.url, "http://127.0.0.1")
    is_golden("promoted", re.sub(r"\b[0-9a-f]{32}\b", "PLAN", said))  # the plan's id knows the port
    assert sandbox.writes() == []
    assert (filled.folder / "config/reasons/zu-teuer.yaml").read_text("utf-8") == (
        "apiVersion: syncer/v1\nkind: ClosingReason\nmetadata:\n  name: zu-teuer\n"
        "  environments: [sandbox, production]\nspec:\n  title: Zu teuer\n"
    )
    assert sorted(filled.digest()) == [
        "config/flows/hausanschluss.yaml", "config/reasons/zu-teuer.yaml", "syncer.yaml",
    ]  # fmt: skip
    made = filled.run("apply", "-e", "production", "--yes", "--confirm", "production", "--first-contact")
    assert made.code == 0, made.all
    for name in ("sandbox", "production"):
        assert filled.run("plan", "-e", name, "--detailed-exitcode").code == 0
    assert filled.run("validate", "--strict").code == 0
    again = filled.run(*PROMOTE)
    assert again.code == 0
    assert "next:" in again.out  # the other reason, and the schemas, were not asked for before


def test_the_example_from_sandbox_to_production(both: Repo, sandbox: Sandbox) -> None:
    shutil.copytree(ROOT / "examples" / "stadtwerk", both.folder, dirs_exist_ok=True)
    settings = (both.folder / "syncer.yaml").read_text("utf-8")
    settings = settings.replace('"739224"', f'"{THEIRS}"').replace('"911690"', '"739224"')
    both.write("syncer.yaml", settings)
    both.env |= {
        "EPILOT_TOKEN_SANDBOX": both.env["EPILOT_TOKEN_TEST"],
        "EPILOT_TOKEN_PRODUCTION": both.env["EPILOT_TOKEN_OTHER"],
        "SYNCER_BONITAET_API_KEY": "canary-secret-4711",
    }
    made = both.run("apply", "-e", "sandbox", "--yes", "--first-contact")
    assert made.code == 0, made.all
    before = both.digest()
    done = both.run(*PROMOTE, "-o", "plan.json")
    assert done.code == 0, done.all
    assert "RetentionConfig/inactive-contacts-trial is not promoted: in `production`" in done.err
    after = both.digest()
    assert {name for name in before if before[name] != after[name]} == set()
    assert {name.rpartition("/")[0] for name in after.keys() - before.keys()} == {"config/schemas", ""}
    assert "next: review and commit the manifests, then `syncer apply plan.json`\n" in done.out
    consent = ("--confirm", "production", "--first-contact", "--yes")
    applied = both.run("apply", "plan.json", *consent)
    assert applied.code == 0, applied.all
    for name in ("sandbox", "production"):
        assert both.run("plan", "-e", name, "--detailed-exitcode").code == 0
    (both.folder / "plan.json").unlink()
    again = both.run(*PROMOTE)
    assert (again.code, "nothing to write: the manifests are for `production` too already" in again.out) == (0, True)
    assert "canary-secret-4711" not in done.all + again.all


ORGANISATIONS = {
    # words, variables                              exit code, what is said
    "one environment": (("sandbox", "sandbox"), {}, 4, "error[same-organisation]: `sandbox` is one organisation"),
    "no such environment": (("sandbox", "live"), {}, 3, "error[unknown-environment]: environment `live` is not in"),
    "the target's token is the source's": (
        ("sandbox", "production"), {"EPILOT_TOKEN_OTHER": "canary-token-5f1e"}, 4,
        "error[wrong-organisation]: the token belongs to organisation `739224`, and environment `production` is",
    ),
    "the source's token is the target's": (
        ("sandbox", "production"), {"EPILOT_TOKEN_TEST": "canary-stranger-9c0d"}, 4,
        "error[wrong-organisation]: the token belongs to organisation `911042`, and environment `sandbox` is",
    ),
    "no token of the target": (
        ("sandbox", "production"), {"EPILOT_TOKEN_OTHER": None}, 3,
        "error[token]: there is no token for environment `production`",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", ORGANISATIONS)
def test_the_two_organisations(filled: Repo, sandbox: Sandbox, case: str) -> None:
    (source, target), env, code, said = ORGANISATIONS[case]
    done = filled.run("promote", "--from", source, "--to", target, env=env)
    assert (done.code, done.err.startswith(said), done.out) == (code, True, ""), done.err
    assert list(filled.digest()) == ["syncer.yaml"]
    assert sandbox.writes() == []


def test_two_names_of_one_organisation(filled: Repo) -> None:
    text = (filled.folder / "syncer.yaml").read_text("utf-8").replace(THEIRS, "739224")
    filled.write("syncer.yaml", text)
    done = filled.run(*PROMOTE)
    assert (done.code, done.out) == (4, "")
    assert done.err.startswith("error[same-organisation]: `production` and `sandbox` are one organisation, `739224`\n")


def test_what_is_not_applied_to_the_source_is_said(filled: Repo) -> None:
    give_ids(filled)
    assert filled.run(*PROMOTE, "FlowTemplate/*").code == 0
    path = filled.folder / "config/flows/hausanschluss.yaml"
    filled.write("config/flows/hausanschluss.yaml", path.read_text("utf-8") + "  description: noch nicht\n")
    assert filled.run("apply", "-e", "sandbox", "--yes", "--only", "FlowTemplate/*").code == 0
    filled.write("config/flows/hausanschluss.yaml", path.read_text("utf-8").replace("noch nicht", "noch immer nicht"))
    done = filled.run(*PROMOTE, "FlowTemplate/*")
    assert done.code == 0, done.all
    assert (
        "not applied to `sandbox` yet, and wanted for `production` all the same: FlowTemplate/hausanschluss\n"
        in done.err
    )
    assert "noch immer nicht" in path.read_text("utf-8")


def test_a_manifest_of_the_targets_own_leaves_nothing_to_do(filled: Repo) -> None:
    for name in ("sandbox", "production"):
        filled.write(
            f"config/{name}.yaml",
            "apiVersion: syncer/v1\nkind: ClosingReason\n"
            f"metadata: {{name: too-dear-{name}, environments: [{name}]}}\nspec:\n  title: Zu teuer\n",
        )
    done = filled.run(*PROMOTE, "ClosingReason/too-dear-sandbox")
    assert (done.code, done.out) == (0, "nothing to promote\n"), done.all
    assert done.err.startswith("warning[manifest-elsewhere]: ClosingReason/too-dear-sandbox is not promoted: in ")


def test_what_refers_to_it_is_said(filled: Repo) -> None:
    give_ids(filled)
    assert filled.run("pull", "-e", "sandbox").code == 0
    filled.write(
        "config/theirs.yaml",
        "apiVersion: syncer/v1\nkind: ClosingReason\n"
        "metadata: {name: too-dear, environments: [production]}\nspec:\n  title: Zu teuer\n",
    )
    before = filled.digest()
    done = filled.run(*PROMOTE, "FlowTemplate/*")
    assert done.code == 3, done.all
    assert (
        "FlowTemplate/hausanschluss refers to ClosingReason/zu-teuer, which in `production` ClosingReason/too-dear"
        " describes: one `ref` cannot name both\n"
    ) in done.err
    assert done.err.endswith(
        'hint: write `lookup: "Zu teuer"` in place of `ref: zu-teuer`, which finds each organisation\'s own; then'
        " promote again\n"
    )
    assert filled.digest() == before


TOKEN: Json = {
    "trigger": {"event": "FlowStarted"},
    "value": {"source": "custom_value", "value": "Bearer abcdefghijklmnopqrstuvwxyz0123456789"},
    "target": {"entitySchema": "contact", "entityAttribute": "state"},
}
"""What no manifest says: it looks like a secret."""
UNSAID: Json = {**FLOW, "id": "flow0002", "name": "Auskunft", "entity_sync": [TOKEN]}
ODD: Json = {**FLOW, "id": "flow0003", "name": "Seltsam"}
BOTH = ["flows/hausanschluss", "reasons/zu-teuer"]
UNFIT = {
    # what is asked for: exit code, what is said of it, manifests
    "everything": ((), 5, ["not-pulled", "unreadable-live"], [*BOTH, "reasons/anderer-anbieter"]),
    "every flow": (("FlowTemplate/*",), 5, ["not-pulled", "unreadable-live"], BOTH),
    "the flow that no manifest says": (("FlowTemplate/auskunft",), 5, ["not-pulled"], []),
    "the flow that cannot be read": (("FlowTemplate/seltsam",), 5, ["unreadable-live"], []),
    "another flow": (("FlowTemplate/hausanschluss",), 0, [], BOTH),
}  # fmt: skip


@pytest.mark.parametrize(("addresses", "code", "rules", "made"), UNFIT.values(), ids=UNFIT)
def test_what_cannot_be_said_whole_is_not_promoted_and_is_named(
    filled: Repo, sandbox: Sandbox, addresses: tuple[str, ...], code: int, rules: list[str], made: list[str]
) -> None:
    """Without what it writes, and without the edge, the other organisation would get another flow."""
    sandbox.seed({"flow_templates": [UNSAID, ODD]})
    sandbox.spoil("flow", "flow0003", edges=[{**FLOW["edges"][0], "id": 5}])
    give_ids(filled)
    for words in ((*addresses, "--dry-run"), addresses):
        done = filled.run(*PROMOTE, *words)
        assert (done.code, sorted(re.findall(r"warning\[([a-z-]+)\]", done.err))) == (code, rules), done.all
    written = {str(path.relative_to(filled.folder / "config")) for path in filled.folder.glob("config/*/*.yaml")}
    assert {each for each in written if not each.startswith("schemas/")} == {f"{each}.yaml" for each in made}
    assert not made or filled.run("validate", "--strict").code == 0


def test_what_is_there_and_cannot_be_taken_over_is_not_promoted(filled: Repo, sandbox: Sandbox) -> None:
    """The manifest says less than what is live: for the other organisation it would be another flow."""
    give_ids(filled)
    assert filled.run("pull", "-e", "sandbox", "--kind", "FlowTemplate", "--kind", "ClosingReason").code == 0
    way = {"id": "e2", "from_id": "a8f", "to_id": "Bearer abcdefghijklmnopqrstuvwxyz0123456789"}
    sandbox.spoil("flow", "flow0001", edges=[*FLOW["edges"], way])
    before = (filled.folder / "config/flows/hausanschluss.yaml").read_text("utf-8")
    assert "environments: [sandbox]" in before
    done = filled.run(*PROMOTE, "FlowTemplate/*")
    assert (done.code, (filled.folder / "config/flows/hausanschluss.yaml").read_text("utf-8")) == (5, before), done.all
    assert done.err.startswith("warning[unsound-live]: FlowTemplate/hausanschluss was left as it is")


def test_an_address_that_fits_nothing(filled: Repo) -> None:
    done = filled.run(*PROMOTE, "FlowTemplate/vist")
    assert (done.code, done.out) == (3, "")
    assert done.err.startswith("error[nothing-selected]: `FlowTemplate/vist` fits no address\n")


def test_what_the_platform_does_not_show_ends_it(filled: Repo, sandbox: Sandbox) -> None:
    sandbox.fault(path="/v1/workflows/closing-reasons", status=403, times=None)
    done = filled.run(*PROMOTE)
    assert (done.code, done.out, list(filled.digest())) == (6, "", ["syncer.yaml"]), done.all


def test_a_folder_that_cannot_be_written(filled: Repo) -> None:
    give_ids(filled)
    (filled.folder / "config").write_text("a file", "utf-8")
    done = filled.run(*PROMOTE, "FlowTemplate/*")
    assert done.code == 3, done.all
    assert "Traceback" not in done.all
