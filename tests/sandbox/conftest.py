"""A sandbox for each test, in this process: no socket, no file, a clock that the test turns."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

pytest.importorskip("flask", reason="the sandbox's extra is not installed")

from syncer.sandbox.options import Options
from syncer.sandbox.server import Organisation, create_app

ALPHA = "alpha"


@dataclass
class Box:
    """A running sandbox, clients for its organisations, and its clock."""

    options: Options
    moment: datetime = datetime(2026, 3, 2, 9, 14, 3, tzinfo=UTC)
    clients: dict[str, httpx.Client] = field(default_factory=dict)

    def __post_init__(self) -> None:
        numbers = itertools.count(1)
        self.app = create_app(
            ":memory:",
            [
                Organisation("739224", "alpha"),
                Organisation("739224", "reader", read_only=True),
                Organisation("911042", "beta"),
            ],
            options=self.options,
            now=lambda: self.moment,
            new_id=lambda: str(uuid.UUID(int=next(numbers), version=4)),
        )

    def turn(self, **by: float) -> None:
        """Let time pass."""
        self.moment += timedelta(**by)

    def client(self, token: str = ALPHA, **headers: str) -> httpx.Client:
        """A client with that token."""
        headers["Authorization"] = f"Bearer {token}"
        transport = httpx.WSGITransport(self.app)
        return httpx.Client(transport=transport, base_url="http://sandbox", headers=headers)

    def ask(self, call: str, body: Any = None, token: str = ALPHA, **headers: str) -> httpx.Response:
        """`ask("PUT /v1/…", {…})`."""
        if token not in self.clients:
            self.clients[token] = self.client(token)
        method, path = call.split(" ", 1)
        return self.clients[token].request(method, path, json=body, headers=headers)

    def get(self, call: str, body: Any = None, token: str = ALPHA) -> Any:
        """The JSON of an answer that must be a success."""
        answer = self.ask(call, body, token)
        assert answer.is_success, f"{call}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None


@pytest.fixture
def make_box() -> Callable[..., Box]:
    """A sandbox with switches: `make_box(flow_export=False)`."""
    return lambda **switches: Box(Options(**switches))


@pytest.fixture
def box(make_box: Callable[..., Box]) -> Box:
    """A sandbox as it comes."""
    return make_box()
