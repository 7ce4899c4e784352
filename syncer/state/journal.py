"""The journal: what was about to be asked of the platform, on disk before it is asked, and what came of it.

Append-only; each record is a line `LENGTH CRC JSON`, fsynced before the caller goes on. `run` says which apply began
over which state, `intent` what is about to be sent, `settled` how that ended, `entries` what state is to say of an
address from then on (`syncer/state/replay.py` reads that over the state). A torn end (a crash while writing: nothing
was sent yet) is dropped with a note; damage anywhere else is refused. It knows neither kinds nor plans: what an intent
means, the engine knows.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Final

from syncer.fs.disk import DISK, Disk, NotDurable, remove_leftovers, replace_file
from syncer.fs.permissions import own_name
from syncer.model.calls import Outcome
from syncer.model.diagnostic import InvalidInput, Location, Problem, Refused
from syncer.model.json_values import Json
from syncer.state.marker_json import to_json

FORMAT: Final = 2
"""Of a journal. One of format 1, by an earlier version, knows no `run` and no `entries`, and is read all the same."""
MODE: Final = 0o600
_RECORD = re.compile(rb"(\d{8}) ([0-9a-f]{8}) ")


@dataclass(frozen=True, slots=True)
class Intent:
    """A call that is about to be made and must not be made twice: what is needed to look for what it made. It is never
    enough to send the call again, and nobody may: it has no body."""

    run: str
    """Which apply made it; what was made is put into that run's file."""
    address: str
    """Whose object it makes. The manifest may be gone or renamed by the time it is read again."""
    kind: str
    """The address's kind, for people: how to look is in `seek`."""
    step: str
    """The step's name, for people."""
    method: str
    """The call's, for people, as `path`."""
    path: str
    """Below the service's base URL."""
    seek: Mapping[str, Json] = field(default_factory=dict)
    """How to find what it made (service, listing, field, value; `part`: under what it is remembered) as plain JSON;
    empty: it can't be looked for."""
    before: tuple[str, ...] = ()
    """Ids that had that value already: none of them is what it made. What came since may be somebody else's all the
    same."""
    digest: str = ""
    """Of the body, without secrets, for people who compare two; what was sent can't be told from it."""
    time: float = 0.0
    """Seconds since 1970 by this machine's clock, which may have been set: for people only. No wait is counted from
    it."""
    live_id: str = ""
    """The object that the change is about, where it was there before; never the one that this call makes."""
    op: str = ""
    """The name that `settle` takes; given by the journal, "" before."""


@dataclass(frozen=True, slots=True)
class SettledIntent:
    """An intent whose outcome is known; `live_id` is the object it made or changed, where one is known."""

    intent: Intent
    outcome: Outcome
    live_id: str


