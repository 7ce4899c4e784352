"""Promoting: configuration of one organisation into the manifests, which are then the wish for another one too.

Everything is decided before a file is written: what the manifests will say, which id of the source is which of the
target, and what the target lacks. The organisations are only read; the target is changed by its own apply.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from syncer.adapters import file_changes
from syncer.adapters.disk import replace_file
from syncer.adapters.edit import edit
from syncer.adapters.edit_values import Put
from syncer.adapters.file_changes import Changes, Rewritten
from syncer.adapters.files import read_bytes
from syncer.adapters.manifests import RawManifest, of_text
from syncer.adapters.new_ids import with_values
from syncer.adapters.project import Environment
from syncer.adapters.variables import substitute
from syncer.app import Fetch, Selection, read_sides, select
from syncer.bundling import Bundling
from syncer.core.address import Address
from syncer.core.identity import live_of
from syncer.core.pairs import MISSING, Pair, own_values, pairs_of, plain_keys
from syncer.core.plain_names import piece_of, plain_name
from syncer.core.plan import Draft as Decided
from syncer.core.planner import draft
from syncer.core.problem import InvalidInput, Problem
from syncer.core.resource import Desired, Managed
from syncer.core.shape import find_all, pattern_steps
from syncer.core.sides import Sides
from syncer.core.values import Json, Path
from syncer.kinds import KINDS, REMOVED
from syncer.loading import Manifests, asked_for, lives_in, resolve, together
from syncer.pulling import Order, Pull, Remembering, what_is_there
from syncer.pulling import carry_out as write_pulled
from syncer.pulling import prepare as prepare_pull
from syncer.surveying import Survey, names_of
from syncer.taking_over import TakenOver, Wish, take_over

ROUNDS = 4
"""What is chosen, what is bundled and what becomes a variable hang on each other: so often at most it is looked at
anew. One round is usual, two where something becomes a variable."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two organisations, as it is read."""

    order: Order
    reader: Remembering
    managed: Mapping[Address, Managed]

    @property
    def environment(self) -> Environment:
        """Its environment."""
        return self.order.environment


@dataclass(frozen=True, slots=True)
class Variable:
    """A value that the two organisations have each of their own, under a name in syncer.yaml."""

    name: str
    address: Address
    path: Path
    source: Json
    target: Json


@dataclass(slots=True)
class Promotion:
    """What is to be written, and what was found. `missing`: what the target lacks; nothing is written before it is
    there. `left`: live objects and fields that are not promoted, as warnings; `changes`: files that are there already."""

    source: Side
    target: Side
    selection: Selection
    chosen: frozenset[Address]
    pulled: Pull
    taken: TakenOver
    changes: Changes
    variables: tuple[Variable, ...]
    ids: Mapping[str, str]
    pairs: list[Pair]
    missing: list[Problem]
    left: list[Problem]

    @property
    def files(self) -> int:
        """How many manifests are written or changed."""
        return len(self.pulled.drafts) + len(self.changes.files)


def prepare(source: Side, target: Side, patterns: Sequence[str], fetch: Fetch) -> Promotion:
    """Everything but the writing. InvalidInput where the manifests are not sound or a pattern fits nothing;
    PlatformError."""
    return _Work(source, target, Selection(only=tuple(patterns)), fetch).run()


def carry_out(
    promotion: Promotion, remember: Callable[[Mapping[Address, Managed]], None], tell: Callable[[str], None]
) -> None:
    """Write: syncer.yaml, then new manifests, then those that change. InvalidInput where nothing could be written or a
    file was edited meanwhile, PartlyDone where some of it was: promoting again goes on."""
    file = promotion.source.order.project.file
    here, there = promotion.source.environment.name, promotion.target.environment.name
    before = after = read_bytes(file, file.name)
    if promotion.variables:
        after = with_values(after, file, here, "vars", {each.name: each.source for each in promotion.variables})
        after = with_values(after, file, there, "vars", {each.name: each.target for each in promotion.variables})
    if promotion.ids:
        after = with_values(after, file, here, "ids", promotion.ids)
    if after != before:
        try:
            replace_file(file, after)
        except OSError as error:
            message = f"`{file.name}` cannot be written: {error.strerror or type(error).__name__}"
            raise InvalidInput(Problem("unwritable", message, hint="check its folder's permissions")) from None
    write_pulled(promotion.pulled, remember, tell)
    file_changes.write(promotion.changes, promotion.source.order.project.root)


