"""Recordings of an organisation, and plans against one, each in its order: `record` asks so that a plan of any
manifests can be made, `plan_against` says what such a plan is worth. Files and requests are `api.recording`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from syncer import __version__
from syncer.api.recording import (
    AnswerSource,
    Recording,
    RecordingReader,
    ReplayReader,
    find_read,
    key_of,
    list_key,
    moment_text,
)
from syncer.kinds import KINDS, MODULES, lookup_kinds
from syncer.kinds.redaction import without_secrets_and_people
from syncer.model.calls import Call
from syncer.model.diagnostic import InvalidInput, Problem, Refused
from syncer.model.json_values import Json, Lookup, Path, UnknownValue
from syncer.model.kind import Kind, LookupKind
from syncer.model.markers import leaves
from syncer.model.recording_rules import Keep, RecordedRead, pick
from syncer.model.resource import Desired
from syncer.model.secret_text import secrets_of
from syncer.model.unexpected_reply import of_known_form
from syncer.ops.plan import PlanResult
from syncer.ops.refresh import Fetch
from syncer.ops.selection import EVERYTHING, Selection, Target
from syncer.ops.workspace import Workspace
from syncer.plan.identity_match import live_of
from syncer.plan.plan import REMOVALS, Notice
from syncer.plan.safety import Consent, refusals


def record(here: Workspace, kinds: Sequence[str], unplanned: Callable[[InvalidInput], None]) -> Recording:
    """What plans of these kinds may ask, all where none is named: then what the plan of the manifests here asks too,
    for of an app that is not installed yet nothing else would be known; `unplanned` hears where no such plan can be
    made. Refused where nobody says whose organisation it is; PlatformError."""
    names, lookups = reach(kinds or list(MODULES))
    with here.api(read_only=True) as api:
        now, target, reader = here.effects.now(), here.target, recorder(api)
        if not kinds:
            try:
                here.planned(reader, here.place.load(), EVERYTHING)
            except InvalidInput as error:
                unplanned(error)
        gather(reader, here.fetch, names, lookups)
        if not api.organisations:  # on this machine too: whoever has the file can't tell
            said = "neither the token nor any reply says which organisation this is: nothing was recorded"
            raise Refused(Problem("unknown-organisation", said, hint="use an access token of the organisation (a JWT)"))
    about = (target.environment, target.org_id, target.server, moment_text(now), __version__, tuple(names))
    return Recording(*about, reader.lists, reader.reads)


def plan_against(
    here: Workspace, recording: Recording, selection: Selection, *, resend_secrets: bool, as_sent: bool
) -> tuple[PlanResult, list[Problem]]:
    """The plan against a recording, and what an apply of it would be refused for: no token, no network, nothing
    written. Refused for a recording of something else; InvalidInput, with every problem, where it cannot be made."""
    must_fit(recording, here.target)
    state, replay = here.local_state(), ReplayReader(recording, reads())
    try:
        with here.reading():
            planned = here.planned(replay, state, selection, resend_secrets=resend_secrets, as_sent=as_sent)
    except InvalidInput as error:
        if any(problem.rule == "not-recorded" and problem.at is None for problem in error.problems):
            must_hold(recording, here.wanted()[0], selection)  # which says where
        raise
    planned = against(planned, recording, here.effects.now(), remarks(planned, replay, state_found=state.found))
    needs = refusals(planned.plan, here.situation(planned, state, replay), Consent())
    # an apply has the state, or is refused itself
    return planned, [need for need in needs if state.found or need.rule != "first-contact"]


def keeps() -> dict[str, Keep]:
    """List key → what is kept of each object, for every kind that is listed."""
    lookups = lookup_kinds().values()
    found = {list_key(each.service, each.listing): _identity(each) for each in lookups}
    return found | {
        list_key(each.service, each.listing): each.recorded().keep
        for each in KINDS.values()
        if each.recorded is not None
    }


def _identity(kind: LookupKind) -> Keep:
    """What is looked up is an id by a title; nothing else of it is anybody's business."""
    return pick("id", *kind.titles, *([kind.scope] if kind.scope else []))


def reads() -> list[RecordedRead]:
    """What is kept of the replies to the kinds' own calls; of who asks, nothing."""
    found = [read for kind in KINDS.values() if kind.recorded for read in kind.recorded().reads]
    return [*found, RecordedRead("permissions", "GET /v1/permissions/me", None)]


def recorder(api: AnswerSource) -> RecordingReader:
    """A recorder of all kinds around a reader."""
    return RecordingReader(api, keeps(), reads(), without_secrets_and_people)


def reach(kinds: Sequence[str]) -> tuple[list[str], list[str]]:
    """The kinds that these kinds may refer to, themselves included, and the kinds that are only looked up."""
    reached, waiting = set(kinds), list(kinds)
    looked_up: set[str] = set()
    while waiting:
        for ref in KINDS[waiting.pop()].refs:
            if ref.to in KINDS and ref.to not in reached:
                reached.add(ref.to)
                waiting.append(ref.to)
            elif ref.to in lookup_kinds():
                looked_up.add(ref.to)
    return [name for name in KINDS if name in reached], sorted(looked_up)


def gather(reader: RecordingReader, fetch: Fetch, kinds: Sequence[str], lookups: Sequence[str]) -> None:
    """Ask what plans of manifests of these kinds may ask, as far as it has not been asked yet."""
    listed: dict[str, Kind | LookupKind] = {name: KINDS[name] for name in kinds}
    listed |= {name: lookup_kinds()[name] for name in lookups}
    replies = fetch([partial(reader.list, each.service, each.listing) for each in listed.values()])
    lists = dict(zip(listed, replies, strict=True))
    calls: list[tuple[str, Call]] = []
    for name in kinds:
        kind = KINDS[name]
        ids = [each.id for each in live_of(kind, lists[name])]
        for found in (*map(kind.asks_if_changed, ("", *ids)), *map(kind.removal_asks, ids)):
            calls += [(kind.service, call) for call in found.values()]
    _ask(reader, fetch, calls)
    for name in kinds:
        _foresee(reader, fetch, KINDS[name], lists)


