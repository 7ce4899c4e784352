"""The benchmarks measure what they say: valid manifests, right arithmetic, and a failed run is no figure."""

from __future__ import annotations

import gzip
import json
import re
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from benchmarks import against, manifests
from benchmarks.bomb import VALUES, bomb
from benchmarks.build import commit_of, current, installed
from benchmarks.figures import Comparison, Figure, comparison_lines, lines
from benchmarks.measure import Median, Run, Unmeasured, in_pairs, ratio, run, side_by_side
from benchmarks.plan import exponent
from benchmarks.simulated import Simulation, simulated
from benchmarks.subject import IN_HASTE, syncer

SCHEMAS = Path(__file__).parents[1] / "schemas"

GENERATED = {
    "closing-reason": manifests.reason(7),
    "flow-template": manifests.flow(7, 100),
    "entity-schema": manifests.schema(7),
}


@pytest.mark.parametrize(("schema", "manifest"), GENERATED.items(), ids=GENERATED)
def test_generated_manifests_are_valid(schema: str, manifest: Any) -> None:
    validator = Draft202012Validator(json.loads((SCHEMAS / f"{schema}.schema.json").read_text("utf-8")))
    assert [f"{error.json_path}: {error.message}" for error in validator.iter_errors(manifest)] == []


def test_a_repository_is_the_same_every_time_and_as_long_as_promised(tmp_path: Path) -> None:
    first, second = (
        {
            path.relative_to(folder).as_posix(): path.read_text("utf-8")
            for path in manifests.repository(folder, reasons=60, flows=2, schemas=1).rglob("*.yaml")
        }
        for folder in (tmp_path / "first", tmp_path / "second")
    )
    assert first == second
    assert {name: len(text.splitlines()) for name, text in first.items()} == {
        "syncer.yaml": 7,
        "config/reasons/from-00000.yaml": 399,
        "config/reasons/from-00050.yaml": 79,
        "config/flows/flow-0000.yaml": 244,
        "config/flows/flow-0001.yaml": 244,
        "config/schemas/schema-000.yaml": 605,
    }


def test_every_figure_is_a_line() -> None:
    figures = [
        Figure("plan", 1.234, "s", 2, "beside it"),
        Figure("calls", 1500, "", 1499),
        Figure("ratio", None, "×", 0.1, "terraform is missing"),
        Figure("noted", 3, "MB"),
        Figure.not_built("memory", "×", 0.4, "there is no --no-cache"),
    ]
    assert lines("plan", figures) == [
        "== plan",
        "figure  measured  target            how",
        "plan    1.23 s    ≤ 2 s    pass     beside it",
        "calls   1,500     ≤ 1,499  FAIL",
        "ratio   – ×       ≤ 0.1 ×  missing  terraform is missing",
        "noted   3 MB",
        "memory  – ×       ≤ 0.4 ×  FAIL     not built: there is no --no-cache",
    ]


def test_the_exponent_of_ten_times_the_time_for_a_hundred_times_the_size() -> None:
    assert exponent(0.2, 2.0, 100) == pytest.approx(0.5)


def test_contestants_run_in_turns_and_their_medians_count() -> None:
    order: list[str] = []
    times = {"a": iter([99.0, 1, 5, 3]), "b": iter([99.0, 2, 2, 9])}

    def contestant(name: str) -> Run:
        order.append(name)
        return Run(next(times[name]), 10, 0, "")

    medians = side_by_side({"a": lambda: contestant("a"), "b": lambda: contestant("b")}, 3)
    assert medians == {"a": Median(3, 10), "b": Median(2, 10)}
    assert "".join(order) == "ab" + "ab" + "ba" + "ab"


def test_a_command_that_fails_has_no_time(tmp_path: Path) -> None:
    with pytest.raises(Unmeasured, match="exit code 3:\nno such thing"):
        run([sys.executable, "-c", "import sys; print('no such thing'); sys.exit(3)"], tmp_path)


def test_a_command_that_works_is_timed_and_weighed(tmp_path: Path) -> None:
    done = run([sys.executable, "-c", "import time; x = bytearray(50_000_000); time.sleep(0.1); print('ok')"], tmp_path)
    assert done.output == "ok\n"
    assert done.seconds > 0.1
    assert done.peak_mb > 50


def test_a_pair_begins_with_the_other_build_each_time() -> None:
    order: list[str] = []

    def contestant(name: str) -> Run:
        order.append(name)
        return Run(0, 0, 0, name, cpu=float(len(order)))

    pairs = in_pairs(lambda: contestant("a"), lambda: contestant("b"), 3)
    assert "".join(order) == "ab" + "ab" + "ba" + "ab"
    assert [(old.output, old.cpu, new.output, new.cpu) for old, new in pairs] == [
        ("a", 3, "b", 4),
        ("a", 6, "b", 5),
        ("a", 7, "b", 8),
    ]


RATIOS = {
    # case: (pairs of old and new, median of new ÷ old)
    "of the ratios, not of the values": ([(1.0, 2.0), (10.0, 10.0), (100.0, 50.0)], 1.0),
    "between two": ([(1.0, 1.0), (1.0, 2.0)], 1.5),
    "from nothing": ([(0.0, 1.0)], float("inf")),
}


@pytest.mark.parametrize(("pairs", "expected"), RATIOS.values(), ids=RATIOS)
def test_the_ratio_of_pairs(pairs: list[tuple[float, float]], expected: float) -> None:
    assert ratio(pairs) == expected