@dataclass(slots=True)
class _Work:
    """All that is known while it is decided."""

    source: Side
    target: Side
    selection: Selection
    fetch: Fetch
    exactly: frozenset[Address] | None = None
    variables: dict[tuple[Address, Path], Variable] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    """Ids that syncer.yaml gets for manifests that are there already."""

    def run(self) -> Promotion:
        """Look, until nothing is left to decide."""
        for _ in range(ROUNDS):
            known = (self.exactly, len(self.variables), len(self.ids))
            promotion = self.once()
            if (self.exactly, len(self.variables), len(self.ids)) == known:
                return promotion
        raise InvalidInput(Problem("not-promoted", "what is to be promoted could not be settled; please report this"))

    def once(self) -> Promotion:
        """One round: with the variables and ids that the rounds before found."""
        here = self.here()
        order = self.source.order
        order = replace(order, environment=here, environments=(here.name, self.target.environment.name))
        there, desired, _ = what_is_there(order)
        taken = self.taken(there, desired, here)
        pulled = prepare_pull(order, self.source.reader, self.fetch, self.source.managed, self.refine)
        bundling = Bundling(pulled.survey, self.source.reader, self.target.reader)
        sides = pulled.planned.sides if pulled.planned else None
        if sides is None:
            raise InvalidInput(Problem("not-promoted", "the source could not be planned; please report this"))
        every = pulled.composed.desired
        self.exactly = frozenset(each.address for each in select(every, (), self.selection))
        live = {address for matches in sides.matches.values() for address in matches.found}
        chosen = self.exactly & live
        manifests = self.changed(there, taken.changes)
        files = dict(taken.changes.files)
        names = names_of(pulled.survey, every, pulled.survey.new, here.ids)
        for raw in there.all:
            address = Address(raw.kind, raw.name)
            if address in chosen and lives_in(raw, here.name):
                after = self.edits(_same(manifests, address), address, sides, bundling, names)
                now = files.get(raw.file, Rewritten(raw.content, raw.content))
                content = edit(now.after or b"", raw.document.index, after, raw.file) if after else now.after
                if content != now.after:
                    files[raw.file] = Rewritten(now.before, content)
                    manifests = self.changed(manifests, Changes({raw.file: files[raw.file]}))
        drafts = pulled.composed.manifests.all[len(there.all) :] if pulled.composed.manifests else ()
        manifests = manifests._replace(all=(*manifests.all, *drafts))
        new = {each.file for each in pulled.drafts}
        parts = {
            address: dict(each.get(KINDS[address.kind].made_along, {}))
            for address, each in self.source_parts(pulled, manifests, here, chosen)
            if KINDS[address.kind].made_along
        }
        found = _Target(self.target, self.selection, self.fetch, manifests, chosen, here, self.variables)
        pairs, missing = found.look(sides, parts, new)
        for variable in found.differing(manifests, self.taken_names(here)):
            self.variables.setdefault((variable.address, variable.path), variable)
        lost = [each for each in sorted(self.exactly - live) if self.selection.partial]
        left = [*pulled.left_out, *taken.problems, *(_not_live(each, here.name) for each in lost)]
        return Promotion(
            self.source, self.target, self.selection, chosen, pulled, taken,
            Changes({name: each for name, each in files.items() if each.before != each.after}),
            tuple(self.variables.values()), dict(self.ids), pairs, missing, left,
        )  # fmt: skip

    def here(self) -> Environment:
        """The source's environment with what syncer.yaml will say."""
        mine = self.source.environment
        values = {each.name: each.source for each in self.variables.values()}
        return mine._replace(vars={**mine.vars, **values}, ids={**mine.ids, **self.ids})

    def taken_names(self, here: Environment) -> set[str]:
        """Names that variables have."""
        return {*here.vars, *self.target.environment.vars}

    def taken(self, there: Manifests, desired: Sequence[Desired], here: Environment) -> TakenOver:
        """What was changed by hand in the source, as edits of the chosen manifests."""
        sides, _, _, looked_at = read_sides(
            self.source.reader, self.fetch, desired, self.source.managed, today=self.source.order.today
        )
        only = self.exactly
        if only is None and self.selection.partial:
            fitting = [each for each in desired if self.selection.takes(each.address)]
            only = frozenset(each.address for each in select(desired, (), self.selection)) if fitting else frozenset()
        return take_over(there, here, sides, looked_at, Wish(only=only))

    def refine(self, found: Survey) -> Survey:
        """Only what is chosen, with what it must bundle and the variables it gets."""
        bundling = Bundling(found, self.source.reader, self.target.reader)
        chosen = [each for each in found.new if self.exactly is None or each.address in self.exactly]
        new = [bundling.new(each) for each in chosen]
        variables = {each.address: self.written(each.address) for each in new}
        return replace(found, new=tuple(replace(each, variables=variables[each.address]) for each in new))

    def written(self, address: Address) -> dict[Path, str]:
        """Path in the spec → the variable that stands there."""
        return {path: f"${{var.{each.name}}}" for (mine, path), each in self.variables.items() if mine == address}

    def changed(self, manifests: Manifests, changes: Changes) -> Manifests:
        """The manifests as they will be read, texts of files beside them put in."""
        texts = {name: each.after.decode() for name, each in changes.files.items() if each.after is not None}
        new: list[RawManifest] = []
        done: set[str] = set()
        for raw in manifests.all:
            if raw.file not in texts:
                new.append(_with_texts(raw, texts))
            elif raw.file not in done:
                done.add(raw.file)
                said = of_text(texts[raw.file].encode(), raw.file, (*KINDS, REMOVED)).manifests
                new += [_with_texts(each, texts) for each in said if each.kind != REMOVED]
        return manifests._replace(all=tuple(new))

    def edits(self, raw: RawManifest, address: Address, sides: Sides, bundling: Bundling, names: object) -> list[Put]:
        """What changes in a manifest that is there: where it lives, what it bundles, what becomes a variable."""
        found: list[Put] = []
        spec = raw.spec
        known = self.source.managed.get(address)
        one = next(each for each in sides.desired if each.address == address)
        kind = KINDS[address.kind]
        bundled = bundling.existing(
            spec, one, sides.matches[kind.name].found[address].live,
            known.parts.get(kind.made_along, {}) if known else {}, sides.lookups, self.answered, names,  # type: ignore[arg-type]
        ) if kind.along else None  # fmt: skip
        if bundled is not None:
            spec = bundled.spec
            said = json.dumps(spec[kind.made_along])
            self.ids |= {name: id for name, id in names.ids.new.items() if f"${{id.{name}}}" in said}  # type: ignore[attr-defined]
        for path, variable in self.written(address).items():
            spec = _replaced(spec, path, variable)
        if spec is not raw.spec:
            found.append(Put(("spec",), spec))
        if not lives_in(raw, self.target.environment.name):
            where = [*raw.metadata["environments"], self.target.environment.name]
            found.append(Put(("metadata",), {**raw.metadata, "environments": where}))
        return found

    def answered(self, value: Json) -> bool:
        """Whether a written value has its answer in the target: an entry of its `ids`."""
        found = substitute(value, self.target.environment.variables())
        return bool(found.fed) and not found.findings

    def source_parts(
        self, pulled: Pull, manifests: Manifests, here: Environment, chosen: frozenset[Address]
    ) -> Iterator[tuple[Address, Mapping[str, Mapping[str, str]]]]:
        """By address the ids of parts on the source's side; InvalidInput where what was edited would change it."""
        environment = here._replace(ids={**here.ids, **pulled.composed.ids})
        desired, problems = resolve(manifests, environment, self.source.order.env, allowed=self.source.order.allowed)
        errors = [each for each in (*problems, *together(desired)) if each.severity == "error"]
        if errors:
            raise InvalidInput(errors)
        links = {each.new.address: each for each in pulled.drafts}
        managed = dict(self.source.managed)
        for address, each in links.items():
            managed[address] = Managed(address, each.new.live.id, parts=each.pulled.parts)
        sides, known, _, _ = read_sides(
            self.source.reader, self.fetch, desired, managed, today=self.source.order.today
        )
        made = draft(KINDS, sides, known)
        before = {each.address for each in pulled.planned.plan.changes} if pulled.planned else set()
        wrong = [address for address in sorted(made.tasks) if address in chosen and address not in before]
        if wrong:
            said = ", ".join(f"{address} ({made.tasks[address].change.fields[0].path})" for address in wrong[:3])
            message = f"what would be written is not what is live in `{here.name}`: {said}; this is a bug of syncer"
            raise InvalidInput(Problem("pull-differs", message, hint="please report it; nothing was written"))
        for address in chosen:
            if address in made.settled:
                yield address, made.settled[address].parts
            elif address in made.tasks:
                yield address, made.tasks[address].parts


