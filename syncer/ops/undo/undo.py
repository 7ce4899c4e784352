"""The plan that takes an earlier run back: from what was kept of it, and from the organisation as it is now.

What the run changed goes back where the organisation still has what the run left; what somebody changed since is named
and left alone. The plan is made by `make_plan` like any other, of wishes that nobody wrote, so that every check of a
kind and every guard holds for it too.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from syncer.diff.fingerprint import fingerprint
from syncer.kinds import KINDS
from syncer.model.address import Address
from syncer.model.diagnostic import InvalidInput, Problem, Refused
from syncer.model.json_values import Json, Ref, Spec
from syncer.model.resource import Desired, Live, Managed
from syncer.ops.cached_reader import CachedReader
from syncer.ops.plan import PlanResult, make_plan, manifest_digest
from syncer.ops.refresh import Fetch, Reader
from syncer.ops.selection import PlanRequest, Selection
from syncer.ops.undo.change_reversal import REMOVED, ChangeReversal, UndoInputs, kept_digest, reverse
from syncer.ops.undo.markers import named, uses
from syncer.ops.undo.snapshots import address_of
from syncer.ops.workspace import Workspace
from syncer.plan.document.document import identified
from syncer.plan.identity_match import live_of
from syncer.plan.plan import Notice, Task
from syncer.plan.safety import Consent, refusals
from syncer.state.run_history import Run


def undo(here: Workspace, run: str) -> tuple[PlanResult, list[Problem]]:
    """The plan that takes the run of this id back, and what an apply of it would be refused for. InvalidInput for a run
    that is not there; Refused for another's; PlatformError."""
    state = here.place.load()
    with here.api(read_only=True) as api:
        planned = here.planned_back(api, state, run)
        return planned, refusals(planned.plan, here.situation(planned, state, api), Consent())


def plan_back(
    api: Reader,
    fetch: Fetch,
    run: Run,
    wanted: Callable[[], Sequence[Desired]],
    managed: Mapping[Address, Managed],
    request: PlanRequest,
) -> PlanResult:
    """The plan that takes `run` back. `wanted`: what the manifests want now, for secrets, policies and a word about
    what comes again; that they cannot be read is no reason not to. Refused where the run was made in another
    organisation; PlatformError."""
    git, notices = _wanted(wanted)
    _require_own(run, request.target.org_id)
    reader = CachedReader(api)
    listed = _listed(reader, fetch, run)
    live = {(kind, each.id): each for kind, objects in listed.items() for each in objects}
    given = UndoInputs(run, {each.address: each for each in git}, managed, live, reader, request.target.today)
    reversals = [reverse(given, kept) for kept in run.changes]
    found = [notice for each in reversals for notice in each.notices]
    planned, reversals, impossible = _leave_out_impossible(given, fetch, reversals, request)
    kept = {each.address: each.kept for each in reversals}
    tasks = _exactly(reversals, planned.plan.tasks)
    again = _against_git(given, tasks)
    torn = [Notice("undo-torn", run.note)] if run.note else []
    plan = replace(
        planned.plan,
        released=(),
        notices=(*request.notices, *torn, *notices, *found, *impossible, *planned.plan.notices, *again),
        digests={str(address): kept_digest(run, kept[address]) for address in sorted(tasks)},
        partial=False,
        undo=run.header.id,
        tasks=tasks,
    )
    sides = replace(planned.sides, live={**listed, **planned.sides.live})
    return replace(planned, plan=identified(plan), sides=sides, settled={}, desired=tuple(git) or planned.desired)


def _require_own(run: Run, org_id: str) -> None:
    if run.header.org_id != org_id:
        message = f"the run was made for org_id `{run.header.org_id}`, and this is `{org_id}`"
        raise Refused(Problem("other-run", message, hint="choose its environment with --env"))


def _wanted(wanted: Callable[[], Sequence[Desired]]) -> tuple[Sequence[Desired], list[Notice]]:
    """What the manifests want; a notice where they cannot be read."""
    try:
        return wanted(), []
    except InvalidInput as error:
        said = f"the manifests cannot be read, so what git wants is not known: {error.problems[0].message}"
        return (), [Notice("undo-git", said)]


def _listed(reader: Reader, fetch: Fetch, run: Run) -> dict[str, list[Live]]:
    """The live objects of the kinds concerned, and of those whose titles they are sent with: a flow names its reasons
    in full."""
    names = {address_of(kept).kind for kept in run.changes}
    names |= {ref.to for name in names for ref in KINDS[name].refs if ref.to in KINDS and KINDS[ref.to].title}
    kinds = [KINDS[name] for name in KINDS if name in names]
    replies = fetch([partial(reader.list, kind.service, kind.listing) for kind in kinds])
    return {kind.name: live_of(kind, objects) for kind, objects in zip(kinds, replies, strict=True)}


