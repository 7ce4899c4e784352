"""What each apply is about to change, on disk as it was before: a file a run, read again by `syncer undo`.

Append-only, records framed as in the journal. `run` says whose it is, `change` how an object was just before its first
write (durable before that write; of what did not exist, and is in the journal before it is made, as soon as it may be),
`result` how it ended. It knows neither kinds nor what a change means.
"""

from __future__ import annotations

import contextlib
import datetime
import glob
import re
import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from syncer.documents.document_codec import FLAG, TEXT, Key, converted, listed, mapping, record
from syncer.fs.disk import DISK, Disk, NotDurable, replace_file
from syncer.fs.permissions import own_name
from syncer.model.diagnostic import InvalidInput, Location, Problem, Refused
from syncer.model.json_values import Json
from syncer.state.journal import frame, read_records
from syncer.state.marker_json import from_json, to_json

FORMAT: Final = 1
MODE: Final = 0o600
KEPT: Final = 20
"""How many runs of an environment are kept; the oldest go when an apply begins."""
_NAME = re.compile(r"\d{8}T\d{6}\.\d{6}Z-([0-9a-f]{8})\.run")
_WAY_OUT = "move the file away; the other runs are not concerned"


@dataclass(frozen=True, slots=True)
class RunHeader:
    """Whose run it was. `time`: seconds since 1970; `by`: who ran it and where; `undo`: the run that it took back."""

    id: str
    time: float
    environment: str
    org_id: str
    server: str
    plan: str
    by: str
    syncer: str
    undo: str = ""


KEPT_ENTRY: Final = record(
    dict,
    Key("live_id", TEXT, told=lambda entry: entry.live_id),
    Key("declared", converted(mapping(), from_json, to_json)),
    Key("parts", converted(mapping(mapping(TEXT)), from_json, to_json)),
    Key("protect", FLAG),
    Key("aliases", listed(TEXT)),
    Key("policy", converted(mapping(), from_json, to_json)),
    Key("secrets", listed(TEXT), told=lambda entry: sorted(entry.secrets)),
    Key("adopted", FLAG, optional=True),
)
"""What state said of an object before its change; of secrets the names, not the digests. Read as attributes of a
`Managed`, but for these and the live id, which the change says too."""


@dataclass(frozen=True, slots=True)
class KeptChange:
    """One change of a run: what was written down before it, and how it ended (empty where that was cut off)."""

    before: Mapping[str, Json]
    result: Mapping[str, Json] = field(default_factory=dict)
    line: int = 0

    @property
    def address(self) -> str:
        """`ClosingReason/won`."""
        return str(self.before["address"])


@dataclass(frozen=True, slots=True)
class Run:
    """A run as its file tells it. `note`: what a crash cut off its end."""

    header: RunHeader
    changes: tuple[KeptChange, ...]
    path: Path
    note: str = ""

    @property
    def counts(self) -> dict[str, int]:
        """How many changes ended in which way: done, failed, unknown, and `cut off` for those without an end."""
        found: dict[str, int] = {}
        for each in self.changes:
            outcome = str(each.result.get("outcome", "cut off"))
            found[outcome] = found.get(outcome, 0) + 1
        return found


