"""Names of fields that say that a secret stands in them, however they are spelt: `api_key`, `X-Auth`."""

from __future__ import annotations

import re
from functools import lru_cache

_LAST = (
    r"password|passwort|passwd|passphrase|passcode|kennwort|geheimnis|secret|token|apikey|functionskey|subscriptionkey"
    r"|(?:private|signing|access|client|shared|encryption|auth|secret)key|credentials?|authori[sz]ation|bearer"
    r"|signature|cookie|hmac|xauth"
)
"""What such a name ends with, whatever stands before it and whether or not the words are parted."""
_WORDS = frozenset({"pass", "pwd", "pin", "jwt", "auth", "pw"})
"""Short ones, which are looked for as words only: `compass` and `spin` are none."""
_WORD = r"[A-Z]+(?![a-zäöüß])|[A-ZÄÖÜ]?[a-zäöüß]+|[0-9]+"
_HOW = frozenset({"none", "basic", "bearer", "digest", "oauth", "oauth2", "apikey", "jwt", "hmac", "true", "false"})


def is_plain_word(name: str, value: str) -> bool:
    """Whether the value says how something is authorised, and not by what: `auth: basic`."""
    authorises = re.search(r"auth(?:ori[sz]ation)?\Z", _joined(name)) is not None
    return authorises and _joined(value) in _HOW


@lru_cache(4096)
def tells_secret(name: str) -> bool:
    """Whether the field's name says so."""
    words = [word.lower() for word in re.findall(_WORD, name)]
    while words and (words[-1] in ("value", "text") or words[-1].isdigit()):
        words.pop()
    return bool(words) and (words[-1] in _WORDS or re.search(rf"(?:{_LAST})\Z", "".join(words)) is not None)


def _joined(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())