def _leave_out_impossible(
    given: UndoInputs, fetch: Fetch, reversals: Sequence[ChangeReversal], request: PlanRequest
) -> tuple[PlanResult, list[ChangeReversal], list[Notice]]:
    """The plan of what can be taken back, of which changes it is, and a notice for each that a check speaks against:
    without these it is planned again. It ends, for each time there is at least one change fewer."""
    left = [each for each in reversals if each.wanted or each.entry]
    impossible: list[Notice] = []
    while True:
        concerned = {each.address for each in left}
        managed = {address: entry for address, entry in given.managed.items() if address not in concerned}
        managed |= {each.address: each.entry for each in left if each.entry}
        managed = {address: entry._replace(adopted=False) for address, entry in managed.items()}  # the run saw it
        only = Selection(exactly=frozenset(map(str, concerned)))
        chosen = PlanRequest(request.target, only, undo=given.run.header.id)
        try:
            return make_plan(given.reader, fetch, _desired(left), managed, chosen), left, impossible
        except InvalidInput as error:
            against = {_whose(given.run, concerned, each): each for each in error.problems if each.severity == "error"}
            for address, problem in against.items():
                if address is None:  # nobody can tell
                    raise
                why = problem.message.removeprefix(f"{address}: ") + (f" ({problem.hint})" if problem.hint else "")
                impossible.append(Notice("undo-impossible", f"it cannot be taken back: {why}", address))
            left = [each for each in left if each.address not in against]


def _whose(run: Run, concerned: Collection[Address], problem: Problem) -> Address | None:
    """The address that a problem speaks of; None where nobody can tell."""
    if problem.at is not None and problem.at.file == str(run.path):
        return next((address_of(kept) for kept in run.changes if kept.line == problem.at.line), None)
    hits = [each for each in concerned if problem.message.startswith(f"{each}: ")]
    return max(hits, key=lambda each: len(str(each)), default=None)


def _anew(reversals: Sequence[ChangeReversal]) -> dict[str, Json]:
    """Former id → reference, of everything that is made anew under another one."""
    return {
        str(each.kept.before["live_id"]): Ref(*each.address)
        for each in reversals
        if each.wanted and each.kept.before["action"] in REMOVED and KINDS[each.address.kind].title
    }


def _desired(reversals: Sequence[ChangeReversal]) -> list[Desired]:
    """What shall be again, with what of it refers to what."""
    wanted = [each.wanted for each in reversals if each.wanted]
    keys = {(each.address.kind, KINDS[each.address.kind].key(each.spec)): each.address for each in wanted}
    anew, found = _anew(reversals), []
    for wish in wanted:
        spec: Spec = named(wish.spec, anew)
        found.append(wish._replace(spec=spec, uses=tuple(uses(KINDS[wish.address.kind], spec, keys))))
    return found


def _exactly(reversals: Sequence[ChangeReversal], tasks: Mapping[Address, Task]) -> dict[Address, Task]:
    """The tasks with what was there before in its former order, and with what state shall say afterwards."""
    anew, found, by = _anew(reversals), dict(tasks), {each.address: each for each in reversals}
    for address, task in tasks.items():
        if address in by and by[address].memory is not None:
            shape = KINDS[address.kind].shape
            goal = {**task.goal, **named(by[address].goal, anew)}
            same = fingerprint(goal, shape) == fingerprint(task.goal, shape)
            found[address] = replace(task, goal=goal if same else task.goal, memory=by[address].memory)
    return found


def _against_git(given: UndoInputs, tasks: Mapping[Address, Task]) -> Iterator[Notice]:
    """Which of it the next ordinary plan would make again."""
    again, off, gone = list[str](), list[str](), list[str]()
    for kept in given.run.changes:
        address = address_of(kept)
        desired = given.git.get(address)
        if address in tasks and kept.before["action"] in ("create", "update", "upgrade", "downgrade"):
            if desired is not None and manifest_digest(desired) == kept.before["manifest"]:
                (off if tasks[address].change.action == "deactivate" else again).append(str(address))
        elif address in tasks and desired is None:
            gone.append(str(address))
    if again:
        said = f"git still declares what run {given.run.header.id} applied: revert that commit, or the next plan"
        yield Notice("undo-git", f"{said} wants these changes again: {', '.join(again)}")
    if off:
        said = "git still declares what is switched off by this: the next plan switches on what its manifest says is"
        yield Notice("undo-git", f"{said} on, and leaves the rest off: {', '.join(off)}")
    if gone:
        said = "git no longer has these manifests: bring them back, and take them out of `Removed` documents, or"
        yield Notice("undo-git", f"{said} the next apply removes the objects again: {', '.join(gone)}")
