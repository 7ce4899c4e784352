"""The plan that takes an earlier run back: from what was kept of it, and from the organisation as it is now.

What the run changed goes back where the organisation still has what the run left; what somebody changed since is named
and left alone. The plan is made by `make_plan` like any other, of wishes that nobody wrote, so that every check of a
kind and every guard holds for it too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from syncer.diff.fingerprint import canonical, digest, fingerprint
from syncer.kinds import KINDS
from syncer.model.address import Address
from syncer.model.calls import Parts
from syncer.model.diagnostic import InvalidInput, Location, Problem
from syncer.model.field_change import show_field
from syncer.model.json_values import ABSENT, Json, Part, Path, Ref, Spec
from syncer.model.kind import Context, Kind
from syncer.model.resource import Desired, Live, Managed
from syncer.ops.cached_reader import CachedReader
from syncer.ops.plan import PlanResult, make_plan, manifest_digest
from syncer.ops.refresh import Fetch, Reader
from syncer.ops.selection import PlanRequest, Selection, Target
from syncer.ops.undo.markers import named, uses, with_secrets
from syncer.ops.undo.snapshots import address_of, both_sides, entry_before, memory_after, spec_from
from syncer.plan.document.document import identified
from syncer.plan.identity_match import live_of, plain_title
from syncer.plan.plan import Notice, Task
from syncer.plan.revert import Reversal, asking, go_back, shown
from syncer.state.run_history import KeptChange, Run

REMOVED = ("delete", "uninstall")


def plan_back(
    api: Reader,
    fetch: Fetch,
    run: Run,
    git: Sequence[Desired],
    managed: Mapping[Address, Managed],
    request: PlanRequest,
) -> PlanResult:
    """The plan that takes `run` back. `git`: what the manifests want now, for secrets, policies and a word about what
    comes again. InvalidInput where the run was made in another organisation."""
    org_id = request.target.org_id
    if run.header.org_id != org_id:
        message = f"run `{run.header.id}` changed organisation `{run.header.org_id}`, and this is `{org_id}`"
        raise InvalidInput(Problem("other-run", message, hint="choose its environment with --env"))
    once = CachedReader(api)
    undoing = _Undoing(run, {each.address: each for each in git}, managed, once, request.target.today)
    undoing.look(fetch)
    for kept in run.changes:
        undoing.take_back(kept)
    planned = _planned(undoing, once, fetch, request.target)
    tasks = {address: undoing.exactly(task) for address, task in planned.plan.tasks.items()}
    plan = replace(
        planned.plan,
        released=(),
        notices=(*request.notices, *undoing.notices, *planned.plan.notices, *undoing.against_git(tasks)),
        digests={str(address): undoing.digest(address) for address in sorted(tasks)},
        partial=False,
        undo=run.header.id,
        tasks=tasks,
    )
    sides = replace(planned.sides, live={**undoing.listed, **planned.sides.live})
    return replace(planned, plan=identified(plan), sides=sides, settled={}, desired=tuple(git) or planned.desired)


def _planned(undoing: _Undoing, api: Reader, fetch: Fetch, target: Target) -> PlanResult:
    """The plan of what can be taken back: what a check speaks against is named, and left out of it."""
    while True:
        concerned = {*undoing.wanted, *undoing.unwanted}
        managed = {each: entry for each, entry in undoing.managed.items() if each not in concerned}
        managed |= {**undoing.links, **undoing.unwanted}
        request = PlanRequest(target, Selection(exactly=frozenset(map(str, concerned))))
        try:
            return make_plan(api, fetch, undoing.desired(), managed, request)
        except InvalidInput as error:
            against = {undoing.whose(each): each for each in error.problems if each.severity == "error"}
            if None in against:
                raise
            for address, problem in against.items():
                if address is not None:
                    undoing.cannot(address, problem.message.removeprefix(f"{address}: "), problem.hint)


@dataclass(slots=True)
class _Undoing:
    """One run on its way back."""

    run: Run
    git: Mapping[Address, Desired]
    managed: Mapping[Address, Managed]
    api: Reader
    today: str
    listed: dict[str, list[Live]] = field(default_factory=dict)
    live: dict[tuple[str, str], Live] = field(default_factory=dict)
    wanted: dict[Address, Desired] = field(default_factory=dict)
    """What shall be again."""
    unwanted: dict[Address, Managed] = field(default_factory=dict)
    """What the run made."""
    links: dict[Address, Managed] = field(default_factory=dict)
    goals: dict[Address, Spec] = field(default_factory=dict)
    """The top-level fields that go back, as they were: order and all."""
    memories: dict[Address, Managed] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)

    def look(self, fetch: Fetch) -> None:
        """List the kinds concerned, and those whose titles they are sent with: a flow names its reasons in full."""
        named = {address_of(kept).kind for kept in self.run.changes}
        named |= {ref.to for name in named for ref in KINDS[name].refs if ref.to in KINDS and KINDS[ref.to].title}
        kinds = [KINDS[name] for name in KINDS if name in named]
        replies = fetch([partial(self.api.list, kind.service, kind.listing) for kind in kinds])
        for kind, objects in zip(kinds, replies, strict=True):
            self.listed[kind.name] = live_of(kind, objects)
            self.live |= {(kind.name, each.id): each for each in self.listed[kind.name]}

    def take_back(self, kept: KeptChange) -> None:
        """Decide about one change of the run."""
        address, action = address_of(kept), kept.before["action"]
        kind = KINDS[address.kind]
        if self._is_another_now(address, kept):
            return
        if action == "create":
            self._remove(address, kept)
        elif action in REMOVED:
            self._bring_back(kind, address, kept)
        else:
            self._change_back(kind, address, kept)

    def _is_another_now(self, address: Address, kept: KeptChange) -> bool:
        """Whether object and address have parted since the run: then nothing of it is taken back, for what the address
        is now would be forgotten, and what the object is now would lose its protection."""
        live_id = str(kept.before["live_id"] or kept.result.get("live_id") or "")
        entries = [entry for entry in self.managed.values() if entry.address.kind == address.kind and entry.live_id]
        owner = next((each.address for each in entries if each.live_id == live_id), address)
        if owner != address:
            self.finding(address, "undo-impossible", f"it is {owner} now, and is left alone")
            return True
        present = next((each.live_id for each in entries if each.address == address), live_id)
        if live_id and present != live_id and (address.kind, present) in self.live:
            self.finding(address, "undo-conflict", f"its address stands for `{present}` now; left alone")
            return True
        return False

    def _remove(self, address: Address, kept: KeptChange) -> None:
        """What the run made goes again, under the guards of every removal."""
        entry = self.managed.get(address)
        live_id = str(kept.result.get("live_id") or (entry.live_id if entry else ""))
        live = self.live.get((address.kind, live_id))
        if live is None:
            said = "what the run made is no longer there" if live_id else "nothing was made"
            self.finding(address, "undo-nothing", said)
            return
        known = entry if entry is not None and entry.live_id == live_id else Managed(address, live_id)
        self.unwanted[address] = known._replace(address=address)
        along = sorted(known.parts.get(KINDS[address.kind].made_along, ()))
        if along:
            names = ", ".join(f"`{key}`" for key in along)
            said = f"{KINDS[address.kind].made_along} {names} were made along with it: look whether they went with it"
            self.finding(address, "undo-stays", said)
        left = kept.result.get("fingerprint")
        if left and left != fingerprint(KINDS[address.kind].spec_of(live.object), KINDS[address.kind].shape):
            said = "somebody changed it since the run made it: all of that goes with it"
            self.finding(address, "undo-conflict", said)

    def _bring_back(self, kind: Kind, address: Address, kept: KeptChange) -> None:
        """What the run removed is made anew."""
        before, back = spec_from(kept.before["before"]), Reversal()
        again = self._there_again(kind, address, kept, before)
        if again:
            self.finding(address, "undo-conflict", again)
            return
        spec, entry = shown(before, (), back), entry_before(address, kept)
        secrets = [*map(show_field, back.withheld), *(kept.before["entry"] or {}).get("secrets", ())]
        if secrets:
            said = f"never kept, and not set again by this: {', '.join(f'`{each}`' for each in secrets)}"
            self.finding(address, "undo-secret", f"{said}; an apply of its manifest sends them")
        anew = (
            "under a new id; what hung on the old one stays lost" if kind.title else "what was lost with it stays lost"
        )
        said = f"it is made anew, {anew}: jobs that ran and messages that were sent included"
        self.finding(address, "undo-anew", said)
        policy = {**self._policy(address, entry), "allow_disabled": True}
        self._want(kind, address, kept, self._referring(spec, address, entry), policy, protect=entry.protect)
        self.memories[address] = entry if kept.before["entry"] else Managed(address, "")

    def _there_again(self, kind: Kind, address: Address, kept: KeptChange, before: Spec) -> str:
        """Why it need not, or must not, be made anew."""
        if (kind.name, str(kept.before["live_id"])) in self.live:
            return "it is there: it was not removed, or is back already; left alone"
        title = plain_title(str(before.get(kind.title))) if kind.title else ""
        there = [each for (name, _), each in self.live.items() if name == kind.name]
        if title and any(plain_title(each.title) == title for each in there):
            return f"there is another {kind.name} of that title now; left alone"
        return ""

    def _change_back(self, kind: Kind, address: Address, kept: KeptChange) -> None:
        """The fields that the run changed go back, where it still is as the run left it."""
        live = self.live.get((kind.name, str(kept.before["live_id"])))
        if live is None:
            self.finding(address, "undo-conflict", "somebody deleted it since; it is not made anew")
            return
        present, then = self.managed.get(address), entry_before(address, kept)
        parts = present.parts if present else then.parts
        before, after = both_sides(kind, kept, live)
        now = self._present(kind, address, live, parts, (before, after))
        self._leave_what_stays(kind, address, before, after)
        back = go_back(before, after, now, kind.shape)
        for path in back.conflicts:
            said = "was changed by somebody since the run, and is left alone"
            self.finding(address, "undo-conflict", f"`{show_field(path)}` {said}")
        secrets = dict.fromkeys([*map(show_field, back.withheld), *kept.before["secrets"]])
        for name in secrets:
            said = "holds a secret, which was never kept; an apply of the manifest that it came from sends it"
            self.finding(address, "undo-secret", f"`{name}` {said}")
        if not back.changed:
            if not back.conflicts and not secrets:
                self.finding(address, "undo-nothing", "it is as it was before the run")
            return
        fields = list(dict.fromkeys(str(path[0]) for path in back.changed))
        goal = {name: back.goal[name] for name in fields if name in back.goal}
        want: Spec = {name: value for name, value in now.items() if isinstance(value, (str, bool, int, float))}
        for name in fields:
            want[name] = asking(goal[name], now.get(name, ABSENT), kind.shape.at(name)) if name in goal else None
        policy = self._policy(address, present or then)
        self._want(kind, address, kept, want, policy, protect=bool(present and present.protect))
        declared = {name: now[name] for name in fields if name in now}
        self.links[address] = (present or then)._replace(
            address=address, live_id=live.id, declared=declared, secrets={}
        )
        self.goals[address] = goal
        known = memory_after(kind, kept, then, present, frozenset(back.conflicts))
        self.memories[address] = known if kept.before["entry"] else Managed(address, "")
        version = kept.before["stamps"].get("version")
        if isinstance(version, int):
            self.finding(address, "undo-version", f"what version {version} held is written as a new version")

    def _present(self, kind: Kind, address: Address, live: Live, parts: Parts, sides: tuple[Spec, Spec]) -> Spec:
        """The live object in the language of the run, with what was made along with it."""
        group = kind.made_along
        bundled: Spec = {key: {} for side in sides for key in side.get(group) or ()}
        if not bundled:
            return kind.spec_of(live.object)
        context = Context(address, {group: bundled}, live.object, parts, {}, {}, {}, self.today)
        answers = {name: self.api.read(kind.service, call) for name, call in kind.asks(context).items()}
        return kind.prepare(context._replace(answers=answers)).have

    def _leave_what_stays(self, kind: Kind, address: Address, before: Spec, after: Spec) -> None:
        """What the run made along with it is an object of its own: no undo removes it, and it is named."""
        group = kind.made_along
        made = [key for key in after.get(group) or () if key not in (before.get(group) or {})]
        if made:
            before[group] = {**{key: after[group][key] for key in made}, **(before.get(group) or {})}
            names = ", ".join(f"`{key}`" for key in sorted(made))
            said = f"{group} {names} were made by the run: look whether they went with what runs them, and delete what "
            self.finding(address, "undo-stays", f"{said}is left")

    def _want(
        self, kind: Kind, address: Address, kept: KeptChange, spec: Spec, policy: Mapping[str, Json], *, protect: bool
    ) -> None:
        git = self.git.get(address)
        if git is not None:
            live = self.live.get((kind.name, str(kept.before["live_id"])))
            now = kind.spec_of(live.object) if live else ABSENT
            spec = with_secrets(spec, git.spec, now, kind.shape)
        self.wanted[address] = Desired(
            address,
            spec,
            policy,
            protect,
            (),
            (),
            (),
            partial(_where, self.run, kept.line),
            self.digest(address),
        )

    def _policy(self, address: Address, entry: Managed) -> dict[str, Json]:
        """The manifest's policy as git has it now, but for what would choose another value than the former one."""
        policy = self.git[address].policy if address in self.git else entry.policy
        return {name: value for name, value in policy.items() if name not in ("version", "prune")}

    def _referring(self, spec: Spec, address: Address, entry: Managed) -> Spec:
        """The spec of what is made anew: its own former id, and those of what was made along with it, are not known
        before it stands."""
        names: dict[str, Json] = {entry.live_id: Ref(*address)} if KINDS[address.kind].title else {}
        group = KINDS[address.kind].made_along
        names |= {id: Part(group, key) for key, id in entry.parts.get(group, {}).items()}
        made: Spec = named(spec, names)
        return made

    def _anew(self) -> dict[str, Json]:
        """Former id → reference, of everything that is made anew under another one."""
        gone = [(address_of(kept), kept) for kept in self.run.changes if kept.before["action"] in REMOVED]
        return {
            str(kept.before["live_id"]): Ref(*address)
            for address, kept in gone
            if address in self.wanted and KINDS[address.kind].title
        }

    def desired(self) -> list[Desired]:
        """What shall be again, with what of it refers to what."""
        keys = {(each.kind, KINDS[each.kind].key(wish.spec)): each for each, wish in self.wanted.items()}
        anew, found = self._anew(), []
        for address, wish in self.wanted.items():
            spec: Spec = named(wish.spec, anew)
            found.append(wish._replace(spec=spec, uses=tuple(uses(KINDS[address.kind], spec, keys))))
        return found

    def whose(self, problem: Problem) -> Address | None:
        """The address that a problem speaks of; None where nobody can tell."""
        if problem.at is not None and problem.at.file == str(self.run.path):
            return next((address_of(kept) for kept in self.run.changes if kept.line == problem.at.line), None)
        hits = [each for each in (*self.wanted, *self.unwanted) if problem.message.startswith(f"{each}: ")]
        return max(hits, key=lambda each: len(str(each)), default=None)

    def cannot(self, address: Address, why: str, hint: str) -> None:
        """It is not taken back, and why."""
        for known in (self.wanted, self.unwanted, self.links, self.goals, self.memories):
            known.pop(address, None)
        self.finding(address, "undo-impossible", f"it cannot be taken back: {why}" + (f" ({hint})" if hint else ""))

    def finding(self, address: Address, rule: str, message: str) -> None:
        """A line for whoever looks at the plan."""
        self.notices.append(Notice(rule, message, address))

    def digest(self, address: Address) -> str:
        """Of what was kept: a plan that was saved is of the very same run."""
        kept = next(each for each in self.run.changes if each.address == str(address))
        return digest(canonical([self.run.header.id, dict(kept.before), dict(kept.result)]))

    def exactly(self, task: Task) -> Task:
        """The task with what was there before in its former order, and with what state shall say afterwards."""
        address = task.change.address
        if address not in self.memories:
            return task
        shape = KINDS[address.kind].shape
        goal = {**task.goal, **named(self.goals.get(address, {}), self._anew())}
        same = fingerprint(goal, shape) == fingerprint(task.goal, shape)
        return replace(task, goal=goal if same else task.goal, memory=self.memories[address])

    def against_git(self, tasks: Mapping[Address, Task]) -> Iterator[Notice]:
        """Which of it the next ordinary plan would make again."""
        again: list[str] = []
        off: list[str] = []
        gone: list[str] = []
        for kept in self.run.changes:
            address = address_of(kept)
            desired = self.git.get(address)
            if address in tasks and kept.before["action"] in ("create", "update", "upgrade"):
                if desired is not None and manifest_digest(desired) == kept.before["manifest"]:
                    (off if tasks[address].change.action == "deactivate" else again).append(str(address))
            elif address in tasks and desired is None:
                gone.append(str(address))
        if again:
            said = f"git still declares what run {self.run.header.id} applied: revert that commit, or the next plan"
            yield Notice("undo-git", f"{said} wants these changes again: {', '.join(again)}")
        if off:
            said = (
                "git still declares what is switched off by this: the next plan switches on what its manifest says is"
            )
            yield Notice("undo-git", f"{said} on, and leaves the rest off: {', '.join(off)}")
        if gone:
            said = "git no longer has these manifests: bring them back, and take them out of `Removed` documents, or"
            yield Notice("undo-git", f"{said} the next apply removes the objects again: {', '.join(gone)}")


def _where(run: Run, line: int, path: Path) -> Location:
    return Location(str(run.path), line, 1)
