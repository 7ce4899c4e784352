"""New manifests as texts, held against everything that judges manifests before one of them becomes a file.

What a live object says and nobody here knows yet is written as it is and listed in `metadata.extra`. A rule that it
breaks is accepted (`metadata.accept`), where it may be. What a manifest may not say at all (a secret, a value that no
file can hold) is left out, since what is not declared stays as it is, but never
what restricts the object: without a filter or a condition the manifest would do more, wherever it makes the object
anew. An object that no sound manifest says so is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from syncer.diff.export_spec import NameIndex, spec_of, unescaped
from syncer.diff.restrictions import widens
from syncer.documents.yaml_writer import write_yaml
from syncer.kinds import KINDS
from syncer.manifests.create_schema import create_schema
from syncer.manifests.cross_checks import together
from syncer.manifests.envelope import RawManifest
from syncer.manifests.extra_fields import lines
from syncer.manifests.loader import of_text
from syncer.manifests.project import Environment
from syncer.manifests.resolution import Manifests, resolve
from syncer.model.address import Address
from syncer.model.diagnostic import InvalidInput, Location, PlatformError, Problem
from syncer.model.field_rules import ListRule, find_all, pattern_steps
from syncer.model.json_values import Json, Path, replaced, show_path, value_at
from syncer.model.kind import Kind
from syncer.model.pulled_spec import PulledSpec
from syncer.model.resource import Desired
from syncer.model.slugs import piece_of, plain_name
from syncer.model.unexpected_reply import of_known_form, unreadable
from syncer.ops.pull.inventory import UnmanagedObject
from syncer.ops.pull.layout import Layout
from syncer.ops.pull.options import PullOptions
from syncer.ops.pull.unknown_fields import unwritable
from syncer.schema_check.known_fields import known_fields

ROUNDS = 12
"""How often something is cut out before what is left is given up."""

LONG = 400
"""Characters from which a text stands in a file beside its manifest."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class NewManifest:
    """A manifest that is not written yet. `left_out`: paths of what is live and not in it; `cut`: those among them
    that a check refused, with its words."""

    new: UnmanagedObject
    pulled: PulledSpec
    document: dict[str, Json]
    file: str
    text: str
    left_out: tuple[str, ...]
    cut: tuple[str, ...] = ()
    schema: str = ""
    """Where the JSON Schema of its kind lies, seen from the file; nothing where the repository holds none."""

    @property
    def kind(self) -> Kind:
        """Its kind."""
        return KINDS[self.new.address.kind]

    def text_of(self, document: dict[str, Json]) -> str:
        """The YAML of this document in place of its own."""
        return write_yaml(document, list(_head(self.pulled, self.schema)))


@dataclass(slots=True)
class Composition:
    """What came of it: drafts that are sound together, what they and the other manifests want, ids that syncer.yaml
    gets, addresses of objects that no manifest can be written for, and why."""

    drafts: list[NewManifest] = field(default_factory=list)
    manifests: Manifests | None = None
    desired: list[Desired] = field(default_factory=list)
    environment: Environment | None = None
    ids: dict[str, str] = field(default_factory=dict)
    given_up: dict[Address, Problem] = field(default_factory=dict)


