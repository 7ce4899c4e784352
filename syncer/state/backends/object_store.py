"""State in an object store (S3 and its like, Google Cloud Storage, Azure): conditional writes are all it needs.

The state is replaced only where it has the version that was read; the lock is an object that is made only where there
is none, and later taken and given back by replacing just the version that was seen. So nothing is ever deleted by
mistake, and a lock that was lifted and taken by another stays that other's.
"""

from __future__ import annotations

import contextlib
import json
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal, cast
from urllib.parse import urlsplit

from syncer.fs.clock import Effects
from syncer.model.diagnostic import InvalidInput, PlatformError, Problem, Refused
from syncer.model.distribution import install_hint
from syncer.model.hosts import is_loopback
from syncer.model.state_location import StateLocation
from syncer.state.backends.backend import NOTHING, BlobChanged, Version, held
from syncer.state.backends.blip import Blip, persistently
from syncer.state.lock import Holder, age, holder_in, is_gone, said, who

if TYPE_CHECKING:
    from obstore.store import ObjectStore

Seen = dict[str, str]
"""What a store tells one content of an object from the next by: its `e_tag`, its `version`, or both."""

_ENDPOINTS: Final = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
_STATUS = re.compile(r"status code: ([1-5][0-9]{2})")
_PASSES: Final = frozenset({"408", "409", "425", "429"})
"""Statuses below 500 that ask to come again; any from 500 on does."""

_CLOCK = re.compile("RequestTimeTooSkewed|RequestExpired|Request date header too old|in a reasonable timeframe")
"""By what S3, Azure and Google say that a request was not made at the time that its head names."""
_REQUEST_TIME = re.compile(r"<RequestTime>([0-9TZ:.-]{15,33})<")
_SERVER_TIME = re.compile(r"(?:<ServerTime>|\bTime:)([0-9TZ:.-]{15,33})")


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket or container, with the few calls that are needed of it; `address` names it for people."""

    address: str
    store: ObjectStore
    effects: Effects = field(default_factory=Effects)

    def get(self, key: str) -> tuple[bytes, Seen] | None:
        """An object's content and version; None where there is none. PlatformError where the store does not say."""
        return persistently(self.effects, partial(self._get, key))

    def _get(self, key: str) -> tuple[bytes, Seen] | None:
        import obstore

        try:
            found = obstore.get(self.store, key)
            return bytes(found.bytes()), _seen(found.meta)
        except FileNotFoundError as error:
            if "NoSuchBucket" in str(error) or "ContainerNotFound" in str(error):
                raise self._no(error) from None
            return None
        except Exception as error:
            raise self._no(error) from None

    def version(self, key: str) -> Seen | None:
        """An object's version; None where there is none. PlatformError where the store does not say."""
        return persistently(self.effects, partial(self._version, key))

    def _version(self, key: str) -> Seen | None:
        import obstore

        try:
            return _seen(obstore.head(self.store, key))
        except FileNotFoundError:
            return None
        except Exception as error:
            raise self._no(error) from None

    def delete(self, key: str) -> None:
        """Take the object away, where there is one. PlatformError where the store does not do it."""
        persistently(self.effects, partial(self._delete, key))

    def _delete(self, key: str) -> None:
        import obstore

        try:
            obstore.delete(self.store, key)
        except FileNotFoundError:
            return
        except Exception as error:
            raise self._no(error) from None

    def below(self, prefix: str) -> list[str]:
        """The keys that begin with the prefix, in order. PlatformError where the store does not say."""
        return persistently(self.effects, partial(self._below, prefix))

    def _below(self, prefix: str) -> list[str]:
        import obstore

        try:
            found = obstore.list_with_delimiter(self.store, prefix or None)
            return sorted(each["path"] for each in found["objects"])
        except Exception as error:
            raise self._no(error) from None

    def put(self, key: str, content: bytes, seen: Seen | Literal["any"] | None) -> Seen:
        """Make the object (None), replace this version of it, or ("any") whatever is there. `BlobChanged` where another
        was quicker. It is sent again under the same condition, so whichever try is done first is the only one, and what
        the others are answered is looked up: ours is known by its content, which nobody else writes."""
        return persistently(self.effects, partial(self._put, key, content, seen))

    def _put(self, key: str, content: bytes, seen: Seen | Literal["any"] | None) -> Seen:
        import obstore
        from obstore.exceptions import AlreadyExistsError, PreconditionError

        mode: Any = "create" if seen is None else "overwrite" if seen == "any" else seen
        try:
            return _seen(obstore.put(self.store, key, content, mode=mode, use_multipart=False))
        except (AlreadyExistsError, PreconditionError):
            lost: Exception = BlobChanged()
        except Exception as error:
            lost = self._no(error)
        try:
            there = self._get(key)
        except (PlatformError, Blip) as unread:
            raise (unread if isinstance(lost, BlobChanged) else lost) from None
        if there is not None and there[0] == content and _is_unique(content):
            return there[1]  # it was ours: the answer was lost, or it was sent twice
        if isinstance(lost, BlobChanged) and (None if there is None else there[1]) == seen:
            hint = "nothing is wrong here; run it again when the store is well"
            raise Blip(self._problem("has another write of this object under way, perhaps ours", hint))
        raise lost

    def _no(self, error: Exception) -> PlatformError | Blip:
        """What the library says may quote keys, headers and bodies: its type and status are all that is kept, and of a
        clock that is wrong the times."""
        from obstore import exceptions

        status = _STATUS.search(str(error))
        if skewed := _skewed(str(error), self.effects.now()):
            return PlatformError(self._problem(*skewed))
        if isinstance(error, (exceptions.PermissionDeniedError, exceptions.UnauthenticatedError)):
            why = f"refuses these credentials{f' ({status[1]})' if status else ''}"
            hint = "check which credentials this process has, and that they may read and write there"
        elif status and status[1] in {"400", "401", "403"}:
            why, hint = f"refuses the request ({status[1]})", "check the credentials, the region and the endpoint"
        elif isinstance(error, FileNotFoundError):
            why, hint = "has no such bucket or container", "make it, or mend the address of the state"
        elif status:
            why, hint = f"answers {status[1]}", "nothing is wrong here; run it again when the store is well"
            if status[1] in _PASSES or status[1][0] == "5":
                return Blip(self._problem(why, hint))
        else:
            why = "cannot be reached, or gives no credentials"
            hint = "check the network, the endpoint, the region, and where this process gets its credentials from"
            return Blip(self._problem(why, hint))
        return PlatformError(self._problem(why, hint))

    def _problem(self, why: str, hint: str) -> Problem:
        return Problem("state-store", f"object store of `{self.address}` {why}", hint=hint)


