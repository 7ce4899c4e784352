"""What was read of manifest files, remembered from run to run: by a digest of their content, never by name or time.

It only saves work. What it says of a content is what reading that content says; whatever is not whole, or was written
by another version, is as good as not there. No value of the process environment is in it: it holds what the files
hold, before any variable is put in.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any, Protocol

from syncer import __version__
from syncer.model.json_values import Json
from syncer.model.named_tuple import NamedTuple

try:  # the same function without the library for encryption, which `hashlib` loads first
    from _blake2 import blake2b
except ImportError:  # pragma: no cover
    from hashlib import blake2b

if TYPE_CHECKING:
    from syncer.documents.yaml_reader import Document, Plain

FORMAT = 2
_HEAD = b"syncer read cache "
FEW = 8
"""Files that a run about other files may read in vain before it writes the cache anew: writing it costs as much."""


_NO_READERS = frozenset({"__pycache__", "sandbox", "render", "api", "state", "ops", "cli"})
"""Folders of the package in which nothing decides how a file is read and judged."""


_DISTRIBUTION = "epilot_syncer-"
_LIBRARIES = ("pyyaml-", "jsonschema-", "jsonschema_rs-", "referencing-")


class CacheStore(Protocol):
    """The file in which a cache is kept; as `fs.cache_file.CacheFile`."""

    def load(self) -> bytes:
        """What stands in it; nothing where nothing usable does."""

    def save(self, content: bytes) -> bool:
        """Put that into its place; whether that was done."""


class CachedFile(NamedTuple):
    """What is remembered of a content: where its values stand, and what is known without them."""

    sound: bool
    """Whether its manifests were judged, and nothing can be said of them (`Document.sound`)."""
    outline: Plain | None
    """Its documents with nothing of their specs but what tells which object is meant (`outline.outline_of`); None where
    they can't be told apart by that."""
    begin: int
    end: int


class CachedRun(NamedTuple):
    """A `validate` of the whole project in which nothing was found, and what it depended on."""

    settings: str
    """Digest of syncer.yaml."""
    folders: tuple[str, ...]
    """Where syncer.yaml has manifests searched, below its own folder."""
    files: str
    """Digest of all names and contents."""
    counts: tuple[int, ...]
    """How many manifests each of the files holds, in their order."""
    texts: Mapping[str, str]
    """Digest of each file that a manifest takes a text from, by its path."""


def digest_of(content: bytes, file: str = "") -> str:
    """What a content is remembered under: JSON is read in another way than YAML."""
    found = blake2b(content, digest_size=20).hexdigest()
    return found + "j" if file.lower().endswith(".json") else found


def rules_key(package: FilePath | None = None, path: Sequence[str] | None = None) -> str:
    """A digest of all that decides how a file is read and judged beside itself and syncer.yaml: this program's version,
    its sources and schemas, and the Python and the libraries that they run on (those of `path`, by version).

    Of an installed package the installer has written down what every file holds, so that two installations of one
    build agree; of a checkout the times of change tell.
    """
    here = str(package or FilePath(__file__).parents[1])
    above = os.path.dirname(here)
    installed = os.path.isdir(os.path.join(here, "schemas"))
    said = [f"{FORMAT} {__version__} {sys.version}"]
    record = _record(above) if installed else b""
    said.append(digest_of(record))
    for folder in (here,) if installed else (here, os.path.join(above, "schemas")):
        said += _stamps(folder, times=not record)
    said += _libraries(sys.path if path is None else path)
    return digest_of("\n".join(said).encode("utf-8", "surrogateescape"))


def _record(folder: str) -> bytes:
    """What the installer has written down of this package; nothing where it has not."""
    for name in sorted(os.listdir(folder)):
        if name.startswith(_DISTRIBUTION) and name.endswith(".dist-info"):
            try:
                with open(os.path.join(folder, name, "RECORD"), "rb") as file:
                    return b"".join(line for line in file if b"sha256=" in line)
            except OSError:
                return b""
    return b""


def _stamps(folder: str, *, times: bool) -> Iterator[str]:
    """Name and size of each source and schema, and when it was changed."""
    waiting = [folder]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in sorted(entries, key=lambda each: each.name):
                if entry.name.endswith((".py", ".json")):
                    status = entry.stat()
                    when = status.st_mtime_ns if times else 0
                    yield f"{entry.path[len(folder) :]} {status.st_size} {when}"
                elif "." not in entry.name and entry.name not in _NO_READERS and entry.is_dir():
                    waiting.append(entry.path)


def _libraries(path: Sequence[str]) -> Iterator[str]:
    """The libraries that read and judge, each with its version, where they are installed."""
    for folder in path:
        try:
            names = sorted(os.listdir(folder or "."))
        except OSError:
            continue
        yield from (each for each in names if each.lower().startswith(_LIBRARIES) and each.endswith("-info"))


