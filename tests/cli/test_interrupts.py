"""Ctrl-C and SIGTERM, by real signals to real processes: drained and remembered, or at once and without duplicates."""

from __future__ import annotations

import signal

import pytest

from tests.cli.conftest import ended, heard
from tests.support.patience import PATIENCE, until

REASONS = "/v1/workflows/closing-reasons"
CREATE = f"POST {REASONS}"
NUMBER = 12


@pytest.fixture
def slow(live, sandbox):
    """Twelve creates, four at a time; their answers are kept back until `well_again`, the work is done before."""
    live.remove("config/won.yaml")
    live.reasons(NUMBER)
    sandbox.fault(method="POST", path=REASONS, delay=PATIENCE, after_commit=True, times=NUMBER)
    return live


def begun(sandbox):
    until(lambda: len(sandbox.titles()) >= 4, "the first objects")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["SIGINT", "SIGTERM"])
def test_once_drains(slow, sandbox, number: signal.Signals, code: int) -> None:
    """F01, F03: what is under way is finished and remembered, nothing new is begun, a re-run does the rest."""
    process = slow.start("apply", "--yes", "--workers", "4", "--format", "json")
    begun(sandbox)
    process.send_signal(number)
    heard(process, "finishing what is under way")
    sandbox.well_again()
    said = ended(process)
    made = sandbox.titles()
    assert (said.code, len(made)) == (code, 4)
    assert said.json["exit_code"] == code
    assert said.json["summary"] == {"created": len(made)}
    assert "finishing what is under way; once more stops at once\n" in said.err
    assert said.err.endswith("interrupted: what was under way is finished and remembered; run it again to go on\n")
    assert not slow.state.with_suffix(".lock").exists()
    _goes_on(slow, sandbox, NUMBER - len(made))


def test_twice_stops_at_once(slow, sandbox) -> None:
    """F02: equal to a crash; what was sent without an answer is looked up, and no object is made twice."""
    process = slow.start("apply", "--yes", "--workers", "4")
    begun(sandbox)
    process.send_signal(signal.SIGINT)
    heard(process, "once more stops at once")
    process.send_signal(signal.SIGINT)
    said = ended(process)  # no answer has come yet
    assert said.code == 130
    assert slow.state.with_suffix(".journal").stat().st_size > 0
    sandbox.well_again()
    said = _goes_on(slow, sandbox, NUMBER - 4)
    assert "had taken effect" in said.err
    assert "note: took over the lock of a dead run: " in said.err


def test_killed(slow, sandbox) -> None:
    process = slow.start("apply", "--yes", "--workers", "4")
    begun(sandbox)
    process.kill()
    assert ended(process).code == -signal.SIGKILL
    sandbox.well_again()
    _goes_on(slow, sandbox, NUMBER - 4)


def _goes_on(repo, sandbox, number: int):
    """A re-run does what is left, and the plan after it is empty."""
    sandbox.well_again()
    sandbox.forget()
    said = repo.run("apply", "--yes")
    assert (said.code, sandbox.writes().count(CREATE)) == (0, number)
    titles = sandbox.titles()
    assert (len(titles), len(set(titles))) == (NUMBER, NUMBER)
    assert repo.run("plan", "--detailed-exitcode").code == 0
    return said


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["SIGINT", "SIGTERM"])
@pytest.mark.parametrize("command", ["plan", "apply"])
def test_while_reading(live, sandbox, command: str, number: signal.Signals, code: int) -> None:
    """Before anything is written it ends at once, and says so, in JSON too."""
    sandbox.fault(method="GET", path=REASONS, delay=PATIENCE)
    process = live.start(command, "--format", "json", *(["--yes"] if command == "apply" else []))
    until(lambda: f"GET {REASONS}" in sandbox.requests(), "the request")
    process.send_signal(number)
    said = ended(process)  # no answer has come yet
    assert said.code == code
    assert (said.json["exit_code"], said.json["problems"][0]["rule"]) == (code, "interrupted")
    assert sandbox.writes() == []
    assert not live.state.with_suffix(".lock").exists()


def test_at_the_prompt(live, sandbox) -> None:
    """F04: Ctrl-C, or nobody, at the question."""
    import os
    import pty

    ours, theirs = pty.openpty()
    process = live.start("apply", stdin=theirs)
    os.close(theirs)
    heard(process, "Only `yes` does it: ")
    process.send_signal(signal.SIGINT)
    said = ended(process)
    os.close(ours)
    assert (said.code, sandbox.writes()) == (130, [])
    assert "error[interrupted]: interrupted: nothing was changed in an organisation\n" in said.err
    assert not live.state.with_suffix(".lock").exists()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)])
def test_a_pull_in_the_middle_of_its_files(live, sandbox, number, code) -> None:
    """It ends at once, what it wrote is whole, and the next one finishes it: the same files as uninterrupted."""
    reasons = [{"id": f"{'R' * 17}{n:03}", "title": f"Grund {n}", "status": "ACTIVE"} for n in range(900)]
    sandbox.seed({"closing_reasons": reasons})
    live.remove("config/won.yaml")
    process = live.start("pull", "--kind", "ClosingReason")
    folder = live.folder / "config" / "reasons"
    until(lambda: folder.exists() and len(list(folder.glob(".*"))) > 5, "files without their names")
    process.send_signal(number)
    said = ended(process)
    assert (said.code, "pull again, and it goes on where it stopped" in said.err) == (code, code > 0)
    assert len(list(folder.glob("*.yaml"))) < 900
    again = live.run("pull", "--kind", "ClosingReason")
    assert (again.code, "the plan is empty: 0 changes, 900 links" in again.out) == (0, True)
    assert (len(list(folder.iterdir())), list(folder.glob(".*"))) == (900, [])
    assert live.run("plan", "--detailed-exitcode").code == 0
