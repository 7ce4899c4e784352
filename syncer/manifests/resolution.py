"""Manifest files to desired resources, for one environment: the first step of `plan`, and what `validate` judges by.

Reads files, sends nothing; every problem of every file is found in one run.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path as FilePath
from typing import TYPE_CHECKING

from syncer.kinds import KINDS, REMOVED
from syncer.kinds.secret_scan import secret_literals
from syncer.manifests import envelope
from syncer.manifests.discovery import find
from syncer.manifests.envelope import RawManifest
from syncer.manifests.file_includes import fill
from syncer.manifests.file_texts import FileTexts, read_texts
from syncer.manifests.loader import LoadedManifests, OpenedFiles, load, of_documents, opened
from syncer.manifests.project import Environment, Project
from syncer.manifests.read_cache import ReadCache
from syncer.manifests.variables import SubstitutedValue, substitute
from syncer.model.address import Address
from syncer.model.diagnostic import Finding, Location, Problem, located
from syncer.model.json_values import Json, Lookup, Path, Ref, Secret, Spec
from syncer.model.kind import Kind
from syncer.model.named_tuple import NamedTuple
from syncer.model.references import Index, mark
from syncer.model.resource import Desired, Use
from syncer.schema_check import registry

if TYPE_CHECKING:
    from syncer.documents.yaml_reader import Document
    from syncer.plan.removal_requests import RemovalRequest


_AT_KEY = frozenset({"unknown-field", "server-field"})
"""Rules that speak of a key rather than of its value."""


class Manifests(NamedTuple):
    """What was read: every manifest of the repository, and what is wrong with them whatever the environment."""

    project: Project
    all: tuple[RawManifest, ...]
    problems: tuple[Problem, ...]
    complete: bool = True
    """Whether every file could be read; else nothing is said of names that none of the others declares."""
    removed: tuple[RawManifest, ...] = ()
    """Documents of kind `Removed`, which describe nothing and are in `all` no part of."""
    outlined: frozenset[str] = frozenset()
    """Files of which only names and keys are known: nothing else of them matters to the files that are reported on."""
    whole: Callable[[], Manifests] | None = None
    """The same with nothing left out, where something is."""


class PendingFiles(NamedTuple):
    """The files of a project, found and being read. To be closed."""

    opened: OpenedFiles

    def close(self) -> None:
        """End what is still reading."""
        self.opened.reading.close()


def begin(
    project: Project, elsewhere: float, cache: ReadCache | None = None, files: FileTexts | None = None
) -> PendingFiles:
    """Have the project's manifests read, that share of them by another process, while other things are done here.

    What `cache` knows is not read again. `files`: those that were found, where they are there already."""
    if files is None:
        files = read_texts(find(project.manifests, project.root), project.root, digests=cache is not None)
    judge = partial(_sound, project)
    return PendingFiles(opened(files, elsewhere=elsewhere, judge=judge, cache=cache, environments=project.environments))


def read_manifests(
    project: Project,
    extra: Sequence[FilePath] = (),
    only: Collection[str] | None = None,
    begun: PendingFiles | None = None,
    cache: ReadCache | None = None,
    files: FileTexts | None = None,
) -> Manifests:
    """Read every manifest of the project, and of `extra` paths, once. `begun`: where reading has begun already;
    `cache`, `files`: as `begin`, where it has not.

    `only`: names of files that will be reported on; they come last, so that of two manifests that exclude each other
    the one there is told.
    """
    if begun is None:
        if files is None:
            found = find([*project.manifests, *extra], project.root)
            files = read_texts(found, project.root, digests=cache is not None)
        judging = None if only else partial(_sound, project)  # of few files the others need no judgement
        # what all show together is seen here, so that a little more than half is read elsewhere
        here = opened(files, elsewhere=0.55, judge=judging, cache=cache, environments=project.environments)
        with here.reading:
            return read_manifests(project, extra, only, PendingFiles(here))
    found = begun.opened.files.found
    loaded: LoadedManifests = load(begun.opened, project.root, (*KINDS, REMOVED), only or None)
    manifests = tuple(sorted(loaded.manifests, key=lambda raw: raw.file in only)) if only else loaded.manifests
    problems = [*project.warnings, *found.problems, *loaded.problems, *envelope.across(manifests)]
    complete = not any(problem.severity == "error" for problem in (*found.problems, *loaded.problems))
    described = tuple(raw for raw in manifests if raw.kind != REMOVED)
    removed = tuple(raw for raw in manifests if raw.kind == REMOVED)
    whole = partial(read_manifests, project, extra, only, files=begun.opened.files) if loaded.outlined else None
    return Manifests(project, described, tuple(problems), complete, removed, loaded.outlined, whole)


def resolve(
    manifests: Manifests,
    environment: Environment,
    env: Mapping[str, str] | None,
    *,
    strict: bool = False,
    unvarying: bool = True,
    only: Collection[str] | None = None,
    allowed: frozenset[str] = frozenset(),
) -> tuple[list[Desired], list[Problem]]:
    """The manifests of an environment as desired resources, and what is wrong with them.

    `env`: the process environment; None while validating: `${env.NAME}` then stays as it is written. `unvarying` False
    leaves out the checks of manifests without variables: they were made for another environment.

    In one piece: whether a manifest counts hangs on what was found of it and of the environment before.
    """
    here = [each for each in manifests.all if lives_in(each, environment.name)]
    index = index_of(here, environment, manifests.all)._replace(complete=manifests.complete)
    known = manifests.project.environments
    astray = [
        (raw, misspelt)
        for raw in (*manifests.all, *manifests.removed)
        if "environments" in raw.metadata and (misspelt := [*envelope.unknown_environments(raw, known)])
    ]
    index = index._replace(doubtful=frozenset(Address(raw.kind, raw.name) for raw, _ in astray))
    desired: list[Desired] = []
    problems: list[Problem] = []
    if env is not None:  # fail closed: a manifest that silently did not count would be planned as a removal
        problems += [_problem(raw, each) for raw, misspelt in astray for each in misspelt]
    for raw in here:
        if raw.file in manifests.outlined:
            continue
        kind, before = KINDS[raw.kind], len(problems)
        judged = (unvarying or raw.may_hold_variables) and (only is None or raw.file in only)
        if judged and not raw.document.sound:
            problems += judge(raw, kind, manifests.project, environment, strict)
        one, found = _desired(raw, kind, manifests.project, environment, env, index, allowed)
        if judged or env is not None:
            problems += found
        if one is not None:
            notes = tuple(each for each in problems[before:] if each.severity == "note")
            desired.append(one._replace(accepted=notes) if notes else one)
        elif env is not None and not any(each.severity == "error" for each in problems[before:]):
            # fail closed: a manifest that silently did not count would be planned as a removal
            message = f"{raw.kind} `{raw.name}` does not say which object it describes"
            problems.append(Problem("not-identified", message, raw.locate(("spec",)), "$.spec"))
    return desired, problems


def asked_for(
    manifests: Manifests, environment: Environment, desired: Sequence[Desired], *, strict: bool = False
) -> tuple[list[RemovalRequest], list[Problem]]:
    """What the documents of kind `Removed` ask for in an environment, and what is wrong with them."""
    here = [raw for raw in manifests.removed if lives_in(raw, environment.name)]
    if not here:
        return [], []
    from syncer.manifests.removed_documents import read_removed  # late: as above

    return read_removed(here, manifests.project, environment, desired, strict=strict)


def elsewhere(manifests: Manifests, environment: str) -> frozenset[Address]:
    """The addresses of manifests that live in other environments only."""
    return frozenset(Address(raw.kind, raw.name) for raw in manifests.all if not lives_in(raw, environment))


def lives_in(raw: RawManifest, environment: str) -> bool:
    """Whether the manifest is meant for this environment."""
    names = raw.metadata.get("environments")
    return not isinstance(names, list) or environment in names


def _put_in(
    raw: RawManifest,
    value: Json,
    environment: Environment,
    env: Mapping[str, str] | None,
    path: Path,
    allowed: frozenset[str] = frozenset(),
) -> SubstitutedValue:
    if not raw.may_hold_variables:
        return SubstitutedValue(value, [], {})
    return substitute(value, environment.variables(env, allowed), path)


def judge(raw: RawManifest, kind: Kind, project: Project, environment: Environment, strict: bool) -> list[Problem]:
    """The envelope, the JSON Schema, and the kind's own rules. Where there is nothing to say in this environment nor in
    any other, whatever lies beside the manifest, its document is told so (`Document.sound`)."""
    findings = envelope.metadata(raw, project.environments)
    if "accept" in raw.metadata:
        from syncer.manifests.acceptance import check_entries  # late: few manifests accept anything

        findings += check_entries(raw)
    spec, document = raw.spec, raw.document.value
    fed: Mapping[Path, Sequence[str]] = {}
    if raw.may_hold_variables:
        spec, found, fed = _put_in(raw, spec, environment, None, ("spec",))
        findings += [*found, *_identified_by_secret(fed, kind)]
        document = {**document, "spec": spec} if isinstance(document.get("spec"), dict) else document
    formal = [_fed_by(each, fed, environment) for each in _formal(kind, document, strict)]
    findings += formal
    if not any(_problem(raw, each).severity == "error" and _hinders(each) for each in formal):
        filled = fill(spec, kind.texts, project.root)
        if filled.digests:  # what stands in files is as long as it is
            told = {(each.rule, each.path) for each in formal}
            findings += [
                each for each in _formal(kind, {**document, "spec": filled.spec}) if (each.rule, each.path) not in told
            ]
        findings += [each._replace(path=("spec", *each.path)) for each in kind.check(filled.spec)]
        findings += [each._replace(path=("spec", *each.path)) for each in secret_literals(filled.spec)]
        raw.document.sound = not (findings or fed or filled.digests or filled.findings or raw.metadata.get("accept"))
    return [_problem(raw, each) for each in findings]


def _hinders(finding: Finding) -> bool:
    """Whether the rest cannot be judged: not where a field stands beside all that is needed."""
    from syncer.schema_check.messages import IS_REQUIRED  # late, as below

    beside = finding.rule == "unknown-field" and not finding.hint.endswith(IS_REQUIRED)
    return finding.severity == "error" and not beside


def _formal(kind: Kind, document: dict[str, Json], strict: bool = False) -> list[Finding]:
    """What the JSON Schema has against a document, and what its `metadata.extra` lists in vain."""
    metadata = document.get("metadata")
    if isinstance(metadata, dict) and "extra" in metadata:
        from syncer.manifests.extra_fields import check  # late, as below: few manifests need it

        return check(kind, document, strict=strict)
    found = registry.check(kind.slug, document, strict=strict)
    if found:
        from syncer.manifests.extra_fields import told

        found = told(found, kind, document)
    return found


def _sound(project: Project, documents: list[Document], text: bytes, file: str) -> bool:
    """Whether `judge` has nothing to say of a file's manifests, in whatever environment and with whatever files beside
    it. The process that reads ahead asks this."""
    manifests, problems, _ = of_documents(documents, text, file, KINDS)
    if problems or len(manifests) != len(documents) or not project.environments:
        return False
    environment = next(iter(project.environments.values()))
    for raw in manifests:
        judge(raw, KINDS[raw.kind], project, environment, strict=True)
    return all(raw.document.sound for raw in manifests)


def _fed_by(finding: Finding, fed: Mapping[Path, Sequence[str]], environment: Environment) -> Finding:
    """The finding with the place in syncer.yaml that the value came from, where a variable was put in."""
    places = []
    for name in fed.get(finding.path, ()):
        family, _, word = name.partition(".")
        if family in ("var", "id"):
            at = environment.where(("vars" if family == "var" else "ids", word))
            places.append(f"`${{{name}}}` is set at {at} for environment `{environment.name}`")
    return finding._replace(hint="; ".join((*places, finding.hint) if finding.hint else places)) if places else finding


def _identified_by_secret(fed: Mapping[Path, Sequence[str]], kind: Kind) -> Iterator[Finding]:
    """What an object is recognised by does not come from the process: state and plan must be able to name it."""
    for path, names in fed.items():
        if path[1:] == (kind.title or kind.key_field,) and any(name.startswith("env.") for name in names):
            hint = "write it out, or use `${var.NAME}` and the `vars` of syncer.yaml"
            yield Finding("env-identity", f"`{path[-1]}` says which object is meant and can't be a secret", path, hint)


def _problem(raw: RawManifest, finding: Finding) -> Problem:
    return _judged(raw, finding.path, located(finding, raw.locate(finding.path, key=finding.rule in _AT_KEY)))


def _judged(raw: RawManifest, path: Path, problem: Problem) -> Problem:
    """The problem, a note where the manifest accepts it."""
    from syncer.manifests.acceptance import judged  # late: only what is wrong somewhere asks

    return judged(raw, path, problem)


def _desired(
    raw: RawManifest,
    kind: Kind,
    project: Project,
    environment: Environment,
    env: Mapping[str, str] | None,
    index: Index,
    allowed: frozenset[str],
) -> tuple[Desired | None, list[Problem]]:
    spec, digest = raw.spec, raw.digest if env is not None else ""
    uses: tuple[Use, ...] = ()
    problems: list[Problem] = []
    if raw.may_hold_variables or kind.texts or kind.refs:
        put_in = _put_in(raw, spec, environment, env, ("spec",), allowed)
        filled = fill(put_in.value, kind.texts, project.root)
        named = {path for path, names in put_in.fed.items() if any(name.startswith("id.") for name in names)}
        spec, uses, found = mark(
            filled.spec, kind.refs, index, named_ids=lambda path: path in named or path[:-1] in named
        )
        env_findings = put_in.findings if env is not None else []
        problems = [_problem(raw, each) for each in (*env_findings, *filled.findings, *found, *_twice(uses))]
        digest = "".join((digest, *filled.digests.values())) if env is not None else ""
    if not raw.name or not _identified(kind, spec):
        return None, problems
    metadata, protect = raw.metadata, raw.metadata.get("protect")
    return Desired(
        Address(raw.kind, raw.name),
        spec,
        _mapping(metadata.get("policy")),
        protect is True or (environment.protect and protect is not False),
        _texts(metadata["aliases"]) if "aliases" in metadata else (),
        _texts(metadata["titles"]) if "titles" in metadata else (),
        uses,
        partial(_where, raw),
        digest,
        raw.file,
        partial(_judged, raw),
        extra=_extra(kind, spec, metadata) if env is not None else (),
    ), problems


def _extra(kind: Kind, spec: Spec, metadata: Mapping[str, Json]) -> tuple[str, ...]:
    """What a manifest says that only the platform knows."""
    if "extra" not in metadata:
        return ()
    from syncer.manifests.extra_fields import covered  # late: few manifests need it

    return covered(kind, spec, metadata)


def _twice(uses: Sequence[Use]) -> Iterator[Finding]:
    """Of lists of references: no object stands in one twice; the platform keeps both, and nothing could tell them
    apart any more."""
    seen: set[tuple[Path, Ref | Lookup]] = set()
    for use in uses:
        if not use.path or not isinstance(use.path[-1], int):
            continue
        item = (use.path[:-1], use.target)
        if item in seen:
            name = use.target.name if isinstance(use.target, Ref) else use.target.title
            message = f"{use.target.kind} `{name}` stands in this list already"
            yield Finding("duplicate-reference", message, ("spec", *use.path), "delete one of the two")
        seen.add(item)


def _where(raw: RawManifest, path: Path) -> Location:
    return raw.locate(("spec", *path))


def _identified(kind: Kind, spec: Spec) -> bool:
    """Whether the spec names what it is about; the JSON Schema says so where it does not."""
    if isinstance(spec.get(kind.title or kind.key_field), Secret):
        return False
    try:
        return isinstance(spec[kind.title], str) if kind.title else bool(kind.key(spec))
    except KeyError:
        return False


def _mapping(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


def _texts(value: Json) -> tuple[str, ...]:
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else ()


def index_of(manifests: Sequence[RawManifest], environment: Environment, everything: Sequence[RawManifest]) -> Index:
    """Names, enforced keys and former names of all manifests of an environment."""
    keys: dict[Address, str] = {}
    by_key: dict[tuple[str, str], Address] = {}
    aliases: dict[Address, Address] = {}
    for raw in manifests:
        kind, address = KINDS[raw.kind], Address(raw.kind, raw.name)
        key = ""
        if not kind.title and _identified(kind, raw.spec):
            spec = _put_in(raw, raw.spec, environment, None, ("spec",)).value
            key = kind.key(spec)
            by_key.setdefault((kind.name, key), address)
        keys.setdefault(address, key)
        for alias in _texts(raw.metadata.get("aliases")):
            aliases.setdefault(Address(raw.kind, alias), address)
    others = everything if len(everything) > len(manifests) else ()
    elsewhere = frozenset(Address(raw.kind, raw.name) for raw in others) - keys.keys()
    return Index(keys, by_key, aliases, elsewhere, environment.name)
