"""State far away, on a real S3 server and a real PostgreSQL: the same text, never two at once, no write lost."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from syncer.fs.clock import Effects
from syncer.model.address import Address
from syncer.model.diagnostic import InvalidInput, PlatformError, Refused, SyncerError
from syncer.model.resource import Managed
from syncer.model.state_location import state_location
from syncer.state.backends.backend import Backend, BlobChanged
from syncer.state.backends.factory import local_place, open_place
from syncer.state.backends.local import FileLock
from syncer.state.backends.migration import move
from syncer.state.lock import Holder, myself
from syncer.state.state_file import State, encode
from tests.support.patience import PATIENCE

if TYPE_CHECKING:
    from conftest import Server

pytestmark = pytest.mark.slow

WON = Address("ClosingReason", "won")
ME = Holder("anna", "laptop", 4711, "boot", 1_800_000_000.0)
BEN = Holder("ben", "desk", 4712, "boot", 1_800_000_060.0, "https://ci.example/jobs/7")


def state(live_id: str = "x1", org: str = "739224") -> State:
    return State(org, 0, {WON: Managed(WON, live_id, {"title": "Gewonnen"})})


def place(url: str, folder: Path, *, environment: str = "sandbox", org_id: str = "739224") -> Backend:
    """As one run opens it; each call is another run in another working copy."""
    path = folder / f"{environment}.json"
    return open_place(state_location(url), environment, path, os.environ, org_id=org_id)


@pytest.fixture
def url(server: Server) -> str:
    return server.fresh()


def problem(error: pytest.ExceptionInfo[SyncerError]) -> tuple[int, str, str]:
    (only,) = error.value.problems
    return error.value.exit_code, only.message, only.hint


def test_what_is_saved_is_found_by_another_run_and_is_the_local_files_text(url: str, tmp_path: Path) -> None:
    mine = place(url, tmp_path / "a")
    assert mine.load() == State()
    with mine.lock(ME):
        after = mine.save(state())
    assert (after.serial, after.found) == (1, True)
    theirs = place(url, tmp_path / "b")
    assert theirs.load() == after
    assert theirs.text().decode() == encode("sandbox", after)
    local = local_place(tmp_path / "c" / "sandbox.json", "sandbox")
    with local.lock(ME):
        local.save(state())
    assert local.text() == theirs.text()
    with theirs.lock(BEN):
        assert theirs.save(after).serial == 2
    assert place(url, tmp_path / "a").load().serial == 2


def test_one_run_is_in_and_the_other_is_told_who(url: str, tmp_path: Path) -> None:
    mine, theirs = place(url, tmp_path / "a"), place(url, tmp_path / "b")
    with theirs.lock(BEN):
        assert mine.gate.holder() == BEN
        with pytest.raises(Refused) as caught, mine.lock(ME):
            raise AssertionError("both are in")
        assert theirs.gate.holder() == BEN
    code, message, hint = problem(caught)
    assert (code, message.partition(" is locked by ")[2]) == (
        4, "ben on desk (process 4712, https://ci.example/jobs/7) for less than a minute",
    )  # fmt: skip
    assert hint.endswith("`syncer state unlock --env sandbox`")
    notes: list[str] = []
    with mine.lock(ME, tell=notes.append):
        assert mine.gate.holder() == ME
    assert (notes, mine.gate.holder()) == ([], None)


def test_two_working_copies_and_two_environments_do_not_meet(url: str, tmp_path: Path) -> None:
    with place(url, tmp_path / "a").lock(ME), place(url, tmp_path / "b", environment="production").lock(BEN):
        pass
    with place(url, tmp_path / "a").lock(ME), place(url + "/below", tmp_path / "b").lock(BEN):
        pass


def test_a_run_waits_as_long_as_it_was_told(url: str, tmp_path: Path) -> None:
    theirs = place(url, tmp_path / "b")
    slept: list[float] = []
    clock = [100.0]

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        clock[0] += seconds
        if len(slept) == 3:
            theirs.gate.release()

    mine = place(url, tmp_path / "a")
    mine.effects = Effects(clock=lambda: clock[0], sleep=sleep)
    notes: list[str] = []
    theirs.gate.take(BEN)
    with mine.lock(ME, wait=10, tell=notes.append):
        assert mine.gate.holder() == ME
    assert slept == [1.0, 1.0, 1.0]
    assert [note.endswith("less than a minute; waiting up to 10 seconds") for note in notes] == [True]
    slept.clear()
    theirs.gate.take(BEN)
    slept.append(0)  # so that nobody lets it go any more
    slept.append(0)
    slept.append(0)
    with pytest.raises(Refused), mine.lock(ME, wait=2.5):
        raise AssertionError("both are in")
    assert slept[3:] == [1.0, 1.0, 0.5]
    theirs.gate.release()


def test_a_lock_is_lifted_once_seen_and_its_run_can_write_no_more(url: str, tmp_path: Path) -> None:
    lost, mine = place(url, tmp_path / "b"), place(url, tmp_path / "a")
    lost.load()
    with lost.lock(BEN):
        with pytest.raises(Refused) as caught:
            mine.gate.lift(ME)
        assert "by now" in problem(caught)[1]
        mine.gate.lift(BEN)
        assert mine.gate.holder() is None
        mine.load()
        with mine.lock(ME):
            with pytest.raises((Refused, PlatformError)) as caught_late:
                lost.save(state("theirs"))
            assert caught_late.value.exit_code in {4, 6}
            mine.save(state("mine"))
            assert mine.gate.holder() == ME
    assert place(url, tmp_path / "c").load().entries[WON].live_id == "mine"
    with place(url, tmp_path / "c").lock(ME):
        pass


def test_of_many_that_want_the_lock_at_once_one_is_in(url: str, tmp_path: Path) -> None:
    for turn in range(2):
        places = [place(url, tmp_path / f"{turn}-{number}") for number in range(8)]
        together = threading.Barrier(len(places))

        def take(each: Backend, together: threading.Barrier = together) -> bool:
            together.wait()
            try:
                each.gate.take(ME)
            except Refused:
                return False
            return True

        with ThreadPoolExecutor(len(places)) as pool:
            got = list(pool.map(take, places))
        assert got.count(True) == 1
        places[got.index(True)].gate.release()


def test_of_many_that_write_on_the_same_ground_one_does(url: str, tmp_path: Path) -> None:
    """The body alone, without anybody heeding the lock: what a lifted lock or a shared pooler would come to."""
    first = place(url, tmp_path / "0")
    with first.lock(ME):
        first.save(state())
        seen = first.body.get()[1]
        texts = [encode("sandbox", State("739224", 2, {WON: Managed(WON, f"x{n}")})).encode() for n in range(12)]
        together = threading.Barrier(len(texts))

        def put(text: bytes) -> bool:
            together.wait()
            try:
                first.body.put(text, seen)
            except BlobChanged:
                return False
            return True

        with ThreadPoolExecutor(len(texts)) as pool:
            got = list(pool.map(put, texts))
    assert got.count(True) == 1
    assert place(url, tmp_path / "1").text() == texts[got.index(True)]


RUN = """
import os, sys, time
from pathlib import Path
from syncer.state.lock import myself
from syncer.state.backends.factory import open_place
from syncer.model.state_location import state_location
from syncer.model.diagnostic import Refused
place = open_place(state_location(sys.argv[1]), "sandbox", Path(sys.argv[2]) / "sandbox.json", os.environ)
try:
    with place.lock(myself(), wait=float(sys.argv[3])):
        print("in", flush=True)
        mark = Path(sys.argv[4])
        mark.mkdir()  # fails if another is in
        if sys.argv[5]:
            sys.stdin.readline()  # until it is told to go on, or to its end
        place.load()
        mark.rmdir()
