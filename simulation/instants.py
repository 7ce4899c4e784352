"""Every operation, cut off at every instant (docs/catalogue.md#crashes; N1 and N2 of docs/reliability.md#the-table):
the process ends, and is run again.

The instants are those of docs/catalogue.md#a03 to #a16 around one call; where a call is not journalled, those that
speak of the journal fall on the nearest effect. Positions are the first, the middle and the last call of its sort in
the run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from random import Random
from typing import Any

import httpx

from simulation.broken import BrokenWorld, Fate
from simulation.findings import CANARY, aftermath, linked
from simulation.manifests import Make
from simulation.summary import Summary
from simulation.world import scratch
from syncer.ops.apply.state_store import FIRST

Json = Any
INSTANTS = {
    "A03": "intent written, not synced",
    "A04": "intent synced, request not sent",
    "A05": "request half sent",
    "A06": "request sent, done by the platform seconds later",
    "A07": "done by the platform, no reply",
    "A08": "head of the reply read, body not",
    "A09": "body read, not looked at",
    "A10": "id known in memory only",
    "A11": "outcome written, not synced",
    "A12": "outcome synced, state not begun",
    "A13": "state half written",
    "A14": "state synced, not renamed",
    "A15": "state renamed, folder not synced",
    "A16": "state on the medium, journal not emptied",
}
ENTRY = {
    "A12 entry": "entry not yet in the journal",
    "A13 entry": "entry half written there",
    "A16 entry": "entry written there, the state saved before the run only",
}
"""Instants that an apply meets which tells the state to its journal first, and saves it after many changes."""
LATER = ("A12", "A13", "A14", "A15", "A16")
"""Instants of a save: it holds more than one change where it comes at the end."""


@dataclass(frozen=True, slots=True)
class Operation:
    """Manifests before and after, and the call of the second apply that is cut off."""

    before: Callable[[], Sequence[Json]]
    after: Callable[[], Sequence[Json]]
    method: str
    path: str
    switches: tuple[tuple[str, Any], ...] = ()


def _nothing() -> list[Json]:
    return []


def _reasons(removal: str = "deactivate", **spec: Json) -> Callable[[], list[Json]]:
    def made() -> list[Json]:
        titles = {name: {"title": f"{name} {spec['title']}"} if "title" in spec else {} for name in ("a", "b", "c")}
        return [Make.reason(name, metadata={"policy": {"removal": removal}}, **each) for name, each in titles.items()]

    return made


def _schemas(*attributes: str) -> Callable[[], list[Json]]:
    return lambda: [Make.schema(slug, *map(Make.text, attributes)) for slug in ("site", "house", "pipe")]


def _flows(**spec: Json) -> Callable[[], list[Json]]:
    return lambda: [Make.flow(name, **spec) for name in ("visit", "offer", "meter")]


def _bundles(mail: str = "m-1") -> Callable[[], list[Json]]:
    def made() -> list[Json]:
        found = [Make.bundle(name) for name in ("visit", "offer")]
        for each in found:
            each["spec"]["automations"]["mail"]["actions"][0]["config"]["email_template_id"] = mail
        return found

    return made


_REASON, _SCHEMA, _FLOW, _RULE = (
    "/v2/workflows/*",
    "/v1/entity/schemas/*",
    "/v2/flows/templates/*",
    "/data-governance/*",
)
_PLAIN = (("flow_export", False),)


def _app(**spec: Json) -> Callable[[], list[Json]]:
    return lambda: [Make.checker(**spec)]


def _rule(enabled: bool) -> Callable[[], list[Json]]:
    return lambda: [Make.retention(enabled=enabled)]


OPERATIONS = {
    "reason create": Operation(_nothing, _reasons(), "POST", "/v1/workflows/closing-reasons"),
    "reason change": Operation(_reasons(), _reasons(title="neu"), "PATCH", _REASON),
    "reason deactivate": Operation(_reasons(), _nothing, "PATCH", _REASON),
    "reason delete": Operation(_reasons("delete"), _nothing, "DELETE", _REASON),
    "schema create": Operation(_nothing, _schemas("a"), "PUT", _SCHEMA),
    "schema change": Operation(_schemas("a"), _schemas("a", "b"), "PUT", _SCHEMA),
    "schema delete": Operation(_schemas("a"), _nothing, "DELETE", _SCHEMA),
    "flow create": Operation(_nothing, _flows(enabled=True), "POST", "/v2/flows/templates"),
    "flow enable after create": Operation(_nothing, _flows(enabled=True), "PUT", _FLOW),
    "flow change": Operation(_flows(), _flows(description="x"), "PUT", _FLOW),
    "flow delete": Operation(_flows(), _nothing, "DELETE", _FLOW),
    "import": Operation(_nothing, _bundles(), "POST", "/v2/flows/templates/import"),
    "enable after import": Operation(_nothing, _bundles(), "PUT", _FLOW),
    "automation create": Operation(_nothing, _bundles(), "POST", "/v1/automation/flows", _PLAIN),
    "automation pointed at its flow": Operation(_nothing, _bundles(), "PUT", "/v1/automation/flows/*", _PLAIN),
    "automation change": Operation(_bundles(), _bundles("m-2"), "PUT", "/v1/automation/flows/*"),
    "app install": Operation(_nothing, _app(), "POST", "/v1/app/*"),
    "app options": Operation(_app(), _app(text="Wohin?"), "PATCH", "/v1/app/*"),
    "app promote": Operation(_app(), _app(version="1.1.0"), "POST", "/v1/app/*/promote-to/*"),
    "options after promote": Operation(_app(), _app(version="1.1.0"), "PATCH", "/v1/app/*"),
    "app uninstall": Operation(_app(), _nothing, "DELETE", "/v1/app/*"),
    "retention create": Operation(_nothing, _rule(False), "POST", _RULE),
    "retention change": Operation(_rule(False), _rule(True), "POST", _RULE),
    "retention disable": Operation(_rule(True), _nothing, "POST", _RULE),
}


@dataclass(frozen=True, slots=True)
class Case:
    """An operation cut off at `instant` of its call number `at`; with `then`, the run after it is cut off as well."""

    operation: str
    instant: str
    at: int = 0
    workers: int = 1
    then: str = ""
    checkpoint: int = 1
    """As of the world: with 1 the state is saved after the very call that is cut off."""

    def __str__(self) -> str:
        instants = f"{self.instant} then {self.then}" if self.then else self.instant
        return f"{self.operation}, call {self.at}, {instants}, {self.workers} workers"


class Cut(Fate):
    """Ends the process at an instant of the n-th call that matches. `anything`: of whatever comes first."""

    def __init__(self, world: BrokenWorld, instant: str, method: str, path: str, at: int, *, anything: bool) -> None:
        self.world, self.instant, self.method, self.path, self.at = world, instant, method, path, at
        self.calls = self.intents = 0
        self.answers = anything
        """The call has been answered: what is still to come is the bookkeeping."""
        self.intent = self.saved = False
        self.journalled = False

    def _matches(self, method: str, path: str) -> bool:
        return self.method in ("*", method) and fnmatchcase(path, self.path)

    def request(self, request: httpx.Request, *, writes: bool) -> str:
        """Before the call, or instead of its reply."""
        self._nearest()
        if not writes or not self._matches(request.method, request.url.path):
            return ""
        self.calls += 1
        if self.calls != self.at + 1:
            return ""
        if self.instant in ("A03", "A04"):
            raise self.world.crash()
        if self.instant == "A05" and self.world.dice.random() < 0.5:
            raise self.world.crash()
        if self.instant == "A06":
            self.world.late.append((self.world.time.clock() + 5.0, request))
            raise self.world.crash()
        return ""

    def answered(self, request: httpx.Request, response: httpx.Response, *, writes: bool) -> httpx.Response:
        """While the reply is read."""
        if not writes or self.calls != self.at + 1 or not self._matches(request.method, request.url.path):
            return response
        if self.answers and self.instant not in ("A05", "A07", "A08", "A09"):
            return response
        self.answers = True
        if self.instant in ("A05", "A07"):
            raise self.world.crash()
        if self.instant in ("A08", "A09"):
            stream = _Deadly(self.world, response.content if self.instant == "A09" else b"")
            return httpx.Response(response.status_code, headers=response.headers, stream=stream)
        return response

    def disk(self, call: str, path: Path, data: bytes) -> str:
        """Before a change of the disk."""
        of_journal, of_state = path == self.world.journal_path, self._of_state(path)
        if of_journal and call == "write":
            self._record(data)
            if self.answers and b'{"entries":' in data and self.instant == "A13 entry":
                return "half"
        if of_journal and call == "fsync" and self.intent:
            self.intent = False
            if self.instant == "A03":
                raise self.world.crash()
        if not self.answers:
            return ""
        if of_journal and call == "fsync" and self.journalled and self.instant == "A11":
            raise self.world.crash()
        if of_state and self.instant == "A12":
            raise self.world.crash()
        if of_state and call == "write" and self.instant == "A13":
            return "half"
        if path == self.world.state_path and call == "replace" and self.instant == "A14":
            raise self.world.crash()
        if not of_journal:
            self._nearest()
        return ""

    def disk_done(self, call: str, path: Path, data: bytes) -> None:
        """After a change of the disk."""
        if not self.answers:
            return
        if call == "replace" and path == self.world.state_path:
            self.saved = True
            if self.instant == "A15":
                raise self.world.crash()
        if call == "write" and b'{"entries":' in data and self.instant == "A16 entry":
            raise self.world.crash()
        if call == "fsync_dir" and self.saved and self.instant == "A16":
            raise self.world.crash()

    def sleeping(self, seconds: float) -> None:
        """Waiting has no instant of its own."""

    def _record(self, data: bytes) -> None:
        """A record of the journal is about to be written."""
        if b'{"intent":' in data and self._is_ours(data):
            self.intents += 1
            self.intent = self.intents == self.at + 1
        if b'{"entries":' in data and self.answers and self.instant == "A12 entry":
            raise self.world.crash()
        if b'{"settled":' in data and self.answers:
            if self.instant == "A10":
                raise self.world.crash()
            self.journalled = True

    def _is_ours(self, data: bytes) -> bool:
        text = data.decode("ascii")
        method, path = (text.split(f'"{name}":"', 1)[1].split('"', 1)[0] for name in ("method", "path"))
        return self._matches(method, path)

    def _nearest(self) -> None:
        """The call is not journalled: the first effect after its reply stands for what the journal would do."""
        if self.answers and self.calls and self.instant in ("A10", "A11") and not self.journalled:
            raise self.world.crash()

    def _of_state(self, path: Path) -> bool:
        name = self.world.state_path.name
        return path == self.world.state_path or (path.name.startswith(f".{name}.") and "backup" not in path.name)


class _Deadly(httpx.SyncByteStream):
    """A body at whose end the process is gone."""

    def __init__(self, world: BrokenWorld, content: bytes) -> None:
        self._world, self._content = world, content

    def __iter__(self) -> Iterator[bytes]:
        yield self._content
        raise self._world.crash()


def calls_of(operation: str) -> int:
    """How often the operation's call is made in an apply that is not cut off."""
    asked = OPERATIONS[operation]
    with scratch() as folder:
        world = _before(asked, Path(folder), "")
        world.tried(Fate())
        made = sum(asked.method == method and fnmatchcase(path, asked.path) for method, path, _ in world.committed)
        world.close()
    return made