def _ask(reader: RecordingReader, fetch: Fetch, calls: Sequence[tuple[str, Call]]) -> None:
    once = {key_of(service, call): (service, call) for service, call in calls if reader.lacks(service, call)}
    fetch([partial(reader.read, service, call) for service, call in once.values()])


def _foresee(reader: RecordingReader, fetch: Fetch, kind: Kind, lists: Mapping[str, Sequence[Json]]) -> None:
    """Run the kind's own questions to their end; it needs the whole replies, also of what was asked before."""
    if kind.recorded is None:
        return
    questions = kind.recorded().foresee(lists)
    try:
        with of_known_form(kind.name):
            calls = next(questions)
            while True:
                calls = questions.send(fetch([partial(reader.read, kind.service, call) for call in calls]))
    except StopIteration:
        return


def must_fit(recording: Recording, target: Target) -> None:
    """Refused for a recording of another organisation, environment or server than the one that is chosen."""
    for what, theirs, ours in (
        ("organisation", recording.org_id, target.org_id),
        ("environment", recording.environment, target.environment),
        ("server", recording.server, target.server),
    ):
        if theirs != ours:
            said = f"the recording is of {what} `{theirs}`, and `{ours}` is chosen"
            own = f"choose its own: --env {recording.environment}, or record `{target.environment}`: "
            hint = f"{own}`syncer record --env {target.environment} -o FILE`"
            raise Refused(Problem("wrong-recording", said, hint=hint))


def must_hold(recording: Recording, desired: Sequence[Desired], selection: Selection) -> None:
    """InvalidInput, with every manifest concerned, where the recording was made of fewer kinds."""
    held = set(recording.lists)
    problems = []
    for each in desired:
        if not selection.takes(each.address):
            continue
        needs: list[tuple[str, Path]] = [(each.address.kind, ())]
        needs += [(use.target.kind, use.path) for use in each.uses if isinstance(use.target, Lookup)]
        for name, path in needs:
            kind = KINDS.get(name) or lookup_kinds()[name]
            if list_key(kind.service, kind.listing) not in held:
                hint = "record again, without --kind or with more of them: `syncer record -o FILE`"
                message = f"{each.address}: the recording does not hold the {name} objects of the organisation"
                problems.append(Problem("not-recorded", message, each.where(path), "$.spec", hint))
    if problems:
        raise InvalidInput(problems)


def remarks(planned: PlanResult, replay: ReplayReader, *, state_found: bool) -> tuple[Notice, ...]:
    """What a plan against a recording does not know, beyond the age of all it knows."""
    return (
        *_stateless(state_found),
        *_uncounted(planned, replay),
        *_unset(planned),
        *_withheld(planned),
    )


def _stateless(found: bool) -> Iterator[Notice]:
    if not found:
        said = (
            "there is no state here: objects are found by key and title, and removals of what manifests no longer "
            "describe are not shown"
        )
        yield Notice("no-state", said)


def _uncounted(planned: PlanResult, replay: ReplayReader) -> Iterator[Notice]:
    forms = reads()
    for change in planned.plan.changes:
        if change.action not in REMOVALS:
            continue
        kind = KINDS[change.address.kind]
        for call in kind.removal_asks(change.live_id).values():
            form = find_read(forms, kind.service, call)
            if form is not None and form.keep is None and key_of(kind.service, call) in replay.uncounted:
                said = "its entities were not counted: a recording holds none; an apply is refused while there are any"
                yield Notice("not-counted", said, change.address)


def _unset(planned: PlanResult) -> Iterator[Notice]:
    """Variables of the process that are not set here; what a kind takes for a secret it has spoken of itself."""
    spoken = {each.address for each in planned.plan.notices if each.rule == "secret-unverified"}
    created = {change.address for change in planned.plan.changes if change.action == "create"}
    for each in planned.sides.desired:
        unknown = [leaf for leaf in leaves(each.spec) if isinstance(leaf, UnknownValue)]
        names = dict.fromkeys(one.name for leaf in unknown for one in secrets_of(leaf) if isinstance(one, UnknownValue))
        if names and each.address not in spoken | created:
            said = ", ".join(f"`{name}`" for name in names)
            what = (
                "is not set here: whether what it feeds"
                if len(names) == 1
                else "are not set here: whether what they feed"
            )
            yield Notice("secret-unverified", f"{said} {what} is up to date is not known", each.address)


def _withheld(planned: PlanResult) -> Iterator[Notice]:
    for matches in planned.sides.matches.values():
        for address, found in sorted(matches.found.items()):
            seen = [found.live.object, *planned.sides.answers.get(address, {}).values()]
            number = sum(isinstance(leaf, UnknownValue) for leaf in leaves(seen))
            if number:
                values = "a value of the live object" if number == 1 else f"{number} values of the live object"
                said = f"{values} may be secret: not in the recording, and not compared"
                yield Notice("withheld", said, address)


def against(planned: PlanResult, recording: Recording, now: float, notices: Sequence[Notice]) -> PlanResult:
    """The plan, marked as made against a recording; its id stays that of the same plan made live."""
    about: dict[str, Json] = {
        "recorded_at": recording.recorded_at,
        "age_seconds": max(0, int(now - recording.moment)),
    }
    return replace(planned, plan=replace(planned.plan, against=about, notices=(*planned.plan.notices, *notices)))
