"""`syncer pull` end to end: files, state, the empty plan, and everything that can be in the way."""

from __future__ import annotations

import os
import shutil
import subprocess
import unicodedata
from pathlib import Path
from typing import Any

import pytest
import yaml

from syncer.kinds import KINDS

Repo, Sandbox, Json = Any, Any, Any
ROOT = Path(__file__).parents[2]
PROJECT = """# ours
version: 1
manifests: [config]
environments:
  test:
    org_id: "739224"
    token: {env: EPILOT_TOKEN_TEST} # a name
"""
ID = "R" * 20
FLOW: Json = {
    "id": "flow0001",
    "name": "Hausanschluß",
    "version": "v3",
    "enabled": False,
    "trigger": {"type": "journey_submission", "id": "5c1cb7c4-0000-4d6e-9b9d-6f0e3a2f7f01",
                "journey_id": "5c1cb7c4-26f6-4d6e-9b9d-6f0e3a2f7f01", "journey_name": "Anfrage"},
    "closing_reasons": [{"id": f"{ID}1"}],
    "tasks": [{"id": "a8f", "name": "Prüfen", "task_type": "MANUAL", "assigned_to": ["10020101"],
               "description": {"enabled": True, "value": "<p>lang</p>\n" * 60}}],
    "edges": [{"id": "e1", "from_id": "trigger", "to_id": "a8f"}],
}  # fmt: skip
REASONS = [
    {"id": f"{ID}1", "title": "Zu teuer", "status": "ACTIVE"},
    {"id": f"{ID}2", "title": "Alt", "status": "INACTIVE"},
]


@pytest.fixture
def fresh(live: Repo) -> Repo:
    """A repository that says where, and holds nothing."""
    live.remove("config/won.yaml")
    live.write("syncer.yaml", PROJECT)
    return live


def read(repo: Repo, name: str) -> Json:
    return yaml.safe_load((repo.folder / name).read_text("utf-8"))


def named(repo: Repo) -> list[str]:
    """Every file of the manifests' folder."""
    return sorted(str(path.relative_to(repo.folder / "config")) for path in (repo.folder / "config").rglob("*.*"))


def is_proved(repo: Repo, *kinds: str) -> None:
    """What was pulled is sound, formatted, and no plan has anything to do."""
    assert (repo.run("validate", "--strict").code, repo.run("fmt", "--check").code) == (0, 0)
    plan = repo.run("plan", "--detailed-exitcode")
    assert (plan.code, "No changes." in plan.out) == (0, True)
    again = repo.run("pull", *(word for kind in kinds for word in ("--kind", kind)))
    assert (again.code, again.out.startswith("0 manifests written")) == (0, True)


def test_an_organisation_becomes_a_repository(fresh: Repo, sandbox: Sandbox) -> None:
    sandbox.seed({"closing_reasons": REASONS, "flow_templates": [FLOW]})
    sandbox.forget()
    done = fresh.run("pull", "--kind", "FlowTemplate", "--kind", "ClosingReason")
    assert (done.code, done.err) == (0, "")
    assert done.out == (
        f"  ClosingReason/alt  config/reasons/alt.yaml  ({ID}2)\n"
        f"  ClosingReason/zu-teuer  config/reasons/zu-teuer.yaml  ({ID}1)\n"
        "  FlowTemplate/hausanschluss  config/flows/hausanschluss.yaml  (flow0001)\n"
        "3 manifests written from test (739224): 2 ClosingReason, 1 FlowTemplate\n"
        "2 ids nobody can look up written to `ids` of `test` in syncer.yaml: `journey.anfrage`, `user.10020101`\n"
        "the plan is empty: 0 changes, 3 links\n"
    )
    assert sandbox.writes() == []
    assert sorted(sandbox.requests()) == [
        "GET /v1/permissions/me", "GET /v1/workflows/closing-reasons", "GET /v2/flows/templates",
    ]  # fmt: skip
    assert (fresh.folder / "config/flows/hausanschluss.yaml").read_text("utf-8") == (
        "apiVersion: syncer/v1\nkind: FlowTemplate\nmetadata:\n  name: hausanschluss\nspec:\n  name: Hausanschluß\n"
        "  version: v3\n  enabled: false\n  trigger:\n    type: journey_submission\n"
        '    journey_id: "${id.journey.anfrage}"\n'
        "  tasks:\n    - id: pruefen\n      task_type: MANUAL\n      name: Prüfen\n"
        "      description:\n        enabled: true\n"
        "        value: {file: config/flows/hausanschluss.pruefen.html}\n"
        '      assigned_to: ["${id.user.10020101}"]\n'
        "  edges:\n    - {from_id: trigger, to_id: pruefen}\n  closing_reasons:\n    - ref: zu-teuer\n"
    )
    assert (fresh.folder / "config/flows/hausanschluss.pruefen.html").read_text("utf-8") == "<p>lang</p>\n" * 60
    assert read(fresh, "config/reasons/alt.yaml")["spec"] == {"title": "Alt", "status": "INACTIVE"}
    assert read(fresh, "config/reasons/zu-teuer.yaml")["spec"] == {"title": "Zu teuer"}
    assert (fresh.folder / "syncer.yaml").read_text("utf-8") == PROJECT + (
        '    ids:\n      journey.anfrage: "5c1cb7c4-26f6-4d6e-9b9d-6f0e3a2f7f01"\n      user.10020101: "10020101"\n'
    )
    assert fresh.run("state", "show", "FlowTemplate/hausanschluss").json["parts"] == {
        "nodes": {"pruefen": "a8f"}, "triggers": {"0": "5c1cb7c4-0000-4d6e-9b9d-6f0e3a2f7f01"},
        "edges": {"trigger||pruefen": "e1"},
    }  # fmt: skip
    fresh.run("pull")
    is_proved(fresh)


