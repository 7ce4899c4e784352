"""Another customer's token, and one that says nothing: every command that reads an organisation makes sure whose it is
before it says or writes a word."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

import httpx
import pytest

from syncer.api.client import Api
from syncer.api.endpoints import services
from syncer.api.options import TransportOptions
from syncer.cli.command_context import world
from syncer.model.calls import Call
from syncer.model.diagnostic import Refused
from syncer.model.json_values import Secret
from syncer.sandbox.seed import reset
from syncer.state.journal import Intent, Journal
from tests.cli.conftest import JWT, ORG, OTHER, ROOT, STRANGER, TOKEN, Repo, Sandbox, flow, reason

PROJECT = f"""version: 1
manifests: [config]
environments:
  test:
    org_id: "{ORG}"
    token: {{env: EPILOT_TOKEN_TEST}}
  other:
    org_id: "{OTHER}"
    token: {{env: EPILOT_TOKEN_OTHER}}
"""
WHO, REASONS, FLOWS = "GET /v1/permissions/me", "/v1/workflows/closing-reasons", "/v2/flows/templates"
HINT = "check the token's variable and `org_id` in syncer.yaml; no flag lifts this"
WRONG = f"the token belongs to organisation `{OTHER}`, and environment `test` is `{ORG}`"
SAID = f"error[wrong-organisation]: {WRONG}\n\nhint: {HINT}\n"

TOKENS: dict[str, tuple[str, Callable[[list[str]], bool]]] = {
    # what the token of the other customer says of itself: token, what may be asked with it
    "nothing": (STRANGER, lambda asked: asked == [WHO]),
    "whose it is": (JWT["other"], lambda asked: asked == []),
    "that it is the right one": (JWT["posing"], lambda asked: WHO not in asked),  # the flows' replies tell
}
ENDINGS: dict[str, tuple[str, ...]] = {
    # command, by the function that holds the transport: its command lines; RUN, a run that is kept
    "plan": (
        "plan", "plan --detailed-exitcode", "plan --format json", "plan -o new.json", "plan --only FlowTemplate/*",
        "plan --resend-secrets -v",
    ),
    "apply": (
        "apply --yes", "apply --yes --format json", "apply plan.json", "apply undo.json", "apply --yes --first-contact",
        "apply plan.json --format json",
    ),
    "drift": (
        "drift", "drift --format json", "drift --format markdown", "drift -o drift.json", "drift --unmanaged",
        "drift --only FlowTemplate/*",
    ),
    "record": ("record", "record -o new.json", "record --kind FlowTemplate -o new.json"),
    "adopt": ("adopt FlowTemplate/house", "adopt FlowTemplate/house ID"),
    "_accept": ("drift --accept FlowTemplate/house",),
    "undo": ("undo RUN", "undo RUN -o new.json", "undo RUN --format json"),
    "pull": (
        "pull", "pull --check", "pull --as-patch", "pull --as-patch --check", "pull --dry-run", "pull --theirs",
        "pull --prune-files", "pull --complete FlowTemplate/house", "pull --kind FlowTemplate --name *",
    ),
    "promote": (
        "promote --from test --to other", "promote --from other --to test", "promote --from other --to test --dry-run",
        "promote --from test --to other -o new.json FlowTemplate/house",
    ),
    "rebuild": ("state rebuild",),
}  # fmt: skip


@pytest.fixture
def both(bare: Repo, sandbox: Sandbox) -> Repo:
    """Two customers who hold the same, applied to both; a plan and an undo that are pending. The token of `other` is
    right."""
    reset(str(sandbox.db), OTHER)
    bare.write("syncer.yaml", PROJECT)
    bare.write("config/won.yaml", reason("won", "Gewonnen"))
    bare.write("config/house.yaml", flow("house", "won"))
    bare.env |= {"EPILOT_TOKEN_TEST": TOKEN, "EPILOT_TOKEN_OTHER": JWT["other"], "SYNCER_SERVER": sandbox.url}
    for name in ("test", "other"):
        assert bare.run("apply", "-e", name, "--yes", "--first-contact").code == 0
    for words in (["undo", kept_run(bare)], ["plan"]):
        assert bare.run(*words, "-e", "test", "-o", f"{words[0]}.json").code == 0
    sandbox.forget()
    return bare


def kept_run(repo: Repo) -> str:
    """The id of the one run that is kept of `test`."""
    (run,) = repo.run("undo", "-e", "test", "--format", "json").json
    return str(run["id"])


def files(repo: Repo) -> dict[str, bytes]:
    """Every file of the repository: manifests, state, journal, runs, plans, whatever a command could write."""
    return {str(each.relative_to(repo.folder)): each.read_bytes() for each in repo.folder.rglob("*") if each.is_file()}


def words_of(line: str, repo: Repo) -> list[str]:
    """A command line, for `test` where it names no environment."""
    (live_id,) = [
        each["live_id"]
        for each in repo.run("state", "list", "-e", "other", "--format", "json").json
        if each["address"] == "FlowTemplate/house"
    ]
    known = {"RUN": kept_run(repo), "ID": live_id}
    words = [known.get(word, word) for word in line.split()]
    return words if "--from" in words else [*words, "-e", "test"]


LINES = [line for lines in ENDINGS.values() for line in lines]


@pytest.mark.parametrize("line", LINES)
def test_another_customers_token_is_noticed(both: Repo, sandbox: Sandbox, line: str) -> None:
    """Exit 4, one problem and not a word about what was read; no byte on the disk is another."""
    words = words_of(line, both)
    before = files(both)
    for name, (token, may_be_asked) in TOKENS.items():
        sandbox.forget()
        said = both.run(*words, env={"EPILOT_TOKEN_TEST": token})
        if "json" in words:
            problems = [(each["rule"], each["message"], each["hint"]) for each in said.json["problems"]]
            assert (said.json["exit_code"], problems) == (4, [("wrong-organisation", WRONG, HINT)]), name
            assert (said.code, set(said.json), said.err) == (
                4,
                {"format_version", "exit_code", "problems", "summary"},
                "",
            )
        else:
            assert (said.code, said.out, said.err) == (4, "", SAID), name
        assert (sandbox.writes(), may_be_asked(sandbox.requests())) == ([], True), (name, sandbox.requests())
        assert files(both) == before, name


def holders(tree: ast.AST, called: str) -> Iterator[str]:
    """The functions in which `called` is called, as a method or by its name."""
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            calls = [each.func for each in ast.walk(function) if isinstance(each, ast.Call)]
            if called in {getattr(each, "attr", getattr(each, "id", "")) for each in calls}:
                yield function.name


def test_every_command_that_reads_is_in_the_table() -> None:
    """Whoever adds a command that holds a transport adds its lines above; and no other place makes one."""
    sources = {path: path.read_text("utf-8") for path in sorted((ROOT / "syncer").rglob("*.py"))}
    trees = {path: ast.parse(text) for path, text in sources.items() if "api(" in text.lower()}
    assert sorted(name for tree in trees.values() for name in holders(tree, "api")) == sorted(ENDINGS)
    made = [(path.relative_to(ROOT).as_posix(), name) for path, tree in trees.items() for name in holders(tree, "Api")]
    assert made == [("syncer/cli/command_context.py", "api")]


NOTHING_TO_READ = {
    # a command line of a repository without manifests and without state, where no request would be needed
    "plan": "plan --detailed-exitcode", "apply": "apply --yes", "drift": "drift", "rebuild": "state rebuild",
    "pull": "pull --check",
}  # fmt: skip


@pytest.mark.parametrize("line", NOTHING_TO_READ.values(), ids=NOTHING_TO_READ)
def test_nothing_is_said_of_an_organisation_where_nothing_had_to_be_read(bare, sandbox, line: str) -> None:
    bare.write("syncer.yaml", PROJECT)
    (bare.folder / "config").mkdir()
    bare.env |= {"SYNCER_SERVER": sandbox.url}
    for token in (STRANGER, JWT["other"]):
        said = bare.run(*line.split(), "-e", "test", env={"EPILOT_TOKEN_TEST": token})
        assert (said.code, said.out, said.err) == (4, "", SAID)
        assert not (bare.folder / ".syncer" / "state" / "test.json").exists()


@pytest.mark.parametrize("token", [STRANGER, JWT["other"]], ids=["opaque", "jwt"])
@pytest.mark.parametrize("line", ["state rebuild", "adopt FlowTemplate/house", "pull", "apply --yes --first-contact"])
@pytest.mark.parametrize("was", ["gone", "damaged"])
def test_a_state_that_is_gone_or_damaged_stays_so(both: Repo, was: str, line: str, token: str) -> None:
    words = words_of(line, both)
    if was == "gone":
        both.state.unlink()
    else:
        both.state.write_bytes(b"half a sta")
    before = files(both)
    said = both.run(*words, env={"EPILOT_TOKEN_TEST": token})
    assert (said.code in (3, 4), "set aside" in said.err, files(both)) == (True, False, before)
    if was == "gone" or line == "state rebuild":
        assert (said.code, said.err.endswith(SAID)) == (4, True)


def test_a_damaged_state_is_set_aside_by_a_rebuild_that_can_put_another_in_its_place(both: Repo) -> None:
    both.state.write_bytes(b"half a sta")
    said = both.run("state", "rebuild", "-e", "test")
    assert (said.code, "set aside as test.json.damaged\n" in said.err) == (0, True)
    assert both.run("plan", "-e", "test", "--detailed-exitcode").code == 0


@pytest.mark.parametrize("settled", [False, True], ids=["open", "settled"])
@pytest.mark.parametrize("token", [STRANGER, JWT["other"]], ids=["opaque", "jwt"])
def test_what_an_apply_left_open_is_not_looked_for_in_another_organisation(
    both: Repo, sandbox: Sandbox, token: str, settled: bool
) -> None:
    """There nothing of it would be found, and what it made would be made once more by the next apply."""
    seek = {
        "service": "workflow", "field": "title", "value": "Neu", "id": "id",
        "listing": {"path": f"{REASONS}?includeInactive=true", "items": "reasons"},
    }  # fmt: skip
    made = sandbox.ask(f"POST {REASONS}", {"title": "Neu", "status": "ACTIVE"})
    with Journal(both.state.with_suffix(".journal")) as journal:
        op = journal.intent(Intent("r1", "ClosingReason/new", "ClosingReason", "create", "POST", REASONS, seek))
        if settled:
            journal.settle(op, "APPLIED", made["id"])
    both.write("config/new.yaml", reason("new", "Neu"))
    before = files(both)
    said = both.run("apply", "-e", "test", "--yes", env={"EPILOT_TOKEN_TEST": token})
    assert (said.code, said.out, said.err, files(both)) == (4, "", SAID, before)
    assert both.run("apply", "-e", "test", "--yes").code == 0
    assert sandbox.titles() == ["Gewonnen", "Neu"]


def test_a_token_that_names_another_organisation_leaves_the_journal_alone(both: Repo) -> None:
    """Also one that ends in a record which a crash cut off: whoever opens it mends it."""
    journal = both.state.with_suffix(".journal")
    journal.write_bytes(journal.read_bytes() + b"00000100 01234567 {")
    before = files(both)
    said = both.run("apply", "-e", "test", "--yes", env={"EPILOT_TOKEN_TEST": JWT["other"]})
    assert (said.code, said.out, said.err, files(both)) == (4, "", SAID, before)


@pytest.fixture
def posing(bare: Repo, sandbox: Sandbox) -> Repo:
    """Manifests of two flows, and a token that says it is of `test` and is of an empty other organisation."""
    reset(str(sandbox.db), OTHER)
    bare.write("syncer.yaml", PROJECT)
    bare.write("config/one.yaml", flow("one"))
    bare.write("config/two.yaml", flow("two"))
    bare.env |= {"EPILOT_TOKEN_TEST": JWT["posing"], "SYNCER_SERVER": sandbox.url}
    return bare


APPLY = ("apply", "-e", "test", "--yes", "--workers", "1", "--first-contact")


def test_a_name_that_comes_in_the_middle_of_an_apply_ends_the_writing(posing: Repo, sandbox: Sandbox) -> None:
    said = posing.run(*APPLY)
    assert (said.code, sandbox.writes()) == (5, [f"POST {FLOWS}"])
    assert WRONG in said.all


# ------------------------------------------------------------------------------------------------- nobody names one


UNKNOWN = f"organisation `{ORG}` is not confirmed: neither the token nor any reply says which one this is"


def test_on_this_machine_an_organisation_that_nobody_names_is_said(both: Repo, sandbox: Sandbox) -> None:
    """A server that imitates the platform may know no callers; what is read goes on, and the answer is whole."""
    sandbox.fault(method="GET", path="/v1/permissions/me", status=404, times=99)
    for line, code in {
        "plan --format json": 0,
        "drift --format json": 0,
        "pull --check": 2,
        "state rebuild": 0,
    }.items():
        said = both.run(*line.split(), "-e", "test")
        assert (said.code, said.err.count(f"warning[unknown-organisation]: {UNKNOWN}\n")) == (code, 1), line
        if "json" in line:
            assert said.json["org_id"] == ORG
    assert both.run("plan", "-e", "test", env={"EPILOT_TOKEN_TEST": JWT["good"]}).err == ""  # it names its own


def test_elsewhere_an_organisation_that_nobody_names_is_not_read(both: Repo) -> None:
    asked: list[str] = []

    def platform(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(404, json={})

    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(both.folder)
        here = world(None, "test", "")
    judge = here._must_be_its_own
    with Api(
        services(), Secret("T", "opaque"), judge=judge, options=TransportOptions(wire=httpx.MockTransport(platform))
    ) as api:
        for _ in range(2):
            with pytest.raises(Refused, match=UNKNOWN) as refused:
                api.read("workflow", Call("GET", f"{FLOWS}/f"))
            assert (refused.value.exit_code, refused.value.problems[0].rule) == (4, "unknown-organisation")
    assert asked == ["/v1/permissions/me"]


@pytest.mark.parametrize("line", ["plan", "drift", "pull --check", "record", "state rebuild"])
def test_where_it_cannot_be_asked_for_the_platform_has_said_no(both: Repo, sandbox: Sandbox, line: str) -> None:
    sandbox.fault(method="GET", path="/v1/permissions/me", status=403, times=99)
    before = files(both)
    said = both.run(*line.split(), "-e", "test")
    assert (said.code, said.out, files(both)) == (6, "", before)
    assert said.err.startswith("error[platform]: `GET /v1/permissions/me`: ")
    assert sandbox.requests() == [WHO]  # once, and not by every worker


def test_a_token_that_names_the_organisation_costs_no_request(both: Repo, sandbox: Sandbox) -> None:
    both.run("plan", "-e", "test", env={"EPILOT_TOKEN_TEST": JWT["good"]})
    assert (WHO in sandbox.requests(), f"GET {FLOWS}" in sandbox.requests()) == (False, True)


# --------------------------------------------------------------------------------------------------- no token at all


EMPTY = {
    # the variables, which of them is named
    "the environment's": ({"EPILOT_TOKEN_TEST": ""}, "EPILOT_TOKEN_TEST"),
    "the environment's, and there are others": (
        {"EPILOT_TOKEN_TEST": "", "SYNCER_TOKEN": STRANGER, "EPILOT_TOKEN": TOKEN}, "EPILOT_TOKEN_TEST",
    ),
    "white space": ({"EPILOT_TOKEN_TEST": " \n"}, "EPILOT_TOKEN_TEST"),
    "the second": ({"EPILOT_TOKEN_TEST": None, "SYNCER_TOKEN": "", "EPILOT_TOKEN": TOKEN}, "SYNCER_TOKEN"),
    "the last": ({"EPILOT_TOKEN_TEST": None, "EPILOT_TOKEN": ""}, "EPILOT_TOKEN"),
}  # fmt: skip


@pytest.mark.parametrize("line", [lines[0] for lines in ENDINGS.values()] + ["plan --format json", "apply plan.json"])
def test_a_token_variable_that_is_empty(both: Repo, sandbox: Sandbox, line: str) -> None:
    """Exit 3, whatever the command; the next variable, which may hold another customer's, is not taken for it."""
    words = words_of(line, both)
    before = files(both)
    sandbox.forget()
    for name, (env, named) in EMPTY.items():
        said = both.run(*words, env=env)
        message = f"token in `{named}` is empty"
        hint = f"set `{named}` to an access token, or unset it; in CI, a secret that is not there is an empty text"
        if "json" in words:
            assert [(each["message"], each["hint"]) for each in said.json["problems"]] == [(message, hint)], name
            assert (said.code, said.json["exit_code"]) == (3, 3)
        else:
            assert (said.code, said.out, said.err) == (3, "", f"error[token]: {message}\n\nhint: {hint}\n"), name
        assert (sandbox.requests(), files(both)) == ([], before), name


def test_what_needs_no_token_does_not_ask_for_one(both: Repo) -> None:
    assert both.run("record", "-e", "test", "-o", "recording.json").code == 0
    for line in ("plan --against recording.json", "show plan.json", "undo -e test", "state list -e test", "validate"):
        assert both.run(*line.split(), env={"EPILOT_TOKEN_TEST": ""}).code == 0, line
