"""The organisation that is to receive: beside manifests that nobody has written yet, what it lacks and what is its own.

Everything is found in one go, so that a person is told once. It reads, decides and writes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from syncer.kinds import KINDS
from syncer.manifests.cross_checks import together
from syncer.manifests.project import Environment
from syncer.manifests.resolution import asked_for, lives_in, resolve
from syncer.manifests.variables import LenientEnvironment, substitute
from syncer.model.address import Address
from syncer.model.diagnostic import InvalidInput, Problem
from syncer.model.field_rules import pattern_steps
from syncer.model.json_values import Json, leaves_at, show_path, value_at
from syncer.model.markers import clone
from syncer.model.pulled_spec import PulledSecret
from syncer.model.resource import Desired, Live
from syncer.model.slugs import piece_of, plain_name
from syncer.ops.promote.promotion import Promotion, Variable
from syncer.ops.refresh import read_sides
from syncer.ops.selection import EVERYTHING, PlanRequest, Selection, select
from syncer.plan.id_map import MISSING, Pair, made_along, own_values, pairs_of, plain_keys, raw_ids
from syncer.plan.identity_match import live_of
from syncer.plan.inputs import ADOPTS, PlanInputs
from syncer.plan.plan import Draft
from syncer.plan.planner import draft


def check_target(given: Promotion) -> Promotion:
    """With all that the target lacks, which id is which there, what values of its own it has that no variable feeds
    yet, and a warning for each id that is carried over as it is. PlatformError where it may not be read."""
    side, here, names = given.request.target, given.here, _names(given)
    values = {each.name: each.target for each in given.variables} | {**given.scope.values}
    mine = side.environment._replace(vars={**side.environment.vars, **values})
    ids = {name: (here.ids.get(name, ""), mine.ids.get(name, "")) for family, name in names if family == "id"}
    open_ids = {name: f"{_OPEN}{name}" for name in ids if name not in mine.ids}
    open_vars = {name: here.vars[name] for family, name in names if family == "var" and name not in mine.vars}
    whole = mine._replace(ids={**mine.ids, **open_ids}, vars={**mine.vars, **open_vars})
    sides, made, problems = _planned(given, whole)
    sides = replace(sides, live={**sides.live, **_others(given, sides)})
    adopted = {address for address, task in made.tasks.items() if ADOPTS in task.change.reasons}
    pairs = pairs_of(KINDS, given.chosen, given.source, sides, (given.parts, made_along(KINDS, made)), ids, adopted)
    unanswered = {place for each in sides.desired for place in _unanswered(each)} if open_ids else set()
    theirs = _live_values(given, sides, open_vars)
    missing = [
        *_open(given, "ids", here.ids, {name: names["id", name] for name in open_ids}),
        *_open(given, "vars", here.vars, {name: names["var", name] for name in open_vars if name not in theirs}),
        *_no_such_key(given, pairs),
        *(_before_it_is_there(given, each) for each in problems if _place(each) not in unanswered),
    ]
    own = {(each.address, each.path): each for each in _own(given, sides, {*here.vars, *mine.vars})}
    found = replace(given.found, variables={**given.found.variables, **own}, values={**given.found.values, **theirs})
    left = [*given.left, *_carried_over(given)]
    return replace(given, found=found, left=left, pairs=pairs, missing=list(dict.fromkeys(missing)))


def _planned(given: Promotion, environment: Environment) -> tuple[PlanInputs, Draft, list[Problem]]:
    """Its plan, and what stands in the way of that. `environment`: the target, and something for each entry that
    syncer.yaml lacks."""
    side = given.request.target
    env = LenientEnvironment(side.order.env) if given.secrets else side.order.env  # some were never asked for yet
    desired, problems = resolve(given.manifests, environment, env, allowed=side.order.allowed)
    asked, wrong = asked_for(given.manifests, environment, desired)
    errors = [each for each in (*problems, *together(desired), *wrong) if each.severity == "error"]
    unsound = {each.at.file for each in errors if each.at is not None}
    desired = [each for each in desired if each.file not in unsound]  # of these enough is said
    request = PlanRequest(side.order.target, _fitting(given, desired), removal_requests=asked)
    sides, known, found, _ = read_sides(side.reader, given.request.fetch, desired, side.managed, request)
    made = draft(KINDS, sides, known)
    return sides, made, [*errors, *(each for each in (*found, *made.problems) if each.severity == "error")]


def _names(given: Promotion) -> dict[tuple[str, str], list[Address]]:
    """(family, name) of every variable of the chosen manifests, and who uses it."""
    found: dict[tuple[str, str], list[Address]] = {}
    for address, raw in given.promoted:
        if raw.may_hold_variables:
            for names in substitute(raw.spec, given.here.variables()).fed.values():
                for family, _, word in (name.partition(".") for name in names):
                    users = found.setdefault((family, word), [])
                    users += [address] if address not in users else []
    return found


def _fitting(given: Promotion, desired: Sequence[Desired]) -> Selection:
    """What is selected, if every pattern fits something here: what could not be read fits nothing, and has been
    said."""
    try:
        select(desired, given.request.target.managed, given.request.selection)
    except InvalidInput:
        return EVERYTHING
    return given.request.selection


def _others(given: Promotion, sides: PlanInputs) -> dict[str, list[Live]]:
    """Live objects of kinds that are only named by their key, which a plan does not look at."""
    kinds = {to for each in sides.desired if each.address in given.chosen for to, _ in plain_keys(KINDS, each)}
    reader = given.request.target.reader
    return {
        name: live_of(KINDS[name], reader.list(KINDS[name].service, KINDS[name].listing))
        for name in sorted(kinds - {*sides.live})
    }


def _open(
    given: Promotion, section: str, known: Mapping[str, Json], wanted: Mapping[str, Sequence[Address]]
) -> Iterator[Problem]:
    """Entries of syncer.yaml that the target has not. `known`: the source's; `wanted`: name → who needs it."""
    there = given.there.name
    for name, users in wanted.items():
        who = f"{users[0]} needs it" if len(users) == 1 else f"{users[0]} and {len(users) - 1} more need it"
        message = f"`{name}` is not among the `{section}` of `{there}`: {who}"
        hint = f"write `{name}: …` below `{section}` of `{there}` in syncer.yaml"
        if section == "ids":  # which object is meant; a variable is everybody's own
            hint += f"; in `{given.here.name}` it is {json.dumps(known.get(name), ensure_ascii=False)}"
        yield Problem("missing-in-target", message, hint=hint)


