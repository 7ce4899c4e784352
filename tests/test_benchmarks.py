"""The benchmarks measure what they say: valid manifests, right arithmetic, and a failed run is no figure."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from benchmarks import manifests
from benchmarks.figures import Figure, lines
from benchmarks.measure import Median, Run, Unmeasured, run, side_by_side
from benchmarks.plan import exponent

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
    ]
    assert lines("plan", figures) == [
        "== plan",
        "figure  measured  target            how",
        "plan    1.23 s    ≤ 2 s    pass     beside it",
        "calls   1,500     ≤ 1,499  FAIL",
        "ratio   – ×       ≤ 0.1 ×  missing  terraform is missing",
        "noted   3 MB",
    ]


def test_the_exponent_of_ten_times_the_time_for_a_hundred_times_the_size() -> None:
    assert exponent(Median(0.2, 0), Median(2.0, 0), 100) == pytest.approx(0.5)


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
