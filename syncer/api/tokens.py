"""Access tokens: checked before use, their claims read locally; a token is a `Secret` and never has a string form."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from syncer.model.diagnostic import InvalidInput, PlatformError, Problem
from syncer.model.json_values import Json, Secret

_TOKEN = re.compile(r"[\x21-\x7e]+")
_ORGANISATION = ("org_id", "custom:org_id", "custom:ivy_org_id")
_PUBLISHABLE = frozenset({"journey", "portal", "portal_preview"})
"""Tokens that stand in web pages; they reach public operations only (docs/platform.md#tokens)."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What a JWT says about itself (docs/platform.md#tokens). `opaque`: it is no JWT, so nothing is known."""

    opaque: bool = True
    org_id: str = ""
    expires: float = 0
    """Seconds since 1970; 0: never, or not said."""
    read_only: bool = False
    anonymize: bool = False
    token_type: str = ""
    token_name: str = ""


def read_token(text: str, name: str) -> Secret:
    """The token found in the variable `name`, stripped of white space around it; InvalidInput, without echo, if it
    holds anything but visible ASCII (an HTTP library would quote the whole header in its complaint)."""
    stripped = text.strip()
    if not stripped:
        hint = f"set `{name}` to an access token, or unset it; in CI, a secret that is not there is an empty text"
        raise InvalidInput(Problem("token", f"token in `{name}` is empty", hint=hint))
    if not _TOKEN.fullmatch(stripped):
        message = f"token in `{name}` holds characters that no token has"
        hint = "a line break, a space, a quote or half of another value was pasted with it; set it again"
        raise InvalidInput(Problem("token", message, hint=hint))
    return Secret(name, stripped)


def claims_of(token: Secret) -> Claims:
    """The claims of a JWT, unverified (the platform verifies); all unknown for an opaque token."""
    parts = token.reveal().split(".")
    if len(parts) != 3:
        return Claims()
    try:
        body: Json = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, RecursionError):
        return Claims()
    if not isinstance(body, dict):
        return Claims()
    expires = body.get("exp")
    number = isinstance(expires, int | float) and not isinstance(expires, bool)
    return Claims(
        opaque=False,
        org_id=next((str(body[name]) for name in _ORGANISATION if isinstance(body.get(name), str | int)), ""),
        expires=float(expires) if number and expires is not None else 0,
        read_only=body.get("read_only") is True,
        anonymize=body.get("anonymize") is True,
        token_type=_text(body, "token_type"),
        token_name=_text(body, "token_name"),
    )


def check_claims(claims: Claims, token: Secret, now: float) -> None:
    """PlatformError for a token the platform would refuse: expired, or not made for the API. `now`: since 1970."""
    if claims.expires and claims.expires <= now:
        message = f"token in `{token.name}` expired on {_day(claims.expires)}"
        raise PlatformError(Problem("token", message, hint="make a new one in the portal, or let it live longer"))
    if claims.token_type in _PUBLISHABLE:
        message = f"token in `{token.name}` is a `{claims.token_type}` token, not one for the API"
        raise PlatformError(Problem("token", message, hint="make an access token in the portal"))


def _day(seconds: float) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
    except (ValueError, OverflowError, OSError):
        return "a day out of reach"


def _text(body: dict[str, Json], name: str) -> str:
    value = body.get(name)
    return "".join(each for each in value if each.isprintable()) if isinstance(value, str) else ""
