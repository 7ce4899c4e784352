"""What is to be pulled, from where, and into what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from syncer.manifests.project import Environment, Project
from syncer.ops.selection import Target


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PullOptions:
    """What is to be pulled, from where, and into what."""

    project: Project
    environment: Environment
    kinds: tuple[str, ...]
    patterns: tuple[str, ...]
    env: Mapping[str, str]
    allowed: frozenset[str]
    server: str
    today: str
    salt: str = ""
    """Of the state, by which it tells what was live and undeclared."""
    environments: tuple[str, ...] = ()
    """Where new manifests are to live; () for this environment alone, where there are others."""

    @property
    def declared_environments(self) -> tuple[str, ...]:
        """What a new manifest says of where it lives; nothing where there is one environment and none is named."""
        return self.environments or ((self.environment.name,) if len(self.project.environments) > 1 else ())

    @property
    def target(self) -> Target:
        """The organisation that is pulled from."""
        return Target(self.environment.name, self.environment.org_id, self.server, self.today)
