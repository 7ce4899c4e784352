"""Finds manifest files below a repository's root and reads files' bytes: regular files only, of bounded size.

Whatever else lies there (links out of the repository, loops, FIFOs, devices, unreadable folders) becomes a problem,
never a hang. It does not know what the files say.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from syncer.documents.source_checks import MANIFEST, FileLimits, too_large
from syncer.model.diagnostic import InvalidInput, Location, Problem
from syncer.model.named_tuple import NamedTuple

SUFFIXES = (".yaml", ".yml", ".json")
PROJECT_FILE = "syncer.yaml"
_LEFT_OUT = frozenset({"node_modules", "__pycache__"})


class FoundFiles(NamedTuple):
    """The manifest files, in an order that never changes, and what could not be searched."""

    files: tuple[Path, ...]
    problems: tuple[Problem, ...]


def shown(path: Path, root: Path) -> str:
    """The name of a file in messages: below the root, with `/`; bytes that are no UTF-8 as escapes."""
    name = path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def find(paths: Sequence[Path], root: Path) -> FoundFiles:
    """All manifest files at and below `paths` (absolute, or relative to `root`), each once, whatever leads to it.

    Left out: names that begin with a dot, `node_modules`, editors' backups (`x.yaml~`, `#x.yaml#`, `x.yaml.swp`), and
    files named `syncer.yaml`. A file that is named itself is taken whatever its name begins with.
    """
    search = _Search(root.resolve())
    for path in paths:
        search.start(root / path)
    search.follow_links()
    return FoundFiles(tuple(sorted(search.files.values(), key=lambda path: path.parts)), tuple(search.problems))


class _Search:
    """What was found so far; each real file and folder counts once, so no loop of links is walked twice."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.files: dict[Path, Path] = {}
        self.problems: list[Problem] = []
        self.folders: set[Path] = set()
        self.links: list[Path] = []

    def start(self, path: Path) -> None:
        """Searches a path somebody named."""
        try:
            real = path.resolve(strict=True)
            mode = real.stat().st_mode
        except (OSError, RuntimeError) as error:
            self.problem(path, "unreadable", _reason(error), "check the path for typing errors")
            return
        if not real.is_relative_to(self.root):
            hint = f"manifests lie in the folder of {PROJECT_FILE} or below"
            self.problem(path, "outside-root", "lies outside the repository", hint)
        elif stat.S_ISDIR(mode):
            self.folder(real)
        elif real.suffix.lower() in SUFFIXES:
            self.file(real, mode)
        else:
            self.problem(path, "not-a-manifest", "has none of the suffixes .yaml, .yml, .json", "rename it")

    def folder(self, path: Path) -> None:
        """Searches a folder, given by its real path, and all below it."""
        waiting = [path]
        while waiting:
            here = waiting.pop()
            if here in self.folders:
                continue
            self.folders.add(here)
            try:
                entries = sorted(os.scandir(here), key=lambda entry: entry.name)
            except OSError as error:
                self.problem(
                    here, "unreadable", f"folder cannot be searched: {_reason(error)}", "check its permissions"
                )
                continue
            for entry in entries:
                if _left_out(entry.name):
                    continue
                child = Path(entry.path)
                if entry.is_symlink():
                    self.links.append(child)
                elif entry.is_dir(follow_symlinks=False):
                    waiting.append(child)
                elif is_manifest(entry.name):
                    self.file(child, entry.stat(follow_symlinks=False).st_mode)

    def follow_links(self) -> None:
        """Follows symbolic links after all else, so that a file is known by its own name where it has one."""
        while self.links:
            link = self.links.pop(0)
            try:
                real = link.resolve(strict=True)
                mode = real.stat().st_mode
            except (OSError, RuntimeError) as error:
                if link.suffix.lower() in SUFFIXES or isinstance(error, PermissionError):
                    hint = "mend or delete the link"
                    self.problem(link, "broken-link", f"symbolic link leads nowhere: {_reason(error)}", hint)
                continue
            if stat.S_ISDIR(mode) or is_manifest(link.name):
                self.followed(link, real, mode)

    def followed(self, link: Path, real: Path, mode: int) -> None:
        """Searches what a link leads to, if it lies in the repository."""
        if not real.is_relative_to(self.root):
            hint = "copy the files into the repository; what lies outside is not reviewed with it"
            self.problem(link, "outside-root", "symbolic link leads out of the repository", hint)
        elif stat.S_ISDIR(mode):
            if not any(_left_out(part) for part in real.relative_to(self.root).parts):
                self.folder(real)
        else:
            self.file(real, mode)

    def file(self, path: Path, mode: int) -> None:
        """Takes a file, given by its real path, if it is one that can be read as text."""
        if not stat.S_ISREG(mode):
            self.problem(path, "not-a-file", f"is {_sort(mode)}, not a file", "delete or rename it")
        elif not _is_text(str(path)):
            self.problem(path, "file-name", "file name is not UTF-8", "rename it")
        else:
            self.files.setdefault(path, path)

    def problem(self, path: Path, rule: str, message: str, hint: str) -> None:
        """Notes what is wrong with a path."""
        file = shown(path, self.root)
        self.problems.append(Problem(rule, f"`{file}` {message}", Location(file, 1, 1), hint=hint))


def is_manifest(name: str) -> bool:
    """Whether a file of this name is read as a manifest when its folder is."""
    return name.lower().endswith(SUFFIXES) and name != PROJECT_FILE


def _left_out(name: str) -> bool:
    return name.startswith(".") or name.endswith("~") or (name[0] == name[-1] == "#") or name in _LEFT_OUT


def read_bytes(path: Path, file: str, *, limits: FileLimits = MANIFEST) -> bytes:
    """The bytes of a regular file that is not too large; InvalidInput for anything else, and never a wait.

    `file` is what the file is called in messages.
    """
    at = Location(file, 1, 1)
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        raise InvalidInput(
            Problem("unreadable", f"`{file}` cannot be read: {_reason(error)}", at, hint="check path and permissions")
        ) from None
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise InvalidInput(
                Problem("not-a-file", f"`{file}` is {_sort(status.st_mode)}, not a file", at, hint="name a file")
            )
        if status.st_size > limits.bytes:
            raise InvalidInput(too_large(status.st_size, file, limits))
        with os.fdopen(handle, "rb", closefd=False) as stream:
            content = stream.read(limits.bytes + 1)
    except OSError as error:
        raise InvalidInput(Problem("unreadable", f"`{file}` cannot be read: {_reason(error)}", at)) from None
    finally:
        os.close(handle)
    if len(content) > limits.bytes:
        raise InvalidInput(too_large(len(content), file, limits))
    return content


def upward(start: Path, name: str) -> Iterator[Path]:
    """The paths that a file of this name may have in `start` and the folders above, up to the git repository's own."""
    for folder in (start, *start.parents):
        yield folder / name
        if (folder / ".git").exists():
            return


def _reason(error: Exception) -> str:
    """The system's words for an error, without the path, which the message names itself."""
    if isinstance(error, RuntimeError):  # pathlib before 3.13, for links that lead to each other
        return "too many levels of symbolic links"
    number = getattr(error, "errno", None)
    return os.strerror(number).lower() if number else "not a possible path"


def _sort(mode: int) -> str:
    sorts = (
        (stat.S_ISDIR, "a folder"),
        (stat.S_ISFIFO, "a named pipe"),
        (stat.S_ISSOCK, "a socket"),
        (stat.S_ISCHR, "a device"),
        (stat.S_ISBLK, "a device"),
    )
    return next((words for test, words in sorts if test(mode)), "something else")


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
