"""Manifests: envelope, places, digests, and what is checked whatever the kind."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from syncer.manifests import envelope
from syncer.manifests.loader import LoadedManifests, load
from syncer.model.diagnostic import Finding, Location, Problem

KINDS = ("AppInstallation", "ClosingReason", "EntitySchema", "FlowTemplate", "RetentionConfig")
WON = "apiVersion: syncer/v1\nkind: ClosingReason\nmetadata:\n  name: won\nspec:\n  title: Won\n"


def loaded(root: Path, **files: str) -> LoadedManifests:
    """Loads files written for the purpose; `a_yaml` stands for `a.yaml`."""
    paths = []
    for name, text in files.items():
        path = root / name.replace("_", ".")
        path.write_bytes(text.encode())
        paths.append(path)
    return load(paths, root, KINDS)


def lines_of(problems: tuple[Problem, ...] | list[Problem]) -> list[str]:
    """Problems as text."""
    return [f"{each.at} {each.rule}: {each.message} ({each.hint})" for each in problems]


def test_a_manifest(tmp_path: Path) -> None:
    [manifest] = loaded(tmp_path, won_yaml=WON).manifests
    assert (manifest.kind, manifest.name, manifest.file) == ("ClosingReason", "won", "won.yaml")
    assert (manifest.metadata, manifest.spec) == ({"name": "won"}, {"title": "Won"})
    assert manifest.digest == hashlib.sha256(WON.encode()).hexdigest()
    assert manifest.locate(("spec", "title")) == Location("won.yaml", 6, 10)
    assert manifest.locate(("spec", "title"), key=True) == Location("won.yaml", 6, 3)


def test_g02_documents_know_their_places(tmp_path: Path) -> None:
    text = f"{WON}---\n{WON.replace('won', 'lost')}---\n"
    found = loaded(tmp_path, two_yaml=text)
    assert [(each.name, str(each.locate(("metadata", "name")))) for each in found.manifests] == [
        ("won", "two.yaml:4:9"),
        ("lost", "two.yaml:11:9"),
    ]
    assert {each.digest for each in found.manifests} == {hashlib.sha256(text.encode()).hexdigest()}
    assert found.problems == ()


VARIABLES = {"no": ("a", False), "dollar": ("${var.x}", True), "escaped": ('"\\x24{var.x}"', True)}


@pytest.mark.parametrize(("title", "expected"), VARIABLES.values(), ids=VARIABLES)
def test_whether_it_may_hold_variables(tmp_path: Path, title: str, expected: bool) -> None:
    [manifest] = loaded(tmp_path, a_yaml=WON.replace("Won", title)).manifests
    assert manifest.may_hold_variables is expected


ENVELOPES = {
    # case                text                         problem
    "G03 list": (
        "- a",
        "a.yaml:1:1 envelope: document is a list, not a manifest"
        " (a manifest is a mapping with apiVersion, kind, metadata and spec)",
    ),
    "G03 scalar": (
        "words",
        "a.yaml:1:1 envelope: document is a text, not a manifest"
        " (a manifest is a mapping with apiVersion, kind, metadata and spec)",
    ),
    "another file": (
        "name: package\n",
        "a.yaml:1:1 envelope: document is no manifest: it has neither `apiVersion` nor `kind`"
        " (begin with `apiVersion: syncer/v1` and `kind`; move other files out of the folders in `manifests`)",
    ),
    "no version": (
        WON.replace("apiVersion: syncer/v1\n", ""),
        "a.yaml:1:1 envelope: `apiVersion` is missing (write `apiVersion: syncer/v1`)",
    ),
    "another version": (
        WON.replace("v1", "v2"),
        "a.yaml:1:13 envelope: apiVersion `syncer/v2` is not known (write `apiVersion: syncer/v1`)",
    ),
    "no kind": (
        WON.replace("kind: ClosingReason\n", ""),
        "a.yaml:1:1 unknown-kind: `kind` is missing (known: `AppInstallation`, `ClosingReason`, `EntitySchema`,"
        " `FlowTemplate`, `RetentionConfig`)",
    ),
    "G04 near miss": (
        WON.replace("ClosingReason", "closing-reason"),
        "a.yaml:2:7 unknown-kind: kind `closing-reason` is not known (did you mean `ClosingReason`?)",
    ),
    "G04 far off": (
        WON.replace("ClosingReason", "Xyz"),
        "a.yaml:2:7 unknown-kind: kind `Xyz` is not known (known: `AppInstallation`, `ClosingReason`, `EntitySchema`,"
        " `FlowTemplate`, `RetentionConfig`)",
    ),
    "kind of another type": (
        WON.replace("ClosingReason", "[a]"),
        "a.yaml:2:7 unknown-kind: kind `a list` is not known (known: `AppInstallation`, `ClosingReason`,"
        " `EntitySchema`, `FlowTemplate`, `RetentionConfig`)",
    ),
}


@pytest.mark.parametrize(("text", "expected"), ENVELOPES.values(), ids=ENVELOPES)
def test_envelope(tmp_path: Path, text: str, expected: str) -> None:
    found = loaded(tmp_path, a_yaml=text)
    assert found.manifests == ()
    assert lines_of(found.problems) == [expected]


def test_metadata_and_spec_of_other_types_are_left_to_the_schema(tmp_path: Path) -> None:
    found = loaded(tmp_path, a_yaml="apiVersion: syncer/v1\nkind: ClosingReason\nmetadata: [1]\nspec: x\n")
    assert [(each.name, each.metadata, each.spec) for each in found.manifests] == [("", {}, {})]
    assert found.problems == ()


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "---\n---\nnull\n"])
def test_g01_empty_files_are_noticed(tmp_path: Path, text: str) -> None:
    found = loaded(tmp_path, a_yaml=text)
    assert lines_of(found.problems) == [
        "a.yaml:1:1 empty-file: file holds no manifest (write a manifest into it, or delete it)"
    ]
    assert [each.severity for each in found.problems] == ["warning"]


def test_problems_of_all_files_at_once(tmp_path: Path) -> None:
    found = loaded(
        tmp_path, a_yaml="a: [", b_yaml=WON, c_json="{,}", d_yaml="kind: X\n", e_yaml=WON.replace("Won", "007")
    )
    (tmp_path / "f.yaml").mkdir()
    found = load(
        [
            *(tmp_path / f"{name}" for name in ("a.yaml", "b.yaml", "c.json", "d.yaml", "e.yaml")),
            tmp_path / "f.yaml",
            tmp_path / "gone.yaml",
        ],
        tmp_path,
        KINDS,
    )
    assert [each.file for each in found.manifests] == ["b.yaml", "e.yaml"]
    assert [(str(each.at), each.rule, each.severity) for each in found.problems] == [
        ("a.yaml:2:1", "yaml-syntax", "error"),
        ("c.json:1:2", "json-syntax", "error"),
        ("d.yaml:1:1", "envelope", "error"),
        ("d.yaml:1:7", "unknown-kind", "error"),
        ("e.yaml:6:10", "yaml-lost-digits", "warning"),
        ("f.yaml:1:1", "not-a-file", "error"),
        ("gone.yaml:1:1", "unreadable", "error"),
    ]


DEVICE = "take another name; manifests are files, on Windows too"
SAME = "write the value itself; a manifest is the same thing in every environment"
METADATA: dict[str, tuple[str, list[Finding]]] = {
    # case                 metadata                                   findings
    "good": ("{name: won, environments: [sandbox], aliases: [old]}", []),
    "G26 device of Windows": (
        "{name: con}",
        [Finding("reserved-name", "name `con` is a device of Windows", ("metadata", "name"), DEVICE)],
    ),
    "G26 device with a suffix, as alias": (
        "{name: a, aliases: [b, lpt1.x]}",
        [Finding("reserved-name", "name `lpt1.x` is a device of Windows", ("metadata", "aliases", 1), DEVICE)],
    ),
    "not a device": ("{name: console, aliases: [com10]}", []),
    "environment, near": (
        "{name: a, environments: [sandbox, produktion]}",
        [
            Finding(
                "unknown-environment",
                "environment `produktion` is not in syncer.yaml",
                ("metadata", "environments", 1),
                "did you mean `production`?",
            )
        ],
    ),
    "no environment": (
        "{name: a, environments: []}",
        [
            Finding(
                "unknown-environment",
                "`environments` names none, so the manifest would count nowhere",
                ("metadata", "environments"),
                "name those that it is for, or delete the line: then it is for every one",
            )
        ],
    ),
    "environment, far": (
        "{name: a, environments: [x]}",
        [
            Finding(
                "unknown-environment",
                "environment `x` is not in syncer.yaml",
                ("metadata", "environments", 0),
                "known: `production`, `sandbox`",
            )
        ],
    ),
    "variables": (
        "{name: a, titles: ['${var.x}'], policy: {removal: '${env.Y}'}}",
        [
            Finding("variable-place", "`${var.x}` stands where no variable is read", ("metadata", "titles", 0), SAME),
            Finding(
                "variable-place", "`${env.Y}` stands where no variable is read", ("metadata", "policy", "removal"), SAME
            ),
        ],
    ),
    "other types are left to the schema": ("{name: 1, environments: x, aliases: {a: b}}", []),
}


@pytest.mark.parametrize(("metadata", "expected"), METADATA.values(), ids=METADATA)
def test_metadata(tmp_path: Path, metadata: str, expected: list[Finding]) -> None:
    text = f"apiVersion: syncer/v1\nkind: ClosingReason\nmetadata: {metadata}\nspec: {{title: x}}\n"
    [manifest] = loaded(tmp_path, a_yaml=text).manifests
    assert envelope.metadata(manifest, ["sandbox", "production"]) == expected


def named(name: str, aliases: str = "", kind: str = "ClosingReason") -> str:
    """A manifest's text."""
    return f"apiVersion: syncer/v1\nkind: {kind}\nmetadata:\n  name: {name}\n  aliases: [{aliases}]\nspec: {{}}\n"


