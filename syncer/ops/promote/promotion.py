"""A promotion as a value: what is asked for, how far it was found to reach, and all that was decided about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from syncer.fs.change_set import ChangeSet
from syncer.manifests.envelope import RawManifest
from syncer.manifests.project import Environment
from syncer.manifests.resolution import Manifests
from syncer.model.address import Address
from syncer.model.diagnostic import Problem
from syncer.model.json_values import Json, Path
from syncer.model.pulled_spec import PulledLiteral
from syncer.model.resource import Desired, Managed
from syncer.ops.cached_reader import CachedReader
from syncer.ops.pull.options import PullOptions
from syncer.ops.pull.pull import PullPlan
from syncer.ops.refresh import Fetch
from syncer.ops.selection import Selection
from syncer.plan.id_map import Pair
from syncer.plan.inputs import PlanInputs


@dataclass(frozen=True, slots=True)
class PromotionSide:
    """One of the two organisations: how it is read, and what is remembered of it."""

    order: PullOptions
    reader: CachedReader
    managed: Mapping[Address, Managed]

    @property
    def environment(self) -> Environment:
        """Its environment."""
        return self.order.environment


@dataclass(frozen=True, slots=True)
class PromoteRequest:
    """What is to be promoted, with both organisations open to be read."""

    source: PromotionSide
    target: PromotionSide
    selection: Selection
    fetch: Fetch


@dataclass(frozen=True, slots=True)
class Variable:
    """A value that the two organisations have each of their own, under a name in syncer.yaml."""

    name: str
    address: Address
    path: Path
    source: Json
    target: Json


@dataclass(frozen=True, slots=True)
class PromotionScope:
    """How far a promotion reaches, as far as it is known. `exactly`: all that the patterns choose, None while nobody
    knows, or where everything is chosen; `variables`: values that become variables, by address and path in the spec;
    `ids`: what syncer.yaml gets for manifests that are there already; `values`: of variables that syncer.yaml has and
    the target lacks, what is live there."""

    exactly: frozenset[Address] | None = None
    variables: Mapping[tuple[Address, Path], Variable] = field(default_factory=dict)
    ids: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Json] = field(default_factory=dict)

    def written(self, address: Address) -> dict[Path, str]:
        """Path in the spec → the variable that stands there."""
        return {path: f"${{var.{each.name}}}" for (mine, path), each in self.variables.items() if mine == address}


@dataclass(frozen=True, slots=True)
class Promotion:
    """What is to be written, and what was found; each step of a round fills in what it decides. `scope`: what the
    rounds before found, `found`: what is known after this one, which is the last where that is no more; `here`: the
    source's environment, with all that syncer.yaml will say of it; `manifests`: as they will be, new ones too;
    `pulled`: the new ones; `source`: the source's side of a plan; `chosen`: what is promoted; `left`: live objects and
    fields that are not, as warnings; `incomplete`: whether something is among these that was asked for, and should be;
    `changes`: of files that are there; `parts`: by address the source's ids of what is made along with an object;
    `pairs`: which id is which; `missing`: what the target lacks: nothing is written before it is there;
    `edited`: manifests that take over what was changed by hand; `secrets`: what is live in the source and looks like a
    secret, in whose places the manifests have variables; `elsewhere`: manifests of the source alone, each with the one
    that describes its object in the target."""

    request: PromoteRequest
    scope: PromotionScope
    found: PromotionScope
    here: Environment
    manifests: Manifests
    pulled: PullPlan
    source: PlanInputs
    chosen: frozenset[Address]
    left: list[Problem]
    incomplete: bool
    changes: ChangeSet
    parts: Mapping[Address, Mapping[str, str]] = field(default_factory=dict)
    pairs: list[Pair] = field(default_factory=list)
    missing: list[Problem] = field(default_factory=list)
    edited: frozenset[Address] = frozenset()
    secrets: Mapping[Address, tuple[PulledLiteral, ...]] = field(default_factory=dict)
    elsewhere: Mapping[Address, Desired] = field(default_factory=dict)

    @property
    def there(self) -> Environment:
        """The target's environment, as syncer.yaml has it."""
        return self.request.target.environment

    @property
    def variables(self) -> tuple[Variable, ...]:
        """What syncer.yaml gets for both environments."""
        return tuple(self.scope.variables.values())

    @property
    def new(self) -> dict[str, Address]:
        """By file that is not there yet, the address that stands in it."""
        return {each.file: each.new.address for each in self.pulled.drafts}

    @property
    def promoted(self) -> list[tuple[Address, RawManifest]]:
        """The chosen manifests with their addresses."""
        every = [(Address(raw.kind, raw.name), raw) for raw in self.manifests.all]
        return [each for each in every if each[0] in self.chosen]
