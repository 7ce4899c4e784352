"""One change of an earlier run on its way back: what shall be again, what goes, and what is left alone, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from syncer.diff.fingerprint import canonical, digest, fingerprint
from syncer.kinds import KINDS
from syncer.model.address import Address
from syncer.model.diagnostic import Location
from syncer.model.field_change import show_field
from syncer.model.json_values import ABSENT, Json, Part, Path, Ref, Spec
from syncer.model.kind import Context, Kind
from syncer.model.resource import Desired, Live, Managed
from syncer.ops.refresh import Reader
from syncer.ops.undo.markers import named, with_secrets
from syncer.ops.undo.parts import gone_parts
from syncer.ops.undo.snapshots import address_of, both_sides, entry_before, memory_after, spec_from
from syncer.plan.identity_match import plain_title
from syncer.plan.plan import Notice
from syncer.plan.revert import Reversal, asking, go_back, shown
from syncer.state.run_history import KeptChange, Run

REMOVED = ("delete", "uninstall")


@dataclass(frozen=True, slots=True)
class UndoInputs:
    """All that is decided by. `git`: what the manifests want now; `managed`: what is remembered; `live`: by kind and
    id, of the kinds concerned; `reader`: for what a kind asks of an object beside its list."""

    run: Run
    git: Mapping[Address, Desired]
    managed: Mapping[Address, Managed]
    live: Mapping[tuple[str, str], Live]
    reader: Reader
    today: str


@dataclass(frozen=True, slots=True)
class ChangeReversal:
    """What becomes of a change. `said`: rule and message of each notice; `wanted`: what shall be again; `entry`: what
    is remembered of the object for the plan, in which it goes where it isn't wanted; `goal`: the top-level fields that
    go back, as they were, order and all; `memory`: what state says afterwards. Where nothing is taken back, there are
    only notices."""

    kept: KeptChange
    said: Sequence[tuple[str, str]]
    wanted: Desired | None = None
    entry: Managed | None = None
    goal: Mapping[str, Json] = field(default_factory=dict)
    memory: Managed | None = None

    @property
    def address(self) -> Address:
        """Whose change it is."""
        return address_of(self.kept)

    @property
    def notices(self) -> list[Notice]:
        """What whoever looks at the plan should know of it."""
        return [Notice(rule, message, self.address) for rule, message in self.said]


def reverse(given: UndoInputs, kept: KeptChange) -> ChangeReversal:
    """Decide about one change of the run. InvalidInput for one of a kind that this syncer does not know."""
    address, action = address_of(kept), kept.before["action"]
    if parted := _parted(given, address, kept):
        return ChangeReversal(kept, [parted])
    if action == "create":
        return _removed(given, address, kept)
    if action in REMOVED:
        return _brought_back(given, address, kept)
    return _changed_back(given, address, kept)


def kept_digest(run: Run, kept: KeptChange) -> str:
    """Of what was kept: a plan that was saved is of the very same run."""
    return digest(canonical([run.header.id, dict(kept.before), dict(kept.result)]))


def _parted(given: UndoInputs, address: Address, kept: KeptChange) -> tuple[str, str] | None:
    """The notice where object and address have parted since the run: then nothing of it is taken back, for what the
    address is now would be forgotten, and what the object is now would lose its protection."""
    live_id = str(kept.before["live_id"] or kept.result.get("live_id") or "")
    entries = [entry for entry in given.managed.values() if entry.address.kind == address.kind and entry.live_id]
    owner = next((each.address for each in entries if each.live_id == live_id), address)
    if owner != address:
        return "undo-impossible", f"it is {owner} now, and is left alone"
    present = next((each.live_id for each in entries if each.address == address), live_id)
    if live_id and present != live_id and (address.kind, present) in given.live:
        return "undo-conflict", f"its address stands for `{present}` now; left alone"
    return None


def _removed(given: UndoInputs, address: Address, kept: KeptChange) -> ChangeReversal:
    """What the run made goes again, under the guards of every removal."""
    kind, entry = KINDS[address.kind], given.managed.get(address)
    live_id = str(kept.result.get("live_id") or (entry.live_id if entry else ""))
    live = given.live.get((kind.name, live_id))
    if live is None:
        gone = "what the run made is no longer there" if live_id else "nothing was made"
        return ChangeReversal(kept, [("undo-nothing", gone)])
    known = entry if entry is not None and entry.live_id == live_id else Managed(address, live_id)
    said = []
    if along := sorted(known.parts.get(kind.made_along, ())):
        with_it = f"{kind.made_along} {_quoted(along)} were made along with it: look whether they went with it"
        said.append(("undo-stays", with_it))
    left = kept.result.get("fingerprint")
    if left and left != fingerprint(kind.spec_of(live.object), kind.shape):
        said.append(("undo-conflict", "somebody changed it since the run made it: all of that goes with it"))
    return ChangeReversal(kept, said, entry=known._replace(address=address))


def _brought_back(given: UndoInputs, address: Address, kept: KeptChange) -> ChangeReversal:
    """What the run removed is made anew."""
    kind, before, back = KINDS[address.kind], spec_from(kept.before["before"]), Reversal()
    if again := _there_again(given, kind, kept, before):
        return ChangeReversal(kept, [("undo-conflict", again)])
    spec, entry, said = shown(before, (), back), entry_before(address, kept), list[tuple[str, str]]()
    secrets = [*map(show_field, back.withheld), *(kept.before["entry"] or {}).get("secrets", ())]
    if secrets:
        never = f"never kept, and not set again by this: {_quoted(secrets)}; an apply of its manifest sends them"
        said.append(("undo-secret", never))
    anew = "under a new id; what hung on the old one stays lost" if kind.title else "what was lost with it stays lost"
    said.append(("undo-anew", f"it is made anew, {anew}: jobs that ran and messages that were sent included"))
    # its own former id, and those of what was made along with it, are not known before it stands
    names: dict[str, Json] = {entry.live_id: Ref(*address)} if kind.title else {}
    names |= {id: Part(kind.made_along, key) for key, id in entry.parts.get(kind.made_along, {}).items()}
    wanted = _wish(given, kept, named(spec, names), entry)
    wanted = wanted._replace(policy={**wanted.policy, "allow_disabled": True})
    memory = entry if kept.before["entry"] else Managed(address, "")
    return _with_gone_parts(given, ChangeReversal(kept, said, wanted, memory=memory), entry)


def _there_again(given: UndoInputs, kind: Kind, kept: KeptChange, before: Spec) -> str:
    """Why it need not, or must not, be made anew."""
    if (kind.name, str(kept.before["live_id"])) in given.live:
        return "it is there: it was not removed, or is back already; left alone"
    title = plain_title(str(before.get(kind.title))) if kind.title else ""
    there = [each for (name, _), each in given.live.items() if name == kind.name]
    if title and any(plain_title(each.title) == title for each in there):
        return f"there is another {kind.name} of that title now; left alone"
    return ""


def _changed_back(given: UndoInputs, address: Address, kept: KeptChange) -> ChangeReversal:
    """The fields that the run changed go back, where it still is as the run left it."""
    kind, live = KINDS[address.kind], given.live.get((address.kind, str(kept.before["live_id"])))
    if live is None:
        return ChangeReversal(kept, [("undo-conflict", "somebody deleted it since; it is not made anew")])
    present, then = given.managed.get(address), entry_before(address, kept)
    known = present or then
    before, after = both_sides(kind, kept, live)
    now, said = _present(given, live, known, (before, after)), list[tuple[str, str]]()
    if made := _made_along(kind, before, after):
        before = {**before, kind.made_along: {**made, **(before.get(kind.made_along) or {})}}
        stay = "were made by the run: look whether they went with what runs them, and delete what is left"
        said.append(("undo-stays", f"{kind.made_along} {_quoted(sorted(made))} {stay}"))
    back = go_back(before, after, now, kind.shape)
    since = "was changed by somebody since the run, and is left alone"
    said += [("undo-conflict", f"`{show_field(path)}` {since}") for path in back.conflicts]
    never = "holds a secret, which was never kept; an apply of the manifest that it came from sends it"
    secrets = dict.fromkeys([*map(show_field, back.withheld), *kept.before["secrets"]])
    said += [("undo-secret", f"`{name}` {never}") for name in secrets]
    if not back.changed:
        as_it_was = [] if back.conflicts or secrets else [("undo-nothing", "it is as it was before the run")]
        return ChangeReversal(kept, [*said, *as_it_was])
    version = kept.before["stamps"].get("version")
    if isinstance(version, int):
        said.append(("undo-version", f"what version {version} held is written as a new version"))
    fields = list(dict.fromkeys(str(path[0]) for path in back.changed))
    goal = {name: back.goal[name] for name in fields if name in back.goal}
    want: Spec = {name: value for name, value in now.items() if isinstance(value, (str, bool, int, float))}
    for name in fields:
        want[name] = asking(goal[name], now.get(name, ABSENT), kind.shape.at(name)) if name in goal else None
    wanted = _wish(given, kept, want, known)._replace(protect=bool(present and present.protect))
    declared = {name: now[name] for name in fields if name in now}
    entry = known._replace(address=address, live_id=live.id, declared=declared, secrets={}, secret_times={})
    memory = memory_after(kind, kept, then, present, frozenset(back.conflicts))
    memory = memory if kept.before["entry"] else Managed(address, "")
    return _with_gone_parts(given, ChangeReversal(kept, said, wanted, entry, goal, memory), then)


def _with_gone_parts(given: UndoInputs, whole: ChangeReversal, then: Managed) -> ChangeReversal:
    """The change on its way back, with what it points at and the organisation lacks made anew; nothing of it where
    that cannot be. `then`: what state said before the run."""
    kind, wanted, entry = KINDS[whole.address.kind], whole.wanted, whole.entry
    gone = gone_parts(given.reader, kind, {**(wanted.spec if wanted else {}), **whole.goal}, then)
    if gone.lost:
        nothing = (
            f"it would point at {kind.along} {_quoted(gone.lost)}, which is gone and was not kept; it is left alone"
        )
        return ChangeReversal(whole.kept, [("undo-impossible", f"it cannot be taken back: {nothing}")])
    if not gone.anew or wanted is None:
        return whole
    made = f"{kind.made_along} {_quoted(sorted(gone.anew))} went with it and are made anew, as they were declared"
    said = [*whole.said, ("undo-anew", f"{made}, under new ids; what else was set in them stays lost")]
    if gone.withheld:
        never = "which was never kept; it is made without, until an apply of a manifest sends it"
        said.append(("undo-secret", f"{_quoted(gone.withheld)} held a secret, {never}"))
    spec: Spec = named(dict(wanted.spec), gone.names)
    spec[kind.made_along] = {**(spec.get(kind.made_along) or {}), **gone.anew}
    if entry is not None:
        left = {key: id for key, id in entry.parts.get(kind.made_along, {}).items() if key not in gone.anew}
        entry = entry._replace(parts={**entry.parts, kind.made_along: left})
    goal = named(dict(whole.goal), gone.names)
    return replace(whole, said=said, wanted=wanted._replace(spec=spec), entry=entry, goal=goal)


def _present(given: UndoInputs, live: Live, known: Managed, sides: tuple[Spec, Spec]) -> Spec:
    """The live object in the language of the run, with what was made along with it."""
    kind = KINDS[known.address.kind]
    bundled: Spec = {key: {} for side in sides for key in side.get(kind.made_along) or ()}
    if not bundled:
        return kind.spec_of(live.object)
    want = {kind.made_along: bundled}
    context = Context(known.address, want, live.object, known.parts, {}, {}, {}, given.today)
    answers = {name: given.reader.read(kind.service, call) for name, call in kind.asks(context).items()}
    return kind.prepare(context._replace(answers=answers)).have


def _made_along(kind: Kind, before: Spec, after: Spec) -> Spec:
    """What the run made along with it: objects of their own, which no undo removes."""
    known = before.get(kind.made_along) or {}
    return {key: each for key, each in (after.get(kind.made_along) or {}).items() if key not in known}


def _wish(given: UndoInputs, kept: KeptChange, spec: Spec, entry: Managed) -> Desired:
    """What shall be again, with the manifest's secrets, and its policy as git has it now, but for what would choose
    another value than the former one."""
    address = address_of(kept)
    kind, git = KINDS[address.kind], given.git.get(address)
    if git is not None:
        live = given.live.get((kind.name, str(kept.before["live_id"])))
        spec = with_secrets(spec, git.spec, kind.spec_of(live.object) if live else ABSENT, kind.shape)
    policy = git.policy if git is not None else entry.policy
    policy = {name: value for name, value in policy.items() if name not in ("version", "prune")}
    where, extra = partial(_where, given.run, kept.line), git.extra if git is not None else ()
    return Desired(address, spec, policy, entry.protect, (), (), (), where, kept_digest(given.run, kept), extra=extra)


def _where(run: Run, line: int, path: Path) -> Location:
    return Location(str(run.path), line, 1)


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f"`{each}`" for each in names)
