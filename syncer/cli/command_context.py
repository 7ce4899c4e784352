"""The world of a command: project, environment, organisation and state, put together from options and the process."""

from __future__ import annotations

import contextlib
import datetime
import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from syncer.cli.console import console
from syncer.fs.clock import Effects
from syncer.fs.permissions import must_be_inside, writable_by_others
from syncer.kinds import KINDS
from syncer.manifests.project import Environment, Project, choose, find_project, read_project
from syncer.model.diagnostic import InvalidInput, Problem, Refused
from syncer.model.hosts import is_loopback
from syncer.model.state_location import ALLOW, LOCAL, StateLocation, chosen
from syncer.render.output import Output

if TYPE_CHECKING:
    from syncer.api.client import Api
    from syncer.api.recording import ReplayReader
    from syncer.manifests.read_cache import ReadCache
    from syncer.manifests.resolution import Manifests, PendingFiles
    from syncer.model.address import Address
    from syncer.model.resource import Desired
    from syncer.ops.plan import PlanResult
    from syncer.ops.pull.options import PullOptions
    from syncer.ops.recall import Recall
    from syncer.ops.refresh import Fetch, Reader
    from syncer.ops.selection import Selection, Target
    from syncer.plan.planner import Unread
    from syncer.plan.removal_requests import RemovalRequest
    from syncer.plan.safety import Situation
    from syncer.state.backends.backend import Backend
    from syncer.state.journal import Journal
    from syncer.state.run_history import RunHistory
    from syncer.state.state_file import State


