"""The lines of `metadata.extra` that a file's manifests lack, put into its text: what `syncer fmt --extra` does."""

from __future__ import annotations

from collections.abc import Sequence

from syncer.diff.extra_paths import entries
from syncer.documents.edit.editor import edit
from syncer.documents.edit.operations import Replacement
from syncer.kinds import KINDS, REMOVED
from syncer.manifests.envelope import RawManifest
from syncer.manifests.extra_fields import lines
from syncer.manifests.loader import of_text
from syncer.model.diagnostic import Problem

MOST_NAMED = 8
"""Paths that a message names; of more, the number."""


def with_extra(text: bytes, file: str) -> tuple[bytes, list[Problem]]:
    """The text with what its manifests do not list yet, and a warning for each manifest that says what was listed.

    InvalidInput where it cannot be read or edited. Of a kind by which records are deleted nothing is listed: a
    misspelt filter would delete more."""
    notes: list[Problem] = []
    for raw in of_text(text, file, (*KINDS, REMOVED)).manifests:
        kind = KINDS.get(raw.kind)
        found = lines(kind, raw.spec, entries(raw.metadata)) if kind else []
        if kind is None or not found or not isinstance(raw.document.value.get("metadata"), dict):
            continue
        if kind.deletes_records:
            notes.append(_note(raw, found, "not listed, for it may delete more than is meant", "check the spelling"))
            continue
        listed = {**raw.metadata, "extra": [*entries(raw.metadata), *found]}
        text = edit(text, raw.document.index, [Replacement(("metadata",), listed)], file)
        notes.append(_note(raw, found, "listed in `metadata.extra` now", "see that none of it is a typo"))
    return text, notes


def _note(raw: RawManifest, paths: Sequence[str], said: str, hint: str) -> Problem:
    named = ", ".join(f"`{path}`" for path in paths[:MOST_NAMED])
    more = f" and {len(paths) - MOST_NAMED:,} more" if len(paths) > MOST_NAMED else ""
    message = f"{raw.kind}/{raw.name}: {named}{more}: {said}"
    return Problem("extra-path", message, raw.locate(("metadata",), key=True), "$.metadata", hint, "warning")
