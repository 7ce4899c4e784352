"""Finds and reads syncer.yaml: which environments there are, and what a file from a checkout may decide about them.

Whoever can change the checkout can change this file, so hosts, token sources, proxies and certificates in it are
held to README.md#synceryaml. The JSON Schema judges its form; this module the trust.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path as FilePath
from typing import TYPE_CHECKING

from syncer.manifests.discovery import PROJECT_FILE, read_bytes, upward
from syncer.manifests.envelope import nearest
from syncer.manifests.variables import Variables
from syncer.model.diagnostic import Finding, InvalidInput, Location, Problem, located
from syncer.model.json_values import Json, Path
from syncer.model.named_tuple import NamedTuple

if TYPE_CHECKING:
    from syncer.documents.yaml_reader import Document

SERVICES = ("entity", "workflow", "automation", "app", "data_governance", "permissions", "audit_log")
DEFAULT_PACE = 0.8

# Patterns stand as text where few runs need them: `re` compiles and keeps them when they are first used.
# A pattern, not a URL parser: parsers drop line ends and read `\` and `@` each in their own way.
_URL = r"https://(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+epilot\.io(?:/[A-Za-z0-9._~-]+)*/?\Z"
_VARIABLE_NAME = r"(?:EPILOT|SYNCER)_[A-Z0-9_]+\Z"
_WORD = r"[A-Za-z_][A-Za-z0-9_]{0,63}\Z"  # what is no name may be the token itself, and isn't shown
_ENVIRONMENT_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?\Z"
_PERCENT = r"(100|[0-9]{1,2})%\Z"
_AT_KEY = frozenset({"unknown-field", "environment-name", "not-in-repository"})
_FORBIDDEN = {
    word: f"set SYNCER_{setting} where syncer runs"
    for setting, words in {
        "PROXY": ("proxy", "proxies", "http_proxy", "https_proxy", "no_proxy"),
        "CA_FILE": ("ca", "ca_file", "ca_bundle", "cafile", "cert", "certificate", "verify", "insecure", "tls"),
        "SERVER": ("server", "url", "base_url", "host", "endpoint"),
    }.items()
    for word in words
}


class Limit(NamedTuple):
    """How many changes of a sort one plan may hold: a number, or a share of the objects in percent."""

    value: int
    percent: bool = False


class Limits(NamedTuple):
    """The limits of an environment; None where syncer.yaml sets none."""

    delete: Limit | None = None
    update: Limit | None = None


class Environment(NamedTuple):
    """One organisation, as syncer.yaml describes it."""

    name: str
    org_id: str
    token_env: str
    """Name of the process variable that holds the token; "" where syncer.yaml names none."""
    confirm: bool
    protect: bool
    limits: Limits
    pace: float
    """The share of the platform's quota that may be used, above 0 and up to 1."""
    vars: Mapping[str, Json]
    ids: Mapping[str, str]
    where: Callable[[Path], Location]
    """Where a value stands, by its path below the environment."""
    state: str = ""
    """The address of the place where its state lives; "" for the file beside syncer.yaml."""
    tokens: frozenset[str] = frozenset()
    """The variables that hold the token of an environment, this one or another: no manifest may read them."""

    def variables(self, env: Mapping[str, str] | None = None, allowed: frozenset[str] = frozenset()) -> Variables:
        """What variables stand for in this environment; without `env` those of the process stay unread (validate)."""
        return Variables(self.vars, self.ids, env, allowed, self.name, self.tokens)


class Project(NamedTuple):
    """What syncer.yaml says. `root` is its folder: nothing outside is ever read as a manifest."""

    root: FilePath
    file: FilePath
    manifests: tuple[FilePath, ...]
    """Folders to search, absolute."""
    environments: Mapping[str, Environment]
    services: Mapping[str, str]
    """Base URLs that differ from the usual, by service, without a slash at the end."""
    document: Document
    warnings: tuple[Problem, ...] = ()
    layout: str = ""
    """Where `pull` puts a new manifest below the first folder: `{kind}/{name}.yaml` where nothing is said."""


def find_project(start: FilePath, config: FilePath | None = None) -> FilePath:
    """The path of syncer.yaml: the one given, else the nearest in `start` or above, up to the git repository's folder.

    InvalidInput where there is none.
    """
    if config is not None:
        path = (start / config).absolute()
        path = path / PROJECT_FILE if path.is_dir() else path
        if not path.exists():
            raise InvalidInput(
                Problem("no-project", f"`{config}` does not exist", hint="check the path after --config")
            )
        return path
    tried = list(upward(start.absolute(), PROJECT_FILE))
    for path in tried:
        if path.is_file():
            return path
    hint = "`syncer init` writes one; --config names one that lies elsewhere"
    for path in tried:
        if path.with_suffix(".yml").exists():
            hint = f"rename `{os.path.relpath(path.with_suffix('.yml'), start)}` to {PROJECT_FILE}"
    above = "" if len(tried) == 1 else f", nor in the folders above up to `{os.path.relpath(tried[-1].parent, start)}`"
    raise InvalidInput(Problem("no-project", f"there is no {PROJECT_FILE} in this folder{above}", hint=hint))


