"""What the platform says of an app's secrets: which are set, since when, and which may be; asks nobody
(docs/platform.md#secret-options)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from syncer.diff.secret_digest import field_of, time_of
from syncer.kinds.app_installation.secret_options import option_label, secrets_declared, set_times
from syncer.kinds.app_installation.versions import components_of
from syncer.model.calls import Write
from syncer.model.field_change import FieldChange
from syncer.model.json_values import ABSENT, Json, Secret
from syncer.model.kind import Context, Risk


def told(write: Write, live: Json) -> dict[str, str]:
    """What the platform says of the secrets, as `Managed.secret_times`. Where it says nothing, what was not sent to an
    app that is new is not there."""
    if not isinstance(live, dict):
        return {}
    components = components_of(live)
    said = {field: time for field, time in set_times(components, components).items() if time is not None}
    new = set_times(components, []) if not write.live else {}
    return {
        **{field: "" for field in new if not any(map(partial(field_of, fields=(field,)), write.secrets))},
        **said,
    }


def kept(write: Write, live: Json) -> list[str]:
    """The secrets that were left out to be removed, and that are there still."""
    components = components_of(live)
    times = set_times(components, components)
    options = {field_of(label, times) for label in write.secrets}
    return [
        label
        for label in sorted(write.changed)
        if label not in write.secrets and time_of(label, times) and field_of(label, times) not in options
    ]


def may_be_set(context: Context, components: list[Json], secrets: Mapping[str, Secret]) -> set[tuple[str, str]]:
    """The options with secrets that may have a value after the change although none is shown: not those that are known
    to have none, nor those that were sent once and are declared no longer."""
    times = set_times(components, components_of(context.live))
    gone = context.sent if "option_values" in context.want else frozenset()
    left = {field for field in times if any(field_of(each, (field,)) for each in secrets)}
    unset = {field for field, time in times.items() if time == "" or (time is None and field in context.unset)}
    unset |= {field for field in times if any(field_of(each, (field,)) for each in gone)}
    return {place for place in secrets_declared(components) if option_label(*place) not in unset - left}


def risk_of_secret(change: FieldChange) -> Risk:
    """What becomes of a secret, in a word."""
    if change.after is ABSENT:
        since = ", also what somebody set since the last apply" if change.cause == "conflict" else ""
        return Risk("risky", f"remove: the secret is taken away{since}")
    if change.before is ABSENT:
        return Risk("safe", "set: there is none yet")
    words = {
        "drift": "rotate: somebody set another one since the last apply, and it is set back",
        "conflict": "rotate: somebody set another one since the last apply, and it is replaced",
    }
    word = words.get(change.cause)
    return Risk("risky", word) if word else Risk("safe", "rotate: it is sent anew")
