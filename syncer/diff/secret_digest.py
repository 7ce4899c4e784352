"""Whether a secret is the one that was sent last, without keeping it: salted scrypt digests, and times."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping
from typing import Final

from syncer.model.json_values import Secret

_N: Final = 2**14
_R: Final = 8
_P: Final = 1
_MEMORY: Final = 64 * 1024 * 1024
_LENGTH: Final = 32


def digest_secret(value: Secret, salt: bytes | None = None) -> str:
    """`scrypt$16384$8$1$SALT$HASH`: about 50 ms and 16 MB of work, so that short secrets are not guessed from a state
    file by the million. `salt`: 16 random bytes unless given."""
    salt = secrets.token_bytes(16) if salt is None else salt
    return f"scrypt${_N}${_R}${_P}${_text(salt)}${_text(_scrypt(value, salt, _N, _R, _P))}"


def same_secret(value: Secret, digest: str) -> bool:
    """Whether the digest is of this value; False for a digest that is none, or costlier than any of ours."""
    parts = digest.split("$")
    if len(parts) != 6 or parts[0] != "scrypt" or not all(part.isascii() and part.isdigit() for part in parts[1:4]):
        return False
    n, r, p = (int(part[:8]) for part in parts[1:4])
    try:
        salt, expected = (base64.b64decode(part, validate=True) for part in parts[4:])
        return hmac.compare_digest(_scrypt(value, salt, n, r, p), expected)
    except ValueError:
        return False


def field_of(label: str, fields: Iterable[str]) -> str | None:
    """Which of the fields the secret of that label stands in: it is the whole of it, an entry or a part."""
    return next((each for each in fields if label == each or label.startswith((f"{each}[", f"{each}."))), None)


def time_of(label: str, times: Mapping[str, str | None]) -> str | None:
    """When the secret of that label was set last, by the times of fields: "" where there is none, None where that is
    not known."""
    field = field_of(label, times)
    return None if field is None else times[field]


def sent_times(labels: Iterable[str], loose: Iterable[str], told: Mapping[str, str]) -> dict[str, str]:
    """What is remembered of the times of fields once all secrets were sent, those of these labels: what the platform
    told, and where it tells nothing, that what was `loose` and did not go along is not there."""
    sent = tuple(labels)
    left = {field for field in loose if field not in told and not any(field_of(each, (field,)) for each in sent)}
    return {**dict.fromkeys(left, ""), **told}


def _scrypt(value: Secret, salt: bytes, n: int, r: int, p: int) -> bytes:
    if p > 4:
        raise ValueError("too costly")
    raw = value.reveal().encode("utf-8", "surrogatepass")
    return hashlib.scrypt(raw, salt=salt, n=n, r=r, p=p, maxmem=_MEMORY, dklen=_LENGTH)


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
