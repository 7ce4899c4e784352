"""The use case of `syncer drift`: read what a plan reads, compare the three sides, ask who did it. It cannot write.

Beside what a plan asks there is one question for each drifted object of a kind that keeps versions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from syncer.kinds import KINDS
from syncer.kinds.secret_scan import looks_secret
from syncer.model.address import Address, parse_address
from syncer.model.diagnostic import Problem
from syncer.model.json_values import Json
from syncer.model.resource import Desired, Managed
from syncer.ops.refresh import Fetch, Reader, claims, read_sides
from syncer.ops.selection import PlanRequest, Selection
from syncer.plan.document.timestamps import UNSEEN, LastChange, LastRun, since, when
from syncer.plan.drift import Comparison, Drift, DriftedObject, Stranger, compare, strangers
from syncer.plan.inputs import PlanInputs
from syncer.plan.planner import Unread, draft
from syncer.state.run_history import Run
from syncer.state.state_file import State


def find_drift(
    api: Reader,
    fetch: Fetch,
    desired: Sequence[Desired],
    state: State,
    request: PlanRequest,
    applied: LastRun | None = None,
    problems: Sequence[Problem] = (),
) -> Drift:
    """The report. `applied`: the last apply that is known; `problems`: what is known already that casts doubt on it.
    InvalidInput where a pattern fits nothing; what a plan could not be made of, and a live object that cannot be read,
    is a problem of the report."""
    unread: Unread = {}
    managed, target = state.entries, request.target
    sides, names, found, _ = read_sides(api, fetch, desired, managed, request, unread)
    made = draft(KINDS, sides, names, unread, request.agreements)
    compared = compare(KINDS, sides, names, made, remembered=state.found, suspect=_suspect)
    objects, added = _attributed(api, fetch, compared, applied)
    return Drift(
        target.environment,
        target.org_id,
        target.server,
        request.selection.partial,
        state.found,
        objects,
        tuple(_strangers(sides, desired, request.selection)),
        len(compared.pending),
        compared.compared,
        tuple(compared.unclear),
        (*problems, *_missing(compared, managed), *_doubts((*found, *unread.values(), *made.problems), compared)),
        applied,
        compared.unknown,
        added,
    )


def _suspect(text: str, name: str) -> bool:
    """Whether a text that no manifest declares is not shown."""
    return bool(looks_secret(text, name))


def last_apply(run: Run | None) -> LastRun | None:
    """The newest run that is kept, as far as drift asks about it."""
    if run is None:
        return None
    wrote: dict[Address, Mapping[str, Json]] = {}
    for kept in run.changes:
        address = parse_address(kept.address)
        if address is not None and kept.result.get("outcome") == "done":
            stamps = kept.result.get("stamps")
            wrote[address] = stamps if isinstance(stamps, dict) else {}
    return LastRun(run.header.id, run.header.time, wrote)


def _attributed(
    api: Reader, fetch: Fetch, compared: Comparison, applied: LastRun | None
) -> tuple[tuple[DriftedObject, ...], tuple[DriftedObject, ...]]:
    """Each drifted object, and each to which others added something, with when it changed and by whom."""
    histories = [
        (address, KINDS[address.kind].service, history(live.id))
        for address, live in sorted(compared.live.items())
        if (history := KINDS[address.kind].history) is not None
    ]
    replies = fetch([partial(api.read, service, call) for _, service, call in histories])
    versions = {address: _versions(address, reply) for (address, _, _), reply in zip(histories, replies, strict=True)}

    def dated(each: DriftedObject) -> DriftedObject:
        live = compared.live.get(each.address)
        seen = LastChange.of(KINDS[each.address.kind].dated, live.object) if live else UNSEEN
        made = since(each.address, versions.get(each.address, []), applied)
        moment = "" if each.what == "missing" else when(each.address, seen, applied, there=live is not None)
        return replace(each, seen=seen, when=moment, versions=made)

    return tuple(map(dated, compared.objects)), tuple(map(dated, compared.added))


def _versions(address: Address, reply: Json) -> list[LastChange]:
    items = reply.get("versions") if isinstance(reply, dict) else None
    dated = KINDS[address.kind].dated
    return [LastChange.of(dated, each) for each in items if isinstance(each, dict)] if isinstance(items, list) else []


def _strangers(sides: PlanInputs, desired: Sequence[Desired], selection: Selection) -> list[Stranger]:
    """Objects nobody describes, of the kinds that were looked at whole: with a pattern of single names there is no
    saying what else was meant."""
    live = {kind: each for kind, each in sides.live.items() if selection.takes(Address(kind, "*"))}
    taken = set(claims(desired, live, sides.managed))
    taken |= {(address.kind, entry.live_id) for address, entry in sides.managed.items()}
    taken |= {(address.kind, entry.live_id) for address, entry in sides.answered.removals.items()}
    return list(strangers(KINDS, live, frozenset(taken)))


def _missing(compared: Comparison, managed: Mapping[Address, Managed]) -> list[Problem]:
    """Half of a kind deleted by hand is more likely a token that may not see it."""
    gone = Counter(each.address.kind for each in compared.objects if each.what == "deleted")
    known = Counter(address.kind for address, entry in managed.items() if entry.live_id)
    return [
        Problem(
            "mass-missing",
            f"the organisation does not list {number} of {known[kind]} remembered {kind}",
            hint="check the token's rights and the organisation before you believe that somebody deleted them",
            severity="warning",
        )
        for kind, number in sorted(gone.items())
        if number >= 3 and 2 * number >= known[kind]
    ]


def _doubts(problems: Sequence[Problem], compared: Comparison) -> list[Problem]:
    """What a plan would be refused for. It is an error here where it kept something from being compared."""
    unclear = [str(address) for address in compared.unclear]
    return [
        each
        if each.severity == "warning" or any(address in each.message for address in unclear)
        else each._replace(severity="warning")
        for each in problems
    ]
