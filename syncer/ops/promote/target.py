"""The organisation that is to receive: beside manifests that nobody has written yet, what it lacks and what is its own.

Everything is found in one go, so that a person is told once. It reads, decides and writes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from syncer.kinds import KINDS
from syncer.manifests.cross_checks import together
from syncer.manifests.project import Environment
from syncer.manifests.resolution import Manifests, asked_for, lives_in, resolve
from syncer.manifests.variables import substitute
from syncer.model.address import Address
from syncer.model.diagnostic import InvalidInput, Problem
from syncer.model.field_rules import pattern_steps
from syncer.model.json_values import Json, Path, show_path
from syncer.model.markers import clone
from syncer.model.pulled_spec import PulledSecret
from syncer.model.resource import Desired, Live, Managed
from syncer.model.slugs import piece_of, plain_name
from syncer.ops.pull.cached_reader import CachedReader
from syncer.ops.pull.options import PullOptions
from syncer.ops.refresh import Fetch, read_sides
from syncer.ops.selection import PlanRequest, Selection, select
from syncer.plan.id_map import MISSING, Pair, own_values, pairs_of, plain_keys, raw_ids
from syncer.plan.identity_match import live_of
from syncer.plan.inputs import PlanInputs
from syncer.plan.plan import Draft
from syncer.plan.planner import draft

ADOPTS = "takes over an object nobody here made"


@dataclass(frozen=True, slots=True)
class PromotionSide:
    """One of the two organisations, as it is read."""

    order: PullOptions
    reader: CachedReader
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
class TargetReport:
    """What was found. `pairs`: which id is which; `missing`: what the target lacks; `own`: values of its own that no
    variable feeds yet; `warnings`: ids that are carried over as they are."""

    pairs: list[Pair] = field(default_factory=list)
    missing: list[Problem] = field(default_factory=list)
    own: list[Variable] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)


@dataclass(slots=True)
class TargetCheck:
    """What is looked at. `here`: the source's environment with all that syncer.yaml will say of it; `new`: files that
    are not there yet, by the address that stands in them; `source`: the source's side of a plan."""

    side: PromotionSide
    selection: Selection
    fetch: Fetch
    manifests: Manifests
    chosen: frozenset[Address]
    here: Environment
    variables: Sequence[Variable]
    new: Mapping[str, Address]
    source: PlanInputs

    def look(self, parts: Mapping[Address, Mapping[str, str]]) -> TargetReport:
        """Everything at once. `parts`: by address the source's ids of what is made along with an object.
        PlatformError where the organisation may not be read."""
        names = self._names()
        mine = self.side.environment
        mine = mine._replace(vars={**mine.vars, **{each.name: each.target for each in self.variables}})
        open_ids = {name: f"{_OPEN}{name}" for family, name in names if family == "id" and name not in mine.ids}
        open_vars = {name: self.here.vars[name] for family, name in names if family == "var" and name not in mine.vars}
        whole = mine._replace(ids={**mine.ids, **open_ids}, vars={**mine.vars, **open_vars})
        desired, problems = resolve(self.manifests, whole, self.side.order.env, allowed=self.side.order.allowed)
        asked, wrong = asked_for(self.manifests, whole, desired)
        problems = [*problems, *together(desired), *wrong]
        unsound = {each.at.file for each in problems if each.severity == "error" and each.at is not None}
        desired = [each for each in desired if each.file not in unsound]  # of these enough is said
        selection = self.selection if self._fits(desired) else Selection()
        request = PlanRequest(self.side.order.target, selection, removal_requests=asked)
        sides, known, found, _ = read_sides(self.side.reader, self.fetch, desired, self.side.managed, request)
        made = draft(KINDS, sides, known)
        sides = replace(sides, live={**sides.live, **self._others(sides)})
        problems += [*found, *made.problems]
        ids = {name: (self.here.ids.get(name, ""), mine.ids.get(name, "")) for family, name in names if family == "id"}
        unanswered = {place for each in sides.desired for place in _unanswered(each)} if open_ids else set()
        pairs = pairs_of(KINDS, self.chosen, self.source, sides, (parts, _parts(made)), ids, _adopted(made))
        missing = [
            *self._open("ids", names, open_ids),
            *self._open("vars", names, open_vars),
            *self._no_such_key(pairs),
            *(self._said(each) for each in problems if each.severity == "error" and _place(each) not in unanswered),
        ]
        taken = {*self.here.vars, *mine.vars}
        return TargetReport(
            pairs, list(dict.fromkeys(missing)), list(self._own(sides, taken)), list(self._carried_over())
        )

    @property
    def _there(self) -> str:
        return self.side.environment.name

    def _names(self) -> dict[tuple[str, str], list[Address]]:
        """(family, name) of every variable of the chosen manifests, and who uses it."""
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

    def _fits(self, desired: Sequence[Desired]) -> bool:
        """Whether every pattern fits something here: what could not be read fits nothing, and has been said."""
        try:
            select(desired, self.side.managed, self.selection)
        except InvalidInput:
            return False
        return True

    def _others(self, sides: PlanInputs) -> dict[str, list[Live]]:
        """Live objects of kinds that are only named by their key, which a plan does not look at."""
        kinds = {to for each in sides.desired if each.address in self.chosen for to, _ in plain_keys(KINDS, each)}
        return {
            name: live_of(KINDS[name], self.side.reader.list(KINDS[name].service, KINDS[name].listing))
            for name in sorted(kinds - {*sides.live})
        }

    def _open(
        self, section: str, names: Mapping[tuple[str, str], Sequence[Address]], wanted: Mapping[str, Json]
    ) -> Iterator[Problem]:
        """Entries of syncer.yaml that the target has not."""
        family, known = ("id", self.here.ids) if section == "ids" else ("var", self.here.vars)
        for name in wanted:
            users = names[family, name]
            who = f"{users[0]} needs it" if len(users) == 1 else f"{users[0]} and {len(users) - 1} more need it"
            value = json.dumps(known.get(name), ensure_ascii=False)
            yield Problem(
                "missing-in-target",
                f"`{name}` is not among the `{section}` of `{self._there}`: {who}",
                hint=f"write `{name}: …` below `{section}` of `{self._there}` in syncer.yaml; in `{self.here.name}` it "
                f"is {value}",
            )

    def _no_such_key(self, pairs: Sequence[Pair]) -> Iterator[Problem]:
        """Enforced keys of what no manifest describes and the target has not."""
        for each in pairs:
            if each.how == MISSING and each.kind in KINDS and each.source == each.name:
                yield Problem(
                    "missing-in-target",
                    f"`{self._there}` has no {each.kind} `{each.name}`, and no manifest for it describes one",
                    hint=f"promote the {each.kind} too, or create it in `{self._there}`",
                )

    def _said(self, problem: Problem) -> Problem:
        """What stands in the way of the target's plan, as it is said before the files are there."""
        address = self._address(problem)
        secrets = self._secrets(address) if address in self.chosen and problem.rule in _LACKS else ()
        if secrets:
            lines = "; ".join(f"`{each.line}` under `{each.where}`, and set {each.variable}" for each in secrets)
            first = f"`syncer pull -e {self.here.name}` writes its manifest; " if address in self.new.values() else ""
            problem = problem._replace(hint=f"{first}give its secrets there: {lines}; then promote again")
        if problem.rule == "lookup" and ": no live " in problem.message:
            problem = problem._replace(hint=f"create it in `{self._there}` first, under exactly this title")
        if problem.at is not None and problem.at.file in self.new:
            name = str(self.new[problem.at.file])
            message = problem.message if problem.message.startswith(name) else f"{name}: {problem.message}"
            problem = problem._replace(at=None, message=message)
        return problem

    def _address(self, problem: Problem) -> Address | None:
        """Of which manifest a problem speaks: the last that begins before its line."""
        found = [
            (raw.locate(()).line, Address(raw.kind, raw.name))
            for raw in self.manifests.all
            if problem.at is not None and raw.file == problem.at.file and raw.locate(()).line <= problem.at.line
        ]
        return max(found)[1] if found else None

    def _secrets(self, address: Address | None) -> tuple[PulledSecret, ...]:
        """What is live in the source and stands in no file."""
        if address is None:
            return ()
        kind = KINDS[address.kind]
        found = self.source.matches[kind.name].found.get(address)
        if found is None or kind.pull is None:
            return ()
        return kind.pull(clone(kind.spec_of(found.live.object)), found.live.object, {}, {}).secrets

    def _carried_over(self) -> Iterator[Problem]:
        """Ids in what is made along with an object, of which nobody knows what they name in the other organisation."""
        for raw in self.manifests.all:
            kind, address = KINDS[raw.kind], Address(raw.kind, raw.name)
            if address not in self.chosen or not kind.made_along:
                continue
            everywhere = {pattern_steps(ref.path)[-1] for ref in kind.refs if ref.plain} | _EVERYWHERE
            for path, id in raw_ids(raw.spec.get(kind.made_along), (kind.made_along,), everywhere):
                yield Problem(
                    "raw-id",
                    f"{address}: `{show_path(path, '')[1:]}` is `{id}`, an id of `{self.here.name}` that "
                    f"`{self._there}` gets as it is",
                    None if raw.file in self.new else raw.locate(("spec", *path)),
                    hint="name it under `ids` of both environments in syncer.yaml, and write `${id.NAME}`",
                    severity="warning",
                )

    def _own(self, sides: PlanInputs, taken: set[str]) -> Iterator[Variable]:
        """Values that differ where an organisation may have its own, and that stand as values in a manifest."""
        raws = {Address(raw.kind, raw.name): raw for raw in self.manifests.all if lives_in(raw, self.here.name)}
        for one in sides.desired:
            kind = KINDS[one.address.kind]
            found = sides.matches[kind.name].found.get(one.address)
            if one.address not in self.chosen or found is None:
                continue
            for path, (mine, theirs) in own_values(kind, one.spec, kind.spec_of(found.live.object)).items():
                written = _value(raws[one.address].spec, path)
                if isinstance(written, dict) or (isinstance(written, str) and "${" in written):
                    continue
                said = _value(one.spec, path[:-1]).get("key") if path[-1] == "value" else path[-1]
                name = plain_name(f"{one.address.name} {said}", "_")
                if name in taken:
                    name = f"{name}_{piece_of(f'{one.address} {path}')}"
                taken.add(name)
                yield Variable(name, one.address, path, mine, theirs)


