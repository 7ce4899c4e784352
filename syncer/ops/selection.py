"""What a run is about: an organisation, and of it the addresses that `--only` and `--except` choose, with what those
refer to."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from syncer.model.address import Address
from syncer.model.diagnostic import InvalidInput, Problem
from syncer.model.json_values import Ref
from syncer.model.resource import Desired
from syncer.plan.agreement import Agreements, RunAgreements
from syncer.plan.plan import Notice
from syncer.plan.removal_requests import RemovalRequest


@dataclass(frozen=True, slots=True)
class Selection:
    """`--only` and `--except`: patterns of addresses (`FlowTemplate/*`), references of what is chosen followed."""

    only: tuple[str, ...] = ()
    but: tuple[str, ...] = ()
    exactly: frozenset[str] | None = None
    """These addresses and no others, whatever they refer to: those of a saved plan."""
    held: frozenset[Address] = frozenset()
    """Left alone in any case, with whatever refers to them: a call for each is open."""

    @property
    def partial(self) -> bool:
        """Whether anything is left out."""
        return bool(self.only or self.but or self.exactly is not None or self.held)

    def takes(self, address: Address) -> bool:
        """Whether the patterns choose this address."""
        if self.leaves(address):
            return False
        return not self.only or any(fnmatchcase(str(address), pattern) for pattern in self.only)

    def leaves(self, address: Address) -> bool:
        """Whether this address is left alone, also where something chosen refers to it."""
        if address in self.held:
            return True
        if self.exactly is not None:
            return str(address) not in self.exactly
        return any(fnmatchcase(str(address), pattern) for pattern in self.but)

    def reaches(self, kind: str) -> bool:
        """Whether an address of this kind might be taken: what has no address until it is found is looked for then."""
        if self.exactly is not None:
            return any(text.startswith(f"{kind}/") for text in self.exactly)
        return not self.only or any(fnmatchcase(kind, pattern.partition("/")[0]) for pattern in self.only)

    def holding(self, desired: Sequence[Desired]) -> Selection:
        """This, with whatever refers to what is held, held too."""
        held, grown = set(self.held), bool(self.held)
        while grown:
            users = {each.address for each in desired if any(target in held for target in references(each))} - held
            held, grown = held | users, bool(users)
        return replace(self, held=frozenset(held)) if held != self.held else self


def references(desired: Desired) -> Iterator[Address]:
    """The addresses that a manifest refers to."""
    return (Address(use.target.kind, use.target.name) for use in desired.uses if isinstance(use.target, Ref))


EVERYTHING = Selection()
"""Nothing is left out."""


@dataclass(frozen=True, slots=True)
class Target:
    """The organisation that a run is about, as plans and reports name it. `server`: where it is read, for people;
    `today`: the day there, `2026-11-22`, by which settings that must lie in the future are judged. It opens nothing."""

    environment: str
    org_id: str
    server: str
    today: str


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """What is to be planned, and how. `removal_requests`: what shall go without a manifest; `notices`: what is known
    already that a reviewer should know; `agreements`: what need not be decided again, for those who only report;
    `salt`: of the state, by which it tells what was live and undeclared; `elsewhere`: addresses of manifests that live
    in other environments only; `undo`: the run that is taken back; `every_kind`: whether also kinds are listed of
    which no manifest is known; `open_calls`: addresses of which an earlier run's call is open: where several objects
    could be what it made, they are held. What the manifests and the state say is no part of it: these are inputs."""

    target: Target
    selection: Selection = EVERYTHING
    resend_secrets: bool = False
    as_sent: bool = False
    removal_requests: Sequence[RemovalRequest] = ()
    notices: Sequence[Notice] = ()
    agreements: Agreements | RunAgreements | None = None
    elsewhere: Collection[Address] = ()
    undo: str = ""
    salt: str = ""
    every_kind: bool = False
    open_calls: frozenset[str] = frozenset()


def select(
    desired: Sequence[Desired], managed: Collection[Address], selection: Selection, asked: Sequence[RemovalRequest] = ()
) -> list[Desired]:
    """The chosen manifests and everything they refer to. InvalidInput where a pattern fits nothing at all."""
    if not selection.partial:
        return list(desired)
    addresses = {each.address: each for each in desired}
    for pattern in (*selection.only, *selection.but):
        if not any(fnmatchcase(str(address), pattern) for address in (*addresses, *managed)) and not any(
            fnmatchcase(str(each.address), pattern)
            if each.address
            else fnmatchcase(each.kind, pattern.partition("/")[0])
            for each in asked
        ):
            raise InvalidInput(
                Problem(
                    "nothing-selected",
                    f"`{pattern}` fits no address",
                    hint="an address is KIND/NAME, and * stands for anything: --only 'FlowTemplate/*'",
                )
            )
    chosen = {address for address in addresses if selection.takes(address)}
    waiting = list(chosen)
    while waiting:
        for target in references(addresses[waiting.pop()]):
            if target in addresses and target not in chosen:
                chosen.add(target)
                waiting.append(target)
    return [each for each in desired if each.address in chosen]
