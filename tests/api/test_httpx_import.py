"""Httpx imported lightly is httpx: what was put off is there when it is asked for, here and in what it leans on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PUT_OFF = {"calendar", "email.message", "http.client", "locale", "mimetypes", "pygments", "shutil"}
SAME = """
import sys
if sys.argv[1] == "lightly":
    import syncer.api.http_transport
    print(*sorted({*%r} & sys.modules.keys()), file=sys.stderr)
import http.cookiejar, tempfile, urllib.request
import httpx

def answer(request):
    headers = {"set-cookie": "a=b; Expires=Wed, 1 Oct 2065 07:28:00 GMT", "content-type": "text/plain; charset=latin-1"}
    return httpx.Response(200, headers=headers, content="ä".encode("latin-1") + request.read()[-40:])

with httpx.Client(transport=httpx.MockTransport(answer)) as client:
    reply = client.post("https://example.com/x", files={"file": ("a.png", b"bytes")})
    print(reply.text.rstrip()[:1], reply.charset_encoding, reply.request.read().split(b"\\r\\n")[2])
    print([(each.name, each.value, each.expires) for each in client.cookies.jar])
    print(client.get("https://example.com/").request.headers["cookie"])
print(httpx.main.__name__ in {"main", "<lambda>"}, http.cookiejar.DEFAULT_HTTP_PORT)
handler = urllib.request.HTTPSHandler()
opener = urllib.request.build_opener(handler)
print(sorted(type(each).__name__ for each in opener.handlers))
try:
    opener.open("https://127.0.0.1:1/", timeout=1)
except urllib.error.URLError as error:
    print(type(error).__name__, type(error.reason).__name__)
with tempfile.TemporaryDirectory() as folder:
    print(urllib.request.url2pathname("a%%20b"), bool(folder))
import http.client, shutil
print(http.client.HTTPSConnection.default_port, http.client.HTTP_PORT, http.client.responses[404], type(shutil.rmtree))
"""


def told(how: str) -> subprocess.CompletedProcess[str]:
    env = {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "NO_PROXY": "127.0.0.1"}
    command = [sys.executable, "-c", SAME % (PUT_OFF,), how]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=env)


def test_it_is_the_same_library() -> None:
    usual, lightly = told("as usual"), told("lightly")
    assert "latin-1" in usual.stdout
    assert "URLError" in usual.stdout
    assert lightly.stdout == usual.stdout
    assert lightly.stderr == "\n"
