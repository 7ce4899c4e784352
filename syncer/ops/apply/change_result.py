"""What a change has made: at once, of one step, and when it has come about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from syncer.model.address import Address
from syncer.model.calls import StepsResult
from syncer.model.diagnostic import Problem
from syncer.model.field_change import FieldChange
from syncer.model.json_values import Spec
from syncer.model.resource import Managed, Remainder
from syncer.state.replay import linked


@dataclass(frozen=True, slots=True)
class Creation:
    """A step that must not be made twice has made something: to be remembered at once."""

    address: Address
    live_id: str
    part: tuple[str, str] | None

    def into(self, known: Managed) -> Managed:
        """What is remembered of the address, with this in it."""
        return linked(known, self.address, self.part, self.live_id)


@dataclass(frozen=True, slots=True)
class ChangeResult:
    """A change that came about: what it left behind, and what was declared, in live ids."""

    written: StepsResult
    want: Spec
    forms: Mapping[str, str] = field(default_factory=dict)
    """What the platform made of values that were sent, as `Managed.forms`."""
    undeclared: Remainder | None = None
    """What is live and undeclared after a write."""
    but: Problem | None = None
    """What reads back otherwise than it was sent, where that was not known before."""
    amiss: str = ""
    """In few words, what is wrong with the object as a whole then."""


def half_done(
    written: StepsResult,
    want: Spec,
    changes: Sequence[FieldChange],
    rest: Remainder | None,
    refused: Problem,
    but: Problem | None,
) -> ChangeResult:
    """The result of a change of which a later part was refused: what was declared and has not come about is not
    remembered, so that the next plan has it. `but`: what has come of it, where that is known."""
    done = {name: value for name, value in want.items() if name not in {each.path[0] for each in changes}}
    if but is not None:
        what = but.message.partition(": ")[2]
        refused = refused._replace(rule=but.rule, message=f"{refused.message}; {what}", hint=but.hint)
    return ChangeResult(written, done, {}, rest, refused)
