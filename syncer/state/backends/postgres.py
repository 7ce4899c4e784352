"""State in PostgreSQL: a row of one table, and an advisory lock that the connection holds, so it ends with its run.

A run that is killed, or whose machine is gone, loses the connection and with it the lock; and only the connection that
holds the lock can write. A run whose connection breaks takes the lock again where nobody has had it since. That needs a
connection of its own: a pooler that shares them between transactions is noticed at the first write, which it then
refuses.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from syncer.fs.clock import Effects
from syncer.model.diagnostic import InvalidInput, PlatformError, Problem, Refused
from syncer.model.distribution import install_hint
from syncer.model.hosts import is_loopback
from syncer.model.state_location import StateLocation
from syncer.state.backends.backend import NOTHING, BlobChanged, Version, held
from syncer.state.backends.blip import Blip, persistently
from syncer.state.lock import Holder, age, holder_in, said, who

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

TABLE: Final = """CREATE TABLE IF NOT EXISTS syncer_state (
    name text PRIMARY KEY,
    version bigint NOT NULL DEFAULT 0,
    content text,
    previous text,
    damaged text,
    holder text,
    changed timestamptz NOT NULL DEFAULT now()
)"""
"""`version` counts every change of `content`; `previous` is what the last run found; `holder` whose lock it is."""

_IS_HELD: Final = """FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND classid::bigint = %(high)s AND objid::bigint = %(low)s"""
# Text put together from constants of this module only: every value is a parameter.
_SAVE: Final = f"""UPDATE syncer_state SET content = %(text)s, version = version + 1, changed = now(),
    previous = CASE WHEN %(keep)s THEN content ELSE previous END
    WHERE name = %(name)s AND (version = %(seen)s OR (%(seen)s::bigint IS NULL AND content IS NULL))
    AND EXISTS (SELECT 1 {_IS_HELD} AND pid = pg_backend_pid()) RETURNING version"""  # noqa: S608
_HOLDER: Final = f"SELECT holder FROM syncer_state WHERE name = %(name)s AND EXISTS (SELECT 1 {_IS_HELD})"  # noqa: S608
_AGAIN: Final = """SELECT pg_try_advisory_lock(%(lock)s), (SELECT holder FROM syncer_state WHERE name = %(name)s)"""
_SAVED: Final = f"""SELECT version FROM syncer_state WHERE name = %(name)s AND content = %(text)s
    AND (version > %(seen)s OR %(seen)s::bigint IS NULL) AND EXISTS (SELECT 1 {_IS_HELD} AND pid = pg_backend_pid())"""  # noqa: S608
_BESIDE: Final = """SELECT json_agg(
    json_build_array(substr(name, length(%(folder)s) + 1), left(content, 4096)) ORDER BY name)
    FROM syncer_state WHERE starts_with(name, %(folder)s) AND name <> %(name)s AND content IS NOT NULL
    AND strpos(substr(name, length(%(folder)s) + 1), '/') = 0"""
_END: Final = f"SELECT pg_terminate_backend(pid) {_IS_HELD}"
_UNREACHABLE: Final = {"08", "57", "53"}  # connection, operator intervention, resources: classes of SQLSTATE


class NoTable(Exception):
    """Nobody has kept a state in this database yet. It never leaves this module."""


@dataclass(slots=True)
class Session:
    """One connection, opened when it is needed; the row's name, and the number that stands for it as a lock."""

    place: StateLocation
    name: str
    env: Mapping[str, str]
    locked: bool = False
    keep: bool = False
    """Whether the connection stays open between two questions; it does while a lock is on it."""
    mine: str = ""
    """What the row says while the lock is ours: who else takes it says otherwise."""
    lost: bool = False
    """Whether the lock broke off with its connection, and could not be had again."""
    effects: Effects = field(default_factory=Effects)
    _connection: psycopg.Connection[Any] | None = None

    @property
    def keys(self) -> dict[str, int]:
        """The lock's number, whole and in the halves that PostgreSQL shows."""
        number = int.from_bytes(hashlib.sha256(f"syncer state {self.name}".encode()).digest()[:8], "big")
        signed = number - (1 << 64) if number >= 1 << 63 else number
        return {"lock": signed, "high": number >> 32, "low": number & 0xFFFFFFFF}

    def row(self, query: str, **values: Any) -> tuple[Any, ...] | None:
        """The first row of a query's answer; None where there is none. PlatformError when it has been tried for half a
        minute: where the connection broke that held the lock, once the lock is ours again, and at once where it is
        not. So a query may be sent twice, and must be fit for that."""
        if not self.locked:
            return persistently(self.effects, lambda: self._row(query, **values))
        if self.lost:
            raise self._no("connection to it was lost, and the lock with it", "run it again")
        try:
            return persistently(self.effects, lambda: self._row_at_once(query, **values))
        except PlatformError:
            self.lost = self._connection is None
            raise

    def _row_at_once(self, query: str, **values: Any) -> tuple[Any, ...] | None:
        """As `_row_held`; a connection that breaks is followed by a new one without a pause, in which others could take
        the lock."""
        if self._connection is not None:
            with contextlib.suppress(Blip):
                return self._row_held(query, **values)
        return self._row_held(query, **values)

    def _row_held(self, query: str, **values: Any) -> tuple[Any, ...] | None:
        """As `_row`, on the connection that holds the lock: where that broke, on one that took it again. The row still
        names this run then, so nobody had it in between."""
        if self._connection is None:
            taken, holder = self._row(_AGAIN) or (False, None)
            if holder != self.mine:
                self._drop()
                raise self._no(
                    "connection to it broke, and the lock is another's by now, or was lifted", "run it again"
                )
            if not taken:  # the server has not noticed yet that the other connection is gone
                self._drop()
                raise Blip(
                    self._no("connection to it broke, and still holds the lock there", "run it again").problems[0]
                )
        return self._row(query, **values)

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _row(self, query: str, **values: Any) -> tuple[Any, ...] | None:
        try:
            with self._translated():
                cursor = self._connected().execute(query, {"name": self.name, **self.keys, **values})
                found: tuple[Any, ...] | None = cursor.fetchone() if cursor.description else None
                return found
        finally:
            if not self.keep:
                self.close()

    def make(self) -> None:
        """The table and the row; reading alone never makes them. PlatformError as of `row`."""
        persistently(self.effects, self._make)

    def _make(self) -> None:
        found = self._row("SELECT to_regclass('syncer_state') IS NOT NULL")
        if not (found and found[0]):
            with self._translated(), self._connected().transaction():
                self._row("SELECT pg_advisory_xact_lock(7346137)")  # IF NOT EXISTS alone fails where two do it at once
                self._row(TABLE)
        self._row("INSERT INTO syncer_state (name) VALUES (%(name)s) ON CONFLICT DO NOTHING")

    def close(self) -> None:
        """Give the connection back; every lock on it ends."""
        self.locked = self.keep = self.lost = False
        self._drop()

    def _connected(self) -> psycopg.Connection[Any]:
        if self._connection is None:
            import psycopg

            place = self.place
            asked = {"host": place.host, "port": place.port, "user": place.user, "dbname": place.path[0]}
            if place.host and not is_loopback(place.host) and not self.env.get("PGSSLMODE"):
                asked["sslmode"] = "require"
            given: dict[str, Any] = {name: value for name, value in asked.items() if value}
            self._connection = psycopg.connect(
                **given, autocommit=True, connect_timeout=10, application_name="syncer",
                keepalives_idle=30, keepalives_interval=10, keepalives_count=3,
            )  # fmt: skip
            # A machine that is gone says no goodbye: the server itself must ask after it, or its lock stays for hours.
            for setting in ("tcp_keepalives_idle = 30", "tcp_keepalives_interval = 10", "statement_timeout = '30s'"):
                self._connection.execute(f"SET {setting}")
        return self._connection

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """What the library and the server say may quote the login or the content: the SQLSTATE is all that is kept."""
        try:
            import psycopg
        except ImportError:
            hint = install_hint("remote")
            raise InvalidInput(Problem("state-library", f"state at `{self.place}` needs psycopg", hint=hint)) from None
        try:
            yield
        except psycopg.Error as error:
            connection = self._connection
            if connection is not None and (connection.closed or connection.broken):
                self._connection = None
            if error.sqlstate == "42P01":
                raise NoTable from None
            raise self._problem(error.sqlstate or _state_of(error), connection is None) from None

    def _problem(self, state: str, connecting: bool) -> PlatformError | Blip:
        if state[:2] == "28":
            return self._no("refuses the login", "set PGUSER and PGPASSWORD, or a password file")
        if state == "3D000":
            return self._no("has no database of that name", "make it, or mend the address of the state")
        if state == "42501":
            return self._no(
                "does not let this role make or use the table `syncer_state`",
                "docs/state.md has the statements for whoever may",
            )
        if connecting or not state or state[:2] in _UNREACHABLE:
            if self.locked:
                return Blip(self._no("broke off, and the lock ended with the connection", "run it again").problems[0])
            hint = "check the network, PGHOST, PGSSLMODE, and which login this process has (PGUSER, PGPASSWORD)"
            return Blip(self._no("cannot be reached, or broke off", hint).problems[0])
        return self._no(f"answers with an error ({state})", "look it up in PostgreSQL's list of error codes")

    def _no(self, why: str, hint: str) -> PlatformError:
        return PlatformError(Problem("state-store", f"database of `{self.place}` {why}", hint=hint))


