"""Taking over: what was changed by hand in the organisation becomes the edit of the manifests one would have typed.

Decides from what was read, and makes the texts; it writes nothing. What cannot be taken over is said, with its line.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from shlex import quote

from syncer.diff.export_spec import NameIndex, spec_of
from syncer.diff.restrictions import belongs, restricts
from syncer.diff.three_way_merge import merge
from syncer.diff.write_back import FieldEdit, KeptField, WriteBack, WriteBackRules, write_back
from syncer.diff.write_back import Sides as FieldSides
from syncer.documents.yaml_reader import read
from syncer.fs.change_set import ChangeSet, FileChange
from syncer.kinds import KINDS
from syncer.manifests.create_schema import create_schema
from syncer.manifests.envelope import RawManifest
from syncer.manifests.project import Environment
from syncer.manifests.resolution import Manifests, lives_in
from syncer.model.address import Address
from syncer.model.diagnostic import InvalidInput, PlatformError, Problem
from syncer.model.field_change import show_field
from syncer.model.json_values import ABSENT, Json, Lookup, Part, Ref
from syncer.model.kind import Context, Kind, PreparedSides
from syncer.model.pulled_spec import PulledSpec
from syncer.model.resource import Desired
from syncer.model.unexpected_reply import of_known_form, unreadable
from syncer.ops.pull.acceptance import Acceptance, accepting
from syncer.ops.pull.completion import completing, fields_chosen, offer, undeclared_drift
from syncer.ops.pull.kept_fields import MOST_NAMED, kept_problems, moved_secrets
from syncer.ops.pull.live_names import names_of
from syncer.ops.pull.plain_references import plain_places
from syncer.ops.pull.sound_edit import EditOutcome, TextEdit, less_unsound
from syncer.ops.pull.text_files import text_change
from syncer.plan.inputs import IdIndex, PlanInputs, context_of, memory_of
from syncer.plan.planner import Unread

_HELD = ("variable", "secret", "unclear")
"""Why a change by hand is not taken over though nobody wants it otherwise."""


@dataclass(frozen=True, slots=True)
class WriteBackOptions:
    """How far to go. `only`: these addresses and no others, where not None; `complete`: addresses, or fields of them
    (`ADDRESS/PATH`), of which everything live is declared from now on; `everything`: the live organisation wins also
    where a manifest changed since the last apply; `prune_files`: manifests of objects that were deleted in the
    organisation go."""

    complete: frozenset[str] = frozenset()
    everything: bool = False
    prune_files: bool = False
    only: frozenset[Address] | None = None


@dataclass(frozen=True, slots=True)
class ManifestEdit:
    """One manifest that gives way: what it says otherwise now, and what was left as it is."""

    address: Address
    file: str
    taken: tuple[FieldEdit, ...]
    left: tuple[KeptField, ...]


@dataclass(slots=True)
class WriteBackResult:
    """The changes of files, object by object; `problems`: all that a person must know or do, as warnings."""

    objects: list[ManifestEdit] = field(default_factory=list)
    gone: list[Address] = field(default_factory=list)
    """Addresses whose object was deleted in the organisation."""
    meant: list[Address] = field(default_factory=list)
    """Addresses of which something else is meant than was accepted, which no manifest can say."""
    offered: list[Address] = field(default_factory=list)
    """Addresses of which somebody changed what no manifest declares, so that nothing is taken over unasked."""
    problems: list[Problem] = field(default_factory=list)
    changes: ChangeSet = field(default_factory=ChangeSet)
    unwritten: list[Address] = field(default_factory=list)
    """Addresses whose object changed, and that are left as they are, wholly or in part, for no edit says the change."""

    @property
    def differs(self) -> bool:
        """Whether what is live is not what the manifests say, or not what was accepted."""
        return bool(self.changes or self.gone or self.objects or self.meant or self.offered)


def take_over(
    manifests: Manifests,
    environment: Environment,
    sides: PlanInputs,
    looked_at: Mapping[str, Sequence[Json]],
    wish: WriteBackOptions = WriteBackOptions(),
    *,
    unread: Unread | None = None,
    unseen: Collection[str] = (),
) -> WriteBackResult:
    """What must become of the files so that they say what is live. `sides` and `looked_at` are of `read_sides`, and
    `unread`: what it could not read; `unseen`: kinds that list an object of which not even the id could be read, so
    that what is not found need not be gone. InvalidInput where a file beside a manifest cannot be read; one that cannot
    be edited is left as it is, and said."""
    given = _WriteBackInput(
        manifests,
        environment,
        sides,
        wish,
        unread or {},
        _KnownOnce(KINDS, sides),
        names_of(sides, looked_at, environment.ids),
        {Address(raw.kind, raw.name): raw for raw in manifests.all if lives_in(raw, environment.name)},
    )
    out, files, lost = WriteBackResult(), dict[str, FileChange](), list[Address]()
    for desired in sorted(sides.desired, key=lambda each: each.address):
        address, matches = desired.address, sides.matches[desired.address.kind]
        if (wish.only is not None and address not in wish.only) or address in matches.undecided:
            continue
        if address in given.known.found:
            _take_readable(given, desired, out, files)
        elif address in matches.lost and address.kind not in unseen:
            lost.append(address)
        elif address in matches.lost:
            _leave(out, address, _unsure(address, given.raws[address]))
    for address in lost:
        _lose(given, address, out, files)
    changes = ChangeSet({name: each for name, each in files.items() if each.before != each.after})
    _accept(out, accepting(manifests, environment, changes))
    return out


def _accept(out: WriteBackResult, found: Acceptance) -> None:
    """The changes with what the manifests accept from now on, and what is told of it."""
    out.changes = found.changes
    by_address = {each.address: n for n, each in enumerate(out.objects)}
    for address, (file, before, after) in found.lists.items():
        told = FieldEdit(("metadata", "accept"), before or ABSENT, after or ABSENT)
        if address in by_address:
            there = out.objects[by_address[address]]
            out.objects[by_address[address]] = replace(there, taken=(*there.taken, told))
        else:
            out.objects.append(ManifestEdit(address, file, (told,), ()))
    for address, problems in found.refused.items():
        out.problems += (each._replace(message=f"{address}: {each.message}", severity="warning") for each in problems)
        out.unwritten.append(address)


class _KnownOnce(IdIndex):
    """Names and ids, those of objects that were deleted too: what refers to one is not changed by that alone."""

    def resolve(self, leaf: Ref | Lookup | Part) -> Json:
        """As of what is live; else the id that the last apply left."""
        if isinstance(leaf, Ref) and Address(leaf.kind, leaf.name) not in self.found:
            entry = self._sides.managed.get(Address(leaf.kind, leaf.name))
            return entry.live_id if entry and entry.live_id else leaf
        return super().resolve(leaf)


@dataclass(frozen=True, slots=True)
class _WriteBackInput:
    """All that is known while the objects are gone through. `raws`: the manifests that live in the environment."""

    manifests: Manifests
    environment: Environment
    sides: PlanInputs
    wish: WriteBackOptions
    unread: Unread
    known: IdIndex
    names: NameIndex
    raws: Mapping[Address, RawManifest]


Files = dict[str, FileChange]
"""What has become of files so far; several manifests may stand in one."""


def _take_readable(given: _WriteBackInput, desired: Desired, out: WriteBackResult, files: Files) -> None:
    """One manifest, unless its live object has a form that its kind cannot read: that is said, and all else goes on."""
    problem = given.unread.get(desired.address)
    try:
        if problem is None:
            with of_known_form(str(desired.address)):
                _take_one(given, desired, out, files)
    except PlatformError as error:
        problem = error.problems[0]
    if problem is not None:
        at = given.raws[desired.address].locate(())
        _leave(out, desired.address, unreadable(problem)._replace(at=at))


def _take_one(given: _WriteBackInput, desired: Desired, out: WriteBackResult, files: Files) -> None:
    """One manifest beside its live object. In one piece: each step takes what the one before has left."""
    address, raw, kind = desired.address, given.raws[desired.address], KINDS[desired.address.kind]
    context = _context(given, desired)
    prepared = kind.prepare(context)
    prune = frozenset(_texts(desired.policy.get("prune")))
    fields = fields_chosen(given.wish.complete, address)
    last = context.last if prepared.last is None else prepared.last
    merged = merge(prepared.have, prepared.want, last, kind.shape, prune)
    _note_meanings(desired, prepared, out)
    if fields is None and (drift := undeclared_drift(desired, prepared, merged, given.sides, given.known)):
        out.problems.append(offer(address, raw, drift, given.known))
        out.offered += [address] * bool(drift.drifted)
    moved = [*moved_secrets(desired, prepared, given.known, given.sides)]
    if not (merged.changes or merged.refused or prepared.extra or prepared.stale_policy or fields or moved):
        return
    pulled = spec_of(kind, create_schema(kind), context.live, given.names, prepared.parts, context.answers)
    rules = WriteBackRules(
        remembered=bool(last),
        everything=given.wish.everything,
        complete=completing(desired, fields or frozenset(), prepared, merged, given.known),
        prune=prune,
        is_plain=plain_places(kind),
        comes_along=partial(belongs, kind),
        parts={local: live for group in context.parts.values() for local, live in group.items()},
    )
    all_sides = FieldSides(raw.spec, prepared.want, last, prepared.have, pulled.spec)
    before = files.get(raw.file, FileChange(raw.content, raw.content))
    policy = {**dict.fromkeys(prepared.stale_policy, ABSENT), **(pulled.policy if prepared.extra else {})}
    text = TextEdit(raw, policy, before, given.manifests.project, given.environment)
    found, outcome = less_unsound(lambda less: write_back(all_sides, kind.shape, replace(rules, withheld=less)), text)
    taken = list[FieldEdit]()
    unsaid = _unsaid(kind, found, pulled, fields is not None)
    found.left.extend(moved)  # no manifest could say those: they keep nothing else back
    if unsaid:
        _leave(out, address, _held_back(address, unsaid, raw))
    else:
        beside = _texts_beside(given, raw, found.texts, out)
        if outcome.after is None:
            _unedited(out, raw, outcome)
        else:
            files |= {**beside, raw.file: outcome.after}
            held = [{"file": name} for name in found.texts if name not in beside]
            taken = [each for each in found.taken if each.before not in held]
    if any(each.why in ("unclear", "unsound") for each in found.left):
        out.unwritten.append(address)
    if taken or found.left:
        out.objects.append(ManifestEdit(address, raw.file, tuple(taken), tuple(found.left)))
        out.problems += kept_problems(address, raw, found.left, given.environment)


def _held_back(address: Address, unsaid: Sequence[str], raw: RawManifest) -> Problem:
    """That something restricts the object, and can't be taken over."""
    message = f"{address} was left as it is: {'; '.join(unsaid)} restricts what it does, and can't be taken over"
    hint = "settle that first, then pull again; all of its changes are taken over together"
    return _warning("restriction-left", message, raw, "$.spec", hint)