def fill(fresh: Repo, tmp_path: Path) -> Repo:
    """The example applied to the organisation; its repository."""
    shutil.copytree(ROOT / "examples" / "stadtwerk", tmp_path / "example")
    example = type(fresh)(tmp_path / "example", {**fresh.env}, fresh.monkeypatch)
    settings = (example.folder / "syncer.yaml").read_text("utf-8").replace("911690", "739224", 1)
    example.write("syncer.yaml", settings)
    example.env |= {"EPILOT_TOKEN_SANDBOX": fresh.env["EPILOT_TOKEN_TEST"], "SYNCER_ENV": "sandbox",
                    "SYNCER_BONITAET_API_KEY": "canary-secret-4711"}  # fmt: skip
    made = example.run("apply", "--yes", "--first-contact")
    assert made.code == 0, made.all
    return example


def test_editors_find_the_schema(fresh: Repo, sandbox: Sandbox) -> None:
    """The line is written where the schema is there, and leads to it; the plan and fmt do not mind."""
    sandbox.seed({"closing_reasons": REASONS})
    assert fresh.run("schema", "closingreason", "--into", "schemas").out == "wrote schemas/closing-reason.schema.json\n"
    assert fresh.run("pull", "--kind", "ClosingReason").code == 0
    first = (fresh.folder / "config/reasons/alt.yaml").read_text("utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=../../schemas/closing-reason.schema.json"
    assert (fresh.folder / "config/reasons" / first.rpartition("=")[2]).resolve().is_file()
    is_proved(fresh, "ClosingReason")
    assert fresh.run("schema", "--into", "schemas").out.count("wrote ") == 7
    assert fresh.run("schema", "--into", "syncer.yaml").code == 3


def test_the_example_there_and_back(fresh: Repo, sandbox: Sandbox, tmp_path: Path) -> None:
    """apply ∘ pull: what the example makes of an organisation is pulled, and a plan of either repository is empty."""
    example = fill(fresh, tmp_path)
    done = fresh.run("pull")
    assert done.code == 0, done.all
    assert "the plan is empty: 0 changes, 58 links" in done.out
    assert "  AppInstallation/bonitaetspruefung  api_key  SYNCER_BONITAETSPRUEFUNG_API_KEY\n" in done.out
    assert "canary-secret-4711" not in done.all + "".join(
        path.read_text("utf-8") for path in fresh.folder.rglob("*") if path.is_file()
    )
    is_proved(fresh)
    assert example.run("plan", "--detailed-exitcode").code == 0
    shutil.rmtree(fresh.folder / ".syncer")  # pull ∘ apply, from what is in git alone
    again = fresh.run("apply", "--yes")
    assert (again.code, "58 links rebuilt" in again.out) == (0, True), again.all


@pytest.mark.parametrize("kind", KINDS)
def test_there_and_back_of_every_kind(fresh: Repo, sandbox: Sandbox, tmp_path: Path, kind: str) -> None:
    """Both ways, kind by kind: what was applied is pulled with an empty plan, and what was pulled is applied anew from
    the files alone without a write."""
    fill(fresh, tmp_path)
    done = fresh.run("pull", "--kind", kind)
    assert (done.code, "the plan is empty: 0 changes" in done.out) == (0, True), done.all
    assert fresh.run("validate", "--strict").code == 0
    assert fresh.run("plan", "--detailed-exitcode").code == 0
    shutil.rmtree(fresh.folder / ".syncer")
    sandbox.forget()
    again = fresh.run("apply", "--yes")
    assert (again.code, sandbox.writes()) == (0, []), again.all


def test_titles_that_are_no_names(fresh: Repo, sandbox: Sandbox) -> None:
    titles = ["Größe", "Groesse", "🔌", "../../x", "x" * 200, "Aux", "Ünïcode: ж & 50 %", "  zwei  "]
    sandbox.seed(
        {"closing_reasons": [{"id": f"{ID}{n}", "title": title, "status": "ACTIVE"} for n, title in enumerate(titles)]}
    )
    assert fresh.run("pull", "--kind", "ClosingReason").code == 0
    names = [
        "groesse-33f3f738",
        "groesse-ab3de356",
        "closing-reason-f568e5ac",
        "x",
        "aux-d9549109",
        "uenicode-und-50-prozent",
        "zwei",
        "x" * 60,
    ]
    assert named(fresh) == sorted(f"reasons/{name}.yaml" for name in names)
    assert {read(fresh, f"config/{name}")["spec"]["title"] for name in named(fresh)} == set(titles)
    before = fresh.digest()
    is_proved(fresh, "ClosingReason")
    for path in (fresh.folder / "config").rglob("*.yaml"):
        path.unlink()
    shutil.rmtree(fresh.folder / ".syncer")
    assert fresh.run("pull", "--kind", "ClosingReason").code == 0
    assert fresh.digest() == before


def test_two_of_one_title_get_no_manifest_and_are_named(fresh: Repo, sandbox: Sandbox) -> None:
    twins = [
        {"id": f"{ID}{n}", "title": "Doppelt", "status": status} for n, status in enumerate(("ACTIVE", "INACTIVE"))
    ]
    sandbox.seed({"closing_reasons": twins, "flow_templates": [{**FLOW, "closing_reasons": [{"id": f"{ID}0"}]}]})
    done = fresh.run("pull", "--kind", "ClosingReason", "--kind", "FlowTemplate")
    assert done.code == 5
    assert done.err.replace("\n", " ").startswith(
        f"warning[live-twins]: 2 live objects of kind ClosingReason have the title `Doppelt`: `{ID}0`, `{ID}1`; no "
        "manifest is written for one that has none"
    )
    assert "\nnot all that is live has a manifest: 1 warning above says what, and why\n" in done.out
    assert fresh.run("pull", "--check", "--kind", "ClosingReason").code == 5  # nothing that a pull could take over
    assert read(fresh, "config/flows/hausanschluss.yaml")["spec"]["closing_reasons"] == [
        {"id": "${id.closing_reason.doppelt}"}
    ]
    assert fresh.run("validate", "--strict").code == 0
    assert fresh.run("plan", "--detailed-exitcode").code == 0


def test_what_is_there_is_never_overwritten(fresh: Repo, sandbox: Sandbox) -> None:
    sandbox.seed({"closing_reasons": REASONS, "flow_templates": [FLOW]})
    fresh.write("config/reasons/zu-teuer.yaml", "# empty, and not ours\n")
    done = fresh.run("pull", "--kind", "ClosingReason", "--kind", "FlowTemplate")
    assert done.code == 5
    assert "`config/reasons/zu-teuer.yaml` is there already, and nothing that is there is ever overwritten" in done.err
    assert (fresh.folder / "config/reasons/zu-teuer.yaml").read_text("utf-8") == "# empty, and not ours\n"
    assert read(fresh, "config/flows/hausanschluss.yaml")["spec"]["closing_reasons"] == [{"lookup": "Zu teuer"}]
    assert fresh.run("plan", "--detailed-exitcode").code == 0


def test_a_manifest_that_is_there_keeps_its_name_and_takes_over_what_differs(fresh: Repo, sandbox: Sandbox) -> None:
    sandbox.seed({"closing_reasons": REASONS})
    mine = (
        "apiVersion: syncer/v1\nkind: ClosingReason\nmetadata: {name: pricey} # mine\n"
        "spec: {title: Zu teuer, status: INACTIVE}\n"
    )
    fresh.write("config/mine.yaml", mine)
    done = fresh.run("pull", "--kind", "ClosingReason")
    assert (done.code, done.err) == (0, "")
    assert done.out == (
        "  ClosingReason/pricey  config/mine.yaml  1 change\n1 change of 1 object taken over\n"
        f"  ClosingReason/alt  config/reasons/alt.yaml  ({ID}2)\n"
        "1 manifest written from test (739224): 1 ClosingReason\n"
        "1 live object had a manifest already\n"
        "the plan is empty: 0 changes, 2 links\n"
    )
    assert (fresh.folder / "config/mine.yaml").read_text("utf-8") == mine.replace("INACTIVE", "ACTIVE")


def test_a_manifest_that_goes_with_its_object_is_named(fresh: Repo, sandbox: Sandbox) -> None:
    """Its name fits the manifest, though nothing live has it any more."""
    for slug in ("site", "other"):
        body = {"slug": slug, "name": slug, "plural": slug, "attributes": [], "capabilities": [], "published": True}
        sandbox.ask(f"PUT /v1/entity/schemas/{slug}", body)
    chosen = ("--kind", "EntitySchema", "--name", "site")
    assert fresh.run("pull", *chosen).code == 0
    sandbox.ask("DELETE /v1/entity/schemas/site")
    done = fresh.run("pull", *chosen, "--prune-files")
    assert (done.code, named(fresh)) == (0, []), done.all
    gone = "  config/schemas/site.yaml  goes: its object was deleted in the organisation\n1 deletion taken over\n"
    assert done.out.startswith(gone), done.all


def test_a_patch_and_a_check_write_nothing(fresh: Repo, sandbox: Sandbox) -> None:
    sandbox.seed({"closing_reasons": REASONS})
    fresh.write(
        "config/mine.yaml",
        "apiVersion: syncer/v1\nkind: ClosingReason\nmetadata: {name: pricey} # mine\n"
        "spec: {title: Zu teuer, status: INACTIVE}\n",
    )
    before = fresh.digest()
    asked = fresh.run("pull", "--kind", "ClosingReason", "--check")
    assert (asked.code, asked.out) == (
        2,
        "  ClosingReason/pricey  config/mine.yaml  1 change\n1 change of 1 object can be taken over\n"
        f"  ClosingReason/alt  has no manifest  ({ID}2)\n1 live object has no manifest\n",
    )
    patch = fresh.run("pull", "--kind", "ClosingReason", "--as-patch")
    assert (patch.code, fresh.digest(), fresh.state.exists()) == (0, before, False)
    both = fresh.run("pull", "--kind", "ClosingReason", "--as-patch", "--check")
    assert (both.code, both.out) == (2, patch.out)
    git = shutil.which("git") or "git"
    subprocess.run([git, "init", "-q"], cwd=fresh.folder, check=True)
    subprocess.run([git, "apply"], cwd=fresh.folder, input=patch.out.encode(), check=True)
    applied = fresh.digest()
    assert fresh.run("pull", "--kind", "ClosingReason").code == 0
    assert fresh.digest() == applied
    assert fresh.run("pull", "--kind", "ClosingReason", "--check").code == 0


def test_a_check_of_what_has_no_manifest(fresh: Repo, sandbox: Sandbox) -> None:
    """Nobody changed anything by hand, and yet git does not say all that is live."""
    sandbox.seed({"closing_reasons": REASONS})
    narrow = ("pull", "--check", "--kind", "ClosingReason", "--name", "Zu*")
    before = fresh.digest()
    done = fresh.run(*narrow)
    assert (done.code, done.out, fresh.digest()) == (
        2,
        f"  ClosingReason/zu-teuer  has no manifest  ({ID}1)\n1 live object has no manifest\n",
        before,
    )
    assert fresh.run("pull", "--kind", "ClosingReason", "--name", "Zu*").code == 0
    assert (fresh.run(*narrow).code, fresh.run(*narrow).out) == (0, "nothing to take over\n")
    assert fresh.run("pull", "--check").code == 2


def test_a_dry_run_writes_nothing(fresh: Repo, sandbox: Sandbox) -> None:
    sandbox.seed({"closing_reasons": REASONS})
    before = fresh.digest()
    done = fresh.run("pull", "--kind", "ClosingReason", "--name", "Zu*", "--dry-run")
    assert (done.code, done.out.splitlines()[1:]) == (
        0,
        [
            "1 manifest would be written from test (739224): 1 ClosingReason",
            "the plan would be empty: 0 changes, 1 link",
        ],
    )
    assert (fresh.digest(), fresh.state.exists()) == (before, False)


ODD = {"type": "manual", "entity_schema": "contact", "id": "5c1cb7c4-0000-4d6e-9b9d-6f0e3a2f7f01"}
TOKEN = {
    "trigger": {"event": "FlowStarted"},
    "value": {"source": "custom_value", "value": "Bearer abcdefghijklmnopqrstuvwxyz0123456789"},
    "target": {"entitySchema": "contact", "entityAttribute": "state"},
}
UNFIT = {
    # how it is asked: exit code, what stands on stdout, whether anything is written
    "pulled": ((), 5, "the plan is empty: 0 changes, 2 links\n", True),
    "only said": (("--dry-run",), 5, "the plan would be empty: 0 changes, 2 links\n", False),
    "as a patch": (("--as-patch",), 5, "+++ b/config/reasons/zu-teuer.yaml\n", False),
    "asked whether something is to be done": (("--check",), 2, "2 live objects have no manifest\n", False),
    "asked, as a patch": (("--as-patch", "--check"), 2, "+++ b/config/reasons/zu-teuer.yaml\n", False),
}


@pytest.mark.parametrize(("words", "code", "out", "written"), UNFIT.values(), ids=UNFIT)
def test_what_no_manifest_can_say_whole_is_named_and_all_else_is_pulled(
    fresh: Repo, sandbox: Sandbox, words: tuple[str, ...], code: int, out: str, written: bool
) -> None:
    """It writes what looks like a token: without that it would be another flow."""
    sandbox.seed({"closing_reasons": REASONS, "flow_templates": [{**FLOW, "entity_sync": [TOKEN], "trigger": ODD}]})
    done = fresh.run("pull", "--kind", "FlowTemplate", "--kind", "ClosingReason", *words)
    assert (done.code, out in done.out) == (code, True), done.all
    assert done.err.replace("\n", " ").startswith(
        "warning[not-pulled]: FlowTemplate `Hausanschluß` (`flow0001`) is left out, for no sound manifest says it: "
        "`value` holds what looks like a bearer token "
    )
    assert named(fresh) == (["reasons/alt.yaml", "reasons/zu-teuer.yaml"] if written else [])
    if written:
        again = fresh.run("pull", "--kind", "FlowTemplate", "--kind", "ClosingReason", "--check")
        assert (again.code, again.out) == (5, "nothing to take over\n"), again.all


def test_what_is_there_and_cannot_be_taken_over_whole_stays_as_it_is(fresh: Repo, sandbox: Sandbox) -> None:
    """The filter came by hand, with a text that no manifest may hold, and so did a wider reach: one without the other
    would delete more."""
    view = {"slug": ["contact"], "name": "Alt", "shared": True, "ui_config": {}}
    view_id = sandbox.ask("POST /v1/entity/view", view)["id"]
    body: Json = {
        "type": "deletion", "enabled": False, "query": {"saved_view_id": view_id},
        "schedule": {"frequency": "interval", "interval_days": 30}, "relations_for_deletion": ["order"],
    }  # fmt: skip
    sandbox.ask("POST /data-governance/v1/contact/configs", body)
    assert fresh.run("pull", "--kind", "RetentionConfig").code == 0
    before = fresh.digest()
    body["relations_for_deletion"] += ["meter"]
    body["query"]["filters"] = [{"type": "no_related_entities", "related_entity_schemas": [f"Bearer {'k3' * 14}"]}]
    sandbox.ask("POST /data-governance/v1/contact/configs", body)
    for words, code in (((), 5), (("--check",), 5), (("--as-patch",), 5), (("--dry-run",), 5)):
        done = fresh.run("pull", "--kind", "RetentionConfig", *words)
        assert (done.code, fresh.digest()) == (code, before), done.all
        assert "warning[unsound-live]: RetentionConfig/contact-deletion was left as it is" in done.err.replace(
            "\n", " "
        )


def test_a_title_that_another_objects_manifest_has(fresh: Repo, sandbox: Sandbox) -> None:
    sandbox.seed({"closing_reasons": REASONS[:1]})
    assert fresh.run("pull", "--kind", "ClosingReason").code == 0
    sandbox.ask(f"PATCH /v2/workflows/closing-reasons/{ID}1", {"title": "Viel zu teuer", "status": "ACTIVE"})
    new = sandbox.ask("POST /v1/workflows/closing-reasons", {"title": "Zu teuer", "status": "ACTIVE"})["id"]
    done = fresh.run("pull", "--kind", "ClosingReason", "--check")
    assert done.code == 2
    assert (
        f"warning[live-claimed]: `{new}` is left out: `Zu teuer` is what ClosingReason/zu-teuer describes, and that is "
        "another object here"
    ) in done.err.replace("\n", " ")


def test_a_pattern_that_fits_nothing(fresh: Repo, sandbox: Sandbox) -> None:
    done = fresh.run("pull", "--name", "gibt-es-nicht")
    assert (done.code, "`gibt-es-nicht` fits no live object" in done.err, named(fresh)) == (3, True, [])


def test_another_organisations_token_writes_nothing(fresh: Repo, sandbox: Sandbox) -> None:
    before = fresh.digest()
    done = fresh.run("pull", env={"EPILOT_TOKEN_TEST": "canary-stranger-9c0d"})
    assert (done.code, fresh.digest()) == (4, before)
    assert "911042" in done.err


def test_a_folder_that_cannot_be_written_to(fresh: Repo, sandbox: Sandbox) -> None:
    sandbox.seed({"closing_reasons": REASONS})
    fresh.write("config/reasons", "a file where a folder should be")
    done = fresh.run("pull", "--kind", "ClosingReason")
    assert done.code == 3
    assert "cannot be written" in done.err
    assert not fresh.state.exists()
    fresh.remove("config/reasons")
    assert fresh.run("pull", "--kind", "ClosingReason").code == 0
    is_proved_of_reasons = fresh.run("plan", "--detailed-exitcode")
    assert is_proved_of_reasons.code == 0


def test_a_pull_that_was_cut_off_is_finished_by_the_next(fresh: Repo, sandbox: Sandbox) -> None:
    sandbox.seed({"closing_reasons": REASONS, "flow_templates": [FLOW]})
    assert fresh.run("pull").code == 0
    whole = fresh.digest()
    shutil.rmtree(fresh.folder / ".syncer")
    for name in ("config/flows/hausanschluss.yaml", "config/reasons/alt.yaml", "config/schemas/contact.yaml"):
        fresh.remove(name)
    done = fresh.run("pull")
    assert (done.code, "3 manifests written" in done.out) == (0, True)
    assert fresh.digest() == whole
    is_proved(fresh)


def test_several_environments(fresh: Repo, sandbox: Sandbox) -> None:
    """What one organisation has is not made in another: a new manifest is of the environment it was pulled from, and
    what another environment's manifest describes gets no twin."""
    sandbox.seed({"closing_reasons": REASONS})
    fresh.write("syncer.yaml", PROJECT + '  other:\n    org_id: "911042"\n')
    fresh.write(
        "config/won.yaml",
        "apiVersion: syncer/v1\nkind: ClosingReason\nmetadata: {name: alt, environments: [other]}\n"
        "spec: {title: Alt}\n",
    )
    done = fresh.run("pull", "-e", "test", "--kind", "ClosingReason")
    assert done.code == 0
    assert "`Alt` is what ClosingReason/alt describes" in done.err.replace("\n", " ")
    assert named(fresh) == ["reasons/zu-teuer.yaml", "won.yaml"]
    assert read(fresh, "config/reasons/zu-teuer.yaml")["metadata"] == {"name": "zu-teuer", "environments": ["test"]}
    assert fresh.run("validate", "--strict").code == 0


def test_a_second_environment_of_the_same_objects(fresh: Repo, sandbox: Sandbox) -> None:
    """What many manifests of the other environment describe is said once, not a hundred times."""
    reasons = [{"id": f"{ID}{n}", "title": f"Grund {n}", "status": "ACTIVE"} for n in range(7)]
    sandbox.seed({"closing_reasons": reasons})
    fresh.write("syncer.yaml", PROJECT + '  other:\n    org_id: "739224"\n    token: {env: EPILOT_TOKEN_TEST}\n')
    assert fresh.run("pull", "-e", "other", "--kind", "ClosingReason").code == 0
    done = fresh.run("pull", "-e", "test", "--kind", "ClosingReason")
    assert (done.code, done.err.count("warning[")) == (0, 1)
    assert done.err.replace("\n", " ").startswith(
        "warning[manifest-elsewhere]: 7 live objects of kind ClosingReason are left out, for manifests that live in "
        "other environments describe them: ClosingReason/grund-0, "
    )
    assert "ClosingReason/grund-3 and 3 more" in done.err


LAYOUTS = {
    "by environment": ("{env}/{slug}/{name}.yml", 0, "test/closing-reason/zu-teuer.yml"),
    "no name": ("{kind}.yaml", 3, "would put several manifests into one file"),
    "no kind": ("{name}.yaml", 3, "would put several manifests into one file"),
    "out of the folder": ("../{kind}/{name}.yaml", 3, "is no path below the folder of manifests"),
    "unknown word": ("{kind}/{title}/{name}.yaml", 3, "has a word in braces that is not known"),
    "hidden": (".{kind}/{name}.yaml", 3, "is no path below the folder of manifests"),
}


@pytest.mark.parametrize(("layout", "code", "said"), LAYOUTS.values(), ids=LAYOUTS)
def test_layout(fresh: Repo, sandbox: Sandbox, layout: str, code: int, said: str) -> None:
    sandbox.seed({"closing_reasons": REASONS[:1]})
    fresh.write("syncer.yaml", PROJECT + f'layout: "{layout}"\n')
    done = fresh.run("pull", "--kind", "ClosingReason")
    assert (done.code, said in done.all or said in named(fresh)) == (code, True), done.all
    if code == 0:
        assert fresh.run("plan", "--detailed-exitcode").code == 0


def test_the_file_system_writes_umlauts_its_own_way(fresh: Repo, sandbox: Sandbox) -> None:
    """Titles that are one to people and two to a machine are twins too."""
    titles = [unicodedata.normalize(form, "Größe") for form in ("NFC", "NFD")]
    sandbox.seed(
        {"closing_reasons": [{"id": f"{ID}{n}", "title": title, "status": "ACTIVE"} for n, title in enumerate(titles)]}
    )
    done = fresh.run("pull", "--kind", "ClosingReason")
    assert (done.code, named(fresh)) == (5, [])
    assert "2 live objects of kind ClosingReason have the title" in done.err.replace("\n", " ")


def test_a_link_out_of_the_repository(fresh: Repo, sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.seed({"closing_reasons": REASONS[:1]})
    (tmp_path / "outside").mkdir()
    os.symlink(tmp_path / "outside", fresh.folder / "config" / "reasons")
    done = fresh.run("pull", "--kind", "ClosingReason")
    assert list((tmp_path / "outside").iterdir()) == []
    assert done.code == 3


REMOVALS = {
    "by title": "{kind: ClosingReason, key: Zu teuer, action: delete}",
    "by id": f"{{kind: ClosingReason, id: {ID}1, action: deactivate}}",
    "by the name it would get": "{address: ClosingReason/zu-teuer, action: forget}",
    "what is removed already": "{kind: ClosingReason, key: Alt, action: deactivate}",
}


@pytest.mark.parametrize("entry", REMOVALS.values(), ids=REMOVALS)
def test_what_a_removed_document_asks_for_is_not_pulled(fresh: Repo, sandbox: Sandbox, entry: str) -> None:
    sandbox.seed({"closing_reasons": REASONS})
    document = "apiVersion: syncer/v1\nkind: Removed\nmetadata: {name: old}\nspec:\n  objects:\n"
    fresh.write("config/old.yaml", f"{document}    - {entry}\n")
    done = fresh.run("pull", "--kind", "ClosingReason")
    assert done.code == 0, done.all
    assert "is left out: Removed/old asks for its removal" in done.err.replace("\n", " ")
    assert named(fresh) == ["old.yaml", "reasons/zu-teuer.yaml" if "Alt" in entry else "reasons/alt.yaml"]
    assert fresh.run("validate").code == 0


def test_what_the_token_may_not_see_is_named_by_its_id(fresh: Repo, sandbox: Sandbox) -> None:
    task = {"id": "m", "name": "Mail", "task_type": "AUTOMATION", "trigger_mode": "automatic",
            "automation_config": {"flow_id": "a-1"}}  # fmt: skip
    mail = {"id": "a-1", "flow_name": "Mail", "triggers": [], "actions": []}
    flow = {**FLOW, "closing_reasons": [], "tasks": [task], "edges": [{"id": "e1", "from_id": "trigger", "to_id": "m"}]}
    sandbox.seed({"automations": [mail], "flow_templates": [flow]})
    sandbox.fault(path="/v1/automation/flows", status=403, times=9)
    done = fresh.run("pull", "--kind", "FlowTemplate")
    assert done.code == 0, done.all
    assert "warning[titles-unseen]: the titles of AutomationFlow could not be read" in done.err
    said = read(fresh, "config/flows/hausanschluss.yaml")["spec"]["tasks"][0]["automation_config"]
    assert said == {"flow_id": "${id.automation_flow.a_1}"}
    sandbox.well_again()
    assert (fresh.run("validate", "--strict").code, fresh.run("plan", "--detailed-exitcode").code) == (0, 0)


def test_a_kind_that_the_token_may_not_see(fresh: Repo, sandbox: Sandbox) -> None:
    sandbox.seed({"closing_reasons": REASONS})
    sandbox.fault(path="/v1/workflows/closing-reasons", status=403, times=9)
    done = fresh.run("pull")
    assert (done.code, named(fresh)) == (6, [])
    sandbox.well_again()


def test_a_folder_in_the_way_half_way_through(fresh: Repo, sandbox: Sandbox) -> None:
    """Some files are there, the others come with the next pull; nothing is half written, and state knows nothing."""
    sandbox.seed({"closing_reasons": REASONS, "flow_templates": [FLOW]})
    fresh.write("config/flows", "a file where a folder should be")
    done = fresh.run("pull")
    assert (done.code, "`config/flows" in done.err, fresh.state.exists()) == (5, True, False)
    assert not list(fresh.folder.rglob("*.tmp"))
    fresh.remove("config/flows")
    assert fresh.run("pull").code == 0
    is_proved(fresh)


def vanishes(fresh: Repo, sandbox: Sandbox) -> None:
    """What is listed and gone when it is read: the object is named and left out, all else is pulled."""
    sandbox.fault(path="/v1/entity/view/*", status=404, times=9)
    done = fresh.run("pull", "--kind", "RetentionConfig", "--kind", "ClosingReason")
    sandbox.well_again()
    assert done.code == 5, done.all
    assert "warning[not-pulled]: RetentionConfig `contact/deletion`" in done.err.replace("\n", " ")
    assert "not all that is live has a manifest: 1 warning above says what, and why\n" in done.out
    assert fresh.run("plan", "--detailed-exitcode").code == 0


def read_only(fresh: Repo, sandbox: Sandbox) -> None:
    """A folder that may not be written to: said with its name, nothing half written, and state knows nothing."""
    if os.geteuid() == 0:
        pytest.skip("nothing is forbidden to root")
    (fresh.folder / "config").chmod(0o500)
    try:
        done = fresh.run("pull", "--kind", "ClosingReason")
        assert (done.code, "cannot be written: Permission denied" in done.err) == (3, True)
        assert (named(fresh), fresh.state.exists()) == ([], False)
    finally:
        (fresh.folder / "config").chmod(0o700)
    is_proved_after = fresh.run("pull", "--kind", "ClosingReason")
    assert is_proved_after.code == 0


def no_git(fresh: Repo, sandbox: Sandbox) -> None:
    """Neither a repository of git nor a .gitignore is needed."""
    assert not (fresh.folder / ".git").exists()
    assert fresh.run("pull", "--kind", "ClosingReason").code == 0
    is_proved(fresh, "ClosingReason")


def broken_manifest(fresh: Repo, sandbox: Sandbox) -> None:
    """A manifest that is not sound stops it before anything is asked or written."""
    fresh.write(
        "config/mine.yaml", "apiVersion: syncer/v1\nkind: ClosingReason\nmetadata: {name: a}\nspec: {titel: x}\n"
    )
    before = fresh.digest()
    done = fresh.run("pull")
    assert (done.code, "config/mine.yaml:4" in done.err, fresh.digest()) == (3, True, before)


def no_answer(fresh: Repo, sandbox: Sandbox) -> None:
    """The platform says no in the middle of the lists: nothing is written."""
    sandbox.fault(path="/v2/flows/templates", status=500, times=99)
    before = fresh.digest()
    done = fresh.run("pull", "--check")
    sandbox.well_again()
    assert (done.code, fresh.digest(), fresh.state.exists()) == (6, before, False)


BAD_INPUT = {
    # issue's word: what happens; the others stand above, and in test_taking, test_interrupts, engine/test_pull_odd
    "an object that vanishes between list and read": vanishes,
    "a read-only folder": read_only,
    "a repository without git": no_git,
    "a manifest that is not sound": broken_manifest,
    "a platform that fails": no_answer,
}


@pytest.mark.parametrize("row", BAD_INPUT.values(), ids=BAD_INPUT)
def test_bad_input(fresh: Repo, sandbox: Sandbox, tmp_path: Path, row: Any) -> None:
    if row is vanishes:
        fill(fresh, tmp_path)
    else:
        sandbox.seed({"closing_reasons": REASONS})
    row(fresh, sandbox)