except Refused as refused:
    print("refused:", refused.problems[0].message, flush=True)
"""


def run(url: str, folder: Path, mark: Path, *, wait: float, stays: bool) -> subprocess.Popen[str]:
    """A process that takes the lock; `stays`: it holds it until a line is written to it."""
    arguments = [sys.executable, "-c", RUN, url, str(folder), str(wait), str(mark), "stays"[: 5 * stays]]
    return subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_of_two_processes_one_is_refused_and_one_that_waits_comes_second(url: str, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    first = run(url, tmp_path / "a", mark, wait=0, stays=True)
    assert first.stdout is not None
    assert first.stdout.readline() == "in\n"
    second = run(url, tmp_path / "b", mark, wait=0, stays=False)
    third = run(url, tmp_path / "c", mark, wait=PATIENCE, stays=False)
    refused, _ = second.communicate(timeout=PATIENCE)
    rest, _ = first.communicate("go on\n", timeout=PATIENCE)
    waited, _ = third.communicate(timeout=PATIENCE)
    assert refused.startswith("refused: state at `")
    assert f"(process {first.pid}) for" in refused
    assert (rest, waited, first.returncode, third.returncode) == ("", "in\n", 0, 0)


def test_what_a_killed_run_leaves(url: str, server: Server, tmp_path: Path) -> None:
    """A connection ends with its process; an object stays, names its run and is lifted by a person, or taken over by a
    run that can see that the process is gone."""
    first = run(url, tmp_path / "a", tmp_path / "mark", wait=0, stays=True)
    assert first.stdout is not None
    assert first.stdout.readline() == "in\n"
    first.send_signal(signal.SIGKILL)
    first.communicate(timeout=PATIENCE)
    mine = place(url, tmp_path / "b")
    if server.scheme == "s3":
        with pytest.raises(Refused) as caught, mine.lock(ME):
            raise AssertionError("taken over unasked")
        assert f"(process {first.pid}) for " in problem(caught)[1]
        notes: list[str] = []
        with mine.lock(myself(), tell=notes.append):
            assert len(notes) == 1
            assert notes[0].startswith("took over the lock of a dead run: ")
            left = mine.gate.holder()
            assert left is not None
            first = run(url, tmp_path / "c", tmp_path / "mark-2", wait=0, stays=True)
            said, _ = first.communicate("", timeout=PATIENCE)
            assert said.startswith("refused: ")
        lost = place(url, tmp_path / "d")
        lost.gate.take(BEN)
        mine.gate.lift(BEN)
    with mine.lock(ME, wait=PATIENCE):
        assert mine.gate.holder() == ME


WRONG = {
    # case: (environment, organisation, exit code, message)
    "environment": ("production", "739224", 3, "state is of environment `sandbox`, not `production`"),
    "organisation": ("sandbox", "911690", 3, "state is of organisation `739224`, not `911690`"),
}


@pytest.mark.parametrize(("environment", "org_id", "code", "message"), WRONG.values(), ids=WRONG)
def test_anothers_state(url: str, tmp_path: Path, environment: str, org_id: str, code: int, message: str) -> None:
    target = place(url, tmp_path / "a", environment=environment)
    with target.lock(ME):
        target.text()
        target.put(encode("sandbox", state()).encode())
    with pytest.raises(InvalidInput) as caught:
        place(url, tmp_path / "a", environment=environment, org_id=org_id).load()
    assert problem(caught)[:2] == (code, message)
    assert str(caught.value.problems[0].at).startswith(target.address)


@pytest.mark.parametrize("cut", [0, 1, 50, 200, -2])
def test_damaged_content_is_refused_and_can_be_put_aside(url: str, tmp_path: Path, cut: int) -> None:
    target = place(url, tmp_path / "a")
    good = encode("sandbox", state()).encode()
    with target.lock(ME):
        target.text()
        target.put(good[:cut] if cut else b" ")
        with pytest.raises(InvalidInput) as caught:
            target.load()
        assert "`syncer state rebuild`" in problem(caught)[2]
        assert "damaged" in target.set_aside()
        assert target.load() == State()
        target.save(state("again"))
    assert place(url, tmp_path / "b").load().entries[WON].live_id == "again"


def test_what_a_run_found_is_kept_once(url: str, server: Server, tmp_path: Path) -> None:
    for number in range(3):
        each = place(url, tmp_path / "a")
        with each.lock(ME):
            known = each.load()
            for step in range(2):
                known = each.save(State("739224", known.serial, {WON: Managed(WON, f"{number}.{step}")}))
    if server.scheme == "s3":
        found = each.body.bucket.get(f"{each.body.key}.backup")  # type: ignore[attr-defined]
        kept = found[0].decode()
    else:
        row = each.body.session.row("SELECT previous FROM syncer_state WHERE name = %(name)s")  # type: ignore[attr-defined]
        kept = row[0]
    assert json.loads(kept)["entries"][0]["live_id"] == "1.1"


def test_moving_there_and_back(url: str, server: Server, tmp_path: Path) -> None:
    near, far = local_place(tmp_path / "sandbox.json", "sandbox"), place(url, tmp_path / "far")
    with near.lock(ME):
        saved = near.save(state())
    text = near.text()
    notes: list[str] = []
    assert move(near, far, url, ME, tell=notes.append) == 1
    assert (far.text(), far.load(), notes) == (text, saved, [])
    with pytest.raises(Refused) as caught:
        near.load()
    code, message, hint = problem(caught)
    assert (code, message) == (4, f"state of `sandbox` was moved from `{near.address}` to `{url}`")
    assert hint == f"use --state {url}, or write it as `state` of the environment in syncer.yaml"
    assert move(far, near, "local", ME, tell=notes.append) == 1
    assert near.load() == saved
    with pytest.raises(Refused):
        far.load()
    other = place(server.fresh(), tmp_path / "other")
    assert move(near, other, "elsewhere", ME, tell=notes.append) == 1
    assert other.load() == saved


def test_a_move_that_was_cut_off_is_done_by_running_it_again(url: str, tmp_path: Path) -> None:
    near, far = local_place(tmp_path / "sandbox.json", "sandbox"), place(url, tmp_path / "far")
    with near.lock(ME), far.lock(ME):
        near.save(state())
        far.text()
        far.put(near.text())
    assert move(near, far, url, ME, tell=print) == 1
    with pytest.raises(Refused):
        near.load()


def test_a_state_under_a_former_name_is_found_and_taken_over(url: str, tmp_path: Path) -> None:
    """Of the same folder only, and of the same organisation."""
    former = place(url, tmp_path / "a", environment="production")
    others = place(url, tmp_path / "a", environment="another", org_id="911042"), place(url + "/below", tmp_path / "a")
    for each, org in ((former, "739224"), (others[0], "911042"), (others[1], "739224")):
        with each.lock(ME):
            saved = each.save(state(org=org))
    mine = place(url, tmp_path / "b", environment="prod")
    mine.named = ("prod",)
    with pytest.raises(Refused) as caught:
        mine.load()
    code, _, hint = problem(caught)
    assert (code, hint) == (
        4, "`syncer state move --env prod --from production` takes it over, with removals and `protect`",
    )  # fmt: skip
    former = place(url, tmp_path / "b", environment="production")
    assert move(former, mine, url, ME, tell=print) == 1
    assert mine.load() == saved
    with pytest.raises(Refused):
        former.load()
    alone = place(url + "/elsewhere", tmp_path / "c", environment="prod")
    alone.named = ("prod",)
    assert (alone.load(), alone.unlisted) == (State(), "")


def test_what_is_not_moved(url: str, tmp_path: Path) -> None:
    near, far = local_place(tmp_path / "sandbox.json", "sandbox"), place(url, tmp_path / "far")
    found = {}
    for case, source, target in (("same", near, near), ("empty", near, far)):
        with pytest.raises(Refused) as caught:
            move(source, target, url, ME, tell=print)
        found[case] = caught.value.problems[0].rule
    with near.lock(ME), far.lock(ME):
        near.save(state("a"))
        far.save(state("b"))
    with pytest.raises(Refused) as caught:
        move(near, far, url, ME, tell=print)
    found["other"] = caught.value.problems[0].rule
    assert found == {"same": "same-place", "empty": "nothing-to-move", "other": "state-there"}
    assert (near.load().entries[WON].live_id, far.load().entries[WON].live_id) == ("a", "b")


def test_no_message_holds_a_credential(
    url: str, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_SECRET_ACCESS_KEY", "PGPASSWORD"):
        monkeypatch.setenv(name, "canary-wrong")
    for attempt in (lambda each: each.load(), lambda each: each.gate.take(ME)):
        with pytest.raises(PlatformError) as caught:
            attempt(place(url, tmp_path))
        said = repr(caught.value) + repr(caught.value.problems) + str(caught.value.__cause__)
        assert "canary" not in said
        assert caught.value.exit_code == 6
        assert ("refuses" in said) is True
    assert server.process.poll() is None


def hurried(it: Backend, slept: list[float]) -> Backend:
    """The place, which does not wait in truth before it tries again."""
    effects = Effects(clock=lambda: sum(slept), sleep=slept.append)
    far: Any = it.gate
    for each in (it.body, far.far):
        if hasattr(each, "bucket"):
            each.bucket = replace(each.bucket, effects=effects)
        else:
            each.session.effects = effects
    return it


def test_a_network_that_is_down_is_a_platform_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is tried again for half a minute, and what is said says so."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "tester")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary")
    for url in ("s3://states/x", f"postgresql://tester@127.0.0.1:{port}/db"):
        slept: list[float] = []
        with pytest.raises(PlatformError) as caught, hurried(place(url, tmp_path), slept).lock(ME):
            raise AssertionError("it is in")
        code, message, _ = problem(caught)
        assert (code, "cannot be reached" in message, 20 < sum(slept) <= 30) == (6, True, True)
        assert message.endswith(f"; tried {len(slept) + 1} times in {sum(slept):.0f} s")
        assert FileLock(tmp_path / "sandbox.lock", "sandbox").holder() is None


def test_a_bucket_that_is_not_there_is_no_empty_state(
    s3: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in s3.env.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(PlatformError) as caught:
        place("s3://nosuchbucket/x", tmp_path).load()
    assert "has no such bucket" in problem(caught)[1]


def test_a_store_that_ignores_conditions_is_refused(tmp_path: Path) -> None:
    """A server that answers every PUT with success, as older S3-compatible stores do."""
    import http.server

    kept: dict[str, bytes] = {}

    class Careless(http.server.BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            kept[self.path] = self.rfile.read(int(self.headers["Content-Length"]))
            self._answer(200, b"")

        def do_GET(self) -> None:
            self._answer(200 if self.path in kept else 404, kept.get(self.path, b""))

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("ETag", '"always"')
            self.send_header("Last-Modified", "Sat, 22 Nov 2025 02:00:00 GMT")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Careless) as careless:
        threading.Thread(target=careless.serve_forever, daemon=True).start()
        env = {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{careless.server_port}"}
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("AWS_ACCESS_KEY_ID", "a")
            patch.setenv("AWS_SECRET_ACCESS_KEY", "b")
            target = open_place(state_location("s3://states/x"), "sandbox", tmp_path / "sandbox.json", env)
            with pytest.raises(InvalidInput) as caught:
                target.gate.take(ME)
            careless.shutdown()
    assert "ignores conditions" in problem(caught)[1]
