"""The one door to the network: a request goes out, a reply comes back, and nothing of httpx leaves this module.

It knows methods, paths and bytes, not what they mean. The texts of third-party exceptions are dropped here: one of
them would quote the token.
"""

# ruff: noqa: E402 -- how the library is imported is said before it is

from __future__ import annotations

import logging
import os
import re
import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import cast

from syncer import __version__
from syncer.api.allowlist import gate, payload_gate
from syncer.api.options import TransportOptions
from syncer.api.outcomes import BY_FAULT, Fault, classify
from syncer.api.reply import Reply, Request
from syncer.api.response_body import BadBody, read_body, unpacked
from syncer.model.diagnostic import InvalidInput, Problem
from syncer.model.hosts import is_loopback
from syncer.model.json_values import Secret
from syncer.model.light_import import ClassName, import_lightly, later

import_lightly(
    "httpx",
    {
        "httpx._main": {"main": later("httpx._main", "main")},  # a command of its own, with colours
        "http.client": {"HTTP_PORT": 80, "HTTPSConnection": ClassName},  # another way to send requests
        "calendar": {"timegm": later("calendar", "timegm")},  # cookies that end, of which none is taken
        "email.message": {},  # replies as text, of which only bytes are taken
        "mimetypes": {},  # files that are uploaded
        "shutil": {"rmtree": later("shutil", "rmtree")},  # folders that are taken away
    },
)

import urllib.request

import httpx

LARGE = "application/large-response.vnd+json"
ACCEPT = f"application/json, {LARGE}"
_ENDS = frozenset({"content-length", "transfer-encoding"})
_HEADERS = {"Accept-Encoding": "gzip", "Connection": "keep-alive", "User-Agent": f"syncer/{__version__}"}
"""Of every request: the client's own, which are not merged into each anew."""


