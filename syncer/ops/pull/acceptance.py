"""What manifests accept once changes by hand are taken over: rules that what is live breaks, in whichever manifest.

An attribute that was deleted in the organisation, and that a flow still reads, is such a thing: the flow's manifest
accepts it. What is no longer so leaves the list again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from syncer.documents.edit.editor import edit
from syncer.documents.edit.operations import Replacement
from syncer.fs.change_set import ChangeSet, FileChange
from syncer.kinds import KINDS, REMOVED
from syncer.manifests import envelope
from syncer.manifests.cross_checks import together
from syncer.manifests.envelope import RawManifest
from syncer.manifests.loader import LoadedManifests, of_text
from syncer.manifests.project import Environment
from syncer.manifests.resolution import Manifests, lives_in, resolve
from syncer.manifests.variables import named_in
from syncer.model.address import Address
from syncer.model.diagnostic import InvalidInput, Problem
from syncer.model.json_values import Json
from syncer.model.named_tuple import NamedTuple

ROUNDS = 3
"""How often it is looked: what is accepted lets checks speak that waited for sounder parts."""


class AcceptedEntries(NamedTuple):
    """By address, entries of `metadata.accept`: what could be accepted and is not, and what is accepted."""

    open: Mapping[Address, set[str]]
    used: Mapping[Address, set[str]]


class Acceptance(NamedTuple):
    """The changes of files, lists of what is accepted among them; by address, that list before and after; manifests
    whose list could not be edited, with why."""

    changes: ChangeSet
    lists: dict[Address, tuple[str, list[Json], list[Json]]]
    refused: dict[Address, tuple[Problem, ...]]


def accepting(manifests: Manifests, environment: Environment, changes: ChangeSet) -> Acceptance:
    """The changes, and in every manifest of the environment the list of what it accepts so that nothing is against it
    that was not before."""
    out = Acceptance(changes, {}, {})
    before = _entries(manifests, environment) if changes else None
    for _ in range(ROUNDS if before else 0):
        after = manifests_after(manifests, out.changes)
        now, edited = _entries(after, environment), False
        for raw in after.all:
            if before and lives_in(raw, environment.name) and Address(raw.kind, raw.name) not in out.refused:
                listed = _wanted(raw, before, now)
                if listed != _listed(raw):
                    out, edited = _edited(out, raw, listed), True
        if not edited:
            break
    return out


def _wanted(raw: RawManifest, before: AcceptedEntries, now: AcceptedEntries) -> list[Json]:
    """What the manifest is to list."""
    address = Address(raw.kind, raw.name)
    new = now.open.get(address, set()) - before.open.get(address, set())
    gone = before.used.get(address, set()) - now.used.get(address, set())
    if raw.may_hold_variables and any(named_in(raw.spec)):
        gone = set()  # another environment may need it
    return [*(each for each in _listed(raw) if each not in gone), *sorted(new)]


def _edited(out: Acceptance, raw: RawManifest, listed: list[Json]) -> Acceptance:
    address, files = Address(raw.kind, raw.name), dict(out.changes.files)
    metadata = {**raw.metadata, "accept": listed}
    if not listed:
        del metadata["accept"]
    try:
        content = (files[raw.file].after if raw.file in files else raw.content) or b""
        after = edit(content, raw.document.index, [Replacement(("metadata",), metadata)], raw.file)
    except InvalidInput as error:
        return out._replace(refused={**out.refused, address: error.problems})
    files[raw.file] = FileChange(files[raw.file].before if raw.file in files else raw.content, after)
    first = out.lists[address][1] if address in out.lists else _listed(raw)
    return out._replace(changes=ChangeSet(files), lists={**out.lists, address: (raw.file, first, listed)})


def _entries(manifests: Manifests, environment: Environment) -> AcceptedEntries:
    """What is found of the manifests offline, and can be accepted or is."""
    desired, problems = resolve(manifests, environment, None)
    starts: dict[str, list[tuple[int, RawManifest]]] = defaultdict(list)
    for raw in manifests.all:
        starts[raw.file].append((raw.locate(()).line, raw))
    out = AcceptedEntries(defaultdict(set), defaultdict(set))
    for each in (*problems, *together(desired)):
        if each.entry and each.at:
            line = each.at.line
            raw = max((one for one in starts[each.at.file] if one[0] <= line), key=lambda one: one[0])[1]
            address = Address(raw.kind, raw.name)
            out.open[address].update(() if each.accepted else (each.entry,))
            listed = {raw.locate(("metadata", "accept", n)): text for n, text in enumerate(_listed(raw))}
            out.used[address].update(str(listed[at]) for at in each.accepted if at in listed)
    return out


def manifests_after(before: Manifests, changes: ChangeSet) -> Manifests:
    """The manifests after these changes of files: what stands in others was read, and is not read again."""
    holding = {raw.file for raw in before.all}  # the others are texts beside them, which are read where they belong
    loaded = {
        name: LoadedManifests((), ()) if each.after is None else of_text(each.after, name, (*KINDS, REMOVED))
        for name, each in changes.files.items()
        if name in holding
    }
    described = [raw for raw in _put_in(before.all, loaded) if raw.kind != REMOVED]
    removed = [raw for raw in _put_in(before.removed, loaded) if raw.kind == REMOVED]
    kept = [each for each in before.problems if each.at is None or each.at.file not in loaded]
    new = (problem for each in loaded.values() for problem in each.problems)
    problems = (*kept, *new, *envelope.across([*described, *removed]))
    return before._replace(all=tuple(described), removed=tuple(removed), problems=problems)


def _put_in(raws: Sequence[RawManifest], loaded: Mapping[str, LoadedManifests]) -> list[RawManifest]:
    """The manifests, those of changed files in place of what they were, where the first of them stood."""
    found: list[RawManifest] = []
    waiting = dict(loaded)
    for raw in raws:
        if raw.file not in loaded:
            found.append(raw)
        elif raw.file in waiting:
            found += waiting.pop(raw.file).manifests
    return found


def _listed(raw: RawManifest) -> list[Json]:
    found = raw.metadata.get("accept")
    return found if isinstance(found, list) else []
