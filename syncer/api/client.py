"""The platform's APIs as three verbs: list a kind whole, read one object, write by one call.

`Api` turns calls into requests and replies into values. It knows services and paging, not kinds, and decides nothing:
a write's outcome goes back to the engine as a value.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import TypeVar

from syncer.api.deadline import announced
from syncer.api.endpoints import endpoint
from syncer.api.error_text import said
from syncer.api.options import TransportOptions
from syncer.api.owner import Judge, Owner
from syncer.api.pagination import Page, list_all
from syncer.api.rate_limit import RateLimit
from syncer.api.reply import Reply, Request
from syncer.api.routes import misleads, without_retired
from syncer.api.tokens import Claims, check_claims, claims_of
from syncer.api.transport import Sender
from syncer.documents.strict_json import encode, secrets_in
from syncer.fs.clock import Effects
from syncer.model.calls import Call, Listing, Outcome
from syncer.model.diagnostic import PlatformError, Problem, Refused
from syncer.model.json_values import Json, Secret

T = TypeVar("T")
_NETWORK: dict[str, str] = {
    "name": "check the host's name and the network",
    "certificate": "check this machine's clock, and whether a proxy with its own authority needs `SYNCER_CA_FILE`",
    "proxy": "check the proxy's variable and what it asks for",
    "markup": "open the address in a browser: a login page or a firewall stands before the API",
}
_ON_THE_WAY = frozenset({
    "name", "connect", "connect-timeout", "tls", "certificate", "proxy", "write", "write-timeout", "read",
    "read-timeout", "protocol", "deadline",
})  # fmt: skip
"""Faults of the network: what is said of them names whom it was on the way to."""

ME = Call("GET", "/v1/permissions/me")
"""Who the caller is: the one cheap request that names the organisation of a token that doesn't."""

WORKERS = 8
"""Requests side by side (docs/decisions/threads.md)."""

_NOBODY = frozenset({"connect", "connect-timeout", "protocol"})
"""Faults by which it shows that nobody answers at a port, or somebody else."""


@dataclass(frozen=True, slots=True)
class WriteResult:
    """What came of a write. `body`: the reply's JSON where the outcome is APPLIED, else None. `message`: why it isn't,
    beginning with the call; never a token, never a secret of the body."""

    outcome: Outcome
    status: int
    body: Json
    message: str

    @property
    def unauthorised(self) -> bool:
        """Whether the token is not accepted (any more): nothing further will work."""
        return self.status == 401


