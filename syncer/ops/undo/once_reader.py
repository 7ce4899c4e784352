"""A reader that asks each question once."""

from __future__ import annotations

from syncer.diff.fingerprint import canonical
from syncer.model.calls import Call, Listing
from syncer.model.json_values import Json
from syncer.ops.refresh import Reader


class OnceReader:
    """A reader that asks each question once, so that what is decided first and what is planned then is of one look."""

    def __init__(self, api: Reader) -> None:
        self._api = api
        self._lists: dict[str, list[Json]] = {}
        self._objects: dict[str, Json | None] = {}

    def list(self, service: str, listing: Listing) -> list[Json]:
        """As `Reader`."""
        name = f"{service} {listing!r}"
        if name not in self._lists:
            self._lists[name] = self._api.list(service, listing)
        return self._lists[name]

    def read(self, service: str, call: Call) -> Json | None:
        """As `Reader`."""
        name = f"{service} {call.title} {canonical([call.path, call.body])}"
        if name not in self._objects:
            self._objects[name] = self._api.read(service, call)
        return self._objects[name]
