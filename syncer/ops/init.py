"""What `syncer init` writes: the smallest repository that validates, plans and applies, or one more environment."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from syncer.model.diagnostic import InvalidInput, Problem

PROJECT = """\
# What syncer manages, and where. https under epilot.io only; tokens come from the process, never from a file.
version: 1
manifests: [config]
environments:
{environment}"""

FIRST = """\
# A closing reason: why a flow was closed. `syncer schema ClosingReason` prints every field.
apiVersion: syncer/v1
kind: ClosingReason
metadata:
  name: customer-declined     # the address is ClosingReason/customer-declined
spec:
  title: Kunde hat abgesagt   # what users see
  status: ACTIVE
"""

IGNORED = """\
# What syncer remembers of each organisation. It can be rebuilt; commit it, or keep it in your CI's cache.
.syncer/
"""


USUAL = ("sandbox", "911690")
"""The first environment's name and organisation where none are given; the organisation is that of `sandbox serve`."""
_ORGANISATION = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")


@dataclass(frozen=True, slots=True)
class NewRepository:
    """What was done: files written, files left alone and why, and the environment that was added to a file, if any."""

    made: list[str]
    kept: dict[str, str]
    added: str = ""


def begin(folder: Path, name: str = "", org: str = "") -> NewRepository:
    """Write what is missing of a repository; in one that has a syncer.yaml, add environment `name` of organisation
    `org` to it. InvalidInput where that is not possible; what is there is never changed otherwise."""
    from syncer.manifests.discovery import PROJECT_FILE

    if org and not _ORGANISATION.match(org):
        hint = "the portal shows it: a number such as 911690"
        raise InvalidInput(Problem("usage", f"organisation `{org}` is no id", hint=hint))
    project = folder / PROJECT_FILE
    other = project.with_suffix(".yml")
    if not os.path.lexists(project) and os.path.lexists(other):
        raise InvalidInput(Problem("no-project", f"`{other}` is not read", hint=f"rename it to {PROJECT_FILE}"))
    if os.path.lexists(project) and name:
        return _add(project, name, org)
    begun = (
        NewRepository([], {PROJECT_FILE: "it is there already"})
        if os.path.lexists(project)
        else _first(folder, name, org)
    )
    _ignore_state(folder, begun)
    return begun


def _first(folder: Path, name: str, org: str) -> NewRepository:
    """syncer.yaml, and a first manifest where there is none."""
    from syncer.manifests.discovery import PROJECT_FILE
    from syncer.manifests.environment_entry import environment_lines
    from syncer.manifests.project import project_of

    begun = NewRepository([], {})
    text = PROJECT.format(environment=environment_lines(name or USUAL[0], org or USUAL[1]))
    path = folder / PROJECT_FILE
    _sound(lambda: project_of(text.encode(), path))
    _write(path, text)
    begun.made.append(PROJECT_FILE)
    config = folder / "config"
    if config.is_dir() and any(config.iterdir()):
        begun.kept["config"] = "there are files in it"
    else:
        _write(config / "closing-reasons.yaml", FIRST)
        begun.made.append("config/closing-reasons.yaml")
    return begun


def _add(project: Path, name: str, org: str) -> NewRepository:
    """A further environment in syncer.yaml."""
    from syncer.manifests.discovery import read_bytes
    from syncer.manifests.environment_entry import with_environment
    from syncer.manifests.project import project_of

    text = read_bytes(project, project.name)
    if name in project_of(text, project.absolute()).environments:
        return NewRepository([], {project.name: f"environment `{name}` is in it already"})
    if not org:
        hint = f"`syncer init --env {name} --org ID`"
        raise InvalidInput(Problem("usage", f"environment `{name}` needs its organisation", hint=hint))
    written: list[bytes] = []
    _sound(lambda: written.append(with_environment(text, project.absolute(), name, org)))
    _replace(project, written[0])
    return NewRepository([], {}, project.name)


def _sound(judge: Callable[[], object]) -> None:
    """What a judge says of a text that is not written yet has no place in a file that one could look up."""
    try:
        judge()
    except InvalidInput as error:
        raise InvalidInput([problem._replace(at=None, path="") for problem in error.problems]) from None


def _ignore_state(folder: Path, begun: NewRepository) -> None:
    """`.syncer/` in .gitignore, behind what stands there."""
    path = folder / ".gitignore"
    name = path.name
    if not os.path.lexists(path):
        _write(path, IGNORED)
        begun.made.append(name)
        return
    try:
        text = path.read_bytes()
    except OSError as error:
        begun.kept[name] = f"it cannot be read: {error.strerror or type(error).__name__}; add `.syncer/` to it"
        return
    if any(line.strip().rstrip(b"/") in (b".syncer", b"/.syncer") for line in text.splitlines()):
        begun.kept[name] = "it is there already"
        return
    _replace(path, text.rstrip(b"\r\n") + b"\n\n" * bool(text.strip()) + IGNORED.encode())
    begun.made.append(name)


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(path, error) from None
    _replace(path, text.encode("utf-8"))


def _replace(path: Path, content: bytes) -> None:
    """A symbolic link stays one: what it leads to is replaced."""
    from syncer.fs.disk import replace_file

    try:
        replace_file(path.resolve(), content)
    except (OSError, RuntimeError) as error:
        raise _unwritable(path, error) from None


def _unwritable(path: Path, error: Exception) -> InvalidInput:
    reason = getattr(error, "strerror", None) or type(error).__name__
    return InvalidInput(Problem("unwritable", f"`{path}` cannot be written: {reason}"))
