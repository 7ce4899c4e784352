"""What the platform makes of a value that it is sent: a title without its last blank, a text that it drops.

Remembered as two digests a field, of what was sent and of what stood there when it was read back. While both are as
they were, nobody has changed anything, and there is nothing to send.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from syncer.diff.fingerprint import canonical, digest
from syncer.model.field_change import FieldChange, show_field
from syncer.model.json_values import ABSENT, Json
from syncer.model.markers import holds_secret

Forms = Mapping[str, str]
"""Field text → `SENT LIVE`."""


def forms_of(differing: Iterable[FieldChange]) -> dict[str, str]:
    """What is to be remembered of fields that read back otherwise than they were sent; of a secret nothing."""
    return {
        show_field(each.path): f"{_digest(each.after)} {_digest(each.before)}"
        for each in differing
        if not holds_secret(each.after)
    }


def told_apart(
    changes: Iterable[FieldChange], forms: Forms, *, as_sent: bool = False
) -> tuple[tuple[FieldChange, ...], tuple[FieldChange, ...]]:
    """(what is left to change, what the platform has made its own form of). Where the manifest says another value by
    now, and the form stands as it was, nobody but the manifest has moved the field; nor where a value is to go out
    `as_sent` once more, which leaves nothing as the platform has made it."""
    left, kept = [], []
    for change in changes:
        sent, _, live = forms.get(show_field(change.path), "").partition(" ")
        if not live or live != _digest(change.before):
            left.append(change)
        elif sent == _digest(change.after) and not as_sent:
            kept.append(change)
        else:
            left.append(replace(change, cause="ours"))
    return tuple(left), tuple(kept)


def _digest(value: Json) -> str:
    return "-" if value is ABSENT else digest(canonical(value))
