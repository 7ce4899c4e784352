"""Keeps what a change is about to overwrite, without secrets, so that `syncer undo` can make a plan back.

Called by the workers: `before` is durable when it returns, and without it there is no write
(docs/undo.md#what-is-kept). Of what is to be created there is nothing to lose: that it was this run is in the journal
too, so its record may wait.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from syncer.diff.fingerprint import fingerprint
from syncer.kinds.secret_scan import suspicious
from syncer.model.address import Address
from syncer.model.calls import StepsResult
from syncer.model.json_values import ABSENT, Json, Secret, Spec
from syncer.model.kind import Kind
from syncer.model.markers import leaves, without_secrets
from syncer.model.named_tuple import NamedTuple
from syncer.model.resource import Managed
from syncer.model.secret_text import secrets_of
from syncer.plan.document.marker_codec import json_of
from syncer.plan.document.redaction import Suspect, withhold
from syncer.plan.identity_match import link_of
from syncer.plan.plan import HIDDEN, REMOVALS, Task
from syncer.state.marker_json import to_json
from syncer.state.run_history import KEPT_ENTRY, RunFile

SHORTEST = 6
"""Characters from which on a secret is also looked for inside longer texts."""

STAMPS = ("version", "installed_version", "updated_at", "last_updated_at", "lastUpdateTime")
"""What a live object may say of its own age; for people, and never compared."""


class _Begun(NamedTuple):
    """Of one change: what must not be kept; what is and was declared of the object; and the fields that the change is
    about (None: all of them)."""

    suspect: Suspect
    sides: list[Json]
    about: frozenset[str] | None


@dataclass(slots=True)
class Backup:
    """The keeper of one run. `managed`: what state said when it began."""

    recorder: RunFile
    managed: Mapping[Address, Managed]
    digests: Mapping[str, str]
    _begun: dict[Address, _Begun] = field(default_factory=dict)

    def before(self, kind: Kind, task: Task, have: Spec, goal: Spec, live: Json) -> None:
        """Keep the object as it was read just now; once a change, whatever number of goes it takes. Of a create: see
        `sure`."""
        address, change = task.change.address, task.change
        if address in self._begun:
            return
        entry = link_of(task.desired, self.managed) if task.desired else self.managed.get(address)
        suspect = _suspect(task)
        record: dict[str, Json] = {
            "address": str(address),
            "action": change.action,
            "live_id": change.live_id,
            "name": change.name,
            "entry": KEPT_ENTRY.write(entry) if entry else None,
            "manifest": self.digests.get(str(address), ""),
            "stamps": _stamps(live),
            "secrets": [each.path for each in change.fields if each.before is HIDDEN or isinstance(each.after, Secret)],
        }
        sides, about = _sides(task, entry), None
        if change.action != "create":
            kept = withhold(have, sides, kind.shape, suspect)
            if change.action not in REMOVALS:
                aim = withhold(goal, sides, kind.shape, suspect)
                kept, aim = differing(kept, aim)
                about = frozenset((*kept, *aim))
                record["goal"] = json_of(aim)
            record["before"] = json_of(kept)
        self._begun[address] = _Begun(suspect, sides, about)
        self.recorder.change(record, durable=change.action != "create")

    def sure(self) -> None:
        """Every `before` is durable when this returns: asked for where a create is not in the journal."""
        self.recorder.sync()

    def after(self, kind: Kind, task: Task, written: StepsResult, have: Spec, want: Spec) -> None:
        """Keep how it stands now."""
        record: dict[str, Json] = {
            "address": str(task.change.address),
            "outcome": "done",
            "live_id": written.live_id,
            "stamps": _stamps(written.live),
        }
        if written.live is not None:
            record["fingerprint"] = fingerprint(kind.spec_of(written.live), kind.shape)
        if written.live is not None and task.change.action != "create":  # that one goes whole
            begun = self._begun[task.change.address]
            left = {name: value for name, value in have.items() if begun.about is None or name in begun.about}
            record["after"] = json_of(withhold(left, begun.sides, kind.shape, begun.suspect))
        record["declared"] = to_json(without_secrets(want))
        self.recorder.result(record)

    def failed(self, address: Address, live_id: str, *, unknown: bool) -> None:
        """Keep that it did not come about, or that nobody knows."""
        if address in self._begun:
            outcome = "unknown" if unknown else "failed"
            self.recorder.result({"address": str(address), "outcome": outcome, "live_id": live_id})


def differing(one: Spec, other: Spec) -> tuple[Spec, Spec]:
    """Both without the top-level fields in which they are alike."""
    alike = {name for name, value in one.items() if other.get(name, ABSENT) == value}
    left, right = ({name: side[name] for name in side if name not in alike} for side in (one, other))
    return left, right


def _sides(task: Task, entry: Managed | None) -> list[Json]:
    """What is and was declared of the object: where a secret stands in it, the live value is one."""
    return [side for side in (task.desired.spec if task.desired else None, task.want, entry and entry.declared) if side]


def _suspect(task: Task) -> Suspect:
    declared = task.desired.spec if task.desired else {}
    held = [*(leaf for leaf in leaves(declared) if isinstance(leaf, Secret)), *task.secrets.values()]
    secrets = {one.reveal() for each in held for one in (each, *secrets_of(each))}
    secrets.discard("")

    def suspect(text: str, names: Sequence[str]) -> bool:
        if text in secrets or any(len(each) >= SHORTEST and each in text for each in secrets):
            return True
        return suspicious(text, names)

    return suspect


def _stamps(live: Json) -> dict[str, Json]:
    if not isinstance(live, dict):
        return {}
    return {name: live[name] for name in STAMPS if isinstance(live.get(name), (str, int))}
