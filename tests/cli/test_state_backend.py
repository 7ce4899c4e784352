"""State elsewhere, as an operator meets it: who may say where, one apply at a time, moving, lifting a lock."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import sys
from pathlib import Path
from typing import Any

import pytest

from syncer import __version__
from syncer.model.state_location import state_location
from syncer.state.backends.factory import open_place
from syncer.state.lock import Holder
from tests.cli.conftest import Typed, ended, heard
from tests.support.patience import PATIENCE, until

BEN = Holder("ben", "desk", 4712, "boot", 1_700_000_000.0)


def name_state(repo: Any, url: str) -> None:
    """syncer.yaml names a place."""
    path = repo.folder / "syncer.yaml"
    path.write_text(path.read_text() + f"    state: {url}\n")


def reason(name: str, title: str) -> str:
    return (
        f"apiVersion: syncer/v1\nkind: ClosingReason\nmetadata: {{name: {name}}}\n"
        f"spec: {{title: {title}, status: ACTIVE}}\n"
    )


def test_t1_syncer_yaml_alone_decides_nothing(live: Any, sandbox: Any) -> None:
    name_state(live, "s3://evil/x")
    said = live.run("plan", "--format", "json")
    assert (said.code, [each[0] for each in said.problems()]) == (4, ["state-not-allowed"])
    assert "SYNCER_STATE_ALLOW" in said.out
    assert sandbox.requests() == []
    for args, env in (([], {"SYNCER_STATE_ALLOW": "s3://evilx gs://evil/x"}), (["--yes"], {})):
        assert live.run("apply", *args, env=env).code == 4
    assert live.run("plan", "--state", "local").code == 0
    assert live.run("validate").code == 0  # which needs no state


def test_a_password_in_syncer_yaml_is_found_and_not_repeated(live: Any) -> None:
    name_state(live, "postgresql://u:canary-pw@db/x")
    for command in ("validate", "plan"):
        said = live.run(command, "--format", "json")
        assert (said.code, said.problems()) == (3, [("secret-literal", 7, 12)])
        assert "canary-pw" not in said.all
    path = live.folder / "syncer.yaml"
    path.write_text(path.read_text().replace("postgresql://u:canary-pw@db/x", "https://db/x"))
    assert live.run("validate", "--format", "json").problems() == [("state-address", 7, 12)]
    said = live.run("plan", "--state", "postgresql://u:canary-pw@db/x")
    assert (said.code, "canary-pw" in said.all) == (3, False)


def test_a_place_that_cannot_be_reached_is_no_empty_state(live: Any, sandbox: Any) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
    env = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "canary-key",
    }  # fmt: skip
    for url in ("s3://states/x", f"postgresql://me@127.0.0.1:{port}/db"):
        said = live.run("apply", "--yes", "--state", url, "--format", "json", env=env)
        assert (said.code, [each[0] for each in said.problems()]) == (6, ["state-store"])
        assert "canary-key" not in said.all
    assert sandbox.writes() == []
    assert not live.state.with_suffix(".lock").exists()


@pytest.mark.slow
def test_a_state_is_moved_and_used_and_moved_back(live: Any, sandbox: Any, server: Any) -> None:
    url = server.fresh()
    live.env |= server.env
    assert live.run("apply", "--yes").code == 0
    text = live.state.read_text()
    said = live.run("state", "move", "--to", url)
    assert (said.code, said.out.startswith("moved 1 entry from "), url in said.err) == (0, True, True)
    stale = live.run("plan")
    assert (stale.code, f"--state {url}" in stale.err) == (4, True)
    name_state(live, url)
    live.env["SYNCER_STATE_ALLOW"] = url
    assert live.run("plan", "--detailed-exitcode").code == 0
    live.write("config/lost.yaml", reason("lost", "Verloren"))
    assert live.run("apply", "--yes").code == 0
    assert live.run("plan", "--detailed-exitcode").code == 0
    listed = json.loads(live.run("state", "list", "--format", "json").out)
    assert [each["address"] for each in listed] == ["ClosingReason/lost", "ClosingReason/won"]
    assert live.run("state", "rm", "ClosingReason/lost").code == 0
    assert live.run("state", "rebuild").code == 0
    assert len(json.loads(live.run("state", "list", "--format", "json").out)) == 2
    assert json.loads(live.state.read_text())["moved_to"] == url
    back = live.run("state", "move", "--to", "local")
    assert (back.code, back.out.startswith("moved 2 entries from ")) == (0, True)
    assert live.run("plan", "--state", "local", "--detailed-exitcode").code == 0
    assert json.loads(live.state.read_text())["serial"] > json.loads(text)["serial"]
    assert live.run("plan").code == 4
    assert sandbox.titles() == ["Gewonnen", "Verloren"]


@pytest.mark.slow
def test_a_locked_place_refuses_an_apply_and_unlock_shows_whose_it_is(
    live: Any, sandbox: Any, server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = server.fresh()
    live.env |= {**server.env, "SYNCER_STATE": url}
    assert live.run("state", "unlock").err.startswith("nobody holds the lock of ")
    other = open_place(state_location(url), "test", tmp_path / "other" / "test.json", server.env)
    other.gate.take(BEN)
    try:
        sandbox.forget()
        said = live.run("apply", "--yes")
        assert said.code == 4
        assert "is locked by ben on desk (process 4712) for " in said.err
        assert "`syncer state unlock --env test`" in said.err
        waited = live.run("apply", "--yes", "--lock-wait", "1")
        assert (waited.code, "waiting up to 1 seconds" in waited.err) == (4, True)
        assert sandbox.requests() == []
        assert live.run("plan").code == 0  # reading needs no lock
        asked = live.run("state", "unlock")
        assert (asked.code, "ben on desk" in asked.err, "--yes" in asked.err) == (4, True, True)
        lifted = live.run("state", "unlock", "--yes")
        assert (lifted.code, lifted.out) == (0, "lifted the lock of ben on desk (process 4712)\n")
    finally:
        other.gate.release()
    assert live.run("apply", "--yes").code == 0
    assert sandbox.titles() == ["Gewonnen"]


@pytest.mark.slow
def test_of_two_applies_at_once_one_is_refused(live: Any, sandbox: Any, server: Any) -> None:
    """Real processes in two working copies; the first, which has the lock, is asked and waits for the answer."""
    url = server.fresh()
    live.env |= {**server.env, "SYNCER_STATE": url}
    live.reasons(4)
    first = Typed(live, "apply", "--workers", "1")
    first.wait_for(b"Only `yes` does it: ")
    second = live.folder.parent / "second"
    shutil.copytree(live.folder, second, ignore=shutil.ignore_patterns(".syncer"))
    refused = live.spawn("apply", "--yes", at=str(second))
    assert (refused.code, f"(process {first.process.pid})" in refused.err) == (4, True)
    third = live.start("apply", "--yes", "--lock-wait", str(PATIENCE), at=str(second))
    heard(third, "; waiting up to ")
    said = first.type(b"yes\n")
    waited = ended(third)
    assert (said.code, waited.code) == (0, 0), waited.err
    titles = sandbox.titles()
    assert len(titles) == len(set(titles)) == 5


@pytest.mark.slow
def test_a_killed_apply_leaves_a_lock_and_nothing_twice(live: Any, sandbox: Any, server: Any) -> None:
    """On the same machine the next run sees that the process is gone, and takes the lock over."""
    url = server.fresh()
    live.env |= {**server.env, "SYNCER_STATE": url}
    live.reasons(4)
    sandbox.fault(method="POST", path="/v1/workflows/closing-reasons", delay=PATIENCE, times=1)
    first = live.start("apply", "--yes", "--workers", "1")
    _until_written(sandbox)
    first.send_signal(signal.SIGKILL)
    ended(first)
    sandbox.well_again()
    until(lambda: len(sandbox.titles()) == 1, "the call that was under way, which nobody knows to have taken effect")
    again = live.run("apply", "--yes", "--lock-wait", str(PATIENCE))
    assert again.code == 0, again.err
    took = "took over the lock of a dead run: " in again.err
    assert took  # that of the working copy, and where an object is the lock that too
    assert again.err.count(f"(process {first.pid}") == (2 if server.scheme == "s3" else 1)
    titles = sandbox.titles()
    assert len(titles) == len(set(titles)) == 5
    assert live.run("plan", "--detailed-exitcode").code == 0


@pytest.mark.slow
def test_a_place_that_goes_away_in_the_middle_ends_the_run_as_partly_done(
    live: Any, sandbox: Any, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lock is lifted under the run: its next save is refused, and nothing more is sent."""
    url = server.fresh()
    live.env |= {**server.env, "SYNCER_STATE": url}
    live.reasons(6)
    sandbox.fault(method="POST", path="/v1/workflows/closing-reasons", delay=PATIENCE, times=1)
    first = live.start("apply", "--yes", "--workers", "1")
    _until_written(sandbox)
    assert live.run("state", "unlock", "--yes").code == 0
    sandbox.well_again()
    said = ended(first)
    assert said.code == 5, said.err
    assert len(sandbox.titles()) < 7
    again = live.run("apply", "--yes")
    assert again.code == 0, again.err
    assert len(sandbox.titles()) == len(set(sandbox.titles())) == 7


def _until_written(sandbox: Any) -> None:
    """The first create has been sent and not answered."""
    until(sandbox.writes, "the first create")


LIBRARIES = {"s3://bucket/prefix": ("obstore.store", "obstore"), "postgresql://db.example/x": ("psycopg", "psycopg")}


@pytest.mark.parametrize(("place", "library"), LIBRARIES.items(), ids=LIBRARIES)
def test_a_place_whose_library_is_not_installed(live: Any, place: str, library: tuple[str, str]) -> None:
    """The hint installs this package, and asks no index for the word `syncer`."""
    module, name = library
    live.monkeypatch.setitem(sys.modules, module, None)
    said = live.run("plan", "--state", place)
    assert (said.code, said.out) == (3, "")
    assert said.err == (
        f"error[state-library]: state at `{place}` needs {name}\n\n"
        f'hint: pip install "epilot-syncer[remote] @ git+https://git.example.com/tools/syncer@v{__version__}", with '
        "the place where you keep syncer for git.example.com/tools/syncer\n"
    )
