"""A connection to PostgreSQL that breaks while it holds the lock, on a real server: the lock is taken again where
nobody has had it since, and nothing is saved twice or over what another run wrote."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from syncer.fs.clock import Effects
from syncer.model.diagnostic import PlatformError, Refused
from syncer.state.backends.backend import Backend
from syncer.state.backends.postgres import Session
from tests.state.test_backends import BEN, ME, WON, hurried, place, problem, state

if TYPE_CHECKING:
    from conftest import Server

pytestmark = pytest.mark.slow


@pytest.fixture
def url(postgres: Server, monkeypatch: pytest.MonkeyPatch) -> str:
    for name, value in postgres.env.items():
        monkeypatch.setenv(name, value)
    return postgres.fresh()


def session(it: Backend) -> Session:
    body: Any = it.body
    found: Session = body.session
    return found


def break_off(it: Backend) -> None:
    """The server ends the connection, as a restart or a firewall does; the row says nothing of it."""
    import psycopg

    place, connection = session(it).place, session(it)._connection
    assert connection is not None
    with psycopg.connect(host=place.host, port=place.port, dbname=place.path[0], autocommit=True) as other:
        pid = connection.info.backend_pid
        assert other.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,)).fetchall() == [(True,)]


def answer_lost(it: Backend) -> None:
    """Of the next question the answer does not come, though the server did what was asked."""
    connection: Any = session(it)._connection
    asked = connection.execute

    def execute(*query: Any) -> Any:
        asked(*query)
        break_off(it)
        return asked("SELECT 1")

    connection.execute = execute


BREAKS: dict[str, Callable[[Backend], None]] = {"before the question": break_off, "before the answer": answer_lost}


@pytest.mark.parametrize("breaks", BREAKS.values(), ids=BREAKS)
def test_the_lock_is_taken_again(url: str, tmp_path: Path, breaks: Callable[[Backend], None]) -> None:
    slept: list[float] = []
    mine, other = hurried(place(url, tmp_path / "a"), slept), place(url, tmp_path / "b")
    mine.load()
    with mine.lock(ME):
        mine.save(state("first"))
        breaks(mine)
        mine.save(state("second"))
        assert (other.gate.holder(), slept) == (ME, [])
        mine.require_lock()
        with pytest.raises(Refused), other.lock(BEN):
            raise AssertionError("both are in")
        mine.save(state("third"))
    assert other.gate.holder() is None
    assert place(url, tmp_path / "c").load().entries[WON].live_id == "third"


def test_while_the_lock_is_taken_again_it_is_in_doubt(url: str, tmp_path: Path) -> None:
    """The server has not noticed yet that the first connection is gone; so an apply begins nothing."""
    import psycopg

    doubts: list[bool] = []
    mine = place(url, tmp_path / "a")
    mine.load()
    with mine.lock(ME):
        it = session(mine)
        assert mine.in_doubt() is False
        break_off(mine)
        with psycopg.connect(host=it.place.host, port=it.place.port, dbname=it.place.path[0], autocommit=True) as other:
            assert other.execute("SELECT pg_try_advisory_lock(%s)", (it.keys["lock"],)).fetchall() == [(True,)]

            def sleep(seconds: float) -> None:
                doubts.append(mine.in_doubt())
                other.execute("SELECT pg_advisory_unlock_all()")

            it.effects = Effects(sleep=sleep)
            mine.save(state("first"))
        assert (doubts, mine.in_doubt()) == ([True], False)


@pytest.mark.parametrize("stays", [True, False], ids=["is in", "was in"])
def test_a_lock_that_another_run_had_since_is_lost(url: str, tmp_path: Path, stays: bool) -> None:
    slept: list[float] = []
    mine, other = hurried(place(url, tmp_path / "a"), slept), place(url, tmp_path / "b")
    mine.load()
    with mine.lock(ME):
        break_off(mine)
        other.load()
        with other.lock(BEN):
            other.save(state("theirs"))
            if stays:
                with pytest.raises(PlatformError) as caught:
                    mine.save(state("mine"))
        if not stays:
            with pytest.raises(PlatformError) as caught:
                mine.save(state("mine"))
        assert "connection to it broke, and the lock is another's by now, or was lifted" in problem(caught)[1]
        with pytest.raises(PlatformError) as again:
            mine.require_lock()
        assert "connection to it was lost, and the lock with it" in problem(again)[1]
    assert place(url, tmp_path / "c").load().entries[WON].live_id == "theirs"
    assert place(url, tmp_path / "c").gate.holder() is None


def test_content_is_put_aside_once(url: str, tmp_path: Path) -> None:
    mine = hurried(place(url, tmp_path / "a"), [])
    mine.load()
    with mine.lock(ME):
        mine.save(state("first"))
        answer_lost(mine)
        mine.body.set_aside()
        (damaged,) = session(mine).row("SELECT damaged FROM syncer_state WHERE name = %(name)s") or ("",)
        assert '"first"' in damaged
