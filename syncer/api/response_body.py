"""The body of a reply: unpacked under a cap and a deadline, read as strict JSON, or fetched from where it stands."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Final

from syncer.api.allowlist import ForbiddenCall
from syncer.api.outcomes import Fault
from syncer.api.reply import Reply, Request, Transport
from syncer.documents.strict_json import NotJson, TooManyValues, decode
from syncer.model.json_values import Json

_MARKUP: Final = ("text/html", "application/xhtml+xml", "text/xml", "application/xml")
FREE_BYTES: Final = 1 << 20
MOST_UNPACKED: Final = 200
"""How many times its size a reply may unpack to, beyond `FREE_BYTES`. Objects that are alike in all but their id reach
150 (docs/platform.md#large-replies); what is made to overwhelm whoever unpacks it, 1,000."""

_UTF8: Final = frozenset({"", "utf-8", "utf8", "us-ascii", "ascii"})


def read_body(raw: bytes, content_type: str) -> tuple[Fault, Json, str]:
    """(fault, JSON, why it is none) of a reply's decoded bytes."""
    kind, _, rest = content_type.lower().partition(";")
    if not raw:  # whatever type it claims: servers name one for a 204 too
        return "empty", None, ""
    if kind.strip() in _MARKUP:
        return "markup", None, f"the reply is `{kind.strip()}`, not JSON: a proxy, portal or firewall answered"
    charset = re.search(r"charset\s*=\s*\"?([^\s\";]*)", rest)
    if charset and charset[1] not in _UTF8:
        return "encoding", None, "the reply is not in UTF-8"
    try:
        value = decode(raw)
    except TooManyValues as bad:
        return "too-large", None, f"the reply {bad}"
    except NotJson as bad:
        return "not-json", None, f"the reply is no JSON that can be trusted: it {bad}"
    if not isinstance(value, dict | list):
        return "not-json", None, "the reply is neither an object nor a list"
    return "", value, ""


class BadBody(Exception):
    """A body that could not be read whole; holds the fault and words for people."""

    def __init__(self, fault: Fault, detail: str) -> None:
        self.fault = fault
        self.detail = detail
        super().__init__(fault)


def unpacked(
    pieces: Iterable[bytes], encoding: str, cap: int, until: float, clock: Callable[[], float]
) -> Iterator[bytes]:
    """The decoded bytes, piece by piece: never more than the cap in memory, whatever they unpack to.

    BadBody for more than `cap` bytes, for more than real JSON ever unpacks to, for broken compression, and when the
    clock passes `until`. `encoding`: of the header, or "".
    """
    total = 0
    for piece in _inflated(pieces, encoding.strip().lower(), cap):
        total += len(piece)
        if total > cap:
            raise BadBody("too-large", f"the reply is larger than {cap:,} bytes")
        if clock() > until:
            raise BadBody("deadline", "the reply took too long")
        yield piece


def _inflated(pieces: Iterable[bytes], encoding: str, cap: int) -> Iterator[bytes]:
    if encoding in {"", "identity"}:
        yield from pieces
        return
    if encoding not in {"gzip", "x-gzip"}:
        raise BadBody("encoding", "the reply is compressed in a way that was not asked for")
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    packed_bytes = unpacked_bytes = 0
    try:
        for packed in pieces:
            rest = packed
            packed_bytes += len(packed)
            while rest:
                if unpacker.eof:
                    raise BadBody("encoding", "the reply goes on behind its compressed part")
                piece = unpacker.decompress(rest, min(cap + 1, 1 << 20))
                unpacked_bytes += len(piece)
                if unpacked_bytes > max(FREE_BYTES, MOST_UNPACKED * packed_bytes):
                    raise BadBody("too-large", f"the reply unpacks to more than {MOST_UNPACKED} times its size")
                yield piece
                rest = unpacker.unconsumed_tail or unpacker.unused_data
    except zlib.error:
        raise BadBody("encoding", "the reply's compression is broken") from None
    if not unpacker.eof:
        raise BadBody("encoding", "the reply's compression breaks off")


class LargeReplyTransport:
    """Fetches a reply that stands elsewhere, by `bare`, which knows no token (docs/platform.md#large-replies)."""

    def __init__(self, inner: Transport, bare: Transport) -> None:
        self._inner = inner
        self._bare = bare

    def send(self, request: Request) -> Reply:
        """As `Transport`; AMBIGUOUS where the reply is named and cannot be fetched."""
        reply = self._inner.send(request)
        reference = reply.body.get("$payload_ref") if isinstance(reply.body, dict) else None
        if reply.outcome == "APPLIED" and isinstance(reference, str) and set(reply.body) == {"$payload_ref"}:
            return self._fetched(reference, reply)
        return reply

    def _fetched(self, url: str, reply: Reply) -> Reply:
        try:
            fetched = self._bare.send(Request("", "GET", url))
        except ForbiddenCall:
            return replace(reply, outcome="AMBIGUOUS", fault="payload", body=None,
                           detail="its large reply is said to be where syncer does not fetch from")  # fmt: skip
        if fetched.outcome == "APPLIED":
            return replace(reply, body=fetched.body)
        return replace(reply, outcome="AMBIGUOUS", fault="payload", body=None,
                       detail=f"its large reply cannot be fetched: {fetched.words}")  # fmt: skip
