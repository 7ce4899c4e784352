"""Texts of manifests that stand in files of their own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from syncer.fs.change_set import FileChange
from syncer.kinds import KINDS
from syncer.manifests.discovery import read_bytes
from syncer.manifests.envelope import RawManifest
from syncer.model.address import Address
from syncer.model.diagnostic import InvalidInput, Problem
from syncer.model.field_rules import find_all, pattern_steps


def text_change(raws: Mapping[Address, RawManifest], root: Path, name: str, text: str, address: Address) -> FileChange:
    """The file `name` below `root` with a new text for the manifest of an address; InvalidInput where others read it
    too."""
    users = [other for other, raw in raws.items() if _reads(raw, name)]
    if users != [address] or _reads(raws[address], name) > 1:
        others = ", ".join(str(each) for each in users if each != address) or "another field of it"
        hint = "give each a file of its own, or change the text by hand"
        raise InvalidInput(Problem("text-shared", f"`{name}` was left as it is: {others} reads it too", hint=hint))
    before = read_bytes((root / name).resolve(), name)
    mark = b"\xef\xbb\xbf" if before.startswith(b"\xef\xbb\xbf") else b""
    return FileChange(before, mark + text.encode())


def _reads(raw: RawManifest, name: str) -> int:
    """In how many places a manifest names this file."""
    if name.encode() not in raw.content:
        return 0
    patterns = KINDS[raw.kind].texts
    return sum(value == {"file": name} for each in patterns for _, value in find_all(raw.spec, pattern_steps(each)))
