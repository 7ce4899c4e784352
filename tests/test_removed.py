# ruff: noqa: E501  a case is a line, so that the tables can be read down
"""`Removed` documents offline: every mistake with its line, column, message and hint; the schema and the kinds agree."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from syncer.kinds import KINDS
from syncer.manifests.project import read_project
from syncer.manifests.resolution import read_manifests
from syncer.manifests.validation import validate
from syncer.plan.removal_requests import possible

ROOT = Path(__file__).parents[1]
PROJECT = """version: 1
manifests: [config]
environments:
  test: {org_id: "1", vars: {title: Zu teuer, many: [1]}}
  other: {org_id: "2", vars: {title: Anders, many: [1]}}
"""
HEAD = "apiVersion: syncer/v1\nkind: Removed\nmetadata: {name: old}\nspec:\n  objects:\n"
REASON = "apiVersion: syncer/v1\nkind: ClosingReason\nmetadata: {name: won, aliases: [success], titles: [Erledigt]}\nspec: {title: Gewonnen}\n"
SCHEMA = "apiVersion: syncer/v1\nkind: EntitySchema\nmetadata: {name: site}\nspec: {slug: site_slug}\n"

DECLARED = "delete that manifest, or take this entry out"
NAME_IT = "name it by `address`, or by `kind` and one of `key` and `id`"
ENTRIES = {
    # what is written: each problem as `line:column rule: message (hint)`
    "{address: ClosingReason/old, action: deactivate}": [],
    "{address: ClosingReason/old, key: Alt, action: delete}": [],
    "{kind: ClosingReason, key: '${var.title}', action: delete}": [],
    "{kind: ClosingReason, id: x739cew, action: delete}": [],
    "{kind: RetentionConfig, key: contact/deletion, action: deactivate}": [],
    "{kind: AppInstallation, key: c451c26a-cc7a-4c1c-92bf-1c6246cbfe88, action: uninstall}": [],
    "{address: FlowTemplate/old, action: forget}": [],
    "{address: ClosingReason/old}": ["6:7 missing-field: `action` of entry `ClosingReason/old` is missing (an entry needs it)"],
    "{address: ClosingReason/old, action: erase}": ["6:44 not-allowed-value: `action` of entry `ClosingReason/old` can't be `erase`; allowed: `delete`, `deactivate`, `uninstall`, `forget`"],
    "{address: ClosingReason/old, acton: delete}": ["6:36 unknown-field: `acton` is not a field of an entry (did you mean `action`? it is required)"],
    "{address: ClosingReason, action: delete}": ["6:17 bad-format: `address` of entry `ClosingReason` is the text `ClosingReason`, expected an address, `KIND/NAME`"],
    "{address: Reason/old, action: delete}": ["6:17 unknown-kind: kind `Reason` is not known (did you mean `ClosingReason`?)"],
    "{kind: Removed, key: old, action: delete}": ["6:14 not-allowed-value: `kind` of entry `old` can't be `Removed`; allowed: `EntitySchema`, `FlowTemplate`, `ClosingReason`, `AppInstallation`, `RetentionConfig`"],
    "{action: delete}": [f"6:7 removed-name: the entry does not say what it is about ({NAME_IT})"],
    "{kind: ClosingReason, action: delete}": [f"6:7 removed-name: which ClosingReason is meant, one of `key` and `id` must say ({NAME_IT})"],
    "{kind: ClosingReason, key: a, id: b, action: delete}": [f"6:7 removed-name: which ClosingReason is meant, one of `key` and `id` must say ({NAME_IT})"],
    "{address: ClosingReason/old, kind: ClosingReason, action: delete}": [f"6:7 removed-name: an address says the kind already: `kind` has no place beside it ({NAME_IT})"],
    "{address: ClosingReason/old, id: b, action: delete}": [f"6:7 removed-name: `id` has no place beside `address` ({NAME_IT})"],
    "{kind: ClosingReason, key: Alt, action: forget}": [f"6:7 removed-name: `forget` lets go of what the state remembers, and that has an `address` ({NAME_IT})"],
    "{address: RetentionConfig/old, action: delete}": ["6:46 removed-action: RetentionConfig has no `delete` (write `action: deactivate`, or `forget` to leave it as it is)"],
    "{kind: ClosingReason, key: Alt, action: uninstall}": ["6:47 removed-action: ClosingReason has no `uninstall` (write `action: delete` or `action: deactivate`, or `forget` to leave it as it is)"],
    "{address: AppInstallation/old, action: delete}": ["6:46 removed-action: AppInstallation has no `delete` (write `action: uninstall`, or `forget` to leave it as it is)"],
    "{address: ClosingReason/won, action: delete}": [f"6:17 removed-declared: ClosingReason/won is still described by a manifest ({DECLARED})"],
    "{address: ClosingReason/won, action: forget}": [f"6:17 removed-declared: ClosingReason/won is still described by a manifest ({DECLARED})"],
    "{address: ClosingReason/success, action: delete}": [f"6:17 removed-declared: ClosingReason/success is still described by ClosingReason/won ({DECLARED})"],
    "{kind: ClosingReason, key: Gewonnen, action: delete}": [f"6:34 removed-declared: the ClosingReason `Gewonnen` is still described by ClosingReason/won ({DECLARED})"],
    "{kind: ClosingReason, key: Erledigt, action: delete}": [f"6:34 removed-declared: the ClosingReason `Erledigt` is still described by ClosingReason/won ({DECLARED})"],
    "{kind: EntitySchema, key: site_slug, action: delete}": [f"6:33 removed-declared: the EntitySchema `site_slug` is still described by EntitySchema/site ({DECLARED})"],
    "{kind: EntitySchema, key: a/b, action: delete}": ["6:33 bad-format: `a/b` is not the key of an EntitySchema (it is a slug: `contact`)"],
    "{kind: AppInstallation, key: credit, action: uninstall}": ["6:36 bad-format: `credit` is not the key of an AppInstallation (it is an app id: `c451c26a-cc7a-4c1c-92bf-1c6246cbfe88`)"],
    "{kind: RetentionConfig, key: contact, action: deactivate}": ["6:36 bad-format: `contact` is not the key of a RetentionConfig (it is `SCHEMA/TYPE`: `contact/deletion`)"],
    "{kind: ClosingReason, key: '${env.SYNCER_X}', action: delete}": ["6:34 env-identity: `key` says which object is meant and can't be a secret (write it out, or use `${var.NAME}` and the `vars` of syncer.yaml)"],
    "{kind: ClosingReason, key: '${var.none}', action: delete}": [f"6:34 unknown-var: `var.none` is not among `vars` of environment `{name}` (known: `many`, `title`)" for name in ("test", "other")],
    "{kind: ClosingReason, key: '${var.many}', action: delete}": ["6:34 wrong-type: `key` of entry number 1 is a list, expected text"],
    "{kind: ClosingReason, key: Alt, action: delete}\n    - {kind: ClosingReason, key: Alt, action: deactivate}": ["7:7 removed-twice: the ClosingReason `Alt` is named at config/old.yaml:6:7 already (take one of the two entries out)"],
    "{address: FlowTemplate/old, action: delete}\n    - {address: FlowTemplate/old, action: forget}": ["7:7 removed-twice: FlowTemplate/old is named at config/old.yaml:6:7 already (take one of the two entries out)"],
}  # fmt: skip


def problems(folder: Path, **files: str) -> list[str]:
    (folder / "config").mkdir()
    (folder / "syncer.yaml").write_text(PROJECT, "utf-8")
    for name, text in files.items():
        (folder / "config" / f"{name}.yaml").write_text(text, "utf-8")
    found = validate(read_manifests(read_project(folder / "syncer.yaml")))
    return [
        f"{each.at.line if each.at else 0}:{each.at.column if each.at else 0} {each.rule}: {each.message}"
        + (f" ({each.hint})" if each.hint else "")
        for each in found
    ]


@pytest.mark.parametrize("entry", ENTRIES)
def test_an_entry(tmp_path: Path, entry: str) -> None:
    assert problems(tmp_path, old=f"{HEAD}    - {entry}\n", other=f"{REASON}---\n{SCHEMA}") == ENTRIES[entry]


DOCUMENTS = {
    "no objects": (HEAD.replace("spec:\n  objects:\n", "spec: {objects: []}\n"), ["4:17 too-short: `objects` of Removed is an empty list, at least 1 needed"]),
    "a list for a spec": (HEAD.replace("spec:\n  objects:\n", "spec: []\n"), ["4:7 wrong-type: `spec` of the manifest is a list, expected a mapping"]),
    "metadata of manifests": (
        HEAD.replace("{name: old}", "{name: old, protect: true}") + "    - {address: FlowTemplate/a, action: forget}\n",
        ["3:23 unknown-field: `protect` is not a field of metadata (its fields are `name`, `environments`)"],
    ),
    "a misspelt environment": (
        HEAD.replace("{name: old}", "{name: old, environments: [tset]}") + "    - {address: FlowTemplate/a, action: forget}\n",
        ["3:38 unknown-environment: environment `tset` is not in syncer.yaml (did you mean `test`?)"],
    ),
    "a misspelt kind": (
        HEAD.replace("Removed", "Remove") + "    - {address: FlowTemplate/a, action: forget}\n",
        ["2:7 unknown-kind: kind `Remove` is not known (did you mean `Removed`?)"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), DOCUMENTS.values(), ids=DOCUMENTS)
def test_a_document(tmp_path: Path, text: str, expected: list[str]) -> None:
    assert problems(tmp_path, old=text) == expected


def test_what_is_described_elsewhere_may_go_here(tmp_path: Path) -> None:
    reason = REASON.replace("name: won,", "name: won, environments: [other],")
    text = HEAD.replace("{name: old}", "{name: old, environments: [test]}")
    assert problems(tmp_path, old=f"{text}    - {{address: ClosingReason/won, action: delete}}\n", won=reason) == []


def test_two_documents_ask_for_one_object(tmp_path: Path) -> None:
    entry = "    - {kind: ClosingReason, key: Alt, action: delete}\n"
    said = problems(tmp_path, a=HEAD + entry, b=HEAD.replace("name: old", "name: older") + entry)
    assert said == [
        "6:7 removed-twice: the ClosingReason `Alt` is named at config/a.yaml:6:7 already (take one of the two entries out)"
    ]


def test_what_can_be_asked_for_is_what_the_kinds_can_do() -> None:
    assert {name: sorted(possible(KINDS[name])) for name in KINDS} == {
        "EntitySchema": ["delete", "forget"],
        "AppInstallation": ["forget", "uninstall"],
        "ClosingReason": ["deactivate", "delete", "forget"],
        "FlowTemplate": ["delete", "forget"],
        "RetentionConfig": ["deactivate", "forget"],
    }


def test_the_schema_has_every_kind_and_action() -> None:
    schema = json.loads((ROOT / "schemas" / "removed.schema.json").read_text("utf-8"))
    entry = schema["properties"]["spec"]["properties"]["objects"]["items"]["properties"]
    assert set(entry["kind"]["enum"]) == set(KINDS)
    assert set(entry["action"]["enum"]) == set().union(*(possible(KINDS[name]) for name in KINDS))
    page = (ROOT / "docs" / "removing.md").read_text("utf-8")
    for name in KINDS:
        assert f"| {name} |" in page
