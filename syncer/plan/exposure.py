"""What a reviewer must look at in a change: secrets in fields which are not meant for them and where each goes, fields
that syncer does not know. Pure; reveals no value.

What a kind declares to be a secret field it takes out of the wish (`Prepared.secrets`), so whatever secret is left in
it can be read in the organisation, or is sent on from there.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from syncer.model.json_values import Json, Secret
from syncer.model.secret_text import hosts_of, secrets_of

MOST_NAMED = 3
"""Unknown fields that a change names; of more, their number."""


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


def unknown_fields(extra: Sequence[str], path: str) -> tuple[str, ...]:
    """That a changed field is one of `extra` (as `Desired.extra`) or holds some: what those do, nobody here can say."""
    holders = [path[:at] for at, letter in enumerate(path) if letter in ".["]
    found = [each for each in holders if _stands(each, extra)]
    for at in range(bisect_left(extra, path), len(extra)):
        if not extra[at].startswith(path):
            break
        if extra[at][len(path) : len(path) + 1] in ("", ".", "["):
            found.append(extra[at])
    named = ", ".join(f"`{each}`" for each in found[:MOST_NAMED])
    more = f" and {len(found) - MOST_NAMED:,} more" if len(found) > MOST_NAMED else ""
    return (f"syncer does not know {named}{more}",) if found else ()


def _stands(path: str, extra: Sequence[str]) -> bool:
    at = bisect_left(extra, path)
    return at < len(extra) and extra[at] == path
