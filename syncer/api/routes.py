"""The calls syncer may make, as method and path below a service; whatever is not listed here is never sent.

A crafted id, a bug or a later kind's haste ends at this table: no wiping, no purging, no jobs, no credentials. Sources
of the paths: docs/platform.md#schema-calls, #flow-calls, #automations, #closing-reason-calls, #app-calls,
#retention-calls.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Literal
from urllib.parse import parse_qsl, unquote

READS: dict[str, tuple[str, ...]] = {
    "entity": (
        "GET /v1/entity/schemas",
        "GET /v2/entity/schemas",
        "GET /v1/entity/schemas/{slug}",
        "GET /v1/entity/schemas/{slug}/versions",
        "GET /v1/entity/schemas/{slug}/capabilities/available",
        "GET /v1/entity/views",
        "GET /v1/entity/view/{id}",
        "GET /v1/entity/taxonomies",
        "GET /v1/entity/taxonomies/{slug}",
        "GET /v2/entity/taxonomies/classifications/{slug}",
        "POST /v1/entity/taxonomies/classifications:search",
        "POST /v1/entity:list",
        "POST /v1/entity:search",
    ),
    "workflow": (
        "GET /v2/flows/templates",
        "GET /v2/flows/templates/{id}",
        "GET /v2/flows/templates/{id}/export",
        "POST /v2/flows/templates:search",
        "GET /v1/workflows/closing-reasons",
        "GET /v1/workflows/closing-reasons/{id}",
        "GET /v2/workflows/closing-reasons/{id}",
        "GET /v1/workflows/limits/max-allowed",
        "GET /v1/workflows/definitions",
        "GET /v1/workflows/definitions/{id}",
        "GET /v1/workflows/definitions/{id}/closing-reasons",
    ),
    "automation": (
        "GET /v1/automation/flows",
        "GET /v1/automation/flows/{id}",
        "POST /v1/automation/flows:batchGet",
    ),
    "app": (
        "GET /v1/app",
        "GET /v1/app/{id}",
        "GET /v1/app-configurations",
        "GET /v1/app-configurations/public",
        "GET /v1/app-configurations/public/{id}",
        "GET /v1/app-configurations/{id}",
        "GET /v1/app-configurations/{id}/versions",
        "GET /v1/app-configurations/{id}/versions/{version}",
    ),
    "data_governance": (
        "GET /configs",
        "GET /configs/{id}",
        "GET /jobs",
        "GET /jobs/{id}",
        "POST /{schema}/query",
    ),
    "permissions": ("GET /v1/permissions/me",),
    "audit_log": ("POST /v1/logs",),
}

WRITES: dict[str, tuple[str, ...]] = {
    "entity": (
        "PUT /v1/entity/schemas/{slug}",
        "DELETE /v1/entity/schemas/{slug}",
    ),
    "workflow": (
        "POST /v2/flows/templates",
        "POST /v2/flows/templates/import",
        "PUT /v2/flows/templates/{id}",
        "DELETE /v2/flows/templates/{id}",
        "POST /v1/workflows/closing-reasons",
        "PATCH /v1/workflows/closing-reasons/{id}",
        "PATCH /v2/workflows/closing-reasons/{id}",
        "DELETE /v2/workflows/closing-reasons/{id}",
    ),
    "automation": (
        "POST /v1/automation/flows",
        "PUT /v1/automation/flows/{id}",
        "DELETE /v1/automation/flows/{id}",
    ),
    "app": (
        "POST /v1/app/{id}",
        "PATCH /v1/app/{id}",
        "DELETE /v1/app/{id}",
        "POST /v1/app/{id}/promote-to/{version}",
    ),
    "data_governance": ("POST /{schema}/configs",),
    "permissions": (),
    "audit_log": (),
}

_WRITE_QUERY = frozenset({"enforce_limits"})
"""What a writing call may carry as a query; `purge`, `draft` and the like are not there."""

_SEGMENT = r"(?:[A-Za-z0-9._~@-]|%[0-9A-Fa-f]{2})+"


def classify_call(service: str, method: str, path: str) -> Literal["read", "write"] | None:
    """Whether a call (`path`: as sent, below the service's base, with its query) reads, writes, or may not be made."""
    bare, _, query = path.partition("?")
    if misleads(bare):
        return None
    line = f"{method} {bare}"
    if _pattern(service, "read").fullmatch(line):
        return "read"
    if _pattern(service, "write").fullmatch(line) and {key for key, _ in parse_qsl(query, True)} <= _WRITE_QUERY:
        return "write"
    return None


@cache
def _pattern(service: str, effect: Literal["read", "write"]) -> re.Pattern[str]:
    templates = (READS if effect == "read" else WRITES).get(service, ())
    lines = (re.sub(r"\\\{\w+\\\}", lambda _: _SEGMENT, re.escape(each)) for each in templates)
    return re.compile("|".join(lines) or r"(?!)")


def misleads(path: str) -> bool:
    """Whether a part would be another path once a server has decoded it: `..`, an encoded slash, a control character.
    A literal `:` or `;` in an id fails the pattern itself: they start other operations."""
    parts = [unquote(part) for part in path.split("/")[1:]]
    return any(part in {"", ".", ".."} or not part.isprintable() or set(part) & set("/\\?#%") for part in parts)