def test_every_comparison_is_a_line() -> None:
    comparisons = [
        Comparison("validate", "s CPU", 2.0, 1.0, 0.5, 0.5, "3 pairs"),
        Comparison("apply, bytes", "MB", 100, 100, 1.0, 0.02),
        Comparison("exponent", "", 1.9, 1.2, None, 1.1, "of the new one"),
        Comparison("instructions", "million", target=0.75, how="valgrind isn't installed"),
        Comparison("noted", "", 3, 4, 4 / 3),
    ]
    assert comparison_lines("against", comparisons) == [
        "== against",
        "job           old      new      ratio  target                how",
        "validate      2 s CPU  1 s CPU  0.500  ≤ 0.5   met           3 pairs",
        "apply, bytes  100 MB   100 MB   1.000  ≤ 0.02  MISSED",
        "exponent      1.90     1.20     –      ≤ 1.1   MISSED        of the new one",
        "instructions  –        –        –      ≤ 0.75  not measured  valgrind isn't installed",
        "noted         3        4        1.333",
    ]


COUNTED = """
import subprocess, sys
open(sys.argv[1], "wb").write(bytes(1_000_000))
subprocess.run([sys.executable, "-c", "import sys; open(sys.argv[1], 'wb').write(bytes(500_000))", sys.argv[1]])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts them a process")
def test_what_a_command_and_its_children_write_is_counted(tmp_path: Path) -> None:
    done = run([sys.executable, "-c", COUNTED, tmp_path / "file"], tmp_path)
    assert done.written is not None
    assert 1_500_000 <= done.written < 1_600_000


BURNED = "import time\nwhile time.process_time() < 0.3: pass"


def test_the_time_of_a_command_is_that_of_its_processor_and_of_its_childrens(tmp_path: Path) -> None:
    waiting = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {BURNED!r}])"
    assert run([sys.executable, "-c", waiting], tmp_path).cpu >= 0.3


def test_a_revision_that_is_none_is_said() -> None:
    with pytest.raises(Unmeasured, match=r"^`no-such-branch` is no revision of this repository$"):
        commit_of("no-such-branch")


def test_an_installed_revision_is_not_installed_again(tmp_path: Path) -> None:
    commit = commit_of("HEAD")
    folder = tmp_path / "builds" / commit
    folder.mkdir(parents=True)
    (folder / "ready").touch()
    build = installed("HEAD", tmp_path)
    assert (build.python, build.source) == (folder / "venv" / "bin" / "python", folder / "source")
    assert [path.name for path in folder.iterdir()] == ["ready"]


def test_the_current_build_is_this_tree(tmp_path: Path) -> None:
    here = manifests.repository(tmp_path / "here", reasons=1)
    output = syncer(here, "validate", python=("-v",))().output
    assert str(current().source / "syncer" / "cli" / "__init__.py") in output


def test_in_haste_nothing_but_the_clock_is_another(tmp_path: Path) -> None:
    here = manifests.repository(tmp_path / "here", reasons=1)
    assert syncer(here, "validate", code=IN_HASTE)().output == syncer(here, "validate")().output


def test_targets_are_the_promised_ones_against_their_own_base_only(tmp_path: Path) -> None:
    contests = [
        against.Contest(current(), current(), tmp_path, against.QUICK, 1, promised) for promised in (True, False)
    ]
    named = ("apply 2,000 creates, bytes", "apply 500 creates, bytes")
    assert [[contest.target(name) for name in named] for contest in contests] == [[0.02, 1.05], [1.05, 1.05]]


def test_a_missed_target_is_the_exit_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = iter([[Comparison("a", "", 1, 1, 1.0, 1.05)], [Comparison("a", "", 1, 2, 2.0, 1.05)]])
    monkeypatch.setitem(against.JOBS, "start", lambda _: iter(next(found)))
    monkeypatch.setattr(against, "installed", lambda _: current())
    assert [against.main(["HEAD", "start"]), against.main(["HEAD", "start"])] == [0, 1]


def test_a_simulated_apply_waits_for_the_quota_and_for_its_saves(tmp_path: Path) -> None:
    here = manifests.repository(tmp_path / "here", reasons=5)
    words = ("apply", "--yes", "--first-contact")
    done = simulated(here, Simulation(quota=500, save=0.25), *words, "--state", "s3://bench/state")
    assert done.written == {"201": 5}
    assert done.seconds == 0.25 * len(done.saves)
    assert sorted(done.saves) == done.saves
    near = manifests.repository(tmp_path / "near", reasons=5)
    (near / "syncer.yaml").write_text(manifests.SETTINGS.replace("100%", "1%"), "utf-8")  # five writes a minute
    done = simulated(near, Simulation(quota=4), *words)
    assert (done.written["201"], done.written["429"] > 0, done.seconds >= 60, done.saves) == (5, True, True, [])


def test_what_a_bomb_unpacks_to() -> None:
    with bomb() as (server, weight), urllib.request.urlopen(server) as reply:  # noqa: S310 this process serves it
        packed = reply.read()
    assert len(packed) == weight < 30_000
    text = gzip.decompress(packed)
    assert (text[:15], text[-6:], text.count(b"{}")) == (b'{"results":[{},', b"{},{}]}"[-6:], VALUES + 1)


def test_benchmarks_lean_on_no_simulation() -> None:
    sources = [path.read_text("utf-8") for path in (Path(__file__).parents[1] / "benchmarks").rglob("*.py")]
    assert [text for text in sources if re.search(r"^\s*(from|import) (simulation|tests)\b", text, re.MULTILINE)] == []
