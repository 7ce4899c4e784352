"""References in a spec become markers; what is wrong with one is said with its place and what to write instead."""

from __future__ import annotations

from typing import Any

import pytest

from syncer.model.address import Address
from syncer.model.diagnostic import Finding
from syncer.model.json_values import Json, Lookup, Part, Path, Ref, Secret
from syncer.model.kind import RefField
from syncer.model.markers import bind, holds_secret, leaves, without_secrets
from syncer.model.references import Index, mark
from syncer.model.resource import Use
from syncer.model.secret_text import secret_text
from syncer.plan.cycles import circles

REFS = (
    RefField("shelf", "Shelf", plain=True, late=True),
    RefField("sequel", "Book"),
    RefField("readers[]", "Reader", form="item"),
    RefField("view", "View", scope="shelf"),
    RefField("parts.*.flow", "Flow"),
)
INDEX = Index(
    keys={Address("Book", "one"): "", Address("Book", "two"): "", Address("Shelf", "top"): "top-slug"},
    by_key={("Shelf", "top-slug"): Address("Shelf", "top")},
    aliases={Address("Book", "old"): Address("Book", "two")},
    elsewhere=frozenset({Address("Book", "abroad")}),
    environment="sandbox",
)
NAMED = ("spec", "view")
RAW = "use a reference, or name it under `ids` in syncer.yaml and write `${id.NAME}`, so that the manifest works in "


def raw(value: str, *path: str | int, to: str) -> Finding:
    hint = f"{RAW}every environment ({to})"
    return Finding("raw-id", f"`{value}` is a raw id of one organisation", ("spec", *path), hint, "warning")


def unknown(message: str, hint: str, *path: str | int, rule: str = "unknown-reference") -> Finding:
    return Finding(rule, message, ("spec", *path, "ref"), hint)


MARKED: dict[str, tuple[Json, Json, list[Use], list[Finding]]] = {
    # case: (spec, marked, uses, findings)
    "none": ({"title": "x"}, {"title": "x"}, [], []),
    "another manifest": (
        {"sequel": {"ref": "two"}},
        {"sequel": Ref("Book", "two")},
        [Use(("sequel",), Ref("Book", "two"))],
        [],
    ),
    "one with a key of its own": (
        {"shelf": {"ref": "top"}},
        {"shelf": "top-slug"},
        [Use(("shelf",), Ref("Shelf", "top"), True)],
        [],
    ),
    "its key, written out": (
        {"shelf": "top-slug"},
        {"shelf": "top-slug"},
        [Use(("shelf",), Ref("Shelf", "top"), True)],
        [],
    ),
    "a key that no manifest has": ({"shelf": "cellar"}, {"shelf": "cellar"}, [], []),
    "an item": (
        {"readers": [{"lookup": "Ada"}, {"id": "r1"}, {"name": "x"}]},
        {"readers": [{"id": Lookup("Reader", "Ada")}, {"id": "r1"}, {"name": "x"}]},
        [Use(("readers", 0), Lookup("Reader", "Ada"))],
        [raw("r1", "readers", 1, "id", to="Reader")],
    ),
    "a lookup within": (
        {"shelf": {"ref": "top"}, "view": {"lookup": "Mine"}},
        {"shelf": "top-slug", "view": Lookup("View", "Mine", "top-slug")},
        [Use(("shelf",), Ref("Shelf", "top"), True), Use(("view",), Lookup("View", "Mine", "top-slug"))],
        [],
    ),
    "a part of itself": (
        {"parts": {"a": {"flow": {"automation": "mail"}}}},
        {"parts": {"a": {"flow": Part("automations", "mail")}}},
        [],
        [],
    ),
    "a raw id": ({"sequel": "b1"}, {"sequel": "b1"}, [], [raw("b1", "sequel", to="Book")]),
    "a raw id, said to be one": (
        {"sequel": {"id": "b1"}},
        {"sequel": "b1"},
        [],
        [raw("b1", "sequel", "id", to="Book")],
    ),
    "a named id": ({"view": "v1"}, {"view": "v1"}, [], []),
    "a named id, said to be one": ({"view": {"id": "v1"}}, {"view": "v1"}, [], []),
    "a variable": (
        {"sequel": "${id.book}", "view": {"id": "${id.view}"}},
        {"sequel": "${id.book}", "view": "${id.view}"},
        [],
        [],
    ),
    "a name that holds everywhere": ({"sequel": "urn:book:1"}, {"sequel": "urn:book:1"}, [], []),
    "empty": ({"sequel": ""}, {"sequel": ""}, [], []),
    "unknown, with one nearby": (
        {"sequel": {"ref": "tow"}},
        {"sequel": {"ref": "tow"}},
        [],
        [unknown("no Book manifest is named `tow`", "did you mean `two`?", "sequel")],
    ),
    "unknown, and nothing near": (
        {"sequel": {"ref": "zebra"}},
        {"sequel": {"ref": "zebra"}},
        [],
        [
            unknown(
                "no Book manifest is named `zebra`",
                "use `lookup:` for a live object that no manifest describes",
                "sequel",
            )
        ],
    ),
    "a former name": (
        {"sequel": {"ref": "old"}},
        {"sequel": {"ref": "old"}},
        [],
        [unknown("`old` is a former name of Book/two", "it was renamed: write `ref: two`", "sequel")],
    ),
    "in other environments only": (
        {"sequel": {"ref": "abroad"}},
        {"sequel": {"ref": "abroad"}},
        [],
        [
            unknown(
                "Book/abroad does not live in environment `sandbox`",
                "add `sandbox` to its `metadata.environments`, or keep this manifest out of it too",
                "sequel",
            )
        ],
    ),
    "another kind": (
        {"sequel": {"ref": "top"}},
        {"sequel": {"ref": "top"}},
        [],
        [unknown("`top` is a manifest of kind Shelf, and a Book is expected here", "", "sequel", rule="wrong-kind")],
    ),
    "what no reference looks like": (
        {"sequel": {"ref": "one", "id": "x"}, "shelf": {"ref": 1}, "view": {}},
        {"sequel": {"ref": "one", "id": "x"}, "shelf": {"ref": 1}, "view": {}},
        [],
        [],
    ),
}