@dataclass(slots=True)
class _Target:
    """The target beside manifests that nobody has written yet."""

    side: Side
    selection: Selection
    fetch: Fetch
    manifests: Manifests
    chosen: frozenset[Address]
    here: Environment
    variables: Mapping[tuple[Address, Path], Variable]
    sides: Sides | None = None
    made: Decided | None = None

    def look(
        self, source: Sides, parts: Mapping[Address, Mapping[str, str]], new: set[str]
    ) -> tuple[list[Pair], list[Problem]]:
        """The pairs, and what is missing. `new`: files that are not there yet, of which no place is told."""
        names = self.names()
        mine = self.side.environment
        values = {each.name: each.target for each in self.variables.values()}
        mine = mine._replace(vars={**mine.vars, **values})
        open_ids = {name: f"open:{name}" for family, name in names if family == "id" and name not in mine.ids}
        open_vars = {name: self.here.vars[name] for family, name in names if family == "var" and name not in mine.vars}
        whole = mine._replace(ids={**mine.ids, **open_ids}, vars={**mine.vars, **open_vars})
        desired, problems = resolve(self.manifests, whole, self.side.order.env, allowed=self.side.order.allowed)
        asked, wrong = asked_for(self.manifests, whole, desired)
        problems = [*problems, *together(desired), *wrong]
        errors = [each for each in problems if each.severity == "error"]
        self.sides, known, found, _ = read_sides(
            self.side.reader, self.fetch, desired, self.side.managed,
            today=self.side.order.today, selection=self.selection if self.knows(desired) else Selection(), asked=asked,
        )  # fmt: skip
        self.made = draft(KINDS, self.sides, known)
        self.sides = replace(self.sides, live={**self.sides.live, **self.others(desired)})
        errors += [each for each in (*found, *self.made.problems) if each.severity == "error"]
        ids = {name: (self.here.ids.get(name, ""), mine.ids.get(name, "")) for family, name in names if family == "id"}
        adopted = {
            address
            for address, task in self.made.tasks.items()
            if "takes over an object nobody here made" in task.change.reasons
        }
        remembered = {address: task.parts for address, task in self.made.tasks.items()}
        remembered |= {address: entry.parts for address, entry in self.made.settled.items()}
        theirs = {address: each.get(KINDS[address.kind].made_along, {}) for address, each in remembered.items()}
        pairs = pairs_of(KINDS, self.chosen, source, self.sides, (parts, theirs), ids, adopted)
        missing = [*self.open(names, open_ids, open_vars), *self.no_such_key(pairs), *(_placed(e, new) for e in errors)]
        return pairs, list(dict.fromkeys(missing))

    def knows(self, desired: Sequence[Desired]) -> bool:
        """Whether every pattern fits something in the target: what could not be read fits nothing."""
        try:
            select(desired, self.side.managed, self.selection)
        except InvalidInput:
            return False
        return True

    def names(self) -> dict[tuple[str, str], list[Address]]:
        """(family, name) of every variable and id of the chosen manifests, and who uses it."""
        found: dict[tuple[str, str], list[Address]] = {}
        for raw in self.manifests.all:
            address = Address(raw.kind, raw.name)
            if address in self.chosen and raw.may_hold_variables:
                for names in substitute(raw.spec, self.here.variables()).fed.values():
                    for name in names:
                        family, _, word = name.partition(".")
                        users = found.setdefault((family, word), [])
                        users += [address] if address not in users else []
        return found

    def open(
        self, names: Mapping[tuple[str, str], Sequence[Address]], ids: Mapping[str, str], values: Mapping[str, Json]
    ) -> Iterator[Problem]:
        """Entries of syncer.yaml that the target has not."""
        for section, family, wanted in (("ids", "id", ids), ("vars", "var", values)):
            for name in wanted:
                users = names[family, name]
                more = f" and {len(users) - 1} more" if len(users) > 1 else ""
                known = (self.here.ids if family == "id" else self.here.vars).get(name)
                there = f"; in `{self.here.name}` it is {json.dumps(known, ensure_ascii=False)}"
                yield _missing(
                    f"`{name}` is not among the `{section}` of `{self.side.environment.name}`: {users[0]}{more} needs it",
                    f"write `{name}: …` below `{section}` of `{self.side.environment.name}` in syncer.yaml{there}",
                )

    def others(self, desired: Sequence[Desired]) -> dict[str, Json]:
        """Live objects of kinds that are only named by their key."""
        listed = self.sides.live if self.sides else {}
        kinds = {
            to for each in desired if each.address in self.chosen for to, _ in plain_keys(KINDS, each) if to not in listed
        }
        return {
            name: live_of(KINDS[name], self.side.reader.list(KINDS[name].service, KINDS[name].listing))
            for name in sorted(kinds)
        }

    def no_such_key(self, pairs: Sequence[Pair]) -> Iterator[Problem]:
        """Enforced keys of what no manifest describes and the target has not."""
        there = self.side.environment.name
        for each in pairs:
            if each.how == MISSING and each.kind in KINDS and each.source == each.name:
                yield _missing(
                    f"`{there}` has no {each.kind} `{each.name}`, and no manifest that is promoted describes it",
                    f"promote {each.kind} too, or create it in `{there}`",
                )

    def differing(self, manifests: Manifests, names: set[str]) -> Iterator[Variable]:
        """Values of which the target has its own."""
        if self.sides is None:
            return
        raws = {Address(raw.kind, raw.name): raw for raw in manifests.all if lives_in(raw, self.here.name)}
        for one in self.sides.desired:
            kind = KINDS[one.address.kind]
            found = self.sides.matches[kind.name].found.get(one.address)
            if one.address not in self.chosen or found is None:
                continue
            for path, (mine, theirs) in own_values(kind, one.spec, kind.spec_of(found.live.object)).items():
                written = _value(raws[one.address].spec, path)
                if isinstance(written, str) and "${" in written:
                    continue
                holder = _value(one.spec, path[:-1])
                said = str(holder.get("key") or "") if path[-1] == "value" else str(path[-1])
                name = plain_name(f"{one.address.name} {said}", "_")
                if name in names:
                    name = f"{name}_{piece_of(f'{one.address} {path}')}"
                names.add(name)
                yield Variable(name, one.address, path, mine, theirs)


