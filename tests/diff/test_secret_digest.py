"""Digests of secrets: the same secret is known again, and nothing else."""

from __future__ import annotations

import pytest

from syncer.diff.secret_digest import digest_secret, same_secret
from syncer.model.json_values import Secret

SECRET = Secret("APP_KEY", "p@ss-canary-ü")
SALT = bytes(range(16))
DIGEST = digest_secret(SECRET, SALT)


def test_its_form() -> None:
    assert DIGEST.startswith("scrypt$16384$8$1$AAECAwQFBgcICQoLDA0ODw==$")
    assert "canary" not in DIGEST


def test_the_same_secret_is_known_again() -> None:
    assert same_secret(SECRET, DIGEST)
    assert same_secret(Secret("OTHER_NAME", "p@ss-canary-ü"), DIGEST)
    assert not same_secret(Secret("APP_KEY", "p@ss-canary-u"), DIGEST)


def test_each_digest_has_its_own_salt() -> None:
    one, other = digest_secret(SECRET), digest_secret(SECRET)
    assert one != other
    assert same_secret(SECRET, one)
    assert same_secret(SECRET, other)


BAD = {
    "empty": "",
    "a plain hash": "sha256:abc",
    "another scheme": DIGEST.replace("scrypt", "argon2"),
    "cut": DIGEST[:-10],
    "too costly": DIGEST.replace("$16384$", "$1073741824$"),
    "too wide": DIGEST.replace("$8$1$", "$8$9999$"),
    "no power of two": DIGEST.replace("$16384$", "$16385$"),
    "words": DIGEST.replace("$8$", "$eight$"),
    "no base64": DIGEST[:-4] + "!!!!",
}


@pytest.mark.parametrize("digest", BAD.values(), ids=BAD)
def test_what_is_no_digest_of_ours_is_nobodys(digest: str) -> None:
    assert not same_secret(SECRET, digest)