def _no_such_key(given: Promotion, pairs: Sequence[Pair]) -> Iterator[Problem]:
    """Enforced keys of what no manifest describes and the target has not."""
    for each in pairs:
        if each.how == MISSING and each.kind in KINDS and each.source == each.name:
            message = f"`{given.there.name}` has no {each.kind} `{each.name}`, and no manifest for it describes one"
            hint = f"promote the {each.kind} too, or create it in `{given.there.name}`"
            yield Problem("missing-in-target", message, hint=hint)


def _before_it_is_there(given: Promotion, problem: Problem) -> Problem:
    """What stands in the way of the target's plan, as it is said before the files are there."""
    address = _address(given, problem)
    if address in given.chosen and problem.rule in _LACKS and (secrets := _secrets(given, address)):
        lines = "; ".join(f"`{each.line}` under `{each.where}`, and set {each.variable}" for each in secrets)
        first = f"`syncer pull -e {given.here.name}` writes its manifest; " if address in given.new.values() else ""
        problem = problem._replace(hint=f"{first}give its secrets there: {lines}; then promote again")
    if problem.rule == "unknown-reference":
        problem = _of_another_name(given, problem, address)
    if problem.rule == "lookup" and ": no live " in problem.message:
        problem = problem._replace(hint=f"create it in `{given.there.name}` first, under exactly this title")
    if problem.at is not None and problem.at.file in given.new:
        name = str(given.new[problem.at.file])
        message = problem.message if problem.message.startswith(name) else f"{name}: {problem.message}"
        problem = problem._replace(at=None, message=message)
    return problem


def _of_another_name(given: Promotion, problem: Problem, user: Address | None) -> Problem:
    """A reference to what another manifest describes in the target: why that one cannot be meant, and what can be
    written that means each organisation's own."""
    for address, other in given.elsewhere.items():
        if not problem.message.startswith(f"{address} does not live in "):
            continue
        title = KINDS[address.kind].title
        who = f"{user} refers to {address}" if user else f"a reference names {address}"
        message = f"{who}, which in `{given.there.name}` {other.address} describes: one `ref` cannot name both"
        hint = "describe it by one manifest that lives in both environments"
        if title:
            said = json.dumps(other.spec[title], ensure_ascii=False)
            hint = f"write `lookup: {said}` in place of `ref: {address.name}`, which finds each organisation's own"
        return problem._replace(message=message, hint=f"{hint}; then promote again")
    return problem


