"""Each rule of a retention config once, with its whole finding."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import pytest

from syncer.kinds.retention_config.checks import RULES, check_retention
from syncer.model.diagnostic import Finding
from syncer.model.json_values import Ref

Spec = dict[str, Any]
TODAY = datetime.date(2026, 6, 1)


def config(*filters: Spec, enabled: bool = False, **fields: Any) -> Spec:
    schedule = {"frequency": "interval", "interval_days": 90, "start_date": "2027-01-15"}
    query = {"saved_view_id": {"lookup": "Alte Kontakte"}, "filters": list(filters)}
    whole = {"entity_schema": "contact", "type": "deletion", "query": query, "schedule": schedule, "enabled": enabled}
    return {**whole, **fields}


def every(**dates: Any) -> Spec:
    return {"frequency": "interval", "interval_days": 90, **dates}


NO_CONTRACT = {"type": "no_related_entities", "related_entity_schemas": ["contract", "order"]}

CASES: dict[str, tuple[Spec, list[Finding]]] = {
    "sound": (config(NO_CONTRACT, {"type": "no_email_communication_since", "lookback_period_days": 1}), []),
    "sound, enabled": (config(NO_CONTRACT, enabled=True), []),
    "part": ({"entity_schema": "contact", "type": "deletion", "enabled": True}, []),
    "schema by reference": (config(entity_schema=Ref("EntitySchema", "x")), []),
    "schema other than contact": (
        config(entity_schema="opportunity"),
        [
            Finding(
                "retention-schema",
                "retention for `opportunity` is not documented, only for `contact`",
                ("entity_schema",),
                "the platform may refuse it, or accept it and do nothing; see docs/assumptions.md",
                "warning",
            )
        ],
    ),
    "end before start": (
        config(schedule=every(start_date="2027-02-01", end_date="2027-01-31")),
        [
            Finding(
                "retention-date",
                "the schedule ends on `2027-01-31`, before it starts on `2027-02-01`",
                ("schedule", "end_date"),
                "swap the two, or leave `end_date` out",
            )
        ],
    ),
    "end on the day of the start": (config(schedule=every(start_date="2027-02-01", end_date="2027-02-01")), []),
    "no day of the calendar": (
        config(schedule=every(start_date="2027-02-30", end_date="20270301")),
        [
            Finding(
                "retention-date",
                "`2027-02-30` is no day of the calendar",
                ("schedule", "start_date"),
                "as in `2027-01-31`",
            ),
            Finding(
                "retention-date", "`20270301` is no day of the calendar", ("schedule", "end_date"), "as in `2027-01-31`"
            ),
        ],
    ),
    "over": (
        config(enabled=True, schedule=every(start_date="2025-01-01", end_date="2026-05-31")),
        [
            Finding(
                "retention-over",
                "the schedule ended on `2026-05-31`, so nothing is deleted any more",
                ("schedule", "end_date"),
                "write `enabled: false`",
                "warning",
            )
        ],
    ),
    "over, but disabled": (config(schedule=every(start_date="2025-01-01", end_date="2026-05-31")), []),
    "enabled without a start": (
        config(enabled=True, schedule=every()),
        [
            Finding(
                "retention-start",
                "the config is enabled without a `start_date`, so deletion begins at once",
                ("schedule",),
                "add a `start_date` in the future",
            )
        ],
    ),
    "disabled without a start": (config(schedule=every()), []),
    "trash too": (
        config(query={"include_deleted": "true"}),
        [
            Finding(
                "retention-deleted",
                "`include_deleted` is `true`, so entities in the trash are deleted once more",
                ("query", "include_deleted"),
                "leave it out",
            )
        ],
    ),
    "trash only, as a variable": (config(query={"include_deleted": "${env.SYNCER_X}"}), []),
    "no trash": (config(query={"include_deleted": "false"}), []),
    "no trash, as a boolean": (
        config(query={"include_deleted": False}),
        [
            Finding(
                "retention-deleted",
                "`include_deleted` is the boolean false, the platform expects the word",
                ("query", "include_deleted"),
                'write `include_deleted: "false"`, or leave it out',
            )
        ],
    ),
    "filter twice": (
        config(NO_CONTRACT, {**NO_CONTRACT, "related_entity_schemas": ["order", "contract"]}),
        [
            Finding(
                "retention-duplicate-filter",
                "filter `no_related_entities` stands twice for the same schemas",
                ("query", "filters", 1),
                "filter 0 says it already; keep one",
            )
        ],
    ),
    "filter of one type for two schemas": (
        config(NO_CONTRACT, {**NO_CONTRACT, "related_entity_schemas": ["order"]}),
        [],
    ),
    "no lookback": (
        config({"type": "no_email_communication_since", "lookback_period_days": 0}),
        [
            Finding(
                "retention-lookback",
                "`lookback_period_days` is 0, so every contact counts as silent",
                ("query", "filters", 0, "lookback_period_days"),
                "look back at least 1 day",
            )
        ],
    ),
    "empty lists": (
        config(
            {"type": "no_related_entities", "related_entity_schemas": []},
            {"type": "no_email_communication_since", "message_type": []},
        ),
        [
            Finding(
                "retention-empty-list",
                "`related_entity_schemas` is empty, so the filter may narrow nothing",
                ("query", "filters", 0, "related_entity_schemas"),
                "name at least one, or remove the filter",
            ),
            Finding(
                "retention-empty-list",
                "`message_type` is empty, so the filter may narrow nothing",
                ("query", "filters", 1, "message_type"),
                "name at least one, or leave it out",
            ),
        ],
    ),
    "named twice": (
        config(
            {**NO_CONTRACT, "related_entity_schemas": ["order", "order"]},
            relations_for_deletion=["file", "order", "file", "file"],
        ),
        [
            Finding(
                "retention-duplicate",
                "`order` stands more than once in `related_entity_schemas`",
                ("query", "filters", 0, "related_entity_schemas", 1),
                "keep it once",
                "warning",
            ),
            Finding(
                "retention-duplicate",
                "`file` stands more than once in `relations_for_deletion`",
                ("relations_for_deletion", 2),
                "keep it once",
                "warning",
            ),
        ],
    ),
}


@pytest.mark.parametrize(("spec", "expected"), CASES.values(), ids=CASES)
def test_findings(spec: Spec, expected: list[Finding]) -> None:
    assert check_retention(spec, TODAY) == expected


def test_without_a_clock_nothing_is_over() -> None:
    spec = config(enabled=True, schedule=every(start_date="2020-01-01", end_date="2021-01-01"))
    assert check_retention(spec) == []


def test_every_rule_has_a_case_and_a_sentence() -> None:
    assert {finding.rule for _, expected in CASES.values() for finding in expected} == set(RULES)
    assert [rule for rule, sentence in RULES.items() if not sentence.endswith(".")] == []


MISSHAPEN: list[Any] = [None, 1, "x", [], {}, [None, 1, "x", [], {}], [{"type": 1, "related_entity_schemas": 1}], True]


@pytest.mark.parametrize("misshapen", MISSHAPEN, ids=str)
def test_a_misshapen_field_is_another_checks_business(misshapen: Any) -> None:
    assert check_retention({"query": misshapen, "schedule": misshapen, "relations_for_deletion": misshapen}) == []
    assert {type(found) for found in check_retention(config(query={"filters": misshapen}))} <= {Finding}


EXAMPLES = Path(__file__).parents[3] / ".." / "shared" / "api" / "data-management.md"


@pytest.mark.parametrize("title", ["### 10.1", "### 10.2"])
@pytest.mark.skipif(
    not EXAMPLES.exists(), reason="the notes on the API with their examples are not beside this repository"
)
def test_the_published_examples_are_sound(title: str) -> None:
    section = EXAMPLES.read_text("utf-8").partition(title)[2]
    body = json.loads(section.partition("```json")[2].partition("```")[0])
    assert check_retention({"entity_schema": "contact", **body}, TODAY) == []