@dataclass(slots=True)
class Omissions:
    """What must not be said: by address the paths, round by round; what is accepted, by address too, and addresses of
    which nothing is, for the plan of it would not be empty; what no manifest said any more, so that it is accepted
    once; addresses that are given up."""

    accepted: dict[Address, dict[str, None]] = field(default_factory=dict)
    forgotten: set[tuple[Address, str]] = field(default_factory=set)
    not_accepting: set[Address] = field(default_factory=set)
    paths: dict[Address, list[list[Path]]] = field(default_factory=dict)
    words: dict[Address, list[str]] = field(default_factory=dict)
    given_up: dict[Address, Problem] = field(default_factory=dict)

    def take(self, drafts: Mapping[str, NewManifest], problems: Sequence[Problem], *, give_up: bool = False) -> bool:
        """Note what these problems of drafts (by file) speak of; whether that is anything new. `give_up`: their objects
        are left alone at once, unless the problem can be accepted."""
        known = len(self.given_up)
        if self._accept(drafts, problems):
            return True
        found: dict[Address, dict[Path, Problem]] = {}
        for problem in problems:
            draft = drafts.get(problem.at.file) if problem.at else None
            if draft is None or problem.severity != "error":
                continue
            address = draft.new.address
            path = None if give_up else _removable(draft, _steps(problem.path))
            if path is None or path in {each for some in self.paths.get(address, ()) for each in some}:
                self.given_up.setdefault(address, _unfit(draft.new, problem.message))
            else:
                found.setdefault(address, {}).setdefault(path, problem)
        for address, paths in found.items():
            self.paths.setdefault(address, []).append(sorted(paths, key=_from_the_end, reverse=True))
            words = (f"`{show_path(path[1:], '').lstrip('.')}`: {each.message}" for path, each in paths.items())
            self.words.setdefault(address, []).extend(words)
        return bool(found) or len(self.given_up) > known

    def may_accept(self, problem: Problem, drafts: Mapping[str, NewManifest]) -> bool:
        """Whether a draft can accept it: a warning too, for `validate --strict` has nothing against a pull."""
        draft = drafts.get(problem.at.file) if problem.at else None
        taken = draft is not None and draft.new.address not in self.not_accepting
        return taken and problem.entry != "" and problem.severity != "note"

    def _accept(self, drafts: Mapping[str, NewManifest], problems: Sequence[Problem]) -> bool:
        """Note what can be accepted; whether that is anything new."""
        new = False
        for problem in problems:
            if problem.at and self.may_accept(problem, drafts):
                address = drafts[problem.at.file].new.address
                entries = self.accepted.setdefault(address, {})
                new = new or (problem.entry not in entries and (address, problem.entry) not in self.forgotten)
                entries[problem.entry] = None
        return new

    def not_as_it_is(self, address: Address) -> bool:
        """Accept nothing of an object any more: what is odd is cut out, or the object given up, with the words of the
        rule. False where nothing was accepted."""
        self.not_accepting.add(address)
        return bool(self.accepted.pop(address, None))

    def forget(self, drafts: Mapping[str, NewManifest], problems: Sequence[Problem]) -> bool:
        """No longer accept what is not found any more, since something was cut out; whether there was any."""
        found = {(each.at.file, each.entry) for each in problems if each.at and each.severity == "note"}
        gone = False
        for file, draft in drafts.items():
            beside_live = draft.kind.acceptable_beside_live
            entries = self.accepted.get(draft.new.address, {})
            for entry in [each for each in entries if each.partition(" ")[0] not in beside_live]:
                if (file, entry) not in found:
                    del entries[entry]
                    self.forgotten.add((draft.new.address, entry))
                    gone = True
        return gone


