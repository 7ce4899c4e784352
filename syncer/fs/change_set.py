"""Changes of files as one value: shown as a git patch, or carried out if the files are still what was read.

Each file is replaced atomically; whoever runs again after an interruption goes on where it stopped. It does not know
what the files say.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from syncer.fs.disk import DISK, Disk, remove_leftovers_of, replace_file
from syncer.model.diagnostic import InvalidInput, PartlyDone, Problem
from syncer.model.named_tuple import NamedTuple

_QUOTED = re.compile(r'[\x00-\x1f"\\\x7f]')


class FileChange(NamedTuple):
    """A file's bytes as they were read, and as they shall be; None where there was none, or it goes."""

    before: bytes | None
    after: bytes | None


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """What shall become of files, by their names below the root."""

    files: Mapping[str, FileChange] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.files)


def write(changes: ChangeSet, root: Path, *, disk: Disk = DISK) -> list[str]:
    """Carry the changes out; the names of what was written. InvalidInput, and nothing written, where a file is another
    than the one that was read; PartlyDone where the disk says no after some were written."""
    waiting = _waiting(changes, root, disk)
    remove_leftovers_of((_real(root, name) for name in waiting), disk)
    done: list[str] = []
    for name in waiting:
        path, after = _real(root, name), changes.files[name].after
        try:
            if after is None:
                disk.remove(path)
                disk.fsync_dir(path.parent)
            else:
                replace_file(path, after, disk=disk)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            hint = "check its folder's permissions and the disk, then run again: it goes on where it stopped"
            problem = Problem("unwritable", f"`{name}` cannot be written: {reason}", hint=hint)
            raise (PartlyDone(problem) if done else InvalidInput(problem)) from None
        done.append(name)
    return done


def _waiting(changes: ChangeSet, root: Path, disk: Disk) -> list[str]:
    """The files that are not yet what they shall be. InvalidInput with all that were edited meanwhile."""
    waiting: list[str] = []
    edited: list[Problem] = []
    for name, (before, after) in sorted(changes.files.items()):
        try:
            now: bytes | None = disk.read(_real(root, name))
        except FileNotFoundError:
            now = None
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise InvalidInput(Problem("unreadable", f"`{name}` cannot be read: {reason}")) from None
        if now == after:
            continue
        if now != before:
            hint = "nothing was written; run again, and it starts from what stands there now"
            edited.append(Problem("edited-meanwhile", f"`{name}` was edited since it was read", hint=hint))
        waiting.append(name)
    if edited:
        raise InvalidInput(edited)
    return waiting


def _real(root: Path, name: str) -> Path:
    """The file itself, also where a symbolic link inside the repository leads to it."""
    return (root / name).resolve()


def as_patch(changes: ChangeSet, below: str = "") -> str:
    """The changes as a patch for `git apply`. `below`: the folder of the root within the git repository, with a slash
    at its end, or nothing."""
    return "".join(_file_patch(below + name, each) for name, each in sorted(changes.files.items()))


def folder_in_git(root: Path) -> str:
    """Where the root lies in its git repository, `config/`; nothing where it is the repository, or in none."""
    root = root.resolve()
    for folder in (root, *root.parents):
        if (folder / ".git").exists():
            within = root.relative_to(folder).as_posix()
            return "" if within == "." else f"{within}/"
    return ""


def _file_patch(name: str, change: FileChange) -> str:
    from difflib import unified_diff  # late: few commands show a patch

    old, new = f"a/{name}", f"b/{name}"
    before, after = _lines(change.before or b""), _lines(change.after or b"")
    text = [f"diff --git {_quoted(old)} {_quoted(new)}\n"]
    if change.before is None:
        text.append("new file mode 100644\n")
        old = "/dev/null"
    if change.after is None:
        text.append("deleted file mode 100644\n")
        new = "/dev/null"
    hunks = list(unified_diff(before, after, n=3))[2:]
    if hunks:
        text += [f"--- {_named(old)}\n", f"+++ {_named(new)}\n"]
    for line in hunks:
        text.append(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n")
    return "".join(text)


def _lines(content: bytes) -> list[str]:
    """The lines as git counts them: only LF ends one."""
    return re.findall(r"[^\n]*\n|[^\n]+\Z", content.decode())


def _quoted(name: str) -> str:
    """A name as git writes it: in quotes where it holds what would end it."""
    if not _QUOTED.search(name):
        return name
    return (
        '"' + _QUOTED.sub(lambda match: "\\" + {'"': '"', "\\": "\\"}.get(match[0], f"{ord(match[0]):03o}"), name) + '"'
    )


def _named(name: str) -> str:
    """A name in a header line; a tab ends one that holds a blank."""
    quoted = _quoted(name)
    return f"{quoted}\t" if " " in quoted and quoted == name else quoted
