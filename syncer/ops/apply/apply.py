"""Applying, in its order: `apply` locks, recovers, plans, compares with the saved plan, is refused or goes on, asks,
executes and remembers; a command brings options and is shown events.

The order is the safety: nothing is written before every guard has spoken, and what is executed is the plan that was
made a moment ago from the same manifests and the same organisation, which a saved plan is only compared with.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from syncer import __version__
from syncer.fs.clock import Effects
from syncer.fs.disk import NotDurable
from syncer.kinds import KINDS
from syncer.model.address import Address
from syncer.model.calls import Step, StepsResult
from syncer.model.diagnostic import Problem, Refused
from syncer.model.json_values import Json
from syncer.model.markers import without_secrets
from syncer.model.resource import Managed
from syncer.ops.apply.backup import Backup
from syncer.ops.apply.change_executor import STALE, ChangeExecutor
from syncer.ops.apply.change_result import ChangeResult
from syncer.ops.apply.ports import Platform
from syncer.ops.apply.recovery import recover
from syncer.ops.apply.scheduler import RunOptions, Stop, execute, memory_after
from syncer.ops.apply.state_store import FIRST, Checkpoints, StateStore
from syncer.ops.plan import PlanResult, renamed
from syncer.ops.workspace import Workspace
from syncer.plan.document.document import plan_document
from syncer.plan.events import Done, Event, Failed, OpenCall, Skipped, Unknown
from syncer.plan.plan import Plan, Task
from syncer.plan.safety import Consent, Situation, refusals, unfitting
from syncer.state.journal import Intent, Journal, body_digest
from syncer.state.run_history import RunHeader, RunHistory
from syncer.state.state_file import State

if TYPE_CHECKING:
    from syncer.api.client import Api

CHANGED = "its manifest, or a variable it uses, has changed"


@dataclass(slots=True)
class RunJournal:
    """The journal as the workers see it."""

    journal: Journal
    run: str
    now: Callable[[], float]

    def intent(self, address: Address, kind: str, step: Step, before: tuple[str, ...], live_id: str) -> str:
        """Note what is about to be sent; durable when this returns."""
        seek: dict[str, Json] = {}
        if step.seek:
            seek = {**step.seek._asdict(), "listing": step.seek.listing._asdict()}
            seek["service"] = step.call.service or KINDS[kind].service
        if step.part:
            seek["part"] = list(step.part)
        return self.journal.intent(
            Intent(
                self.run,
                str(address),
                kind,
                step.name,
                step.call.method,
                step.call.path,
                seek,
                before,
                body_digest(step.call.body),
                self.now(),
                live_id,
            )
        )

    def settle(self, op: str, outcome: str, live_id: str = "") -> None:
        """Note how it ended."""
        self.journal.settle(op, outcome, live_id)  # type: ignore[arg-type]


def same_plan(saved: Plan, now: Plan) -> list[Problem]:
    """What has moved since a plan was saved; nothing if it is still true."""
    problems = []
    for name in ("environment", "org_id", "server", "undo"):
        before, after = getattr(saved, name), getattr(now, name)
        if before != after:
            problems.append(Problem("other-plan", f"the plan was made for {name} `{before}`, and this is `{after}`"))
    then, here = ({change.address: change for change in plan.changes} for plan in (saved, now))
    for address in sorted({*then, *here}):
        old, new = then.get(address), here.get(address)
        if old is None and new is not None:
            problems.append(Problem("stale", f"{address}: the plan does not have it, and now it needs: {new.action}"))
        elif new is None and old is not None:
            problems.append(Problem("stale", f"{address}: the plan says {old.action}, and now there is nothing to do"))
        elif old is not None and new is not None:
            why = _moved(saved, now, address)
            if why:
                problems.append(Problem("stale", f"{address}: {why}"))
    for address in sorted({*saved.let_go} ^ {*now.let_go}):
        said = "is let go of" if address in saved.let_go else "is not let go of"
        problems.append(Problem("stale", f"{address}: by the plan it {said}, and now it is the other way round"))
    for address in sorted({*saved.let_go} & {*now.let_go}):
        if saved.digests.get(str(address)) != now.digests.get(str(address)):
            problems.append(Problem("stale", f"{address}: {CHANGED}"))
    if not problems and plan_document(saved)["changes"] != plan_document(now)["changes"]:
        problems.append(Problem("stale", "the plan is not the one that would be made now"))
    return problems


def _moved(saved: Plan, now: Plan, address: Address) -> str:
    old = next(change for change in saved.changes if change.address == address)
    new = next(change for change in now.changes if change.address == address)
    if saved.digests.get(str(address)) != now.digests.get(str(address)):
        return CHANGED
    if old.fingerprint != new.fingerprint:
        return "it was changed in the organisation"
    if without_secrets([old.action, old.live_id]) != without_secrets([new.action, new.live_id]):
        return f"the plan says {old.action} `{old.live_id}`, and now it needs {new.action} `{new.live_id}`"
    if [each.path for each in old.fields] != [each.path for each in new.fields]:
        return "other fields would change than the plan says"
    if old.action == "accept" and old.fields != new.fields:
        return "what it refers to was changed in the organisation"
    return ""


def require_consent(plan: Plan, situation: Situation, consent: Consent) -> None:
    """Refused, with every reason, where a guard says no."""
    problems = refusals(plan, situation, consent)
    if problems:
        raise Refused(problems)


@dataclass(slots=True)
class ApplyPorts:
    """What is open while a plan is carried out; nobody else writes here meanwhile. `salt`: random bytes, for the
    digests of secrets."""

    platform: Platform
    journal: Journal
    store: StateStore
    runs: RunHistory
    effects: Effects
    salt: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class ApplyRequest:
    """How a plan is to be applied. `run`: the id of this run; `by`: who runs it and where, for those who look at
    earlier runs later; `today` as of the plan's target; `saved`: the plan that this one must still be; `consent`: None
    where no guard is asked, which only tests do; `checkpoint`: as `Checkpoints.first`."""

    run: str
    by: str
    today: str
    workers: int = 8
    saved: Plan | None = None
    consent: Consent | None = None
    checkpoint: int = FIRST


class Operator(Protocol):
    """Who asks for an apply, and is shown and asked what comes of it."""

    def plan(self, api: Api, state: State, held: frozenset[Address]) -> PlanResult:
        """The plan, made afresh beside this state; nothing of what is `held`, nor of what refers to it."""

    def show(self, planned: PlanResult) -> None:
        """Before any guard has spoken."""

    def ask(self, planned: PlanResult, interrupt: Callable[[], None]) -> None:
        """After all of them have: whether it shall be done. Refused where not. `interrupt`: ends the waits of what is
        under way, for whoever is told to stop."""


def apply(request: ApplyRequest, here: Workspace, operator: Operator, stop: Stop) -> Generator[Event, None, None]:
    """Everything in its order: lock, recover, plan, compare with the saved plan, safety, ask, execute, remember.
    Refused, with every reason, before anything is written; NotDurable and OutcomeUnknown as of the steps. The lock is
    held until the generator ends or is closed."""
    with here.locked(), here.api(read_only=False) as api, here.journal() as journal:
        if journal.note:
            here.tell(journal.note)
        place, guards = here.place, dict(here.guards)
        before = place.load()
        now = replace(before, org_id=here.target.org_id, guards=guards, salt=before.salt or here.salt().hex())
        store = StateStore(place, now, unsaved=before.guards != guards)
        ports = ApplyPorts(api, journal, store, here.runs, here.effects, here.salt)
        if journal.unsettled() or journal.settled():
            api.confirm()
        held = yield from recover(api, journal, store, here.effects, ports.runs, here.tell)
        planned = operator.plan(api, replace(store.state, guards=before.guards), held)  # it says what is asked less for
        api.confirm()  # a plan of nothing has asked nobody
        if request.saved is not None:
            require_same(request.saved, planned.plan)
        operator.show(planned)
        if request.consent is not None:
            situation = here.situation(planned, before, api)  # as it was before anything was settled
            for note in unfitting(planned.plan, situation, request.consent):
                here.tell(note)
            require_consent(planned.plan, situation, request.consent)
        operator.ask(planned, api.interrupt)
        yield from apply_plan(planned, ports, request, stop)


def require_same(saved: Plan, now: Plan) -> None:
    """Refused, with all that has moved, where a saved plan is not the one that would be made now."""
    moved = same_plan(saved, now)
    if moved:
        hint = f"make it again: `syncer {f'undo {saved.undo}' if saved.undo else 'plan'} -o FILE`"
        raise Refused(
            [*moved, Problem("stale-plan", "the saved plan is no longer true; nothing was written", hint=hint)]
        )


def apply_plan(planned: PlanResult, ports: ApplyPorts, request: ApplyRequest, stop: Stop) -> Iterator[Event]:
    """Remember the links and what was accepted, then do what the plan says; the journal is emptied once state holds all
    of it. NotDurable where something that must be remembered cannot be."""
    tasks, accepted = _parted(planned.plan.tasks)
    if not tasks and _is_whole(planned.plan):  # all is linked: whatever a run that did not end has made
        ports.store.close_runs()
    _remember(planned, accepted, ports)
    yield from (Done(task.change, task.change.live_id, 0.0) for task in accepted.values())
    if not tasks:
        return
    plan, effects, managed = planned.plan, ports.effects, ports.store.state.entries
    made = RunHeader(
        request.run,
        effects.now(),
        plan.environment,
        plan.org_id,
        plan.server,
        plan.id,
        request.by,
        __version__,
        plan.undo,
    )
    recorder = ports.runs.begin(made)
    executor = _executor(planned, ports, request, Backup(recorder, managed, plan.digests))
    partial = not _is_whole(plan)
    checkpoints = Checkpoints(ports.store, ports.journal, effects.clock, stop.ask, partial, request.checkpoint)
    pace = RunOptions(effects.clock, ports.salt, stop, request.workers)
    try:
        checkpoints.begin(request.run)
        yield from execute(tasks, KINDS, executor, checkpoints, managed, pace)
    finally:
        whole = recorder.close()
    if not whole:  # the journal still knows, and the next apply keeps it
        said = "what was made cannot be kept for an undo"
        raise NotDurable(Problem("run", said, hint="make room on the disk, then run `syncer apply` again"))
    ports.journal.compact()


def _is_whole(plan: Plan) -> bool:
    """Whether it is about every manifest."""
    return not (plan.partial or plan.undo)


def _remember(planned: PlanResult, accepted: Mapping[Address, Task], ports: ApplyPorts) -> None:
    """What needs no call: links, what is forgotten, former addresses, and what references were accepted to mean."""
    known = ports.store.state.entries
    entries: dict[Address, Managed | None] = {**planned.settled, **dict.fromkeys(planned.forgotten)}
    entries |= {former: None for former, present in renamed(planned, known).items() if present in planned.settled}
    for address, task in accepted.items():
        as_it_is = StepsResult(task.change.live_id, None, task.parts)
        entry = entries.get(address, known.get(address))
        entries[address] = memory_after(task, ChangeResult(as_it_is, task.want), entry, ports.salt)
    ports.store.put(entries)


def _executor(planned: PlanResult, ports: ApplyPorts, request: ApplyRequest, backup: Backup) -> ChangeExecutor:
    """What the workers share: the ids and objects that the plan was made of among it."""
    sides, effects = planned.sides, ports.effects
    ids = {address: found.live.id for matches in sides.matches.values() for address, found in matches.found.items()}
    objects = {(kind, each.id): each.object for kind, listed in sides.live.items() for each in listed}
    journal = RunJournal(ports.journal, request.run, effects.now)
    return ChangeExecutor(
        ports.platform,
        journal,
        backup,
        ids,
        objects,
        effects.sleep,
        request.today,
        sides.lookups,
        effects.now,
        ports.store.state.salt,
    )


def _parted(tasks: Mapping[Address, Task]) -> tuple[dict[Address, Task], dict[Address, Task]]:
    """Those that change the organisation, and those that only accept what is so there."""
    accepted = {address: task for address, task in tasks.items() if not task.change.writes}
    return {address: task for address, task in tasks.items() if address not in accepted}, accepted


def exit_code(events: Sequence[Event], stop: Stop) -> int:
    """README.md#exit-codes: 7 unknown, 130/143 interrupted, 5 partly done, 0 all done; nothing written: 4 where the
    plan was stale, else 6."""
    done = sum(isinstance(event, Done) for event in events)
    wrote = any(isinstance(event, Failed) and event.wrote for event in events)
    bad = any(isinstance(event, (Failed, Skipped)) for event in events)
    otherwise = any(isinstance(event, Done) and event.but for event in events)
    rules = {event.problem.rule for event in events if isinstance(event, Failed)}
    disk = not rules.isdisjoint(("journal", "run"))
    if any(isinstance(event, (Unknown, OpenCall)) for event in events):
        return 7
    if stop.reason in ("SIGINT", "SIGTERM"):
        return 130 if stop.reason == "SIGINT" else 143
    if bad or otherwise or stop.asked.is_set():
        if done or wrote or disk:  # a disk that fails is not the platform's no
            return 5
        return 4 if rules == {STALE} else 6
    return 0
