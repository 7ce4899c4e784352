"""One repository, one organisation in this process, a clock that only sleeping moves: what the engine's tests and the
simulator share. What a command does in one breath (recover, plan, guard, carry out) is one method here."""

from __future__ import annotations

import datetime
import itertools
import json
import os
import tempfile
import threading
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from syncer.api.client import Api, fetch_all
from syncer.api.endpoints import services
from syncer.api.options import TransportOptions
from syncer.api.recording import ReplayReader
from syncer.fs.clock import Effects
from syncer.fs.disk import Disk, RealDisk
from syncer.kinds import KINDS
from syncer.manifests.cross_checks import together
from syncer.manifests.project import choose, read_project
from syncer.manifests.resolution import asked_for, read_manifests, resolve
from syncer.manifests.variables import LenientEnvironment
from syncer.model.address import Address
from syncer.model.diagnostic import InvalidInput, ordered
from syncer.model.json_values import Secret
from syncer.model.resource import Desired
from syncer.ops.apply.apply import ApplyRequest, apply, exit_code
from syncer.ops.apply.scheduler import Stop
from syncer.ops.apply.state_store import FIRST
from syncer.ops.drift import find_drift, last_apply
from syncer.ops.plan import PlanResult, make_plan
from syncer.ops.refresh import Reader
from syncer.ops.safety_inputs import CallerClaims, SafetyRules, situation_of
from syncer.ops.selection import PlanRequest, Selection, Target
from syncer.ops.undo.undo import plan_back, undo
from syncer.plan.drift import Drift
from syncer.plan.events import Done, Event, Failed, OpenCall, Skipped, Unknown
from syncer.plan.plan import Plan
from syncer.plan.removal_requests import RemovalRequest
from syncer.plan.safety import Consent, Situation
from syncer.sandbox.options import Options
from syncer.sandbox.seed import seed
from syncer.sandbox.server import Organisation, create_app
from syncer.state.backends.backend import Backend
from syncer.state.backends.factory import local_place
from syncer.state.journal import Journal, must_be_settled
from syncer.state.lock import myself
from syncer.state.run_history import RunHistory
from syncer.state.state_file import State

Json = Any
ORG = "739224"
SERVER = "http://127.0.0.1"
START = datetime.datetime(2026, 3, 2, 9, 14, 3, tzinfo=datetime.UTC).timestamp()
PROJECT = """version: 1
manifests: [config]
environments:
  test: {org_id: "739224", vars: {title: Gewonnen}, ids: {journey.offer: 5c1cb7c4-26f6-4d6e-9b9d-6f0e3a2f7f01}}
  other: {org_id: "911042"}
"""
TOKENS = {"test": "alpha", "other": "beta"}


def scratch() -> tempfile.TemporaryDirectory[str]:
    """A folder for one world, in memory where the system has such a place: nothing in it is meant to last."""
    memory = Path("/dev/shm")  # noqa: S108 only as the parent of a folder that tempfile makes
    return tempfile.TemporaryDirectory(
        prefix="syncer-sim-", dir=memory if memory.is_dir() and os.access(memory, os.W_OK) else None
    )