class Journal:
    """The journal of one environment, open for appending; safe among threads. Only the holder of the lock opens it.

    Opening writes to the disk, so a folder that cannot be written is found before the first request: InvalidInput.
    `note` says what was dropped from a torn end. After a NotDurable every further call raises it again.
    """

    def __init__(self, path: Path, disk: Disk = DISK) -> None:
        self._path = path
        self._disk = disk
        self._lock = threading.Lock()
        self._broken = False
        self._closed = False
        self._emptied = True
        """Whether it holds nothing but what is open."""
        self._run: Mapping[str, Json] | None = None
        self._number = 0
        self._open: dict[str, Intent] = {}
        self._settled: list[SettledIntent] = []
        self.note = ""
        found = read_records(path, disk)
        self._replay(found)
        self._emptied = not any("settled" in each or "entries" in each for each in found.records)
        try:
            remove_leftovers(path, disk)
            self._handle = self._rewrite(found.records[1:])
        except OSError:
            message = "journal cannot be written, so nothing may be sent"
            raise InvalidInput(_problem(path, 1, message, "make its folder writable, with room on the disk")) from None

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def begin(self, run: str, serial: int) -> None:
        """Record that this apply begins, and the serial of the state with which it does; durable when this returns."""
        with self._lock:
            self._run = {"run": run, "serial": serial}
            self._append(self._run)

    def remember(self, rows: Mapping[str, Json], *, durable: bool) -> None:
        """Record what state is to say of these addresses (None: nothing any more), as rows of its file. Durable when
        this returns, or with the next record that is. NotDurable else."""
        with self._lock:
            self._append({"entries": dict(rows)}, durable=durable)

    def intent(self, intent: Intent) -> str:
        """Record a call that is about to be sent; when this returns its id, the record is durable. NotDurable else."""
        with self._lock:
            self._number += 1
            numbered = replace(intent, op=f"{intent.run}-{self._number}")
            self._append({"intent": _record(numbered)})
            self._open[numbered.op] = numbered
            return numbered.op

    def settle(self, op: str, outcome: Outcome, live_id: str = "") -> None:
        """Record how it ended. AMBIGUOUS leaves it unsettled, to be looked up; KeyError for an op that isn't open."""
        with self._lock:
            intent = self._open[op]
            if outcome == "AMBIGUOUS":
                return
            self._append({"settled": op, "outcome": outcome, "live_id": live_id})
            self._settled.append(SettledIntent(intent, outcome, live_id))
            del self._open[op]

    @property
    def run(self) -> str:
        """The apply that began last; "" where none did."""
        with self._lock:
            return str((self._run or {}).get("run", ""))

    def unsettled(self) -> list[Intent]:
        """Calls of this and earlier runs of which nobody knows whether they took effect, oldest first."""
        with self._lock:
            return list(self._open.values())

    def settled(self) -> list[SettledIntent]:
        """What is known of calls since the last `compact`, oldest first: state is rebuilt from it after a crash."""
        with self._lock:
            return list(self._settled)

    def compact(self) -> None:
        """Forget all but what is open; to be called when the state that holds it is durable. NotDurable if it fails."""
        with self._lock:
            self._check()
            if self._emptied:
                return
            self._settled.clear()
            kept: list[Json] = [self._run] if self._open and self._run else []
            kept += [{"intent": _record(each)} for each in self._open.values()]
            try:
                handle, self._handle = self._handle, -1  # closed once, also where something ends it here
                self._disk.close(handle)
                self._handle = self._rewrite(kept)
            except OSError:
                self._fail()
            self._emptied = True

    def close(self) -> None:
        """Give the file back; nothing is lost by not calling it."""
        with self._lock:
            if not self._closed and not self._broken and self._handle >= 0:
                self._disk.close(self._handle)
            self._closed = True

    def _replay(self, found: Records) -> None:
        self.note = found.note
        for line, record in enumerate(found.records, start=1):
            try:
                self._take(record)
            except (KeyError, TypeError, ValueError):
                raise InvalidInput(
                    _problem(self._path, line, "journal holds a record nobody wrote", _WAY_OUT)
                ) from None

    def _take(self, record: Mapping[str, Json]) -> None:
        if "journal" in record or "entries" in record:
            return
        if "run" in record:
            self._run = record
            return
        if "intent" in record:
            intent = Intent(**{**record["intent"], "before": tuple(record["intent"]["before"])})
            self._open[intent.op] = intent
            self._number = max(self._number, int(intent.op.rpartition("-")[2]))
            return
        op, outcome = record["settled"], record["outcome"]
        if outcome not in {"NOT_SENT", "REJECTED", "APPLIED"}:
            raise ValueError
        self._settled.append(SettledIntent(self._open.pop(op), outcome, record["live_id"]))

    def _rewrite(self, records: Sequence[Json]) -> int:
        """The file with these records and no other, then a handle at its end."""
        replace_file(self._path, b"".join(map(frame, [{"journal": FORMAT}, *records])), MODE, disk=self._disk)
        return self._disk.append(self._path, MODE)

    def _append(self, record: Json, *, durable: bool = True) -> None:
        self._check()
        self._emptied = False
        try:
            self._disk.write(self._handle, frame(record))
            if durable:
                self._disk.fsync(self._handle)
        except OSError:
            self._fail()

    def _check(self) -> None:
        if self._closed:
            raise RuntimeError("the journal is closed")
        if self._broken:
            self._fail()

    def _fail(self) -> None:
        self._broken = True
        message = "journal can no longer be written: the disk is full or failing"
        raise NotDurable(
            _problem(self._path, 1, message, "nothing more was sent; make room, then run it again")
        ) from None


@dataclass(frozen=True, slots=True)
class Records:
    """The whole records of a journal, and what had to be dropped from its end."""

    records: tuple[Mapping[str, Json], ...] = ()
    note: str = ""