def read_project(path: FilePath) -> Project:
    """What the file at `path` says, or InvalidInput with everything that is wrong with it."""
    path = path.absolute()
    return project_of(read_bytes(path, path.name), path)


def project_of(text: bytes, path: FilePath) -> Project:
    """What a text says that stands, or is to stand, at `path` (absolute); InvalidInput as for `read_project`."""
    from syncer.documents.yaml_reader import read  # late: a run that is known reads no YAML
    from syncer.schema_check import registry

    file = path.name
    documents = [document for document in read(text, file) if document.value is not None]
    if len(documents) != 1:
        message = "file is empty" if not documents else f"file holds {len(documents)} documents, not one"
        at = documents[1].locate(()) if documents else Location(file, 1, 1)
        raise InvalidInput(Problem("project", message, at, hint="write `version: 1`, `manifests` and `environments`"))
    document = documents[0]
    found = list(_trust(document.value)) if isinstance(document.value, dict) else []
    mine = {finding.path for finding in found}
    found += [finding for finding in registry.check("syncer", document.value) if finding.path not in mine]
    problems = [located(each, document.locate(each.path, key=each.rule in _AT_KEY)) for each in found]
    problems += document.warnings
    if any(problem.severity == "error" for problem in problems):
        raise InvalidInput(sorted(problems, key=_by_place))
    problems += [located(each, document.locate(each.path)) for each in _one_organisation(document.value)]
    return _project(path, document, tuple(problems))


def is_environment_name(name: str) -> bool:
    """Whether an environment can be called so; the state's file is named after it."""
    return re.match(_ENVIRONMENT_NAME, name) is not None


def no_environment(project: Project) -> Problem:
    """Said of a syncer.yaml without environments, where one is needed."""
    hint = "add `environments: {NAME: {org_id: …, token: {env: …}}}`"
    return Problem("no-environment", f"{PROJECT_FILE} names no environment", project.document.locate(()), hint=hint)


def choose(project: Project, name: str | None) -> Environment:
    """The environment of this name; without a name the only one there is. InvalidInput otherwise."""
    known = project.environments
    listed = ", ".join(f"`{each}`" for each in known)
    if not known:
        raise InvalidInput(no_environment(project))
    if name is None:
        if len(known) == 1:
            return next(iter(known.values()))
        hint = "name one with --env NAME or SYNCER_ENV"
        raise InvalidInput(Problem("which-environment", f"there are several environments: {listed}", hint=hint))
    if name not in known:
        at = project.document.locate(("environments",), key=True)
        message = f"environment `{name}` is not in {PROJECT_FILE}"
        raise InvalidInput(Problem("unknown-environment", message, at, hint=nearest(name, known)))
    return known[name]


def _by_place(problem: Problem) -> tuple[int, int]:
    return (problem.at.line, problem.at.column) if problem.at else (0, 0)


def _trust(value: dict[str, Json]) -> Iterator[Finding]:
    """What a file from the checkout may not decide, and what only code can tell."""
    yield from _forbidden(value, ())
    yield from _folders(value.get("manifests"))
    yield from _layout(value.get("layout"))
    for name, url in _items(value.get("services")):
        if isinstance(url, str) and (not re.match(_URL, url) or "/.." in url or "/./" in url):
            hint = "services are reached by https under epilot.io; for any other host use --server or SYNCER_SERVER"
            yield Finding("host", f"`{url}` is not an https address under epilot.io", ("services", name), hint)
    folded: dict[str, str] = {}
    for name, environment in _items(value.get("environments")):
        path = ("environments", name)
        if not is_environment_name(name):
            hint = "letters, digits, `.`, `_` and `-`; the state's file is named after it"
            yield Finding("environment-name", f"`{name}` cannot be an environment's name", path, hint)
        first = folded.setdefault(name.casefold(), name)
        if first != name:
            hint = "the state's file is named after it, and some file systems cannot tell the two apart"
            yield Finding("environment-name", f"environment `{name}` differs from `{first}` only by case", path, hint)
        if isinstance(environment, dict):
            yield from _environment(environment, path)


def _one_organisation(value: dict[str, Json]) -> Iterator[Finding]:
    """Of environments that are one organisation, each but the first."""
    owners: dict[Json, str] = {}
    for name, environment in _items(value.get("environments")):
        owner = owners.setdefault(environment["org_id"], name)
        if owner != name:
            message = f"environments `{owner}` and `{name}` are one organisation"
            hint = "each has a state of its own, and takes for a stranger's what the other made; keep one of the two"
            yield Finding("one-organisation", message, ("environments", name, "org_id"), hint, "warning")


