"""The use case of `syncer drift`: read what a plan reads, compare the three sides, ask who did it. It cannot write.

Beside what a plan asks there is one question for each drifted object of a kind that keeps versions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial

from syncer.diff.remainder import accepted, within
from syncer.kinds import KINDS
from syncer.kinds.secret_scan import suspicious
from syncer.model.address import Address, parse_address
from syncer.model.calls import Call
from syncer.model.diagnostic import InvalidInput, PlatformError, Problem
from syncer.model.json_values import Json
from syncer.model.kind import Kind
from syncer.model.resource import Desired, Live, Managed
from syncer.ops.apply.state_store import StateStore
from syncer.ops.refresh import Fetch, Reader, claims, read_sides, undecided_calls
from syncer.ops.selection import PlanRequest, Selection
from syncer.ops.workspace import Workspace
from syncer.plan.document.audit_log import AuditEvent, attributed, events_of, parts_of_path
from syncer.plan.document.timestamps import UNSEEN, LastChange, LastRun, since, when
from syncer.plan.drift import Comparison, Drift, DriftedObject, Stranger, compare, strangers
from syncer.plan.inputs import IdIndex, PlanInputs, memory_of
from syncer.plan.plan import UndeclaredDrift
from syncer.plan.planner import Unread, draft
from syncer.plan.remainders import shown
from syncer.schema_check.messages import nearest
from syncer.state.run_history import Run
from syncer.state.state_file import State

PAGE, PAGES = 100, 5
"""Events of a page of the audit log, and how many pages are asked for at most."""
SLACK = 3600.0
"""Seconds before the last apply from which on the log is asked: clocks differ."""


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
    applied_once = not managed or not all(entry.adopted for entry in managed.values())
    compared = compare(KINDS, sides, names, made, remembered=state.found, applied=applied_once, suspect=suspicious)
    objects, added, unsaid = _attributed(api, fetch, compared, applied)
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
        (
            *problems,
            *unsaid,
            *_missing(compared, managed),
            *_doubts((*found, *unread.values(), *made.problems), compared, undecided_calls(sides, request)),
        ),
        applied,
        compared.unknown,
        added,
    )


def accept_drift(here: Workspace, wish: Collection[str], reader: Reader) -> dict[Address, int]:
    """Remember what is live and undeclared as it is, of what each `ADDRESS` or `ADDRESS/PATH` names; how many changed
    fields of each. The caller holds the lock. InvalidInput where there is nothing changed, and nothing is remembered
    then."""
    place = here.place
    state = place.load()
    unread: Unread = {}
    desired, asked = here.wanted()
    request = PlanRequest(here.target, removal_requests=asked, salt=state.salt)
    sides, names, _, _ = read_sides(reader, here.fetch, desired, state.entries, request, unread)
    made = draft(KINDS, sides, names, unread)
    entries: dict[Address, Managed | None] = {}
    counts: dict[Address, int] = {}
    for address, paths in sorted(_named(wish).items()):
        if address not in {each.address for each in desired}:
            raise InvalidInput(_no_manifest(address, [str(each.address) for each in desired]))
        found = made.undeclared.get(address)
        for path in sorted(paths):
            if found is None or not _texts(found, names, (path,)):
                raise InvalidInput(_nothing_to_accept(address, path))
        if found is not None:
            each = next(each for each in desired if each.address == address)
            entry, texts = memory_of(each, names.found[address], state.entries), _texts(found, names, paths)
            if entry is not None:
                entries[entry.address] = entry._replace(undeclared=accepted(found.diff, texts))
                counts[address] = len(texts)
    StateStore(place, state).put(entries)
    return counts


def _texts(found: UndeclaredDrift, names: IdIndex, paths: Collection[str]) -> list[str]:
    """The changed fields that people call so, or that lie below what they call so, in live ids."""
    called = ((each.text, shown(each, names, found.labels)) for each in found.diff.changes)
    return [text for text, name in called if any(within(name, path) for path in paths)]


def _named(wish: Collection[str]) -> dict[Address, set[str]]:
    """Address → the paths named below it; "" for all of it. InvalidInput for what is no address."""
    named: dict[Address, set[str]] = {}
    for text in wish:
        kind, _, rest = text.partition("/")
        name, _, path = rest.partition("/")
        address = parse_address(f"{kind}/{name}")
        if address is None:
            hint = "write KIND/NAME or KIND/NAME/PATH, as the report shows them"
            raise InvalidInput(Problem("nothing-selected", f"`{text}` is no address", hint=hint))
        named.setdefault(address, set()).add(path)
    return named


def _no_manifest(address: Address, known: Collection[str]) -> Problem:
    near = nearest(str(address), known)
    hint = f"did you mean `{near}`?" if near else "`syncer state list` names those that are managed"
    return Problem("nothing-selected", f"`{address}` fits no manifest of this environment", hint=hint)


def _nothing_to_accept(address: Address, path: str) -> Problem:
    where = f"{address}: at `{path}` nothing" if path else f"{address}: nothing"
    hint = "`syncer drift -v` names what was changed; a declared field is taken over with `syncer pull`, or put back"
    return Problem("nothing-selected", f"{where} that no manifest declares was changed", hint=hint)


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
) -> tuple[tuple[DriftedObject, ...], tuple[DriftedObject, ...], list[Problem]]:
    """Each drifted object, and each to which others added something, with when it changed and by whom; what is not
    known of that, as a warning."""
    histories = [
        (address, KINDS[address.kind].service, history(live.id))
        for address, live in sorted(compared.live.items())
        if (history := KINDS[address.kind].history) is not None
    ]
    replies = fetch([partial(api.read, service, call) for _, service, call in histories])
    versions = {address: _versions(address, reply) for (address, _, _), reply in zip(histories, replies, strict=True)}
    events, wrong = _events(api, applied) if compared.objects or compared.added else ((), [])

    def dated(each: DriftedObject) -> DriftedObject:
        live, kind = compared.live.get(each.address), KINDS[each.address.kind]
        seen = LastChange.of(kind.dated, live.object) if live else UNSEEN
        if events and each.live_id:
            place = parts_of_path(_written_at(kind, each.live_id, live))
            there_at = applied.time if applied and each.address in applied.wrote else 0.0
            seen = attributed(seen, place, events, there=live is not None, since=there_at)
        made = since(each.address, versions.get(each.address, []), applied)
        moment = "" if each.what == "missing" else when(each.address, seen, applied, there=live is not None)
        return replace(each, seen=seen, when=moment, versions=made)

    return tuple(map(dated, compared.objects)), tuple(map(dated, compared.added)), wrong


def _events(api: Reader, applied: LastRun | None) -> tuple[list[AuditEvent], list[Problem]]:
    """What the audit log says of the time since the last apply, as far as the token may read it; a warning where it may
    not."""
    found: list[AuditEvent] = []
    asked: dict[str, Json] = {"limit": PAGE, "outcome": "success"}
    if applied is not None:
        asked["timestamp"] = {"from": applied._replace(time=applied.time - SLACK).moment}
    for page in range(PAGES):
        try:
            reply = api.read("audit_log", Call("POST", "/v1/logs", {**asked, "page": page}))
        except PlatformError as error:
            return found, [_unread_log(error.problems[0].message)]
        logs = reply.get("logs") if isinstance(reply, dict) else None
        if not isinstance(logs, list):
            return found, [_unread_log("it is not there, or its reply has another form")]
        found += events_of(reply)
        if len(logs) < PAGE:
            break
    return found, []


def _unread_log(why: str) -> Problem:
    message = f"who changed something is known only as far as the objects say: the audit log cannot be read: {why}"
    return Problem("audit-log", message, hint="a token that may read it names them", severity="warning")


def _written_at(kind: Kind, live_id: str, live: Live | None) -> str:
    """The path by which the object is written."""
    own = kind.written_at(live.object) if live else ""
    return own or kind.read(live_id, live.object if live else None).path


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


def _doubts(problems: Sequence[Problem], compared: Comparison, undecided: Collection[Address]) -> list[Problem]:
    """What a plan would be refused for. It is an error here where it kept something from being compared, and of the
    `undecided` the unknown outcome of a call rather than a mistake of a manifest."""
    unclear = [str(address) for address in compared.unclear]
    unknown = tuple(f"{address}: " for address in undecided)
    return [
        each._replace(rule="outcome-unknown", at=None, path="")
        if each.rule == "ambiguous" and each.message.startswith(unknown)
        else each
        if each.severity == "warning" or any(address in each.message for address in unclear)
        else each._replace(severity="warning")
        for each in problems
    ]
