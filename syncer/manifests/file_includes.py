"""Puts the text of a file in place of `{file: PATH}`, where a kind allows it, from inside the repository only."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path as FilePath

from syncer.manifests.discovery import read_bytes
from syncer.model.diagnostic import Finding, InvalidInput
from syncer.model.field_rules import find_all, pattern_steps
from syncer.model.json_values import Json, Path
from syncer.model.named_tuple import NamedTuple


class FilledSpec(NamedTuple):
    """The spec with texts put in, what was wrong, and the SHA-256 of each file that was read, by its path."""

    spec: dict[str, Json]
    findings: list[Finding]
    digests: dict[str, str]


def fill(spec: dict[str, Json], texts: Sequence[str], root: FilePath) -> FilledSpec:
    """The spec with every `{file: PATH}` at the patterns `texts` (`tasks[].description.value`, from the spec) replaced.

    Paths begin at the repository's root. The text stands as it is in the file: variables in it are not read. A new spec
    is returned; the given one stays as it is. Paths of findings begin with `spec`.
    """
    if not texts:
        return FilledSpec(spec, [], {})
    findings: list[Finding] = []
    digests: dict[str, str] = {}
    found: dict[Path, str] = {}
    for pattern in texts:
        for path, value in find_all(spec, pattern_steps(pattern)):
            if not isinstance(value, dict) or set(value) != {"file"} or path in found:
                continue
            root = root.resolve()
            here = ("spec", *path, "file")
            text = _text(value["file"], root, here, findings, digests)
            if text is not None:
                found[path] = text
    for path, text in found.items():
        spec = _put(spec, path, text)
    return FilledSpec(spec, findings, digests)


def text_digest(name: str, root: FilePath) -> str:
    """The SHA-256 of the file that a manifest may take a text from, "" where it may not, or can't."""
    digests: dict[str, str] = {}
    _text(name, root.resolve(), (), [], digests)
    return digests.get(name, "")


def _text(name: Json, root: FilePath, here: Path, findings: list[Finding], digests: dict[str, str]) -> str | None:
    """The text of the file a manifest names, or None with a finding."""
    if not isinstance(name, str) or not name:
        hint = "write `file: path/below/the/repository`"
        findings.append(Finding("file-path", "`file` is not the path of a file", here, hint))
        return None
    if complaint := _forbidden(name, root):
        hint = "paths begin at the folder of syncer.yaml and stay below it"
        findings.append(Finding("file-path", f"file `{name}` {complaint}", here, hint))
        return None
    content = b""
    try:
        content = read_bytes(_real(name, root), name)
        text = content.decode()
    except InvalidInput as error:
        problem = error.problems[0]
        hint = "paths begin at the folder of syncer.yaml" if problem.rule == "unreadable" else problem.hint
        findings.append(Finding(problem.rule, problem.message, here, hint))
        return None
    except UnicodeDecodeError as error:
        message = f"file `{name}` is not UTF-8: byte {error.start} is 0x{content[error.start]:02x}"
        findings.append(Finding("encoding", message, here, "save it as UTF-8"))
        return None
    import hashlib  # late: few manifests name a file

    digests[name] = hashlib.sha256(content).hexdigest()
    return text.removeprefix("\ufeff")


def _real(name: str, root: FilePath) -> FilePath:
    """Where a path leads; links that lead nowhere stay, for the reader to report."""
    return FilePath(os.path.realpath(root / name))


def _forbidden(name: str, root: FilePath) -> str:
    """Why a path may not be read, or nothing."""
    if "\0" in name or "\\" in name:
        return "holds a backslash or NUL"
    path = FilePath(name)
    if path.is_absolute() or name.startswith("~"):
        return "does not begin at the repository's root"
    if ".." in path.parts:
        return "holds `..`"
    real = _real(name, root)
    if not real.is_relative_to(root):
        return "leads out of the repository through a symbolic link"
    if any(part.startswith(".") for part in (*path.parts, *real.relative_to(root).parts)):
        return "is hidden, or lies in a hidden folder"
    return ""


def _put(value: Json, path: Path, text: str) -> Json:
    """The value with a text at a path; what is not on the way is shared, not copied."""
    if not path:
        return text
    step, rest = path[0], path[1:]
    if isinstance(value, dict):
        return {key: _put(item, rest, text) if key == step else item for key, item in value.items()}
    return [_put(item, rest, text) if index == step else item for index, item in enumerate(value)]
