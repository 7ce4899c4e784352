"""The table of outcomes: each end of a request, its class, and what may be sent again."""

from __future__ import annotations

from typing import get_args

import pytest

from syncer.api.outcomes import BY_FAULT, BY_STATUS, Fault, again, classify, table
from syncer.model.calls import Outcome

ENDS = {
    # end: (method, status, fault, outcome, a read is asked again, a write is sent again)
    "created": ("POST", 201, "", "APPLIED", False, False),
    "accepted without body": ("PATCH", 202, "empty", "APPLIED", False, False),
    "no content": ("PATCH", 204, "empty", "APPLIED", False, False),
    "deleted, 200 and empty": ("DELETE", 200, "empty", "APPLIED", False, False),
    "B10 created and empty": ("POST", 201, "empty", "AMBIGUOUS", False, False),
    "B10 a read with no content": ("GET", 204, "empty", "AMBIGUOUS", False, False),
    "B10 put and empty": ("PUT", 200, "empty", "AMBIGUOUS", False, False),
    "B09 a login page": ("GET", 200, "markup", "AMBIGUOUS", False, False),
    "B12 not strict JSON": ("PUT", 200, "not-json", "AMBIGUOUS", False, False),
    "B12 broken compression": ("PUT", 200, "encoding", "AMBIGUOUS", True, False),
    "B05 broken after the status": ("POST", 201, "read", "AMBIGUOUS", True, False),
    "B08 no end known": ("GET", 200, "cut", "AMBIGUOUS", True, False),
    "B25 too large": ("GET", 200, "too-large", "AMBIGUOUS", False, False),
    "delete answered by a portal": ("DELETE", 200, "markup", "AMBIGUOUS", False, False),
    "B13 moved": ("POST", 301, "", "AMBIGUOUS", False, False),
    "B13 see other": ("POST", 303, "markup", "AMBIGUOUS", False, False),
    "B13 temporary": ("GET", 307, "", "AMBIGUOUS", False, False),
    "bad request": ("POST", 400, "", "REJECTED", False, False),
    "B21 unauthorised": ("PUT", 401, "", "REJECTED", False, False),
    "B22 forbidden, by a firewall's page": ("PUT", 403, "markup", "REJECTED", False, False),
    "B23 not found": ("PUT", 404, "", "REJECTED", False, False),
    "C15 not allowed": ("PUT", 405, "", "REJECTED", False, False),
    "C14 conflict": ("PUT", 409, "", "REJECTED", False, False),
    "precondition failed": ("PUT", 412, "", "REJECTED", False, False),
    "precondition failed, without a body": ("DELETE", 412, "empty", "REJECTED", False, False),
    "locked": ("PATCH", 423, "", "REJECTED", False, False),
    "precondition required": ("PUT", 428, "", "REJECTED", False, False),
    "refused, body broken off": ("PUT", 422, "read", "REJECTED", False, False),
    "B14 too many": ("POST", 429, "", "REJECTED", True, True),
    "request timeout": ("POST", 408, "", "AMBIGUOUS", True, False),
    "gone": ("POST", 410, "", "AMBIGUOUS", False, False),
    "teapot": ("POST", 418, "markup", "AMBIGUOUS", False, False),
    "B19 internal error": ("POST", 500, "", "AMBIGUOUS", True, False),
    "B18 gateway's page": ("GET", 502, "markup", "AMBIGUOUS", True, False),
    "unavailable": ("DELETE", 503, "empty", "AMBIGUOUS", True, False),
    "gateway timeout": ("PUT", 504, "", "AMBIGUOUS", True, False),
    "odd status": ("PUT", 700, "", "AMBIGUOUS", False, False),
    "B01 no such host": ("POST", 0, "name", "NOT_SENT", True, True),
    "B01 refused": ("POST", 0, "connect", "NOT_SENT", True, True),
    "B01 connecting takes long": ("POST", 0, "connect-timeout", "NOT_SENT", True, True),
    "B01 handshake fails": ("POST", 0, "tls", "NOT_SENT", True, True),
    "B01 no free connection": ("POST", 0, "pool-timeout", "NOT_SENT", True, True),
    "B27 bad certificate": ("POST", 0, "certificate", "NOT_SENT", False, False),
    "B26 proxy says no": ("POST", 0, "proxy", "NOT_SENT", False, False),
    "B20 circuit open": ("POST", 0, "circuit", "NOT_SENT", False, False),
    "interrupted before its turn": ("POST", 0, "turn", "NOT_SENT", False, False),
    "B02 B03 no reply in time": ("POST", 0, "read-timeout", "AMBIGUOUS", True, False),
    "B04 broken while sending": ("POST", 0, "write", "AMBIGUOUS", True, False),
    "B06 disconnected": ("POST", 0, "protocol", "AMBIGUOUS", True, False),
    "B24 trickles": ("PUT", 0, "deadline", "AMBIGUOUS", True, False),
    "no status, no fault": ("PUT", 0, "", "AMBIGUOUS", True, False),
}


@pytest.mark.parametrize(("method", "status", "fault", "outcome", "read", "write"), ENDS.values(), ids=ENDS)
def test_an_end_has_one_class(
    method: str, status: int, fault: Fault, outcome: Outcome, read: bool, write: bool
) -> None:
    assert classify(method, status=status, fault=fault) == outcome
    assert again(method, writes=False, status=status, fault=fault) is read
    assert again(method, writes=True, status=status, fault=fault) is write


def test_every_status_and_fault_has_a_class_and_a_write_is_resent_only_when_nothing_was_done() -> None:
    for status in range(1000):
        for fault in get_args(Fault):
            for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
                outcome = classify(method, status=status, fault=fault)
                assert outcome in get_args(Outcome)
                if again(method, writes=True, status=status, fault=fault):
                    assert outcome == "NOT_SENT" or status == 429
                if outcome == "APPLIED":
                    assert status // 100 == 2


def test_every_fault_is_in_the_table() -> None:
    assert set(get_args(Fault)) - {""} == set(BY_FAULT)


def test_the_table_can_be_printed() -> None:
    rows = table()
    assert [row[0] for row in rows] == [*BY_STATUS, *BY_FAULT]
    assert {row[0]: (row[2], row[3]) for row in rows if row[0] in {"2xx", "429", "5xx", "connect", "certificate"}} == {
        "2xx": ("APPLIED", "never"),
        "429": ("REJECTED", "reads and writes"),
        "5xx": ("AMBIGUOUS", "reads"),
        "connect": ("NOT_SENT", "reads and writes"),
        "certificate": ("NOT_SENT", "never"),
    }
