"""What a command writes and to whom; nobody listening, a full disk, streams that are closed or can show little."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import PLAIN, reason
from tests.support.patience import PATIENCE

SGR = re.compile(r"\x1b\[[0-9;]*m")
CLOSING = "[os.close(int(n)) for n in sys.argv[1]]"
LIMITING = "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[1]),) * 2)"


def after(repo, first: str, value: str, *args: str) -> subprocess.CompletedProcess[bytes]:
    """A command in a process that did something else first, with `value` as `sys.argv[1]`."""
    code = f"import os, sys; {first}; os.execv(sys.executable, [sys.executable, '-m', 'syncer', *sys.argv[2:]])"
    return subprocess.run(
        [sys.executable, "-c", code, value, *args], cwd=repo.folder, env={**PLAIN, **repo.env}, capture_output=True,
        check=False, timeout=PATIENCE,
    )  # fmt: skip


@pytest.fixture
def coloured(live):
    """A repository with something to warn of, and a title that would turn a line around."""
    live.write("config/won.yaml", reason("won", "Grüße – \u202eGewonnen"))
    live.write("config/later.yaml", "# nothing yet\n")
    return live


COLOUR = {
    # environment, options before the command, whether there is colour on a pipe
    "a pipe": ({}, [], False),
    "FORCE_COLOR": ({"FORCE_COLOR": "1"}, [], True),
    "FORCE_COLOR=0": ({"FORCE_COLOR": "0"}, [], False),
    "both": ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, [], False),
    "--color always": ({}, ["--color", "always"], True),
    "--color always, NO_COLOR": ({"NO_COLOR": "1"}, ["--color", "always"], True),
    "--color never": ({"FORCE_COLOR": "1"}, ["--color", "never"], False),
}


@pytest.mark.parametrize(("env", "options", "colour"), COLOUR.values(), ids=COLOUR)
def test_colour(coloured, env, options, colour: bool) -> None:
    said = coloured.run(*options, "plan", env=env)
    assert (said.code, bool(SGR.search(said.out))) == (0, colour)
    without = coloured.run("--color", "never", "plan")
    assert SGR.sub("", said.out) == without.out
    assert "\u202e" not in said.all


def test_json_is_never_coloured(coloured) -> None:
    said = coloured.run("--color", "always", "plan", "--format", "json", env={"FORCE_COLOR": "1"})
    assert not SGR.search(said.out)
    assert said.json["summary"] == {"create": 1}


@pytest.mark.parametrize("term", ["dumb", "xterm"])
def test_a_terminal(coloured, term: str) -> None:
    """On a terminal there is colour, on a dumb one there is none; `CI` has no live line."""
    import pty

    ours, theirs = pty.openpty()
    process = coloured.start("plan", stdout=theirs, env={"TERM": term})
    os.close(theirs)
    seen = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # EIO: nobody holds the other end any more
            break
        if not part:
            break
        seen += part
    os.close(ours)
    process.communicate(timeout=PATIENCE)
    assert (process.returncode, b"\x1b[" in seen) == (0, term == "xterm")


@pytest.mark.parametrize("columns", ["40", "200"])
def test_width(coloured, columns: str) -> None:
    for args in (("plan",), ("apply", "--yes")):
        said = coloured.run(*args, env={"COLUMNS": columns})
        assert said.code == 0
        assert max(map(len, said.out.splitlines())) <= int(columns)
    assert max(map(len, coloured.run("plan", "--help", env={"COLUMNS": "60"}).out.splitlines())) <= 60


POOR = {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


@pytest.mark.parametrize(
    "args",
    [("plan",), ("plan", "--format", "json"), ("validate",), ("validate", "--format", "json"), ("apply", "--yes"),
     ("apply", "--yes", "--format", "json"), ("show", "p"), ("schema", "EntitySchema")],
    ids=" ".join,
)  # fmt: skip
def test_a_stream_that_takes_ascii_only(coloured, args) -> None:
    coloured.run("plan", "-o", "p")
    said = coloured.spawn(*args, env=POOR)
    assert (said.code, said.all.isascii()) == (0, True)
    if "json" in args:
        assert json.loads(said.out)


def test_warnings_as_errors_and_no_asserts(coloured) -> None:
    """F08: no logic in `assert`, no warning on the way, whatever the encoding."""
    for python in (["-W", "error"], ["-O"], ["-bb", "-X", "dev", "-W", "error"]):
        said = coloured.spawn("plan", python=python, env=POOR)
        assert (said.code, said.err) == (0, "1 warning about the manifests; `syncer validate` shows it\n")


@pytest.mark.parametrize(
    "args", [("--help",), ("schema", "FlowTemplate"), ("plan",), ("validate", "--format", "sarif"), ("apply", "--yes")],
    ids=" ".join,
)  # fmt: skip
def test_a_reader_that_goes_away(coloured, sandbox, args) -> None:
    """F05: `| head` ends in peace, and an apply goes on with its bookkeeping."""
    process = coloured.start(*args)
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None
    _, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, b"Broken" in err, b"Traceback" in err, b"Exception" in err) == (0, False, False, False)
    if args[0] == "apply":
        assert len(sandbox.titles()) == 1
        assert coloured.run("plan", "--detailed-exitcode").code == 0
        assert not coloured.state.with_suffix(".lock").exists()


@pytest.mark.parametrize(
    "args", [("--version",), ("--help",), ("schema", "FlowTemplate"), ("plan", "--format", "json"), ("state", "list")],
    ids=" ".join,
)  # fmt: skip
def test_a_full_disk(coloured, args) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    coloured.run("apply", "--yes")
    with open("/dev/full", "wb") as full:
        said = coloured.spawn(*args, stdout=full)
    assert said.code == 1
    assert "No space left on device" in said.err
    assert "Exception ignored" not in said.err


CLOSED = {
    # descriptors that are closed, arguments: exit
    "stdout": ("1", ("plan",), 0),
    "stderr": ("2", ("plan",), 0),
    "both": ("12", ("plan",), 0),
    "all three": ("012", ("plan",), 0),
    "all three, apply": ("012", ("apply", "--yes"), 0),
    "stdin, asked": ("0", ("apply",), 4),
    "stdout, an error": ("1", ("plan", "-e", "nosuch"), 3),
    "all three, an error": ("012", ("plan", "-e", "nosuch"), 3),
    "stdout, help": ("1", ("--help",), 0),
}


@pytest.mark.parametrize(("descriptors", "args", "code"), CLOSED.values(), ids=CLOSED)
def test_closed_streams(coloured, descriptors: str, args, code: int) -> None:
    done = after(coloured, CLOSING, descriptors, *args)
    assert (done.returncode, b"Traceback" in done.stderr) == (code, False)


def test_few_descriptors_little_home(coloured) -> None:
    """F09: no HOME, few open files."""
    assert after(coloured, LIMITING, "32", "plan").returncode == 0
    assert after(coloured, LIMITING, "10", "validate").returncode == 0
