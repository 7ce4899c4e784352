"""What a use case asks of the outside: an environment of a repository on this machine, and the organisation behind it.

The command line has one for its process, the simulator one for each of its worlds. It opens and hands over; in which
order anything is opened, read and written is the use case's own.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from syncer.api.client import Api
    from syncer.api.recording import ReplayReader
    from syncer.fs.clock import Effects
    from syncer.model.json_values import Json
    from syncer.model.resource import Desired
    from syncer.ops.plan import PlanResult
    from syncer.ops.refresh import Fetch, Reader
    from syncer.ops.selection import Selection, Target
    from syncer.plan.planner import Unread
    from syncer.plan.removal_requests import RemovalRequest
    from syncer.plan.safety import Situation
    from syncer.state.backends.backend import Backend
    from syncer.state.journal import Journal
    from syncer.state.run_history import RunHistory
    from syncer.state.state_file import State


class Workspace(Protocol):
    """One environment, for one use case. Nothing is read or opened before it is asked for."""

    @property
    def target(self) -> Target:
        """The organisation, as plans and reports name it."""

    @property
    def place(self) -> Backend:
        """Where the state lives. Refused for a place that nobody allowed."""

    @property
    def runs(self) -> RunHistory:
        """What earlier applies overwrote. InvalidInput for a link out of the repository."""

    @property
    def guards(self) -> Mapping[str, Json]:
        """What the environment asks for before an apply, as state remembers it."""

    @property
    def effects(self) -> Effects:
        """Clock, sleep and chance."""

    @property
    def fetch(self) -> Fetch:
        """How many questions are asked at once."""

    def salt(self) -> bytes:
        """Random bytes, for the digest of a secret."""

    def tell(self, note: str) -> None:
        """What the operator should know now, such as a wait."""

    def local_state(self) -> State:
        """What is remembered in the working copy, without asking for it elsewhere; an empty one that was not `found`
        where it lives elsewhere."""

    def reading(self) -> AbstractContextManager[None]:
        """Within the block the manifests are being read before they are asked for."""

    def locked(self) -> AbstractContextManager[None]:
        """Nobody else works on the state within the block. Refused, naming who holds the lock, where it is not free."""

    def must_be_settled(self, addresses: Collection[str] | None = None) -> None:
        """Refused while calls of an earlier run (of these addresses, else of any) wait to be looked for."""

    def journal(self) -> AbstractContextManager[Journal]:
        """The journal, open; only while the lock is held. InvalidInput for one that is damaged."""

    def api(self, *, read_only: bool) -> Api:
        """The organisation and no other. PlatformError or Refused for its token."""

    def wanted(self) -> tuple[list[Desired], list[RemovalRequest]]:
        """The manifests, and what shall go without one. InvalidInput, with all problems of all files, where one is
        wrong."""

    def planned(
        self,
        api: Reader,
        state: State,
        selection: Selection,
        *,
        resend_secrets: bool = False,
        as_sent: bool = False,
        unread: Unread | None = None,
    ) -> PlanResult:
        """The plan of the manifests as they are now. `unread`: as of `make_plan`. InvalidInput, with every problem,
        where it cannot be made."""

    def planned_back(self, api: Reader, state: State, run: str) -> PlanResult:
        """The plan that takes an earlier run back. InvalidInput for a run that is not there, or is another's."""

    def situation(self, planned: PlanResult, state: State, api: Api | ReplayReader) -> Situation:
        """What the guards look at beside the plan."""
