"""The sandbox on a real socket: no stalls, many at once, and connections that break on demand."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

pytest.importorskip("waitress", reason="the sandbox's extra is not installed")

from syncer.sandbox.options import Options
from syncer.sandbox.seed import seed
from syncer.sandbox.server import Organisation, create_app, serve
from tests.support.patience import PATIENCE, until

REASONS = "/v1/workflows/closing-reasons"


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("socket") / "sandbox.db"


@pytest.fixture(scope="module")
def client(db: Path) -> Iterator[httpx.Client]:
    app = create_app(str(db), [Organisation("739224", "t")], options=Options(quota_per_minute=None))
    with socket.socket() as finder:
        finder.bind(("127.0.0.1", 0))
        port = finder.getsockname()[1]
    threading.Thread(target=serve, args=(app, "127.0.0.1", port), daemon=True).start()
    headers = {"Authorization": "Bearer t"}
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=PATIENCE) as client:

        def answers() -> bool:
            try:
                return client.get("/_sandbox/faults").is_success
            except httpx.ConnectError:
                return False

        until(answers, "the sandbox")
        yield client


def test_replies_do_not_stall(client: httpx.Client) -> None:
    """A socket without TCP_NODELAY, or a reply in two writes, would take 40 ms each, whenever it is tried."""

    def quick() -> bool:
        started = time.perf_counter()
        for _ in range(50):
            assert client.get(REASONS).status_code == 200
        return (time.perf_counter() - started) / 50 < 0.03

    until(quick, "fifty replies within 30 ms each")


def test_many_at_once(client: httpx.Client) -> None:
    before = len(client.get(REASONS).json()["reasons"])
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda n: client.post(REASONS, json={"title": f"Grund {n}"}), range(200)))
    assert {each.status_code for each in answers} == {201}
    assert len({each.json()["id"] for each in answers}) == 200
    assert len(client.get(REASONS).json()["reasons"]) == before + 200


@pytest.mark.parametrize("after", [False, True], ids=["before the work", "after the work"])
def test_a_dropped_connection(client: httpx.Client, after: bool) -> None:
    before = len(client.get(REASONS).json()["reasons"])
    client.post("/_sandbox/faults", json={"method": "POST", "path": REASONS, "drop": True, "after_commit": after})
    with pytest.raises(httpx.RemoteProtocolError, match="disconnected"):
        client.post(REASONS, json={"title": "weg"})
    assert len(client.get(REASONS).json()["reasons"]) == before + after


def test_a_truncated_body(client: httpx.Client) -> None:
    client.post("/_sandbox/faults", json={"path": REASONS, "truncate": 5})
    with pytest.raises(httpx.RemoteProtocolError, match="received 5 bytes"):
        client.get(REASONS)


def test_a_delay_after_the_work(client: httpx.Client) -> None:
    before = len(client.get(REASONS).json()["reasons"])
    client.post("/_sandbox/faults", json={"method": "POST", "path": REASONS, "delay": PATIENCE, "after_commit": True})
    with pytest.raises(httpx.ReadTimeout):
        client.post(REASONS, json={"title": "spät"}, timeout=0.15)
    until(lambda: len(client.get(REASONS).json()["reasons"]) == before + 1, "the work")
    client.delete("/_sandbox/faults")


@pytest.mark.parametrize("after", [False, True], ids=["before the work", "after the work"])
def test_a_delay_ends_with_its_rule(client: httpx.Client, after: bool) -> None:
    """Whoever waits for an answer that is kept back has it once the rules are dropped."""
    before = len(client.get(REASONS).json()["reasons"])
    rule = {"method": "POST", "path": REASONS, "delay": 10 * PATIENCE, "after_commit": after}
    client.post("/_sandbox/faults", json=rule)
    client.delete("/_sandbox/requests")
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(client.post, REASONS, json={"title": "später"})
        until(lambda: client.get("/_sandbox/requests").json()["requests"], "the request")
        assert not waiting.done()
        client.delete("/_sandbox/faults")
        assert waiting.result(PATIENCE).status_code == 201
    assert len(client.get(REASONS).json()["reasons"]) == before + 1


def test_long_lists_are_quick(client: httpx.Client, db: Path) -> None:
    """Another process may seed the file while it is served; lists are glued from stored text."""
    task = {"task_type": "MANUAL", "description": {"enabled": True, "value": "x" * 200}}
    flow = {"tasks": [{"id": f"t{n}", "name": f"Aufgabe {n}", **task} for n in range(20)], "edges": []}
    attributes = [
        {"name": f"a{n}", "label": f"Angabe {n}", "type": "select", "options": ["a", "b", "c"]} for n in range(60)
    ]
    schema = {"name": "n", "plural": "p", "capabilities": [], "attributes": attributes}
    document = {
        "closing_reasons": [{"title": f"Grund {n}"} for n in range(5000)],
        "flow_templates": [{"name": f"Prozess {n}", "closing_reasons": [], **flow} for n in range(300)],
        "schemas": [{"slug": f"s{n}", **schema} for n in range(100)],
    }
    seed(str(db), "739224", document)
    for path in (REASONS, "/v2/flows/templates", "/v2/entity/schemas?full=true&latest=true"):

        def quick(path: str = path) -> bool:
            started = time.perf_counter()
            assert len(client.get(path).content) > 500_000
            return time.perf_counter() - started < 0.3

        until(quick, f"{path} within 0.3 s")
