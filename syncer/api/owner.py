"""Whose organisation answers: what the token and the replies name, and a judge that is told of every name."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

from syncer.model.diagnostic import SyncerError
from syncer.model.json_values import Json

Judge = Callable[[frozenset[str]], None]
"""Told the organisations named so far, none where nobody names one; raises where they aren't the one that is meant."""

OWNED = frozenset({"installer_org_id", "org_id", "roles"})
"""Fields of a reply that say whose it is."""


class Owner:
    """The organisations named so far. Safe among threads.

    `claimed`: by the token, "" where it says nothing. What `judge` raises once, every further word raises again: with
    a wrong organisation nothing goes on. Without a judge the names are only gathered.
    """

    def __init__(self, claimed: str, judge: Judge | None) -> None:
        self._judge = judge
        self._lock = threading.RLock()
        self._asked = False
        self._wrong: SyncerError | None = None
        self._names: frozenset[str] = frozenset()
        self._add({claimed} - {""})

    @property
    def names(self) -> frozenset[str]:
        """The organisations named so far."""
        return self._names

    @property
    def settled(self) -> bool:
        """Whether somebody was named, or was asked and named nobody."""
        return self._asked or bool(self._names)

    def settle(self, ask: Callable[[], Json]) -> None:
        """Judge before anything else is asked: `ask` is called, once, where nobody named an organisation yet. Raises
        what the judge or `ask` raises."""
        with self._lock:
            if self._judge is not None and not self.settled:
                self._asked = True
                try:
                    self.note([ask()])
                    if not self._names:
                        self._judge(self._names)
                except SyncerError as error:
                    self._wrong = error
            self._must_be_right()

    def note(self, bodies: Iterable[Json]) -> None:
        """Remember whom replies name. Raises what the judge raises."""
        self._add({owner_of(each) for each in bodies} - {""})

    def _add(self, names: set[str]) -> None:
        if names <= self._names:
            return
        with self._lock:
            self._names |= names
            if self._judge is not None and self._wrong is None:
                try:
                    self._judge(self._names)
                except SyncerError as error:
                    self._wrong = error
            self._must_be_right()

    def _must_be_right(self) -> None:
        if self._wrong is not None:
            raise self._wrong


def owner_of(body: Json) -> str:
    """Whose object a reply is (docs/platform.md#whose-organisation), or whose the caller's roles are where all are one
    organisation's, for a role may be shared by another; else ""."""
    if not isinstance(body, dict) or OWNED.isdisjoint(body):  # most kinds name nobody
        return ""
    owners = [body.get("installer_org_id") or body.get("org_id")]
    roles = body.get("roles")
    if isinstance(roles, list):
        owners = [role.get("organization_id") for role in roles if isinstance(role, dict)]
    named = {each if isinstance(each, str) else "" for each in owners}
    return named.pop() if len(named) == 1 else ""
