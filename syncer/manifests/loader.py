"""Reads manifest files into raw manifests: plain values that know their places and their file's digest.

Envelope and kind are judged here; what a kind's fields mean is for the JSON Schemas and the kinds.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path as FilePath
from typing import NamedTuple

from syncer.documents.parallel_reader import Judge, ParallelReader, Text
from syncer.documents.yaml_reader import Document, read
from syncer.manifests import envelope
from syncer.manifests.discovery import read_bytes, shown
from syncer.manifests.envelope import RawManifest
from syncer.model.diagnostic import InvalidInput, Location, Problem, located


class LoadedManifests(NamedTuple):
    """All manifests that could be read, and the problems of all files, warnings among them."""

    manifests: tuple[RawManifest, ...]
    problems: tuple[Problem, ...]


class OpenedFiles(NamedTuple):
    """Files whose bytes are there, or why they are not; what they say is being read."""

    texts: list[Text | InvalidInput]
    reading: ParallelReader


def opened(
    files: Iterable[FilePath], root: FilePath, *, elsewhere: float = 0.5, judge: Judge | None = None
) -> OpenedFiles:
    """The bytes of the files; `elsewhere`, `judge`: as `ParallelReader`, which is to be closed."""
    root = root.resolve()
    texts = [_text(path, shown(path, root)) for path in files]
    whole = [text for text in texts if not isinstance(text, InvalidInput)]
    return OpenedFiles(texts, ParallelReader(whole, elsewhere=elsewhere, judge=judge))


def load(
    files: OpenedFiles | Iterable[FilePath], root: FilePath, kinds: Collection[str], judge: Judge | None = None
) -> LoadedManifests:
    """Reads every file once (its digest is that of the text that was read) and collects the problems of all.

    `judge`: as `ParallelReader`, where the files are not open yet."""
    if not isinstance(files, OpenedFiles):
        here = opened(files, root, elsewhere=0.55, judge=judge)  # what all show together is seen here
        with here.reading:
            return load(here, root, kinds)
    manifests: list[RawManifest] = []
    problems: list[Problem] = []
    documents_of = files.reading.documents()
    for each in files.texts:
        if isinstance(each, InvalidInput):
            problems.extend(each.problems)
            continue
        text, file = each
        documents = next(documents_of)
        if isinstance(documents, InvalidInput):
            problems.extend(documents.problems)
            continue
        found = of_documents(documents, text, file, kinds)
        manifests.extend(found.manifests)
        problems.extend(found.problems)
    return LoadedManifests(tuple(manifests), tuple(problems))


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


def _text(path: FilePath, file: str) -> Text | InvalidInput:
    try:
        return read_bytes(path, file), file
    except InvalidInput as error:
        return error


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
