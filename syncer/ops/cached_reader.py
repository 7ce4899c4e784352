"""A reader that asks the platform each question once, so that what is decided and its proof are of the same look."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial

from syncer.diff.fingerprint import canonical
from syncer.kinds import KINDS
from syncer.model.calls import Call, Listing
from syncer.model.diagnostic import PlatformError, Problem
from syncer.model.json_values import Json
from syncer.model.kind import Kind
from syncer.model.unexpected_reply import unreadable
from syncer.ops.refresh import Reader
from syncer.plan.identity_match import require_live


class CachedReader:
    """A reader that asks the platform each question once and gives the same answer ever after.

    `forgiving`: a listed object of which not even its id can be read is no part of the list; `unread` says which, by
    kind. Whoever writes to the organisation asks for all of it: what is missing from a list looks deleted."""

    def __init__(self, reader: Reader, *, forgiving: bool = False) -> None:
        self._reader = reader
        self._answers: dict[str, Json] = {}
        self._lock = threading.Lock()
        self._kinds = {(each.service, each.listing.path): each for each in KINDS.values()} if forgiving else {}
        self.unread: dict[str, list[Problem]] = {}

    @property
    def organisations(self) -> frozenset[str]:
        """Of which organisations the replies were, as far as the reader knows."""
        return getattr(self._reader, "organisations", frozenset())

    def list(self, service: str, listing: Listing) -> list[Json]:
        """Every object of a listing."""
        kind = self._kinds.get((service, listing.path))
        ask = partial(self._reader.list, service, listing)
        found: list[Json] = self._once(
            f"list {service} {canonical([listing.path, listing.body and dict(listing.body)])}",
            ask if kind is None else lambda: self._readable(kind, ask()),
        )
        return found

    def _readable(self, kind: Kind, objects: Sequence[Json]) -> Json:
        found: Json = []
        unread: Json = []
        for each in objects:
            try:
                require_live(kind, each)
                found.append(each)
            except PlatformError as error:
                unread.append(unreadable(error.problems[0]))
        if unread:
            self.unread[kind.name] = unread
        return found

    def read(self, service: str, call: Call) -> Json | None:
        """One object, None where there is none."""
        return self._once(
            f"{call.method} {call.service or service} {canonical([call.path, call.body])}",
            partial(self._reader.read, service, call),
        )

    def _once(self, question: str, ask: Callable[[], Json]) -> Json:
        with self._lock:
            if question in self._answers:
                return self._answers[question]
        answer = ask()
        with self._lock:
            return self._answers.setdefault(question, answer)
