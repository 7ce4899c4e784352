"""A plan: what is concerned is read, then decided. `make_plan` asks the organisation; nothing here writes to it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from syncer.diff.fingerprint import canonical, digest
from syncer.kinds import KINDS
from syncer.model.address import Address
from syncer.model.diagnostic import InvalidInput, Problem
from syncer.model.markers import without_secrets
from syncer.model.named_tuple import NamedTuple
from syncer.model.resource import Desired, Managed
from syncer.model.unexpected_reply import of_known_form
from syncer.ops.refresh import Fetch, Reader, answers_of, read_sides, undecided_calls
from syncer.ops.selection import PlanRequest, Selection
from syncer.plan.document.document import identified
from syncer.plan.identity_match import link_of
from syncer.plan.inputs import ADOPTS, PlanInputs
from syncer.plan.plan import Draft, Notice, Plan
from syncer.plan.planner import Unread, draft

if TYPE_CHECKING:
    from syncer.state.run_history import RunHistory


@dataclass(frozen=True, slots=True)
class PlanResult:
    """A plan with all that an apply needs beside it: warnings, what state will say, and the sides it was made from."""

    plan: Plan
    problems: tuple[Problem, ...]
    settled: Mapping[Address, Managed]
    forgotten: tuple[Address, ...]
    sides: PlanInputs
    desired: tuple[Desired, ...]
    chosen: frozenset[Address] = field(default_factory=frozenset)

    def settled_with(self, new: Collection[Address]) -> dict[Address, Managed]:
        """As `settled`, and of what these new manifests refer to the meaning as it was seen: they were made of it."""
        accepted = {
            address: self.settled[address]._replace(parts=task.parts)
            for address, task in self.plan.tasks.items()
            if address in new and not task.change.writes
        }
        return {**self.settled, **accepted}


class DraftResult(NamedTuple):
    """What was read, what stands in the way of a plan of it, and what was decided object by object: what no plan may be
    made of yet."""

    sides: PlanInputs
    problems: Sequence[Problem]
    made: Draft


def make_plan(
    api: Reader,
    fetch: Fetch,
    desired: Sequence[Desired],
    managed: Mapping[Address, Managed],
    request: PlanRequest,
    unread: Unread | None = None,
) -> PlanResult:
    """Read what is concerned of the organisation, and decide. InvalidInput, with every problem, where it cannot be;
    PlatformError where an object cannot be read, unless `unread` is given: nothing may be applied of such a plan."""
    sides, known, problems, _ = read_sides(api, fetch, desired, managed, request, unread)
    if unclear := undecided_calls(sides, request):
        return make_plan(api, fetch, desired, managed, _holding(request, unclear, problems), unread)
    made = draft(KINDS, sides, known, unread, request.agreements)
    return plan_of(api, fetch, desired, DraftResult(sides, problems, made), request)


def _holding(request: PlanRequest, unclear: frozenset[Address], problems: Sequence[Problem]) -> PlanRequest:
    """The same, with these left alone, and what is unclear of them as notices."""
    said = [
        Notice("outcome-unknown", f"{each.message}; {each.hint}", address)
        for address in sorted(unclear)
        for each in problems
        if each.rule == "ambiguous" and each.message.startswith(f"{address}: ")
    ]
    selection = replace(request.selection, held=request.selection.held | unclear)
    return replace(request, selection=selection, notices=[*request.notices, *said])


def plan_of(
    api: Reader, fetch: Fetch, desired: Sequence[Desired], found: DraftResult, request: PlanRequest
) -> PlanResult:
    """The plan of what was decided for these manifests. InvalidInput, with every problem, where it cannot be made."""
    sides, made = found.sides, found.made
    taken, problems = sides.desired, [*found.problems, *made.problems]
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        raise InvalidInput(problems)
    plan = Plan(
        "",
        request.target.environment,
        request.target.org_id,
        request.target.server,
        tuple(made.tasks[address].change for address in sorted(made.tasks)),
        tuple(sorted(made.links, key=lambda link: link.address)),
        tuple(made.released),
        (
            *request.notices,
            *_held(request.selection, desired),
            *made.notices,
            *_accepted(made, problems),
            *_notices(api, fetch, made),
        ),
        _digests(taken, made, sides),
        request.selection.partial,
        made.tasks,
    )
    return PlanResult(
        identified(plan),
        tuple(problems),
        made.settled,
        tuple(made.forgotten),
        sides,
        tuple(desired),
        frozenset(each.address for each in taken),
    )


def told_by_runs(planned: PlanResult, runs: Callable[[], RunHistory]) -> PlanResult:
    """The same; of what is taken over it says which kept runs made or changed it: an object that syncer itself made and
    switched off is no stranger. Runs are read only where something is taken over."""
    taken = {
        (str(each.address.kind), each.live_id): each.address
        for each in planned.plan.changes
        if each.live_id and ADOPTS in each.reasons
    }
    told: dict[Address, list[str]] = {}
    for run in runs().list()[0] if taken else ():
        for kept in run.changes:
            live_id = str(kept.before.get("live_id") or kept.result.get("live_id") or "")
            address = taken.get((kept.address.partition("/")[0], live_id))
            verb = _DONE.get(str(kept.before["action"]))
            if address is not None and verb is not None and kept.result.get("outcome") == "done":
                told.setdefault(address, []).append(f"{verb} by run `{run.header.id}`")
    notices = [
        Notice("own-again", f"{address} is no stranger: it was {', and '.join(reversed(said[:2]))}", address)
        for address, said in sorted(told.items())
    ]
    return (
        replace(planned, plan=replace(planned.plan, notices=(*planned.plan.notices, *notices))) if notices else planned
    )


_DONE = {
    "create": "made", "update": "changed", "upgrade": "upgraded", "downgrade": "downgraded",
    "deactivate": "switched off",
}  # fmt: skip
"""What a run did to an object that is still there, in words."""


def _digests(taken: Sequence[Desired], made: Draft, sides: PlanInputs) -> dict[str, str]:
    """Of each manifest that something is to be done for, and of the document that asks to remove or let go."""
    found = {each.address: manifest_digest(each) for each in taken if each.address in made.tasks}
    answered = sides.answered
    found |= {address: answered.by[address].digest for address in (*answered.removals, *answered.let_go)}
    return {str(address): found[address] for address in sorted(found)}


def _accepted(made: Draft, problems: Sequence[Problem]) -> Iterator[Notice]:
    """What is accepted of the objects that change: found of their manifests, or beside what is live."""
    for address, task in sorted(made.tasks.items()):
        found = task.desired.accepted if task.desired else ()
        for text in dict.fromkeys(each.message for each in found):
            yield Notice("accepted", f"accepted though a rule speaks against it: {text}", address)
    for each in problems:
        if each.severity == "note":
            yield Notice("accepted", f"accepted though a rule speaks against it: {each.message}")


def manifest_digest(desired: Desired) -> str:
    """Of the manifest with its variables put in, secrets by name: by this a plan knows that it has changed."""
    return digest(desired.digest + canonical(without_secrets(desired.spec)) + canonical(dict(desired.policy)))


def _held(selection: Selection, desired: Sequence[Desired]) -> list[Notice]:
    """What is left alone because a call is open, and what because it refers to that."""
    notices = [
        Notice("held", f"{address}: it is left alone until it is known what an earlier run's call did", address)
        for address in sorted(selection.held)
    ]
    users = selection.holding(desired).held - selection.held
    return notices + [
        Notice("held", f"{address}: it is left alone, for it refers to what is", address) for address in sorted(users)
    ]


def _notices(api: Reader, fetch: Fetch, made: Draft) -> list[Notice]:
    """What a reviewer should know about the objects that change: frozen, owned by a blueprint, at the limit."""
    asks = [
        (address, name, KINDS[address.kind].service, call)
        for address, task in sorted(made.tasks.items())
        if task.desired is not None
        for name, call in KINDS[address.kind].asks_if_changed(task.change.live_id).items()
    ]
    answers = answers_of(api, fetch, asks, [task.desired for task in made.tasks.values() if task.desired])
    notices = []
    for address, task in sorted(made.tasks.items()):
        kind = KINDS[address.kind]
        live = task.live.object if task.live else None
        with of_known_form(str(address)):
            said = kind.notices(live, answers.get(address, {}), task.goal)
            notices += [Notice("live", text, address) for text in said]
    return notices


def renamed(planned: PlanResult, managed: Mapping[Address, Managed]) -> dict[Address, Address]:
    """Former address → present address of every manifest that state knows under an alias."""
    moved = {}
    for desired in planned.sides.desired:
        link = link_of(desired, managed)
        if link is not None and link.address != desired.address:
            moved[link.address] = desired.address
    return moved
