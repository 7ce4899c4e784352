"""A request and how it ended, as values, and what leads from one to the other.

The network knows them, and so do those who only read what came of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Protocol

from syncer.api.outcomes import BY_FAULT, Fault
from syncer.model.calls import Outcome
from syncer.model.json_values import Json


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of a service; `path` stands below its base URL, ids percent-encoded, query included.

    The rest is filled in by the transports that know it, for those below: whether it `writes`, until when (by the
    effects' clock) it may be tried, and the `mark` that all tries of it have in common.
    """

    service: str
    method: str
    path: str
    content: bytes | None = field(default=None, repr=False)
    writes: bool = False
    until: float = float("inf")
    mark: str = ""

    @property
    def title(self) -> str:
        """`PUT /v1/entity/schemas/contact`, without a query."""
        return f"{self.method} {self.path.partition('?')[0]}"


@dataclass(frozen=True, slots=True)
class Reply:
    """How a request ended. `status` 0: no reply came. `fault` stands only where no status speaks for itself. `body`:
    decoded JSON of a success or of a refusal, else None. `detail`: what is known beyond the table's words, in ours;
    never the text of an exception."""

    outcome: Outcome
    status: int = 0
    fault: Fault = ""
    body: Json = None
    detail: str = ""
    retry_after: str = ""
    date: str = ""
    request_id: str = ""

    @property
    def words(self) -> str:
        """Why there is no readable success: `connection refused …`, `503 Service Unavailable`."""
        return self.detail or (BY_FAULT[self.fault].when if self.fault else status_line(self.status))


class Transport(Protocol):
    """Safe among threads."""

    def send(self, request: Request) -> Reply:
        """How the request ended; raises for nothing that the network or the platform does, ForbiddenCall for a call
        that may not be made."""


RENAMED = {413: "Request Entity Too Large", 416: "Requested Range Not Satisfiable", 422: "Unprocessable Entity"}
"""Statuses that Python 3.13 calls by other names than 3.11: what syncer says depends on no interpreter."""


def status_line(status: int) -> str:
    """`404 Not Found`; only the number where it has no name."""
    try:
        return f"{status} {RENAMED.get(status) or HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
