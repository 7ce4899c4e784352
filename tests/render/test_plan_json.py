"""The plan's document: whole, against its JSON Schema, and its id."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from syncer.model.diagnostic import Location, Problem
from syncer.model.json_values import Json, Secret
from syncer.model.secret_text import secret_text
from syncer.plan.document.document import PLAN, identified, plan_document, plan_id
from syncer.plan.document.marker_codec import json_of
from syncer.plan.plan import Notice, Plan
from syncer.render.plan_text import plan_json, summary_line

SCHEMA = json.loads((Path(__file__).parents[2] / "schemas" / "plan.schema.json").read_text("utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
PROBLEM = Problem("raw-id", "`x` is a raw id", Location("a.yaml", 1, 2), "$.spec", "use a name", "warning")


def test_the_whole_text(everything: Plan, golden: Callable[[str, str], None]) -> None:
    golden("plan.json", plan_json(everything, [PROBLEM]))


def test_it_is_as_its_schema_says(everything: Plan, nothing: Plan) -> None:
    VALIDATOR.check_schema(SCHEMA)
    for plan in (everything, nothing):
        for problems in ([], [PROBLEM, Problem("a", "b")]):
            VALIDATOR.validate(plan_document(plan, problems))


SPOILT = {
    # case: what is wrong with it
    "another version": lambda plan: plan.update(format_version=3),
    "a key more": lambda plan: plan.update(x=1),
    "a key less": lambda plan: plan.pop("server"),
    "no address": lambda plan: plan["changes"][0].update(address="won"),
    "no action": lambda plan: plan["changes"][0].update(action=""),
    "a class that is no word": lambda plan: plan["changes"][0].update({"class": "quite fine"}),
    "a secret with a value": lambda plan: plan["changes"][0]["fields"][0].update(after={"secret": 1}),
    "a secret that is no name": lambda plan: plan["changes"][0]["fields"][0].update(after={"secret": "hush"}),
    "a text without its secret": lambda plan: plan["changes"][0]["fields"][0].update(after={"secret": "env.$$"}),
    "a broken marker inside": lambda plan: plan["changes"][0]["fields"][0].update(after=[{"x": {"ref": "won"}}]),
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
def test_the_schema_refuses(everything: Plan, spoil: Callable[[dict[str, Json]], object]) -> None:
    document = plan_document(everything)
    spoil(document)
    assert not VALIDATOR.is_valid(document)


def test_actions_classes_and_causes_are_open_lists(everything: Plan) -> None:
    """Whoever reads plans must expect words that a later syncer adds; the first format is still one."""
    document = plan_document(replace(everything, format_version=1))
    document["changes"][0]["fields"][0]["cause"] = "clock"
    document["changes"][0].update({"action": "replace", "class": "cosmetic"})
    document["summary"]["replace"] = 1
    VALIDATOR.validate(document)


@pytest.mark.parametrize("around", ["", "https://a.example/$?k=", "env."])
def test_a_secret_is_as_the_schema_says(everything: Plan, around: str) -> None:
    secret = Secret("EPILOT_KEY", "canary")
    value = secret_text([around, secret]) if around else secret
    document = plan_document(everything)
    document["changes"][0]["fields"][0]["after"] = [json_of(value)]
    VALIDATOR.validate(document)


@pytest.mark.parametrize("word", ["", "set", "rotate", "remove"])
def test_the_word_of_a_secret_stands_beside_it_and_is_read_again(everything: Plan, word: Any) -> None:
    first, *others = everything.changes
    fields = (first.fields[0]._replace(word=word), *first.fields[1:])
    plan = replace(everything, changes=(replace(first, fields=fields), *others))
    document = plan_document(plan)
    VALIDATOR.validate(document)
    field = document["changes"][0]["fields"][0]
    assert field.get("secret", "") == word
    assert PLAN.read(document).changes[0].fields[0].word == word


def test_no_secret_is_in_it(everything: Plan) -> None:
    text = plan_json(everything)
    assert "canary" not in text
    assert '"secret": "env.EPILOT_SMTP"' in text


def test_ascii_only_says_the_same(everything: Plan) -> None:
    text = plan_json(everything, ascii_only=True)
    assert text.isascii()
    assert json.loads(text) == json.loads(plan_json(everything))


def test_the_id_binds_everything_but_notices_and_problems(everything: Plan) -> None:
    document = plan_document(everything)
    assert plan_id(document) == everything.id
    assert plan_id(plan_document(everything, [PROBLEM])) == everything.id
    assert identified(replace(everything, notices=(Notice("a", "b"),))).id == everything.id
    for key in set(document) - {"id", "accepted", "notices", "problems"}:
        assert plan_id({**document, key: "something else"}) != everything.id


def test_accepted_findings_are_counted(everything: Plan) -> None:
    notices = (*everything.notices, *[Notice("accepted", "accepted though a rule speaks against it: x")] * 2)
    plan = replace(everything, notices=notices)
    assert (plan_document(everything)["accepted"], plan_document(plan)["accepted"]) == (0, 2)
    assert summary_line(plan) == f"{summary_line(everything)}; 2 findings accepted"
    assert summary_line(replace(plan, changes=(), released=())).startswith("No changes.")


def test_the_id_does_not_depend_on_the_order_of_keys(everything: Plan) -> None:
    document = plan_document(everything)
    assert plan_id(dict(reversed(document.items()))) == everything.id
