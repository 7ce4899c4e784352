"""The table of outcomes: what a reply, or its absence, says about whether the platform did what was asked.

Every request ends in exactly one class (docs/outcomes.md). The table is data: the documentation prints it, a test
walks it, and nothing else in the project decides what a status means for a write.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from syncer.model.calls import Outcome

Fault = Literal[
    "", "name", "connect", "connect-timeout", "tls", "certificate", "pool-timeout", "proxy", "local", "circuit",
    "turn", "budget", "write", "write-timeout", "read", "read-timeout", "protocol", "deadline", "cut", "encoding",
    "too-large", "markup", "not-json", "empty", "payload",
]  # fmt: skip
"""What went wrong below or beside the status; "" when a whole, readable reply came."""


@dataclass(frozen=True, slots=True)
class OutcomeRow:
    """A line of the table: when it holds, what it means, whether a read is worth asking again, and why."""

    when: str
    outcome: Outcome
    again: bool
    why: str


BY_FAULT: dict[Fault, OutcomeRow] = {
    "name": OutcomeRow("the host's name is not found", "NOT_SENT", True, "nobody to send to"),
    "connect": OutcomeRow("the connection is refused or unreachable", "NOT_SENT", True, "no connection, no request"),
    "connect-timeout": OutcomeRow("connecting took too long", "NOT_SENT", True, "no connection, no request"),
    "tls": OutcomeRow("the TLS handshake failed", "NOT_SENT", True, "the request goes out after the handshake"),
    "certificate": OutcomeRow(
        "the host's certificate is not accepted", "NOT_SENT", False, "it won't be better next time"
    ),
    "pool-timeout": OutcomeRow(
        "no connection was free for too long", "NOT_SENT", True, "the request waited in this process"
    ),
    "proxy": OutcomeRow("the proxy refused or answered wrongly", "NOT_SENT", False, "no tunnel, no request"),
    "local": OutcomeRow("the request could not be built", "NOT_SENT", False, "nothing left this process"),
    "circuit": OutcomeRow("too many failures in a row: not even tried", "NOT_SENT", False, "nothing left this process"),
    "turn": OutcomeRow("its turn under the quota did not come in time", "NOT_SENT", False, "nothing left this process"),
    "budget": OutcomeRow(
        "the run's budget of repeated requests is spent", "NOT_SENT", False, "nothing left this process"
    ),
    "write": OutcomeRow("the connection broke while sending", "AMBIGUOUS", True, "the platform may have all it needs"),
    "write-timeout": OutcomeRow("sending took too long", "AMBIGUOUS", True, "the platform may have all it needs"),
    "read": OutcomeRow("the connection broke before a whole reply", "AMBIGUOUS", True, "the work may be done"),
    "read-timeout": OutcomeRow("no reply in time", "AMBIGUOUS", True, "the work may be done, or may still be"),
    "protocol": OutcomeRow("the reply is no HTTP, or none came", "AMBIGUOUS", True, "the work may be done"),
    "deadline": OutcomeRow("the reply trickled in past the deadline", "AMBIGUOUS", True, "the work may be done"),
    "cut": OutcomeRow("nothing says where the reply ends", "AMBIGUOUS", True, "half a list looks like a whole one"),
    "encoding": OutcomeRow("the reply's compression or character set is broken", "AMBIGUOUS", True, "unreadable"),
    "too-large": OutcomeRow("the reply is larger than any real one, or becomes so", "AMBIGUOUS", False, "unread"),
    "markup": OutcomeRow("a success with HTML or XML", "AMBIGUOUS", False, "a portal or firewall speaks, not the API"),
    "not-json": OutcomeRow("a success without strict JSON", "AMBIGUOUS", False, "unreadable"),
    "empty": OutcomeRow("a success without the body that is due", "AMBIGUOUS", False, "nothing says what was done"),
    "payload": OutcomeRow("a success whose large reply cannot be fetched", "AMBIGUOUS", True, "unread"),
}
BY_STATUS: dict[str, OutcomeRow] = {
    "2xx": OutcomeRow("a success, whole and readable", "APPLIED", False, "the platform says it is done"),
    "3xx": OutcomeRow(
        "a redirect", "AMBIGUOUS", False, "never followed: token and body stay with the host they were meant for"
    ),
    "400": OutcomeRow("bad request", "REJECTED", False, "the platform refused the content"),
    "401": OutcomeRow("unauthorised", "REJECTED", False, "the token is not accepted"),
    "403": OutcomeRow("forbidden", "REJECTED", False, "the token lacks a grant"),
    "404": OutcomeRow("not found", "REJECTED", False, "there is no such object"),
    "405": OutcomeRow("method not allowed", "REJECTED", False, "the platform has no such operation"),
    "409": OutcomeRow("conflict", "REJECTED", False, "the object exists or was changed meanwhile"),
    "412": OutcomeRow("precondition failed", "REJECTED", False, "the object is not as the request supposes"),
    "413": OutcomeRow("too large", "REJECTED", False, "refused before it was looked at"),
    "415": OutcomeRow("unsupported media type", "REJECTED", False, "refused before it was looked at"),
    "422": OutcomeRow("unprocessable", "REJECTED", False, "the platform refused the content"),
    "423": OutcomeRow("locked", "REJECTED", False, "somebody else holds the object"),
    "428": OutcomeRow("precondition required", "REJECTED", False, "refused before it was looked at"),
    "429": OutcomeRow("too many requests", "REJECTED", True, "nothing was done; may be sent again after the wait"),
    "408": OutcomeRow("request timeout", "AMBIGUOUS", True, "a gateway gave up; the service may not have"),
    "5xx": OutcomeRow(
        "a failure on the other side", "AMBIGUOUS", True, "the work may be done, half done or still going on"
    ),
    "other": OutcomeRow("any other status", "AMBIGUOUS", False, "not one the platform documents"),
}
BODILESS = frozenset({202, 204, 205})
"""Successes of a write that owe no body; a DELETE never owes one (docs/platform.md#errors)."""


def row_of(method: str, *, status: int = 0, fault: Fault = "") -> OutcomeRow:
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
