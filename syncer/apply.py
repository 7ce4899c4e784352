"""Applying: lock, settle what an earlier run left open, plan afresh, refuse or go, remember.

The order is the safety: nothing is written before every guard has spoken, and what is executed is the plan that was
made a moment ago from the same manifests and the same organisation, which a saved plan is only compared with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from syncer import __version__
from syncer.adapters.disk import NotDurable
from syncer.adapters.effects import Effects
from syncer.adapters.journal import Intent, Journal, body_digest
from syncer.adapters.places.place import Place
from syncer.adapters.runs import Header, Runs
from syncer.adapters.state import State
from syncer.app import Planned, renamed
from syncer.backup import Backup
from syncer.carry import STALE, Carried, Carrier
from syncer.core.address import Address, parse_address
from syncer.core.event import Done, Event, Failed, Recovered, Skipped, Unknown
from syncer.core.form import of_known_form
from syncer.core.guard import FIRST_CONTACT, Consent, Situation, refusals
from syncer.core.kind import Listing, Seek, Step, Written
from syncer.core.plan import Plan, Task
from syncer.core.plan_id import plan_document
from syncer.core.problem import OutcomeUnknown, PlatformError, Problem, Refused
from syncer.core.references import without_secrets
from syncer.core.resource import Managed
from syncer.core.values import Json
from syncer.execute import Stop, execute, memory_after
from syncer.kinds import KINDS
from syncer.platform import Platform, seek_made

SETTLING = 30.0
"""Seconds after which a call whose answer was lost counts as not done, if nothing of it has appeared. They begin when
the lock is ours, for then nobody can be sending it any more: a journalled call may have waited long for its turn."""

CHANGED = "its manifest, or a variable it uses, has changed"


@dataclass(slots=True)
class Store:
    """The state of one environment, written whole after each change of it."""

    place: Place
    state: State
    unsaved: bool = False
    """Whether the state differs from what the place holds, apart from its entries."""

    def put(self, entries: Mapping[Address, Managed | None]) -> None:
        """Put entries in (None takes one out) and make it durable; nothing is written where nothing differs."""
        merged = dict(self.state.entries)
        for address, entry in entries.items():
            if entry is None:
                merged.pop(address, None)
            else:
                merged[address] = entry
        if self.unsaved or merged != self.state.entries or not self.state.found:
            self.state = self.place.save(replace(self.state, entries=merged))
            self.unsaved = False

    def put_midway(self, entries: Mapping[Address, Managed | None]) -> None:
        """As `put`, after the first write: NotDurable for whatever is in the way, since the run is partly done and
        ends."""
        try:
            self.put(entries)
        except (Refused, PlatformError) as error:
            raise NotDurable(error.problems) from None


def linking(state: State, org_id: str) -> State:
    """The state for a command that only links: where there was none, the next apply still is the first contact."""
    guards = state.guards if state.found else {**state.guards, FIRST_CONTACT: True}
    return replace(state, org_id=org_id, guards=guards)


@dataclass(slots=True)
class JournalLedger:
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


def recover(
    platform: Platform,
    journal: Journal,
    store: Store,
    effects: Effects,
    runs: Runs,
    tell: Callable[[str], None] = lambda note: None,
) -> Iterator[Recovered]:
    """Settle what earlier runs left open. OutcomeUnknown where that is not possible: then nothing is applied.

    `runs` are told what earlier runs made, where a crash took it from their files. `tell` is told what is waited for.
    Only this process's own clock counts: the machine's may have been set.
    """
    for each in journal.settled():
        if each.outcome == "APPLIED" and each.live_id:
            _link(store, each.intent, each.live_id)
    problems: list[Problem] = []
    until = effects.clock() + SETTLING
    for intent in journal.unsettled():
        with of_known_form(intent.address):
            found = _candidates(platform, intent, store)
        if not found and (wait := until - effects.clock()) > 0:
            tell(f"{intent.address}: `{intent.step}` may still take effect; looking again in {wait:.0f} s")
            effects.sleep(wait)
            with of_known_form(intent.address):
                found = _candidates(platform, intent, store)
        address = parse_address(intent.address)
        if len(found) > 1:
            problems.append(_several(intent, found))
        elif found and address is not None:
            journal.settle(intent.op, "APPLIED", found[0])
            _link(store, intent, found[0])
            yield Recovered(address, found[0], f"an earlier run's `{intent.step}` had taken effect: `{found[0]}`")
        else:
            journal.settle(intent.op, "NOT_SENT")
            if address is not None:
                yield Recovered(address, "", f"an earlier run's `{intent.step}` had not taken effect")
    if problems:
        raise OutcomeUnknown(problems)
    _complete(runs, journal)
    journal.compact()


def _complete(runs: Runs, journal: Journal) -> None:
    """What the journal knows to have been made stands in its run's file, so that an undo finds it."""
    made: dict[str, dict[str, str]] = {}
    for each in journal.settled():
        if each.outcome == "APPLIED" and each.live_id and "part" not in each.intent.seek:
            made.setdefault(each.intent.run, {})[each.intent.address] = each.live_id
    for run, ids in made.items():
        try:
            runs.complete(run, ids)
        except OSError:
            said = "what an earlier run made cannot be kept for an undo"
            raise NotDurable(Problem("run", said, hint="make room on the disk, then run it again")) from None


