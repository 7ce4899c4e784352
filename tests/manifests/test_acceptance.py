"""What a manifest accepts: which findings become notes, which entries are wrong, and that nothing else changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from syncer.diff.accepted_paths import covers, place_text
from syncer.kinds import KINDS
from syncer.manifests.project import read_project
from syncer.manifests.resolution import read_manifests
from syncer.manifests.rules import acceptable
from syncer.manifests.validation import validate
from syncer.model.json_values import Json
from syncer.model.json_values import Path as Place

PROJECT = 'version: 1\nmanifests: [config]\nenvironments:\n  a: {{org_id: "1"{a}}}\n  b: {{org_id: "2"{b}}}\n'
ODD = (
    "apiVersion: syncer/v1\nkind: EntitySchema\nmetadata:\n  name: z\n  accept: {accept}\nspec:\n  slug: z\n"
    "  name: Z\n  plural: Zs\n  attributes:\n"
    "    - {{name: _acl.view, label: Shared, type: {type}}}\n    - {{name: B, label: B, type: string}}\n"
)
NAME, OTHER = "schema-attribute-name attributes[_acl.view].name", "schema-attribute-name attributes[B].name"
FOUND = "attribute name `{}` is not made of small letters, digits and `_` alone"

CASES: dict[str, tuple[list[str], list[tuple[str, str, str]]]] = {
    # what is accepted                    severity, rule and hint of what is found, in the order of lines
    "nothing": ([], [("warning", "schema-attribute-name", "B"), ("warning", "schema-attribute-name", "_acl.view")]),
    "one": ([NAME], [("note", "schema-attribute-name", "_acl.view"), ("warning", "schema-attribute-name", "B")]),
    "both": ([NAME, OTHER], [("note", "schema-attribute-name", "_acl.view"), ("note", "schema-attribute-name", "B")]),
    "every item": (["schema-attribute-name attributes[*].name"],
                   [("note", "schema-attribute-name", "_acl.view"), ("note", "schema-attribute-name", "B")]),
    "what lies below": (["schema-attribute-name attributes"],
                        [("note", "schema-attribute-name", "_acl.view"), ("note", "schema-attribute-name", "B")]),
    "by its place": (["schema-attribute-name attributes[1]"],
                     [("note", "schema-attribute-name", "B"), ("warning", "schema-attribute-name", "_acl.view")]),
}  # fmt: skip


def project(folder: Path, text: str, a: str = "", b: str = "") -> Path:
    (folder / "syncer.yaml").write_text(PROJECT.format(a=a, b=b), "utf-8")
    (folder / "config").mkdir()
    (folder / "config/z.yaml").write_text(text, "utf-8")
    return folder / "syncer.yaml"


def found(file: Path, *, strict: bool = False) -> list[tuple[str, str, str, str]]:
    problems = validate(read_manifests(read_project(file)), strict=strict)
    return [(each.severity, each.rule, each.message, each.hint) for each in problems]


@pytest.mark.parametrize(("accept", "expected"), CASES.values(), ids=CASES)
def test_what_is_accepted_is_a_note(tmp_path: Path, accept: list[str], expected: list[tuple[str, str, str]]) -> None:
    file = project(tmp_path, ODD.format(accept=str(accept), type="string"))
    plain = [(severity, rule, message) for severity, rule, message, _ in found(file)]
    assert sorted(plain) == sorted((severity, rule, FOUND.format(name)) for severity, rule, name in expected)
    strict = {"warning": "error", "note": "note"}
    severities = [each[0] for each in found(file, strict=True)]
    assert sorted(severities) == sorted(strict[severity] for severity, _, _ in expected)


WRONG: dict[str, tuple[str, tuple[str, str, str, str]]] = {
    # what else is listed                     what is said of it
    "a typo in the path": (
        "schema-attribute-name attributes[_acl.veiw].name",
        ("warning", "accept-unused",
         "`schema-attribute-name attributes[_acl.veiw].name` accepts nothing: no such finding is there",
         f"did you mean `{NAME}`?"),
    ),
    "what is mended": (
        "flow-agent tasks[x]",
        ("error", "accept-rule", "rule `flow-agent` is none that a live EntitySchema may break", ""),
    ),
    "a rule that is kept": (
        "schema-template title_template",
        ("warning", "accept-unused", "`schema-template title_template` accepts nothing: no such finding is there",
         "delete it"),
    ),
    "a typo in the rule": (
        "schema-atribute-name attributes[B].name",
        ("error", "accept-rule", "rule `schema-atribute-name` is none that a live EntitySchema may break",
         "did you mean `schema-attribute-name`?"),
    ),
    "what is never accepted": (
        "secret-literal description",
        ("error", "accept-rule", "rule `secret-literal` is none that a live EntitySchema may break", ""),
    ),
    "no path": (
        "schema-template",
        ("error", "bad-format",
         "`accept[2]` of metadata is the text `schema-template`, expected a rule and a path, "
         "`flow-few-branches tasks[check].conditions`", ""),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("entry", "expected"), WRONG.values(), ids=WRONG)
def test_an_entry_that_is_wrong(tmp_path: Path, entry: str, expected: tuple[str, str, str, str]) -> None:
    file = project(tmp_path, ODD.format(accept=str([NAME, OTHER, entry]), type="string"))
    said = [each for each in found(file) if each[0] != "note"]
    assert expected in said
    assert [each[0] for each in found(file, strict=True)].count("error") >= 1


def test_an_entry_counts_where_one_environment_needs_it(tmp_path: Path) -> None:
    text = ODD.format(accept=str([NAME, OTHER, "not-allowed-value attributes[_acl.view].type"]), type='"${var.t}"')
    file = project(tmp_path, text, ", vars: {t: string}", ", vars: {t: hologram}")
    assert sorted((each[0], each[1]) for each in found(file, strict=True)) == [
        ("note", "not-allowed-value"), ("note", "schema-attribute-name"), ("note", "schema-attribute-name"),
    ]  # fmt: skip


SPEC: Json = {"tasks": [{"id": "a", "conditions": [{"id": "c"}, {}]}], "closing_reasons": [{"x": 1}], "name": "N"}
PLACES: dict[str, tuple[Place, str]] = {
    "a field": (("name",), "name"),
    "an item by its key": (("tasks", 0), "tasks[a]"),
    "an item without a key, by its place": (("tasks", 0, "conditions", 1, "x"), "tasks[a].conditions[1].x"),
    "what is not there": (("tasks", 0, "agent_config", "agent_id"), "tasks[a].agent_config.agent_id"),
}


@pytest.mark.parametrize(("place", "text"), PLACES.values(), ids=PLACES)
def test_a_place_is_written_as_in_a_plan(place: Place, text: str) -> None:
    assert place_text(SPEC, place, KINDS["FlowTemplate"].shape) == text


COVERS: dict[str, tuple[str, str, bool]] = {
    "itself": ("a[b].c", "a[b].c", True),
    "what lies below": ("a[b]", "a[b].c", True),
    "another with the same beginning": ("a[b].c", "a[b].cd", False),
    "every item": ("a[*].c", "a[x.y].c", True),
    "no other list": ("a[*].c", "b[x].c", False),
    "one step only": ("a[*].c", "a[x].b[y].c", False),
    "a key with brackets": ("a[x[1]].c", "a[x[1]].c", True),
}


@pytest.mark.parametrize(("pattern", "text", "expected"), COVERS.values(), ids=COVERS)
def test_what_a_path_covers(pattern: str, text: str, expected: bool) -> None:
    assert covers(pattern, text) is expected


def test_what_is_never_accepted() -> None:
    every = {rule for kind in KINDS.values() for rule in acceptable(kind)}
    never = {
        "secret-literal", "env-token", "server-field", "unknown-field", "unknown-reference", "schema-enable-setting",
        "bad-reference", "env-identity", "duplicate-address", "flow-unknown-automation", "private-view",
    }  # fmt: skip
    assert never & every == set()