def compose(
    order: PullOptions,
    new: Sequence[UnmanagedObject],
    names: Callable[[Sequence[UnmanagedObject]], NameIndex],
    existing: Manifests,
    cuts: Omissions,
) -> Composition:
    """Drafts for these objects. `names`: what live ids are called once these objects have manifests; `cuts`: gets what
    must not be said. InvalidInput where the manifests that are there are not sound."""
    layout = Layout(order)
    for number in range(ROUNDS):
        kept = [each for each in new if each.address not in cuts.given_up]
        called = names(kept)
        made = {each.address: _draft(each, called, order, layout, cuts) for each in kept}
        unfit = {address: each for address, each in made.items() if isinstance(each, Problem)}
        if unfit:
            cuts.given_up |= unfit
            continue  # what refers to one of these names it otherwise
        drafts = [each for each in made.values() if isinstance(each, NewManifest)]
        out = Composition(drafts, ids=called.ids.new, given_up=dict(cuts.given_up))
        out.environment = order.environment._replace(ids={**order.environment.ids, **out.ids})
        problems = _judged(out, order, existing)
        by_file = {each.file: each for each in drafts}
        errors = [each for each in problems if each.severity == "error" or cuts.may_accept(each, by_file)]
        theirs = [each for each in errors if not (each.at and each.at.file in by_file)]
        if theirs:
            raise InvalidInput(theirs)
        if not errors and not cuts.forget(by_file, problems):
            return out
        if not errors:
            continue
        if not cuts.take(by_file, errors, give_up=number >= ROUNDS // 2):
            break
    raise InvalidInput(Problem("not-pulled", "what is live cannot be written as manifests", hint="please report this"))


def _judged(out: Composition, order: PullOptions, existing: Manifests) -> list[Problem]:
    """What everything that judges manifests says of the drafts, beside those that are there; `out` gets what all of
    them want."""
    raws, problems = _read(out.drafts)
    if problems or out.environment is None:
        return problems
    out.manifests = existing._replace(all=(*existing.all, *raws))
    env = {**order.env, **{each.variable: each.value for draft in out.drafts for each in draft.pulled.literals}}
    out.desired, problems = resolve(out.manifests, out.environment, env, allowed=order.allowed)
    return [*existing.problems, *problems, *together(out.desired)]


def _draft(
    new: UnmanagedObject, names: NameIndex, order: PullOptions, layout: Layout, cuts: Omissions
) -> NewManifest | Problem:
    """The draft of a live object; a problem where it cannot be read, or not be said with all that restricts it."""
    kind, address = KINDS[new.address.kind], new.address
    try:
        with of_known_form(f"{kind.name} `{new.live.id}`"):
            pulled = spec_of(kind, create_schema(kind), new.live.object, names, new.parts, new.answers)
    except PlatformError as error:
        return unreadable(error.problems[0])
    if pulled.unsaid:
        return _unfit(new, "; ".join(pulled.unsaid))
    known = known_fields(kind.slug, pulled.spec)
    unwritten, words, held = unwritable(kind, known)
    if held:
        return _unfit(new, "; ".join(held))
    metadata: dict[str, Json] = {"name": address.name}
    if order.declared_environments:
        metadata["environments"] = list(order.declared_environments)
    if pulled.policy:
        metadata["policy"] = dict(pulled.policy)
    if accepted := cuts.accepted.get(address):
        metadata["accept"] = list(accepted)
    document: dict[str, Json] = {"apiVersion": "syncer/v1", "kind": kind.name, "metadata": metadata, "spec": known.spec}
    unwritten = [("spec", *place) for place in unwritten]
    for paths in (unwritten, *cuts.paths.get(address, ())):
        for path in paths:
            _remove(document, path)
    for path, variable in new.variables.items():
        document["spec"] = replaced(document["spec"], path, variable)
    if known.unknown and (extra := lines(kind, document["spec"], ())):  # what was cut out needs no line
        metadata["extra"] = extra
    shown = tuple(show_path(path, "").lstrip(".") for path in known.left_out)
    file = layout.file_of(address)
    schema = layout.schema_of(kind.slug, file)
    text = write_yaml(document, list(_head(pulled, schema)))
    cut = (*words, *cuts.words.get(address, ()))
    return NewManifest(new, pulled, document, file, text, shown, cut, schema)


def _read(drafts: Sequence[NewManifest]) -> tuple[list[RawManifest], list[Problem]]:
    """The drafts as the reader sees them; a text that it refuses is a problem of the whole manifest."""
    manifests: list[RawManifest] = []
    problems: list[Problem] = []
    for each in drafts:
        try:
            found = of_text(each.text.encode(), each.file, KINDS)
        except (InvalidInput, UnicodeEncodeError) as error:
            said = error.problems[0].message if isinstance(error, InvalidInput) else "it holds half a character"
            at = error.problems[0].at if isinstance(error, InvalidInput) else None
            problems.append(Problem("unreadable", said, at or Location(each.file, 1, 1)))
            continue
        manifests += found.manifests
        problems += [problem._replace(severity="error") for problem in found.problems]
    return manifests, problems


def _head(pulled: PulledSpec, schema: str) -> Iterator[str]:
    """The comment above a manifest: its schema for editors, secrets that are live and stand in no file."""
    if schema:
        yield f"yaml-language-server: $schema={schema}"
    if schema and pulled.secrets:
        yield ""
    if not pulled.secrets:
        return
    yield "Secrets of this app are set in the organisation, and stay as they are. To manage one here, put its line"
    yield "among the `options` of its component below `option_values`, and set the variable where syncer runs:"
    for each in pulled.secrets:
        yield f"  {each.where}: {each.line}"


_STEP = re.compile(r"\.([A-Za-z_][A-Za-z0-9_-]*)|\[(\d+)\]|\['((?:[^'\\]|\\.)*)'\]", re.DOTALL)


def _steps(text: str) -> Path:
    """`$.spec.tasks[1].name` → its steps; what `show_path` wrote."""
    return tuple(
        int(index) if index else word or re.sub(r"\\(.)", r"\1", quoted)
        for word, index, quoted in _STEP.findall(text.removeprefix("$"))
    )


def _from_the_end(path: Path) -> tuple[tuple[int, str], ...]:
    """Sorts paths so that what stands later in a list is removed first."""
    return tuple((step, "") if isinstance(step, int) else (-1, step) for step in path)


def _removable(draft: NewManifest, path: Path) -> Path | None:
    """The nearest thing around a place that a manifest can do without: a field, or an item of a list that is not ours
    whole. None where the object itself could no longer be told, or would do more."""
    found = _dispensable(draft, path)
    while found is not None and widens(draft.kind, draft.document["spec"], found[1:]):
        found = _dispensable(draft, found[:-1])
    return found


def _dispensable(draft: NewManifest, path: Path) -> Path | None:
    kind, document = draft.kind, draft.document
    path = _as_far_as_it_goes(document, path)
    while len(path) > 1 and path[0] == "spec":
        if len(path) == 2 and path[1] in (kind.title, kind.key_field, *kind.words):
            return None
        holder = value_at(document, path[:-1])
        step = path[-1]
        if isinstance(step, int):
            rule = _rule(kind, path[1:-1])
            if rule.form == "keyed" and not rule.whole:
                return path
        elif isinstance(holder, dict) and not _is_key(kind, path) and step not in ("type", "task_type"):
            rule = _rule(kind, path[1:])
            inner = len(path) > 2 and isinstance(holder.get(step), list) and rule.form == "keyed" and rule.whole
            if not inner:  # what other parts may refer to goes with them
                return path
        path = path[:-1]
    return None


def _as_far_as_it_goes(document: Json, path: Path) -> Path:
    """The path as far as it leads to something: of what is missing, what it is missing in."""
    value = document
    for depth, step in enumerate(path):
        inside = isinstance(value, dict) and step in value
        inside = inside or (isinstance(value, list) and isinstance(step, int) and step < len(value))
        if not inside:
            return path[:depth]
        value = value[step]
    return path


def _rule(kind: Kind, path: Path) -> ListRule:
    shape = kind.shape
    for step in path:
        shape = shape.item() if isinstance(step, int) else shape.at(step)
    return shape.rule


def _is_key(kind: Kind, path: Path) -> bool:
    """Whether the path leads to what an item of a list is recognised by."""
    return len(path) > 2 and isinstance(path[-2], int) and path[-1] in _rule(kind, path[1:-2]).keys


def _remove(document: Json, path: Path) -> None:
    """Take it out, if it is there: a reference may have taken another form meanwhile."""
    if _as_far_as_it_goes(document, path) == path:
        del value_at(document, path[:-1])[path[-1]]


def _unfit(new: UnmanagedObject, why: str) -> Problem:
    called = new.live.title or new.live.key
    return Problem(
        "not-pulled",
        f"{new.address.kind} `{called}` (`{new.live.id}`) is left out, for no sound manifest says it: {why}",
        hint="mend it in the organisation, then pull again; its manifest can also be written by hand",
        severity="warning",
    )


def with_files(draft: NewManifest, taken: Callable[[str, str], bool]) -> tuple[dict[str, Json], dict[str, str]]:
    """The document with its long texts in files beside it, and those files: path → text. `taken` says of
    (path, text) whether something else stands there."""
    document: dict[str, Json] = dict(draft.document)
    stem, files = draft.file.rpartition(".")[0], dict[str, str]()
    for pattern in draft.kind.texts:
        for path, value in find_all(document["spec"], pattern_steps(pattern)):
            if not isinstance(value, str) or len(value) < LONG or not _fits_a_file(value):
                continue
            ending = "html" if value.lstrip().startswith("<") else "txt"
            label = _label(document["spec"], path)
            name = f"{stem}.{label}.{ending}"
            if name in files or taken(name, unescaped(value)):
                name = f"{stem}.{label}-{piece_of(show_path(path))}.{ending}"
            files[name] = unescaped(value)
            document["spec"] = replaced(document["spec"], path, {"file": name})
    return document, files


def _fits_a_file(text: str) -> bool:
    """Whether a file would say the same after git and editors have been at it."""
    return "\r" not in text and "\0" not in text and not text.startswith("\ufeff")


def _label(spec: Json, path: Path) -> str:
    """`tasks[3].description.value` → the task's key: what the text belongs to, for its file's name."""
    words: list[str] = []
    value = spec
    for step in path:
        value = value[step]
        if isinstance(step, int) and isinstance(value, dict):
            words.append(str(value.get("id") or value.get("name") or value.get("key") or step))
    words = words or [each for each in path if isinstance(each, str)]
    return plain_name("-".join(words)) or piece_of(show_path(path))
