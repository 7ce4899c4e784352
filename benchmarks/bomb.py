"""A server on this machine whose every reply is small and unpacks to millions of values."""

from __future__ import annotations

import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

VALUES = 8 * 1024 * 1024


def _packed() -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    piece = b"{}," * (VALUES // 64)
    parts = [packer.compress(b'{"results":['), *(packer.compress(piece) for _ in range(64)), packer.compress(b"{}]}")]
    return b"".join(parts) + packer.flush()


@contextmanager
def bomb() -> Iterator[tuple[str, int]]:
    """Its address, and the bytes of its reply; gone afterwards."""
    content = _packed()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.send_response(200)
            for name, value in (("Type", "application/json"), ("Encoding", "gzip"), ("Length", str(len(content)))):
                self.send_header(f"Content-{name}", value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing is printed between the figures."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", len(content)
        finally:
            server.shutdown()
