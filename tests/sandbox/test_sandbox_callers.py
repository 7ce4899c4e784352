"""Whom the sandbox answers on a socket: calls by its own address, and no page of another site."""

from __future__ import annotations

import socket
import threading
from typing import Any

import httpx
import pytest

pytest.importorskip("waitress", reason="the sandbox's extra is not installed")

from syncer.sandbox.control.callers import Callers
from syncer.sandbox.options import Options
from syncer.sandbox.server import Organisation, create_app, serve
from tests.support.patience import PATIENCE, until

REASONS = "/v1/workflows/closing-reasons"

CALLS: dict[str, tuple[str, str, bool]] = {
    # case: (the host it was started with, port 8787; the Host header; whether it is answered)
    "its own": ("127.0.0.1", "127.0.0.1:8787", True),
    "the name of this machine to itself": ("127.0.0.1", "localhost:8787", True),
    "in capitals": ("127.0.0.1", "LOCALHOST:8787", True),
    "another address of the loopback": ("127.0.0.1", "127.0.0.5:8787", True),
    "the loopback of the other family": ("127.0.0.1", "[::1]:8787", True),
    "started by name": ("localhost", "localhost:8787", True),
    "started by name, called by address": ("localhost", "127.0.0.1:8787", True),
    "of six bytes": ("::1", "[::1]:8787", True),
    "of six bytes, called by name": ("::1", "localhost:8787", True),
    "another port": ("127.0.0.1", "127.0.0.1:8788", False),
    "no port": ("127.0.0.1", "127.0.0.1", False),
    "a name that leads here": ("127.0.0.1", "evil.example:8787", False),
    "a name that begins so": ("127.0.0.1", "127.0.0.1.evil.example:8787", False),
    "a name that ends so": ("127.0.0.1", "evil.localhost:8787", False),
    "a user before it": ("127.0.0.1", "127.0.0.1:8787@evil.example", False),
    "two at once": ("127.0.0.1", "evil.example, 127.0.0.1:8787", False),
    "an address outside": ("127.0.0.1", "192.0.2.7:8787", False),
    "none": ("127.0.0.1", "", False),
    "nonsense": ("127.0.0.1", "127.0.0.1:x", False),
    "of the network, its own": ("192.0.2.7", "192.0.2.7:8787", True),
    "of the network, called as the loopback": ("192.0.2.7", "localhost:8787", False),
    "of the network, called by a name": ("192.0.2.7", "evil.example:8787", False),
    "all addresses, by one": ("0.0.0.0", "192.0.2.7:8787", True),  # noqa: S104  it is not bound here
    "all addresses, through another port": ("0.0.0.0", "192.0.2.7:9000", True),  # noqa: S104
    "all addresses, as the loopback": ("::", "localhost:8787", True),
    "all addresses, as this machine": ("::", f"{socket.gethostname()}:8787", True),
    "all addresses, by a name": ("0.0.0.0", "evil.example:8787", False),  # noqa: S104
}


def app(environ: Any, start_response: Any) -> list[bytes]:
    """What stands behind the check."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"answered"]


def ask(host: str, **headers: str) -> httpx.Response:
    with httpx.Client(transport=httpx.WSGITransport(Callers(app, host, 8787)), base_url="http://x") as client:
        return client.get("/_sandbox/requests", headers=headers)


@pytest.mark.parametrize(("host", "called", "answered"), CALLS.values(), ids=CALLS)
def test_the_host_that_is_called(host: str, called: str, answered: bool) -> None:
    objection = Callers(app, host, 8787).objection(called, None)
    at = f"[{host}]" if ":" in host else host
    said = f"the sandbox answers at http://{at}:8787 only, and the Host header names another host"
    assert objection == ("" if answered else said)


ORIGINS = {
    # Origin header: whether it is answered
    "http://127.0.0.1:8787": True,
    "http://localhost:8787": True,
    "http://127.0.0.1:3000": False,
    "https://127.0.0.1:8787": False,
    "http://evil.example": False,
    "http://evil.example:8787": False,
    "http://127.0.0.1:8787.evil.example": False,
    "null": False,
    "": False,
}


@pytest.mark.parametrize(("origin", "answered"), ORIGINS.items(), ids=ORIGINS)
def test_the_site_that_calls(origin: str, answered: bool) -> None:
    answer = ask("127.0.0.1", Host="127.0.0.1:8787", Origin=origin)
    assert answer.status_code == (200 if answered else 403)
    if not answered:
        said = "the sandbox answers at http://127.0.0.1:8787 only, and the Origin header names another site"
        assert answer.json() == {"message": said}


def test_on_a_port_that_needs_no_word() -> None:
    assert Callers(app, "192.0.2.7", 80).objection("192.0.2.7", "http://192.0.2.7") == ""
    assert Callers(app, "192.0.2.7", 80).objection("192.0.2.7:80", "http://192.0.2.7:80") == ""
    assert Callers(app, "192.0.2.7", 80).objection("192.0.2.7:8080", None) != ""


@pytest.fixture(scope="module")
def url() -> str:
    application = create_app(":memory:", [Organisation("739224", "t")], options=Options())
    with socket.socket() as finder:
        finder.bind(("127.0.0.1", 0))
        port = finder.getsockname()[1]
    threading.Thread(target=serve, args=(application, "127.0.0.1", port), daemon=True).start()

    def answers() -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{port}/_sandbox/faults", trust_env=False, timeout=PATIENCE).is_success
        except httpx.ConnectError:
            return False

    until(answers, "the sandbox")
    return f"http://127.0.0.1:{port}"


def test_a_socket_answers_by_its_address_alone(url: str) -> None:
    """Before anything reads the request: what is refused is in no log, and strikes no fault."""
    with httpx.Client(base_url=url, trust_env=False, timeout=PATIENCE, headers={"Authorization": "Bearer t"}) as client:
        client.delete("/_sandbox/requests")
        for name, value in (("Host", "evil.example"), ("Origin", "http://evil.example")):
            for method, path in (("GET", REASONS), ("POST", REASONS), ("POST", "/_sandbox/faults"), ("GET", "/none")):
                answer = client.request(method, path, json={"drop": True}, headers={name: value})
                assert (answer.status_code, list(answer.json())) == (403, ["message"])
        assert client.get("/_sandbox/faults").json() == {"faults": []}
        assert client.get("/_sandbox/requests").json() == {"requests": [], "total": 0}
        assert client.get(REASONS, headers={"Host": url.removeprefix("http://").replace("127.0.0.1", "localhost")})
        assert client.get("/_sandbox/requests").json()["total"] == 1
