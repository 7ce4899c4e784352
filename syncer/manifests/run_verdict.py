"""That nothing was found in a whole project, remembered: with the same syncer.yaml and the same files nothing is found
again, in whichever of them one asks about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from syncer.manifests.discovery import find
from syncer.manifests.file_includes import text_digest
from syncer.manifests.file_texts import FileTexts, read_texts
from syncer.manifests.read_cache import CachedRun, ReadCache, digest_of
from syncer.model.json_values import Json
from syncer.model.named_tuple import NamedTuple

if TYPE_CHECKING:
    from syncer.manifests.resolution import Manifests


class KnownRun(NamedTuple):
    """What is there now, and whether it is what was there in the run that is remembered."""

    files: FileTexts
    counts: Mapping[str, int] | None
    """How many manifests each file holds where nothing is found; None where that is not known."""


def known_run(cache: ReadCache, project_file: Path, settings: bytes, extra: Sequence[Path]) -> KnownRun | None:
    """What a run of `validate` over the files of that syncer.yaml, and `extra` ones, is known to find. None where
    nothing is remembered of that syncer.yaml."""
    run = cache.run(settings)
    if run is None:
        return None
    root = project_file.parent.resolve()
    files = read_texts(find([*(root / folder for folder in run.folders), *extra], root), root, digests=True)
    names = files.names()
    same = not files.found.problems and len(names) == len(files.texts) == len(run.counts)
    if not same or files.digest() != run.files:
        return KnownRun(files, None)
    if any(text_digest(name, root) != digest for name, digest in run.texts.items()):
        return KnownRun(files, None)
    return KnownRun(files, dict(zip(names, run.counts, strict=True)))


def remember_run(cache: ReadCache, manifests: Manifests, files: FileTexts, settings: bytes) -> None:
    """Nothing was found in these manifests of these files: let the next run know, where that can be known. Where no
    warning was found either, `--strict` finds no error."""
    project = manifests.project
    every = [*manifests.all, *manifests.removed]
    texts = set(_texts_of(project.document.value))
    for raw in every:
        if b"file" in raw.content or b"\\" in raw.content:  # an escape may stand for any letter
            texts.update(_texts_of(raw.document.value))
    counts = Counter(raw.file for raw in every)
    names = files.names()
    if any("${" in name for name in texts) or not every or counts.keys() != set(names):
        return
    folders = tuple(project.document.value.get("manifests") or ["."])
    digests = {name: text_digest(name, project.root) for name in sorted(texts)}
    held = tuple(counts[name] for name in names)
    cache.add_run(CachedRun(digest_of(settings), folders, files.digest(), held, digests))


def _texts_of(value: Json) -> Iterator[str]:
    """Every path in a value that may be that of a text: `{file: PATH}`."""
    if isinstance(value, dict):
        if value.keys() == {"file"} and isinstance(value["file"], str):
            yield value["file"]
        for item in value.values():
            yield from _texts_of(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts_of(item)
