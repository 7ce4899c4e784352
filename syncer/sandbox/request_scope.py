"""What every service works with: the organisation a request is for, its objects, the clock, refusals and replies."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NoReturn, cast

from flask import Response, g, request

from syncer.sandbox.body_schema import BodySchema
from syncer.sandbox.options import Options
from syncer.sandbox.store import Json, Store, encode

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


class Refusal(Exception):
    """What a service answers instead of doing it: a status and a sentence; its shape depends on the service."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.headers = status, message, dict(headers or {})


def refuse(status: int, message: str) -> NoReturn:
    """Answer with an error of the service's own shape."""
    raise Refusal(status, message)


class Clock:
    """Timestamps that never repeat, so that `updated_at` tells two writes apart even within a millisecond."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self._last: datetime | None = None
        self._lock = threading.Lock()

    def stamp(self) -> str:
        """The time as the platform writes it, `2026-03-02T09:14:03.120Z`, later than any before."""
        with self._lock:
            moment = self.now().astimezone(UTC)
            moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
            if self._last is not None and moment <= self._last:
                moment = self._last + timedelta(milliseconds=1)
            self._last = moment
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True)
class RequestScope:
    """One organisation's part of the store, as one caller sees it."""

    org: str
    user: str
    store: Store
    options: Options
    clock: Clock
    new_id: Callable[[], str]
    read_only: bool = False

    def stamp(self) -> str:
        """See `Clock.stamp`."""
        return self.clock.stamp()

    def short_id(self, length: int) -> str:
        """A platform id that is no uuid: letters and digits, as flows (8) and closing reasons (21) have."""
        number, letters = int.from_bytes(hashlib.sha256(self.new_id().encode()).digest()), ""
        for _ in range(length):
            number, rest = divmod(number, 62)
            letters += _BASE62[rest]
        return letters

    def text(self, kind: str, id: str) -> str | None:
        """The JSON text of one object."""
        return self.store.text(self.org, kind, id)

    def get(self, kind: str, id: str) -> Json | None:
        """One object, decoded."""
        return self.store.get(self.org, kind, id)

    def put(self, kind: str, id: str, body: Json, owner: str = "", mark: str = "") -> str:
        """Write an object; returns its text."""
        return self.store.put(self.org, kind, id, body, owner, mark)

    def delete(self, kind: str, id: str) -> None:
        """Remove an object."""
        self.store.delete(self.org, kind, id)

    def texts(
        self, kind: str, owner: str | None = None, mark: str | None = None, containing: str | None = None
    ) -> list[str]:
        """The texts of a kind."""
        return self.store.texts(self.org, kind, owner, mark, containing)

    def all(
        self, kind: str, owner: str | None = None, mark: str | None = None, containing: str | None = None
    ) -> list[Json]:
        """The objects of a kind."""
        return self.store.all(self.org, kind, owner, mark, containing)


@dataclass
class Payloads:
    """Replies too large to send, kept for whoever has their address; the newest 32."""

    texts: dict[str, str] = field(default_factory=dict)

    def keep(self, id: str, text: str) -> str:
        """Keep a reply under an id."""
        while len(self.texts) >= 32:
            del self.texts[next(iter(self.texts))]
        self.texts[id] = text
        return id


def here() -> RequestScope:
    """The scope of the request being answered."""
    return cast(RequestScope, g.scope)


def reply(body: Json | None = None, status: int = 200) -> Response:
    """A JSON reply; without a body an empty one."""
    return raw("" if body is None else encode(body), status)


def raw(text: str, status: int = 200) -> Response:
    """A reply of JSON text as it is stored."""
    return Response(text, status, mimetype="application/json" if text else None)


def listed(name: str, texts: Iterable[str], **more: Json) -> Response:
    """A list reply glued from stored texts, which is what keeps long lists fast."""
    rest = "".join(f",{encode(key)}:{encode(value)}" for key, value in more.items())
    return raw(f"{{{encode(name)}:[{','.join(texts)}]{rest}}}")


def _no_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is not JSON")


def body(shape: BodySchema, optional: bool = False, status: int = 400) -> Json:
    """The request's JSON body, checked; an object, or refused the way the service refuses."""
    data = request.get_data()
    if not data and optional:
        return {}
    try:
        value = json.loads(data, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        refuse(400, "request body is not valid JSON")
    sound(shape, value, status)
    return value


def sound(shape: BodySchema, value: Json, status: int = 400) -> None:
    """Refuse a value that is not of the shape."""
    if found := shape.mistakes(value):
        more = f" (and {len(found) - 5} more)" if len(found) > 5 else ""
        refuse(status, "; ".join(found[:5]) + more)


def asked(name: str, default: bool = False) -> bool:
    """A boolean query parameter."""
    value = request.args.get(name)
    if value is None:
        return default
    if value.lower() not in ("true", "false"):
        refuse(400, f"query parameter {name} must be boolean")
    return value.lower() == "true"


def whole(name: str, default: int, least: int = 0, most: int | None = None) -> int:
    """An integer query parameter; above `most` it is cut down to it."""
    value = request.args.get(name)
    if value is None:
        return default
    if not value.isascii() or not value.lstrip("-").isdigit() or int(value) < least:
        refuse(400, f"query parameter {name} must be an integer >= {least}")
    return int(value) if most is None else min(int(value), most)


def choice(name: str, *allowed: str) -> str | None:
    """A query parameter that takes one of a few words."""
    value = request.args.get(name)
    if value is not None and value not in allowed:
        refuse(400, f"query parameter {name} must be one of {', '.join(allowed)}")
    return value


def found(kind: str, id: str, what: str) -> Json:
    """The object of that id, or 404."""
    value = here().get(kind, id)
    if value is None:
        refuse(404, f"{what} {id} not found")
    return value
