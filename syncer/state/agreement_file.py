"""What agreed in the last plan or drift, kept beside the state and never part of it: digests only, in a file of the
user's cache folder.

It is whole and of this very syncer, or as good as not there. Behind its text stands a mark for each run that used it,
so that some runs can do without and compare.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

from syncer import __version__
from syncer.fs.cache_file import CacheFile
from syncer.model.named_tuple import NamedTuple

FORMAT: Final = 1
SIZE: Final = 16
"""Bytes of a digest."""
SALT: Final = 32
"""Random bytes that every digest is keyed with."""
_HEAD: Final = b"syncer agreements"
_MARK: Final = b"."
_NOT_WHOLE = (ValueError, TypeError, KeyError, AttributeError, RecursionError)
"""What reading something else than what was written raises."""

ReadCall = tuple[str, str, str, str, Any]
"""What was read beside the lists: (service asked by default, service, method, path, body)."""


class WholeAgreement(NamedTuple):
    """A run in which nothing differed and nothing was said, by what it was made of."""

    files: str
    """Digest of syncer.yaml and of all manifest files."""
    rest: str
    """Digest of all else but the replies: state, environment, day."""
    lists: str
    """Digest of all that was listed."""
    reads: str
    """Digest of what was read beside."""
    kinds: tuple[str, ...] = ()
    """What was listed to be compared."""
    lookups: tuple[str, ...] = ()
    """What was listed to look something up in."""
    calls: tuple[ReadCall, ...] = ()
    """What was read beside."""
    warnings: int = 0
    """How many `validate` has about the manifests."""


class AgreementRecord(NamedTuple):
    """All that is remembered of one environment. `salt`: random bytes, which the digests are keyed with."""

    salt: bytes
    objects: frozenset[bytes] = frozenset()
    """The digest of each object that agreed."""
    whole: Mapping[str, WholeAgreement] = {}
    """Command → its last run in which everything agreed."""


class AgreementFile:
    """The file of one environment. `rules`: a digest of all that decides beside the inputs; what was written under
    another is as good as not there."""

    def __init__(self, path: Path, rules: str) -> None:
        self._file = CacheFile(path)
        self._rules = rules

    @property
    def path(self) -> Path:
        """Where it is."""
        return self._file.path

    def load(self) -> tuple[AgreementRecord | None, int]:
        """What is remembered, None where nothing is, and how many runs used it."""
        head, _, rest = self._file.load().partition(b"\n")
        text, _, marks = rest.partition(b"\n")
        if head != self._head(text) or marks.strip(_MARK):
            return None, 0
        try:
            return _record(json.loads(text)), len(marks)
        except _NOT_WHOLE:
            return None, 0

    def mark(self) -> bool:
        """Note that a run uses it; whether that could be done."""
        flags = os.O_WRONLY | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
        try:
            handle = os.open(self.path, flags)
            try:
                return os.write(handle, _MARK) == len(_MARK)
            finally:
                os.close(handle)
        except OSError:
            return False

    def save(self, record: AgreementRecord, used: int) -> bool:
        """Remember this instead, used by so many runs already; whether that could be done."""
        text = json.dumps(_document(record), separators=(",", ":")).encode("ascii")
        return self._file.save(b"\n".join((self._head(text), text, _MARK * used)))

    def drop(self) -> None:
        """Forget everything."""
        with contextlib.suppress(OSError):
            os.unlink(self.path)

    def _head(self, text: bytes) -> bytes:
        sum_of_text = blake2b(text, digest_size=SIZE).hexdigest()
        return b" ".join((_HEAD, f"{FORMAT} {self._rules} {sum_of_text}".encode("ascii")))


def program_digest(package: Path = Path(__file__).parents[1]) -> str:
    """A digest of all that decides beside what it is given: this program's version, its sources and schemas (by name,
    size and time of change), its Python, and when libraries were last installed."""
    installed = package / "schemas"
    said = [f"{__version__} {sys.version}"]
    for folder in (package, installed if installed.is_dir() else package.parent / "schemas"):
        said += sorted(_stamps(str(folder)))
    for libraries in sys.path:
        if libraries.endswith(("site-packages", "dist-packages")):
            with contextlib.suppress(OSError):
                said.append(f"{libraries} {os.stat(libraries).st_mtime_ns}")
    return blake2b("\n".join(said).encode("utf-8", "surrogateescape"), digest_size=SIZE).hexdigest()


def _stamps(folder: str) -> Iterator[str]:
    waiting = [folder]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.name.endswith((".py", ".json")):
                    status = entry.stat()
                    yield f"{entry.path} {status.st_size} {status.st_mtime_ns}"
                elif "." not in entry.name and entry.name not in {"__pycache__", "sandbox"} and entry.is_dir():
                    waiting.append(entry.path)


def _document(record: AgreementRecord) -> dict[str, Any]:
    return {
        "salt": record.salt.hex(),
        "objects": b"".join(sorted(record.objects)).hex(),
        "whole": {name: each._asdict() for name, each in record.whole.items()},
    }


def _record(said: Any) -> AgreementRecord:
    objects = bytes.fromhex(said["objects"])
    whole = {str(name): _whole(each) for name, each in said["whole"].items()}
    digests = frozenset(objects[at : at + SIZE] for at in range(0, len(objects), SIZE))
    salt = bytes.fromhex(said["salt"])
    if len(salt) != SALT:
        raise ValueError
    return AgreementRecord(salt, digests, whole)


def _whole(said: Mapping[str, Any]) -> WholeAgreement:
    if set(said) != set(WholeAgreement._fields):
        raise TypeError
    given: dict[str, Any] = {name: tuple(each) if isinstance(each, list) else each for name, each in said.items()}
    read = WholeAgreement(**given)
    texts = (*read[:4], *read.kinds, *read.lookups, *(text for call in read.calls for text in call[:4]))
    if not all(isinstance(each, str) for each in texts) or type(read.warnings) is not int or read.warnings < 0:
        raise TypeError
    return read._replace(
        calls=tuple((default, service, method, path, body) for default, service, method, path, body in read.calls)
    )