def _state_of(error: Exception) -> str:
    """The SQLSTATE of a connection that did not come about: the library has only its words, which are not passed on."""
    words = str(error)
    if any(each in words for each in ("authentication failed", "no password supplied", "pg_hba.conf")):
        return "28000"
    return "3D000" if re.search(r'FATAL:.*database ".*" does not exist', words) else ""


@dataclass(slots=True)
class RowBlob:
    """The state as the content of a row."""

    session: Session
    _keep: bool = True

    def get(self) -> tuple[bytes, Version]:
        """As `Body`."""
        try:
            found = self.session.row("SELECT content, version FROM syncer_state WHERE name = %(name)s")
        except NoTable:
            found = None
        if found is None:
            return NOTHING
        self._keep = True
        return (found[0].encode("utf-8"), found[1]) if found[0] is not None else NOTHING

    def put(self, text: bytes, seen: Version) -> Version:
        """As `Body`; only for the connection that holds the lock."""
        given = {"text": text.decode("ascii"), "seen": seen}
        found = self.session.row(_SAVE, keep=self._keep, **given)
        if found is None:  # unless it was sent twice, for the answer to the first was lost
            found = self.session.row(_SAVED, **given)
        if found is None:
            raise BlobChanged
        self._keep = False
        return int(found[0])

    def set_aside(self) -> str:
        """As `Body`: in the column `damaged`."""
        self.session.row(
            "UPDATE syncer_state SET damaged = content, content = NULL, version = version + 1 WHERE name = %(name)s"
            " AND content IS NOT NULL"
        )
        return "the column `damaged` of its row"

    def beside(self) -> list[tuple[str, bytes]]:
        """As `Body`: the rows whose names have the same beginning, one part longer."""
        folder = self.session.name.rpartition("/")[0]
        try:
            found = self.session.row(_BESIDE, folder=f"{folder}/" if folder else "")
        except NoTable:
            return []
        return [(name, head.encode("utf-8")) for name, head in (found[0] or () if found else ())]