def _address(given: Promotion, problem: Problem) -> Address | None:
    """Of which manifest a problem speaks: the last that begins before its line."""
    found = [
        (raw.locate(()).line, Address(raw.kind, raw.name))
        for raw in given.manifests.all
        if problem.at is not None and raw.file == problem.at.file and raw.locate(()).line <= problem.at.line
    ]
    return max(found)[1] if found else None


def _secrets(given: Promotion, address: Address) -> tuple[PulledSecret, ...]:
    """What is live in the source and stands in no file."""
    kind = KINDS[address.kind]
    found = given.source.matches[kind.name].found.get(address)
    if found is None or kind.pull is None:
        return ()
    return kind.pull(clone(kind.spec_of(found.live.object)), found.live.object, {}, {}).secrets


def _carried_over(given: Promotion) -> Iterator[Problem]:
    """Ids in what is made along with an object, of which nobody knows what they name in the other organisation."""
    for address, raw in given.promoted:
        kind = KINDS[raw.kind]
        everywhere = {pattern_steps(ref.path)[-1] for ref in kind.refs if ref.plain} | _EVERYWHERE
        bundled = raw.spec.get(kind.made_along) if kind.made_along else None
        for path, id in raw_ids(bundled, (kind.made_along,), everywhere):
            said = f"`{show_path(path, '')[1:]}` is `{id}`, an id of `{given.here.name}`"
            message = f"{address}: {said} that `{given.there.name}` gets as it is"
            at = None if raw.file in given.new else raw.locate(("spec", *path))
            hint = "name it under `ids` of both environments in syncer.yaml, and write `${id.NAME}`"
            yield Problem("raw-id", message, at, hint=hint, severity="warning")


def _own(given: Promotion, sides: PlanInputs, taken: Collection[str]) -> Iterator[Variable]:
    """Values that differ where an organisation may have its own, and that stand as values in a manifest. `taken`: names
    that variables have already."""
    names = {*taken}
    raws = {address: raw for address, raw in given.promoted if lives_in(raw, given.here.name)}
    for one in sides.desired:
        kind = KINDS[one.address.kind]
        found = sides.matches[kind.name].found.get(one.address)
        if one.address not in given.chosen or found is None:
            continue
        for path, (mine, theirs) in own_values(kind, one.spec, kind.spec_of(found.live.object)).items():
            written = value_at(raws[one.address].spec, path)
            if isinstance(written, dict) or (isinstance(written, str) and "${" in written):
                continue
            said = value_at(one.spec, path[:-1]).get("key") if path[-1] == "value" else path[-1]
            name = plain_name(f"{one.address.name} {said}", "_")
            if name in names:
                name = f"{name}_{piece_of(f'{one.address} {path}')}"
            names.add(name)
            yield Variable(name, one.address, path, mine, theirs)


def _live_values(given: Promotion, sides: PlanInputs, names: Collection[str]) -> dict[str, Json]:
    """Of these variables, which the target lacks, what is live there: where they feed a value that an organisation may
    have of its own, and its objects agree about it."""
    raws, found = dict(given.promoted), dict[str, list[Json]]()
    for one in sides.desired if names else ():
        kind = KINDS[one.address.kind]
        live = sides.matches[kind.name].found.get(one.address)
        if one.address not in raws or live is None:
            continue
        for written, theirs in own_values(kind, raws[one.address].spec, kind.spec_of(live.live.object)).values():
            name = written[len("${var.") : -1] if isinstance(written, str) else ""
            if name in names and written == f"${{var.{name}}}":
                found.setdefault(name, []).append(theirs)
    return {
        name: each[0]
        for name, each in found.items()
        if all((type(one), one) == (type(each[0]), each[0]) for one in each)
    }


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
    for path, value in leaves_at(desired.spec, ("spec",)):
        if isinstance(value, str) and value.startswith(_OPEN):
            yield desired.file, show_path(path)
