"""A plan as its document, format 2, and the id that binds it: what is reviewed, saved and confirmed is one text.

The document is what `plan --format json` prints and `plan -o` saves; `schemas/plan.schema.json` describes it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from syncer.diff.fingerprint import digest
from syncer.documents.document_codec import (
    ANY,
    FLAG,
    TEXT,
    WHOLE,
    Key,
    converted,
    listed,
    mapping,
    nullable,
    one_of,
    record,
)
from syncer.model.address import Address, parse_address
from syncer.model.diagnostic import Problem
from syncer.model.json_values import Json
from syncer.plan.document.marker_codec import side_of, value_of_side
from syncer.plan.plan import Change, Field, Link, Notice, Plan, Release

OUTSIDE = frozenset({"id", "accepted", "notices", "problems", "against"})
"""Keys of the document that the id is not made of: they change nothing that is done."""


def _address(text: str) -> Address:
    address = parse_address(text)
    if address is None:
        raise ValueError("an address is not of the form KIND/NAME")
    return address


def _by_address(digests: Mapping[Any, str]) -> Json:
    return {str(address): digests[address] for address in sorted(digests)}


_ADDRESS = converted(TEXT, _address, str)
_SIDE = converted(ANY, value_of_side, side_of)
_TEXT_OR_NULL = nullable(TEXT, "")

_FIELD = record(
    Field,
    Key("path", TEXT),
    Key("before", _SIDE),
    Key("after", _SIDE),
    Key("cause", TEXT),
    Key("class", TEXT, "level"),
    Key("reason", TEXT),
    Key("item", TEXT),
    Key("secret", one_of("set", "rotate", "remove"), "word", optional=True),
    Key("title", TEXT, optional=True),
)
_CHANGE = record(
    Change,
    Key("address", _ADDRESS),
    Key("name", TEXT),
    Key("action", TEXT),
    Key("class", TEXT, "level"),
    Key("reason", TEXT, told=lambda change: "; ".join(change.reasons)),
    Key("reasons", listed(TEXT)),
    Key("live_id", _TEXT_OR_NULL),
    Key("fields", listed(_FIELD)),
    Key("fingerprint", TEXT),
    Key("calls", listed(TEXT)),
    Key("after", listed(_ADDRESS), "waits"),
)
_LINK = record(
    Link,
    Key("address", _ADDRESS),
    Key("live_id", TEXT),
    Key("how", one_of("link", "key", "title")),
    Key("new", FLAG),
)
_RELEASE = record(Release, Key("address", _ADDRESS), Key("path", TEXT))
_NOTICE = record(Notice, Key("rule", TEXT), Key("message", TEXT), Key("address", nullable(_ADDRESS)))
_PROBLEM = record(
    Problem,
    Key("severity", one_of("error", "warning", "note")),
    Key("rule", TEXT),
    Key("message", TEXT),
    Key("file", nullable(TEXT), told=lambda problem: problem.at.file if problem.at else None),
    Key("line", nullable(WHOLE), told=lambda problem: problem.at.line if problem.at else None),
    Key("column", nullable(WHOLE), told=lambda problem: problem.at.column if problem.at else None),
    Key("path", _TEXT_OR_NULL),
    Key("hint", _TEXT_OR_NULL),
)
_AGAINST = converted(record(dict, Key("recorded_at", TEXT), Key("age_seconds", WHOLE)), write=dict)
PLAN = record(
    Plan,
    Key("format_version", WHOLE),
    Key("id", TEXT),
    Key("environment", TEXT),
    Key("org_id", TEXT),
    Key("server", TEXT),
    Key("partial", FLAG),
    Key("summary", mapping(WHOLE), told=lambda plan: dict(plan.summary)),
    Key("accepted", WHOLE, optional=True, told=lambda plan: plan.accepted),
    Key("changes", listed(_CHANGE)),
    Key("links", listed(_LINK)),
    Key("released", listed(_RELEASE)),
    Key("notices", listed(_NOTICE)),
    Key("problems", listed(_PROBLEM), told=lambda plan: []),
    Key("digests", converted(mapping(TEXT), write=_by_address)),
    Key("undo", TEXT, optional=True),
    Key("against", nullable(_AGAINST, {}), optional=True),
)
"""The whole document, either format. A plan that is read has no tasks, which only the planning process has."""


def plan_document(plan: Plan, problems: Sequence[Problem] = ()) -> dict[str, Json]:
    """The plan as JSON values: no secret, every marker as in `marker_codec`, `null` for a side that isn't there.
    `problems` are warnings about it and what an apply will be refused for."""
    return {**PLAN.write(plan), "problems": list(map(problem_document, problems))}


def problem_document(problem: Problem) -> dict[str, Json]:
    """A problem as JSON values; place and path are null where there is none."""
    document: dict[str, Json] = _PROBLEM.write(problem)
    return document


def plan_id(document: dict[str, Json]) -> str:
    """32 hex digits of SHA-256 over the document without `OUTSIDE`, keys sorted, no spaces, ASCII."""
    bound = {key: value for key, value in document.items() if key not in OUTSIDE}
    return digest(json.dumps(bound, sort_keys=True, separators=(",", ":"), allow_nan=False))


def identified(plan: Plan) -> Plan:
    """The plan with its id."""
    return replace(plan, id=plan_id(plan_document(plan)))
