"""A report of drift for machines: its document, format 1; described in docs/drift.md."""

from __future__ import annotations

from collections.abc import Mapping

from syncer.model.json_values import Json, json_text
from syncer.plan.document.document import problem_document
from syncer.plan.document.marker_codec import side_of
from syncer.plan.document.timestamps import LastChange
from syncer.plan.drift import Drift, DriftedObject, DriftField, Stranger

FORMAT_VERSION = 1


def drift_json(drift: Drift, *, ascii_only: bool = False) -> str:
    """The document, indented; `ascii_only` for an output that can't take an umlaut."""
    return json_text(drift_document(drift), ascii_only=ascii_only) + "\n"


def drift_document(drift: Drift) -> dict[str, Json]:
    """The report as JSON values: no secret, markers as in a plan, `null` for what is not there or not known."""
    return {
        "format_version": FORMAT_VERSION,
        "report": "drift",
        "environment": drift.environment,
        "org_id": drift.org_id,
        "server": drift.server,
        "partial": drift.partial,
        "state": drift.remembered,
        "last_apply": {"run": drift.applied.run, "time": drift.applied.moment} if drift.applied else None,
        "summary": {
            **drift.summary,
            "fields": drift.fields,
            "conflicts": drift.conflicts,
            "added": sum(len(each.fields) for each in drift.added),
            "unknown": drift.unknown,
            "unmanaged": len(drift.strangers),
            "pending": drift.pending if drift.remembered else None,
            "compared": drift.compared,
        },
        "drift": [_object(each) for each in drift.objects],
        "added": [_object(each) for each in drift.added],
        "unmanaged": [_stranger(each) for each in drift.strangers],
        "not_compared": [str(address) for address in drift.unclear],
        "problems": [problem_document(problem) for problem in drift.problems],
    }


def _object(each: DriftedObject) -> dict[str, Json]:
    return {
        "address": str(each.address),
        "name": each.name,
        "what": each.what,
        "live_id": each.live_id or None,
        "note": each.note or None,
        "when": each.when or None,
        **_seen(each.seen),
        "versions": [
            {name: _seen(version)[name] for name in ("version", "changed_at", "comment", "source")}
            for version in each.versions
        ],
        "fields": [_field(field) for field in each.fields],
    }


def _field(field: DriftField) -> dict[str, Json]:
    plain = {
        "path": field.path,
        "before": side_of(field.before),
        "after": side_of(field.after),
        "cause": field.cause,
    }
    plain |= {name: said for name, said in (("reason", field.reason), ("title", field.title)) if said}
    return {**plain, "wanted": side_of(field.wanted)} if field.cause == "conflict" else plain


def _stranger(each: Stranger) -> dict[str, Json]:
    return {"kind": each.kind, "live_id": each.live_id, "name": each.name, **_seen(each.seen)}


def _seen(seen: LastChange) -> Mapping[str, Json]:
    return {name: value or None for name, value in zip(LastChange._fields, seen, strict=True)}
