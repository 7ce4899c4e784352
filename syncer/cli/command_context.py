"""The world of a command: project, environment, organisation and state, put together from options and the process."""

from __future__ import annotations

import contextlib
import datetime
import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from syncer.fs.clock import Effects
from syncer.manifests.project import Environment, Project, choose, find_project, read_project
from syncer.model.diagnostic import InvalidInput, Problem, Refused

if TYPE_CHECKING:
    from syncer.api.client import Api
    from syncer.api.recording import AnswerSource
    from syncer.manifests.resolution import Manifests, PendingFiles
    from syncer.model.resource import Desired
    from syncer.model.state_location import StateLocation
    from syncer.ops.plan import PlanResult
    from syncer.ops.selection import Selection, Target
    from syncer.plan.planner import Unread
    from syncer.plan.removal_requests import RemovalRequest
    from syncer.state.backends.backend import Backend
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
    _place: Backend | None = None
    _begun: PendingFiles | None = None

    @property
    def state_path(self) -> Path:
        """`.syncer/state/<env>.json` beside syncer.yaml; the journal is beside it wherever the state lives."""
        return self.project.root / ".syncer" / "state" / f"{self.environment.name}.json"

    @property
    def runs(self) -> RunHistory:
        """What earlier applies overwrote: `.syncer/runs/<env>/`, wherever the state lives. InvalidInput for a link
        out of the repository."""
        from syncer.fs.permissions import must_be_inside
        from syncer.state.run_history import RunHistory

        folder = self.project.root / ".syncer" / "runs" / self.environment.name
        must_be_inside(self.project.root, folder, "runs")
        return RunHistory(folder)

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
        from urllib.parse import urlsplit

        from syncer.model.hosts import is_loopback

        return bool(self.server) and is_loopback(urlsplit(self.server).hostname or "")

    @property
    def place(self) -> Backend:
        """Where the state lives; Refused for a place that syncer.yaml names and nobody allowed."""
        if self._place is None:
            from syncer.fs.permissions import must_be_inside

            must_be_inside(self.project.root, self.state_path.parent)
            self._place = self.place_at(self.place_name())
        return self._place

    def place_name(self) -> StateLocation:
        """The address of that place."""
        from syncer.model.state_location import ALLOW, chosen

        return chosen(self.where, self.environment.state, self.environment.name, self.env.get(ALLOW, ""))

    def place_at(self, name: StateLocation, *, journal: bool = True) -> Backend:
        """The place of that name, for the state of this environment; `journal`: its lock locks the journal too."""
        from syncer.kinds import KINDS
        from syncer.state.backends.factory import open_place

        place = open_place(
            name,
            self.environment.name,
            self.state_path,
            self.env,
            org_id=self.environment.org_id,
            kinds=KINDS,
            journal=journal,
        )
        place.effects = self.effects
        return place

    @property
    def guards(self) -> dict[str, Any]:
        """What the environment asks for before an apply, as state remembers it."""
        limits = {"delete": self.environment.limits.delete, "update": self.environment.limits.update}
        written = {name: f"{each.value}%" if each.percent else str(each.value) for name, each in limits.items() if each}
        return {"confirm": self.environment.confirm, **written}

    def state(self) -> State:
        """What is remembered."""
        return self.place.load()

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """Within the block the manifests are being read, most of them by another process, before they are asked for:
        state and network library take about as long."""
        from syncer.manifests.resolution import begin

        begun = self._begun = begin(self.project, elsewhere=0.75)
        try:
            yield
        finally:
            self._begun = None
            begun.close()

    def doubts(self) -> list[str]:
        """What a person should know of the files that remember: that others can write them."""
        from syncer.fs.permissions import writable_by_others

        paths = [self.state_path, self.state_path.with_suffix(".journal")]
        return writable_by_others(paths, os.getuid())

    def wanted(self) -> tuple[list[Desired], list[RemovalRequest]]:
        """The manifests of the environment, and what shall go without one; InvalidInput, with all problems of all
        files, where one is wrong."""
        return self.manifests()[1:]

    def manifests(self) -> tuple[Manifests, list[Desired], list[RemovalRequest]]:
        """What was read, and what it means in this environment; InvalidInput as `wanted`."""
        from syncer.manifests.cross_checks import together
        from syncer.manifests.resolution import asked_for, read_manifests, resolve
        from syncer.manifests.variables import LenientEnvironment, allowed_names
        from syncer.model.diagnostic import ordered

        manifests = read_manifests(self.project, begun=self._begun)
        allowed = allowed_names(self.env.get("SYNCER_ALLOW_ENV", ""))
        env: Mapping[str, Any] = LenientEnvironment(self.env) if self.secretless else self.env
        desired, problems = resolve(manifests, self.environment, env, allowed=allowed)
        asked, wrong = asked_for(manifests, self.environment, desired)
        problems = ordered([*manifests.problems, *problems, *together(desired), *wrong])
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
                self.effects, proxy=self.env.get("SYNCER_PROXY", ""), ca_file=self.env.get("SYNCER_CA_FILE", "")
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
        api: AnswerSource,
        state: State,
        selection: Selection,
        *,
        resend_secrets: bool,
        unread: Unread | None = None,
    ) -> PlanResult:
        """The plan, made afresh. `unread`: as of `make_plan`."""
        from syncer.api.client import fetch_all
        from syncer.ops.plan import make_plan
        from syncer.ops.selection import PlanRequest
        from syncer.plan.plan import Notice
        from syncer.plan.safety import lowered

        notices = [Notice("guard-lowered", text) for text in lowered(state.guards, self.guards)]
        notices += [Notice("open-call", text) for text in self._open_calls()]
        fetch: Any = fetch_all
        desired, asked = self.wanted()
        request = PlanRequest(self.target, selection, resend_secrets, asked, notices)
        return make_plan(api, fetch, desired, state.entries, request, unread)

    def must_be_settled(self, addresses: Collection[str] | None = None) -> None:
        """Refused while calls of an earlier run (of these addresses, else of any) wait to be looked for: nobody links
        or renames by hand before."""
        journal = self.state_path.with_suffix(".journal")
        if os.path.lexists(journal):
            from syncer.state.journal import must_be_settled

            must_be_settled(journal, addresses)

    def _open_calls(self) -> list[str]:
        """What an earlier run did not bring to an end."""
        said = self._place.notes() if self._place is not None else []
        journal = self.state_path.with_suffix(".journal")
        if not os.path.lexists(journal):
            return said
        from syncer.state.journal import open_calls

        return [*said, *open_calls(journal)]

    def planned_back(self, api: Api, state: State, run: str) -> PlanResult:
        """The plan that takes an earlier run back, made afresh. Manifests that cannot be read are no reason not to."""
        from syncer.api.client import fetch_all
        from syncer.ops.selection import PlanRequest
        from syncer.ops.undo.revert_plan import plan_back
        from syncer.plan.plan import Notice

        fetch: Any = fetch_all
        found = self.runs.read(run)
        notices = [Notice("open-call", text) for text in self._open_calls()]
        if found.note:
            notices.append(Notice("undo-torn", found.note))
        try:
            desired, _ = self.wanted()
        except InvalidInput as error:
            desired = []
            said = f"the manifests cannot be read, so what git wants is not known: {error.problems[0].message}"
            notices.append(Notice("undo-git", said))
        return plan_back(api, fetch, found, desired, state.entries, PlanRequest(self.target, notices=notices))

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
        from syncer.cli.console import console

        console().problems([problem], summary=False)


def world(config: Path | None, environment: str | None, server: str, place: str = "") -> CommandContext:
    """The world of this process. `place`: where the operator says that the state lives."""
    project = read_project(find_project(Path.cwd(), config))
    where = place or os.environ.get("SYNCER_STATE", "")
    return CommandContext(project, choose(project, environment), os.environ, server.rstrip("/"), Effects(), where=where)