class Api:
    """One organisation's services, by one token. Safe among threads; `close` it, or use it in a `with`.

    `services`: name → base URL, of `hosts.services`. `read_only` leaves no way to write. `share` of the platform's
    quota is what this run may use. PlatformError at once for a token that says it has expired.

    `judge` decides whether the organisation is the one that is meant: of a token that names it at once, else before the
    first request, and again for each further name in a reply. Nothing is sent once it has raised.
    """

    def __init__(
        self,
        services: Mapping[str, str],
        token: Secret,
        *,
        read_only: bool = True,
        share: float = 0.8,
        judge: Judge | None = None,
        options: TransportOptions = TransportOptions(),  # noqa: B008  a frozen value
    ) -> None:
        stopped = threading.Event()
        self._effects = announced(_interruptible(options.effects, stopped), options.tell)
        self._token = token
        self.claims: Claims = claims_of(token)
        check_claims(self.claims, token, self._effects.now())
        self._ends = {name: endpoint(base) for name, base in services.items()}
        self._owner = Owner(self.claims.org_id, judge)
        self.pace = RateLimit(share, self._effects)
        self._retired = False
        """Whether the platform has refused a parameter that newer ones retire."""
        options = replace(options, effects=self._effects)
        self._sender = Sender(services, token, read_only=read_only, pace=self.pace, options=options, stopped=stopped)

    def __enter__(self) -> Api:
        return self

    def __exit__(self, failure: object, *_: object) -> None:
        """Nobody goes on as if an organisation had been read where none was: a run that needed no request asks too."""
        try:
            if failure is None and not self._owner.settled:
                self.confirm()
        finally:
            self.close()

    def close(self) -> None:
        """Give the connections back."""
        self._sender.close()

    def interrupt(self) -> None:
        """Wait for nothing any more: a write whose turn hasn't come ends as NOT_SENT, nothing is tried again. What is
        on the wire is waited for as ever. A signal handler may call it."""
        self._sender.interrupt()

    @property
    def organisations(self) -> frozenset[str]:
        """The organisations named so far: by the token's claim, by what the platform says of the caller, and by the
        objects listed or read. Raises as `confirm`, for a judge has spoken before anybody looks."""
        self.confirm()
        return self._owner.names

    def confirm(self) -> None:
        """Have the judge decide now; every request does before it is sent. Raises what the judge raises, PlatformError
        where the organisation cannot be asked for."""
        self._owner.settle(lambda: self._found(self._sent("permissions", ME), ME, "permissions"))

    def list(self, service: str, listing: Listing) -> list[Json]:
        """Every object of a listing, once, in the platform's order. PlatformError where a page cannot be had, or the
        pages contradict each other three times: part of a list is never given for the whole."""
        name = listing.service or service
        found = list_all(listing, lambda call: Page(f"`{call.title}`", self._must(name, call)), fetch_all)
        self._owner.note(found)
        return found

    def read(self, service: str, call: Call) -> Json | None:
        """The body of a reply to a reading call, None for 404. PlatformError for anything else."""
        body = self._found(self._send(service, call), call, service)
        self._owner.note([body])
        return body

    def write(self, service: str, call: Call) -> WriteResult:
        """Send a call once (again only where nothing can have been done) and say how it ended; raises for nothing that
        the network or the platform does."""
        try:
            reply = self._send(service, call)
        except Refused as error:
            return WriteResult("NOT_SENT", 0, None, f"`{call.title}`: {error.problems[0].message}")
        if reply.outcome == "APPLIED":
            return WriteResult("APPLIED", reply.status, reply.body, "")
        return WriteResult(reply.outcome, reply.status, None, self._message(reply, call))

    def _send(self, service: str, call: Call) -> Reply:
        self.confirm()
        return self._sent(service, call)

    def _sent(self, service: str, call: Call) -> Reply:
        """The reply; a read that a platform refuses for a parameter which it has retired is sent again without."""
        bare = call._replace(path=without_retired(call.path)) if call.method == "GET" else call
        if bare == call or self._retired:
            return self._sent_once(service, bare)
        reply = self._sent_once(service, call)
        if reply.status in (400, 422):
            self._retired = True
            return self._sent_once(service, bare)
        return reply

    def _sent_once(self, service: str, call: Call) -> Reply:
        content = None if call.body is None else encode(call.body)
        if misleads(call.path.partition("?")[0]):
            message = "the platform gave an id that would lead to another path; nothing was sent with it"
            raise PlatformError(Problem("platform", message, hint="report it, with what shows it in the organisation"))
        name = call.service or service
        reply = self._sender.send(Request(name, call.method, call.path, content))
        if reply.status or reply.fault not in _ON_THE_WAY:
            return reply
        return replace(reply, detail=f"{reply.words}: `{self._ends[name]}`")

    def _must(self, service: str, call: Call) -> Json:
        return self._body(self._send(service, call), call, service)

    def _found(self, reply: Reply, call: Call, service: str) -> Json | None:
        return None if reply.status == 404 else self._body(reply, call, service)

    def _body(self, reply: Reply, call: Call, service: str) -> Json:
        if reply.outcome == "APPLIED":
            return reply.body
        rule = "unauthorised" if reply.status == 401 else "platform"
        raise PlatformError(Problem(rule, self._message(reply, call), hint=self._hint(reply, call.service or service)))

    def _message(self, reply: Reply, call: Call) -> str:
        return f"`{call.title}`: {said(reply, [self._token, *secrets_in(call.body)])}"

    def _hint(self, reply: Reply, service: str) -> str:
        if reply.status == 401:
            return f"the token in `{self._token.name}` is not accepted: it was revoked, has expired, or is another's"
        if reply.status == 403:
            return f"give a role with the missing grant to the token in `{self._token.name}`"
        if reply.fault in _NOBODY and self._ends[service].local:
            return "does the sandbox run? `syncer sandbox serve` starts it"
        if reply.fault in _NETWORK:
            return _NETWORK[reply.fault]
        if not reply.status or reply.status >= 500 or reply.status == 429:
            return "run it again later"
        return ""


def _interruptible(effects: Effects, stopped: threading.Event) -> Effects:
    """The effects, with real sleep ended by the event; a test's own sleep stays what it is."""

    def sleep(seconds: float) -> None:
        stopped.wait(seconds)

    return replace(effects, sleep=sleep) if effects.sleep is time.sleep else effects


def fetch_all(tasks: Sequence[Callable[[], T]], workers: int = WORKERS) -> list[T]:
    """The results of the tasks in their order, side by side; of failures, the first in that order is raised.

    What has not begun by then is left, and what is on the wire is not waited for: an interrupt ends it at once.
    """
    if len(tasks) < 2:
        return [task() for task in tasks]
    futures: list[Future[T]] = [Future() for _ in tasks]
    waiting = iter(zip(tasks, futures, strict=True))
    turn = threading.Lock()

    def work() -> None:
        while True:
            with turn:
                task, future = next(waiting, (None, None))
            if task is None or future is None or not future.set_running_or_notify_cancel():
                return
            try:
                future.set_result(task())
            except Exception as error:  # raised again by whoever asks for the result
                future.set_exception(error)
            finally:
                if not future.done():  # the thread is being torn down: nobody may wait for it for ever
                    future.set_exception(RuntimeError("a task ended without a result"))

    for _ in range(min(workers, len(tasks))):
        threading.Thread(target=work, name="fetch", daemon=True).start()
    try:
        return [future.result() for future in futures]
    finally:
        for future in futures:
            future.cancel()
