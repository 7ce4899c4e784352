"""Large replies, which stand elsewhere: what is fetched, and what stands in the reply where it cannot be."""

from __future__ import annotations

import pytest

from syncer.api.allowlist import ForbiddenCall
from syncer.api.reply import Reply, Request
from syncer.api.response_body import LargeReplyTransport
from syncer.model.json_values import Json
from tests.api.transports import Replies

URL = "https://s3.example/big?sig=abc"
PUT = Request("workflow", "PUT", "/v2/flows/templates/f1", b"{}", writes=True, mark="m")


def said(body: Json, status: int = 200) -> Reply:
    return Reply("APPLIED" if status == 200 else "REJECTED", status, body=body, request_id="r1")


def lost(why: str) -> Reply:
    return Reply("AMBIGUOUS", 200, "payload", None, f"its large reply {why}", request_id="r1")


LARGE = {
    # case: (reply, reply there, whether it is fetched, the end)
    "large": (said({"$payload_ref": URL}), Reply("APPLIED", 200, body=[1], request_id="r2"), True, said([1])),
    "small": (said({"id": "a"}), Reply("APPLIED", 200, body=[1]), False, said({"id": "a"})),
    "a list": (said([{"$payload_ref": URL}]), Reply("APPLIED", 200), False, said([{"$payload_ref": URL}])),
    "no text": (said({"$payload_ref": 1}), Reply("APPLIED", 200), False, said({"$payload_ref": 1})),
    "not alone": (
        said({"$payload_ref": URL, "a": 1}), Reply("APPLIED", 200), False, said({"$payload_ref": URL, "a": 1}),
    ),
    "refused": (said({"$payload_ref": URL}, 403), Reply("APPLIED", 200), False, said({"$payload_ref": URL}, 403)),
    "expired": (
        said({"$payload_ref": URL}), Reply("REJECTED", 403, body={"secret": 1}), True,
        lost("cannot be fetched: 403 Forbidden"),
    ),
    "elsewhere": (
        said({"$payload_ref": URL}), ForbiddenCall(URL), True, lost("is said to be where syncer does not fetch from"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("reply", "there", "fetched", "end"), LARGE.values(), ids=LARGE)
def test_a_large_reply(reply: Reply, there: Reply | Exception, fetched: bool, end: Reply) -> None:
    inner, bare = Replies(reply), Replies(there)
    assert LargeReplyTransport(inner, bare).send(PUT) == end
    assert (inner.seen, bare.seen) == ([PUT], [Request("", "GET", URL)] if fetched else [])