def bucket(place: StateLocation, env: Mapping[str, str]) -> Bucket:
    """The bucket of an address, with the credentials of the process: its variables, else the role of the machine.

    InvalidInput where the library is not installed or the settings make no sense; nothing is sent yet.
    """
    try:
        from obstore.store import AzureStore, GCSStore, S3Store
    except ImportError:
        hint = install_hint("remote")
        raise InvalidInput(Problem("state-library", f"state at `{place}` needs obstore", hint=hint)) from None
    from datetime import timedelta

    options: Any = {"timeout": "30s", "connect_timeout": "5s"}
    retry: Any = {"max_retries": 0, "retry_timeout": timedelta(seconds=1)}  # what is sent again, we look at first
    try:
        if place.scheme == "gs":
            return Bucket(str(place), GCSStore(place.host, client_options=options, retry_config=retry))
        if place.scheme == "az":
            return Bucket(str(place), AzureStore(place.host, client_options=options, retry_config=retry))
        endpoint = next((env[name] for name in _ENDPOINTS if env.get(name)), "")
        more: dict[str, Any] = {}
        if endpoint:
            more["endpoint"] = endpoint
            if urlsplit(endpoint).scheme == "http" and is_loopback(urlsplit(endpoint).hostname or ""):
                options["allow_http"] = True
        return Bucket(str(place), S3Store(place.host, client_options=options, retry_config=retry, **more))
    except Exception as error:
        kind = type(error).__name__
        hint = "check the AWS_…, GOOGLE_… or AZURE_… variables of this process"
        raise InvalidInput(
            Problem("state-store", f"object store of `{place}` is set up wrong: {kind}", hint=hint)
        ) from None


@dataclass(slots=True)
class ObjectBlob:
    """The state as an object; the content that a run finds is kept as `KEY.backup` before it is first replaced."""

    bucket: Bucket
    key: str
    gate: ObjectLock
    _found: bytes = b""

    def get(self) -> tuple[bytes, Version]:
        """As `Body`."""
        found = self.bucket.get(self.key)
        self._found = found[0] if found else b""
        return found or NOTHING

    def put(self, text: bytes, seen: Version) -> Version:
        """As `Body`. A run whose lock was lifted is not let in any more."""
        if not self.gate.still_in():
            raise BlobChanged
        if self._found:
            self.bucket.put(f"{self.key}.backup", self._found, "any")
            self._found = b""
        return self.bucket.put(self.key, text, cast("Seen | None", seen))

    def set_aside(self) -> str:
        """Leaves a copy under `KEY.damaged`, and returns that name. PlatformError where the store does not do it."""
        found = self.bucket.get(self.key)
        if found is not None:
            self.bucket.put(f"{self.key}.damaged", found[0], "any")
            self.bucket.delete(self.key)
        self._found = b""
        return f"{self.key}.damaged"

    def beside(self) -> list[tuple[str, bytes]]:
        """As `Body`. PlatformError where the store does not list them, or one cannot be read."""
        folder = self.key.rpartition("/")[0]
        keys = [key for key in self.bucket.below(folder) if key.endswith(".json") and key != self.key]
        found = ((key, self.bucket.get(key)) for key in keys)
        return [(key.rpartition("/")[2].removesuffix(".json"), there[0]) for key, there in found if there is not None]


