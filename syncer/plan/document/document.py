"""A plan as its document, format 2, and the id that binds it: what is reviewed, saved and confirmed is one text.

The document is what `plan --format json` prints and `plan -o` saves; `schemas/plan.schema.json` describes it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from syncer.diff.fingerprint import digest
from syncer.model.diagnostic import Problem
from syncer.model.json_values import Json
from syncer.plan.document.marker_codec import side_of
from syncer.plan.plan import Change, Field, Plan

OUTSIDE = frozenset({"id", "notices", "problems", "against"})
"""Keys of the document that the id is not made of: they change nothing that is done."""


def plan_document(plan: Plan, problems: Sequence[Problem] = ()) -> dict[str, Json]:
    """The plan as JSON values: no secret, every marker as in `marker_codec`, `null` for a side that isn't there.
    `problems` are warnings about it and what an apply will be refused for."""
    return {
        "format_version": plan.format_version,
        "id": plan.id,
        "environment": plan.environment,
        "org_id": plan.org_id,
        "server": plan.server,
        "partial": plan.partial,
        "summary": dict(plan.summary),
        "changes": [_change(change) for change in plan.changes],
        "links": [
            {"address": str(link.address), "live_id": link.live_id, "how": link.how, "new": link.new}
            for link in plan.links
        ],
        "released": [{"address": str(each.address), "path": each.path} for each in plan.released],
        "notices": [
            {"rule": each.rule, "message": each.message, "address": str(each.address) if each.address else None}
            for each in plan.notices
        ],
        "problems": [problem_document(problem) for problem in problems],
        "digests": {str(address): plan.digests[address] for address in sorted(plan.digests)},
        **({"undo": plan.undo} if plan.undo else {}),
        **({"against": dict(plan.against)} if plan.against else {}),
    }


def _change(change: Change) -> dict[str, Json]:
    return {
        "address": str(change.address),
        "name": change.name,
        "action": change.action,
        "class": change.level,
        "reason": "; ".join(change.reasons),
        "reasons": list(change.reasons),
        "live_id": change.live_id or None,
        "fields": [_field(field) for field in change.fields],
        "fingerprint": change.fingerprint,
        "calls": list(change.calls),
        "after": [str(address) for address in change.waits],
    }


def _field(field: Field) -> dict[str, Json]:
    return {
        "path": field.path,
        "before": side_of(field.before),
        "after": side_of(field.after),
        "cause": field.cause,
        "class": field.level,
        "reason": field.reason,
        "item": field.item,
    }


def problem_document(problem: Problem) -> dict[str, Json]:
    """A problem as JSON values; place and path are null where there is none."""
    return {
        "severity": problem.severity,
        "rule": problem.rule,
        "message": problem.message,
        "file": problem.at.file if problem.at else None,
        "line": problem.at.line if problem.at else None,
        "column": problem.at.column if problem.at else None,
        "path": problem.path or None,
        "hint": problem.hint or None,
    }


def plan_id(document: dict[str, Json]) -> str:
    """32 hex digits of SHA-256 over the document without `OUTSIDE`, keys sorted, no spaces, ASCII."""
    bound = {key: value for key, value in document.items() if key not in OUTSIDE}
    return digest(json.dumps(bound, sort_keys=True, separators=(",", ":"), allow_nan=False))


def identified(plan: Plan) -> Plan:
    """The plan with its id."""
    return replace(plan, id=plan_id(plan_document(plan)))