_EVERYWHERE = {"id", "component_id"}
"""Keys whose ids are the same in every organisation, or the object's own."""

_OPEN = "open:"
"""Begins what stands for an id that nobody has given yet."""

_LACKS = frozenset({"app-required-option", "missing-for-create"})
"""Rules that speak of what a new object needs."""


def _place(problem: Problem) -> tuple[str, str]:
    return (problem.at.file if problem.at is not None else "", problem.path)


def _unanswered(desired: Desired) -> Iterator[tuple[str, str]]:
    """Where a manifest has an id that nobody has given yet: what else would be said of it is said of the entry."""
    file, left = desired.file, list[tuple[Path, Json]]([(("spec",), desired.spec)])
    while left:
        path, value = left.pop()
        if isinstance(value, str) and value.startswith(_OPEN):
            yield file, show_path(path)
        elif isinstance(value, dict):
            left += [((*path, name), each) for name, each in value.items()]
        elif isinstance(value, list):
            left += [((*path, index), each) for index, each in enumerate(value)]


def _parts(made: Draft) -> dict[Address, Mapping[str, str]]:
    """By address the ids of what is made along, as far as it is there."""
    remembered = {address: task.parts for address, task in made.tasks.items()}
    remembered |= {address: entry.parts for address, entry in made.settled.items()}
    return {address: each.get(KINDS[address.kind].made_along, {}) for address, each in remembered.items()}


def _adopted(made: Draft) -> set[Address]:
    return {address for address, task in made.tasks.items() if ADOPTS in task.change.reasons}


def _value(value: Json, path: Path) -> Json:
    for step in path:
        value = value[step]
    return value