def _environment(value: dict[str, Json], path: Path) -> Iterator[Finding]:
    yield from _forbidden(value, path)
    token = value.get("token")
    name = token.get("env") if isinstance(token, dict) else None
    if isinstance(name, str) and not re.match(_VARIABLE_NAME, name):
        hint = "name it EPILOT_… or SYNCER_…; a file in the repository may not point at any other variable"
        shown = f"token variable `{name}`" if re.match(_WORD, name) else "what is given as the token's variable"
        yield Finding("token-env", f"{shown} may not be read", (*path, "token", "env"), hint)
    elif isinstance(token, str):
        hint = "write `token: {env: EPILOT_TOKEN}` and set that variable; a token never stands in a file"
        yield Finding("token-env", "the token itself stands in the file", (*path, "token"), hint)
    for sort, limit in _items(value.get("limits")):
        if _limit(limit) is None:
            hint = "write a number, such as 10, or a share from 0% to 100%"
            yield Finding("limit", f"limit `{limit}` is not possible", (*path, "limits", sort), hint)
    if "pace" in value and _pace(value["pace"]) is None:
        hint = "write a share of the platform's quota, from 1% to 100%"
        yield Finding("pace", f"pace `{value['pace']}` is not possible", (*path, "pace"), hint)
    if isinstance(value.get("state"), str):
        from syncer.model.state_location import findings

        yield from (each._replace(path=(*path, "state")) for each in findings(value["state"]))
    for family in ("vars", "ids"):
        for name, item in _items(value.get(family)):
            yield from _nested(item, (*path, family, name))


def _nested(value: Json, path: Path) -> Iterator[Finding]:
    if isinstance(value, str) and re.search(r"\$\{(?:var|env|id)\.", value):
        hint = "write the value itself; use `${env.NAME}` in the manifest where it is needed"
        yield Finding("variable-place", f"`{value}` stands where no variable is read", path, hint)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _nested(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _nested(item, (*path, index))


def _forbidden(value: dict[str, Json], path: Path) -> Iterator[Finding]:
    for key in value:
        if hint := _FORBIDDEN.get(key.lower().replace("-", "_")):
            message = f"`{key}` may not stand in {PROJECT_FILE}, which a pull request can change"
            yield Finding("not-in-repository", message, (*path, key), hint)


def _folders(value: Json) -> Iterator[Finding]:
    for index, name in enumerate(value if isinstance(value, list) else ()):
        if isinstance(name, str):
            parts = FilePath(name).parts
            if FilePath(name).is_absolute() or ".." in parts or name.startswith("~") or "\0" in name:
                hint = f"name a folder below the one of {PROJECT_FILE}"
                yield Finding("outside-root", f"`{name}` may lie outside the repository", ("manifests", index), hint)


def _layout(value: Json) -> Iterator[Finding]:
    if not isinstance(value, str):
        return
    parts, hint = value.split("/"), "write it like `{kind}/{name}.yaml`; `{env}` and `{slug}` are known too"
    words = set(re.findall(r"\{[^{}]*\}", value))
    if not {"{kind}", "{slug}"} & words or "{name}" not in words:
        message = f"layout `{value}` would put several manifests into one file: it has no `{{name}}` or no `{{kind}}`"
        yield Finding("layout", message, ("layout",), hint)
    elif words - {"{kind}", "{slug}", "{name}", "{env}"}:
        yield Finding("layout", f"layout `{value}` has a word in braces that is not known", ("layout",), hint)
    elif any(part in ("", ".", "..") or part[0] == "." or part[-1] == "~" for part in parts):
        yield Finding("layout", f"layout `{value}` is no path below the folder of manifests", ("layout",), hint)


def _items(value: Json) -> list[tuple[str, Json]]:
    return list(value.items()) if isinstance(value, dict) else []


def _limit(value: Json) -> Limit | None:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return Limit(value)
    if isinstance(value, str) and (match := re.match(_PERCENT, value)):
        return Limit(int(match.group(1)), percent=True)
    return None


def _pace(value: Json) -> float | None:
    match = re.match(_PERCENT, value) if isinstance(value, str) else None
    return int(match.group(1)) / 100 if match and int(match.group(1)) else None


def _project(path: FilePath, document: Document, warnings: tuple[Problem, ...]) -> Project:
    value = document.value
    root = path.parent.resolve()
    environments = {
        name: _read_environment(name, environment, document)
        for name, environment in (value.get("environments") or {}).items()
    }
    tokens = frozenset(each.token_env for each in environments.values() if each.token_env)
    environments = {name: each._replace(tokens=tokens) for name, each in environments.items()}
    return Project(
        root=root,
        file=path,
        manifests=tuple(root / folder for folder in value.get("manifests") or ["."]),
        environments=environments,
        services={name: url.rstrip("/") for name, url in (value.get("services") or {}).items()},
        document=document,
        warnings=warnings,
        layout=value.get("layout") or "",
    )


def _read_environment(name: str, value: Json, document: Document) -> Environment:
    limits = value.get("limits") or {}
    pace = _pace(value["pace"]) if "pace" in value else None
    return Environment(
        name=name,
        org_id=value["org_id"],
        token_env=(value.get("token") or {}).get("env", ""),
        confirm=bool(value.get("confirm")),
        protect=bool(value.get("protect")),
        limits=Limits(_limit(limits.get("delete")), _limit(limits.get("update"))),
        pace=DEFAULT_PACE if pace is None else pace,
        vars=value.get("vars") or {},
        ids=value.get("ids") or {},
        where=lambda path: document.locate(("environments", name, *path)),
        state=value.get("state") or "",
    )
