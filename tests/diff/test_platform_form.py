"""What the platform makes of a value that it is sent: when it is no change, and whose change it is otherwise."""

from __future__ import annotations

from dataclasses import replace

import pytest

from syncer.diff.platform_form import forms_of, told_apart
from syncer.model.field_change import FieldChange, Item
from syncer.model.json_values import ABSENT, Json, Secret

PATH = ("attributes", Item("iban"), "label")
WENT = FieldChange(PATH, "IBAN", "IBAN ")
DROPPED = FieldChange(("description",), ABSENT, "long")
FORMS = forms_of([WENT, DROPPED])


def test_forms_hold_no_value_and_no_secret() -> None:
    secret = FieldChange(("token",), "***", {"in": [Secret("KEY", "hush-canary")]})
    forms = forms_of([WENT, DROPPED, secret])
    assert list(forms) == ["attributes[iban].label", "description"]
    assert all("IBAN" not in each and "long" not in each for each in forms.values())


@pytest.mark.parametrize("cause", ["ours", "drift", "conflict"])
def test_what_goes_out_as_sent_once_more_is_the_manifests_change(cause: str) -> None:
    change = replace(WENT, cause=cause)
    assert told_apart([change], FORMS, as_sent=True) == ((replace(WENT, cause="ours"),), ())
    by_hand = replace(WENT, before="Konto", cause="conflict")
    assert told_apart([by_hand], FORMS, as_sent=True) == ((by_hand,), ())


CASES: dict[str, tuple[FieldChange, Json]] = {
    # case: the change, its cause afterwards; None where it is none
    "as it was": (replace(WENT, cause="drift"), None),
    "dropped, and still": (replace(DROPPED, cause="drift"), None),
    "the manifest says another value": (replace(WENT, after="Konto ", cause="conflict"), "ours"),
    "somebody changed it live": (replace(WENT, before="Konto", cause="drift"), "drift"),
    "both": (replace(WENT, before="Konto", after="BIC ", cause="conflict"), "conflict"),
    "it is there by now, another": (replace(DROPPED, before="short", cause="drift"), "drift"),
    "another field": (FieldChange(("name",), "IBAN", "IBAN ", "drift"), "drift"),
}


@pytest.mark.parametrize(("change", "cause"), CASES.values(), ids=CASES)
def test_told_apart(change: FieldChange, cause: str | None) -> None:
    left, kept = told_apart([change], FORMS)
    if cause is None:
        assert (left, kept) == ((), (change,))
    else:
        assert (left, kept) == ((replace(change, cause=cause),), ())
    assert told_apart([change], {}) == ((change,), ())
