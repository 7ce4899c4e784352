"""Every secret that a test gives to a command, in every form in which it could leak (docs/catalogue.md#i02, N14 of
docs/reliability.md#the-table)."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import quote

SECRETS = (
    "canary-token-5f1e", "canary-reader-77ab", "canary-stranger-9c0d", "canary-signature", "canary-p@ss/w0rd",
    "c4n&ry-pass!", "hush-hush-1", "another-key-2",
)  # fmt: skip
"""Tokens of the sandbox's organisations, the end of every JWT, passwords of servers, secrets of manifests."""
LARGEST = 5_000_000


def forms(secret: str) -> set[str]:
    """The secret plain, quoted for URL, JSON and HTML, reversed, in capitals, hexadecimal, and in base64 wherever it
    stands in a longer text (base64 counts in threes: the characters at the ends belong to the neighbours too)."""
    raw = secret.encode()
    found = {secret, quote(secret, safe=""), quote(secret), json.dumps(secret)[1:-1], html.escape(secret)}
    found |= {secret[::-1], secret.upper(), raw.hex(), raw.hex().upper()}
    for before in range(3):
        for packed in (base64.b64encode(bytes(before) + raw), base64.urlsafe_b64encode(bytes(before) + raw)):
            found.add(packed.decode().rstrip("=")[before + 1 : -1] if before else packed.decode().rstrip("=")[:-1])
    return found


@cache
def _looked_for() -> re.Pattern[bytes]:
    every = {form for secret in SECRETS for form in forms(secret)}
    return re.compile(b"|".join(re.escape(form.encode()) for form in sorted(every, key=len, reverse=True)))


def leaked(data: str | bytes) -> list[str]:
    """The forms that stand in the data, also where a line break tears one apart."""
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    found = _looked_for().findall(raw) or _looked_for().findall(re.sub(rb"[\r\n]+", b"", raw))
    return sorted({each.decode() for each in found})


def written(folder: Path) -> Iterator[Path]:
    """What commands write below a folder: state, journal, backups, locks, and saved plans."""
    for path in folder.rglob("*"):
        if path.is_symlink() or not path.is_file() or path.stat().st_size > LARGEST:
            continue
        if ".syncer" in path.parts or path.suffix == ".journal" or b'"format_version"' in path.read_bytes()[:200]:
            yield path