class ReadCache:
    """What earlier runs remembered, and what this one reads. To be saved; until then nothing is written."""

    def __init__(self, store: CacheStore, key: str) -> None:
        self._store, self._key = store, key
        self._files: dict[str, CachedFile] = {}
        self._values = b""
        self._environments: list[str] = []
        self._table: _Part | None = None
        self._new: dict[str, tuple[list[Document], Plain | None]] = {}
        self._kept: dict[str, list[Document]] = {}
        self._run: CachedRun | None = None
        try:
            self._open(store.load())
        except _NOT_WHOLE:
            self._run, self._table = None, None
        self._known_run = self._run

    # --- what earlier runs remembered

    def run(self, settings: bytes) -> CachedRun | None:
        """The last run of `validate` in which nothing was found, if syncer.yaml was this one."""
        return self._run if self._run is not None and self._run.settings == digest_of(settings) else None

    def file(self, digest: str, environments: Collection[str]) -> CachedFile | None:
        """What is remembered of that content. It was judged for environments of these names, or counts as not
        judged."""
        self._read_files()
        found = self._files.get(digest)
        if found is not None and found.sound and list(environments) != self._environments:
            return found._replace(sound=False)
        return found

    def values(self, found: CachedFile) -> Plain:
        """The documents of a file. ValueError and the like where they are none: then the file is to be read."""
        return [(value, (line, column)) for value, (line, column) in json.loads(self.text(found))]

    def text(self, found: CachedFile) -> bytes:
        """The same as JSON text in UTF-8, letters beyond ASCII and `$` as they are."""
        return self._values[found.begin : found.end]

    # --- what this one reads

    def keep(self, digest: str, documents: list[Document]) -> None:
        """This content is there still; its documents may be judged by now."""
        self._kept[digest] = documents

    def add(self, digest: str, documents: list[Document], outline: Plain | None) -> None:
        """This content was read, and it has a form. Whether it is sound its documents say when all is saved."""
        if not any(document.warnings for document in documents):
            self._new[digest] = (documents, outline)

    def add_run(self, run: CachedRun) -> None:
        """Nothing was found."""
        self._run = run

    def save(self, environments: Collection[str], *, whole: bool) -> None:
        """Write what is known now, where it differs from what was known. `whole`: this run met all files there are, so
        that others are forgotten; otherwise what it learnt must be worth the writing."""
        self._read_files()
        names = list(environments)
        same = names == self._environments
        files = {
            digest: found._replace(sound=(found.sound and same) or _sound(self._kept.get(digest, ())))
            for digest, found in self._files.items()
            if digest in self._kept or not whole
        }
        learnt = len(self._new) + sum(each.sound and not self._files[name].sound for name, each in files.items())
        changed = learnt or files != self._files or self._run != self._known_run
        if learnt > FEW or (whole and changed):
            self._write(names, files)

    # --- the file: a line about it, then the parts it speaks of

    def _open(self, content: bytes) -> None:
        line, _, rest = content.partition(b"\n")
        key, *sizes = line.removeprefix(_HEAD).decode("ascii").split(" ")
        if not line.startswith(_HEAD) or key != self._key:
            return
        runs, table, values = (size.partition(":") for size in sizes)
        first, second = int(runs[0]), int(runs[0]) + int(table[0])
        if len(rest) != second + int(values[0]) or digest_of(rest[:first]) != runs[2]:
            return
        said = json.loads(rest[:first])
        self._run = None if said is None else _run(*said)
        self._table = _Part(rest, first, second, table[2], values[2])

    def _read_files(self) -> None:
        """The rest of the file, when it is first asked for: nobody does whose run is known."""
        part, self._table = self._table, None
        if part is None:
            return
        table, values = part.content[part.first : part.second], part.content[part.second :]
        try:
            if (digest_of(table), digest_of(values)) != (part.sum_of_table, part.sum_of_values):
                return
            said: dict[str, Any] = json.loads(table)
            names = [_text(each) for each in said["environments"]]
            self._files = {digest: _file(*each, size=len(values)) for digest, each in said["files"].items()}
            self._environments, self._values = names, values
        except _NOT_WHOLE:
            self._files = {}

    def _write(self, names: list[str], files: Mapping[str, CachedFile]) -> None:
        parts: list[bytes] = []
        table: dict[str, Any] = {}
        begin = 0
        for digest, found in files.items():
            text = self.text(found)
            parts.append(text)
            table[digest] = [found.sound, found.outline, begin, begin := begin + len(text)]
        for digest, (documents, outline) in self._new.items():
            text = _json([(each.value, each.start) for each in documents])
            usable = outline if b"${" not in text else None  # what a variable stands for, each environment says
            parts.append(text)
            table[digest] = [_sound(documents), usable, begin, begin := begin + len(text)]
        written = [_json(self._run), _json({"environments": names, "files": table}), b"".join(parts)]
        sizes = " ".join(f"{len(each)}:{digest_of(each)}" for each in written)
        self._store.save(b"".join((_HEAD, f"{self._key} {sizes}\n".encode("ascii"), *written)))


class _Part(NamedTuple):
    """The part of a cache's file that is not read yet: where its two pieces begin, and their digests."""

    content: bytes
    first: int
    second: int
    sum_of_table: str
    sum_of_values: str


_NOT_WHOLE = (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError)
"""What reading something else than what was written raises."""


def _sound(documents: Sequence[Document]) -> bool:
    return bool(documents) and all(document.sound for document in documents)


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _text(value: Json) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _number(value: Json) -> int:
    if type(value) is not int:
        raise TypeError
    return value


def _file(sound: Json, outline: Json, begin: Json, end: Json, *, size: int) -> CachedFile:
    if not isinstance(sound, bool) or not 0 <= _number(begin) <= _number(end) <= size:
        raise ValueError
    found: Plain | None = None
    if outline is not None:
        found = [(value, (_number(line), _number(column))) for value, (line, column) in outline]
    return CachedFile(sound, found, begin, end)


def _run(settings: Json, folders: Json, files: Json, counts: Json, texts: Json) -> CachedRun:
    return CachedRun(
        _text(settings),
        tuple(map(_text, folders)),
        _text(files),
        tuple(map(_number, counts)),
        {_text(name): _text(digest) for name, digest in texts.items()},
    )
