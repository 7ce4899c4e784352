"""Carries one change out, step by step: read again, compare, send, settle, read back, check.

Runs in a worker; knows the platform and the journal, not the state. What a lost answer means is decided in
`unknown_outcome`, every other way a step can end here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from syncer.diff.fingerprint import fingerprint
from syncer.diff.platform_form import forms_of, told_apart
from syncer.diff.remainder import digests_of
from syncer.diff.three_way_merge import merge, merge_anew
from syncer.model.address import Address
from syncer.model.calls import FAILED, Objection, Parts, Seek, Step, Steps, StepsResult
from syncer.model.diagnostic import PartlyDone, Problem, SyncerError
from syncer.model.field_change import FieldChange, show_field
from syncer.model.json_values import ABSENT, Json, Lookup, Part, Ref, Spec, show_path
from syncer.model.kind import Context, Incomplete, Kind, PreparedSides
from syncer.model.markers import bind, leaves
from syncer.model.resource import Remainder
from syncer.model.unexpected_reply import UnexpectedReply, another_form
from syncer.ops.apply.change_result import ChangeResult, Creation, half_done
from syncer.ops.apply.error_location import hint_of, named_in
from syncer.ops.apply.ports import BackupSink, JournalPort, Platform, seek_made
from syncer.ops.apply.unknown_outcome import StepFailed, found_instead, read_instead
from syncer.plan.events import Started
from syncer.plan.identity_match import require_live
from syncer.plan.plan import REMOVALS, Task
from syncer.plan.planned_calls import steps_of, write_of

LACKING = frozenset({403, 404, 405, 501})
"""Statuses by which a platform says that it does not have an endpoint (docs/platform.md#export-and-import)."""

READ_AGAIN = (0.3, 1.0, 3.0)
"""Seconds before a read-back is tried again: a write may take a moment to be seen (docs/catalogue.md#c03, #c05)."""

STALE = "stale"
"""The rule of what was not written because the organisation had moved since the plan."""

UNLIKE = "not as it was sent when it is read back"
OTHERWISE = "the platform changed the value: take its form over into the manifest, or report it"

OLD = 60.0
"""Seconds after which what was read is read again before the first write: the machine may have slept
(docs/catalogue.md#f10)."""


@dataclass(slots=True)
class ChangeExecutor:
    """What every change of a run shares: the platform, the journal, ids and objects known so far."""

    platform: Platform
    ledger: JournalPort
    keeper: BackupSink
    ids: dict[Address, str]
    objects: dict[tuple[str, str], Json]
    """(kind, live id) → the object as last seen."""
    sleep: Callable[[float], None]
    today: str
    lookups: Mapping[tuple[str, str, str], str] = field(default_factory=dict)
    now: Callable[[], float] = lambda: 0.0
    """Seconds since 1970: a monotonic clock stands still while the machine sleeps."""
    salt: str = ""
    """Of the state, for digests of what is undeclared."""
    _by_value: dict[tuple[str, str], dict[str, list[str]]] = field(default_factory=dict)

    def carry(self, kind: Kind, task: Task, *, first_go: bool, news: Callable[[Any], None]) -> ChangeResult:
        """Carry the task out, or raise StepFailed. `first_go`: without the late references of a cut circle."""
        address, change = task.change.address, _ChangeRun(self, kind, task, first_go, news)
        try:
            return change.carry()
        except StepFailed as failure:
            failure.wrote = change.wrote
            self.keeper.failed(address, failure.live_id, unknown=failure.unknown)
            raise
        except (Objection, SyncerError) as error:
            refused = self._refused(address, error)
            refused.wrote = change.wrote
            refused.parts = change.parts if change.parts != task.parts else None
            self.keeper.failed(address, refused.live_id, unknown=False)
            raise refused from None
        except UnexpectedReply as error:
            problem = another_form(str(address), error)
            if change.wrote:
                hint = "run `syncer apply` again: it reads first; report it with this line if it stays so"
                problem = problem._replace(hint=hint)
            live_id = self.ids.get(address, "")
            self.keeper.failed(address, live_id, unknown=False)
            raise StepFailed(problem, live_id=live_id, wrote=change.wrote) from None

    def _refused(self, address: Address, error: Objection | SyncerError) -> StepFailed:
        live_id = self.ids.get(address, "")
        if isinstance(error, Incomplete):  # the plan, which ran the same steps, had nothing against it
            return StepFailed(Problem(STALE, f"{address}: {error}", hint=error.findings[0].hint), live_id=live_id)
        if isinstance(error, Objection):
            hint = "look at it in the organisation, then plan again"
            return StepFailed(Problem("not-as-asked", f"{address}: {error}", hint=hint), live_id=live_id)
        first, fatal = error.problems[0], isinstance(error, PartlyDone)
        problem = first._replace(message=f"{address}: {first.message}")
        return StepFailed(problem, live_id=live_id, unauthorised=first.rule == "unauthorised", fatal=fatal)

    def resolve(self, leaf: Ref | Lookup | Part) -> Json:
        """The live id of a marker, or the marker where it has none yet."""
        if isinstance(leaf, Ref):
            return self.ids.get(Address(leaf.kind, leaf.name), leaf)
        if isinstance(leaf, Lookup):
            return self.lookups.get((leaf.kind, leaf.title, leaf.scope), leaf)
        return leaf

    def names(self, kind: str, live_id: str) -> Mapping[str, Json]:
        """The object of an id as last seen; empty where it was never seen."""
        found = self.objects.get((kind, live_id))
        return found if isinstance(found, dict) else {}

    def there_before(self, kind: str, seek: Seek) -> tuple[str, ...]:
        """Ids of the objects that had the sought value when the plan was made."""
        index = self._by_value.get((kind, seek.field))
        if index is None:
            index = {}
            for (name, live_id), each in list(self.objects.items()):
                if name == kind and isinstance(each, dict):
                    index.setdefault(str(each.get(seek.field)), []).append(live_id)
            self._by_value[kind, seek.field] = index
        return tuple(sorted(index.get(seek.value, ())))


class _ChangeRun:
    """One change under way."""

    def __init__(
        self, carrier: ChangeExecutor, kind: Kind, task: Task, first_go: bool, news: Callable[[Any], None]
    ) -> None:
        self.run = carrier
        self.kind = kind
        self.task = task
        self.address = task.change.address
        self.first_go = first_go
        self.news = news
        self.wanted: Spec = {}
        self.parts = task.parts
        """Ids of parts, those that steps of this change have made included."""
        self.seen: Json = None
        """The object as it was last read; None before it exists."""
        self.have: Spec = {}
        """The same as a spec."""
        self.wrote = False
        self.goal: Spec = {}
        """What is sent."""
        self.refused: Problem | None = None
        """Why a step that may fail was refused."""
        self.read_at = 0.0

    def carry(self) -> ChangeResult:
        kind, task, run = self.kind, self.task, self.run
        self.read_at = run.now()
        live, answers = self._unmoved()
        self.seen = live
        goal, self.wanted = bind(task.goal, run.resolve), bind(task.want, run.resolve)
        self._all_resolved(goal)
        if self.first_go and kind.without is not None:
            goal, self.wanted = kind.without(goal, task.late), kind.without(self.wanted, task.late)
        elif task.late:  # what the platform made of the first go is carried over
            prepared = self.prepared(self.wanted, live, task.parts)[0]
            laid = merge if task.live else merge_anew
            goal, self.wanted = laid(prepared.have, prepared.want, {}, kind.shape).goal, prepared.want
        self.goal = goal
        write = write_of(task, goal, self.wanted, live, run.names)._replace(answers=answers)
        run.keeper.before(kind, task, self.have, goal, live)
        written = self._send_all(steps_of(kind, task, write))
        if task.change.action in REMOVALS:
            run.keeper.after(kind, task, written, kind.spec_of(written.live) if written.live else {}, {})
            return ChangeResult(written, {})
        run.ids[self.address] = written.live_id
        result = self._as_asked(written)
        run.objects[kind.name, written.live_id] = result.written.live
        run.keeper.after(kind, task, result.written, self.have, result.want)
        return result

    def _all_resolved(self, goal: Spec) -> None:
        own = Ref(*self.address)
        for leaf in leaves(goal):
            if isinstance(leaf, (Ref, Lookup)) and leaf != own:
                name = leaf.address if isinstance(leaf, Ref) else leaf.title
                raise self.failed(f"`{name}` has no live id yet", "plan again")

    def _unmoved(self) -> tuple[Json, Mapping[str, Json]]:
        """The live object, read again: what moved since the plan is not written over."""
        change, kind, run, task = self.task.change, self.kind, self.run, self.task
        live_id, expected = change.live_id, change.fingerprint
        if task.late and not self.first_go:  # the second go: what the first one left is what must be there
            live_id = live_id or run.ids[self.address]
            expected = fingerprint(kind.spec_of(run.objects[kind.name, live_id]), kind.shape)
        if not live_id:
            if kind.key_field and kind.reads_by_key:
                key = kind.key(task.want)
                if run.platform.read(kind.service, kind.read(key, None)) is not None:
                    raise self.moved(f"`{key}` has appeared in the organisation since the plan")
            return None, task.answers
        live = run.platform.read(kind.service, kind.read(live_id, task.live.object if task.live else None))
        if live is None:
            raise self.moved(f"`{live_id}` was deleted since the plan")
        require_live(kind, live)
        if task.desired is None:
            have, answers = kind.spec_of(live), task.answers
            self.have = self._with_what_goes_along(have, live)
        else:
            prepared, answers = self.prepared(bind(task.desired.spec, run.resolve), live, task.parts)
            have = self.have = prepared.have
        if fingerprint(have, kind.shape) != expected:
            hint = "plan again, and look at what they changed"
            raise self.moved("somebody changed it in the organisation since the plan", hint)
        return live, answers

    def _with_what_goes_along(self, have: Spec, live: Json) -> Spec:
        """What is about to be removed, with the objects that were made along with it."""
        group = self.kind.made_along
        bundled: Spec = {key: {} for key in self.task.parts.get(group, {})}
        return self.prepared({group: bundled}, live, self.task.parts)[0].have if bundled else have

    def prepared(self, want: Spec, live: Json, parts: Parts) -> tuple[PreparedSides, dict[str, Json]]:
        """Both sides in one language, what the kind asks for read afresh. PlatformError for another form."""
        if live is not None:
            require_live(self.kind, live)
        context = Context(self.address, want, live, parts, self.task.policy, {}, {}, self.run.today)
        answers = {
            name: self.run.platform.read(self.kind.service, call) for name, call in self.kind.asks(context).items()
        }
        return self.kind.prepare(context._replace(answers=answers)), answers

    def _send_all(self, steps: Steps) -> StepsResult:
        """Send the steps one after the other, each with the reply of the one before."""
        try:
            step = next(steps)
            while True:
                self.news(Started(self.address, self.task.change.action, step.name))
                reply = self._look(step) if step.call.method == "GET" else self._send(step)
                if step.call == self.kind.read(self.live_id(), reply):
                    self.seen = reply
                step = steps.send(reply)
        except StopIteration as end:
            written: StepsResult = end.value
            return written

    def _look(self, step: Step) -> Json:
        """A read with an expectation; a write may take a moment to be seen."""
        reply = self.run.platform.read(self.kind.service, step.call)
        for pause in READ_AGAIN:
            if not step.complaint(reply):
                return reply
            self.run.sleep(pause)
            reply = self.run.platform.read(self.kind.service, step.call)
        return self._checked(step, reply)

    def _checked(self, step: Step, reply: Json) -> Json:
        complaint = step.complaint(reply)
        if complaint:
            raise self.failed(f"step `{step.name}`: {complaint}", "look at it in the organisation, then plan again")
        return reply

    def failed(self, message: str, hint: str, **how: Any) -> StepFailed:
        """What went wrong with this change, with the live id as far as it is known."""
        live_id = self.run.ids.get(self.address, "")
        return StepFailed(Problem("step-failed", f"{self.address}: {message}", hint=hint), live_id=live_id, **how)

    def moved(self, message: str, hint: str = "plan again") -> StepFailed:
        """The organisation is no longer as the plan was made for: nothing is written over."""
        failed = self.failed(message, hint)
        failed.problem = failed.problem._replace(rule=STALE)
        return failed

    def live_id(self) -> str:
        """The object's id as far as it is known; the key where the manifest names that."""
        return self.task.change.live_id or self.run.ids.get(self.address, "") or self.kind.key(self.wanted)

    def _send(self, step: Step) -> Json:
        """One writing call. What must not be made twice is in the journal before it goes out. In one piece, for the
        order of what is sent, noted and known is what makes it safe."""
        if not self.wrote and abs(self.run.now() - self.read_at) > OLD:
            self.read_at = self.run.now()
            self._unmoved()
        before = self._before(step)
        if not (step.once or self.wrote) and self.task.change.action == "create":
            self.run.keeper.sure()  # no intent tells that it was this run
        note = self.run.ledger.intent
        op = note(self.address, self.kind.name, step, before, self.task.change.live_id) if step.once else ""
        answer = self.run.platform.write(self.kind.service, step.call)
        lacking = step.may_lack and answer.status in LACKING
        if lacking or answer.outcome in ("NOT_SENT", "REJECTED"):
            if op:
                self.run.ledger.settle(op, "REJECTED" if lacking else answer.outcome)
            if lacking or (step.call.method == "DELETE" and answer.status == 404):
                return None
            message = f"step `{step.name}`: {answer.message}"
            failed = self.failed(message, hint_of(answer.status, answer.message), unauthorised=answer.unauthorised)
            if answer.status in (400, 422):
                failed.problem = self._placed(failed.problem, answer.message.partition("`: ")[2])
            if step.may_fail and answer.outcome == "REJECTED" and not answer.unauthorised:
                self.refused = failed.problem
                return FAILED
            raise failed
        self.wrote = True
        if not step.once:
            reply = answer.body if answer.outcome == "APPLIED" else read_instead(self, step, answer)
            return self._checked(step, reply)
        reply = answer.body
        if answer.outcome == "AMBIGUOUS" or not step.id_of(reply) or self._was_there(step, step.id_of(reply)):
            words = "the reply names another object" if step.id_of(reply) else "the reply names no id"
            reply = found_instead(self, step, before, answer.message or words)
        made = step.id_of(reply)
        if step.part is None:  # known before it is settled: a disk that fails now must not hide the id
            self.run.ids[self.address] = made
        else:
            group, key = step.part
            self.parts = {**self.parts, group: {**self.parts.get(group, {}), key: made}}
        self.run.ledger.settle(op, "APPLIED", made)
        self.news(Creation(self.address, made, step.part))
        return self._checked(step, reply)

    def _was_there(self, step: Step, made: str) -> bool:
        """Whether the id of something that was just made is one that was there before: then it is not what we made."""
        if step.seek is None:
            return False
        return (self.kind.name, made) in self.run.objects or made in self.run.ids.values()

    def _placed(self, problem: Problem, words: str) -> Problem:
        """With the manifest's line that the platform's words speak of (docs/catalogue.md#c16); its first where they
        name no field."""
        desired = self.task.desired
        if desired is None:
            return problem
        path = named_in(words, desired.spec)
        return problem._replace(at=desired.where(path), path=show_path(("spec", *path)))

    def _before(self, step: Step) -> tuple[str, ...]:
        """Ids that a lost answer cannot have made. A part's siblings are in no list of the plan: these are read now."""
        if step.seek is None:
            return ()
        if step.part is None:
            return self.run.there_before(self.kind.name, step.seek)
        return tuple(
            str(each.get(step.seek.id)) for each in seek_made(self.run.platform, self.kind.service, step.seek, ())
        )

    def differing(self, prepared: PreparedSides) -> str:
        """The first field that is not as it was asked for, nor as the platform is known to make it; "" for none."""
        return next((show_field(each.path, prepared.labels) for each in self._unlike(prepared)), "")

    def _unlike(self, prepared: PreparedSides) -> tuple[FieldChange, ...]:
        left, _ = told_apart(self._otherwise(prepared), self.task.forms)
        return (*left, *prepared.extra)

    def _otherwise(self, prepared: PreparedSides) -> tuple[FieldChange, ...]:
        """What differs from what was sent; what is to be by now, and was not when it was sent, is the next plan's: an
        app's newest version."""
        changes = merge(prepared.have, prepared.want, {}, self.kind.shape).changes
        return tuple(each for each in changes if not self._as_sent(each))

    def _as_sent(self, change: FieldChange) -> bool:
        name = change.path[0]
        return len(change.path) == 1 and isinstance(name, str) and self.goal.get(name, ABSENT) == change.before

    def _as_asked(self, written: StepsResult) -> ChangeResult:
        """What was declared, in live ids, with what is not as it was sent once the object is read back. StepFailed
        where nothing of it has come about."""
        desired, kind, before = self.task.desired, self.kind, self.have
        want = self.wanted if self.first_go or desired is None else bind(desired.spec, self.run.resolve)
        prepared, _ = self.prepared(want, written.live, written.parts or self.parts)
        for pause in READ_AGAIN:
            if not self._unlike(prepared):
                break
            self.run.sleep(pause)
            if (live := self.run.platform.read(kind.service, kind.read(written.live_id, written.live))) is not None:
                written = written._replace(live=live)
                prepared, _ = self.prepared(want, live, written.parts or self.parts)
        self.have = prepared.have
        but, amiss = None, ""
        if differing := self.differing(prepared):
            words, hint = f"`{differing}` is {UNLIKE}", OTHERWISE
            if prepared.amiss:
                words, _, hint = prepared.amiss.partition(": ")
                amiss = words
            failed = self.failed(words, hint, parts=written.parts)
            if self.task.live and fingerprint(before, kind.shape) == fingerprint(prepared.have, kind.shape):
                raise failed
            but = failed.problem._replace(rule="not-as-sent")
        merged = merge(prepared.have, prepared.want, {}, kind.shape)
        rest = Remainder(digests_of(merged.remainder, self.run.salt)) if self.run.salt else None
        otherwise = self._otherwise(prepared)
        declared = {
            **prepared.want,
            **{str(each.path[0]): each.before for each in merged.changes if self._as_sent(each)},
        }
        if self.refused is not None:
            half = half_done(written, declared, otherwise, rest, self.refused, but)
            return replace(half, amiss=amiss)
        return ChangeResult(written, declared, forms_of(otherwise), rest, but, amiss)
