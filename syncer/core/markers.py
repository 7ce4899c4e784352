"""Markers in a spec — references and secrets — replaced by what they stand for, or written down by name.

It knows no kind and no manifest: only how to walk a value and what its leaves may be.
"""

from __future__ import annotations

from collections.abc import Callable

from syncer.core.values import Json, Lookup, Part, Ref, Secret


def clone(value: Json) -> Json:
    """A copy of the mappings and lists; the leaves, which never change, are shared."""
    if isinstance(value, dict):
        return {name: clone(item) for name, item in value.items()}
    if isinstance(value, list):
        return [clone(item) for item in value]
    return value


def bind(value: Json, resolve: Callable[[Ref | Lookup | Part], Json]) -> Json:
    """The value with each marker replaced by what `resolve` answers (the marker itself where it is not known yet)."""
    if isinstance(value, dict):
        return {name: bind(item, resolve) for name, item in value.items()}
    if isinstance(value, list):
        return [bind(item, resolve) for item in value]
    if isinstance(value, (Ref, Lookup, Part)):
        return resolve(value)
    return value


def leaves(value: Json) -> list[Json]:
    """Every scalar and marker in the value, in order."""
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in leaves(item)]
    if isinstance(value, list):
        return [leaf for item in value for leaf in leaves(item)]
    return [value]


def without_secrets(value: Json) -> Json:
    """The value fit to be written down: a secret stands as `{"secret": NAME}`, a reference as `{"ref": ADDRESS}`."""
    if isinstance(value, dict):
        return {name: without_secrets(item) for name, item in value.items()}
    if isinstance(value, list):
        return [without_secrets(item) for item in value]
    if isinstance(value, Secret):
        return {"secret": value.name}
    if isinstance(value, Ref):
        return {"ref": value.address}
    if isinstance(value, Lookup):
        return {"lookup": value.title}
    if isinstance(value, Part):
        return {value.group.rstrip("s"): value.key}
    return value


def holds_secret(value: Json) -> bool:
    """Whether a secret stands anywhere in the value, as itself or as `without_secrets` writes it down."""
    if isinstance(value, dict):
        if len(value) == 1 and isinstance(value.get("secret"), str):
            return True
        return any(map(holds_secret, value.values()))
    if isinstance(value, list):
        return any(map(holds_secret, value))
    return isinstance(value, Secret)