def _missing(message: str, hint: str) -> Problem:
    return Problem("missing-in-target", message, hint=hint)


def _placed(problem: Problem, new: set[str]) -> Problem:
    """The problem without a place in a file that nobody has written."""
    return problem._replace(at=None) if problem.at is not None and problem.at.file in new else problem


def _not_live(address: Address, environment: str) -> Problem:
    message = f"{address} is not promoted: `{environment}` has no such object"
    return Problem("not-live", message, hint=f"apply it there first: `syncer apply -e {environment}`", severity="warning")


def _same(manifests: Manifests, address: Address) -> RawManifest:
    return next(raw for raw in manifests.all if (raw.kind, raw.name) == address)


def _with_texts(raw: RawManifest, texts: Mapping[str, str]) -> RawManifest:
    """The manifest with the new text of files beside it in place of their names."""
    spec = raw.spec
    for pattern in KINDS[raw.kind].texts if texts else ():
        for path, value in find_all(raw.spec, pattern_steps(pattern)):
            if isinstance(value, dict) and value.get("file") in texts:
                spec = _replaced(spec, path, texts[value["file"]].removeprefix("\ufeff"))
    return raw if spec is raw.spec else raw._replace(spec=spec)


def _replaced(value: Json, path: Path, item: Json) -> Json:
    if not path:
        return item
    made = dict(value) if isinstance(value, dict) else list(value)
    made[path[0]] = _replaced(value[path[0]], path[1:], item)  # type: ignore[index]
    return made


def _value(value: Json, path: Path) -> Json:
    for step in path:
        value = value[step]
    return value


__all__ = ["Promotion", "Side", "Variable", "carry_out", "prepare"]