@dataclass(slots=True)
class CommandContext:
    """Everything a command works on. Nothing is read or opened before it is asked for."""

    project: Project
    environment: Environment
    env: Mapping[str, str]
    server: str
    effects: Effects
    warnings: int = 0
    """How many `validate` has for this environment; known once the manifests were read."""
    where: str = ""
    """Where the operator says that the state lives; "" where nothing was said."""
    secretless: bool = False
    """Whether variables of the process that aren't set are unknown rather than a mistake: nothing will be sent."""
    remembers: bool = False
    """Whether the user's cache of what was read may be used: for what sends nothing."""
    lock_wait: float = 0.0
    """How long another run's lock is waited for, in seconds."""
    out: Output = field(default_factory=console)
    _place: Backend | None = None
    _cache: ReadCache | None = None
    _begun: PendingFiles | None = None

    @property
    def state_path(self) -> Path:
        """`.syncer/state/<env>.json` beside syncer.yaml; the journal is beside it wherever the state lives."""
        return self.project.root / ".syncer" / "state" / f"{self.environment.name}.json"

    @property
    def journal_path(self) -> Path:
        """What an apply has sent and what came of it."""
        return self.state_path.with_suffix(".journal")

    @property
    def runs(self) -> RunHistory:
        """What earlier applies overwrote: `.syncer/runs/<env>/`, wherever the state lives, and what is left there under
        its former name. InvalidInput for a link out of the repository."""
        from syncer.state.run_history import RunHistory

        folder = self.project.root / ".syncer" / "runs" / self.environment.name
        must_be_inside(self.project.root, folder, "runs")
        return RunHistory(folder, named=self.project.environments.keys(), org_id=self.environment.org_id)

    @property
    def today(self) -> str:
        """The day, in UTC as the platform counts."""
        return datetime.datetime.fromtimestamp(self.effects.now(), datetime.UTC).date().isoformat()

    @property
    def target(self) -> Target:
        """The organisation, as plans and reports name it."""
        from syncer.ops.selection import Target

        return Target(self.environment.name, self.environment.org_id, self.host, self.today)

    @property
    def host(self) -> str:
        """Where it goes, for people and for the plan."""
        return self.server or "epilot.io"

    @property
    def on_this_machine(self) -> bool:
        """Whether the server is on this machine: no customer's organisation is."""
        return bool(self.server) and is_loopback(urlsplit(self.server).hostname or "")

    @property
    def place(self) -> Backend:
        """Where the state lives; Refused for a place that syncer.yaml names and nobody allowed."""
        if self._place is None:
            self._place = self.place_at(self.place_name())
        return self._place

    def place_name(self) -> StateLocation:
        """The address of that place."""
        return chosen(self.where, self.environment.state, self.environment.name, self.env.get(ALLOW, ""))

    def place_at(self, name: StateLocation, *, journal: bool = True, former: str = "") -> Backend:
        """The place of that name, for the state of this environment; `journal`: its lock locks the journal too.
        `former`: the name that it had, for the state left under that. InvalidInput for a link out of the repository."""
        from syncer.state.backends.factory import open_place

        must_be_inside(self.project.root, self.state_path.parent)
        place = open_place(
            name,
            former or self.environment.name,
            self.state_path.with_name(f"{former}.json") if former else self.state_path,
            self.env,
            org_id=self.environment.org_id,
            kinds=KINDS,
            journal=journal,
        )
        place.effects = self.effects
        place.named = None if former else self.project.environments.keys()
        return place

    @property
    def guards(self) -> dict[str, Any]:
        """What the environment asks for before an apply, as state remembers it."""
        limits = {"delete": self.environment.limits.delete, "update": self.environment.limits.update}
        written = {name: f"{each.value}%" if each.percent else str(each.value) for name, each in limits.items() if each}
        return {"confirm": self.environment.confirm, **written}

    @property
    def fetch(self) -> Fetch:
        """How many questions are asked at once."""
        from syncer.api.client import fetch_all

        return fetch_all

    def pull_options(self, kinds: Collection[str] = (), patterns: tuple[str, ...] = ()) -> PullOptions:
        """These kinds, all where none is named, of this environment."""
        from syncer.manifests.variables import allowed_names
        from syncer.ops.pull.options import PullOptions

        names = tuple(name for name in KINDS if name in kinds or not kinds)
        allowed = allowed_names(self.env.get("SYNCER_ALLOW_ENV", ""))
        return PullOptions(self.project, self.environment, names, patterns, self.env, allowed, self.host, self.today)

    def tell(self, note: str) -> None:
        """A line on stderr."""
        self.out.talk(f"note: {note}\n")

    def salt(self) -> bytes:
        """Random bytes, for the digest of a secret."""
        return os.urandom(16)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else works on the state within the block. Refused, naming who holds the lock, where it is not free."""
        from syncer.state.lock import myself

        with self.place.lock(myself(env=self.env), wait=self.lock_wait, tell=self.tell):
            yield

    def journal(self) -> Journal:
        """The journal, open; only while the lock is held. InvalidInput for one that is damaged."""
        from syncer.state.journal import Journal

        return Journal(self.journal_path)

    def state(self) -> State:
        """What is remembered."""
        return self.place.load()

    def local_state(self) -> State:
        """What is remembered in the working copy; an empty one that was not `found` where the state lives elsewhere,
        which is not asked."""
        from syncer.state.state_file import State

        return self.state() if (self.where or self.environment.state or LOCAL) == LOCAL else State()

    @contextlib.contextmanager
    def reading(self, recall: Recall | None = None) -> Iterator[None]:
        """Within the block the manifests are being read, most of them by another process, before they are asked for:
        state and network library take about as long. Not yet where nobody may have to ask, as by `recall`."""
        if recall is not None and recall.same_files():
            yield
            return
        from syncer.manifests.resolution import begin

        self._cache = self._opened_cache()
        begun = self._begun = begin(self.project, elsewhere=0.75, cache=self._cache)
        try:
            yield
        finally:
            self._begun = self._cache = None
            begun.close()

    def _opened_cache(self) -> ReadCache | None:
        """What is remembered of the files, where this command may use it."""
        if not self.remembers:
            return None
        from syncer.cli.read_cache import open_cache

        return open_cache(self.project.root, self.env)

    def tell_doubts(self) -> None:
        """What a person should know of the files that remember, on stderr: that others can write them."""
        for doubt in writable_by_others([self.state_path, self.journal_path], os.getuid()):
            self.out.talk(f"warning: {doubt}\n")

    def wanted(self) -> tuple[list[Desired], list[RemovalRequest]]:
        """The manifests of the environment, and what shall go without one; InvalidInput, with all problems of all
        files, where one is wrong."""
        return self.manifests()[1:]

    def wanted_whole(self) -> tuple[list[Desired], list[RemovalRequest], int, frozenset[Address]]:
        """As `wanted`, the number of warnings, and the addresses that live in other environments only."""
        from syncer.manifests.resolution import elsewhere

        manifests, desired, asked = self.manifests()
        return desired, asked, self.warnings, elsewhere(manifests, self.environment.name)

    def manifests(self) -> tuple[Manifests, list[Desired], list[RemovalRequest]]:
        """What was read, and what it means in this environment; InvalidInput as `wanted`."""
        from syncer.manifests.cross_checks import together
        from syncer.manifests.resolution import asked_for, read_manifests, resolve
        from syncer.manifests.variables import LenientEnvironment, allowed_names
        from syncer.model.diagnostic import ordered

        cache = self._opened_cache() if self._begun is None else self._cache
        manifests = read_manifests(self.project, begun=self._begun, cache=cache)
        allowed = allowed_names(self.env.get("SYNCER_ALLOW_ENV", ""))
        env: Mapping[str, Any] = LenientEnvironment(self.env) if self.secretless else self.env
        desired, problems = resolve(manifests, self.environment, env, allowed=allowed)
        asked, wrong = asked_for(manifests, self.environment, desired)
        problems = ordered([*manifests.problems, *problems, *together(desired), *wrong])
        if cache is not None:
            cache.save(self.project.environments, whole=True)
        self.warnings = sum(problem.severity == "warning" for problem in problems)
        if any(problem.severity == "error" for problem in problems):
            raise InvalidInput([problem for problem in problems if problem.severity == "error"])
        return manifests, desired, asked

    def api(self, *, read_only: bool) -> Api:
        """The organisation of the environment, and no other: nothing is read where the token is another's (Refused).
        PlatformError for a token that says it has expired."""
        from syncer.api.client import Api
        from syncer.api.endpoints import services
        from syncer.api.options import TransportOptions
        from syncer.api.tokens import read_token

        name, text = self._token()
        return Api(
            services(self.project.services, self.server),
            read_token(text, name),
            read_only=read_only,
            share=self.environment.pace,
            judge=self._must_be_its_own,
            options=TransportOptions(
                self.effects,
                proxy=self.env.get("SYNCER_PROXY", ""),
                ca_file=self.env.get("SYNCER_CA_FILE", ""),
                tell=self.tell,
            ),
        )

    def _token(self) -> tuple[str, str]:
        """The name and text of the first token variable that is set; an empty one is one that was not handed over, and
        another's token must not come in its place (`read_token` refuses it)."""
        names = [name for name in (self.environment.token_env, "SYNCER_TOKEN", "EPILOT_TOKEN") if name]
        for name in names:
            if name in self.env:  # one that is set and empty is a mistake: the next may be another customer's
                return name, self.env[name]
        raise InvalidInput(
            Problem(
                "token",
                f"there is no token for environment `{self.environment.name}`",
                hint="set one of "
                + ", ".join(f"`{name}`" for name in names)
                + " to an access token of the organisation",
            )
        )

    def planned(
        self,
        api: Reader,
        state: State,
        selection: Selection,
        *,
        resend_secrets: bool = False,
        as_sent: bool = False,
        unread: Unread | None = None,
        recall: Recall | None = None,
    ) -> PlanResult:
        """The plan, made afresh. `unread`: as of `make_plan`; `recall`: what need not be decided again, for those who
        only report."""
        from syncer.ops.plan import make_plan, told_by_runs
        from syncer.ops.selection import PlanRequest
        from syncer.plan.plan import Notice
        from syncer.plan.safety import lowered

        notices = [Notice("guard-lowered", text) for text in lowered(state.guards, self.guards)]
        opened = self._open_calls()
        notices += [Notice("open-call", text) for _, text in opened]
        request = PlanRequest(self.target, selection, notices=notices, open_calls=frozenset(dict(opened)))
        if recall is not None:
            planned = recall.plan(api, self.fetch, self.wanted_whole, state, request)
            self.warnings = recall.warnings
            return told_by_runs(planned, lambda: self.runs)
        desired, asked, _, elsewhere = self.wanted_whole()
        request = replace(
            request, resend_secrets=resend_secrets, as_sent=as_sent, removal_requests=asked, salt=state.salt,
            elsewhere=elsewhere,
        )  # fmt: skip
        planned = make_plan(api, self.fetch, desired, state.entries, request, unread)
        return told_by_runs(planned, lambda: self.runs)

    def situation(self, planned: PlanResult, state: State, api: Api | ReplayReader) -> Situation:
        """What the guards look at, of this environment and this token."""
        from syncer.ops.safety_inputs import CallerClaims, SafetyRules, situation_of
        from syncer.plan.safety import Allowance

        wanted, limits = self.environment, self.environment.limits
        delete, update = (
            Allowance(each.value, each.percent) if each else None for each in (limits.delete, limits.update)
        )
        caller = CallerClaims(
            api.organisations,
            api.claims.opaque,
            self.on_this_machine,
            api.claims.read_only,
            self.env.get("GITHUB_EVENT_NAME", ""),
        )
        rules = SafetyRules(wanted.confirm, (delete, update), wanted.protect)
        return situation_of(planned, state, self.target, caller, rules)

    def must_be_settled(self, addresses: Collection[str] | None = None) -> None:
        """Refused while calls of an earlier run (of these addresses, else of any) wait to be looked for: nobody links
        or renames by hand before."""
        if os.path.lexists(self.journal_path):
            from syncer.state.journal import must_be_settled

            must_be_settled(self.journal_path, addresses)

    def _open_calls(self) -> list[tuple[str, str]]:
        """(address, in words) of what an earlier run did not bring to an end; "" where it is not known of what."""
        said = [("", each) for each in self._place.notes()] if self._place is not None else []
        if not os.path.lexists(self.journal_path):
            return said
        from syncer.state.journal import open_calls

        return [*said, *open_calls(self.journal_path)]

    def planned_back(self, api: Reader, state: State, run: str) -> PlanResult:
        """The plan that takes an earlier run back, made afresh."""
        from syncer.ops.selection import PlanRequest
        from syncer.ops.undo.undo import plan_back
        from syncer.plan.plan import Notice

        found = self.runs.read(run)
        request = PlanRequest(self.target, notices=[Notice("open-call", text) for _, text in self._open_calls()])
        return plan_back(api, self.fetch, found, lambda: self.wanted()[0], state.entries, request)

    def _must_be_its_own(self, organisations: frozenset[str]) -> None:
        """Refused where these are not the environment's organisation, or nobody names one; on this machine the latter
        is only said, for a server that imitates the platform may know no callers."""
        from syncer.plan.safety import not_its_own

        problem = not_its_own(
            organisations, self.environment.name, self.environment.org_id, loopback=self.on_this_machine
        )
        if problem is None:
            return
        if problem.severity == "error":
            raise Refused(problem)
        self.out.problems([problem], summary=False)


def world(config: Path | None, environment: str | None, server: str, place: str = "", **how: Any) -> CommandContext:
    """The world of this process. `place`: where the operator says that the state lives; `how`: other fields of it."""
    project = read_project(find_project(Path.cwd(), config))
    where = place or os.environ.get("SYNCER_STATE", "")
    named = choose(project, environment)
    return CommandContext(project, named, os.environ, server.rstrip("/"), Effects(), where=where, **how)