def _context(given: _WriteBackInput, desired: Desired) -> Context:
    """As a plan has it, with what a link says that no apply has seen: where the manifest changed since, it stays."""
    entry = memory_of(desired, given.known.found.get(desired.address), given.sides.managed)
    return context_of(desired, given.sides, given.known)._replace(last=dict(entry.declared) if entry else {})


def _note_meanings(desired: Desired, prepared: PreparedSides, out: WriteBackResult) -> None:
    """What references stand for by now is no matter of the manifest: it is accepted, or mended live; nor is what the
    platform itself has switched off."""
    for each in prepared.stopped:
        at = desired.where(("automations",))
        said = f"{desired.address}: {each.risk.reason}"
        out.problems.append(Problem("platform-stop", said, at, f"$.spec.{show_field(each.path)}", "", "warning"))
    for each in prepared.meanings:
        name = quote(f"{desired.address}/{each.risk.item}")
        message = f"{desired.address}: {each.risk.reason}"
        hint = f"no manifest says it: put it back in the organisation, or `syncer apply --accept-data-loss {name}`"
        at = desired.where(tuple(map(str, each.path)))
        shown = f"$.spec.{show_field(each.path)}"
        out.problems.append(Problem("not-accepted", message, at, shown, hint, "warning"))
        out.meant.append(desired.address)


