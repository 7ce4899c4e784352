"""What a manifest would say of a live object; how it comes about is in export_spec and with the kinds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from syncer.model.calls import Parts
from syncer.model.json_values import Json, Path, Spec


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PulledSpec:
    """A live object as a manifest says it. `parts`: local keys → live ids, for state; `policy`: what `metadata.policy`
    must say for it to stay as it is; `hints`: id → what people call it; `secrets`: what is not in it, and where each
    stands; `notes`: what else is left out, and why; `unsaid`: what must not be left out and cannot be said, and why:
    no manifest may be written; `literals`: what looks like a secret, in whose places the manifest has variables."""

    spec: Spec
    parts: Parts = field(default_factory=dict)
    policy: Mapping[str, Json] = field(default_factory=dict)
    hints: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[PulledSecret, ...] = ()
    notes: tuple[str, ...] = ()
    unsaid: tuple[str, ...] = ()
    literals: tuple[PulledLiteral, ...] = ()


@dataclass(frozen=True, slots=True)
class PulledSecret:
    """A write-only value: what it is called, a name for its variable, and the lines that would set it."""

    label: str
    variable: str
    where: str
    """Where the line goes, `option_values`, `component_id: …`."""
    line: str
    """How it is written, `{key: api_key, value: "${env.SYNCER_…}"}`."""


@dataclass(frozen=True, slots=True)
class PulledLiteral:
    """A live value that looks like a secret, which anybody may read in the organisation: its path in the spec, the
    variable that stands there instead, and the value itself, which is kept nowhere."""

    path: Path
    variable: str
    value: str = field(repr=False)