class RunFile:
    """The file of a run that is under way; safe among threads."""

    def __init__(self, path: Path, header: RunHeader, disk: Disk) -> None:
        self._path, self._disk = path, disk
        self._lock = threading.Lock()
        self._broken = False
        self._waiting = False
        """Whether a change is written that is not yet surely on the medium."""
        disk.mkdir(path.parent)
        self._handle = disk.create(path, MODE)
        disk.write(self._handle, frame({"run": FORMAT, **asdict(header)}))
        disk.fsync(self._handle)
        disk.fsync_dir(path.parent)

    def change(self, record: Mapping[str, Json], *, durable: bool = True) -> None:
        """Keep what is about to be changed; durable when this returns, or once `sync` does. NotDurable else: then it
        may not be changed."""
        self._append({"change": dict(record)}, durable=durable)
        if not durable:
            self._waiting = True

    def sync(self) -> None:
        """Every change that was kept is durable when this returns. NotDurable as `change`."""
        with self._lock:
            if self._waiting or self._broken:
                self._sync()

    def result(self, record: Mapping[str, Json]) -> None:
        """Keep how it ended. Not waited for: without it an undo looks at the organisation."""
        self._append({"result": dict(record)}, durable=False)

    def close(self) -> bool:
        """Bring the rest to the medium, as far as it goes: what is kept of ends is a convenience. Whether every change
        is there."""
        with self._lock:
            if self._handle >= 0:
                with contextlib.suppress(NotDurable):
                    self._sync()
                handle, self._handle = self._handle, -1
                with contextlib.suppress(OSError):
                    self._disk.close(handle)
            return not self._waiting

    def _append(self, record: Json, *, durable: bool) -> None:
        with self._lock:
            try:
                if self._broken:
                    raise OSError
                self._disk.write(self._handle, frame(record))
            except OSError:
                self._broken = True
                if "change" in record:
                    raise NotDurable(_unwritable(self._path)) from None
                return
            if durable:
                self._sync()

    def _sync(self) -> None:
        try:
            if self._broken:
                raise OSError
            self._disk.fsync(self._handle)
            self._waiting = False
        except OSError:
            self._broken = True
            raise NotDurable(_unwritable(self._path)) from None


@dataclass(frozen=True, slots=True)
class RunHistory:
    """The runs of one environment: a folder with a file each. `named`: the environments that syncer.yaml names; the
    runs of `org_id` that stand beside the folder under another name are this environment's, which had that name. None:
    these are not looked at."""

    folder: Path
    disk: Disk = DISK
    named: Collection[str] | None = None
    org_id: str = ""

    def begin(self, header: RunHeader) -> RunFile:
        """The file of a new run; the oldest go first. InvalidInput where it cannot be written: nothing was sent yet."""
        moment = datetime.datetime.fromtimestamp(header.time, datetime.UTC)
        path = self.folder / f"{moment:%Y%m%dT%H%M%S.%fZ}-{header.id}.run"
        try:
            for name in self._names()[KEPT - 1 :]:
                with contextlib.suppress(FileNotFoundError):
                    self.disk.remove(self.folder / name)
            return RunFile(path, header, self.disk)
        except OSError:
            raise InvalidInput(_unwritable(path)) from None

    def complete(self, id: str, made: Mapping[str, str]) -> None:
        """Add what a run made, address → live id, where a crash took it from the run's file and another knows of it.
        A file that is not there, or cannot be read, is left alone. OSError where the disk says no."""
        name = next((name for name in self._names() if _id(name) == id), "")
        if not name:
            return
        try:
            found = read_records(self.folder / name, self.disk, "run", _WAY_OUT)
        except InvalidInput:
            return
        known = {str(each["change"].get("address")) for each in found.records if isinstance(each.get("change"), dict)}
        lost = {address: live_id for address, live_id in made.items() if address not in known}
        if found.records and lost:
            records = [*found.records, *(each for item in lost.items() for each in _made(*item))]
            replace_file(self.folder / name, b"".join(map(frame, records)), MODE, disk=self.disk)

    def list(self) -> tuple[list[Run], list[str]]:
        """Every run that can be read, newest first; and a word about each file that cannot."""
        found: list[Run] = []
        said: list[str] = []
        every = [folder / name for folder in (self.folder, *self._former()) for name in self._names(folder)]
        for path in sorted(every, key=lambda each: each.name, reverse=True):
            try:
                run = self._read(path)
            except InvalidInput as error:
                said.append(f"{path.name}: {error.problems[0].message}")
                continue
            if path.parent == self.folder or run.header.org_id == self.org_id:
                found.append(run)
        return found, said

    def newest(self) -> tuple[Run | None, str]:
        """The newest run, None where there is none or its file cannot be read; and a word about that."""
        for name in self._names()[:1]:
            try:
                return self._read(self.folder / name), ""
            except InvalidInput as error:
                return None, f"{name}: {error.problems[0].message}"
        return None, ""

    def read(self, id: str) -> Run:
        """The run of that id. InvalidInput where there is none, or it is damaged; Refused, as a saved plan is, where
        it is another environment's."""
        from difflib import get_close_matches

        names = {_id(name): name for name in self._names()}
        if id not in names:
            for other in sorted(self.folder.parent.glob(f"*/*-{glob.escape(id)}.run")):
                hint = f"choose its environment: --env {other.parent.name}"
                if other.parent in self._former():
                    run = self._read(other)
                    if run.header.org_id == self.org_id:
                        return run
                    hint = f'name it in syncer.yaml again, with `org_id: "{run.header.org_id}"`'
                message = f"the run was made for environment `{other.parent.name}`, and this is `{self.folder.name}`"
                raise Refused(Problem("other-run", message, hint=hint))
            near = get_close_matches(id, names, 1)
            kept = f"the {KEPT} newest runs of an environment are kept, on the machine that made them"
            hint = f"did you mean `{near[0]}`?" if near else f"`syncer undo` lists them; {kept}"
            raise InvalidInput(Problem("no-such-run", f"no run `{id}` is kept in `{own_name(self.folder)}`", hint=hint))
        return self._read(self.folder / names[id])

    def _former(self) -> Sequence[Path]:
        """Folders beside this one of which syncer.yaml names no environment; no links."""
        if self.named is None:
            return []
        beside = sorted(self.folder.parent.glob("*"))
        return [each for each in beside if each.name not in self.named and each.is_dir() and not each.is_symlink()]

    def _names(self, folder: Path | None = None) -> Sequence[str]:
        """The files of runs, newest first."""
        return sorted((each for each in self.disk.names(folder or self.folder) if _NAME.fullmatch(each)), reverse=True)

    def _read(self, path: Path) -> Run:
        found = read_records(path, self.disk, "run", _WAY_OUT)
        if not found.records:
            raise InvalidInput(_damaged(path, 1, "run was cut off before it began, and changed nothing"))
        try:
            return _run(found.records, path, found.note)
        except (KeyError, TypeError, ValueError):
            raise InvalidInput(_damaged(path, 1, "run holds a record nobody wrote")) from None


