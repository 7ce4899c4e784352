"""The state file: what is remembered of an environment, read strictly, replaced whole; knows no kind and no plan.

State is a cache that can be rebuilt (docs/decisions/state-is-a-cache.md), so a file that is not perfect is refused with
its line and the way out, and never taken for an empty one. One entry stands on one line, sorted, so that git shows what
changed.
"""

from __future__ import annotations

import contextlib
import errno
import gc
import hashlib
import json
import re
import secrets
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from syncer.documents.strict_json import TooManyValues, require_sparse
from syncer.fs.disk import DISK, Disk, NotDurable, remove_leftovers, replace_file
from syncer.fs.permissions import own_name
from syncer.model.address import Address, parse_address
from syncer.model.diagnostic import InvalidInput, Location, Problem
from syncer.model.json_values import Json
from syncer.model.resource import Managed, Remainder
from syncer.state.marker_json import from_json
from syncer.state.state_schema import ENTRY, fault

FORMAT: Final = 1
MODE: Final = 0o600
_CONFLICT = re.compile(r"^(?:<{7}|={7}|>{7}|\|{7})(?: |$)", re.MULTILINE)
_MARKERS = ("<<<<<<<", "=======", ">>>>>>>", "|||||||")
_CHECKSUM = re.compile(r'^"checksum": "sha256:([0-9a-f]{64})",$', re.MULTILINE)
_VERSION = re.compile(r'"format_version": *(\d{1,9})\b')


@dataclass(frozen=True, slots=True)
class State:
    """What is remembered of one environment. `found` is False where no file was there."""

    org_id: str = ""
    serial: int = 0
    entries: Mapping[Address, Managed] = field(default_factory=dict)
    found: bool = False
    guards: Mapping[str, Json] = field(default_factory=dict)
    """What the environment asked for at the last apply (`confirm`, limits): a plan says when less is asked for."""
    open_runs: tuple[str, ...] = ()
    """Applies that began and of which nobody has said that they ended: what they did last may stand in a journal that
    is not here."""
    salt: str = ""
    """What the digests of undeclared values are keyed with; "" where there are none yet."""


Lines = dict[Address, tuple[Managed, str]]
"""Entries as they were last written; a save writes anew only those that changed."""


def load(
    path: Path, environment: str, *, org_id: str = "", kinds: Collection[str] | None = None, disk: Disk = DISK
) -> State:
    """The state in a file; an empty one (`found` False) where there is none.

    InvalidInput, with the line and what to do, for a file that is damaged, was edited by hand, has merge conflicts,
    belongs to another environment or organisation (`org_id`, if given), comes from a newer syncer, names an address or
    a live id twice, or a kind that is not among `kinds` (if given); and for a link, FIFO or folder in its place.
    """
    raw = read(path, disk)
    return State() if raw is None else decode(raw, path, environment, org_id=org_id, kinds=kinds)


def decode(
    raw: bytes, path: Path | str, environment: str, *, org_id: str = "", kinds: Collection[str] | None = None
) -> State:
    """The state in the bytes of a file; InvalidInput as `load`. `path`: where they were found, for messages."""
    text = _plain(raw, path)
    _check_form(text, path)
    try:
        require_sparse(raw)
    except TooManyValues as bad:
        raise _invalid(path, 1, f"state is damaged: it {bad}", _WAY_OUT) from None
    with _collector_paused():
        return _checked(text, path, environment, org_id, kinds)


def _checked(text: str, path: Path | str, environment: str, org_id: str, kinds: Collection[str] | None) -> State:
    document = _document(text, path)
    if document["environment"] != environment:
        message = f"state is of environment `{_short(document['environment'])}`, not `{environment}`"
        raise _invalid(path, _line(text, '"environment"'), message, "it was copied here; put its own file back")
    if org_id and document["org_id"] not in {"", org_id}:
        message = f"state is of organisation `{_short(document['org_id'])}`, not `{_short(org_id)}`"
        raise _invalid(
            path, _line(text, '"org_id"'), message, "check `org_id` in syncer.yaml; move the file if it is right"
        )
    entries = _entries(document["entries"], text, path, kinds)
    _check_sum(text, path)
    head = document["org_id"], document["serial"]
    salt: str = document.get("salt", "")
    if not salt:  # what digests there are say nothing then
        digested = [each for each in entries.values() if each.undeclared is not None]
        entries |= {each.address: each._replace(undeclared=None) for each in digested}
    return State(*head, entries, True, document.get("guards", {}), tuple(document.get("open_runs", ())), salt)


