"""docs/reliability.md names commands, options and files that exist, and has one row for each figure."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest

pytest.importorskip("flask", reason="the sandbox's extra is not installed")

from simulation.commands import INVARIANTS

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "reliability.md").read_text("utf-8")
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
ROWS = {
    cells[0]: cells[1:]
    for line in PAGE.splitlines()
    if (cells := [each.strip() for each in line.strip("|").split("|")]) and re.fullmatch(r"N\d+", cells[0])
}
COMMANDS = sorted(set(re.findall(r"`(make [^`]+)`", PAGE)))
VARIABLES: dict[str, str] = dict(re.findall(r"\$\(if \$\(([A-Z]+)\),(--[a-z]+)", MAKEFILE))
"""Of the Makefile's `sim` → the simulation's option."""


def options() -> set[str]:
    """The simulation's."""
    return set(re.findall(r'add_argument\("(--[a-z]+)"', (ROOT / "simulation" / "__main__.py").read_text("utf-8")))


def would_run(target: str, *words: str) -> list[str]:
    """The words of what `make` would run, apart from what it takes to get ready."""
    command = ["make", "-n", "--silent", "--old-file=.venv/.ready", target, *words]
    env = {"PATH": os.environ["PATH"]}  # what the make that runs these tests was told is not for this one
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=True).stdout.split()


def test_every_figure_has_a_row() -> None:
    assert list(ROWS) == [f"N{number}" for number in range(1, 28)]
    assert [name for name, cells in ROWS.items() if len(cells) != 4 or not all(cells)] == []


@pytest.mark.parametrize("name", ROWS)
def test_what_a_row_names_exists(name: str) -> None:
    _, tested, command, last = ROWS[name]
    files = re.findall(r"`([^`]+\.py)`", tested)
    assert [each for each in files if not (ROOT / each).is_file()] == []
    if not files:
        assert (tested, command, last) == ("–", "–", "not measured")
    else:
        assert re.fullmatch(r"`make [^`]+`", command)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_of_the_page_exists(command: str) -> None:
    """Its target, its variables, the option that each of them becomes, and the paths that are handed on."""
    _, target, *words = shlex.split(command.replace("$(date +%Y%m%d)", "20260302"))
    assert re.search(rf"^{target}:.*## ", MAKEFILE, re.MULTILINE)
    for word in words:
        variable, _, value = word.partition("=")
        if variable == "ARGS":
            assert [each for each in value.split() if not (ROOT / each).exists()] == []
        else:
            assert VARIABLES[variable] in options()
    if target == "sim":
        wanted = [VARIABLES[word.partition("=")[0]] for word in words]
        assert [each for each in wanted if each not in would_run(target, *words)] == []


def test_a_night_asks_for_everything_that_there_is() -> None:
    asked = {each for each in would_run("nightly") if each.startswith("--")}
    how = {"--seed", "--first", "--step", "--jobs", "--entries"}  # one case, which cases, how; and a mere timing
    assert asked == options() - how


def test_a_night_is_as_long_as_it_is_said_to_be() -> None:
    line = " ".join(re.sub(r"\$\(\((\d+) \* (\d+)\)\)", _product, " ".join(would_run("nightly"))).split())
    for part in (
        "--seeds 100000",
        "--steps 5000x50",
        "--manifests 100000",
        "--cache 10000",
        "--responses 50000",
        "--bodies 2000",
        "--kills 500",
    ):
        assert part in line
    said = (
        "100,000 lives, 5,000 walks of 50 steps, 100,000 spoilt manifests, 10,000 changed trees, "
        "50,000 hostile replies, 2,000 random bodies of each kind, 500 real kills"
    )
    assert said in PAGE


def _product(found: re.Match[str]) -> str:
    return str(int(found[1]) * int(found[2]))


def test_the_invariants_are_those_that_are_checked() -> None:
    assert len(re.findall(r"^\d+\. ", PAGE, re.MULTILINE)) == len(INVARIANTS)
