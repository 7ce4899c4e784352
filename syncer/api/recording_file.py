"""Recordings in files: written whole, read with suspicion; what they hold is `recording`'s.

Nothing in a file is believed: its form and its checksum are looked at before anything is planned with it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from syncer.api.recording import AGAIN, Recording
from syncer.documents.document_codec import TEXT, Key, converted, listed, mapping, record
from syncer.documents.strict_json import NotJson, load
from syncer.fs.disk import replace_file
from syncer.model.diagnostic import InvalidInput, Problem
from syncer.model.json_values import Json, UnknownValue, json_text

FORMAT_VERSION = 1

MODE = 0o644
"""For everybody: it holds no secret and no entity, and is there to be committed or handed to forks."""

LARGEST = 256 * 1024 * 1024
"""Bytes a recording may have; 1,000 closing reasons, 100 flows and 100 schemas take 3.4 MB."""


def _sorted(value: Json) -> Json:
    """The value with the keys of every mapping in order."""
    return json.loads(json.dumps(value, sort_keys=True, allow_nan=False))


_RECORDING = record(
    Recording,
    Key("recorded_at", TEXT),
    Key("environment", TEXT),
    Key("org_id", TEXT),
    Key("server", TEXT),
    Key("syncer", TEXT),
    Key("kinds", listed(TEXT)),
    Key("lists", converted(mapping(listed(mapping())), write=_sorted)),
    Key("reads", converted(mapping(), write=_sorted)),
)


def text_of(recording: Recording) -> str:
    """The file's text: sorted, so that two recordings of one organisation differ in their time and nothing else."""
    document = {"format_version": FORMAT_VERSION, **_RECORDING.write(recording)}
    return json_text({"checksum": _checksum(document), **document}, indent=1) + "\n"


def _checksum(document: Mapping[str, Json]) -> str:
    """SHA-256 over everything but itself: a file cut short or changed by hand is not taken for what was recorded."""
    bound = {key: value for key, value in document.items() if key != "checksum"}
    text = json.dumps(bound, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def save_recording(path: Path, recording: Recording) -> None:
    """Write it, whole or not at all; InvalidInput where it cannot be written there."""
    try:
        replace_file(path, text_of(recording).encode("utf-8"), mode=MODE)
    except OSError as error:
        message = f"`{path}` can't be written: {error.strerror or type(error).__name__}"
        raise InvalidInput(Problem("recording-file", message, hint="give another -o FILE")) from None


def load_recording(path: Path, mark: str) -> Recording:
    """The recording in a file; values of the form `{mark: …}` are Unknown. InvalidInput if it is none, another
    format's, damaged, or not as it was written."""
    try:
        document = load(path, "recording", LARGEST)
    except NotJson as error:
        raise _bad(path, str(error)) from None
    version = document.get("format_version") if isinstance(document, dict) else None
    if version is None or not isinstance(document.get("checksum"), str):
        raise _bad(path, "is no recording: it has no `format_version` and `checksum`")
    if version != FORMAT_VERSION or isinstance(version, bool):
        hint = f"use a newer syncer, or {AGAIN}"
        said = f"has `format_version` {json_text(version, indent=None)}: this syncer reads format {FORMAT_VERSION}"
        raise _bad(path, said, hint)
    if document["checksum"] != _checksum(document):
        raise _bad(path, "was changed, or cut short, after it was made: its checksum is of another content")
    rest = {name: value for name, value in document.items() if name not in ("checksum", "format_version")}
    try:
        made: Recording | None = None if _RECORDING.faults(rest) else _RECORDING.read(rest)
        if made and made.moment:
            return replace(made, lists=_marked(made.lists, mark), reads=_marked(made.reads, mark))
    except ValueError:  # a time that is none
        pass
    raise _bad(path, "is no recording: its form is not that of format 1")


def _bad(path: Path, what: str, hint: str = AGAIN) -> InvalidInput:
    return InvalidInput(Problem("recording-file", f"`{path}` {what}", hint=hint))


def _marked(value: Json, mark: str) -> Json:
    if isinstance(value, dict):
        return (
            UnknownValue("withheld") if mark in value else {name: _marked(item, mark) for name, item in value.items()}
        )
    return [_marked(item, mark) for item in value] if isinstance(value, list) else value
