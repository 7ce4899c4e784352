"""Large replies: those that stand elsewhere, and those that become far larger than they come."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator

import httpx
import pytest

from benchmarks import manifests
from syncer.api.allowlist import ForbiddenCall
from syncer.api.endpoints import services
from syncer.api.options import TransportOptions
from syncer.api.rate_limit import RateLimit
from syncer.api.reply import Reply, Request
from syncer.api.response_body import FREE_BYTES, BadBody, LargeReplyTransport, read_body, unpacked
from syncer.api.transport import Sender
from syncer.fs.clock import Effects
from syncer.model.json_values import Json, Secret
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


def whole(packed: bytes, piece: int = 700, cap: int = 1 << 26) -> bytes:
    """What a reply of these compressed bytes unpacks to."""
    pieces: Iterator[bytes] = (packed[start : start + piece] for start in range(0, len(packed), piece))
    return b"".join(unpacked(pieces, "gzip", cap, float("inf"), lambda: 0.0))


BOMBS = {
    # case: what is compressed, far beyond what real JSON comes to
    "empty mappings": b"[" + b"{}," * 1_000_000 + b"{}]",
    "spaces": b" " * 3_000_000,
    "one text": b'"' + b"x" * 3_000_000 + b'"',
    "behind a real one": json.dumps([manifests.flow(each, 9) for each in range(100)]).encode() + b"{}," * 3_000_000,
}


@pytest.mark.parametrize("piece", [1, 700, 1 << 20])
@pytest.mark.parametrize("content", BOMBS.values(), ids=BOMBS)
def test_b25_a_reply_that_unpacks_to_far_more_is_read_no_further(content: bytes, piece: int) -> None:
    with pytest.raises(BadBody) as caught:
        whole(gzip.compress(content), piece)
    assert (caught.value.fault, caught.value.detail) == (
        "too-large",
        "the reply unpacks to more than 200 times its size",
    )


def test_b25_little_may_unpack_to_any_number_of_times_its_size() -> None:
    content = b"[" + b" " * (FREE_BYTES - 2) + b"]"
    assert whole(gzip.compress(content)) == content


REAL = {
    # case: objects as the platform lists them; the copies differ in their id only, and compress as nothing real does
    "closing reasons": [manifests.reason(each)["spec"] for each in range(33_000)],
    "copies of a flow": [manifests.flow(1, 1000)["spec"] | {"id": each} for each in range(1000)],
    "copies of a schema": [manifests.schema(1)["spec"] | {"id": each} for each in range(1000)],
}


@pytest.mark.parametrize("objects", REAL.values(), ids=REAL)
def test_b25_real_objects_by_the_thousand_are_no_bomb(objects: list[Json]) -> None:
    content = json.dumps({"results": objects}, separators=(",", ":")).encode()
    assert read_body(whole(gzip.compress(content, 9)), "application/json") == ("", {"results": objects}, "")


PACKED = gzip.compress(b'{"results":[' + b"{}," * 1_000_000 + b"{}]}")
PLAIN = b'{"results":[' + b"{}," * 1_000_000 + b"{}]}"
BOMB_ENDS = {
    # case: (status, body, whether it stands elsewhere, the end in outcome and words)
    "packed": (200, PACKED, False, "AMBIGUOUS", "the reply unpacks to more than 200 times its size"),
    "plain": (200, PLAIN, False, "AMBIGUOUS", "the reply holds more than 400,001 values in 3,000,016 bytes"),
    "an error's, packed": (400, PACKED, False, "REJECTED", "400 Bad Request"),
    "an error's, plain": (500, PLAIN, False, "AMBIGUOUS", "500 Internal Server Error"),
    "elsewhere": (
        200, PACKED, True, "AMBIGUOUS",
        "its large reply cannot be fetched: the reply unpacks to more than 200 times its size",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("status", "body", "elsewhere", "outcome", "words"), BOMB_ENDS.values(), ids=BOMB_ENDS)
def test_b25_what_a_bomb_comes_to(status: int, body: bytes, elsewhere: bool, outcome: str, words: str) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        if elsewhere and request.url.host != "s3.example":
            return httpx.Response(200, json={"$payload_ref": URL})
        return httpx.Response(status, content=body, headers={"content-encoding": "gzip"} if body is PACKED else {})

    effects = Effects(lambda: 0.0, lambda: 0.0, lambda seconds: None, lambda: 0.5)
    options = TransportOptions(effects, wire=httpx.MockTransport(handler))
    bases = services(server="https://entity.sls.epilot.io")
    door = Sender(bases, Secret("EPILOT_TOKEN", "t"), read_only=False, pace=RateLimit(1.0, effects), options=options)
    end = door.send(PUT)
    assert (end.outcome, end.body, end.words) == (outcome, None, words)
