"""Carries a plan out: the only place that changes the platform.

Workers talk to the platform, one thread owns the state and writes it after each success, so a run that was cut off can
simply be run again. A call that must not be made twice is journalled before it is sent and settled after; a lost answer
is looked up, never sent again (docs/applying.md#state-and-journal). Yields events and prints nothing.
"""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from syncer.diff.secret_digest import digest_secret, sent_times
from syncer.model.address import Address
from syncer.model.diagnostic import PartlyDone, Problem
from syncer.model.kind import Kind
from syncer.model.resource import Managed, remembered
from syncer.ops.apply.change_executor import ChangeExecutor
from syncer.ops.apply.change_result import ChangeResult, Creation
from syncer.ops.apply.unknown_outcome import StepFailed
from syncer.plan.events import Done, Event, Failed, Skipped, Started, Unknown
from syncer.plan.identity_match import link_of
from syncer.plan.plan import REMOVALS, Task
from syncer.plan.revert import restored


class StateSink(Protocol):
    """Where the outcome goes: called by one thread only. NotDurable from any of its methods."""

    def unsaved(self) -> dict[Address, Managed]:
        """Entries of which the state as it was saved last does not have all ids."""

    def made(self, entry: Managed, gone: Mapping[Address, None]) -> None:
        """A call that is settled has made something: this is its entry, and former names of it go."""

    def put(self, entries: Mapping[Address, Managed | None], *, durable: bool) -> None:
        """Put these entries into state, None takes an address out; `durable`: when this returns."""

    def end(self) -> None:
        """All of it is in the state."""


