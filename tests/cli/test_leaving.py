"""How the process ends: quickly, and with all that others hung onto its end."""

from __future__ import annotations

import os
import pstats
import subprocess
import sys
from pathlib import Path

import pytest

from syncer import __version__
from tests.support.patience import PATIENCE

ROOT = Path(__file__).parents[2]
SAID = f"syncer {__version__}\n"

PROGRAMS = {
    # case: (program, what it says, exit code)
    "what was registered is called": (
        "import atexit; atexit.register(print, 'the last word'); from syncer.cli import main; main()",
        [f"{SAID}the last word\n", 0],
    ),
    "a hook that fails changes nothing": (
        "import atexit; atexit.register(print, 'the last word'); atexit.register(lambda: 1 / 0)\n"
        "from syncer.cli import main; main()",
        [f"{SAID}the last word\n", 0],
    ),
    "nothing is taken apart": (
        "import os\nclass Kept:\n    def __del__(self, write=os.write): write(1, b'taken apart')\n"
        "kept = Kept()\nfrom syncer.cli import main; main()",
        [SAID, 0],
    ),
    "a function that called goes on": (
        "from syncer.cli import main\n"
        "def call():\n    try: main()\n    except SystemExit as end: print('ended with', end.code)\n"
        "call(); raise SystemExit(9)",
        [f"{SAID}ended with 0\n", 9],
    ),
    "so does a script that gave arguments": (
        "from syncer.cli import main\n"
        "try: main(['no-such-command'])\nexcept SystemExit as end: print('ended with', end.code)",
        ["ended with 3\n", 0],
    ),
    "the code is the command's": ("from syncer.cli import main; main(['no-such-command'])", ["", 3]),
}


@pytest.mark.parametrize(("program", "expected"), PROGRAMS.values(), ids=PROGRAMS)
def test_the_end_of_a_program(program: str, expected: list[object]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", program, "--version"], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert [done.stdout, done.returncode] == expected, done.stderr


def test_a_profiler_writes_what_it_saw(tmp_path: Path) -> None:
    file = tmp_path / "profile"
    command = [sys.executable, "-m", "cProfile", "-o", str(file), "-m", "syncer", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (done.stdout, done.returncode) == (SAID, 0), done.stderr
    seen = pstats.Stats(str(file)).get_stats_profile().func_profiles
    assert {"main", "run", "_begun_by_python"} <= set(seen)


WATCHING = """
import atexit, os, sys
seen = set()
def watch(frame, event, given):
    if frame.f_globals.get("__name__") == "syncer.cli":
        seen.add(frame.f_code.co_name)
sys.settrace(watch)
def save():
    sys.settrace(None)
    with open(os.environ["SEEN"], "w") as file:
        file.write(" ".join(sorted(seen)))
atexit.register(save)
"""


def test_a_coverage_tool_that_watches_every_process_saves_what_it_saw(tmp_path: Path) -> None:
    """As coverage.py does where COVERAGE_PROCESS_START is set: begun with Python, saved by a hook at its end."""
    (tmp_path / "sitecustomize.py").write_text(WATCHING, "utf-8")
    env = {"PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}", "SEEN": str(tmp_path / "seen")}
    done = subprocess.run(
        [sys.executable, "-m", "syncer", "--version"],
        env={**os.environ, **env}, capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert (done.stdout, done.returncode) == (SAID, 0), done.stderr
    assert {"main", "run", "_begun_by_python"} <= set((tmp_path / "seen").read_text("utf-8").split())
