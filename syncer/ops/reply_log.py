"""What the organisation answered in one run, and the digest of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import blake2b
from typing import Any

from syncer.diff.fingerprint import canonical
from syncer.model.calls import Call, Listing
from syncer.model.diagnostic import SyncerError
from syncer.model.json_values import Json
from syncer.ops.refresh import Reader

Asked = tuple[str, Call]
"""(service, call) of a question beside the lists."""


class ReplyLog:
    """A `Reader` that asks another one each question once and keeps what it heard: what failed fails again without
    being asked. Safe among threads that ask different questions."""

    def __init__(self, api: Reader) -> None:
        self._api = api
        self._lists: dict[str, Json] = {}
        self._reads: dict[str, Json] = {}
        self.asked: dict[str, Asked] = {}
        """Every question beside the lists."""

    def list(self, service: str, listing: Listing) -> list[Json]:
        """Every object of a listing, as it was heard first."""
        found: list[Json] = _once(self._lists, repr((service, listing)), lambda: self._api.list(service, listing))
        return found

    def read(self, service: str, call: Call) -> Json | None:
        """One object, as it was heard first; None where there is none."""
        name = repr((service, call.service, call.method, call.path, canonical(call.body)))
        self.asked[name] = (service, call)
        return _once(self._reads, name, lambda: self._api.read(service, call))

    def digest_of_lists(self, key: bytes) -> str:
        """Of every list that was heard: each object whole, in the order in which they were listed."""
        return _digest_of(self._lists, key)

    def digest_of_reads(self, key: bytes) -> str:
        """Of all that was heard beside the lists."""
        return _digest_of(self._reads, key)


def _once(heard: dict[str, Any], name: str, ask: Callable[[], Json]) -> Any:
    if name not in heard:
        try:
            heard[name] = ask()
        except SyncerError as error:
            heard[name] = error
    found = heard[name]
    if isinstance(found, SyncerError):
        raise found
    return found


def _digest_of(heard: Mapping[str, Json], key: bytes) -> str:
    """Object by object: a text of them all would be as long as all replies together."""
    digest = blake2b(key=key, digest_size=32)
    for name, reply in sorted(heard.items()):
        items = reply if isinstance(reply, list) else [reply]
        for part in ((name, type(reply).__name__, len(items)), *items):
            text = repr(part).encode("utf-8", "surrogatepass")
            digest.update(b"%d:" % len(text))
            digest.update(text)
    return digest.hexdigest()