def save(path: Path, environment: str, state: State, *, disk: Disk = DISK, lines: Lines | None = None) -> State:
    """Replace the file by this state with the next serial, and return it as it now stands there.

    The former content is kept as `NAME.json.backup`. A crash at any instant leaves one whole file. NotDurable where
    the disk fails. `lines`: give the same dict to every save of a run and it stays fast.
    """
    after = replace(state, serial=state.serial + 1, entries=dict(sorted(state.entries.items())), found=True)
    with _collector_paused():
        text = encode(environment, after, lines)
    write(path, text.encode("ascii"), disk)
    return after


def write(path: Path, raw: bytes, disk: Disk = DISK) -> None:
    """Replace the file by these bytes and keep its former content as the backup. NotDurable where the disk fails."""
    try:
        clean(path, disk)
        _keep_backup(path, disk)
        replace_file(path, raw, MODE, disk=disk)
    except OSError as error:
        message = f"state cannot be saved: {_odd_file(error)}"
        hint = "what was done stands in the journal; make room on the disk, then run it again"
        raise NotDurable(Problem("state", message, Location(own_name(path), 1, 1), hint=hint)) from None


def backup_of(path: Path) -> Path:
    """Where the generation before stands."""
    return path.with_name(f"{path.name}.backup")


def clean(path: Path, disk: Disk = DISK) -> None:
    """Remove what crashes left beside the file; nothing ever reads it."""
    remove_leftovers(path, disk)
    remove_leftovers(backup_of(path), disk)


def encode(environment: str, state: State, lines: Lines | None = None) -> str:
    """The file's text: the same state, the same bytes. `serial` stands in it as it is."""
    cached: Lines = {} if lines is None else lines
    rows = []
    for address, managed in sorted(state.entries.items()):
        known = cached.get(address)
        if known is None or known[0] is not managed:
            known = cached[address] = (managed, _dump(ENTRY.write(managed)))
        rows.append(known[1])
    head: dict[str, Json] = {
        "format_version": FORMAT,
        "environment": environment,
        "org_id": state.org_id,
        "serial": state.serial,
    }
    if state.guards:
        head["guards"] = dict(sorted(state.guards.items()))
    if state.open_runs:
        head["open_runs"] = sorted(state.open_runs)
    if state.salt:
        head["salt"] = state.salt
    top = "".join(f"{_dump(name)}: {_dump(value)},\n" for name, value in head.items())
    body = ",\n".join(rows)
    text = f'{{\n{top}"checksum": "sha256:{"0" * 64}",\n"entries": [\n{body}\n]\n}}\n'
    return text.replace("0" * 64, hashlib.sha256(text.encode("utf-8")).hexdigest(), 1)