def _run(records: Sequence[Mapping[str, Json]], path: Path, note: str) -> Run:
    header = RunHeader(**{name: value for name, value in records[0].items() if name != "run"})
    befores: dict[str, tuple[Mapping[str, Json], int]] = {}
    results: dict[str, Mapping[str, Json]] = {}
    for line, each in enumerate(records[1:], start=2):
        if "change" in each:
            befores[str(each["change"]["address"])] = (each["change"], line)
        else:
            results[str(each["result"]["address"])] = each["result"]
    kept = tuple(KeptChange(before, results.get(address, {}), line) for address, (before, line) in befores.items())
    return Run(header, kept, path, note)


def _made(address: str, live_id: str) -> tuple[Json, Json]:
    """What is kept of an object that a run made, as far as the journal knows it."""
    change = {"address": address, "action": "create", "live_id": "", "name": address.partition("/")[2], "entry": None}
    rest = {"manifest": "", "stamps": {}, "secrets": []}
    return {"change": {**change, **rest}}, {"result": {"address": address, "outcome": "done", "live_id": live_id}}


def _id(name: str) -> str:
    found = _NAME.fullmatch(name)
    return found[1] if found else ""


def _unwritable(path: Path) -> Problem:
    message = "what is about to be changed cannot be kept for an undo, so it is not changed"
    return Problem(
        "run", message, Location(own_name(path), 1, 1), hint="make its folder writable, with room on the disk"
    )


def _damaged(path: Path, line: int, message: str) -> Problem:
    return Problem("run", message, Location(own_name(path), line, 1), hint=_WAY_OUT)