@dataclass(slots=True)
class ObjectLock:
    """The lock as an object that names its holder. It is not given up by time: only its holder or a person ends it, and
    a run on the same machine where the holder's process is certainly gone."""

    bucket: Bucket
    key: str
    environment: str
    address: str
    _mine: Seen | None = field(default=None, init=False)

    def take(self, me: Holder) -> str:
        """As `Gate`. InvalidInput where the store does not heed conditions: there nothing can be locked."""
        there = self.bucket.get(self.key)
        holder, note = holder_in(there[0]) if there else None, ""
        if there and _is_taken(there[0]):
            if holder is None or not is_gone(holder, me):
                raise held(self.address, self.environment, _said(holder, me))
            note = f"took over the lock of a dead run: {who(holder)}, {age(holder, me)} old"
        try:
            self._mine = self.bucket.put(self.key, said(me, nonce=secrets.token_hex(16)), there[1] if there else None)
        except BlobChanged:
            raise held(self.address, self.environment, _said(self.holder(), me)) from None
        try:
            self._must_heed_conditions()
        except BaseException:
            with contextlib.suppress(PlatformError):
                self.release()
            raise
        return note

    def release(self) -> None:
        """As `Gate`."""
        mine, self._mine = self._mine, None
        if mine is not None:
            try:
                self.bucket.put(self.key, _free(), mine)
            except BlobChanged:
                return  # it was lifted, and is somebody else's affair

    def holder(self) -> Holder | None:
        """As `Gate`; a lock that says nothing has a holder without a name."""
        there = self.bucket.get(self.key)
        if there is None or not _is_taken(there[0]):
            return None
        return holder_in(there[0]) or _NOBODY

    def lift(self, seen: Holder) -> None:
        """Free the lock; Refused where it is another's by now."""
        there = self.bucket.get(self.key)
        if there is None or not _is_taken(there[0]):
            return
        try:
            if (holder_in(there[0]) or _NOBODY) != seen:
                raise BlobChanged
            self.bucket.put(self.key, _free(), there[1])
        except BlobChanged:
            raise Refused(Problem("lock-changed", "the lock is another run's by now", hint="look again")) from None

    def still_in(self) -> bool:
        """As `Gate`."""
        return self._mine is not None and self.bucket.version(self.key) == self._mine

    def in_doubt(self) -> bool:
        """As `Gate`: an object stays where it is, whatever becomes of a connection."""
        return False

    def _must_heed_conditions(self) -> None:
        """A store that ignores conditions would answer a second making of the lock with success."""
        try:
            self.bucket.put(self.key, _free(), None)
        except BlobChanged:
            return
        hint = "use a store with conditional writes (If-None-Match, If-Match), or a newer version of this one"
        message = f"object store of `{self.address}` ignores conditions, so it cannot keep two runs apart"
        raise InvalidInput(Problem("state-store", message, hint=hint))


_NOBODY: Final = Holder("somebody", "an unknown host", 0, "", 0.0)


def _free() -> bytes:
    """A lock that nobody holds; no two are equal, for some stores tell versions apart by the content."""
    return json.dumps({"free": True, "since": time.time(), "nonce": secrets.token_hex(16)}).encode("ascii")


def _is_taken(content: bytes) -> bool:
    """Whether a lock is held: what cannot be read counts as held."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return True
    return not (isinstance(document, dict) and document.get("free") is True)


def _is_unique(content: bytes) -> bool:
    """Whether nobody else would have written just this: a lock has a nonce, a state its serial and checksum, and a
    tombstone is written under the lock."""
    return any(word in content for word in (b'"nonce"', b'"checksum"', b'"moved_to"'))


def _said(holder: Holder | None, me: Holder) -> str:
    return "another run" if holder is None else f"{who(holder)} for {age(holder, me)}"


def _skewed(words: str, now: float) -> tuple[str, str] | None:
    """What is said of a clock that is not the store's, and what to do; None where the words say nothing of one."""
    if not _CLOCK.search(words):
        return None
    here = _moment(_REQUEST_TIME.search(words)) or datetime.fromtimestamp(now, UTC)
    there = _moment(_SERVER_TIME.search(words))
    its = f"its own says {there:%Y-%m-%d %H:%M:%S} UTC" if there else "its own says something else"
    why = f"refuses the request for its time: the clock of this machine says {here:%Y-%m-%d %H:%M:%S} UTC, {its}"
    return why, "set the clock of this machine, then run it again"


def _moment(found: re.Match[str] | None) -> datetime | None:
    try:
        return None if found is None else datetime.fromisoformat(found[1]).astimezone(UTC)
    except ValueError:
        return None


def _seen(meta: Mapping[str, Any]) -> Seen:
    """The version in what a store says of an object; the library refuses a None in it."""
    return {name: meta[name] for name in ("e_tag", "version") if meta.get(name)}
