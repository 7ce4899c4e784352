"""What tests of kinds share: a context, a write, and a generator of steps that is fed replies until it ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from syncer.diff.three_way_merge import merge
from syncer.model.address import Address
from syncer.model.calls import Step, Steps, StepsResult, Write
from syncer.model.field_change import show_field
from syncer.model.kind import Context, PreparedSides

Json = Any
TODAY = "2026-11-22"


@dataclass(frozen=True)
class Ran:
    """What a generator asked for, in order, and how it ended."""

    asked: list[Step]
    written: StepsResult | None
    complaint: str = ""
    """What was wrong with the last reply."""

    @property
    def steps(self) -> list[tuple[str, str, Json]]:
        """(name, call, body) of each step."""
        return [(step.name, f"{step.call.method} {step.call.path}", step.call.body) for step in self.asked]

    @property
    def writes(self) -> list[tuple[str, str]]:
        """(name, call) of each step that writes."""
        return [(name, call) for name, call, _ in self.steps if not call.startswith("GET ")]


def drive(steps: Steps, replies: Sequence[Json] | None = None, asked: list[Step] | None = None) -> Ran:
    """Feed the replies until one is found wanting, as an apply does; without replies, what each step pretends, as a
    plan does. `asked` is where the steps are put, for whoever expects that it ends with an exception."""
    asked = [] if asked is None else asked
    waiting = list(replies) if replies is not None else None
    try:
        step = next(steps)
        while True:
            asked.append(step)
            reply = step.pretend if waiting is None else waiting.pop(0)
            lacking = reply is None and step.may_lack
            if waiting is not None and not lacking and (said := step.complaint(reply)):
                return Ran(asked, None, said)
            step = steps.send(reply)
    except StopIteration as end:
        assert not waiting, f"replies nobody asked for: {waiting}"
        return Ran(asked, end.value)


def shown(prepared: PreparedSides, kind: Any, last: Json = None) -> list[str]:
    """The changed fields, as a plan names them: `path: before → after`."""
    merged = merge(prepared.have, prepared.want, last or {}, kind.shape)
    return [f"{show_field(each.path)}: {each.before!r} → {each.after!r}" for each in (*merged.changes, *prepared.extra)]


@dataclass(frozen=True)
class Bench:
    """One kind on the bench."""

    kind: Any

    def context(self, want: Json, live: Json = None, **more: Any) -> Context:
        """A desired spec beside its live object; `name` of the manifest, `parts`, `policy`, `answers`, `last`."""
        address = Address(self.kind.name, more.pop("name", "thing"))
        whole: dict[str, Any] = {"parts": {}, "policy": {}, "answers": {}, "last": {}, "today": TODAY, **more}
        return Context(address, want, live, **whole)

    def prepare(self, want: Json, live: Json = None, **more: Any) -> PreparedSides:
        """Both sides as the plan compares them."""
        prepared: PreparedSides = self.kind.prepare(self.context(want, live, **more))
        return prepared

    def changes(self, want: Json, live: Json, **more: Any) -> list[str]:
        """The fields that a plan would show."""
        return shown(self.prepare(want, live, **more), self.kind, more.get("last"))

    def write(
        self, want: Json, live: Json = None, *, names: Mapping[tuple[str, str], Json] | None = None, **more: Any
    ) -> Write:
        """What the kind is handed to make `want` out of `live`, decided as the plan decides it."""
        context = self.context(want, live, **more)
        prepared = self.kind.prepare(context)
        merged = merge(prepared.have, prepared.want, context.last, self.kind.shape)
        changes = (*merged.changes, *prepared.extra)
        changed = frozenset(str(each.path[0]) for each in changes) if live is not None else frozenset(prepared.want)
        return Write(
            context.address,
            prepared.want,
            merged.goal,
            live,
            self.kind.live_id(live) if live else "",
            changed,
            context.policy,
            prepared.parts,
            prepared.secrets,
            context.answers,
            lambda kind, id: (names or {}).get((kind, id), {}),
        )

    def create(self, want: Json, replies: Any = None, **more: Any) -> Ran:
        return drive(self.kind.create(self.write(want, **more)), replies)

    def update(self, want: Json, live: Json, replies: Any = None, **more: Any) -> Ran:
        """`also`: the secrets that changed, which no comparison of the two sides shows; `loose`: those that may go;
        `asked` as `drive` has it."""
        also, asked, loose = more.pop("also", frozenset()), more.pop("asked", None), more.pop("loose", frozenset())
        write = self.write(want, live, **more)
        return drive(self.kind.update(write._replace(changed=write.changed | also, loose=loose)), replies, asked)

    def remove(self, live: Json, replies: Any = None, policy: Json = None) -> Ran:
        have = self.kind.spec_of(live)
        write = Write(
            Address(self.kind.name, "thing"),
            {},
            have,
            live,
            self.kind.live_id(live),
            frozenset(),
            policy or {},
            {},
            {},
            {},
            lambda kind, id: {},
        )
        return drive(self.kind.remove(write), replies)

    def risks(self, want: Json, live: Json, **more: Any) -> list[tuple[str, str, str] | None]:
        """(level, reason, item) of every changed field."""
        context = self.context(want, live, **more)
        prepared = self.kind.prepare(context)
        prune = frozenset(context.policy.get("prune", ()))
        merged = merge(prepared.have, prepared.want, context.last, self.kind.shape, prune)
        found = [self.kind.risk(each, prepared.have, merged.goal) for each in (*merged.changes, *prepared.extra)]
        return [(risk.level, risk.reason, risk.item) if risk else None for risk in found]


@pytest.fixture
def on_bench() -> Callable[[str], Bench]:
    """A kind by its name, ready to be tried."""
    from syncer.kinds import KINDS

    return lambda name: Bench(KINDS[name])
