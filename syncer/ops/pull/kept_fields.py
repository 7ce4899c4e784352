"""What a pull leaves as it is in a manifest, told field by field: why, where, and what to do about it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator

from syncer.diff.write_back import KeptField
from syncer.manifests.envelope import RawManifest
from syncer.manifests.project import Environment
from syncer.model.address import Address
from syncer.model.diagnostic import Problem
from syncer.model.json_values import ABSENT, leaves_at, show_path
from syncer.model.kind import PreparedSides
from syncer.model.resource import Desired
from syncer.plan.inputs import IdIndex, PlanInputs, memory_of
from syncer.plan.secrets.secret_changes import secret_changes

MOST_NAMED = 8
"""How many things a message names; of more, the number."""


def kept_problems(
    address: Address, raw: RawManifest, left: Collection[KeptField], environment: Environment
) -> Iterator[Problem]:
    """What was left, for people: fields one by one, undeclared ones together."""
    undeclared = []
    for each in left:
        if each.why == "undeclared":
            undeclared.append(show_path(each.path, "")[1:] + (f"[{each.name}]" if each.name else ""))
        else:
            yield _one_left(address, raw, each, environment)
    if undeclared:
        more = len(undeclared) - MOST_NAMED
        named = ", ".join(f"`{each}`" for each in undeclared[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
        message = f"{address}: live, and not declared by the manifest: {named}"
        hint = f"`--complete {address}` takes them over"
        yield Problem("undeclared", message, raw.locate(("spec",), key=True), "$.spec", hint, "warning")


def _one_left(address: Address, raw: RawManifest, left: KeptField, environment: Environment) -> Problem:
    path = ("spec", *left.path)
    field_name = show_path(left.path, "")[1:] or "spec"
    at, shown = raw.locate(path), show_path(path)
    live = "" if left.live is ABSENT else f", and it is {json.dumps(left.live, ensure_ascii=False, default=str)} live"
    if left.why == "variable":
        family, _, name = left.name.partition(".")
        where = {"var": "vars", "id": "ids"}.get(family, "the process environment")
        hint = (
            f"change `{name}` under `{where}` of environment `{environment.name}` in syncer.yaml, or write a value here"
        )
        message = f"{address}: `{field_name}` comes from `${{{left.name}}}`{live}"
        return Problem("fed-by-variable", message, at, shown, hint, "warning")
    if left.why == "secret":
        message = f"{address}: `{field_name}` is or was a secret, and differs live; secrets are never written"
        hint = "give the variable its present value, or let the next apply set it"
        return Problem("secret-not-taken", message, at, shown, hint, "warning")
    if left.why == "pending":
        what = f"`{field_name}`" + (f" ({left.name})" if left.name else "")
        message = f"{address}: {what} was changed in the manifest since the last apply, and stays so"
        hint = "apply it; or let the organisation win, and see in git what that undoes"
        return Problem("not-yet-applied", message, at, shown, hint, "warning")
    if left.why == "unsound":
        message = f"{address}: `{field_name}` was left as it is: what is live there no manifest may say: {left.name}"
        hint = "mend it in the organisation, or let the next apply do so"
        return Problem("unsound-live", message, at, shown, hint, "warning")
    why = f": two live items have {left.name}" if left.name else ""
    message = f"{address}: which items of `{field_name}` are which cannot be told{why}"
    hint = "tell them apart in the organisation, or change the manifest by hand"
    return Problem("items-unclear", message, at, shown, hint, "warning")


def moved_secrets(desired: Desired, prepared: PreparedSides, known: IdIndex, sides: PlanInputs) -> Iterator[KeptField]:
    """The secrets that somebody set or took away since the last apply, of which no reply tells the value."""
    if not prepared.secrets:
        return
    entry = memory_of(desired, known.found.get(desired.address), sides.managed)
    for change in secret_changes(prepared, entry, False).changes:
        label = str(change.path[0])
        if change.cause != "ours" and label in prepared.secrets:
            top = (label.partition("[")[0],)
            secret = prepared.secrets[label]
            yield KeptField(next((path for path, leaf in leaves_at(desired.spec) if leaf is secret), top), "secret")
