"""What another process judged is judged as it would have been here: the same problems, whatever is wrong."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import pytest

from syncer.manifests.project import read_project
from syncer.manifests.resolution import read_manifests
from syncer.manifests.validation import validate
from syncer.model.diagnostic import Problem

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="a process is split in two on Linux only"),
    pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning"),
]

SETTINGS = """version: 1
manifests: [config]
environments:
  test: {org_id: "739224", token: {env: EPILOT_TOKEN}, vars: {status: ACTIVE, title: Gewonnen}}
  live: {org_id: "911690", token: {env: EPILOT_TOKEN}, vars: {status: GONE, title: Verloren}}
"""
REASON = "apiVersion: syncer/v1\nkind: ClosingReason\nmetadata: {{name: r{number}{more}}}\nspec: {{{spec}}}\n"
ODD = [
    ("", "title: T{number}, status: ${{var.status}}"),
    ("", "title: T{number}, status: GONE"),
    ("", "title: T{number}, stauts: ACTIVE"),
    (", environments: [tset]", "title: T{number}"),
    (", environments: [live]", "title: T{number}"),
    (", aliases: [con]", "title: T{number}"),
    ("", "title: ${{var.title}}"),
    ("", "title: same"),
]


def repository(folder: Path) -> Path:
    """Files of ten reasons: first one without a mistake, then one with each, and so on; enough to be worth it."""
    (folder / "config").mkdir()
    (folder / "syncer.yaml").write_text(SETTINGS, "utf-8")
    for number in range(40):
        odd = ODD[number // 2 % len(ODD)] if number % 2 else ("", "title: T{number}")
        specs = [*[("", "title: T{number}, status: ACTIVE")] * 9, odd]
        documents = [
            REASON.format(number=10 * number + each, more=more, spec=spec.format(number=10 * number + each))
            for each, (more, spec) in enumerate(specs)
        ]
        text = "---\n".join(documents) + "# " + "x" * 8_000 + "\n"
        (folder / "config" / f"{number:02}.yaml").write_text(text, "utf-8")
    return folder / "syncer.yaml"


@pytest.mark.parametrize("strict", [False, True])
def test_the_same_problems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, strict: bool) -> None:
    settings = repository(tmp_path)
    found: list[tuple[int, list[Problem]]] = []
    for threads in (1, 2):  # with a second thread nothing is read by another process
        with monkeypatch.context() as patch:
            patch.setattr(threading, "active_count", lambda threads=threads: threads)
            manifests = read_manifests(read_project(settings))
        found.append((sum(each.document.sound for each in manifests.all), validate(manifests, strict=strict)))
    (ahead, here), (none, alone) = found
    assert (here, none) == (alone, 0)
    assert ahead > 50
    assert {each.rule for each in here} >= {
        "duplicate-live-key",
        "reserved-name",
        "unknown-environment",
        "unknown-field",
    }