class Time:
    """A clock that stands still until somebody sleeps."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self._passed = 0.0
        self._lock = threading.Lock()

    def clock(self) -> float:
        return self._passed

    def now(self) -> float:
        return START + self._passed

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.slept.append(round(seconds, 3))
            self._passed += seconds

    def pass_by(self, seconds: float) -> None:
        with self._lock:
            self._passed += seconds

    def moment(self) -> datetime.datetime:
        return datetime.datetime.fromtimestamp(self.now(), datetime.UTC)


class Wire(httpx.BaseTransport):
    """The sandbox as transport, with a place to break before a request goes out and after its reply has come."""

    def __init__(self, app: Any) -> None:
        self._inner = httpx.WSGITransport(app)
        self.before: Callable[[httpx.Request], None] = lambda request: None
        self.after: Callable[[httpx.Request, httpx.Response], httpx.Response] = lambda request, response: response

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.before(request)
        return self.after(request, self._inner.handle_request(request))


class QuickDisk(RealDisk):
    """The disk of this machine without waiting for the medium: what is durable is the business of other tests."""

    def fsync(self, handle: int) -> None:
        pass

    def fsync_dir(self, folder: Path) -> None:
        pass


@dataclass
class Run:
    """What came of an apply."""

    planned: PlanResult
    events: list[Event]
    code: int
    requests: list[Json]

    @property
    def held(self) -> dict[str, str]:
        """Addresses of which a call of an earlier run is still open, and what is said of it."""
        return {str(each.address): each.problem.message for each in self.events if isinstance(each, OpenCall)}

    @property
    def calls(self) -> list[str]:
        """The writing calls that reached the platform, in order."""
        return [f"{each['method']} {each['path']}" for each in self.requests if writes(each)]

    @property
    def ends(self) -> dict[str, str]:
        """Address → how it ended."""
        words = {Done: "done", Failed: "failed", Skipped: "skipped", Unknown: "unknown"}
        return {str(each.change.address): words[type(each)] for each in self.events if type(each) in words}  # type: ignore[union-attr]

    @property
    def problems(self) -> list[str]:
        """The messages of what failed, is unknown, or reads back otherwise than it was sent."""
        found = (each.but if isinstance(each, Done) else getattr(each, "problem", None) for each in self.events)
        return [each.message for each in found if each]


def writes(entry: Json) -> bool:
    """Whether a logged request is a mutating one."""
    searches = (":search", ":list", ":batchGet", "/query", "/v1/logs")
    return entry["method"] not in {"GET", "HEAD"} and not entry["path"].endswith(searches)


@dataclass
class World:
    """One repository, one organisation, and everything between them."""

    folder: Path
    switches: Mapping[str, Any] = field(default_factory=dict)
    environment: str = "test"
    token: str = ""
    env: dict[str, str] = field(default_factory=dict)
    secretless: bool = False
    """Whether variables that aren't set are unknown, as after a promotion."""
    disk: Disk = field(default_factory=QuickDisk)
    fetch: Callable[..., Any] = fetch_all
    """How several listings are read at once."""
    checkpoint: int = FIRST
    """Changed entries from which on an apply saves the state midway; 1: with every change, as long as it is small."""

    def __post_init__(self) -> None:
        numbers = itertools.count(1)
        self.time = Time()
        self.app = create_app(
            ":memory:",
            [
                Organisation(ORG, "alpha"),
                Organisation("911042", "beta"),
                Organisation(ORG, "reader", read_only=True),
                Organisation(ORG, "gamma", user="berta"),
            ],
            options=Options(**self.switches),
            now=self.time.moment,
            new_id=lambda: str(uuid.UUID(int=next(numbers), version=4)),
        )
        self.wire = Wire(self.app)
        self.client = httpx.Client(
            transport=httpx.WSGITransport(self.app), base_url=SERVER, headers={"Authorization": "Bearer alpha"}
        )
        self.manifests: dict[str, Json] = {}
        self.numbers = itertools.count(0x0123ABCD)
        (self.folder / "config").mkdir(parents=True, exist_ok=True)
        (self.folder / "syncer.yaml").write_text(PROJECT, "utf-8")

    def close(self) -> None:
        """Give the store back; closing twice is fine."""
        self.client.close()
        self.app.extensions["sandbox"].close()

    # --- the repository

    def put(self, *documents: Json) -> None:
        """Write manifests, new ones or in place of those of the same address."""
        for each in documents:
            address = f"{each['kind']}/{each['metadata']['name']}"
            self.manifests[address] = each
            self._file(address).write_text(json.dumps(each, ensure_ascii=False), "utf-8")

    def drop(self, *addresses: str) -> None:
        """Remove manifests."""
        for address in addresses:
            del self.manifests[address]
            self._file(address).unlink()

    def only_these(self, *documents: Json) -> None:
        """The repository holds these and nothing else."""
        self.drop(*self.manifests)
        self.put(*documents)

    def _file(self, address: str) -> Path:
        return self.folder / "config" / f"{address.replace('/', '-')}.json"

    def wanted(self) -> tuple[list[Desired], list[RemovalRequest]]:
        """The manifests, read and resolved as a command does it, and what shall go without one."""
        environment = choose(read_project(self.folder / "syncer.yaml"), self.environment)
        manifests = read_manifests(read_project(self.folder / "syncer.yaml"))
        env: Mapping[str, Any] = LenientEnvironment(self.env) if self.secretless else self.env
        desired, problems = resolve(manifests, environment, env, allowed=frozenset(self.env))
        asked, wrong = asked_for(manifests, environment, desired)
        said = ordered([*manifests.problems, *problems, *together(desired), *wrong])
        errors = [each for each in said if each.severity == "error"]
        if errors:
            raise InvalidInput(errors)
        return desired, asked

    # --- the organisation

    def ask(self, call: str, body: Json = None, by: str = "alpha") -> Json:
        """`ask("GET /v2/flows/templates")`: past syncer, as somebody in the UI would; must succeed."""
        method, path = call.split(" ", 1)
        answer = self.client.request(method, path, json=body, headers={"Authorization": f"Bearer {by}"})
        assert answer.is_success, f"{call}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def seed(self, document: Json) -> None:
        """Load objects with the ids they bring."""
        seed(self.app.extensions["sandbox"], ORG, document, now=self.time.moment)

    def stored(self, kind: str, id: str, change: Callable[[Json], Json] | None = None) -> Json:
        """An object as the platform keeps it; `change` alters it behind everybody's back, unknown fields and all."""
        store = self.app.extensions["sandbox"]
        body = store.get(ORG, kind, id)
        if change is not None:
            body = change(body) or body
            mark = {"closing_reason": body.get("status", ""), "flow": "enabled" if body.get("enabled") else "disabled"}
            store.put(ORG, kind, id, body, owner=store.owner(ORG, kind, id), mark=mark.get(kind, ""))
        return body

    def fault(self, **rule: Any) -> None:
        """Set a fault of the sandbox's."""
        self.ask("POST /_sandbox/faults", rule)

    def well_again(self) -> None:
        """No more faults, nothing broken on the wire."""
        self.ask("DELETE /_sandbox/faults")
        self.wire.before = lambda request: None
        self.wire.after = lambda request, response: response

    def requests(self) -> list[Json]:
        """The log of everything asked so far."""
        found: list[Json] = self.app.extensions["sandbox.watch"].requests()
        return found

    def listed(self, kind: str) -> list[Json]:
        """Every live object of a kind."""
        paths = {
            "ClosingReason": ("/v1/workflows/closing-reasons?includeInactive=true", "reasons"),
            "FlowTemplate": ("/v2/flows/templates", "results"),
            "EntitySchema": ("/v2/entity/schemas?full=true&latest=true", "results"),
            "AppInstallation": ("/v1/app?pageSize=100", "apps"),
            "RetentionConfig": ("/data-governance/v1/configs?limit=100", "configs"),
            "AutomationFlow": ("/v1/automation/flows?include_flows=true&size=100", "results"),
        }
        path, items = paths[kind]
        found: list[Json] = self.ask(f"GET {path}")[items]
        return found

    def one(self, kind: str, **having: Json) -> Json:
        """The only live object of a kind that has these values."""
        hits = [each for each in self.listed(kind) if all(each.get(name) == value for name, value in having.items())]
        assert len(hits) == 1, f"{len(hits)} {kind} have {having}"
        return hits[0]

    # --- syncer

    def drift(self, **how: Any) -> Drift:
        """What `syncer drift` does: with a client that cannot write."""
        state = self.state()
        selection = Selection(tuple(how.pop("only", ())), tuple(how.pop("but", ())))
        with self.api(read_only=True) as api:
            desired, asked = self.wanted()
            request = PlanRequest(self.target, selection, removal_requests=asked, salt=state.salt)
            return find_drift(api, self.fetch, desired, state, request, last_apply(self.runs.newest()[0]), **how)

    @property
    def effects(self) -> Effects:
        return Effects(self.time.clock, self.time.now, self.time.sleep, lambda: 0.5)

    @property
    def state_path(self) -> Path:
        return self.folder / ".syncer" / "state" / f"{self.environment}.json"

    @property
    def journal_path(self) -> Path:
        return self.state_path.with_suffix(".journal")

    @property
    def runs(self) -> RunHistory:
        return RunHistory(self.folder / ".syncer" / "runs" / self.environment, self.disk)

    @property
    def org_id(self) -> str:
        return {"test": ORG, "other": "911042"}[self.environment]

    @property
    def target(self) -> Target:
        return Target(self.environment, self.org_id, SERVER, self.today)

    @property
    def today(self) -> str:
        return self.time.moment().date().isoformat()

    def api(self, *, read_only: bool) -> Api:
        token = Secret("EPILOT_TOKEN", self.token or TOKENS[self.environment])
        return Api(
            services({}, SERVER),
            token,
            read_only=read_only,
            share=1.0,
            options=TransportOptions(self.effects, wire=self.wire),
        )

    @property
    def place(self) -> Backend:
        return local_place(self.state_path, self.environment, org_id=self.org_id, kinds=KINDS, disk=self.disk)

    @property
    def guards(self) -> Mapping[str, Json]:
        return {}

    def salt(self) -> bytes:
        return b"0" * 16

    def tell(self, note: str) -> None:
        pass

    @contextmanager
    def locked(self) -> Iterator[None]:
        with self.place.lock(myself(self.effects.now()), tell=self.tell):
            yield

    def journal(self) -> Journal:
        return Journal(self.journal_path, self.disk)

    def must_be_settled(self, addresses: Collection[str] | None = None) -> None:
        must_be_settled(self.journal_path, addresses, self.disk)

    @contextmanager
    def reading(self) -> Iterator[None]:
        yield

    def local_state(self) -> State:
        return self.state()

    def state(self) -> State:
        """What is remembered, as every command reads it."""
        return self.place.load()

    def forget(self) -> None:
        """State and journal are lost."""
        for path in self.state_path.parent.glob("*"):
            path.unlink()

    def planned(self, api: Reader, state: State, selection: Selection | None = None, **how: Any) -> PlanResult:
        held = how.pop("held", frozenset())
        selection = selection or Selection(tuple(how.pop("only", ())), tuple(how.pop("but", ())), held=held)
        desired, asked = self.wanted()
        unread = how.pop("unread", None)
        request = PlanRequest(self.target, selection, removal_requests=asked, salt=state.salt, **how)
        return make_plan(api, self.fetch, desired, state.entries, request, unread)

    def planned_back(self, api: Reader, state: State, run: str) -> PlanResult:
        return plan_back(
            api, self.fetch, self.runs.read(run), lambda: self.wanted()[0], state.entries, PlanRequest(self.target)
        )

    def undone(self, run: str = "") -> PlanResult:
        """What `syncer undo RUN` does, of the newest run where none is named."""
        return undo(self, run or self.runs.list()[0][0].header.id)[0]

    def plan(self, **how: Any) -> PlanResult:
        """What `syncer plan` does: with a client that cannot write."""
        with self.api(read_only=True) as api:
            return self.planned(api, self.state(), **how)

    def changes(self, **how: Any) -> dict[str, list[str]]:
        """The plan in short: address → verb and the fields, each with its cause."""
        return {
            str(each.address): [each.action, *(f"{one.path} ({one.cause})" for one in each.fields)]
            for each in self.plan(**how).plan.changes
        }

    def apply(
        self,
        *,
        workers: int = 1,
        stop: Stop | None = None,
        consent: Consent | None = None,
        saved: Plan | None = None,
        undo: str = "",
        see: Callable[[Event], None] = lambda event: None,
        **how: Any,
    ) -> Run:
        """What `syncer apply` does. Guards speak only where a `consent` is given."""
        stop = stop or Stop()
        seen = len(self.requests())
        events: list[Event] = []
        operator = _Operator(self, undo, how)
        run = f"{next(self.numbers):08x}"
        request = ApplyRequest(run, "me on a machine", self.today, workers, saved, consent, self.checkpoint)
        with closing(apply(request, self, operator, stop)) as happened:
            for event in happened:
                events.append(event)
                see(event)
        assert operator.planned is not None
        return Run(operator.planned, events, exit_code(events, stop), self.requests()[seen:])

    def _of_org(self, state: State) -> State:
        from dataclasses import replace

        return replace(state, org_id=self.org_id)

    def situation(self, planned: PlanResult, state: State, api: Api | ReplayReader) -> Situation:
        caller = CallerClaims(api.organisations, opaque=True, loopback=True, read_only=False)
        return situation_of(planned, state, self.target, caller, SafetyRules())

    def open_intents(self) -> list[str]:
        """What the journal says is not settled: address and step."""
        with self.journal() as journal:
            return [f"{each.address} {each.step}" for each in journal.unsettled()]

    def converges(self, **how: Any) -> None:
        """Nothing is left to do, by plan, and an apply sends nothing that writes."""
        assert self.changes(**how) == {}
        assert self.apply(**how).calls == []


@dataclass
class _Operator:
    """Who applies in a world: plans as a command does, and says yes to everything that the guards let pass."""

    world: World
    undo: str
    how: Mapping[str, Any]
    planned: PlanResult | None = None

    def plan(self, api: Api, state: State, held: frozenset[Address]) -> PlanResult:
        world = self.world
        if self.undo:
            assert not held
            return world.planned_back(api, state, self.undo)
        return world.planned(api, state, held=held, **self.how)

    def show(self, planned: PlanResult) -> None:
        self.planned = planned

    def ask(self, planned: PlanResult, interrupt: Callable[[], None]) -> None:
        pass
