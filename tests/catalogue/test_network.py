"""The catalogue's rows B01 to B29 (docs/catalogue.md#network): what the network does, and what must be seen.

Most rows run through the matrix of `simulation.faults`: an apply in which the fault strikes one call, before or after
the platform did the work, then one in which none does; the class of the outcome, blind resending, duplicates, losses,
secrets and the empty plan are checked there for every cell. What a row says beyond that is a function here.
"""

from __future__ import annotations

import inspect
import shutil
import ssl
import subprocess
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from simulation.faults import cells, faulted
from syncer.api.rate_limit import MOST_WAIT, retry_after
from syncer.model.diagnostic import PlatformError
from tests.api import test_transport
from tests.ops import test_plan, test_scheduler, test_unknown_outcome
from tests.support.catalogue import told

Check = Callable[..., None]
REASONS = "/v1/workflows/closing-reasons"
OPERATIONS = ("reason create", "flow change", "schema create", "app promote", "retention create", "list flows")
"""Of the matrix here: an id of the platform's, a PUT of the whole, a key, several steps, an upsert, a list."""


def matrix(row: str, *operations: str, most: int = 14) -> Check:
    """Some cells of the row, evenly spread; `make sim FAULTS=1` runs all of them."""

    def check() -> None:
        mine = [each for each in cells(row) if each.operation in (operations or OPERATIONS)]
        assert mine, row
        for cell in mine[:: -(-len(mine) // most)]:
            ended = faulted(cell)
            assert (ended.struck, ended.problems) == (True, []), str(cell)

    return check


def both(*checks: Check) -> Check:
    """A row that takes several checks; the fixtures are those of all of them."""

    def check(**fixtures: Any) -> None:
        for each in checks:
            each(**{name: fixtures[name] for name in inspect.signature(each).parameters})

    names = dict.fromkeys(name for each in checks for name in inspect.signature(each).parameters)
    kind = inspect.Parameter.KEYWORD_ONLY
    check.__signature__ = inspect.Signature([inspect.Parameter(name, kind) for name in names])  # type: ignore[attr-defined]
    return check


def lost(operation: str, how: str, *, done: bool) -> Check:
    """The checks of test_lost_answers for one operation whose answer is lost."""

    def check(make_world: Any, make: Any) -> None:
        if done:
            test_unknown_outcome.test_an_answer_lost_after_the_work_was_done_is_found_out(
                make_world, make, operation, how
            )
        else:
            test_unknown_outcome.test_an_answer_lost_before_any_work_is_unknown_and_ended_by_the_next_run(
                make_world, make, operation, how
            )

    return check


def over_a_socket(*names: str) -> Check:
    """Replies as bytes from a real socket: the rows of test_http."""

    def check() -> None:
        for name in names:
            test_transport.test_over_a_socket(*test_transport.SOCKETS[name])

    return check


def bodies(*names: str) -> Check:
    """Bodies and streams: the rows of test_http."""

    def check() -> None:
        for name in names:
            if name in test_transport.BODIES:
                test_transport.test_a_body(*test_transport.BODIES[name])
            else:
                test_transport.test_a_stream(*test_transport.STREAMS[name])

    return check


# --- what a row says beyond


def nothing_is_unknown(live: Any) -> None:
    """B01: exit 6, no open call, no state; the next run does it all."""
    live.run("plan")
    said = live.run("apply", "--yes", env={"SYNCER_SERVER": "http://127.0.0.1:9"})
    assert (said.code, live.state.exists()) == (6, False)
    assert "the connection is refused or unreachable" in said.err
    assert live.run("apply", "--yes").code == 0
    assert live.run("plan", "--detailed-exitcode").code == 0


def a_write_never_sent(world: Any, make: Any) -> None:
    """B01: of a write that never went out, nothing is unknown."""
    world.put(make.reason("won"))

    def refuse(request: httpx.Request) -> None:
        if request.method == "POST":
            raise httpx.ConnectError("")

    world.wire.before = refuse
    run = world.apply()
    assert (run.code, run.ends, run.calls, world.open_intents()) == (6, {"ClosingReason/won": "failed"}, [], [])
    world.well_again()
    assert world.apply().code == 0
    world.converges()


def an_empty_list_is_no_organisation(world: Any, make: Any) -> None:
    """B08: a complete-looking `[]` on a close-delimited connection is no list; one that says its length is stopped by
    the guard of C10 before anything is made a second time."""
    world.put(*[make.reason(name) for name in ("a", "b", "c")])
    assert world.apply().code == 0

    def cut(request: httpx.Request, response: httpx.Response) -> httpx.Response:
        if request.method == "GET" and request.url.path == REASONS:
            return httpx.Response(200, content=b'{"reasons": []}', extensions={"network_stream": object()},
                                  headers={"content-type": "application/json"})  # fmt: skip
        return response

    def close_delimited(request: httpx.Request, response: httpx.Response) -> httpx.Response:
        reply = cut(request, response)
        if reply is not response:
            del reply.headers["content-length"]
        return reply

    world.wire.after = close_delimited
    with pytest.raises(PlatformError) as caught:
        world.plan()
    assert "does not say where it ends" in str(caught.value)
    world.wire.after = cut
    assert world.changes() == {}  # each is read by its id, and is there


def html_is_not_echoed(live: Any, sandbox: Any) -> None:
    """B09: a login page or a firewall's page with status 200."""
    body = "<html><title>portal-words</title></html>"
    sandbox.fault(method="GET", path=REASONS, status=200, body=body, content_type="text/html", times=None)
    said = live.run("plan")
    assert (said.code, "portal-words" in said.all, said.out) == (6, False, "")
    assert "a proxy, portal or firewall answered" in said.err
    assert "open the address in a browser" in said.err


def another_id(world: Any, make: Any) -> None:
    """B11: a reply that names an object that was there before is not believed: the new one is looked for."""
    world.seed({"closing_reasons": [{"id": "A" * 21, "title": "Fremd"}]})
    world.put(make.reason("won"))
    world.fault(method="POST", path=REASONS, after_commit=True, status=201, body={"id": "A" * 21, "title": "Won"})
    run = world.apply()
    assert (run.code, run.ends) == (0, {"ClosingReason/won": "done"})
    assert world.one("ClosingReason", title="Fremd")["id"] == "A" * 21
    assert world.state().entries[("ClosingReason", "won")].live_id == world.one("ClosingReason", title="Won")["id"]
    world.converges()


def token_and_body_stay(live: Any, sandbox: Any) -> None:
    """B13: no status of a redirect, on a read or a write, takes a byte to another host."""
    with test_transport.server(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}") as (url, heads):
        for status in (301, 302, 303, 307, 308):
            sandbox.well_again()
            sandbox.fault(method="GET", path=REASONS, status=status, headers={"Location": f"{url}/elsewhere"})
            assert live.run("apply", "--yes").code == 6, status
            moved = b"HTTP/1.1 %d Moved\r\nLocation: %s/elsewhere\r\nContent-Length: 0\r\n\r\n" % (status, url.encode())
            with test_transport.server(moved) as (first, asked):
                for request in (test_transport.CREATE, test_transport.PUT):
                    assert test_transport.over_a_socket(first, request).outcome == "AMBIGUOUS"
            assert len(asked) == 2
        assert heads == []
    assert live.run("apply", "--yes").code == 0
    assert sandbox.titles() == ["Gewonnen"]


def by_the_platforms_clock() -> None:
    """B15: a date is taken relative to the reply's own `Date`, whatever this machine's clock says; never negative."""
    day = "Mon, 02 Mar 2026"
    for off in (-3600.0, 0.0, 3600.0):
        assert retry_after(f"{day} 10:00:30 GMT", f"{day} 10:00:00 GMT", 1772445600.0 + off) == 30.0
    assert retry_after(f"{day} 09:00:00 GMT", f"{day} 10:00:00 GMT", 0.0) == 0.0


def wait_of(value: str | None, *, obeyed: bool) -> Check:
    """B16: what says nothing usable falls back to our own backoff; what is absurd is named, and not slept."""

    def check(world: Any, make: Any) -> None:
        world.put(make.reason("a"))
        headers = {} if value is None else {"Retry-After": value}
        world.fault(method="POST", path=REASONS, status=429, headers=headers)
        run = world.apply()
        if obeyed:
            assert (run.code, sum(world.time.slept) < 1) == (0, True)
        else:
            assert (run.code, sum(world.time.slept)) == (6, 0)
            assert f"asks to wait `{value}`, longer than {MOST_WAIT:.0f} s" in run.problems[0]
            assert world.apply().code == 0
        world.converges()
        assert len(world.listed("ClosingReason")) == 1

    return check


def quota_for_ever(world: Any, make: Any) -> None:
    """B17: the budget ends the run, partly done; nothing is open, and the next run does the rest."""
    world.put(*[make.reason(f"r{number:02}") for number in range(20)])
    world.fault(method="POST", path=REASONS, status=429, headers={"Retry-After": "1"}, skip=3, times=None)
    run = world.apply()
    assert (run.code, list(run.ends.values()).count("done"), world.open_intents()) == (5, 3, [])
    assert len(run.requests) < 100
    world.well_again()
    assert world.apply().code == 0
    assert len(world.listed("ClosingReason")) == 20
    world.converges()


def part_of_a_picture(world: Any, make: Any) -> None:
    """B18: one list of several that cannot be had ends the plan; it never goes on without it."""
    world.put(make.reason("won"), make.flow("house"), make.schema("site", make.text("a")))
    world.fault(method="GET", path="/v2/flows/templates", status=503, times=None)
    with pytest.raises(PlatformError) as caught:
        world.plan()
    assert str(caught.value) == "`GET /v2/flows/templates`: 503 Service Unavailable: fault fault-1"
    world.well_again()
    world.fault(method="GET", path="/v2/flows/templates", status=503, times=2)
    assert len(world.changes()) == 3


def storm(world: Any, make: Any) -> None:
    """B20: 503 for everything during an apply of 300 objects: no amplification, and the next run does the rest."""
    world.put(*[make.reason(f"r{number:03}") for number in range(300)])
    world.fault(status=503, skip=60, times=None)
    run = world.apply(workers=4)
    done = list(run.ends.values()).count("done")
    assert run.code in (5, 7)
    assert len(run.requests) <= 1.2 * 300
    world.well_again()
    world.time.pass_by(600)
    assert world.apply().code == 0
    assert (len(world.listed("ClosingReason")), done > 0) == (300, True)
    world.converges()


def token_ends(live: Any, sandbox: Any) -> None:
    """B21: exit 5 (README.md#exit-codes), nothing further is begun, the token in no output; a re-run does the rest."""
    live.reasons(6)
    sandbox.fault(method="POST", path=REASONS, status=401, skip=2, times=None, body={"message": "Bearer canary"})
    said = live.run("apply", "--yes", "--workers", "1")
    assert (said.code, len(sandbox.titles())) == (5, 2)
    assert "Applied: 2 created; 1 failed" in said.out
    assert "EPILOT_TOKEN_TEST" in said.all or "token may not do this" in said.all
    sandbox.well_again()
    assert live.run("apply", "--yes").code == 0
    assert (len(sandbox.titles()), live.run("plan", "--detailed-exitcode").code) == (7, 0)


def one_kind_forbidden(world: Any, make: Any) -> None:
    """B22: chosen and documented: the whole run is refused before any write, with the kind's call named."""
    world.put(make.reason("won"), make.flow("house"))
    world.fault(method="GET", path="/v2/flows/templates", status=403, body={"message": "no grant"}, times=None)
    with pytest.raises(PlatformError) as caught:
        world.apply()
    assert str(caught.value) == "`GET /v2/flows/templates`: 403 Forbidden: no grant"
    assert (caught.value.exit_code, world.listed("ClosingReason")) == (6, [])
    assert "missing grant" in caught.value.problems[0].hint
    world.well_again()
    assert world.apply().code == 0
    world.converges()


def memory_stays() -> None:
    """B25: a gigabyte, plain or packed, is read no further than the cap."""
    pieces: Iterator[bytes] = (b" " * (1 << 20) for _ in range(1 << 10))
    reply = httpx.Response(200, content=pieces)
    handler, _ = test_transport.answers(reply)
    tracemalloc.start()
    try:
        end = test_transport.sender(handler).send(test_transport.PUT)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (end.outcome, end.fault, peak < 20_000_000) == ("AMBIGUOUS", "too-large", True)


def proxy(answer: bytes) -> Check:
    """B26: the proxy's variable is named, its credentials are not."""

    def check(repo: Any) -> None:
        repo.env |= {"EPILOT_TOKEN_TEST": "canary-token-5f1e", "NO_PROXY": "127.0.0.1"}
        with test_transport.server(answer) as (url, heads):
            address = url.replace("http://", "http://user:pw-canary@")
            for name in ("SYNCER_PROXY", "HTTPS_PROXY"):
                said = repo.run("plan", env={name: address, "https_proxy": None, "SYNCER_SERVER": None})
                assert said.code == 6
                assert f"(through the proxy of `{name}`)" in said.err
                assert "pw-canary" not in said.all
            assert {head.split(b" ")[0] for head in heads} <= {b"CONNECT"}

    return check


@contextmanager
def tls(certificate: Path, key: Path) -> Iterator[str]:
    """A server that speaks TLS with this certificate and knows nothing."""

    class Nothing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(404)
            self.end_headers()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Nothing)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"https://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def certificate(name: str, days: int, *, trusted: bool, sound: bool = False) -> Check:
    """B27: not trusted, of another host, or expired: refused, nothing sent, and no hint to look away. `sound`: what is
    none of these is accepted, so the rows mean something."""

    def check(repo: Any, tmp_path: Path) -> None:
        openssl = shutil.which("openssl")
        if openssl is None:
            pytest.skip("no openssl to make a certificate with")
        key, request, made, more = (tmp_path / each for each in ("key.pem", "request.pem", "made.pem", "more.cnf"))
        more.write_text(f"subjectAltName={name}\nbasicConstraints=CA:TRUE\n")
        quiet = {"check": True, "capture_output": True}
        subprocess.run([openssl, "req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", str(key), "-out",
                        str(request), "-subj", "/CN=test"], **quiet)  # type: ignore[call-overload]  # fmt: skip
        subprocess.run([openssl, "x509", "-req", "-in", str(request), "-signkey", str(key), "-out", str(made),
                        "-days", str(days), "-extfile", str(more)], **quiet)  # type: ignore[call-overload]  # fmt: skip
        env = {"EPILOT_TOKEN_TEST": "canary-token-5f1e"} | ({"SYNCER_CA_FILE": str(made)} if trusted else {})
        with tls(made, key) as url:
            said = repo.run("plan", env={**env, "SYNCER_SERVER": url})
        assert said.code == 6
        refused = "the host's certificate is not accepted" in said.err
        assert (refused, "404 Not Found" in said.err) == (not sound, sound)
        assert not [word for word in ("insecure", "verify=", "disable") if word in said.all.lower()]

    return check


def goaway() -> None:
    """B28: HTTP/1.1 is what syncer speaks; frames of HTTP/2, a GOAWAY among them, are no reply."""
    frames = b"\x00\x00\x00\x04\x00\x00\x00\x00\x00" + b"\x00\x00\x08\x07\x00\x00\x00\x00\x00" + bytes(8)
    test_transport.test_over_a_socket(frames, "AMBIGUOUS", "protocol")


def delivered_twice(live: Any, sandbox: Any) -> None:
    """B29: both are there, the second is named by every plan and never removed by us. Exit code 0 (README.md#exit-codes
    has none for it, and a title twice is not forbidden): a warning, until somebody has looked."""
    assert live.run("apply", "--yes").code == 0
    twin = sandbox.ask(f"POST {REASONS}", {"title": "Gewonnen", "status": "ACTIVE"})["id"]
    for _ in range(2):
        said = live.run("plan")
        assert (said.code, f"another of the title `Gewonnen`: `{twin}`" in said.err) == (0, True)
        assert "warning[duplicate-live]" in said.err
        assert live.run("apply", "--yes").code == 0
    assert sandbox.titles() == ["Gewonnen", "Gewonnen"]
    sandbox.ask(f"DELETE /v2/workflows/closing-reasons/{twin}")
    assert "duplicate-live" not in live.run("plan").err


def after_the_first_write(world: Any, make: Any) -> None:
    """B21, as the engine sees it: on a write, and on a read."""
    test_scheduler.test_a_token_that_ends_in_the_middle_stops_the_run(world, make, "POST")


ROWS: dict[str, Check] = {
    "B01": matrix("B01"),
    "B01-nobody-listens": nothing_is_unknown,
    "B01-a-write": a_write_never_sent,
    "B02": both(matrix("B02"), lost("reason create", "dropped", done=False), lost("import", "504", done=False)),
    "B03": both(matrix("B03"), lost("reason create", "dropped", done=True), lost("import", "504", done=True)),
    "B04": matrix("B04"),
    "B05": both(matrix("B05"), over_a_socket("B05 after the status")),
    "B06": both(matrix("B06"), over_a_socket("B06 hung up")),
    "B07": both(matrix("B07"), over_a_socket("B07 cut"), bodies("B07 cut")),
    "B08": both(matrix("B08"), over_a_socket("B08 no end known", "B08 old protocol")),
    "B08-empty-list": an_empty_list_is_no_organisation,
    "B09": both(matrix("B09"), bodies("B09 html", "B09 html that is json")),
    "B09-portal": html_is_not_echoed,
    "B10": both(
        matrix("B10", "reason create", "flow create", "import", "list flows"),
        over_a_socket("B10 no content where one is due"),
    ),
    "B11": matrix("B11", "reason create", "flow create", "import", "automation create"),
    "B11-another-id": another_id,
    "B12": both(
        matrix("B12"),
        over_a_socket("B12 chunks cut"),
        bodies("B12 latin 1", "B12 byte order mark", "B12 gzip cut", "B12 gzip broken"),
    ),
    "B13": matrix("B13"),
    "B13-nothing-leaves": token_and_body_stay,
    "B14": both(matrix("B14"), test_scheduler.test_a_quota_is_waited_for),
    "B15": both(matrix("B15"), by_the_platforms_clock),
    "B16": matrix("B16"),
    "B16-none": wait_of(None, obeyed=True),
    "B16-negative": wait_of("-5", obeyed=True),
    "B16-fraction": wait_of("1.5", obeyed=True),
    "B16-abc": wait_of("abc", obeyed=True),
    "B16-empty": wait_of("", obeyed=True),
    "B16-absurd": wait_of("99999999999", obeyed=False),
    "B17": both(matrix("B17"), quota_for_ever),
    "B18": both(matrix("B18", "list flows", "list reasons", "get flow"), part_of_a_picture),
    "B19": both(matrix("B19"), lost("reason create", "500", done=True), lost("flow put", "500", done=False)),
    "B20": both(matrix("B20", most=6), test_transport.test_b20_a_storm_does_not_double_the_load),
    "B20-300-objects": storm,
    "B21": both(matrix("B21"), after_the_first_write),
    "B21-said": token_ends,
    "B22": both(matrix("B22"), one_kind_forbidden),
    "B23": matrix("B23", "reason change", "flow change", "app options", "schema change"),
    "B23-in-the-run": test_scheduler.test_what_was_deleted_between_plan_and_update_is_not_made_anew,
    "B23-before": test_plan.test_deleted_by_hand_is_planned_anew_and_said,
    "B24": both(
        matrix("B24"), test_transport.test_b24_a_body_that_trickles, test_transport.test_b24_a_head_that_trickles
    ),
    "B25": both(matrix("B25"), bodies("B25 large", "B25 gzip bomb", "B25 dense"), memory_stays),
    "B26": matrix("B26"),
    "B26-407": proxy(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"),
    "B26-502": proxy(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"),
    "B26-dead": test_transport.test_b26_a_dead_proxy_is_named_by_its_variable,
    "B27": matrix("B27"),
    "B27-self-signed": certificate("IP:127.0.0.1", 2, trusted=False),
    "B27-another-host": certificate("DNS:elsewhere.example", 2, trusted=True),
    "B27-expired": certificate("IP:127.0.0.1", -1, trusted=True),
    "B27-sound": certificate("IP:127.0.0.1", 2, trusted=True, sound=True),
    "B28": both(matrix("B28"), goaway),
    "B29": matrix("B29", "reason create", "flow create", "import", "flow change", "app install", "retention create"),
    "B29-said": delivered_twice,
}

NOT_APPLICABLE: dict[str, str] = {}


def test_every_row_is_here() -> None:
    found = {name.partition("-")[0] for name in ROWS} | set(NOT_APPLICABLE)
    assert found == {f"B{number:02}" for number in range(1, 30)}


@pytest.mark.parametrize("check", ROWS.values(), ids=told(ROWS))
def test_network(check: Check, request: pytest.FixtureRequest) -> None:
    check(**{name: request.getfixturevalue(name) for name in inspect.signature(check).parameters})


def test_a_cell_that_goes_wrong_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The matrix without the rule that no write is sent again blindly: it finds second objects."""
    from syncer.api import retry

    def blindly(method: str, *, writes: bool, status: int = 0, fault: str = "") -> bool:
        return bool(fault) or status // 100 == 5

    monkeypatch.setattr(retry, "again", blindly)
    (cell,) = [each for each in cells("B03") if each.operation == "reason create" and each.when == "after"]
    found = faulted(cell)
    assert any("sent again unseen" in each for each in found.problems)
