"""Recordings: what reading an organisation answered, and a reader that answers the same again.

It knows requests, neither kinds nor files: what of a reply is kept is given to it, and what nobody speaks for is not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Protocol
from urllib.parse import parse_qsl, urlencode

from syncer.api.pagination import call_of
from syncer.api.tokens import Claims
from syncer.diff.fingerprint import canonical
from syncer.model.calls import Call, Listing
from syncer.model.diagnostic import InvalidInput, PlatformError, Problem
from syncer.model.json_values import Json
from syncer.model.recording_rules import NOT_COUNTED, NOT_RECORDED, Keep, RecordedRead
from syncer.model.unexpected_reply import UnexpectedReply, another_form

AGAIN = "make it again: `syncer record -o FILE`"
_TIME = "%Y-%m-%dT%H:%M:%SZ"


class AnswerSource(Protocol):
    """Where answers come from; `Api` is one."""

    @property
    def organisations(self) -> frozenset[str]:
        """The organisations named so far."""

    def list(self, service: str, listing: Listing) -> list[Json]:
        """Every object of a listing."""

    def read(self, service: str, call: Call) -> Json | None:
        """One object, None where there is none."""


@dataclass(frozen=True, slots=True)
class Recording:
    """What a file holds. `server`: the base URL of all services, or `epilot.io`; `recorded_at`: `2026-11-19T08:00:00Z`;
    `lists` and `reads`: request (`key_of`) → what of the reply was kept."""

    environment: str
    org_id: str
    server: str
    recorded_at: str
    syncer: str
    kinds: tuple[str, ...]
    lists: Mapping[str, Sequence[Json]] = field(repr=False)
    reads: Mapping[str, Json] = field(repr=False)

    @property
    def moment(self) -> float:
        """When it was made, in seconds since 1970."""
        return datetime.strptime(self.recorded_at, _TIME).replace(tzinfo=UTC).timestamp()


def moment_text(seconds: float) -> str:
    """`2026-11-19T08:00:00Z`."""
    return datetime.fromtimestamp(seconds, UTC).strftime(_TIME)


def key_of(service: str, call: Call) -> str:
    """The request in one spelling: `entity GET /v1/entity/views?a=1&b=2`, and the body where there is one."""
    path, _, query = call.path.partition("?")
    words = [call.service or service, call.method, path]
    if query:
        words[2] += "?" + urlencode(sorted(parse_qsl(query, keep_blank_values=True)))
    return " ".join(words if call.body is None else [*words, canonical(call.body)])


def list_key(service: str, listing: Listing) -> str:
    """The same of a whole list, without its pages."""
    return key_of(service, call_of(listing))


def find_read(reads: Sequence[RecordedRead], service: str, call: Call) -> RecordedRead | None:
    """Who speaks for the reply to a call."""
    name = call.service or service
    return next((each for each in reads if each.service == name and _form(each.form).fullmatch(call.title)), None)


@cache
def _form(form: str) -> re.Pattern[str]:
    return re.compile("[^/]+".join(re.escape(part) for part in re.split(r"\{\w+\}", form)))


class RecordingReader:
    """A reader that hands everything through, and keeps what may be kept of it. Safe among threads.

    `lists`: list key → what is kept of each object; `reads`: what is kept of other replies; `clean` goes over all of it
    once more. RuntimeError for a reply that nobody speaks for; PlatformError, naming it, for an object of a form that
    whoever speaks for it cannot read: a recording without it would plan it anew."""

    def __init__(
        self,
        reader: AnswerSource,
        lists: Mapping[str, Keep],
        reads: Sequence[RecordedRead],
        clean: Callable[[Json], Json],
    ) -> None:
        self._reader, self._keeps, self._forms, self._clean = reader, lists, reads, clean
        self.lists: dict[str, list[Json]] = {}
        self.reads: dict[str, Json] = {}

    @property
    def organisations(self) -> frozenset[str]:
        """As the reader's."""
        return self._reader.organisations

    def list(self, service: str, listing: Listing) -> list[Json]:
        """As the reader's."""
        key = list_key(service, listing)
        found = self._reader.list(service, listing)
        if key not in self._keeps:
            raise RuntimeError(f"nobody says what of `{call_of(listing).title}` may be recorded")
        title = call_of(listing).title
        kept = [self._kept(self._keeps[key], each, f"`{title}`, object {n}") for n, each in enumerate(found, 1)]
        self.lists[key] = sorted(kept, key=canonical)
        return found

    def read(self, service: str, call: Call) -> Json | None:
        """As the reader's."""
        form = find_read(self._forms, service, call)
        if form is None:
            raise RuntimeError(f"nobody says what of `{call.title}` may be recorded")
        reply = self._reader.read(service, call)
        if form.keep is None:
            return reply
        for one, part in form.apart(call, reply) if form.apart else [(call, reply)]:
            self.reads[key_of(service, one)] = None if part is None else self._kept(form.keep, part, f"`{call.title}`")
        return reply

    def _kept(self, keep: Keep, value: Json, what: str) -> Json:
        try:
            return self._clean(keep(value))
        except UnexpectedReply as error:
            id = value.get("id") if isinstance(value, dict) else None
            raise PlatformError(another_form(f"{what} (`{id}`)" if isinstance(id, str) else what, error)) from None

    def lacks(self, service: str, call: Call) -> bool:
        """Whether this is still to be asked; what is never recorded is not."""
        form = find_read(self._forms, service, call)
        if form is None or form.keep is None:
            return form is None
        parts = form.apart(call, None) if form.apart else [(call, None)]
        return any(key_of(service, one) not in self.reads for one, _ in parts)


class ReplayReader:
    """A reader that answers out of a recording; it has no token and no network. `uncounted`: calls that would have
    counted entities."""

    def __init__(self, recording: Recording, reads: Sequence[RecordedRead]) -> None:
        self._recording, self._forms = recording, reads
        self.organisations = frozenset({recording.org_id})
        self.claims = Claims(opaque=False, org_id=recording.org_id)
        self.uncounted: set[str] = set()

    def list(self, service: str, listing: Listing) -> list[Json]:
        """The list as it was; InvalidInput where it was not recorded."""
        found = self._recording.lists.get(list_key(service, listing))
        if found is None:
            message = f"the recording does not hold the list `{call_of(listing).title}`"
            raise InvalidInput(Problem("not-recorded", message, hint=f"{AGAIN}, without --kind or with more of them"))
        return list(found)

    def read(self, service: str, call: Call) -> Json | None:
        """The answer as it was, NOT_RECORDED where there is none, NOT_COUNTED for a number of entities."""
        form = find_read(self._forms, service, call)
        if form is not None and form.keep is None:
            self.uncounted.add(key_of(service, call))
            return NOT_COUNTED
        reads = self._recording.reads
        if form is None or form.apart is None or form.together is None:
            return reads.get(key_of(service, call), NOT_RECORDED)
        parts = [reads.get(key_of(service, one), NOT_RECORDED) for one, _ in form.apart(call, None)]
        return NOT_RECORDED if NOT_RECORDED in parts else form.together(parts)