def every_case() -> list[Case]:
    """N1: each instant of each operation at each position, with one worker and with four; those that follow the answer
    also where the state is saved at the end only."""
    cases = []
    for operation in OPERATIONS:
        calls = calls_of(operation)
        for at in sorted({0, calls // 2, calls - 1}):
            cases += [Case(operation, instant, at, workers) for instant in INSTANTS for workers in (1, 4)]
            cases += [Case(operation, each, at, workers, "", FIRST) for each in (*LATER, *ENTRY) for workers in (1, 4)]
    return cases


def every_pair() -> list[Case]:
    """N2: a crash, and another one in the run that was to mend it; a create, and a change of several calls."""
    operations = ("reason create", "flow create", "import")
    pairs = [Case(each, one, 0, 1, other) for each in operations for one in INSTANTS for other in INSTANTS]
    return pairs + [Case(each, one, 0, 1, other, FIRST) for each in operations for one in ENTRY for other in INSTANTS]


@dataclass(frozen=True, slots=True)
class Crashed:
    """How many of the case's crashes came about, what is wrong in the end, and what was written on the way."""

    count: int
    problems: list[str]
    summary: Summary


def crashed(case: Case) -> Crashed:
    """The case, and an apply after it in which nothing goes wrong."""
    asked = OPERATIONS[case.operation]
    with scratch() as folder:
        world = _before(asked, Path(folder), str(case))
        world.checkpoint = case.checkpoint
        before = {key: text for key, text in world.texts().items() if key not in linked(world)}
        claimed = set(linked(world))
        world.tried(Cut(world, case.instant, asked.method, asked.path, case.at, anything=False), workers=case.workers)
        if case.then:
            world.tried(Cut(world, case.then, "*", "*", 0, anything=True), workers=case.workers)
        problems = aftermath(world, before, claimed) + world.summary.problems
        count = world.faults["crash"]
        world.close()
    return Crashed(count, problems, world.summary)


def _before(asked: Operation, folder: Path, seed: str) -> BrokenWorld:
    world = BrokenWorld(folder, dict(asked.switches), env={"SYNCER_KEY": CANARY})
    world.begin(Random(seed))
    first = asked.before()
    if first:
        world.put(*first)
        code, _ = world.tried(Fate())
        assert code == 0, world.said
    world.only_these(*asked.after())
    world.committed.clear()
    return world
