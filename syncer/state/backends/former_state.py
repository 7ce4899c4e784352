"""What tells where a state is by now: what is left at a place that one was moved away from, and the state that an
environment has left under its former name, which is found by the organisation."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable
from typing import Final

from syncer.model.diagnostic import Problem, Refused
from syncer.model.named_tuple import NamedTuple

_ORGANISATION: Final = re.compile(rb'^"org_id": "([^"\\]{1,200})"', re.MULTILINE)
"""In the head of a state, which may be damaged further down, and in what stands where one was moved away."""
_HEAD: Final = 4096


class FormerState(NamedTuple):
    """A state whose environment is not in syncer.yaml."""

    environment: str
    moved: str
    """The place that it was moved to; "" where it still is in this one."""

    def refusal(self, environment: str) -> Refused:
        """Of whatever would go on without it, in the name of the environment that has no state yet."""
        former = self.environment
        message = (
            f"nothing is remembered of `{environment}`, and there is a state of the same organisation for `{former}`, "
            f"which syncer.yaml no longer names"
        )
        hint = f"`syncer state move --env {environment} --from {former}` takes it over, with removals and `protect`"
        if self.moved:
            message += f"; it was moved to `{self.moved}`"
            hint += f"; there: --state {self.moved}"
        return Refused(Problem("state-renamed", message, hint=hint))


def former_state(found: Iterable[tuple[str, bytes]], org_id: str, named: Collection[str]) -> FormerState | None:
    """The first of the states that is the organisation's and of an environment that is not `named`."""
    for environment, text in found:
        owner = _ORGANISATION.search(text[:_HEAD])
        if environment in named or owner is None or owner[1] != org_id.encode() or taken_by(text):
            continue
        return FormerState(environment, moved_to(text))
    return None


def tombstone(environment: str, to: str, org_id: str, heir: str = "") -> bytes:
    """What stands where a state has been moved away: no syncer takes it for a state. `heir`: the environment that it
    belongs to now, where that is another one."""
    owner = {"taken_by": heir} if heir else {"org_id": org_id}
    document = {"format_version": 1, "environment": environment, **owner, "moved_to": to}
    return (json.dumps(document, indent=0) + "\n").encode("ascii")


def moved_to(text: bytes) -> str:
    """The address in a tombstone; "" for anything else."""
    return _in_tombstone(text, "moved_to")


def taken_by(text: bytes) -> str:
    """The environment that a tombstone says has the state now; "" where it keeps its own."""
    return _in_tombstone(text, "taken_by")


def _in_tombstone(text: bytes, word: str) -> str:
    if len(text) > 4096 or b'"moved_to"' not in text:
        return ""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    found = document.get(word) if isinstance(document, dict) else None
    return found if isinstance(found, str) and found.isascii() and found.isprintable() else ""
