"""Environments that no manifest can tell apart are judged once, and what is found names each of them all the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from syncer.manifests import validation
from syncer.manifests.project import Environment, read_project
from syncer.manifests.resolution import Manifests, read_manifests
from syncer.manifests.validation import validate

REASON = "apiVersion: syncer/v1\nkind: ClosingReason\nmetadata: {{name: {name}{more}}}\nspec: {{title: {title}}}\n"
REMOVED = (
    "apiVersion: syncer/v1\nkind: Removed\nmetadata: {name: r}\n"
    "spec: {objects: [{kind: EntitySchema, action: delete, key: '${var.b}'}]}\n"
)
PLAIN, USES = REASON.format(name="a", more="", title="A"), REASON.format(name="b", more="", title="'B ${var.a}'")
THERE = REASON.format(name="c", more=", environments: [e1, e4]", title="C")

CASES = {
    # vars of the environments e0 to e5                         files          how many are judged, problems
    "nothing is used": (["{a: 1}", "{a: 2}", "{}", "{b: 1}", "{}", "{}"], [PLAIN], 1, 0),
    "all the same": (["{a: x}"] * 6, [PLAIN, USES], 1, 0),
    "what is used differs": (["{a: x}", "{a: y}", "{a: x}", "{a: y}", "{a: z}", "{a: x}"], [USES], 3, 0),
    "what is not used differs": ([f"{{a: x, b: {number}}}" for number in range(6)], [USES], 1, 0),
    "the type differs": (["{a: 1}", "{a: true}", "{a: 1.0}", "{a: '1'}", "{a: 1}", "{a: true}"], [USES], 4, 0),
    "some live elsewhere": (["{}"] * 6, [PLAIN, THERE], 2, 0),
    "a removal uses one": (["{b: x}", "{b: y}", "{b: x}", "{b: x}", "{b: x}", "{b: x}"], [PLAIN, REMOVED], 2, 0),
    "one is missing everywhere": (["{}"] * 6, [USES], 6, 6),
    "one is missing in two": (["{a: x}", "{}", "{a: x}", "{}", "{a: x}", "{a: x}"], [USES], 3, 2),
    "what no variable touches is wrong": (["{a: x}"] * 6, [PLAIN.replace("title", "titel"), USES], 2, 1),
}  # fmt: skip


@pytest.mark.parametrize(("variables", "files", "judged", "number"), CASES.values(), ids=CASES)
def test_how_many_environments_are_judged(
    variables: list[str], files: list[str], judged: int, number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environments = "".join(f'  e{at}: {{org_id: "{at}", vars: {each}}}\n' for at, each in enumerate(variables))
    (tmp_path / "syncer.yaml").write_text(f"version: 1\nenvironments:\n{environments}", "utf-8")
    for at, text in enumerate(files):
        (tmp_path / f"{at}.yaml").write_text(text, "utf-8")
    manifests = read_manifests(read_project(tmp_path / "syncer.yaml"))
    seen: list[str] = []
    real = validation.resolve

    def noted(raws: Manifests, environment: Environment, *rest: Any, **how: Any) -> Any:
        seen.append(environment.name)
        return real(raws, environment, *rest, **how)

    monkeypatch.setattr(validation, "resolve", noted)
    together = validate(manifests)
    assert (len(seen), len(together)) == (judged, number)
    seen.clear()
    monkeypatch.setattr(validation, "_seen_by_manifests", lambda _: lambda environment: environment.name)
    assert (validate(manifests), len(seen)) == (together, 6)
