"""What somebody changed of what no manifest declares, as a plan and a report of drift say it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from syncer.diff.remainder import RemainderChange, RemainderDiff, RemainderNode, compared, digests_of
from syncer.diff.three_way_merge import MergeResult
from syncer.model.address import Address
from syncer.model.field_rules import Shape
from syncer.model.json_values import Json, Spec
from syncer.model.resource import Desired, Live, Managed, Remainder
from syncer.plan.inputs import IdIndex
from syncer.plan.plan import Draft, Notice, UndeclaredDrift

MOST_NAMED = 8
"""How many fields a notice names; of more, the number."""


def remainder_of(
    merged: MergeResult, want: Spec, entry: Managed | None, shape: Shape, salt: str
) -> RemainderDiff | None:
    """What the live object holds beside the manifest, held against what is remembered of it; where that is not known,
    it is what there is. None without a `salt`, by which nothing can be told."""
    if not salt:
        return None
    if entry is None or entry.undeclared is None:
        now = Remainder(digests_of(merged.remainder, salt))
        return RemainderDiff((), now, now)
    return compared(
        merged.remainder,
        entry.undeclared,
        salt,
        released=merged.let_go,
        moved=[*(each.path for each in merged.changes), *(path for path, _ in merged.refused)],
        declared=RemainderNode((), want, shape),
    )


def is_whole(policy: Mapping[str, Json], entry: Managed | None) -> bool:
    """Whether all that is live of an object is the manifest's business: it says so, or `pull` wrote it whole."""
    said = policy.get("whole")
    return said if isinstance(said, bool) else entry is not None and entry.whole


def shown(change: RemainderChange, names: IdIndex, labels: Mapping[str, str]) -> str:
    """The field's path with names in place of ids."""
    if change.path:
        return names.show(change.path, labels)
    return re.sub(r"\[([^\[\]]*)\]", lambda hit: f"[{names.word(hit[1], labels)}]", change.text)


def note_remainder(
    desired: Desired,
    rest: RemainderDiff,
    seen: tuple[Live, Managed | None, Mapping[str, str]],
    names: IdIndex,
    out: Draft,
) -> None:
    """Put into the draft what an object holds beside its manifest. `seen`: the object, what is remembered of it, the
    labels of its parts."""
    live, entry, labels = seen
    if rest.changes:
        drift = UndeclaredDrift(live, labels, rest, is_whole(desired.policy, entry))
        out.undeclared[desired.address] = drift
        out.notices.append(_notice(desired.address, drift, names))


def _notice(address: Address, drift: UndeclaredDrift, names: IdIndex) -> Notice:
    """What a reviewer should know of it: an apply that writes the object takes it for known."""
    said = f"{address}: by hand, and declared by no manifest: {said_of(drift, names)}; `syncer drift` says more"
    return Notice("undeclared-drift", said, address)


def said_of(drift: UndeclaredDrift, names: IdIndex) -> str:
    """The fields that somebody changed, in words."""
    changed = _said(drift.drifted, "", names, drift.labels)
    return "; ".join([*changed, *_said(drift.added, " in lists to which others may add", names, drift.labels)])


def _said(changes: Iterable[RemainderChange], where: str, names: IdIndex, labels: Mapping[str, str]) -> list[str]:
    paths = [f"`{shown(each, names, labels)}`" for each in changes]
    if not paths:
        return []
    more = f" and {len(paths) - MOST_NAMED} more" if len(paths) > MOST_NAMED else ""
    return [f"{', '.join(paths[:MOST_NAMED])}{more}{where}"]
