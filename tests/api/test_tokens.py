"""Tokens: what is refused without echo, and what a JWT says about itself."""

from __future__ import annotations

import base64
import json

import pytest

from syncer.api.tokens import Claims, check_claims, claims_of, read_token
from syncer.model.diagnostic import InvalidInput, PlatformError
from syncer.model.json_values import Secret

NOW = 1_800_000_000.0


def jwt(claims: object) -> str:
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"eyJhbGciOiJSUzI1NiJ9.{body}.c2ln"


@pytest.mark.parametrize("text", ["sandbox-token", " sandbox-token\n", "\tsandbox-token\r\n"])
def test_white_space_around_a_token_goes(text: str) -> None:
    token = read_token(text, "EPILOT_TOKEN")
    assert (token.name, token.reveal(), str(token)) == ("EPILOT_TOKEN", "sandbox-token", "Secret(EPILOT_TOKEN)")


H01 = {
    "empty": "",
    "blank": " \n",
    "line break": "canary-\nx",
    "space": "canary x",
    "nul": "canary\0x",
    "non-ascii": "canary-ä",
    "no-break space": "canary\u00a0x",
    "escape": "canary\x1b[31m",
}


@pytest.mark.parametrize("text", H01.values(), ids=H01)
def test_h01_a_bad_token_is_not_echoed(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_token(text, "EPILOT_TOKEN")
    (problem,) = caught.value.problems
    assert problem.message in {
        "token in `EPILOT_TOKEN` is empty",
        "token in `EPILOT_TOKEN` holds characters that no token has",
    }
    assert "canary" not in problem.message + problem.hint


CLAIMS = {
    # case: (token, claims)
    "opaque": ("sandbox-token", Claims()),
    "api": (
        jwt({"org_id": "739224", "token_type": "api", "token_name": "CI", "exp": 1900000000, "read_only": True}),
        Claims(False, "739224", 1900000000.0, True, False, "api", "CI"),
    ),
    "never expires": (jwt({"org_id": "1"}), Claims(False, "1")),
    "number as organisation": (jwt({"org_id": 739224}), Claims(False, "739224")),
    "login": (jwt({"custom:org_id": "2", "exp": 5}), Claims(False, "2", 5.0)),
    "older login": (jwt({"custom:ivy_org_id": "3"}), Claims(False, "3")),
    "anonymised": (jwt({"org_id": "1", "anonymize": True}), Claims(False, "1", anonymize=True)),
    "odd types": (jwt({"org_id": ["1"], "exp": "x", "read_only": "yes", "token_type": 7}), Claims(False)),
    "name with an escape": (jwt({"token_name": "a\x1b[31m\u202eb"}), Claims(False, token_name="a[31mb")),
    "not JSON": ("a.b.c", Claims()),
    "not base64": ("a.\u00e4.c".encode("ascii", "replace").decode(), Claims()),
    "a list": (jwt([1]), Claims()),
    "deep": ("a." + base64.urlsafe_b64encode(b"[" * 90000).decode() + ".c", Claims()),
}


@pytest.mark.parametrize(("token", "expected"), CLAIMS.values(), ids=CLAIMS)
def test_claims(token: str, expected: Claims) -> None:
    assert claims_of(Secret("T", token)) == expected


REFUSED = {
    # case: (claims, message)
    "H02 expired": (Claims(False, expires=1_700_000_000), "token in `T` expired on 2023-11-14 22:13 UTC"),
    "expires now": (Claims(False, expires=NOW), "token in `T` expired on 2027-01-15 08:00 UTC"),
    "absurd expiry, past": (Claims(False, expires=-1e300), "token in `T` expired on a day out of reach"),
    "publishable": (Claims(False, token_type="journey"), "token in `T` is a `journey` token, not one for the API"),
}


@pytest.mark.parametrize(("claims", "message"), REFUSED.values(), ids=REFUSED)
def test_a_token_that_the_platform_would_refuse(claims: Claims, message: str) -> None:
    with pytest.raises(PlatformError) as caught:
        check_claims(claims, Secret("T", "x"), NOW)
    assert str(caught.value) == message


@pytest.mark.parametrize("claims", [Claims(), Claims(False, expires=NOW + 1), Claims(False, token_type="app")])
def test_a_token_that_may_work(claims: Claims) -> None:
    check_claims(claims, Secret("T", "x"), NOW)
    assert claims.token_type in {"", "app"}
