"""Which calls may be made at all: the table against the published definitions, and crafted paths against the table."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from syncer.api.routes import READS, WRITES, classify_call

CALLS = {
    # case: (service, method, path, what it is)
    "list": ("entity", "GET", "/v2/entity/schemas?full=true&latest=true", "read"),
    "one": ("entity", "GET", "/v1/entity/schemas/contact?latest=true", "read"),
    "search": ("entity", "POST", "/v1/entity:list", "read"),
    "batch": ("automation", "POST", "/v1/automation/flows:batchGet", "read"),
    "preview": ("data_governance", "POST", "/contact/query", "read"),
    "put schema": ("entity", "PUT", "/v1/entity/schemas/contact", "write"),
    "limits enforced": ("workflow", "POST", "/v2/flows/templates?enforce_limits=true", "write"),
    "import": ("workflow", "POST", "/v2/flows/templates/import", "write"),
    "promote": ("app", "POST", "/v1/app/a1/promote-to/1.2.3", "write"),
    "upsert retention": ("data_governance", "POST", "/contact/configs", "write"),
    "encoded id": ("workflow", "PUT", "/v2/flows/templates/a%20b%C3%A4", "write"),
    "T18 wipe": ("entity", "POST", "/v1/entity:wipeAllEntities", None),
    "T18 purge": ("entity", "DELETE", "/v1/entity/schemas/contact?purge=true", None),
    "T18 purge, encoded": ("entity", "DELETE", "/v1/entity/schemas/contact?%70urge=true", None),
    "T18 purge of an entity": ("entity", "DELETE", "/v1/entity/contact/1?purge=true", None),
    "draft": ("entity", "PUT", "/v1/entity/schemas/contact?draft=true", None),
    "a job": ("data_governance", "POST", "/configs/c1/jobs", None),
    "a job, the other way": ("data_governance", "POST", "/contact/jobs", None),
    "a credential": ("permissions", "GET", "/v1/sandbox/pipelines/p/token", None),
    "another service's path": ("app", "PUT", "/v1/entity/schemas/contact", None),
    "unknown service": ("wipe", "GET", "/v1/app", None),
    "T18 dots": ("app", "DELETE", "/v1/app/..", None),
    "T18 encoded dots": ("app", "DELETE", "/v1/app/%2e%2e", None),
    "T18 encoded slash": ("app", "POST", "/v1/app/x%2f..%2f..%2fv1%2fentity", None),
    "T18 encoded twice": ("app", "POST", "/v1/app/x%252f", None),
    "T18 encoded question mark": ("entity", "DELETE", "/v1/entity/schemas/a%3fpurge=true", None),
    "T18 colon": ("entity", "PUT", "/v1/entity/schemas/a:b", None),
    "T18 fragment": ("app", "DELETE", "/v1/app/a#b", None),
    "T18 line break": ("app", "DELETE", "/v1/app/a%0d%0ax", None),
    "T18 bidi": ("app", "DELETE", "/v1/app/%E2%80%AE", None),
    "empty id": ("app", "DELETE", "/v1/app/", None),
    "relative": ("app", "GET", "v1/app", None),
    "lower case method": ("app", "get", "/v1/app", None),
}


@pytest.mark.parametrize(("service", "method", "path", "expected"), CALLS.values(), ids=CALLS)
def test_a_call(service: str, method: str, path: str, expected: str | None) -> None:
    assert classify_call(service, method, path) == expected


def test_no_call_is_both() -> None:
    for service in READS:
        assert not set(READS[service]) & set(WRITES[service])


DEFINITIONS = {
    "entity": ("entity", ""),
    "workflow": ("workflow-definition", ""),
    "app": ("app", ""),
    "automation": ("automation", ""),
    "data_governance": ("data-governance.newer", "/data-governance/v1"),
}


@pytest.mark.parametrize("service", DEFINITIONS)
def test_every_call_is_published(service: str) -> None:
    name, prefix = DEFINITIONS[service]
    file = Path(__file__).parents[2] / ".." / "shared" / "openapi" / f"{name}.json"
    if not file.is_file():
        pytest.skip("the published definitions are not beside this checkout")
    paths = json.loads(file.read_text("utf-8"))["paths"]
    published = {
        f"{method.upper()} {re.sub(r'{[^}]*}', '{}', path.removeprefix(prefix))}"
        for path in paths
        for method in paths[path]
    }
    ours = {re.sub(r"{[^}]*}", "{}", call) for call in (*READS[service], *WRITES[service])}
    assert ours - published == set()