@dataclass(slots=True)
class Stop:
    """Asked to stop: no new change is begun, what is under way is finished."""

    asked: threading.Event = field(default_factory=threading.Event)
    reason: str = ""

    def ask(self, reason: str) -> None:
        """Ask; the first reason stays."""
        self.reason = self.reason or reason
        self.asked.set()


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How a run goes. `clock`: seconds that only go on; `salt`: random bytes for the digests of secrets; `workers`:
    changes side by side, at most."""

    clock: Callable[[], float]
    salt: Callable[[], bytes]
    stop: Stop
    workers: int = 8


Node = tuple[Address, int]
"""A change, or its first or second go where a circle of new objects is cut."""


def execute(
    tasks: Mapping[Address, Task],
    kinds: Mapping[str, Kind],
    carrier: ChangeExecutor,
    remember: StateSink,
    managed: Mapping[Address, Managed],
    pace: RunOptions,
) -> Iterator[Event]:
    """Carry the tasks out, dependencies first, independent ones side by side; a failure costs its dependants only.
    PartlyDone where state cannot be saved.

    In one piece: the loop alone knows what runs, what waits and what came of it.
    """
    from graphlib import TopologicalSorter

    circles = {address: _circle(task, tasks, kinds) for address, task in tasks.items() if task.late}
    order: TopologicalSorter[Node] = TopologicalSorter(_nodes(tasks, circles))
    order.prepare()
    book = _RunState(tasks, circles, remember, dict(managed), pace.clock, pace.salt)
    news: queue.SimpleQueue[Started | Creation | Future[ChangeResult]] = queue.SimpleQueue()
    running: dict[Future[ChangeResult], Node] = {}
    ready: deque[Node] = deque()
    with _naming_what_is_lost(book, news), ThreadPoolExecutor(pace.workers, thread_name_prefix="apply") as pool:
        while order.is_active():
            ready.extend(order.get_ready())
            while ready and len(running) < pace.workers:  # never more than can begin: a stop must find the rest unbegun
                node = ready.popleft()
                task = tasks[node[0]]
                event = book.stands_in_the_way(node)
                if event is not None:
                    yield event
                if event is not None or node[0] in book.bad or pace.stop.asked.is_set():
                    book.bad.setdefault(node[0], None)
                    order.done(node)
                    continue
                book.began.setdefault(node[0], pace.clock())
                first_go = bool(task.late) and node[1] == 1
                future = pool.submit(carrier.carry, kinds[node[0].kind], task, first_go=first_go, news=news.put)
                running[future] = node
                future.add_done_callback(news.put)
            if not running:
                continue
            said = news.get()
            if isinstance(said, Started):
                yield said
            elif isinstance(said, Creation):
                book.made(said)
            else:
                node = running.pop(said)
                ended = book.ended(node, said, pace.stop)
                if ended is not None:
                    yield ended
                order.done(node)
        remember.end()
    if book.bug is not None:
        raise book.bug


@contextmanager
def _naming_what_is_lost(
    book: _RunState, news: queue.SimpleQueue[Started | Creation | Future[ChangeResult]]
) -> Iterator[None]:
    """Where state cannot be saved (docs/catalogue.md#e01): once the workers have ended, what they made is named, for a
    person to keep."""
    try:
        yield
    except PartlyDone as error:
        raise PartlyDone([*error.problems, *book.lost(news)]) from None


@dataclass(slots=True)
class _RunState:
    """What is known of the run so far, kept by the one thread that owns the state."""

    tasks: Mapping[Address, Task]
    circles: Mapping[Address, set[Address]]
    remember: StateSink
    entries: dict[Address, Managed]
    clock: Callable[[], float]
    salt: Callable[[], bytes]
    bad: dict[Address, Address | None] = field(default_factory=dict)
    """What did not come about → what it failed for: itself or another; None: the run was stopped before it began."""
    began: dict[Address, float] = field(default_factory=dict)
    half: set[Address] = field(default_factory=set)
    """Written without their late references so far."""
    born: set[Address] = field(default_factory=set)
    """Of what a settled call has made, or a part of it."""
    bug: Exception | None = None
    """The first exception that nobody foresaw."""

    def ended(self, node: Node, change: Future[ChangeResult], stop: Stop) -> Event | None:
        """What came of a change that is over; None for the first of two goes, and for a bug, which stops the run:
        what is under way is still remembered, then it comes out. PartlyDone where state cannot be saved, for nothing
        that follows could be remembered."""
        try:
            return self.done(node, change.result())
        except StepFailed as failure:
            if failure.unauthorised:
                stop.ask("the token is not accepted any more")
            if failure.fatal:
                stop.ask("the journal cannot be written")
            return self.failed(node[0], failure)
        except PartlyDone:
            raise
        except Exception as error:
            self.bug = self.bug or error
            self.bad[node[0]] = None
            stop.ask("a bug")
            return None

    def put(self, address: Address, entry: Managed | None) -> None:
        """Remember an entry, or take it out; a former name of the manifest goes in the same breath. What was made in
        this run is found again by its id in the journal, so the rest of it need not be waited for."""
        self.remember.put({address: entry, **self._gone(address)}, durable=address not in self.born)
        self._know(address, entry)

    def _gone(self, address: Address) -> dict[Address, None]:
        """Former names of the manifest that state still has."""
        desired = self.tasks[address].desired
        former = [Address(address.kind, alias) for alias in desired.aliases] if desired else []
        return {each: None for each in former if each in self.entries}

    def _know(self, address: Address, entry: Managed | None) -> None:
        for each, value in {address: entry, **self._gone(address)}.items():
            if value is None:
                self.entries.pop(each, None)
            else:
                self.entries[each] = value

    def stands_in_the_way(self, node: Node) -> Event | None:
        """Skipped, or for a second go Failed, where something that it waits for did not come about."""
        address, go = node
        task = self.tasks[address]
        if go == 2 and address not in self.bad:
            lost = next(
                (each for each in sorted(self.circles[address]) if self.bad.get(each) and each not in self.half), None
            )
            if lost is None:
                return None
            self.bad[address] = lost
            problem = Problem(
                "half-done",
                f"{address}: it stands without its references to {lost}, which did not come about",
                hint="mend that, then run `syncer apply` again",
            )
            return Failed(task.change, problem, wrote=True)
        blocker = next((each for each in task.change.waits if self.bad.get(each)), None)
        if go == 2 or blocker is None:
            return None
        self.bad[address] = blocker
        return Skipped(task.change, blocker)

    def made(self, said: Creation) -> None:
        """An object or a part of one exists now."""
        entry = said.into(self._known(said.address))
        self.born.add(said.address)
        self.remember.made(entry, self._gone(said.address))
        self._know(said.address, entry)

    def failed(self, address: Address, failure: StepFailed) -> Event:
        """What is known of it all the same is remembered."""
        self.bad[address] = address
        if failure.live_id or failure.parts:
            known = self._known(address)
            self.put(
                address, known._replace(live_id=failure.live_id or known.live_id, parts=failure.parts or known.parts)
            )
        change = self.tasks[address].change
        if failure.unknown:
            return Unknown(change, failure.problem)
        return Failed(change, failure.problem, failure.wrote or address in self.half)

    def done(self, node: Node, carried: ChangeResult) -> Event | None:
        """It stands as it was asked for; None for the first of two goes."""
        address, go = node
        task = self.tasks[address]
        self.put(address, memory_after(task, carried, self._known(address), self.salt))
        if task.late and go == 1:
            self.half.add(address)
            return None
        seconds = self.clock() - self.began[address]
        return Done(task.change, carried.written.live_id, seconds, carried.but, carried.amiss)

    def lost(self, news: queue.SimpleQueue[Started | Creation | Future[ChangeResult]]) -> list[Problem]:
        """The ids that no save has brought to the state, those that nobody looked at yet included."""
        made = self.remember.unsaved()
        while not news.empty():
            said = news.get()
            if isinstance(said, Creation):
                made[said.address] = said.into(made.get(said.address) or self._known(said.address))
        return [
            Problem("not-remembered", f"{each.address} is {_ids(each)}, which is not in the state")
            for _, each in sorted(made.items())
            if each.live_id or each.parts
        ]

    def _known(self, address: Address) -> Managed:
        desired = self.tasks[address].desired
        entry = link_of(desired, self.entries) if desired else self.entries.get(address)
        return entry._replace(address=address) if entry else Managed(address, "")


def _nodes(tasks: Mapping[Address, Task], circles: Mapping[Address, set[Address]]) -> dict[Node, set[Node]]:
    """Each change after those it waits for; one that is written in two goes counts as there for its own kind after the
    first, for others after the second."""
    nodes: dict[Node, set[Node]] = {}
    for address, task in tasks.items():
        removed = task.change.action in REMOVALS
        nodes[(address, 1)] = {
            (other, 2 if tasks[other].late and (removed or other.kind != address.kind) else 1)
            for other in task.change.waits
        }
        if task.late:
            nodes[(address, 2)] = {(address, 1)} | {(other, 1) for other in circles[address]}
    return nodes


def _circle(task: Task, tasks: Mapping[Address, Task], kinds: Mapping[str, Kind]) -> set[Address]:
    """The changes that a task's late references point at."""
    kind = kinds[task.change.address.kind]
    return {
        other
        for other, theirs in tasks.items()
        if other.kind == kind.name and theirs.desired is not None and kind.key(theirs.want) in task.late
    }


def _ids(entry: Managed) -> str:
    """What it is in the organisation, for people: its id, and those of its parts."""
    parts = [f"{key} `{id}`" for ids in entry.parts.values() for key, id in ids.items()]
    return ", ".join([f"`{entry.live_id}`" if entry.live_id else "half made", *parts])


def memory_after(task: Task, carried: ChangeResult, entry: Managed | None, salt: Callable[[], bytes]) -> Managed | None:
    """What state says of the address now."""
    if task.change.action in REMOVALS or task.desired is None:
        return None
    written = carried.written
    known: Mapping[str, str] = entry.secrets if entry else {}
    digests = {label: digest for label, digest in known.items() if label not in task.changed}
    times = {**(entry.secret_times if entry else {}), **written.secret_times}
    if written.secrets_sent:
        digests = {label: digest_secret(secret, salt()) for label, secret in task.secrets.items()}
        times = sent_times(digests, task.loose, written.secret_times)
    now = remembered(task.desired, written.live_id, carried.want, written.parts, entry, (digests, times), carried.forms)
    if carried.undeclared is not None:
        now = now._replace(undeclared=carried.undeclared)
    if task.memory is None:
        return now
    return restored(task.memory, now) if task.memory.live_id else None