@dataclass(slots=True)
class RowLock:
    """The advisory lock; the row says whose it is."""

    session: Session
    environment: str
    address: str

    def take(self, me: Holder) -> str:
        """As `Gate`. A run that died has no lock any more: nothing is ever left behind."""
        self.session.keep = True
        try:
            self.session.make()
            got = self.session.row("SELECT pg_try_advisory_lock(%(lock)s)")
            if not (got and got[0]):
                there = self.holder()
                by = f"{who(there)} for {age(there, me)}" if there else "another run"
                raise held(self.address, self.environment, by)
            name = self.session.mine = said(me).decode("ascii")
            self.session.locked = True
            self.session.row("UPDATE syncer_state SET holder = %(holder)s WHERE name = %(name)s", holder=name)
        except BaseException:
            self.session.close()
            raise
        return ""

    def release(self) -> None:
        """As `Gate`; whatever happens, the lock ends with the connection."""
        if self.session.locked and not self.session.lost:
            with contextlib.suppress(PlatformError):
                self.session.row("UPDATE syncer_state SET holder = NULL WHERE name = %(name)s")
        self.session.close()

    def still_in(self) -> bool:
        """As `Gate`: where it ended with the connection and is another's by now, no question is answered on it any more
        (PlatformError)."""
        return self.session.locked and self.session.row("SELECT 1") is not None

    def in_doubt(self) -> bool:
        """As `Gate`: the connection that held it is gone."""
        return self.session.locked and self.session._connection is None

    def holder(self) -> Holder | None:
        """As `Gate`."""
        try:
            found = self.session.row(_HOLDER)
        except NoTable:
            return None
        if found is None:
            return None
        return holder_in((found[0] or "").encode("utf-8")) or Holder("somebody", "an unknown host", 0, "", 0.0)

    def lift(self, seen: Holder) -> None:
        """The server ends the connection that holds it; Refused where the lock is another's by now."""
        holder = self.holder()
        if holder is None:
            return
        if holder != seen:
            raise Refused(Problem("lock-changed", f"the lock is {who(holder)}'s by now", hint="look again"))
        name = said(seen).decode("ascii")  # first, so that the run whose connection ends does not take it again
        self.session.row("UPDATE syncer_state SET holder = NULL WHERE name = %(name)s AND holder = %(was)s", was=name)
        self.session.row(_END)