def read(path: Path, disk: Disk = DISK) -> bytes | None:
    """The bytes of the file, None where there is none; InvalidInput for a link, FIFO or folder in its place."""
    try:
        return disk.read(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _invalid(path, 1, f"state cannot be read: {_odd_file(error)}", _WAY_OUT) from None


def _plain(raw: bytes, path: Path | str) -> str:
    """The text with plain line ends."""
    if raw[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        raise _invalid(path, 1, "state is in UTF-16", "an editor saved it so; restore the backup or save it as UTF-8")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _invalid(path, raw[: error.start].count(b"\n") + 1, "state is not UTF-8", _WAY_OUT) from None
    return text.replace("\r\n", "\n")


_WAY_OUT = "restore the backup beside it, or run `syncer state rebuild`"


def _check_form(text: str, path: Path | str) -> None:
    """What would otherwise come out as a confusing JSON error: empty, conflict markers, a newer format."""
    if not text.strip("\0 \n"):
        raise _invalid(path, 1, "state is empty: a write was interrupted or the file was cleared", _WAY_OUT)
    if any(marker in text for marker in _MARKERS) and (conflict := _CONFLICT.search(text)):
        line = text.count("\n", 0, conflict.start()) + 1
        raise _invalid(
            path, line, "state has merge conflict markers", "take either side whole, then run `syncer state rebuild`"
        )
    version = _VERSION.search(text[:1000])
    if version and int(version[1]) > FORMAT:
        message = f"state has format {version[1]}; this syncer knows formats up to {FORMAT}"
        raise _invalid(path, _line(text, '"format_version"'), message, "use the newer syncer that wrote it")


def _document(text: str, path: Path | str) -> dict[str, Any]:
    """The file as JSON of the form that `state_schema` describes."""
    try:
        document: dict[str, Any] = json.loads(text)
    except json.JSONDecodeError as error:
        raise _invalid(path, error.lineno, f"state is damaged at column {error.colno}", _WAY_OUT) from None
    except (ValueError, RecursionError):
        raise _invalid(path, 1, "state is damaged: it holds values nobody wrote", _WAY_OUT) from None
    place = fault(document)
    if place is not None:
        line = 1
        if len(place) > 1 and place[0] == "entries" and isinstance(place[1], int):
            line = _entry_line(text, place[1])
        where = ".".join(str(step) for step in place) or "document"
        raise _invalid(path, line, f"state is damaged: `{_short(where)}` is not what it should be", _WAY_OUT)
    return document


def _entries(
    rows: list[dict[str, Any]], text: str, path: Path | str, kinds: Collection[str] | None
) -> dict[Address, Managed]:
    entries: dict[Address, Managed] = {}
    owners: dict[tuple[str, str], Address] = {}
    for index, row in enumerate(rows):
        address, live_id = parse_address(row["address"]), row["live_id"]
        if address is None or (kinds is not None and address.kind not in kinds):
            what = "is no address" if address is None else "is of a kind this syncer does not know"
            raise _invalid(path, _entry_line(text, index), f"`{_short(row['address'])}` {what}", _WAY_OUT)
        if address in entries:
            raise _invalid(path, _entry_line(text, index), f"`{address}` stands twice in the state", _WAY_OUT)
        owner = owners.setdefault((address.kind, live_id), address)
        if owner is not address and live_id:
            message = f"`{address}` and `{owner}` are linked to one live object, `{_short(live_id)}`"
            raise _invalid(
                path, _entry_line(text, index), message, "run `syncer state rm` for the wrong one's address, or rebuild"
            )
        try:
            entries[address] = entry_of(row, address)
        except (TypeError, RecursionError):
            message = f"`{address}` remembers something nobody wrote"
            raise _invalid(path, _entry_line(text, index), message, _WAY_OUT) from None
    return entries


def entry_of(row: Mapping[str, Any], address: Address) -> Managed:
    """The entry in a row of the right form; TypeError for a marker that nobody wrote."""
    known = "undeclared" in row
    if len(row) == 3 + known and "declared" in row:  # nearly all are
        undeclared = Remainder(row["undeclared"]) if known else None
        return Managed(address, row["live_id"], from_json(row["declared"]), undeclared=undeclared)
    entry: Managed = ENTRY.read(row)
    return entry


def _check_sum(text: str, path: Path | str) -> None:
    found = _CHECKSUM.search(text)
    if found:
        plain = text[: found.start(1)] + "0" * 64 + text[found.end(1) :]
        if hashlib.sha256(plain.encode("utf-8")).hexdigest() == found[1]:
            return
    line = text.count("\n", 0, found.start()) + 1 if found else _line(text, '"checksum"')
    raise _invalid(path, line, "state does not match its checksum: it was edited or damaged", _WAY_OUT)


def _keep_backup(path: Path, disk: Disk) -> None:
    """The file that is there, under the backup's name too: a second name costs no copy, and no instant has no file."""
    second = path.with_name(f".{backup_of(path).name}.{secrets.token_hex(8)}.tmp")
    try:
        disk.link(path, second)
    except FileNotFoundError:
        return
    disk.replace(second, backup_of(path))


_dump: Final = json.JSONEncoder(ensure_ascii=True, allow_nan=False).encode


def _entry_line(text: str, index: int) -> int:
    """The line on which the n-th entry begins, by its `address` (no other key of an entry's own level has that name;
    one inside `declared` never begins a line)."""
    starts: Iterator[re.Match[str]] = re.finditer(r'^\s*(?:\{\s*)?"address":', text, re.MULTILINE)
    for number, start in enumerate(starts):
        if number == index:
            return text.count("\n", 0, start.end()) + 1
    return 1


def _line(text: str, needle: str, nth: int = 1) -> int:
    place = -1
    for _ in range(nth):
        following = text.find(needle, place + 1)
        place = following if following >= 0 else place
    return text.count("\n", 0, max(place, 0)) + 1


@contextlib.contextmanager
def _collector_paused() -> Iterator[None]:
    """Without the cyclic garbage collector: among a hundred thousand new objects it takes most of the time, for none of
    them is garbage."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _odd_file(error: OSError) -> str:
    if error.errno == errno.ELOOP:
        return "it is a symbolic link"
    if error.errno in {errno.EINVAL, errno.EISDIR, errno.ENXIO}:
        return "it is not a regular file"
    return errno.errorcode.get(error.errno or 0, "the disk failed")


def _short(text: str) -> str:
    return "".join(each if each.isprintable() else "?" for each in text)[:80]


def _invalid(path: Path | str, line: int, message: str, hint: str) -> InvalidInput:
    return InvalidInput(Problem("state", message, Location(own_name(path), line, 1), hint=hint))
