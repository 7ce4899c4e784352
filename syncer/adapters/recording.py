"""Recordings: what reading an organisation answered, in a file, and a reader that answers the same again.

It knows requests and files, not kinds: what of a reply is kept is given to it, and what nobody speaks for is not kept.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qsl, urlencode

from syncer.adapters.listing import call_of
from syncer.adapters.tokens import Claims
from syncer.core.fingerprint import canonical
from syncer.core.json_text import json_text
from syncer.core.kind import Call, Listing
from syncer.core.problem import InvalidInput, Problem
from syncer.core.recorded import NOT_COUNTED, NOT_RECORDED, Keep, Read
from syncer.core.values import Json, Unknown

FORMAT_VERSION = 1

MODE = 0o644
"""For everybody: it holds no secret and no entity, and is there to be committed or handed to forks."""

LARGEST = 256 * 1024 * 1024
"""Bytes a recording may have; 300 flows and 100 schemas take about 5 MB."""

_AGAIN = "make it again: `syncer record -o FILE`"
_TIME = "%Y-%m-%dT%H:%M:%SZ"


class Organisation(Protocol):
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


def find_read(reads: Sequence[Read], service: str, call: Call) -> Read | None:
    """Who speaks for the reply to a call."""
    name = call.service or service
    return next((each for each in reads if each.service == name and _form(each.form).fullmatch(call.title)), None)


@cache
def _form(form: str) -> re.Pattern[str]:
    return re.compile("[^/]+".join(re.escape(part) for part in re.split(r"\{\w+\}", form)))


class Recorder:
    """A reader that hands everything through, and keeps what may be kept of it. Safe among threads.

    `lists`: list key → what is kept of each object; `reads`: what is kept of other replies; `clean` goes over all of it
    once more. RuntimeError for a reply that nobody speaks for."""

    def __init__(
        self, reader: Organisation, lists: Mapping[str, Keep], reads: Sequence[Read], clean: Callable[[Json], Json]
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
        self.lists[key] = sorted((self._clean(self._keeps[key](each)) for each in found), key=canonical)
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
            self.reads[key_of(service, one)] = None if part is None else self._clean(form.keep(part))
        return reply

    def lacks(self, service: str, call: Call) -> bool:
        """Whether this is still to be asked; what is never recorded is not."""
        form = find_read(self._forms, service, call)
        if form is None or form.keep is None:
            return form is None
        parts = form.apart(call, None) if form.apart else [(call, None)]
        return any(key_of(service, one) not in self.reads for one, _ in parts)


class Replay:
    """A reader that answers out of a recording; it has no token and no network. `uncounted`: calls that would have
    counted entities."""

    def __init__(self, recording: Recording, reads: Sequence[Read]) -> None:
        self._recording, self._forms = recording, reads
        self.organisations = frozenset({recording.org_id})
        self.claims = Claims(opaque=False, org_id=recording.org_id)
        self.uncounted: set[str] = set()

    def list(self, service: str, listing: Listing) -> list[Json]:
        """The list as it was; InvalidInput where it was not recorded."""
        found = self._recording.lists.get(list_key(service, listing))
        if found is None:
            message = f"the recording does not hold the list `{call_of(listing).title}`"
            raise InvalidInput(Problem("not-recorded", message, hint=f"{_AGAIN}, without --kind or with more of them"))
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


def text_of(recording: Recording) -> str:
    """The file's text: sorted, so that two recordings of one organisation differ in their time and nothing else."""
    document = {
        "format_version": FORMAT_VERSION,
        "recorded_at": recording.recorded_at,
        "environment": recording.environment,
        "org_id": recording.org_id,
        "server": recording.server,
        "syncer": recording.syncer,
        "kinds": list(recording.kinds),
        "lists": {key: list(recording.lists[key]) for key in sorted(recording.lists)},
        "reads": {key: recording.reads[key] for key in sorted(recording.reads)},
    }
    sorted_below = (
        json.loads(json.dumps(document["lists"], sort_keys=True)),
        json.loads(json.dumps(document["reads"], sort_keys=True)),
    )
    document["lists"], document["reads"] = sorted_below
    return json_text({"checksum": _checksum(document), **document}, indent=1) + "\n"


def _checksum(document: Mapping[str, Json]) -> str:
    """SHA-256 over everything but itself: a file cut short or changed by hand is not taken for what was recorded."""
    bound = {key: value for key, value in document.items() if key != "checksum"}
    text = json.dumps(bound, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def save_recording(path: Path, recording: Recording) -> None:
    """Write it, whole or not at all."""
    from syncer.adapters.disk import replace_file

    try:
        replace_file(path, text_of(recording).encode("utf-8"), mode=MODE)
    except OSError as error:
        message = f"`{path}` can't be written: {error.strerror or type(error).__name__}"
        raise InvalidInput(Problem("recording-file", message, hint="give another -o FILE")) from None


def load_recording(path: Path, mark: str) -> Recording:
    """The recording in a file; values of the form `{mark: …}` are Unknown. InvalidInput if it is none, another
    format's, damaged, or not as it was written."""
    from syncer.adapters.wire_json import NotJson, decode

    try:
        if not path.is_file() and path.exists():
            raise _bad(path, "is not a file")
        content = path.read_bytes() if path.stat().st_size <= LARGEST else None
    except OSError as error:
        raise _bad(path, f"can't be read: {error.strerror or type(error).__name__}") from None
    if content is None:
        raise _bad(path, f"is larger than {LARGEST // 2**20} MB")
    try:
        document = decode(content)
    except NotJson as error:
        raise _bad(path, f"is no recording: {error}") from None
    version = document.get("format_version") if isinstance(document, dict) else None
    if version is None or not isinstance(document.get("checksum"), str):
        raise _bad(path, "is no recording: it has no `format_version` and `checksum`")
    if version != FORMAT_VERSION or isinstance(version, bool):
        hint = f"use a newer syncer, or {_AGAIN}"
        said = f"has `format_version` {json_text(version, indent=None)}: this syncer reads format {FORMAT_VERSION}"
        raise _bad(path, said, hint)
    if document["checksum"] != _checksum(document):
        raise _bad(path, "was changed, or cut short, after it was made: its checksum is of another content")
    try:
        return _recording(document, mark)
    except (KeyError, TypeError, ValueError):
        raise _bad(path, "is no recording: its form is not that of format 1") from None


def _bad(path: Path, what: str, hint: str = _AGAIN) -> InvalidInput:
    return InvalidInput(Problem("recording-file", f"`{path}` {what}", hint=hint))


def _recording(document: Mapping[str, Json], mark: str) -> Recording:
    names = ("environment", "org_id", "server", "recorded_at", "syncer")
    lists, reads, kinds = document["lists"], document["reads"], document["kinds"]
    whole = all(isinstance(document[name], str) for name in names)
    whole = whole and isinstance(lists, dict) and isinstance(reads, dict) and isinstance(kinds, list)
    if not whole or not all(isinstance(each, dict) for found in lists.values() for each in found):
        raise ValueError
    made = Recording(
        **{name: document[name] for name in names},
        kinds=tuple(map(str, kinds)),
        lists={key: _marked(found, mark) for key, found in lists.items()},
        reads={key: _marked(found, mark) for key, found in reads.items()},
    )
    if not made.moment:
        raise ValueError
    return made


def _marked(value: Json, mark: str) -> Json:
    if isinstance(value, dict):
        return Unknown("withheld") if mark in value else {name: _marked(item, mark) for name, item in value.items()}
    return [_marked(item, mark) for item in value] if isinstance(value, list) else value