def _candidates(platform: Platform, intent: Intent, store: Store) -> list[str]:
    sought = dict(intent.seek)
    if not sought:
        return []
    service = str(sought.pop("service", ""))
    sought.pop("part", None)
    seek = Seek(Listing(**sought["listing"]), sought["field"], sought["value"], sought["id"])
    ours = {entry.live_id for entry in store.state.entries.values()}
    ours |= {id for entry in store.state.entries.values() for ids in entry.parts.values() for id in ids.values()}
    return [
        str(each[seek.id])
        for each in seek_made(platform, service, seek, intent.before)
        if str(each[seek.id]) not in ours
    ]


def _several(intent: Intent, found: Sequence[str]) -> Problem:
    ids = ", ".join(f"`{each}`" for each in found)
    return Problem(
        "outcome-unknown",
        f"{intent.address}: an earlier run's `{intent.step}` was cut off, and {len(found)} objects could be what it "
        f"made: {ids}",
        hint="delete what is too much in the organisation, then run `syncer apply` again",
    )


def _link(store: Store, intent: Intent, live_id: str) -> None:
    """Remember what a step made; the journal is emptied once state holds it, so what it says is the later word."""
    address = parse_address(intent.address)
    if address is None:
        return
    known = store.state.entries.get(address) or Managed(address, "")
    part = intent.seek.get("part")
    if part:
        group, key = part
        if known.parts.get(group, {}).get(key) != live_id:
            parts = {**known.parts, group: {**known.parts.get(group, {}), key: live_id}}
            store.put({address: known._replace(parts=parts)})
    elif known.live_id != live_id:
        store.put({address: known._replace(live_id=live_id)})


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


def must_be_allowed(plan: Plan, situation: Situation, consent: Consent) -> None:
    """Refused, with every reason, where a guard says no."""
    problems = refusals(plan, situation, consent)
    if problems:
        raise Refused(problems)


def carry_out(
    planned: Planned,
    platform: Platform,
    journal: Journal,
    store: Store,
    *,
    run: str,
    effects: Effects,
    salt: Callable[[], bytes],
    stop: Stop,
    today: str,
    workers: int,
    runs: Runs,
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
        as_it_is = Written(task.change.live_id, None, task.parts)
        entry = entries.get(address, store.state.entries.get(address))
        entries[address] = memory_after(task, Carried(as_it_is, task.want), entry, salt)
    store.put(entries)
    yield from (Done(task.change, task.change.live_id, 0.0) for task in accepted.values())
    if not tasks:
        return
    sides = planned.sides
    ids = {address: found.live.id for matches in sides.matches.values() for address, found in matches.found.items()}
    objects = {(kind, each.id): each.object for kind, listed in sides.live.items() for each in listed}
    plan, managed = planned.plan, store.state.entries
    recorder = runs.begin(
        Header(run, effects.now(), plan.environment, plan.org_id, plan.server, plan.id, by, __version__, plan.undo)
    )
    ledger, keeper = JournalLedger(journal, run, effects.now), Backup(recorder, managed, plan.digests)
    carrier = Carrier(platform, ledger, keeper, ids, objects, effects.sleep, today, sides.lookups, effects.now)
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
