"""What becomes of the secrets of a resource: set, sent anew, taken away, or left alone because nobody knows.

A secret is in no reply. What tells are the digest of what was sent last, and what the platform says of it: whether
there is one, and when it changed last (docs/platform.md#secret-options). Knows no kind.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Literal

from syncer.diff.secret_digest import field_of, same_secret, time_of
from syncer.model.address import Address
from syncer.model.field_change import FieldChange
from syncer.model.json_values import ABSENT, Json, Secret, UnknownValue, WriteOnlyValue
from syncer.model.kind import PreparedSides
from syncer.model.named_tuple import NamedTuple
from syncer.model.resource import Managed
from syncer.plan.plan import HIDDEN, Notice, SecretWord


class SecretChanges(NamedTuple):
    """`unverified`: labels of secrets of which it is not known whether they are up to date; `loose`: fields that may be
    left out of what is sent, for nothing is lost with them: they hold nothing, or are meant to go; `unseen`: labels of
    secrets that are taken away, where the platform does not say whether it has them still."""

    changes: tuple[FieldChange, ...] = ()
    unverified: tuple[str, ...] = ()
    loose: frozenset[str] = frozenset()
    unseen: tuple[str, ...] = ()


_NONE = SecretChanges()


def secret_changes(prepared: PreparedSides, entry: Managed | None, resend: bool) -> SecretChanges:
    """What is to be done about each secret that the manifest declares, and about those that it no longer declares."""
    if not (prepared.secrets or prepared.secret_times):
        return _NONE
    known: Mapping[str, str] = entry.secrets if entry else {}
    then: Mapping[str, str] = entry.secret_times if entry else {}
    ours = frozenset(field for field in prepared.secret_times if _is_ours(field, prepared, known, then))
    changes: list[FieldChange] = []
    unverified: list[str] = []
    for label, secret in prepared.secrets.items():
        now, before = time_of(label, prepared.secret_times), time_of(label, then)
        change = _change(label, secret, known, (now, before), resend, field_of(label, ours) is not None)
        if change is not None:
            changes.append(change)
        elif label not in known or isinstance(secret, UnknownValue):
            unverified.append(label)
    gone = tuple(_taken_away(prepared, known))
    for label in gone:
        cause = _cause(time_of(label, prepared.secret_times), time_of(label, then))
        changes.append(FieldChange((label,), HIDDEN, ABSENT, cause))
    empty = {field for field, time in then.items() if time == "" and not prepared.secret_times.get(field)}
    unseen = tuple(label for label in gone if time_of(label, prepared.secret_times) is None)
    return SecretChanges(tuple(changes), tuple(unverified), frozenset({*gone, *empty, *ours}), unseen)


def _is_ours(field: str, prepared: PreparedSides, known: Mapping[str, str], then: Mapping[str, str]) -> bool:
    """Whether what stands in the field was sent, whole, and by nobody else since: what is not remembered of it, is not
    there."""
    sent = any(field_of(label, (field,)) for label in known)
    return (
        sent and field.partition("[")[0] in prepared.want and not _moved(prepared.secret_times[field], then.get(field))
    )


def shown(secret: Secret) -> Json:
    """What people are shown of it: its name, or what the manifest says openly."""
    return secret.value if isinstance(secret, WriteOnlyValue) else secret


def word_of(change: FieldChange, prepared: PreparedSides) -> SecretWord | Literal[""]:
    """What becomes of the secret, in a word; "" of a change of anything else."""
    label = str(change.path[0])
    if len(change.path) > 1 or not (label in prepared.secrets or field_of(label, prepared.secret_times)):
        return ""
    return "remove" if change.after is ABSENT else "set" if change.before is ABSENT else "rotate"


def secret_notices(
    address: Address, found: SecretChanges, fields: Collection[str], resent: Collection[str] = ()
) -> Iterator[Notice]:
    """What nobody knows of secrets. `fields`: the other fields that change, along with which some are sent; `resent`:
    fields that may be written along with any change."""
    sent = {*fields, *(str(each.path[0]).partition("[")[0] for each in found.changes)}
    for label in found.unverified:
        field = label.partition("[")[0]
        may = "it may be sent along with the other changes" if field in resent and sent else "it is not sent"
        then = "it is sent along with the other changes" if field in sent else may
        said = f"{address}: whether {label} is up to date is not known; {then}"
        yield Notice("secret-unverified", said, address)
    for label in found.unseen:
        then = "the platform does not say whether it is gone then"
        yield Notice("secret-unverified", f"{address}: {label} is left out of what is sent; {then}", address)


Times = tuple[str | None, str | None]
"""When a secret was set last, by what the platform says now and by what it said after the last apply; "" where there is
none, None where nothing is said."""


def _moved(now: str | None, then: str | None) -> bool:
    """Whether somebody set it since."""
    return bool(now) and then is not None and now != then


def _cause(now: str | None, then: str | None) -> Literal["ours", "conflict"]:
    return "conflict" if _moved(now, then) else "ours"


def _change(
    label: str, secret: Secret, known: Mapping[str, str], times: Times, resend: bool, ours: bool
) -> FieldChange | None:
    """How the secret is sent; None where it is not."""
    now, then = times
    after = shown(secret)
    if now == "":
        return FieldChange((label,), ABSENT, after, "drift" if label in known and then else "ours")
    if label not in known:
        if _moved(now, then) and then == "":
            return FieldChange((label,), HIDDEN, after, "conflict")
        if then == "" or ours:
            return FieldChange((label,), ABSENT, after)
        return FieldChange((label,), HIDDEN, after) if resend else None
    same = isinstance(secret, UnknownValue) or same_secret(secret, known[label])
    if same and _moved(now, then):
        return FieldChange((label,), HIDDEN, after, "drift")
    return FieldChange((label,), HIDDEN, after, _cause(now, then)) if resend or not same else None


def _taken_away(prepared: PreparedSides, known: Mapping[str, str]) -> Iterator[str]:
    """The secrets that were sent, are no longer declared, and that the platform may have still."""
    for label in known:
        declared = label.partition("[")[0] in prepared.want and label not in prepared.secrets
        if declared and field_of(label, prepared.secret_times) and time_of(label, prepared.secret_times) != "":
            yield label


def memory_of_secrets(prepared: PreparedSides, entry: Managed | None) -> tuple[dict[str, str], dict[str, str]]:
    """(digests, times) that state keeps where nothing is to be done: those it has, as far as the manifest leaves them,
    and the times of what it has none of."""
    if entry is None:
        return {}, {field: time for field, time in prepared.secret_times.items() if time is not None}
    whole = set(prepared.want)
    digests = {
        label: digest
        for label, digest in entry.secrets.items()
        if label in prepared.secrets or label.partition("[")[0] not in whole
    }
    told = {field: time for field, time in prepared.secret_times.items() if time is not None}
    return digests, {**told, **entry.secret_times}
