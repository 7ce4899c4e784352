"""The lock: one run at a time, a dead run's lock taken over, everybody else told who has it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from syncer.model.diagnostic import InvalidInput, Refused
from syncer.model.json_values import Json
from syncer.state.lock import Holder, Lock, myself

ME = Holder("anna", "laptop", os.getpid(), "boot-2", 1_800_010_000.0)


def written(path: Path, **changes: Json) -> Path:
    """A lock file left by a run that is not there any more."""
    holder = {"owner": "ben", "host": "laptop", "pid": 4711, "boot": "boot-2", "since": 1_800_000_000.0, **changes}
    path.write_text(json.dumps(holder))
    return path


def test_it_says_who_holds_it_and_goes_when_released(tmp_path: Path) -> None:
    path = tmp_path / "state" / "sandbox.lock"
    with Lock(path, ME) as lock:
        assert json.loads(path.read_text()) == {
            "owner": "anna", "host": "laptop", "pid": os.getpid(), "boot": "boot-2", "since": 1_800_010_000.0,
        }  # fmt: skip
        assert (lock.note, path.stat().st_mode & 0o777) == ("", 0o600)
    assert not path.exists()
    lock.release()


def test_a_second_run_is_told_who_since_when_and_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "sandbox.lock"
    later = Holder("ben", "laptop", 4711, "boot-2", ME.since + 7300)
    with Lock(path, ME):
        with pytest.raises(Refused) as caught:
            Lock(path, later).take()
        assert path.exists()
    (problem,) = caught.value.problems
    assert problem.message == f"state is locked by anna on laptop (process {os.getpid()}) for 2 hours"
    assert problem.hint == f"wait for it; if that run is surely over, delete `{path}`"
    assert caught.value.exit_code == 4
    with Lock(path, later) as lock:
        assert lock.note == ""


DEAD = {
    # case: (what the file says, note)
    "A02 same host": ({}, "took over the lock of a dead run: ben on laptop (process 4711), 2 hours old"),
    "before a restart": (
        {"boot": "boot-1", "pid": 1}, "took over the lock of a dead run: ben on laptop (process 1), 2 hours old",
    ),
    "another container of this machine": (
        {"host": "c0ffee"}, "took over the lock of a dead run: ben on c0ffee (process 4711), 2 hours old",
    ),
    "F06 from the future": (
        {"since": 9e9}, "took over the lock of a dead run: ben on laptop (process 4711), less than a minute old",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "note"), DEAD.values(), ids=DEAD)
def test_a_dead_runs_lock_is_taken_over_with_a_note(tmp_path: Path, changes: dict[str, Json], note: str) -> None:
    path = written(tmp_path / "sandbox.lock", **changes)
    with Lock(path, ME) as lock:
        assert (lock.note, json.loads(path.read_text())["owner"]) == (note, "anna")


@pytest.mark.parametrize("content", ["", "{", "null", '{"owner": "x"}', "\0" * 50, "[" * 5000])
def test_a_lock_that_says_nothing_is_taken_over_where_nobody_holds_it(tmp_path: Path, content: str) -> None:
    path = tmp_path / "sandbox.lock"
    path.write_text(content)
    with Lock(path, ME) as lock:
        assert lock.note == "took over a lock that says nothing about its holder"


def test_a02_another_hosts_lock_is_respected(tmp_path: Path) -> None:
    path = written(tmp_path / "sandbox.lock", host="runner\x1b[2J", boot="boot-9", since=ME.since - 3 * 86400)
    with pytest.raises(Refused) as caught:
        Lock(path, ME).take()
    assert str(caught.value) == "state is locked by ben on runner?[2J (process 4711) for 3 days"
    assert json.loads(path.read_text())["owner"] == "ben"


def test_e13_only_a_plain_file_is_a_lock(tmp_path: Path) -> None:
    link, fifo, folder = tmp_path / "link", tmp_path / "fifo", tmp_path / "folder"
    link.symlink_to(tmp_path / "elsewhere")
    os.mkfifo(fifo)
    folder.mkdir()
    for path in (link, fifo, folder, folder / ".." / "fifo" / "below"):
        with pytest.raises(InvalidInput) as caught:
            Lock(path, ME).take()
        assert str(caught.value).startswith("lock cannot be taken: ")
    assert not (tmp_path / "elsewhere").exists()


def test_one_of_many_threads_gets_it(tmp_path: Path) -> None:
    path = tmp_path / "sandbox.lock"
    start = threading.Barrier(8)
    held: list[str] = []
    most: list[int] = []

    def run() -> None:
        start.wait()
        for _ in range(20):
            try:
                with Lock(path, ME):
                    held.append("")
                    most.append(len(held))
                    time.sleep(0.001)
                    held.pop()
            except Refused:
                time.sleep(0.001)

    threads = [threading.Thread(target=run) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert most
    assert set(most) == {1}


def test_a_killed_process_holds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "sandbox.lock"
    program = (
        "import sys, time; from pathlib import Path; from syncer.state.lock import Lock, myself\n"
        "Lock(Path(sys.argv[1]), myself()).take(); print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"held\n"
        with pytest.raises(Refused, match=rf"process {child.pid}\) for less than a minute"):
            Lock(path, myself()).take()
        child.kill()
        child.wait()
        with Lock(path, myself()) as lock:
            assert f"(process {child.pid})" in lock.note


def test_myself_is_this_process() -> None:
    me = myself(5.0)
    assert (me.pid, me.since, bool(me.owner), bool(me.host)) == (os.getpid(), 5.0, True, True)