def _unedited(out: WriteBackResult, raw: RawManifest, outcome: EditOutcome) -> None:
    """That a manifest as a whole can't say what is live, and why."""
    address = Address(raw.kind, raw.name)
    if outcome.unfit:
        _text_held_back(out, address, outcome.unfit)
        return
    message = f"{address} was left as it is: what is live is no sound manifest: {outcome.why}"
    hint = "mend it in the organisation, or let the next apply do so"
    _leave(out, address, _warning("unsound-live", message, raw, "$.spec", hint))


def _texts_beside(given: _WriteBackInput, raw: RawManifest, texts: Mapping[str, str], out: WriteBackResult) -> Files:
    """The texts of a manifest that stand in files of their own, and change; one that can't is said, and keeps back
    nothing else."""
    address, beside = Address(raw.kind, raw.name), Files()
    for name, text in texts.items():
        try:
            beside[name] = text_change(given.raws, given.manifests.project.root, name, text, address)
        except InvalidInput as error:
            _text_held_back(out, address, error.problems)
    return beside


def _text_held_back(out: WriteBackResult, address: Address, problems: Sequence[Problem]) -> None:
    told = (each._replace(message=f"{address}: {each.message}", severity="warning") for each in problems)
    out.problems += told
    out.unwritten.append(address)


