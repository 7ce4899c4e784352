"""The first check of a call: what it lets through, and what those below are told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from syncer.api.allowlist import AllowListTransport, ForbiddenCall
from syncer.api.reply import Reply, Request
from tests.api.transports import Replies

CALLS = {
    # case: (request, whether it writes; None: nobody may make it)
    "read": (Request("workflow", "GET", "/v1/workflows/closing-reasons"), False),
    "read by POST": (Request("entity", "POST", "/v1/entity:list", b"{}"), False),
    "write": (Request("workflow", "PUT", "/v2/flows/templates/f1", b"{}"), True),
    "a write that says it reads": (Request("workflow", "POST", "/v1/workflows/closing-reasons", writes=False), True),
    "wipe": (Request("entity", "POST", "/v1/entity:wipeAllEntities"), None),
    "another service's": (Request("app", "GET", "/v1/workflows/closing-reasons"), None),
    "purge": (Request("entity", "DELETE", "/v1/entity/schemas/a?purge=true"), None),
}


@pytest.mark.parametrize("read_only", [True, False])
@pytest.mark.parametrize(("request_", "writes"), CALLS.values(), ids=CALLS)
def test_the_allow_list(request_: Request, writes: bool | None, read_only: bool) -> None:
    inner, done = Replies(Reply("APPLIED", 200)), Reply("APPLIED", 200)
    transport = AllowListTransport(inner, read_only=read_only)
    if writes is None or (writes and read_only):
        with pytest.raises(ForbiddenCall, match=f"^`{request_.title}` of {request_.service} is not a call this run"):
            transport.send(request_)
        assert inner.seen == []
    else:
        assert transport.send(request_) == done
        assert inner.seen == [replace(request_, writes=writes)]
