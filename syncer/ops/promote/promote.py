"""Promoting: configuration of one organisation into the manifests, which are then the wish for another one too.

Everything is decided before a file is written: what the manifests will say, which id of the source is which of the
target, and what the target lacks. The organisations are only read; the target is changed by its own apply.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase

from syncer.diff.export_spec import NameIndex
from syncer.documents.edit.editor import edit
from syncer.documents.edit.operations import Replacement
from syncer.fs import change_set
from syncer.fs.change_set import ChangeSet, FileChange
from syncer.fs.disk import replace_file
from syncer.kinds import KINDS, REMOVED
from syncer.manifests.cross_checks import together
from syncer.manifests.discovery import read_bytes
from syncer.manifests.envelope import RawManifest
from syncer.manifests.environment_entry import with_values
from syncer.manifests.loader import of_text
from syncer.manifests.project import Environment
from syncer.manifests.resolution import Manifests, lives_in, resolve
from syncer.manifests.variables import substitute
from syncer.model.address import Address
from syncer.model.diagnostic import InvalidInput, PlatformError, Problem
from syncer.model.field_rules import find_all, pattern_steps
from syncer.model.json_values import Json, Path
from syncer.model.resource import Desired, Managed
from syncer.model.unexpected_reply import unreadable
from syncer.ops.promote.dependencies import BundledSpec, Dependencies
from syncer.ops.promote.target import PromotionSide, TargetCheck, Variable
from syncer.ops.pull.inventory import Inventory, names_of
from syncer.ops.pull.pull import PullPlan, what_is_there
from syncer.ops.pull.pull import prepare as prepare_pull
from syncer.ops.pull.pull import write_pull as write_pulled
from syncer.ops.pull.write_back import WriteBackOptions, WriteBackResult, take_over
from syncer.ops.refresh import Fetch, read_sides
from syncer.ops.selection import PlanRequest, Selection, select
from syncer.plan.id_map import Pair
from syncer.plan.identity_match import plain_title
from syncer.plan.inputs import PlanInputs
from syncer.plan.planner import Unread, draft

ROUNDS = 4
"""What is chosen, what is bundled and what becomes a variable hang on each other: so often at most it is looked at
anew. One round is usual, two where something becomes a variable."""


@dataclass(slots=True)
class Promotion:
    """What is to be written, and what was found. `missing`: what the target lacks; nothing is written before it is
    there. `left`: live objects and fields that are not promoted, as warnings; `incomplete`: whether something is among
    them that was asked for, and should be; `changes`: of files that are there."""

    source: PromotionSide
    target: PromotionSide
    chosen: frozenset[Address]
    pulled: PullPlan
    changes: ChangeSet
    variables: tuple[Variable, ...]
    ids: Mapping[str, str]
    pairs: list[Pair]
    missing: list[Problem]
    left: list[Problem]
    incomplete: bool


def prepare(source: PromotionSide, target: PromotionSide, patterns: Sequence[str], fetch: Fetch) -> Promotion:
    """Everything but the writing. InvalidInput where the manifests are not sound or a pattern fits nothing;
    PlatformError."""
    return _Work(source, target, Selection(only=tuple(patterns)), fetch).run()


def write_promotion(
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
    change_set.write(promotion.changes, promotion.source.order.project.root)


@dataclass(slots=True)
class _Work:
    """All that is known while it is decided."""

    source: PromotionSide
    target: PromotionSide
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
            exactly = self.exactly if self.selection.partial else known[0]  # all there is was chosen from the start
            if (exactly, len(self.variables), len(self.ids)) == known:
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
        if pulled.planned is None:
            raise InvalidInput(Problem("not-promoted", f"`{here.name}` could not be planned; please report this"))
        sides, every = pulled.planned.sides, pulled.composed.desired
        unfit = pulled.composed.given_up  # named in every round, as what is promoted is
        self.exactly = frozenset(each.address for each in select(every, unfit, self.selection)) | {
            address for address in unfit if self.selection.takes(address)
        }
        live = {address for matches in sides.matches.values() for address in matches.found}
        theirs = self.theirs(there, self.exactly & live, every)
        unread = {address: each for address, each in pulled.unread.items() if address in self.exactly}
        unwritten = {address for address in taken.unwritten if address in self.exactly}
        chosen = (self.exactly & live) - {*theirs, *unread, *unwritten}
        files, manifests = self.rewritten(there, taken.changes, chosen, sides, pulled)
        drafts = pulled.composed.manifests.all[len(there.all) :] if pulled.composed.manifests else ()
        manifests = manifests._replace(all=(*manifests.all, *drafts))
        here = here._replace(ids={**here.ids, **self.ids, **pulled.composed.ids})
        parts = self.proven(pulled, manifests, here, chosen)
        new = {each.file: each.new.address for each in pulled.drafts}
        variables = tuple(self.variables.values())
        received = TargetCheck(
            self.target, self.selection, self.fetch, manifests, chosen, here, variables, new, sides
        ).look(parts)
        self.variables |= {(each.address, each.path): each for each in received.own}
        lost = sorted(self.exactly - live - {*unfit}) if self.selection.partial else []
        # of a part that was asked for, what else is live in the source is no loss
        incomplete = bool(unread or unwritten or lost or pulled.unfit)
        incomplete = incomplete or (pulled.incomplete and not self.selection.partial)
        return Promotion(
            self.source,
            self.target,
            chosen,
            pulled,
            files,
            variables,
            dict(self.ids),
            received.pairs,
            received.missing,
            [
                *pulled.left_out,
                *taken.problems,
                *(unreadable(unread[each]) for each in sorted(unread) if each not in unwritten),
                *(_not_live(each, here.name) for each in lost),
                *theirs.values(),
                *received.warnings,
            ],
            incomplete,
        )

    def theirs(self, there: Manifests, wanted: Collection[Address], every: Sequence[Desired]) -> dict[Address, Problem]:
        """Manifests that are not for the target, which has another one for the same object: that stays the wish."""
        desired, _ = resolve(there, self.target.environment, None)
        claimed = {(each.address.kind, _key(each)): each for each in desired}
        mine = {each.address: each for each in every if each.address in wanted}
        found: dict[Address, Problem] = {}
        for address, each in sorted(mine.items()):
            other = claimed.get((address.kind, _key(each)))
            if other is not None and other.address != address:
                message = f"{address} is not promoted: in `{self.target.environment.name}` {other.address} describes it"
                hint = (
                    f"to promote it all the same, take {self.target.environment.name} out of the other's environments"
                )
                at = other.where(())
                found[address] = Problem("manifest-elsewhere", message, at, hint=hint, severity="warning")
        return found

    def here(self) -> Environment:
        """The source's environment with what syncer.yaml will say."""
        mine = self.source.environment
        values = {each.name: each.source for each in self.variables.values()}
        return mine._replace(vars={**mine.vars, **values}, ids={**mine.ids, **self.ids})

    def taken(self, there: Manifests, desired: Sequence[Desired], here: Environment) -> WriteBackResult:
        """What was changed by hand in the source, as edits of the chosen manifests."""
        unread: Unread = {}
        request = PlanRequest(self.source.order.target)
        sides, _, _, looked_at = read_sides(
            self.source.reader, self.fetch, desired, self.source.managed, request, unread
        )
        only = self.exactly
        if only is None and self.selection.partial:
            fitting = fitting_patterns(self.selection.only, [each.address for each in desired])
            picked = select(desired, (), Selection(only=fitting)) if fitting else []
            only = frozenset(each.address for each in picked)
        unseen = self.source.reader.unread
        return take_over(there, here, sides, looked_at, WriteBackOptions(only=only), unread=unread, unseen=unseen)

    def refine(self, found: Inventory) -> Inventory:
        """Only what is chosen, with what it must bundle and the variables it gets."""
        bundling = Dependencies(found, self.source.reader, self.target.reader)
        chosen = [each for each in found.new if self.exactly is None or each.address in self.exactly]
        new = [bundling.new(each) for each in chosen]
        variables = {each.address: self.written(each.address) for each in new}
        return replace(found, new=tuple(replace(each, variables=variables[each.address]) for each in new))

    def written(self, address: Address) -> dict[Path, str]:
        """Path in the spec → the variable that stands there."""
        return {path: f"${{var.{each.name}}}" for (mine, path), each in self.variables.items() if mine == address}

    def changed(self, manifests: Manifests, changes: ChangeSet) -> Manifests:
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

    def rewritten(
        self, there: Manifests, before: ChangeSet, chosen: frozenset[Address], sides: PlanInputs, pulled: PullPlan
    ) -> tuple[ChangeSet, Manifests]:
        """The files of the chosen manifests as they will be, beyond `before`; and what they will say."""
        files = dict(before.files)
        taken = {Address(raw.kind, raw.name): raw for raw in self.changed(there, before).all}
        wanted = {each.address: each for each in sides.desired}
        bundling = Dependencies(pulled.survey, self.source.reader, self.target.reader)
        ids = {**self.source.environment.ids, **self.ids}
        names = names_of(pulled.survey, pulled.composed.desired, pulled.survey.new, ids)
        for raw in there.all:
            address = Address(raw.kind, raw.name)
            if address not in chosen or not lives_in(raw, self.source.environment.name):
                continue
            edits = self.edits(taken[address], wanted[address], sides, bundling, names)
            now = files.get(raw.file, FileChange(raw.content, raw.content))
            after = edit(now.after or b"", raw.document.index, edits, raw.file) if edits else now.after
            if after != now.after:
                files[raw.file] = FileChange(now.before, after)
        changes = ChangeSet({name: each for name, each in files.items() if each.before != each.after})
        return changes, self.changed(there, changes)

    def edits(
        self, raw: RawManifest, one: Desired, sides: PlanInputs, bundling: Dependencies, names: NameIndex
    ) -> list[Replacement]:
        """What changes in a manifest that is there: where it lives, what it bundles, what becomes a variable."""
        address, kind, spec = Address(raw.kind, raw.name), KINDS[raw.kind], raw.spec
        bundled = self.bundled(raw, one, sides, bundling, names) if kind.along else None
        if bundled is not None:
            spec = bundled.spec
            said = json.dumps(spec[kind.made_along])
            self.ids |= {name: id for name, id in names.ids.new.items() if f"${{id.{name}}}" in said}
        for path, variable in self.written(address).items():
            spec = _replaced(spec, path, variable)
        found = [Replacement(("spec",), spec)] if spec is not raw.spec else []
        if not lives_in(raw, self.target.environment.name):
            where = [*raw.metadata["environments"], self.target.environment.name]
            found.append(Replacement(("metadata",), {**raw.metadata, "environments": where}))
        return found

    def bundled(
        self, raw: RawManifest, one: Desired, sides: PlanInputs, bundling: Dependencies, names: NameIndex
    ) -> BundledSpec | None:
        """The spec with what it must bring along, if anything."""
        kind, entry = KINDS[raw.kind], self.source.managed.get(one.address)
        return bundling.existing(
            raw.spec,
            one,
            sides.matches[kind.name].found[one.address].live,
            entry.parts.get(kind.made_along, {}) if entry else {},
            sides.lookups,
            self.answered,
            names,
        )

    def answered(self, value: Json) -> bool:
        """Whether a written value has its answer in the target: an entry of its `ids`."""
        found = substitute(value, self.target.environment.variables())
        return bool(found.fed) and not found.findings

    def proven(
        self, pulled: PullPlan, manifests: Manifests, here: Environment, chosen: frozenset[Address]
    ) -> dict[Address, Mapping[str, str]]:
        """By address the source's ids of what is made along with an object. InvalidInput where what would be written
        is not sound, or is not what is live: the source's plan of it must not hold more than before."""
        desired, problems = resolve(manifests, here, self.source.order.env, allowed=self.source.order.allowed)
        errors = [each for each in (*problems, *together(desired)) if each.severity == "error"]
        if errors:
            raise InvalidInput(errors)
        links = {each.new.address: Managed(each.new.address, each.new.live.id, parts=each.pulled.parts)
                 for each in pulled.drafts}  # fmt: skip
        unread: Unread = {}
        request = PlanRequest(self.source.order.target)
        sides, known, _, _ = read_sides(
            self.source.reader, self.fetch, desired, {**self.source.managed, **links}, request, unread
        )
        made = draft(KINDS, sides, known, unread)
        if blind := [unread[address] for address in sorted(unread) if address in chosen]:
            raise PlatformError(blind)
        before = {each.address for each in pulled.planned.plan.changes} if pulled.planned else set()
        written = [address for address, task in sorted(made.tasks.items()) if task.change.writes]
        wrong = [address for address in written if address in chosen and address not in before]
        if wrong:
            said = ", ".join(f"{address} ({made.tasks[address].change.fields[0].path})" for address in wrong[:3])
            message = f"what would be written is not what is live in `{here.name}`: {said}; this is a bug of syncer"
            raise InvalidInput(Problem("pull-differs", message, hint="please report it; nothing was written"))
        remembered = {address: task.parts for address, task in made.tasks.items()}
        remembered |= {address: entry.parts for address, entry in made.settled.items()}
        return {
            address: each.get(KINDS[address.kind].made_along, {})
            for address, each in remembered.items()
            if address in chosen
        }


def _key(desired: Desired) -> str:
    """What the live object of a manifest is found by."""
    kind = KINDS[desired.address.kind]
    return plain_title(str(desired.spec[kind.title])) if kind.title else kind.key(desired.spec)


def fitting_patterns(patterns: Sequence[str], addresses: Collection[Address]) -> tuple[str, ...]:
    """Those that fit at least one of these."""
    return tuple(each for each in patterns if any(fnmatchcase(str(address), each) for address in addresses))


def _not_live(address: Address, environment: str) -> Problem:
    message = f"{address} is not promoted: `{environment}` has no such object"
    return Problem(
        "not-live", message, hint=f"apply it there first: `syncer apply -e {environment}`", severity="warning"
    )


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