def frame(record: Json) -> bytes:
    """A record as it stands in the file: length and CRC-32 of the JSON, the JSON, a line end."""
    body = json.dumps(record, ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode("ascii")
    return b"%08d %08x %s\n" % (len(body), zlib.crc32(body), body)


def read_records(path: Path, disk: Disk = DISK, what: str = "journal", way_out: str = "") -> Records:
    """All whole records; nothing where there is no file. InvalidInput, with the line, for damage before the end, for a
    newer format, and for a link or folder in its place. `what`: the word of its first record, and for people."""
    way_out = way_out or _WAY_OUT
    try:
        raw = disk.read(path)
    except FileNotFoundError:
        return Records()
    except OSError:
        raise InvalidInput(
            _problem(path, 1, f"{what} cannot be read: it is no regular file of ours", way_out, what)
        ) from None
    records: list[Mapping[str, Json]] = []
    position = 0
    while position < len(raw):
        record, end = _record_at(raw, position)
        if record is None:
            if _torn(raw, position):
                return Records(tuple(records), f"{what} `{path.name}`: a record cut off by a crash was dropped")
            message = f"{what} is damaged: a record does not match its checksum"
            raise InvalidInput(_problem(path, len(records) + 1, message, way_out, what))
        records.append(record)
        position = end
    newest = FORMAT if what == "journal" else 1
    if records and records[0].get(what) not in range(1, newest + 1):
        message = f"{what} is not of format {newest}"
        raise InvalidInput(_problem(path, 1, message, "use the version of syncer that wrote it", what))
    return Records(tuple(records))


def _record(intent: Intent) -> Json:
    """Its fields as plain JSON; `dataclasses.asdict` copies what `to_json` copies anyhow."""
    return to_json({name: getattr(intent, name) for name in _FIELDS})


_FIELDS: Final = tuple(each.name for each in fields(Intent))


def open_calls(path: Path, disk: Disk = DISK) -> list[tuple[str, str]]:
    """(address, what a plan should say) of calls that an earlier run did not bring to an end; nothing is written."""
    waiting: dict[str, tuple[str, str]] = {}
    for record in read_records(path, disk).records:
        intent = record.get("intent")
        if isinstance(intent, dict):
            address = str(intent.get("address"))
            said = f"{address}: an earlier apply was cut off in `{intent.get('step')}`"
            waiting[str(intent.get("op"))] = address, f"{said}; the next apply looks first whether it took effect"
        else:
            waiting.pop(str(record.get("settled")), None)
    return list(waiting.values())


def must_be_settled(path: Path, addresses: Collection[str] | None = None, disk: Disk = DISK) -> None:
    """Refused while the journal knows of calls (of these addresses, else of any) that an earlier run made, or may have
    made, and that no state holds: the next apply would put them over what is linked or renamed meanwhile."""
    waiting: dict[str, str] = {}
    for record in read_records(path, disk).records:
        intent = record.get("intent")
        if isinstance(intent, dict):
            if addresses is None or intent.get("address") in addresses:
                said = f"{intent.get('address')}: an earlier apply was cut off in `{intent.get('step')}`"
                waiting[str(intent.get("op"))] = said
        elif record.get("outcome") != "APPLIED":
            waiting.pop(str(record.get("settled")), None)
    if waiting:
        hint = "run `syncer apply` first: it looks whether that took effect, and remembers it"
        raise Refused([Problem("open-call", said, hint=hint) for said in waiting.values()])


def body_digest(body: Json) -> str:
    """A digest of a request's body in which a secret counts by its name only; so it tells nothing about it."""
    text = json.dumps(to_json(body), sort_keys=True, ensure_ascii=True)
    return f"sha256:{hashlib.sha256(text.encode('ascii')).hexdigest()}"


_WAY_OUT = "look at what the last run may have made, then delete the journal and run `syncer plan`"


def _record_at(raw: bytes, position: int) -> tuple[Mapping[str, Json] | None, int]:
    head = _RECORD.match(raw, position)
    if head is None:
        return None, position
    end = head.end() + int(head[1])
    body = raw[head.end() : end]
    if raw[end : end + 1] != b"\n" or zlib.crc32(body) != int(head[2], 16):
        return None, position
    try:
        record = json.loads(body)
    except ValueError:
        return None, position
    return (record, end + 1) if isinstance(record, dict) else (None, position)


def _torn(raw: bytes, position: int) -> bool:
    """Whether the rest is what a crash leaves of one record: no whole record follows it, and it breaks off or has holes
    of zeros. A last line that is all there but doesn't match was damaged later: that is not dropped."""
    rest = raw[position:]
    if any(_record_at(raw, start)[0] is not None for start in _line_starts(raw, position)):
        return False
    return b"\0" in rest or not rest.endswith(b"\n")


def _line_starts(raw: bytes, position: int) -> Iterator[int]:
    end = raw.find(b"\n", position)
    while end >= 0:
        yield end + 1
        end = raw.find(b"\n", end + 1)


def _problem(path: Path, line: int, message: str, hint: str, rule: str = "journal") -> Problem:
    return Problem(rule, message, Location(own_name(path), line, 1), hint=hint)