def _still_refers(given: _WriteBackInput, user: Desired, address: Address, files: Files) -> bool:
    """Whether a manifest, as it is after this, names another."""
    if Ref(*address) not in (each.target for each in user.uses):
        return False
    raw = given.raws[user.address]
    after = files[raw.file].after if raw.file in files else raw.content
    if after is None:  # it goes as well
        return False
    return _names(read(after, raw.file)[raw.document.index].value, {"ref": address.name})


def _lose(given: _WriteBackInput, address: Address, out: WriteBackResult, files: Files) -> None:
    """An object that was deleted by hand."""
    out.gone.append(address)
    raw, prune_files = given.raws[address], given.wish.prune_files
    sharing = sum(document.value is not None for document in read(raw.content, raw.file))
    users = sorted(str(each.address) for each in given.sides.desired if _still_refers(given, each, address, files))
    if prune_files and sharing == 1 and not users:
        files[raw.file] = FileChange(raw.content, None)
        return
    hint = "remove the manifest (`--prune-files` does), or the next apply creates the object anew"
    if prune_files and sharing > 1:
        hint = f"remove it by hand: `{raw.file}` holds {sharing} documents"
    elif prune_files:
        more = f" and {len(users) - MOST_NAMED} more" if len(users) > MOST_NAMED else ""
        they = f"{', '.join(users[:MOST_NAMED])}{more} no longer refer{'s'[: len(users) == 1]} to it"
        hint = f"pull again with `--prune-files`, once {they}"
    out.problems.append(_warning("deleted-live", f"{address} was deleted in the organisation", raw, hint=hint))


def _unsure(address: Address, raw: RawManifest) -> Problem:
    """An object that is not found, where one that cannot be read may be it."""
    message = f"whether {address} was deleted is not known: one that cannot be read may be it"
    hint = "the warning about that object says where; nothing is removed meanwhile"
    return _warning("unreadable-live", message, raw, hint=hint)


def _leave(out: WriteBackResult, address: Address, problem: Problem) -> None:
    """A manifest stays as it is though its object changed, or may have."""
    out.unwritten.append(address)
    out.problems.append(problem)


def _warning(rule: str, message: str, raw: RawManifest, path: str = "", hint: str = "") -> Problem:
    """About a manifest, or about what it declares where a path is given."""
    at = raw.locate(("spec",) if path else ())
    return Problem(rule, message, at, path, hint, "warning")


def _names(value: Json, reference: Json) -> bool:
    """Whether the reference stands anywhere in the value."""
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return bool(value == reference) or any(_names(each, reference) for each in inside)


def _unsaid(kind: Kind, found: WriteBack, pulled: PulledSpec, complete: bool) -> list[str]:
    """What restricts the object and would be left while other changes of it are taken over."""
    held = [each for each in found.left if each.why in _HELD and restricts(kind, each.path)] if found.taken else []
    names = [f"`{show_field(each.path)}`" + (f" ({each.name})" if each.name else "") for each in held]
    return [*dict.fromkeys(names), *(pulled.unsaid if complete else ())]


def _texts(value: Json) -> Iterator[str]:
    yield from (each for each in (value if isinstance(value, (list, tuple)) else ()) if isinstance(each, str))
