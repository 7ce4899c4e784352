"""Base URLs: the platform's own, and which others may be named by whom; knows nothing of requests.

A pull request can change `syncer.yaml`, so what the project names must lie under epilot.io; anything else must come
from the operator's command line or environment (README.md#synceryaml).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from syncer.model.diagnostic import InvalidInput, Problem
from syncer.model.hosts import is_loopback
from syncer.model.named_tuple import NamedTuple

SERVICES: Mapping[str, str] = {
    "entity": "https://entity.sls.epilot.io",
    "workflow": "https://workflows-definition.sls.epilot.io",
    "automation": "https://automation.sls.epilot.io",
    "app": "https://app.sls.epilot.io",
    "data_governance": "https://data-governance.sls.epilot.io/data-governance/v1",
    "permissions": "https://permissions.sls.epilot.io",
    "audit_log": "https://audit-logs.sls.epilot.io",
}
"""Service name → production base URL (docs/platform.md#services). A path of a call is appended as it is."""

GOVERNANCE_PREFIX = "/data-governance/v1"
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|[0-9A-Fa-f:.]+")
_PATH = re.compile(r"(?:/[A-Za-z0-9._~-]+)*/?")


class Endpoint(NamedTuple):
    """Where a service answers: `[::1]:8787`, and whether that is this machine."""

    host: str
    port: int

    @property
    def local(self) -> bool:
        """Whether it is this machine by definition."""
        return is_loopback(self.host)

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def endpoint(base: str) -> Endpoint:
    """Host and port of a base URL, the port of its scheme where it names none."""
    split = urlsplit(base)
    return Endpoint(split.hostname or "", split.port or (80 if split.scheme == "http" else 443))


def services(project: Mapping[str, str] | None = None, server: str = "") -> dict[str, str]:
    """The base URL of every service: the platform's, the project's over it, or the operator's one `server` for all.

    Raises InvalidInput for a URL that its author may not choose.
    """
    if server:
        base = check_server(server)
        return {name: base + (GOVERNANCE_PREFIX if name == "data_governance" else "") for name in SERVICES}
    chosen = dict(SERVICES)
    for name, url in (project or {}).items():
        if name not in SERVICES:
            raise InvalidInput(_problem(f"service `{name}` is not known", f"the services are {', '.join(SERVICES)}"))
        chosen[name] = check_service(name, url)
    return chosen


def check_service(name: str, url: str) -> str:
    """A service's URL from `syncer.yaml`, without a slash at its end; InvalidInput unless it is https, under epilot.io
    and on the usual port."""
    scheme, host, port = _parts(url, f"URL of service `{name}`")
    if scheme != "https" or not (host == "epilot.io" or host.endswith(".epilot.io")) or port not in {None, 443}:
        raise InvalidInput(
            _problem(
                f"URL of service `{name}` must be https and under `epilot.io`",
                "`syncer.yaml` is part of the checkout; name any other host with `--server URL` instead",
            )
        )
    return url.rstrip("/")


def check_server(url: str) -> str:
    """The operator's one URL for all services, without a slash at its end; InvalidInput unless it is https, or http to
    this machine."""
    scheme, host, _ = _parts(url, "server URL")
    if scheme != "https" and not is_loopback(host):
        raise InvalidInput(_problem(f"server URL `{scheme}://{host}` sends the token unprotected", "use https"))
    return url.rstrip("/")


def _parts(url: str, what: str) -> tuple[str, str, int | None]:
    """Scheme, host, port; InvalidInput, not quoting the URL, for userinfo, query, fragment or odd characters."""
    try:
        split = urlsplit(url)
        host, port = split.hostname or "", split.port
    except ValueError:
        raise InvalidInput(_problem(f"{what} is no URL", "write it like `https://entity.sls.epilot.io`")) from None
    if "@" in split.netloc:
        raise InvalidInput(_problem(f"{what} holds a user name or password", "the token goes into a variable"))
    plain = url.isascii() and url.isprintable() and _HOST.fullmatch(host) and _PATH.fullmatch(split.path)
    dotted = any(part in {".", ".."} for part in split.path.split("/"))
    if split.scheme not in {"http", "https"} or not plain or dotted or "?" in url or "#" in url:
        raise InvalidInput(_problem(f"{what} is no plain URL", "write it like `https://entity.sls.epilot.io`"))
    return split.scheme, host, port


def _problem(message: str, hint: str) -> Problem:
    return Problem("url", message, hint=hint)
