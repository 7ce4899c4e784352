"""The funnel: which stream, which bytes, and what happens when nobody reads or the disk is full."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from syncer.model.diagnostic import Problem
from syncer.render.output import Output, encodable
from syncer.render.terminal import Terminal
from tests.support.patience import PATIENCE


def test_answers_and_talk_go_their_ways() -> None:
    stdout, stderr = io.StringIO(), io.StringIO()
    out = Output(stdout, stderr, Terminal(), Terminal(colour=True))
    out.answer("{}")
    out.answer("")
    out.talk("reading\n")
    out.problems([Problem("a", "b")], summary=False)
    out.problems([])
    out.show("live lines need a terminal")
    assert stdout.getvalue() == "{}\n"
    assert stderr.getvalue() == "reading\n\x1b[1;31merror[a]:\x1b[0m b\n"


def test_a_live_line_makes_room() -> None:
    stdout, stderr = io.StringIO(), io.StringIO()
    out = Output(stdout, stderr, Terminal(), live=True)
    out.show("1/2")
    out.show("1/2")
    out.talk("done")
    out.show("2/2")
    out.answer("{}")
    assert stderr.getvalue() == "\r\x1b[2K1/2\r\x1b[2Kdone\n\r\x1b[2K2/2\r\x1b[2K"
    assert stdout.getvalue() == "{}\n"


ENCODED = {
    # case: (encoding, what is written)
    "utf-8": ("utf-8", "Größe → \\ud800"),
    "latin-1": ("latin-1", "Größe \\u2192 \\ud800"),
    "ascii": ("ascii", "Gr\\xf6\\xdfe \\u2192 \\ud800"),
    "cp1252": ("cp1252", "Größe \\u2192 \\ud800"),
}


@pytest.mark.parametrize(("encoding", "written"), ENCODED.values(), ids=ENCODED)
def test_no_encoding_is_too_small(encoding: str, written: str) -> None:
    raw = io.BytesIO()
    out = Output(io.TextIOWrapper(raw, encoding), None, Terminal())
    out.answer("Größe → \ud800")
    assert raw.getvalue().decode(encoding) == f"{written}\n"
    assert out.failure is None
    assert encodable("Größe", None) == "Größe"


def test_closed_streams_are_no_error() -> None:
    out = Output(None, None, Terminal(), live=True)
    out.answer("a")
    out.talk("b")
    out.show("c")
    assert out.failure is None


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_remembered() -> None:
    with open("/dev/full", "w", encoding="utf-8") as full:
        out = Output(full, None, Terminal())
        out.answer("{}")
        out.answer("{}")
    assert out.failure is not None
    assert out.failure.strerror == "No space left on device"


def test_a_stream_somebody_closed_is_remembered() -> None:
    stream = io.StringIO()
    stream.close()
    out = Output(stream, None, Terminal())
    out.answer("{}")
    assert str(out.failure) == "closed"


PROGRAM = """
import sys
from syncer.render.output import Output
from syncer.render.terminal import Terminal
out = Output(sys.stdout, sys.stderr, Terminal())
for number in range(20_000):
    out.answer("x" * 100)
out.talk("bookkeeping done")
sys.exit(0 if out.failure is None else 9)
"""


def test_a_reader_that_leaves_stops_nothing() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], stdout=writer, stderr=subprocess.PIPE, cwd=root, timeout=PATIENCE, check=False
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, b"bookkeeping done\n")


class Tty(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


PATCH = "--- a/x\n+++ b/x\n@@ -1 +1,2 @@\n-Größe\r\n+\x1b[31mrot\t\u202e\n ::error::x\n"
PATCHES = {
    # case: (terminal, encoding, what is written, note)
    "a pipe gets every byte": (False, "latin-1", PATCH, ""),
    "a terminal is not steered": (
        True, "utf-8",
        "--- a/x\n+++ b/x\n@@ -1 +1,2 @@\n-Größe\n+\\x1b[31mrot\t\\u202e\n \\x3a:error::x\n",
        "note: control characters are written out here; in a file or a pipe the patch holds them\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("tty", "encoding", "written", "note"), PATCHES.values(), ids=PATCHES)
def test_a_patch(tty: bool, encoding: str, written: str, note: str) -> None:
    raw, stderr = io.BytesIO(), io.StringIO()
    stream = (Tty if tty else io.TextIOWrapper)(raw, encoding, newline="\n")
    Output(stream, stderr, Terminal()).patch(PATCH)
    assert (raw.getvalue().decode("utf-8"), stderr.getvalue()) == (written, note)


def test_a_patch_in_colours() -> None:
    raw = io.BytesIO()
    stream = Tty(raw, "utf-8")
    Output(stream, None, Terminal(colour=True)).patch("--- a/x\n-a\n+b\n c\n")
    assert raw.getvalue() == b"\x1b[1m--- a/x\x1b[0m\n\x1b[31m-a\x1b[0m\n\x1b[32m+b\x1b[0m\n c\n"
