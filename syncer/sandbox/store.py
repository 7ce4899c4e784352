"""Organisations and their objects in one SQLite file: JSON text by organisation, kind and id. Knows no API."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

Json = Any
"""A JSON value: dict, list, str, int, float, bool or None."""

_TABLES = """
CREATE TABLE IF NOT EXISTS organisations (org TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS objects (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, org TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL,
  owner TEXT NOT NULL DEFAULT '', mark TEXT NOT NULL DEFAULT '', body TEXT NOT NULL, UNIQUE (org, kind, id));
CREATE INDEX IF NOT EXISTS objects_in_order ON objects (org, kind, seq);
CREATE INDEX IF NOT EXISTS objects_by_owner ON objects (org, kind, owner, seq);
"""


def encode(value: Json) -> str:
    """The one form in which JSON is stored and sent: no blanks, no escapes beyond what JSON asks for."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@dataclass
class Transaction:
    """One request's transaction; what it wrote stays unless `keep` is set to False."""

    keep: bool = True


class Store:
    """One connection behind one lock: a request holds it while it works, so requests are served one after the other.

    `owner` is an object's one indexed reference (an entity's schema, an automation's flow), `mark` its one filter
    (a closing reason's status). Lists come in the order of creation.
    """

    def __init__(self, path: str) -> None:
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.executescript(_TABLES)

    def close(self) -> None:
        """Give the file back; the store is of no use afterwards."""
        with self._lock:
            self._connection.close()

    def __del__(self) -> None:
        if hasattr(self, "_connection"):
            self._connection.close()

    @contextmanager
    def work(self, writing: bool) -> Iterator[Transaction]:
        """Hold the store for one request; a writing one is committed whole or not at all."""
        work = Transaction()
        with self._lock:
            if not writing:
                yield work
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield work
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT" if work.keep else "ROLLBACK")

    def text(self, org: str, kind: str, id: str) -> str | None:
        """The stored JSON text of one object."""
        found = self._rows("SELECT body FROM objects WHERE org=? AND kind=? AND id=?", org, kind, id)
        return found[0][0] if found else None

    def get(self, org: str, kind: str, id: str) -> Json | None:
        """One object, decoded."""
        text = self.text(org, kind, id)
        return None if text is None else json.loads(text)

    def owner(self, org: str, kind: str, id: str) -> str:
        """The owner an object was stored with."""
        found = self._rows("SELECT owner FROM objects WHERE org=? AND kind=? AND id=?", org, kind, id)
        return found[0][0] if found else ""

    def put(self, org: str, kind: str, id: str, body: Json, owner: str = "", mark: str = "") -> str:
        """Write an object, new or not (its place in lists stays); returns the stored text."""
        text = encode(body)
        self._rows(
            "INSERT INTO objects (org, kind, id, owner, mark, body) VALUES (?,?,?,?,?,?) ON CONFLICT (org, kind, id) "
            "DO UPDATE SET owner=excluded.owner, mark=excluded.mark, body=excluded.body",
            org, kind, id, owner, mark, text,
        )  # fmt: skip
        return text

    def delete(self, org: str, kind: str, id: str) -> None:
        """Remove an object, if it is there."""
        self._rows("DELETE FROM objects WHERE org=? AND kind=? AND id=?", org, kind, id)

    def delete_owned(self, org: str, kind: str, owner: str) -> None:
        """Remove all objects of a kind that belong to `owner`."""
        self._rows("DELETE FROM objects WHERE org=? AND kind=? AND owner=?", org, kind, owner)

    def texts(
        self, org: str, kind: str, owner: str | None = None, mark: str | None = None, containing: str | None = None
    ) -> list[str]:
        """The JSON texts of a kind in order of creation, narrowed by owner, mark, or a piece of their text."""
        where, values = self._where(org, kind, owner, mark)
        if containing is not None:
            where, values = f"{where} AND instr(body, ?)", [*values, containing]
        return [row[0] for row in self._rows(f"SELECT body FROM objects WHERE {where} ORDER BY seq", *values)]  # noqa: S608  fixed words

    def all(
        self, org: str, kind: str, owner: str | None = None, mark: str | None = None, containing: str | None = None
    ) -> list[Json]:
        """Like `texts`, decoded."""
        return json.loads("[" + ",".join(self.texts(org, kind, owner, mark, containing)) + "]")  # type: ignore[no-any-return]

    def page(self, org: str, kind: str, after: int, size: int) -> list[tuple[int, str]]:
        """Up to `size` objects created after position `after`, each with its position."""
        sql = "SELECT seq, body FROM objects WHERE org=? AND kind=? AND seq>? ORDER BY seq LIMIT ?"
        return self._rows(sql, org, kind, after, size)

    def count(self, org: str, kind: str, owner: str | None = None, mark: str | None = None) -> int:
        """How many objects of a kind there are."""
        where, values = self._where(org, kind, owner, mark)
        return int(self._rows(f"SELECT count(*) FROM objects WHERE {where}", *values)[0][0])  # noqa: S608  fixed words

    def preferred(self, org: str, kind: str, other: str) -> list[str]:
        """The texts of `kind`, each replaced by the one of the same id under `other` where there is one."""
        sql = (
            "SELECT coalesce(o.body, k.body) FROM objects k LEFT JOIN objects o "
            "ON o.org=k.org AND o.kind=? AND o.id=k.id WHERE k.org=? AND k.kind=? ORDER BY k.seq"
        )
        return [row[0] for row in self._rows(sql, other, org, kind)]

    def everywhere(self, kind: str, mark: str) -> list[str]:
        """The texts of a kind with a mark in all organisations: what is public."""
        sql = "SELECT body FROM objects WHERE kind=? AND mark=? ORDER BY seq"
        return [row[0] for row in self._rows(sql, kind, mark)]

    def organisations(self) -> list[str]:
        """The organisations that were set up."""
        return [row[0] for row in self._rows("SELECT org FROM organisations ORDER BY org")]

    def add_organisation(self, org: str) -> bool:
        """Enter an organisation; False where it was there already."""
        with self._lock:
            return self._connection.execute("INSERT OR IGNORE INTO organisations VALUES (?)", (org,)).rowcount == 1

    def clear(self, org: str) -> None:
        """Forget an organisation and everything in it."""
        self._rows("DELETE FROM objects WHERE org=?", org)
        self._rows("DELETE FROM organisations WHERE org=?", org)

    def _rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._connection.execute(sql, values).fetchall()

    @staticmethod
    def _where(org: str, kind: str, owner: str | None, mark: str | None) -> tuple[str, list[object]]:
        where, values = "org=? AND kind=?", list[object]((org, kind))
        for column, value in (("owner", owner), ("mark", mark)):
            if value is not None:
                where, values = f"{where} AND {column}=?", [*values, value]
        return where, values
