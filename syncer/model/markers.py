"""Markers in a spec — references and secrets — replaced by what they stand for, or written down by name.

It knows no kind and no manifest: only how to walk a value and what its leaves may be.
"""

from __future__ import annotations

from collections.abc import Callable

from syncer.model.json_values import Json, Lookup, Part, Ref, Secret
from syncer.model.secret_text import written


def clone(value: Json) -> Json:
    """A copy of the mappings and lists; the leaves, which never change, are shared."""
    if isinstance(value, dict):
        return {name: clone(item) for name, item in value.items()}
    if isinstance(value, list):
        return [clone(item) for item in value]
    return value


def bind(value: Json, resolve: Callable[[Ref | Lookup | Part], Json]) -> Json:
    """The value with each marker replaced by what `resolve` answers (the marker itself where it is not known yet).

    What holds no marker is given back as it is, not copied: most of a specification never changes, and 1,400 of them
    are walked in every plan. Whoever changes a result in place clones it first.
    """

    def leaf(value: Json) -> Json:
        return resolve(value) if isinstance(value, (Ref, Lookup, Part)) else value

    return _mapped(value, leaf)


def _mapped(value: Json, leaf: Callable[[Json], Json]) -> Json:
    """The value with `leaf` applied to every leaf but texts, which mark nothing; the parts in which nothing differs are
    shared."""
    if isinstance(value, dict):
        made: dict[str, Json] | None = None
        for name, item in value.items():
            if item.__class__ is str:  # nearly all are
                continue
            other = _mapped(item, leaf)
            if other is not item:
                made = dict(value) if made is None else made
                made[name] = other
        return value if made is None else made
    if isinstance(value, list):
        items: list[Json] | None = None
        for index, item in enumerate(value):
            if item.__class__ is str:
                continue
            other = _mapped(item, leaf)
            if other is not item:
                items = list(value) if items is None else items
                items[index] = other
        return value if items is None else items
    return leaf(value)


def leaves(value: Json) -> list[Json]:
    """Every scalar and marker in the value, in order."""
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in leaves(item)]
    if isinstance(value, list):
        return [leaf for item in value for leaf in leaves(item)]
    return [value]


def without_secrets(value: Json) -> Json:
    """The value fit to be written down: a secret stands as `{"secret": NAME}` or by the text around it
    (`secret_text.written`), a reference as `{"ref": ADDRESS}`."""
    return _mapped(value, _written)


def _written(leaf: Json) -> Json:
    if isinstance(leaf, Secret):
        return {"secret": written(leaf)}
    if isinstance(leaf, Ref):
        return {"ref": leaf.address}
    if isinstance(leaf, Lookup):
        return {"lookup": leaf.title}
    if isinstance(leaf, Part):
        return {leaf.group.rstrip("s"): leaf.key}
    return leaf


def holds_secret(value: Json) -> bool:
    """Whether a secret stands anywhere in the value, as itself or as `without_secrets` writes it down."""
    if isinstance(value, dict):
        if len(value) == 1 and isinstance(value.get("secret"), str):
            return True
        return any(map(holds_secret, value.values()))
    if isinstance(value, list):
        return any(map(holds_secret, value))
    return isinstance(value, Secret)