class HttpTransport:
    """Carries requests over one client to the services under `bases`; without a token it says nothing of who asks."""

    def __init__(
        self, client: httpx.Client, bases: Mapping[str, str], token: Secret | None, options: TransportOptions
    ) -> None:
        self._client = client
        self._bases = bases
        self._token = token
        self._options = options

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()

    def send(self, request: Request) -> Reply:
        """As `Transport`; one try, within the limit of an attempt as long as bytes come."""
        method, url = request.method, self._bases[request.service] + request.path
        until = self._options.effects.clock() + self._options.limits.attempt
        headers = self._headers(request)
        status = 0
        head: dict[str, str] = {}
        try:
            asked = httpx.Request(method, url, headers=headers, content=request.content)
            response = self._client.send(asked, stream=True)
            try:
                status, told = response.status_code, _lowered(response.headers)
                head = {
                    "retry_after": told.get("retry-after", "")[:100],
                    "date": told.get("date", "")[:100],
                    "request_id": _request_id(told),
                }
                raw = self._read(response, told, until)
            finally:
                response.close()
            fault, body, detail = read_body(raw, told.get("content-type", ""))
        except BadBody as bad:
            fault, body, detail = bad.fault, None, bad.detail
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError) as error:
            fault, body, detail = fault_of(error), None, ""
            if fault in {"proxy", "connect", "name"}:
                detail = BY_FAULT[fault].when + _proxy_words(url, self._options.proxy)
        outcome = classify(method, status=status, fault=fault)
        if outcome == "APPLIED" or (status and status // 100 != 2):
            fault, detail = "", ""
        return Reply(outcome, status, fault, body, detail, **head)

    def _headers(self, request: Request) -> dict[str, str]:
        if self._token is None:
            return {**_HEADERS, "Accept": "*/*"}
        headers = {
            **_HEADERS,
            "Authorization": f"Bearer {self._token.reveal()}",
            "Accept": ACCEPT,
            "x-correlation-id": request.mark,
        }
        if request.content is not None:
            headers["Content-Type"] = "application/json"
        return headers

    def _read(self, response: httpx.Response, headers: Mapping[str, str], until: float) -> bytes:
        over_socket = "network_stream" in response.extensions
        if over_socket and response.status_code not in {204, 304} and not _ENDS & headers.keys():
            raise BadBody("cut", "the reply does not say where it ends, so it may be incomplete")
        pieces = cast("Iterable[bytes]", response.stream)
        encoding = headers.get("content-encoding", "")
        return b"".join(unpacked(pieces, encoding, self._options.limits.cap, until, self._options.effects.clock))


def http_transports(
    bases: Mapping[str, str], token: Secret, options: TransportOptions, *, read_only: bool
) -> tuple[HttpTransport, HttpTransport]:
    """To the services under `bases` with the token, and to any URL without it, each behind its gate. InvalidInput for
    a proxy or a CA file that cannot be used."""
    bases = {name: str(httpx.URL(base)).rstrip("/") for name, base in bases.items()}
    hosts = {httpx.URL(base).host for base in bases.values()}
    local = all(map(is_loopback, hosts))
    _silence()
    plain = local and all(base.startswith("http:") for base in bases.values())
    direct = {"localhost", "127.0.0.1", "::1", *filter(is_loopback, hosts)}
    try:
        trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if plain else _trust(options.ca_file)
        checks = (gate(bases, read_only=read_only), payload_gate(local=local))
        client, bare = (_client(check, options, trust, direct) for check in checks)
    except (OSError, ValueError, ImportError, httpx.InvalidURL):  # their texts quote the proxy's URL and password
        message = "proxy or certificate authority cannot be used"
        names = "`SYNCER_PROXY`, `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `SYNCER_CA_FILE`, `SSL_CERT_FILE`"
        raise InvalidInput(
            Problem("proxy", message, hint=f"look at {names}: an http proxy's URL, a PEM file")
        ) from None
    return HttpTransport(client, bases, token, options), HttpTransport(bare, {"": ""}, None, options)


def fault_of(error: Exception) -> Fault:
    """What an exception of the network library means; by type, never by its text."""
    causes = list(_causes(error))
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
            return "certificate"
        if any(isinstance(cause, ssl.SSLError) for cause in causes):
            return "tls"
        if any(type(cause).__name__ == "gaierror" for cause in causes):
            return "name"
        return "connect" if isinstance(error, httpx.ConnectError) else "connect-timeout"
    for kind, fault in _FAULTS:
        if isinstance(error, kind):
            return fault
    return "read"


_FAULTS: tuple[tuple[type[Exception], Fault], ...] = (
    (httpx.PoolTimeout, "pool-timeout"),
    (httpx.WriteTimeout, "write-timeout"),
    (httpx.ReadTimeout, "read-timeout"),
    (httpx.ProxyError, "proxy"),
    (httpx.LocalProtocolError, "local"),
    (httpx.UnsupportedProtocol, "local"),
    (httpx.InvalidURL, "local"),
    (httpx.RemoteProtocolError, "protocol"),
    (httpx.DecodingError, "encoding"),
    (httpx.WriteError, "write"),
)


class _NoCookies(httpx.Cookies):
    """Takes none and sends none, whatever a reply asks for, and reads no reply's headers to learn that."""

    def extract_cookies(self, response: httpx.Response) -> None:
        """None is taken."""


class _Client(httpx.Client):
    """Keeps no cookies. Its own headers go with no request that is made by hand: `_HEADERS` does."""

    @property
    def cookies(self) -> httpx.Cookies:
        """None."""
        return _NO_COOKIES

    @cookies.setter
    def cookies(self, cookies: object) -> None:
        raise AttributeError("cookies are neither taken nor sent")


_NO_COOKIES = _NoCookies()


def _client(
    check: Callable[[httpx.Request], None],
    options: TransportOptions,
    verify: ssl.SSLContext | bool,
    direct: Iterable[str],
) -> httpx.Client:
    mounts: dict[str, httpx.BaseTransport | None] = {
        f"all://[{host}]" if ":" in host else f"all://{host}": None for host in direct
    }
    limits = options.limits
    return _Client(
        transport=options.wire,
        verify=verify,
        proxy=options.proxy or None,
        mounts=mounts,
        trust_env=True,
        follow_redirects=False,
        timeout=httpx.Timeout(limits.read, connect=limits.connect, pool=limits.attempt),
        limits=httpx.Limits(
            max_connections=min(limits.connections, 32),
            max_keepalive_connections=min(limits.connections, 32),
            keepalive_expiry=limits.keepalive,
        ),
        event_hooks={"request": [check]},
    )


def _trust(ca_file: str) -> ssl.SSLContext | bool:
    return ssl.create_default_context(cafile=ca_file) if ca_file else True


def _silence() -> None:
    """An embedding program's root logger must not print what these would say: URLs with their queries, headers."""
    for name in ("httpx", "httpcore", "hpack"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    waiting: BaseException | None = error
    while waiting is not None and id(waiting) not in seen:
        seen.add(id(waiting))
        yield waiting
        waiting = waiting.__cause__ or waiting.__context__


def _proxy_words(url: str, proxy: str) -> str:
    """` (through the proxy of HTTPS_PROXY)`, where this URL is sent through one; never the proxy's address."""
    if proxy:
        return " (through the proxy of `SYNCER_PROXY`)"
    split = httpx.URL(url)
    if is_loopback(split.host) or urllib.request.proxy_bypass(split.host):
        return ""
    for name in (f"{split.scheme}_proxy", "all_proxy"):
        for variable in (name, name.upper()):
            if os.environ.get(variable):
                return f" (through the proxy of `{variable}`)"
    return ""


def _lowered(headers: httpx.Headers) -> dict[str, str]:
    """Name in small letters → value, those of one name joined as `httpx.Headers` does; decoded once."""
    found: dict[str, str] = {}
    for name, value in headers.raw:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        found[key] = f"{found[key]}, {text}" if key in found else text
    return found


def _request_id(headers: Mapping[str, str]) -> str:
    for name, value in headers.items():
        if name.startswith("x-") and name.endswith(("request-id", "requestid")):
            return "".join(re.findall(r"[A-Za-z0-9_=.:/+-]", value))[:80]
    return ""
