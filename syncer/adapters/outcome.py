"""The table of outcomes: what a reply, or its absence, says about whether the platform did what was asked.

Every request ends in exactly one class (docs/outcomes.md). The table is data: the documentation prints it, a test
walks it, and nothing else in the project decides what a status means for a write.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Outcome = Literal["NOT_SENT", "REJECTED", "APPLIED", "AMBIGUOUS"]
"""NOT_SENT: the platform never saw it. REJECTED: it said no and did nothing. APPLIED: it said yes, readably.
AMBIGUOUS: anything else; the object must be read before anybody decides."""

Fault = Literal[
    "", "name", "connect", "connect-timeout", "tls", "certificate", "pool-timeout", "proxy", "local", "circuit",
    "turn", "budget", "write", "write-timeout", "read", "read-timeout", "protocol", "deadline", "cut", "encoding",
    "too-large", "markup", "not-json", "empty", "payload",
]  # fmt: skip
"""What went wrong below or beside the status; "" when a whole, readable reply came."""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table: when it holds, what it means, whether a read is worth asking again, and why."""

    when: str
    outcome: Outcome
    again: bool
    why: str


BY_FAULT: dict[Fault, Row] = {
    "name": Row("the host's name is not found", "NOT_SENT", True, "nobody to send to"),
    "connect": Row("the connection is refused or unreachable", "NOT_SENT", True, "no connection, no request"),
    "connect-timeout": Row("connecting took too long", "NOT_SENT", True, "no connection, no request"),
    "tls": Row("the TLS handshake failed", "NOT_SENT", True, "the request goes out after the handshake"),
    "certificate": Row("the host's certificate is not accepted", "NOT_SENT", False, "it won't be better next time"),
    "pool-timeout": Row("no connection was free for too long", "NOT_SENT", True, "the request waited in this process"),
    "proxy": Row("the proxy refused or answered wrongly", "NOT_SENT", False, "no tunnel, no request"),
    "local": Row("the request could not be built", "NOT_SENT", False, "nothing left this process"),
    "circuit": Row("too many failures in a row: not even tried", "NOT_SENT", False, "nothing left this process"),
    "turn": Row("its turn under the quota did not come in time", "NOT_SENT", False, "nothing left this process"),
    "budget": Row("the run's budget of repeated requests is spent", "NOT_SENT", False, "nothing left this process"),
    "write": Row("the connection broke while sending", "AMBIGUOUS", True, "the platform may have all it needs"),
    "write-timeout": Row("sending took too long", "AMBIGUOUS", True, "the platform may have all it needs"),
    "read": Row("the connection broke before a whole reply", "AMBIGUOUS", True, "the work may be done"),
    "read-timeout": Row("no reply in time", "AMBIGUOUS", True, "the work may be done, or may still be"),
    "protocol": Row("the reply is no HTTP, or none came", "AMBIGUOUS", True, "the work may be done"),
    "deadline": Row("the reply trickled in past the deadline", "AMBIGUOUS", True, "the work may be done"),
    "cut": Row("nothing says where the reply ends", "AMBIGUOUS", True, "half a list looks like a whole one"),
    "encoding": Row("the reply's compression or character set is broken", "AMBIGUOUS", True, "unreadable"),
    "too-large": Row("the reply is larger than the cap", "AMBIGUOUS", False, "unread"),
    "markup": Row("a success with HTML or XML", "AMBIGUOUS", False, "a portal or firewall speaks, not the API"),
    "not-json": Row("a success without strict JSON", "AMBIGUOUS", False, "unreadable"),
    "empty": Row("a success without the body that is due", "AMBIGUOUS", False, "nothing says what was done"),
    "payload": Row("a success whose large reply cannot be fetched", "AMBIGUOUS", True, "unread"),
}

BY_STATUS: dict[str, Row] = {
    "2xx": Row("a success, whole and readable", "APPLIED", False, "the platform says it is done"),
    "3xx": Row(
        "a redirect", "AMBIGUOUS", False, "never followed: token and body stay with the host they were meant for"
    ),
    "400": Row("bad request", "REJECTED", False, "the platform refused the content"),
    "401": Row("unauthorised", "REJECTED", False, "the token is not accepted"),
    "403": Row("forbidden", "REJECTED", False, "the token lacks a grant"),
    "404": Row("not found", "REJECTED", False, "there is no such object"),
    "405": Row("method not allowed", "REJECTED", False, "the platform has no such operation"),
    "409": Row("conflict", "REJECTED", False, "the object exists or was changed meanwhile"),
    "413": Row("too large", "REJECTED", False, "refused before it was looked at"),
    "415": Row("unsupported media type", "REJECTED", False, "refused before it was looked at"),
    "422": Row("unprocessable", "REJECTED", False, "the platform refused the content"),
    "429": Row("too many requests", "REJECTED", True, "nothing was done; may be sent again after the wait"),
    "408": Row("request timeout", "AMBIGUOUS", True, "a gateway gave up; the service may not have"),
    "5xx": Row("a failure on the other side", "AMBIGUOUS", True, "the work may be done, half done or still going on"),
    "other": Row("any other status", "AMBIGUOUS", False, "not one the platform documents"),
}

BODILESS = frozenset({202, 204, 205})
"""Successes of a write that owe no body; a DELETE never owes one (docs/platform.md#errors)."""


def row_of(method: str, *, status: int = 0, fault: Fault = "") -> Row:
    """The line of the table for a request's end: its status (0 where none came) and the fault beside it.

    A fault decides where no status came, or beside a success, which must be readable to count; any other status
    speaks for itself, however its body is broken.
    """
    if status and status // 100 != 2:
        return BY_STATUS.get(str(status)) or BY_STATUS.get(f"{status // 100}xx") or BY_STATUS["other"]
    owes_nothing = method == "DELETE" or (status in BODILESS and method != "GET")
    if fault and not (fault == "empty" and owes_nothing):
        return BY_FAULT[fault]
    return BY_STATUS["2xx"] if status else BY_FAULT["protocol"]


def classify(method: str, *, status: int = 0, fault: Fault = "") -> Outcome:
    """Which of the four classes a request ended in."""
    return row_of(method, status=status, fault=fault).outcome


def again(method: str, *, writes: bool, status: int = 0, fault: Fault = "") -> bool:
    """Whether the request may be sent again: a read when it might go better, a write only if nothing was done."""
    row = row_of(method, status=status, fault=fault)
    return row.again and (not writes or row.outcome == "NOT_SENT" or status == 429)


def table() -> list[tuple[str, str, str, str, str]]:
    """The rows for the documentation: (what came, in words, outcome, what is sent again, why)."""
    rows: list[tuple[str, str, str, str, str]] = []
    for name, row in [*BY_STATUS.items(), *BY_FAULT.items()]:
        what = {(True, True): "reads and writes", (True, False): "reads"}.get(
            (row.again, row.outcome == "NOT_SENT" or name == "429"), "never"
        )
        rows.append((name, row.when, row.outcome, what, row.why))
    return rows
