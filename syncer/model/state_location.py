"""The address of a place: what may be written, by whom, and what it names; opens nothing.

A pull request can change syncer.yaml, so an address in it counts only below one that the operator allows: whoever
chooses the host is sent the operator's credentials. And no address holds a credential, for addresses are printed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from syncer.model.diagnostic import Finding, InvalidInput, Problem, Refused

LOCAL: Final = "local"
ALLOW: Final = "SYNCER_STATE_ALLOW"
STORES: Final = {"s3": "an S3 bucket", "gs": "a Google Cloud Storage bucket", "az": "an Azure container"}
_FORMS: Final = (
    "`local`, `s3://BUCKET/PREFIX`, `gs://…`, `az://CONTAINER/PREFIX` or `postgresql://[USER@]HOST/DATABASE`"
)
_SCHEME = re.compile(r"([a-z][a-z0-9+]*)://")
_URL = re.compile(
    r"(?P<scheme>s3|gs|az|postgresql)://(?:(?P<user>[A-Za-z0-9._-]+)@)?(?P<host>[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)?"
    r"(?::(?P<port>[0-9]{1,5}))?(?P<path>(?:/[A-Za-z0-9._-]+)*)/?"
)
_PASSWORD = re.compile(r"//[^/]*:[^/]*@|[?&;](?:password|passfile|sslpassword|sig|token|[a-z_-]*(?:key|secret))=", re.I)


@dataclass(frozen=True, slots=True)
class StateLocation:
    """An address in its parts. `host` is the bucket or container of an object store; `path` what follows it."""

    scheme: str
    host: str = ""
    path: tuple[str, ...] = ()
    user: str = ""
    port: int | None = None

    def __str__(self) -> str:
        if self.scheme == LOCAL:
            return LOCAL
        user = f"{self.user}@" if self.user else ""
        port = f":{self.port}" if self.port is not None else ""
        return f"{self.scheme}://{user}{self.host}{port}" + "".join(f"/{part}" for part in self.path)


def state_location(text: str) -> StateLocation:
    """The address in its parts; InvalidInput, which never quotes a password, for one that is none."""
    if text == LOCAL:
        return StateLocation(LOCAL)
    wrong = next(findings(text), None)
    found = _URL.fullmatch(text)
    if wrong or not found:
        finding = wrong or Finding("state-address", "this is no address of a state")
        raise InvalidInput(Problem(finding.rule, finding.message, hint=finding.hint))
    path = tuple(part for part in found["path"].split("/") if part)
    return StateLocation(
        found["scheme"], found["host"] or "", path, found["user"] or "", int(found["port"] or 0) or None
    )


def findings(text: str) -> Iterator[Finding]:
    """What is wrong with an address, wherever it was written: the first thing, if any."""
    if text == LOCAL:
        return
    if _PASSWORD.search(text):
        hint = "take it out, and out of the history of the file: PGPASSWORD, AWS_… or the machine's role say it instead"
        yield Finding("secret-literal", "the address of the state holds a password or key", (), hint)
        return
    found = _URL.fullmatch(text)
    parts = found["path"].split("/") if found else []
    if found is None or "." in parts or ".." in parts:
        scheme = _SCHEME.match(text)
        shown = f"`{scheme[1]}://…` is" if scheme else "this is"
        yield Finding("state-address", f"{shown} no address of a state", (), f"write {_FORMS}, and nothing after it")
    elif found["scheme"] == "postgresql" and not found["path"]:
        yield Finding("state-address", "the address names no database", (), "write `postgresql://HOST/DATABASE`")
    elif found["scheme"] in STORES and (found["user"] or found["port"] or not found["host"]):
        hint = f"write `{found['scheme']}://NAME/PREFIX`; an endpoint of one's own stands in the environment"
        yield Finding("state-address", f"the address does not name {STORES[found['scheme']]}", (), hint)


def chosen(option: str, written: str, environment: str, allow: str) -> StateLocation:
    """Where the state of an environment lives: what the operator says (`option`: --state or SYNCER_STATE), else what
    syncer.yaml says if the operator allows it (`allow`: SYNCER_STATE_ALLOW), else the file beside syncer.yaml.

    InvalidInput for an address that is none; Refused for one in syncer.yaml that nobody allowed.
    """
    if option:
        return state_location(option)
    if not written:
        return StateLocation(LOCAL)
    found = state_location(written)
    if found.scheme != LOCAL and not allowed(found, allow):
        raise Refused(
            Problem(
                "state-not-allowed",
                f"state of `{environment}` at `{found}` is named by syncer.yaml, which a pull request can change",
                hint=f"where it is right, set {ALLOW} to that address or to one above it, or name it with --state",
            )
        )
    return found


def allowed(place: StateLocation, allow: str) -> bool:
    """Whether the place is one of those in the list (separated by blanks or commas), or lies below one."""
    for each in re.split(r"[\s,]+", allow):
        if not each or each == LOCAL:
            continue
        above = state_location(each)
        same = (above.scheme, above.host, above.user, above.port) == (place.scheme, place.host, place.user, place.port)
        if same and place.path[: len(above.path)] == above.path:
            return True
    return False
