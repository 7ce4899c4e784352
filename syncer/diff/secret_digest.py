"""Whether a secret is the one that was sent last, without keeping it: salted scrypt digests."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
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


def _scrypt(value: Secret, salt: bytes, n: int, r: int, p: int) -> bytes:
    if p > 4:
        raise ValueError("too costly")
    raw = value.reveal().encode("utf-8", "surrogatepass")
    return hashlib.scrypt(raw, salt=salt, n=n, r=r, p=p, maxmem=_MEMORY, dklen=_LENGTH)


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