def of(environments: str, text: str) -> str:
    """The same manifest, for these environments only."""
    return text.replace("\n  aliases:", f"\n  environments: [{environments}]\n  aliases:")


ACROSS: dict[str, tuple[list[str], list[str]]] = {
    # case               manifests: 0.yaml, 1.yaml …          problems
    "nothing wrong": ([named("a", "old"), named("b"), named("a", kind="FlowTemplate")], []),
    "G08 same address": (
        [named("a"), named("b"), named("a")],
        [
            "2.yaml:4:9 duplicate-address: `ClosingReason/a` is declared at 0.yaml:4:9 already"
            " (rename one of the two, or merge them)"
        ],
    ),
    "G08 only by case": (
        [named("a"), named("A")],
        [
            "1.yaml:4:9 duplicate-address: `ClosingReason/A` differs from `ClosingReason/a` at 0.yaml:4:9 only by case"
            " (rename one of the two, or merge them)"
        ],
    ),
    "G08 same address, never together": (
        [of("x", named("a")), of("y", named("a"))],
        [
            "1.yaml:4:9 duplicate-address: `ClosingReason/a` is declared at 0.yaml:4:9 already"
            " (rename one of the two, with `aliases: [a]`: where it lives it goes on as the same object)"
        ],
    ),
    "alias is a name": (
        [named("a", "b"), named("b")],
        [
            "0.yaml:5:13 alias-taken: alias `b` is the name of the manifest at 1.yaml:4:9"
            " (an alias is a former name; delete it, or rename the other manifest)"
        ],
    ),
    "alias is its own name": (
        [named("a", "x, a")],
        [
            "0.yaml:5:16 alias-taken: alias `a` is this manifest's own name"
            " (an alias is a former name; delete it, or rename the other manifest)"
        ],
    ),
    "alias twice": (
        [named("a", "x"), named("b", "x")],
        ["1.yaml:5:13 alias-taken: alias `x` is claimed at 0.yaml:4:9 too (one manifest only can have had that name)"],
    ),
    "alias is a name in other environments": ([of("a", named("b")), of("b", named("c", "b"))], []),
    "alias is a name, in one environment both": (
        [of("a, b", named("b")), of("b", named("c", "b"))],
        [
            "1.yaml:6:13 alias-taken: alias `b` is the name of the manifest at 0.yaml:4:9"
            " (an alias is a former name; delete it, or rename the other manifest)"
        ],
    ),
    "alias is a name, of which one lives everywhere": (
        [named("b"), of("b", named("c", "b"))],
        [
            "1.yaml:6:13 alias-taken: alias `b` is the name of the manifest at 0.yaml:4:9"
            " (an alias is a former name; delete it, or rename the other manifest)"
        ],
    ),
    "alias twice, in other environments": ([of("a", named("b", "x")), of("b", named("c", "x"))], []),
    "no name": ([named("''"), named("''")], []),
}


@pytest.mark.parametrize(("texts", "expected"), ACROSS.values(), ids=ACROSS)
def test_across(tmp_path: Path, texts: list[str], expected: list[str]) -> None:
    found = loaded(tmp_path, **{f"{number}_yaml": text for number, text in enumerate(texts)})
    assert lines_of(envelope.across(found.manifests)) == expected
