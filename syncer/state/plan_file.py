"""Plans in files: what `plan -o` saves, `show` shows and `apply` holds the present against.

Nothing in the file is believed: its form is checked, its id is computed anew, and an apply plans again and compares.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from syncer.documents.strict_json import NotJson, load
from syncer.fs.disk import replace_file
from syncer.model.diagnostic import InvalidInput, Problem
from syncer.model.json_values import Json, json_text, show_path
from syncer.plan.document.document import PLAN, plan_document, plan_id
from syncer.plan.plan import FORMAT_VERSION, Plan

if TYPE_CHECKING:
    from collections.abc import Sequence

MODE = 0o600
"""A plan quotes live values: it is its owner's to show."""

READ_VERSIONS = (1, FORMAT_VERSION)
"""Formats that are shown. Only the present one is applied: an older one does not say all that an apply does."""

LARGEST = 256 * 1024 * 1024
"""Bytes a plan file may have: 25 times a plan that creates 5,000 objects."""


def save_plan(path: Path, plan: Plan, problems: Sequence[Problem] = ()) -> None:
    """Write the plan's document, the same text that `--format json` prints, whole or not at all, mode 0600;
    InvalidInput where it cannot be written there."""
    if not path.parent.is_dir():  # a folder that is misspelt is not made
        raise InvalidInput(
            _problem(
                path, f"can't be written: there is no folder `{path.parent}`", hint="make it, or name another place"
            )
        )
    text = json_text(plan_document(plan, problems)) + "\n"
    try:
        replace_file(path, text.encode("utf-8"), mode=MODE)
    except OSError as error:
        raise InvalidInput(_problem(path, f"can't be written: {error.strerror or type(error).__name__}")) from None


def load_plan(path: Path) -> Plan:
    """The plan in a file; InvalidInput if it is none, another format's, or not as it was written."""
    try:
        document = load(path, "plan", LARGEST)
    except NotJson as error:
        raise InvalidInput(_problem(path, str(error))) from None
    return read_plan(document, str(path))


def read_plan(document: Json, file: str = "the plan") -> Plan:
    """The plan a document holds, without the tasks that only the planning process has; `file` is named in problems.
    Secrets in it have their names and no value. InvalidInput as for `load_plan`."""
    version = document.get("format_version") if isinstance(document, dict) else None
    if version not in READ_VERSIONS or isinstance(version, (bool, float)):
        raise InvalidInput(_wrong_version(file, document))
    faults = [_problem(file, f"is no plan: {said}", show_path(path)) for path, said in PLAN.faults(document)]
    if faults:
        raise InvalidInput(faults)
    try:
        plan: Plan = PLAN.read(document)
    except ValueError as error:
        raise InvalidInput(_problem(file, f"is no plan: {error}")) from None
    if plan_id(document) != document["id"] or plan.summary != document["summary"]:
        raise InvalidInput(_problem(file, f"was changed after plan {document['id']} was made"))
    return plan


def _problem(
    file: object, what: str, path: str = "", hint: str = "make it again with `syncer plan -o FILE`"
) -> Problem:
    return Problem("plan-file", f"`{file}` {what}", path=path, hint=hint)


def _wrong_version(file: str, document: Json) -> Problem:
    if not isinstance(document, dict) or "format_version" not in document:
        return _problem(file, "is no plan: it has no `format_version`")
    newer = f"this syncer reads formats {' and '.join(map(str, READ_VERSIONS))}"
    return _problem(file, f"has `format_version` {json_text(document['format_version'], indent=None)}: {newer}")
