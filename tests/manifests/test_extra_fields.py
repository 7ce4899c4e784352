"""What no schema knows, in every kind and at every depth: an error whose hint is the line that lifts it."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from syncer.diff.accepted_paths import place_text
from syncer.diff.extra_paths import places, yaml_line
from syncer.kinds import KINDS
from syncer.manifests.extra_fields import check, covered, lines
from syncer.model.diagnostic import Finding
from syncer.model.field_rules import compile_shape, keyed
from syncer.model.json_values import Path as Place
from syncer.model.json_values import value_at
from syncer.schema_check import registry

Json = Any
DATA = Path(__file__).parents[1] / "data"
SAMPLES: dict[str, Json] = json.loads((DATA / "schema_samples.json").read_text(encoding="utf-8"))
"""By schema: a sound document with about everything in it."""
BY_SLUG = {kind.slug: kind for kind in KINDS.values()}
LINE = re.compile(r"add `- (\"?)(.+?)\1` below `metadata.extra`\Z")


def mappings(value: Json, place: Place = ()) -> Iterator[Place]:
    """The places of all mappings in a spec, the outermost first."""
    if isinstance(value, dict):
        yield place
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, item in steps:
        yield from mappings(item, (*place, step))


def beside(slug: str, place: Place, fields: Json, extra: list[str] | None = None) -> Json:
    """The sample with fields in the mapping at a place of its spec."""
    document = copy.deepcopy(SAMPLES[slug])
    value_at(document["spec"], place).update(fields)
    if extra is not None:
        document["metadata"]["extra"] = extra
    return document


def told(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(each.severity, each.rule) for each in findings]


@pytest.mark.parametrize("slug", BY_SLUG)
def test_an_unknown_field_at_every_depth(slug: str) -> None:
    """Refused with its line; with that line accepted; in a plan it is known as what nobody knows. `null` too. In
    editors as well. In what gains no fields, references and the like, there is no such line."""
    kind, depths, free = BY_SLUG[slug], set(), 0
    editors = Draft202012Validator(registry.published(slug))
    for place in mappings(SAMPLES[slug]["spec"]):
        found = check(kind, beside(slug, place, {"x_new": 7}))
        assert editors.is_valid(beside(slug, place, {"x_new": 7})) == (found == []), place
        if found == []:  # open: it may hold anything
            free += 1
            continue
        if [each.rule for each in found] != ["unknown-field"]:  # one key too many of a reference, or of another type
            assert not editors.is_valid(beside(slug, place, {"x_new": 7}, ["x"])), place
            continue
        line = LINE.search(found[0].hint)
        if line is None:
            assert "x-syncer-closed" in json.dumps(registry.load(slug))
            assert not editors.is_valid(beside(slug, place, {"x_new": 7}, ["x"])), place
            continue
        spec = beside(slug, place, {"x_new": 7})["spec"]
        assert line[2] == place_text(spec, (*place, "x_new"), kind.shape)
        # what an action works with grows with apps: a field that resembles nothing known is a warning there
        grows = len(place) == 5 and (place[0], place[2], place[4]) == ("automations", "actions", "config")
        unknown = "warning" if grows else "error", "unknown-field"
        assert told(found) == [unknown]
        for value in (7, None, {"a": [1]}):
            document = beside(slug, place, {"x_new": value}, [line[2]])
            assert check(kind, document, strict=True) == [], place
            assert editors.is_valid(document), place
            assert lines(kind, document["spec"], [line[2]]) == []
            assert covered(kind, document["spec"], document["metadata"]) == (line[2],)
        astray = check(kind, beside(slug, place, {"x_new": 7}, [f"{line[2]}x"]))
        assert sorted(told(astray)) == sorted([unknown, ("warning", "extra-path")])
        assert astray[-1].hint == f"did you mean `{line[2]}`?"
        depths.add(len(place))
    assert len(depths) >= {"closing-reason": 1, "app-installation": 3, "retention-config": 3}.get(slug, 5)


def words(spec: Json, place: Place = ()) -> Iterator[Place]:
    """The places of all texts in a spec."""
    steps = spec.items() if isinstance(spec, dict) else enumerate(spec) if isinstance(spec, list) else ()
    for step, item in steps:
        if isinstance(item, str):
            yield (*place, step)
        yield from words(item, (*place, step))


def put(slug: str, place: Place, value: Json, extra: list[str] | None = None) -> Json:
    return beside(slug, place[:-1], {place[-1]: value}, extra) if isinstance(place[-1], str) else None


@pytest.mark.parametrize("slug", BY_SLUG)
def test_an_unknown_word_wherever_words_are_listed(slug: str) -> None:
    """A far one is a warning, a near one an error; listed, neither is; editors offer the known ones and take others.
    Where records are deleted it is an error in any case."""
    kind, seen = BY_SLUG[slug], 0
    editors = Draft202012Validator(registry.published(slug))
    for place in words(SAMPLES[slug]["spec"]):
        document = put(slug, place, "qqqqqq")
        found = check(kind, document) if document else []
        if [each.rule for each in found] != ["not-allowed-value"]:
            continue
        seen += 1
        [finding], path = found, place_text(document["spec"], place, kind.shape)
        known = value_at(SAMPLES[slug]["spec"], place)
        near = check(kind, put(slug, place, f"{known}e"))[0]
        assert near.severity == "error"
        assert "did you mean" in near.hint
        listed = put(slug, place, "qqqqqq", [path])
        if "can't be" in finding.message:
            assert (finding.severity, LINE.search(finding.hint)) == ("error", None)
            assert ("error", "not-allowed-value") in told(check(kind, listed))
            assert not editors.is_valid(document)
            continue
        assert (finding.severity, (LINE.search(finding.hint) or "")[2]) == ("warning", path)
        assert check(kind, document, strict=True)[0].severity == "error"
        assert check(kind, listed, strict=True) == []
        assert check(kind, put(slug, place, f"{known}e", [path]), strict=True) == []
        assert editors.is_valid(document), place
    assert seen >= {"closing-reason": 1, "app-installation": 0, "retention-config": 3}.get(slug, 10)


# --- what is said, once for each cause


def test_one_cause_is_one_message_with_the_number_of_places() -> None:
    attributes = [{"name": f"a{n}", "label": "A", "type": "string", "requierd": True} for n in range(3)]
    spec = {"slug": "x", "attributes": [*attributes, {"name": "b", "label": "B", "type": "number", "places": 2}]}
    found = check(KINDS["EntitySchema"], document_of("EntitySchema", spec))
    assert [(each.message, each.path[1:], each.hint) for each in found] == [
        (
            "`requierd` is not a field of a `string` attribute, in 3 places",
            ("attributes", 0, "requierd"),
            "did you mean `required`? if the platform knows it, add `- attributes[*].requierd` below `metadata.extra`",
        ),
        (
            "`places` is not a field of a `number` attribute",
            ("attributes", 3, "places"),
            "if the platform knows it, add `- attributes[b].places` below `metadata.extra`",
        ),
    ]


def document_of(kind: str, spec: Json, extra: Json = None) -> Json:
    metadata = {"name": "x"} if extra is None else {"name": "x", "extra": extra}
    return {"apiVersion": "syncer/v1", "kind": kind, "metadata": metadata, "spec": spec}


def test_ten_thousand_unknown_fields_are_one_message() -> None:
    spec = {"title": "Won", **{f"x{n}": n for n in range(10_000)}}
    kind = KINDS["ClosingReason"]
    [found] = check(kind, document_of("ClosingReason", spec))
    assert found.message == "`x0` is not a field of ClosingReason, nor are 9,999 others beside it"
    listed = lines(kind, spec, ())
    assert (len(listed), listed[:2]) == (10_000, ["x0", "x1"])
    assert check(kind, document_of("ClosingReason", spec, listed), strict=True) == []


EXTRA: dict[str, tuple[Json, list[tuple[str, str, str]]]] = {
    # paths: what is said of them, in a manifest in which nobody knows `colour` and `tone.light`
    "each by itself": (["colour", "tone.light"], [("error", "`tone` is not a field of ClosingReason",
        "its fields are `title`, `status`; if the platform knows it, add `- tone` below `metadata.extra`"),
        ("warning", "`tone.light` and all below it is known to syncer", "delete the line")]),
    "what lies around it": (["colour", "tone"], []),
    "a typo": (["coulor", "tone"], [("error", "`colour` is not a field of ClosingReason",
        "its fields are `title`, `status`; if the platform knows it, add `- colour` below `metadata.extra`"),
        ("warning", "`coulor` leads to nothing that this manifest says", "did you mean `colour`?")]),
    "what syncer knows": (["colour", "tone", "title"], [
        ("warning", "`title` and all below it is known to syncer", "delete the line")]),
    "a path from the root": (["colour", "tone", "metadata.name"], [
        ("warning", "`metadata.name` leads to nothing that this manifest says",
         "delete the line, or correct its path: it begins below `spec`")]),
    "twice": (["colour", "colour", "tone"], []),
    "nothing": ([], [("error", "`colour` is not a field of ClosingReason",
        "its fields are `title`, `status`; if the platform knows it, add `- colour` below `metadata.extra`"),
        ("error", "`tone` is not a field of ClosingReason",
        "its fields are `title`, `status`; if the platform knows it, add `- tone` below `metadata.extra`")]),
}  # fmt: skip


@pytest.mark.parametrize(("paths", "expected"), EXTRA.values(), ids=EXTRA)
def test_paths_of_extra(paths: Json, expected: list[tuple[str, str, str]]) -> None:
    spec = {"title": "Won", "colour": "red", "tone": {"light": True}}
    found = check(KINDS["ClosingReason"], document_of("ClosingReason", spec, paths))
    assert [(each.severity, each.message, each.hint) for each in found] == expected


@pytest.mark.parametrize("extra", ["colour", [7], [""], {"colour": 1}], ids=repr)
def test_an_extra_of_another_form_lists_nothing(extra: Json) -> None:
    found = check(KINDS["ClosingReason"], document_of("ClosingReason", {"title": "W", "colour": 1}, extra))
    assert sorted(each.path for each in found if each.rule == "unknown-field") == [("spec", "colour")]
    assert any(each.path[:2] == ("metadata", "extra") and each.severity == "error" for each in found)


def test_a_required_field_that_is_misspelt_has_no_line() -> None:
    [found] = check(KINDS["ClosingReason"], document_of("ClosingReason", {"titel": "W"}))
    assert found.hint == "did you mean `title`? it is required"


def test_a_known_field_is_judged_though_it_is_listed() -> None:
    found = check(KINDS["ClosingReason"], document_of("ClosingReason", {"title": 7}, ["title"]))
    assert [(each.rule, each.severity) for each in found] == [("wrong-type", "error"), ("extra-path", "warning")]


# --- paths


SHAPE = compile_shape(lists={"a": keyed("name")})
SPEC: Json = {"a": [{"name": "x", "b.c": 1}, {"name": "y]", "b": {"c": [1, 2]}}, {"b": 1}], "*": 1}
PATHS = {
    "a[x].b.c": [("a", 0, "b.c")],
    "a[0]": [("a", 0)],
    "a[*].b": [("a", 1, "b"), ("a", 2, "b")],
    "a[y]].b.c[1]": [("a", 1, "b", "c", 1)],
    "a[y]].b.c[*]": [("a", 1, "b", "c", 0), ("a", 1, "b", "c", 1)],
    "a[2].b": [("a", 2, "b")],
    "*": [("*",)],
    "a[x]b": [],
    "b": [],
    "a.0": [],
    "A[x]": [],
}


@pytest.mark.parametrize(("path", "leads"), PATHS.items(), ids=PATHS)
def test_where_a_path_leads(path: str, leads: list[Place]) -> None:
    assert list(places(SPEC, SHAPE, [path])) == leads
    assert list(places(SPEC, SHAPE, [path, "nowhere", "a[x].name.z"])) == leads


@pytest.mark.parametrize(
    ("path", "line"),
    {
        "colour": "- colour",
        "attributes[iban].mask": "- attributes[iban].mask",
        "a[*].b": "- a[*].b",
        "$or": '- "$or"',
        "a: b": '- "a: b"',
        "true": '- "true"',
        '"': '- "\\""',
        "7": '- "7"',
    }.items(),
)
def test_the_line_reads_as_the_path(path: str, line: str) -> None:
    import yaml

    assert yaml_line(path) == line
    assert yaml.safe_load(line) == [path]
