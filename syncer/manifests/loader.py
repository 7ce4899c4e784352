"""Reads manifest files into raw manifests: plain values that know their places and their file's digest.

Envelope and kind are judged here; what a kind's fields mean is for the JSON Schemas and the kinds.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path as FilePath

from syncer.documents.parallel_reader import Judge, ParallelReader
from syncer.documents.source_checks import Text
from syncer.documents.yaml_reader import Document, read, restored
from syncer.manifests import envelope
from syncer.manifests.discovery import FoundFiles
from syncer.manifests.envelope import RawManifest
from syncer.manifests.file_texts import FileTexts, read_texts
from syncer.manifests.read_cache import CachedFile, ReadCache
from syncer.model.diagnostic import InvalidInput, Location, Problem, located
from syncer.model.named_tuple import NamedTuple


class LoadedManifests(NamedTuple):
    """All manifests that could be read, and the problems of all files, warnings among them."""

    manifests: tuple[RawManifest, ...]
    problems: tuple[Problem, ...]
    outlined: frozenset[str] = frozenset()
    """Files of which only an outline was read: what else they say matters to nothing that is reported on."""


class OpenedFiles(NamedTuple):
    """Files whose bytes are there, or why they are not; what they say is being read, or is known."""

    files: FileTexts
    known: list[CachedFile | None]
    reading: ParallelReader
    cache: ReadCache | None = None


def opened(
    files: FileTexts,
    *,
    elsewhere: float = 0.5,
    judge: Judge | None = None,
    cache: ReadCache | None = None,
    environments: Collection[str] = (),
) -> OpenedFiles:
    """The files, those that `cache` does not know being read; `elsewhere`, `judge`: as `ParallelReader`, which is to be
    closed. `environments`: whose manifests they are judged for."""
    known = [cache.file(digest, environments) if cache and digest else None for digest in files.digests]
    unknown = [
        text
        for text, found in zip(files.texts, known, strict=True)
        if found is None and not isinstance(text, InvalidInput)
    ]
    return OpenedFiles(files, known, ParallelReader(unknown, elsewhere=elsewhere, judge=judge), cache)


def load(
    files: OpenedFiles | Iterable[FilePath],
    root: FilePath,
    kinds: Collection[str],
    only: Collection[str] | None = None,
) -> LoadedManifests:
    """Reads every file once (its digest is that of the text that was read) and collects the problems of all.

    `only`: names of files that will be reported on; of others an outline may do, where a cache has one."""
    if not isinstance(files, OpenedFiles):
        here = opened(read_texts(FoundFiles(tuple(files), ()), root, digests=False))
        with here.reading:
            return load(here, root, kinds, only)
    work = _Load(files, kinds, only)
    work.run()
    return work.result()


class _Load:
    """Files while they become manifests."""

    def __init__(self, files: OpenedFiles, kinds: Collection[str], only: Collection[str] | None) -> None:
        self.files, self.kinds, self.only = files, kinds, only
        self.manifests: list[tuple[str, Sequence[RawManifest]]] = []
        self.problems: list[Problem] = []
        self.outlined: dict[str, tuple[bytes, str, CachedFile]] = {}
        self.read: dict[str, tuple[RawManifest, ...]] = {}

    def run(self) -> None:
        """Reads every file, or its outline."""
        documents_of = self.files.reading.documents()
        texts = self.files.files
        for each, digest, known in zip(texts.texts, texts.digests, self.files.known, strict=True):
            if isinstance(each, InvalidInput):
                self.problems.extend(each.problems)
            elif known is None:
                self.fresh(each, digest, next(documents_of))
            elif self.only is not None and each[1] not in self.only and known.outline is not None:
                self.outline(each, digest, known)
            else:
                documents = self.restored(each, known)
                self.take(each, of_documents(documents, *each, self.kinds))
                if self.files.cache is not None:
                    self.files.cache.keep(digest, documents)

    def take(self, text: Text, found: LoadedManifests) -> None:
        """Takes over what a file holds."""
        self.manifests.append((text[1], found.manifests))
        self.problems.extend(found.problems)

    def fresh(self, text: Text, digest: str, documents: list[Document] | InvalidInput) -> None:
        """A file that is read for the first time."""
        if isinstance(documents, InvalidInput):
            self.problems.extend(documents.problems)
            return
        found = of_documents(documents, *text, self.kinds)
        self.take(text, found)
        if self.files.cache is not None and digest:
            from syncer.manifests.outline import outline_of  # late: only what is remembered has one

            outline = None if found.problems else outline_of(documents, found.manifests)
            self.files.cache.add(digest, documents, outline)

    def outline(self, text: Text, digest: str, known: CachedFile) -> None:
        """A file that is not reported on."""
        documents = restored(known.outline or [], *text, sound=known.sound)
        self.take(text, of_documents(documents, *text, self.kinds))
        self.outlined[text[1]] = (*text, known)
        if self.files.cache is not None:
            self.files.cache.keep(digest, [])

    def restored(self, text: Text, known: CachedFile) -> list[Document]:
        """The documents of a file that is known."""
        try:
            values = self.files.cache.values(known) if self.files.cache is not None else []
        except (ValueError, TypeError, RecursionError):  # not what was written: the file itself says it
            return read(*text)
        return restored(values, *text, sound=known.sound)

    def whole(self, file: str) -> tuple[RawManifest, ...]:
        """The manifests of a file of which an outline is known."""
        if file not in self.read:
            content, name, known = self.outlined[file]
            documents = self.restored((content, name), known)
            self.read[file] = of_documents(documents, content, name, self.kinds).manifests
        return self.read[file]

    def result(self) -> LoadedManifests:
        """All manifests, in the order of the files; whole are those that matter."""
        needed: Collection[str] = ()
        cache = self.files.cache
        if self.outlined and cache is not None:
            from syncer.manifests.outline import needed_files  # late: as above

            every = [raw for _, manifests in self.manifests for raw in manifests]
            texts = {file: cache.text(known) for file, (_, _, known) in self.outlined.items()}
            needed = needed_files(every, texts, self.only or (), self.whole)
        manifests = [raw for file, found in self.manifests for raw in (self.whole(file) if file in needed else found)]
        return LoadedManifests(tuple(manifests), tuple(self.problems), frozenset(self.outlined.keys() - set(needed)))


def of_text(text: bytes, file: str, kinds: Collection[str]) -> LoadedManifests:
    """The manifests of a text that stands, or is to stand, in `file`; InvalidInput where it is no YAML or JSON."""
    return of_documents(read(text, file), text, file, kinds)


def of_documents(documents: Iterable[Document], text: bytes, file: str, kinds: Collection[str]) -> LoadedManifests:
    """The manifests among the documents of a file, and what keeps the others from being one."""
    manifests: list[RawManifest] = []
    problems: list[Problem] = []
    watch = b"$" in text or b"\\" in text
    holding = [document for document in documents if document.value is not None]
    if not holding:
        hint = "write a manifest into it, or delete it"
        at = Location(file, 1, 1)
        problems.append(Problem("empty-file", "file holds no manifest", at, hint=hint, severity="warning"))
    for document in holding:
        problems.extend(document.warnings)
        findings = envelope.envelope(document.value, kinds)
        problems.extend(located(finding, document.locate(finding.path)) for finding in findings)
        if not findings:
            manifests.append(_manifest(document, text, watch))
    return LoadedManifests(tuple(manifests), tuple(problems))


def _manifest(document: Document, content: bytes, watch: bool) -> RawManifest:
    value = document.value
    metadata, spec = value.get("metadata"), value.get("spec")
    metadata = metadata if isinstance(metadata, dict) else {}
    name = metadata.get("name")
    return RawManifest(
        document=document,
        kind=value["kind"],
        name=name if isinstance(name, str) else "",
        metadata=metadata,
        spec=spec if isinstance(spec, dict) else {},
        content=content,
        may_hold_variables=watch,
    )
