"""What happens while a plan is carried out, as values: an apply yields them, renderers and the state take them in."""

from __future__ import annotations

from dataclasses import dataclass

from syncer.model.address import Address
from syncer.model.diagnostic import Problem
from syncer.plan.plan import Change


@dataclass(frozen=True, slots=True)
class Started:
    """A step of a change is about to be sent; `step` is its name in the journal."""

    address: Address
    action: str
    step: str


@dataclass(frozen=True, slots=True)
class Done:
    """A change is made, read back and checked. `seconds` from its first step on. `but`: what reads back otherwise than
    it was sent; `amiss`: in few words, what is wrong with the object as a whole then."""

    change: Change
    live_id: str
    seconds: float
    but: Problem | None = None
    amiss: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    """A change was refused or its result is not what it should be; what did not take place is known. `wrote`: a call of
    it had taken effect before."""

    change: Change
    problem: Problem
    wrote: bool = False


@dataclass(frozen=True, slots=True)
class Skipped:
    """A change was not begun, because a change it waits for did not succeed."""

    change: Change
    because: Address


@dataclass(frozen=True, slots=True)
class Recovered:
    """The journal of an earlier run held an open intent, and it is settled now."""

    address: Address
    live_id: str
    message: str


@dataclass(frozen=True, slots=True)
class OpenCall:
    """It is still not known what a call of an earlier run did: this address, and what refers to it, is left alone; the
    problem's hint names the next command."""

    address: Address
    problem: Problem


@dataclass(frozen=True, slots=True)
class Unknown:
    """A call may or may not have taken effect; the problem's hint names the next command."""

    change: Change
    problem: Problem


@dataclass(frozen=True, slots=True)
class Waiting:
    """Nothing is sent for so long: the quota is used up, or the platform said `Retry-After`."""

    seconds: float
    reason: str


@dataclass(frozen=True, slots=True)
class Retried:
    """A call that did nothing is sent again after so long."""

    seconds: float
    reason: str


Event = Started | Done | Failed | Skipped | Recovered | OpenCall | Unknown | Waiting | Retried
