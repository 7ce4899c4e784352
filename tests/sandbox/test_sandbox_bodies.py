"""The JSON Schemas of the request bodies: sound, all used, and of one verdict in both libraries."""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from syncer.sandbox import body_schema
from syncer.sandbox.body_schema import BodySchema

SANDBOX = Path(body_schema.__file__).parent
DOCUMENTS = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(SANDBOX.glob("bodies/*.json"))}
UUID = "0f6d3a7e-6c53-4d07-9f2f-2a1b8d7b3c11"
ATTRIBUTE = {"name": "n", "label": "L", "type": "string"}
MATCHED = "body/edit_mode_config/fuzzy_config/type must be equal to one of the allowed values:"
TASK = {"id": "t", "name": "T", "task_type": "MANUAL"}
FLOW = {"name": "Netz", "tasks": [TASK], "edges": []}
RULE = {"method": "GET", "path": "/v1/*", "status": 500}


def fuzzy(rule: str) -> dict[str, Any]:
    """An attribute's way of being matched."""
    return {"edit_mode": "external", "edit_mode_config": {"match_strategy": "fuzzy", "fuzzy_config": {"type": rule}}}


JUDGED: dict[str, tuple[str, str, Any, list[str]]] = {
    # document, definition, value, what is wrong with it
    "no object": ("workflow", "reason", [], ["body must be object"]),
    "nothing missing, nothing wrong": ("workflow", "flow", FLOW, []),
    "what is missing comes first, then part by part": (
        "workflow", "flow", {"edges": [{"id": 1}], "name": "ab"},
        [
            "body must have required property 'tasks'",
            "body/edges/0 must have required property 'from_id'",
            "body/edges/0/id must be string",
            "body/name must NOT have fewer than 3 characters",
        ],
    ),
    "a word that is none of those allowed": (
        "workflow", "reason", {"status": "OPEN"},
        ["body/status must be equal to one of the allowed values: ACTIVE, INACTIVE"],
    ),
    "a boolean is no number": ("workflow", "search", {"size": True}, ["body/size must be integer"]),
    "a whole number may be written as one with a fraction": ("workflow", "search", {"size": 1.0}, []),
    "a number below the least": ("workflow", "search", {"from": -1}, ["body/from must be >= 0"]),
    "null where it may be": ("entity", "entity", {"_title": None, "_tags": None}, []),
    "no text, where null may be": ("entity", "entity", {"_title": 1}, ["body/_title must be string"]),
    "alternatives: what the last one says": (
        "entity", "by_label", {"classificationIds": ["a", {"pattern": 1}]},
        ["body/classificationIds/1/pattern must be string"],
    ),
    "a type that is unknown": (
        "entity", "attribute", {"name": "n", "label": "L", "type": "colour"},
        ["body/type must be equal to one of the allowed values: "],
    ),
    "a type's own field": (
        "entity", "attribute", ATTRIBUTE | {"type": "consent"}, ["body must have required property 'topic'"],
    ),
    "a relation's way of being edited": (
        "entity", "attribute", ATTRIBUTE | {"type": "relation", "edit_mode": "list-view"}, [],
    ),
    "which no other attribute has": (
        "entity", "attribute", ATTRIBUTE | {"edit_mode": "list-view"},
        ["body/edit_mode must be equal to one of the allowed values: direct, external, approval"],
    ),
    "what variants can override": ("entity", "attribute", ATTRIBUTE | {"overridable_attribute": True}, []),
    "and what they can't": (
        "entity", "attribute", ATTRIBUTE | {"overridable_attribute": True, "hidden": True, "name": "_x"},
        ['body/name must match pattern "^[^_]"', "body/hidden must be equal to one of the allowed values: False"],
    ),
    "nor what is computed": (
        "entity", "attribute",
        ATTRIBUTE | {"overridable_attribute": True, "type": "computed", "value_formatter": "x"},
        ["body/type must NOT be valid"],
    ),
    "how a relation is matched": (
        "entity", "attribute", ATTRIBUTE | {"type": "relation", **fuzzy("suffix")},
        [f"{MATCHED} relation_set"],
    ),
    "how what is repeatable is matched": (
        "entity", "attribute", ATTRIBUTE | {"repeatable": True, **fuzzy("set_equivalent")}, [],
    ),
    "how a text is matched": (
        "entity", "attribute", ATTRIBUTE | {"type": "string", **fuzzy("entry_match")},
        [f"{MATCHED} suffix, digits_only, regex"],
    ),
    "a uuid as a whole": ("entity", "uuid", f"{UUID}0", ['body must match pattern "']),
    "two clauses in one": (
        "entity", "filter", [{"term": {"a": 1}, "ids": {"values": []}}],
        ["body/0 must have exactly one of term, terms, ids, range, exists, $and, $or, $not"],
    ),
    "a clause that is unknown": (
        "entity", "filter", [{"fuzzy": {}}], ["body/0 must NOT have additional property 'fuzzy'"],
    ),
    "a clause with two fields": (
        "entity", "filter", [{"$not": [{"term": {"a": 1, "b": 2}}]}],
        ["body/0/$not/0/term must have exactly one property"],
    ),
    "one rule or several": ("control", "rules", RULE, []),
    "several rules, the second wrong": ("control", "rules", [RULE, {"times": 0}], ["body/1/times must be >= 1"]),
}  # fmt: skip


def used() -> set[tuple[str, str]]:
    """Every definition that the sandbox's code names, by the calls and helpers that make a shape."""
    found: set[tuple[str, str]] = set()
    for path in SANDBOX.rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found |= {(document, node.value) for document in DOCUMENTS}
    return found


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_document_is_sound_and_all_of_it_is_used(document: str) -> None:
    from jsonschema import Draft202012Validator

    whole = DOCUMENTS[document]
    Draft202012Validator.check_schema(whole)
    text = json.dumps(whole)
    unused = {name for name in whole["$defs"] if (document, name) not in used() and f'"#/$defs/{name}"' not in text}
    assert unused == set()


@pytest.fixture(params=["both libraries", "jsonschema alone"])
def libraries(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Run with jsonschema-rs, and as it is where that is not installed."""
    if request.param == "jsonschema alone":
        monkeypatch.setitem(sys.modules, "jsonschema_rs", None)
    body_schema._sound.cache_clear()
    yield
    body_schema._sound.cache_clear()


@pytest.mark.usefixtures("libraries")
@pytest.mark.parametrize(("document", "name", "value", "wrong"), JUDGED.values(), ids=JUDGED)
def test_a_body_is_judged(document: str, name: str, value: Any, wrong: list[str]) -> None:
    found = BodySchema(((document, name),)).mistakes(value)
    assert [each[: len(start)] for each, start in zip(found, wrong, strict=True)] == wrong


@pytest.mark.usefixtures("libraries")
def test_a_body_nested_deeply_is_judged_or_refused() -> None:
    """Neither library's limit ends the request with an exception."""
    value: list[Any] = []
    for _ in range(2000):
        value = [{"$not": value}]
    assert BodySchema((("entity", "filter"),)).mistakes(value) in ([], ["body is nested too deeply"])


def test_shapes_are_added_up() -> None:
    both = BodySchema((("workflow", "reason"),)) + BodySchema((("workflow", "reason_change"),))
    assert both.mistakes({"title": 1}) == ["body/title must be string", "body must have required property 'status'"]
