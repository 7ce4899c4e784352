"""Hints of the samples in examples/broken, one file for each rule."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Repo, Sandbox
from tests.cli.hints.carrying_out import Situation

SAMPLES = Path(__file__).parents[3] / "examples" / "broken"
EXTRA = "if the platform knows it, add `- {}` below `metadata.extra`"


def sample(name: str, hint: str, before: int = 3, way: int = 0) -> Situation:
    """The file of that name in the repository."""

    def prepare(repo: Repo, sandbox: Sandbox) -> None:
        repo.write("config/one.yaml", (SAMPLES / f"{name}.yaml").read_bytes())

    return Situation(prepare, ("validate",), hint, (before, 0), (way,))


BROKEN = {
    name: sample(name, hint, *more)
    for name, hint, *more in (
        ("field-wrong-type", 'write `"2026"`, with quotes'),
        ("flow-duration-text", "write `2`, without quotes"),
        ("flow-manual-statements", "remove them, or write `trigger_mode: automatic`"),
        ("flow-old-version", "write `version: v3`", 0),
        ("flow-operator", EXTRA.format("tasks[accepted].conditions[one].statements[0].operator")),
        ("flow-phase-without-entry", "add `{from_id: start, to_id: check}`"),
        ("flow-task-type", f"did you mean `MANUAL`? {EXTRA.format('tasks[check].task_type')}"),
        ("flow-time-unit", f"did you mean `days`? {EXTRA.format('tasks[check].due_date_config.unit')}"),
        ("removed-action", "write `action: deactivate`, or `forget` to leave it as it is"),
        ("retention-boolean-text", 'write `"false"`, with quotes'),
        ("schema-attribute-field-type", "write `true`, without quotes"),
        ("schema-attribute-type", EXTRA.format("attributes[note].type"), 0),
        ("schema-edit-mode", "write `edit_mode: external`, or remove the config", 0),
        ("schema-enable-setting", "leave it out, or write `null`"),
        ("schema-options-type", "write `[neu]`, a list of one"),
        ("word-unknown", EXTRA.format("status"), 0),
        ("yaml-lost-digits", 'write `"1067"`, with quotes'),
    )
}
