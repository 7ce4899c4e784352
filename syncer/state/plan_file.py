"""Plans in files: what `plan -o` saves, `show` shows and `apply` holds the present against.

Nothing in the file is believed: its form is checked, its id is computed anew, and an apply plans again and compares.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from syncer.documents.strict_json import NotJson, decode
from syncer.fs.disk import replace_file
from syncer.model.address import Address, parse_address
from syncer.model.diagnostic import InvalidInput, Problem
from syncer.model.json_values import Json, json_text, show_path
from syncer.plan.document.document import plan_document, plan_id
from syncer.plan.document.marker_codec import value_of_side
from syncer.plan.plan import FORMAT_VERSION, Change, Field, Link, Notice, Plan, Release

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
        if not path.is_file() and path.exists():
            raise InvalidInput(_problem(path, "is not a file"))
        content = path.read_bytes() if path.stat().st_size <= LARGEST else None
    except OSError as error:
        raise InvalidInput(_problem(path, f"can't be read: {error.strerror or type(error).__name__}")) from None
    if content is None:
        raise InvalidInput(_problem(path, f"is larger than {LARGEST // 2**20} MB"))
    try:
        document = decode(content)
    except NotJson as error:
        raise InvalidInput(_problem(path, f"is no plan: {error}")) from None
    return read_plan(document, str(path))


def read_plan(document: Json, file: str = "the plan") -> Plan:
    """The plan a document holds, without the tasks that only the planning process has; `file` is named in problems.
    Secrets in it have their names and no value. InvalidInput as for `load_plan`."""
    version = document.get("format_version") if isinstance(document, dict) else None
    if version not in READ_VERSIONS or isinstance(version, (bool, float)):
        raise InvalidInput(_wrong_version(file, document))
    problems = _misshapen(document, file)
    if problems:
        raise InvalidInput(problems)
    try:
        plan = _plan(document)
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


def _misshapen(document: Json, file: str) -> list[Problem]:
    """What is not as the format says; values are not quoted, a plan may be anybody's."""
    from pydantic import ValidationError

    from syncer.state.plan_schema import PlanModel  # late: pydantic costs a command that reads no plan 45 ms

    try:
        PlanModel.model_validate(document)
    except ValidationError as error:
        return [
            _problem(file, f"is no plan: {_said(each['type'], each['msg'])}", show_path(each["loc"]))
            for each in error.errors(include_url=False, include_context=False, include_input=False)
        ]
    return []


def _said(rule: str, message: str) -> str:
    words = {"extra_forbidden": "its format knows no such key", "missing": "a key is missing"}
    return words.get(rule, f"{message[:1].lower()}{message[1:]}")


def _address(text: str) -> Address:
    address = parse_address(text)
    if address is None:
        raise ValueError("an address is not of the form KIND/NAME")
    return address


def _plan(document: Json) -> Plan:
    return Plan(
        document["id"],
        document["environment"],
        document["org_id"],
        document["server"],
        tuple(map(_change, document["changes"])),
        tuple(Link(_address(each["address"]), each["live_id"], each["how"], each["new"]) for each in document["links"]),
        tuple(Release(_address(each["address"]), each["path"]) for each in document["released"]),
        tuple(
            Notice(each["rule"], each["message"], _address(each["address"]) if each["address"] is not None else None)
            for each in document["notices"]
        ),
        document["digests"],
        document["partial"],
        undo=document.get("undo", ""),
        format_version=document["format_version"],
        against=document.get("against") or {},
    )


def _change(each: Json) -> Change:
    return Change(
        _address(each["address"]),
        each["action"],
        each["class"],
        tuple(each["reasons"]),
        tuple(map(_field, each["fields"])),
        tuple(each["calls"]),
        tuple(map(_address, each["after"])),
        each["fingerprint"],
        each["live_id"] or "",
        each["name"],
    )


def _field(each: Json) -> Field:
    before, after = value_of_side(each["before"]), value_of_side(each["after"])
    return Field(each["path"], before, after, each["cause"], each["class"], each["reason"], each["item"])