@pytest.mark.parametrize(("spec", "marked", "uses", "findings"), MARKED.values(), ids=MARKED)
def test_mark(spec: Json, marked: Json, uses: list[Use], findings: list[Finding]) -> None:
    before = repr(spec)
    found = mark(spec, REFS, INDEX, named_ids=lambda path: path in (NAMED, (*NAMED, "id")))
    assert found == (marked, tuple(uses), findings)
    assert repr(spec) == before


INCOMPLETE: dict[str, tuple[str, list[str]]] = {
    # case: (name, rules) where a file could not be read
    "it may be in that file": ("tow", []),
    "a former name may be": ("old", []),
    "it is known to live elsewhere": ("abroad", ["unknown-reference"]),
}


@pytest.mark.parametrize(("name", "rules"), INCOMPLETE.values(), ids=INCOMPLETE)
def test_nothing_is_called_unknown_while_a_file_cannot_be_read(name: str, rules: list[str]) -> None:
    index = Index(INDEX.keys, INDEX.by_key, INDEX.aliases, INDEX.elsewhere, "sandbox", complete=False)
    spec, uses, findings = mark({"sequel": {"ref": name}}, REFS, index, named_ids=lambda path: False)
    assert (spec, uses, [each.rule for each in findings]) == ({"sequel": {"ref": name}}, (), rules)


def test_paths_begin_at_the_root_that_is_given() -> None:
    asked: list[Path] = []

    def named(path: Path) -> bool:
        asked.append(path)
        return False

    _, _, findings = mark({"sequel": "b1"}, REFS, INDEX, named_ids=named, root=("items", 3))
    assert [each.path for each in findings] == asked == [("items", 3, "sequel")]


MIXED = {
    "a": [Ref("Book", "x"), {"b": Lookup("View", "v", "s")}],
    "c": Part("automations", "mail"),
    "d": Secret("X", "s"),
    "e": 1,
}


def test_bind_replaces_markers_and_leaves_the_rest() -> None:
    ids: dict[Any, str] = {Ref("Book", "x"): "b1", Part("automations", "mail"): "f1"}
    assert bind(MIXED, lambda leaf: ids.get(leaf, leaf)) == {
        "a": ["b1", {"b": Lookup("View", "v", "s")}],
        "c": "f1",
        "d": Secret("X", "s"),
        "e": 1,
    }


def test_leaves_in_order() -> None:
    assert leaves(MIXED) == [
        Ref("Book", "x"),
        Lookup("View", "v", "s"),
        Part("automations", "mail"),
        Secret("X", "s"),
        1,
    ]


def test_markers_are_written_down_by_name() -> None:
    assert without_secrets(MIXED) == {
        "a": [{"ref": "Book/x"}, {"b": {"lookup": "v"}}],
        "c": {"automation": "mail"},
        "d": {"secret": "X"},
        "e": 1,
    }


def test_a_text_is_written_down_with_the_names_of_its_secrets() -> None:
    value = {"a": [secret_text(["https://a.example/?k=", Secret("X", "canary")])]}
    assert without_secrets(value) == {"a": [{"secret": "https://a.example/?k=${env.X}"}]}
    assert holds_secret(without_secrets(value))


HOLDS: dict[str, tuple[Json, bool]] = {
    "a secret": (Secret("X", "s"), True),
    "one inside": ([{"a": Secret("X", "s")}], True),
    "one written down": ({"a": [{"secret": "X"}]}, True),
    "a field of that name": ({"secret": True}, False),
    "a field of that name among others": ({"secret": "x", "key": "y"}, False),
    "none": ([{"a": Ref("Book", "x")}, 1, None], False),
}


@pytest.mark.parametrize(("value", "expected"), HOLDS.values(), ids=HOLDS)
def test_holds_secret(value: Json, expected: bool) -> None:
    assert holds_secret(value) is expected


ROUND: dict[str, tuple[dict[str, str], list[str]]] = {
    # case: ({name: the names it waits for}, circles)
    "none": ({"a": "bc", "b": "c", "c": ""}, []),
    "to what is not there": ({"a": "x"}, []),
    "itself": ({"a": "a"}, ["aa"]),
    "two": ({"b": "a", "a": "b"}, ["aba"]),
    "begins with its first": ({"c": "b", "b": "a", "a": "c"}, ["acba"]),
    "two circles that meet": ({"a": "b", "b": "ac", "c": "b"}, ["aba", "bcb"]),
    "two apart": ({"a": "b", "b": "a", "c": "d", "d": "c"}, ["aba", "cdc"]),
    "reached from outside": ({"a": "b", "b": "c", "c": "b"}, ["bcb"]),
}


@pytest.mark.parametrize(("waits", "expected"), ROUND.values(), ids=ROUND)
def test_circles(waits: dict[str, str], expected: list[str]) -> None:
    found = circles({Address("Book", name): [Address("Book", each) for each in those] for name, those in waits.items()})
    assert ["".join(address.name for address in circle) for circle in found] == expected


def test_a_long_way_round_is_no_trouble() -> None:
    number = 5_000
    waits = {Address("Book", f"{each:05}"): [Address("Book", f"{(each + 1) % number:05}")] for each in range(number)}
    assert [len(circle) for circle in circles(waits)] == [number + 1]
