"""Applying: what a saved plan is compared with, what guards say, the plan carried out and remembered.

The order is the safety: nothing is written before every guard has spoken, and what is executed is the plan that was
made a moment ago from the same manifests and the same organisation, which a saved plan is only compared with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

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
from syncer.ops.apply.change_executor import STALE, ChangeExecutor, ChangeResult
from syncer.ops.apply.ports import Platform
from syncer.ops.apply.scheduler import Stop, execute, memory_after
from syncer.ops.apply.state_store import StateStore
from syncer.ops.plan import PlanResult, renamed
from syncer.plan.document.document import plan_document
from syncer.plan.events import Done, Event, Failed, Skipped, Unknown
from syncer.plan.plan import Plan, Task
from syncer.plan.safety import Consent, Situation, refusals
from syncer.state.journal import Intent, Journal, body_digest
from syncer.state.run_history import RunHeader, RunHistory

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


def apply_plan(
    planned: PlanResult,
    platform: Platform,
    journal: Journal,
    store: StateStore,
    *,
    run: str,
    effects: Effects,
    salt: Callable[[], bytes],
    stop: Stop,
    today: str,
    workers: int,
    runs: RunHistory,
    by: str,
) -> Iterator[Event]:
    """Remember the links and what was accepted, then do what the plan says; the journal is emptied once state holds all
    of it. `by`: who runs it and where, for those who look at `runs` later. NotDurable where something that must be
    remembered cannot be."""
    entries: dict[Address, Managed | None] = {**planned.settled, **dict.fromkeys(planned.forgotten)}
    entries |= {
        former: None for former, present in renamed(planned, store.state.entries).items() if present in planned.settled
    }
    tasks, accepted = _parted(planned.plan.tasks)
    for address, task in accepted.items():
        as_it_is = StepsResult(task.change.live_id, None, task.parts)
        entry = entries.get(address, store.state.entries.get(address))
        entries[address] = memory_after(task, ChangeResult(as_it_is, task.want), entry, salt)
    store.put(entries)
    yield from (Done(task.change, task.change.live_id, 0.0) for task in accepted.values())
    if not tasks:
        return
    sides = planned.sides
    ids = {address: found.live.id for matches in sides.matches.values() for address, found in matches.found.items()}
    objects = {(kind, each.id): each.object for kind, listed in sides.live.items() for each in listed}
    plan, managed = planned.plan, store.state.entries
    recorder = runs.begin(
        RunHeader(run, effects.now(), plan.environment, plan.org_id, plan.server, plan.id, by, __version__, plan.undo)
    )
    ledger, keeper = RunJournal(journal, run, effects.now), Backup(recorder, managed, plan.digests)
    carrier = ChangeExecutor(platform, ledger, keeper, ids, objects, effects.sleep, today, sides.lookups, effects.now)
    try:
        yield from execute(
            tasks,
            KINDS,
            carrier,
            store.put_midway,
            managed,
            clock=effects.clock,
            salt=salt,
            stop=stop,
            workers=workers,
        )
    finally:
        whole = recorder.close()
    if not whole:  # the journal still knows, and the next apply keeps it
        said = "what was made cannot be kept for an undo"
        raise NotDurable(Problem("run", said, hint="make room on the disk, then run `syncer apply` again"))
    journal.compact()


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
    rules = {event.problem.rule for event in events if isinstance(event, Failed)}
    disk = not rules.isdisjoint(("journal", "run"))
    if any(isinstance(event, Unknown) for event in events):
        return 7
    if stop.reason in ("SIGINT", "SIGTERM"):
        return 130 if stop.reason == "SIGINT" else 143
    if bad or stop.asked.is_set():
        if done or wrote or disk:  # a disk that fails is not the platform's no
            return 5
        return 4 if rules == {STALE} else 6
    return 0
