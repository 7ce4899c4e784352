"""Secrets that a change puts into fields which are not meant for them: where each goes. Pure; reveals no value.

What a kind declares to be a secret field it takes out of the wish (`Prepared.secrets`), so whatever secret is left in
it can be read in the organisation, or is sent on from there.
"""

from __future__ import annotations

from collections.abc import Iterator

from syncer.model.json_values import Json, Secret
from syncer.model.secret_text import hosts_of, secrets_of


def exposures(value: Json, path: str) -> tuple[str, ...]:
    """A sentence for each secret in the value that a field is to have; `path`: the field's."""
    return tuple(dict.fromkeys(_said(secret, where) for where, secret in _found(value, path)))


def _found(value: Json, path: str) -> Iterator[tuple[str, Secret]]:
    if isinstance(value, Secret):
        yield path, value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _found(item, f"{path}.{name}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _found(item, f"{path}[{index}]")


def _said(secret: Secret, path: str) -> str:
    names, hosts = [each.name for each in secrets_of(secret)], hosts_of(secret)
    what = f"the secret {names[0]} goes" if len(names) == 1 else f"the secrets {' and '.join(names)} go"
    if hosts:
        return f"{what} to {' and '.join(hosts)}: `{path}` is no field for secrets"
    return f"{what} into `{path}`, which is no field for secrets"
