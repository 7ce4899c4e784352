"""`syncer validate`: paths, --strict, formats, what a hook hands over, and that it needs neither token nor network."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import PLAIN, ROOT, flow, reason
from tests.support.patience import PATIENCE

BAD = reason("lost", "Verloren", status="PARKED")
MISSPELT = reason("lost", "Verloren", stauts="ACTIVE").replace('  status: "ACTIVE"\n', "")


@pytest.fixture
def mixed(repo):
    """One sound file, one with a word that nobody knows, one with a reference to nothing."""
    repo.write("config/sub/lost.yaml", BAD)
    repo.write("config/flow.yaml", flow("f", "won", "nobody"))
    return repo


def test_everything_at_once(mixed) -> None:
    said = mixed.run("validate", "--format", "json")
    assert said.code == 3
    assert [(each["file"], each["rule"]) for each in said.json["problems"]] == [
        ("config/flow.yaml", "unknown-reference"),
        ("config/sub/lost.yaml", "not-allowed-value"),
    ]
    assert said.json["summary"] == {"errors": 1, "warnings": 1, "notes": 0, "files": 2}
    assert said.err == ""


def test_as_text(mixed) -> None:
    mixed.write("config/sub/lost.yaml", MISSPELT)
    said = mixed.run("validate", "config/sub")
    assert (said.code, said.err) == (3, "")
    assert said.out == (
        "error[unknown-field]: `stauts` is not a field of ClosingReason\n"
        "  at config/sub/lost.yaml:6:3 $.spec.stauts\n\nhint: did you mean `status`? if the platform knows it, add "
        "`- stauts` below `metadata.extra`\n\n1 error in 1 file\n"
    )


def test_a_variable_of_the_wrong_type_is_told_where_it_is_set_too(repo) -> None:
    """The mistake stands in syncer.yaml, what it does in the manifest: both places are named."""
    text = (repo.folder / "syncer.yaml").read_text().replace("org_id:", "vars: {state: aktive}\n    org_id:", 1)
    repo.write("syncer.yaml", text)
    repo.write("config/won.yaml", reason("won", "Gewonnen", status="${var.state}"))
    said = repo.run("validate", "--format", "json")
    (problem,) = said.json["problems"]
    assert (said.code, problem["file"], problem["path"]) == (3, "config/won.yaml", "$.spec.status")
    line = text.splitlines().index("    vars: {state: aktive}") + 1
    assert problem["hint"].startswith(f"`${{var.state}}` is set at syncer.yaml:{line}:19 for environment `test`")


PATHS = {
    # arguments, folder                                exit  rules, what is said on stderr
    "a sound file": (["config/won.yaml"], "", 0, [], "1 manifest in 1 file: valid"),
    "a file with a warning": (["config/sub/lost.yaml"], "", 0, ["not-allowed-value"], "1 manifest in 1 file: valid"),
    "a file with an error": (["config/flow.yaml"], "", 3, ["unknown-reference"], ""),
    "two files": (["config/won.yaml", "config/flow.yaml"], "", 3, ["unknown-reference"], ""),
    "a folder": (["config/sub"], "", 0, ["not-allowed-value"], "1 manifest in 1 file: valid"),
    "the root": (["."], "", 3, ["unknown-reference", "not-allowed-value"], ""),
    "from a folder below": (["lost.yaml"], "config/sub", 0, ["not-allowed-value"], "1 manifest in 1 file: valid"),
    "upwards": (["../won.yaml"], "config/sub", 0, [], "1 manifest in 1 file: valid"),
    "nothing named, from below": ([], "config/sub", 3, ["unknown-reference", "not-allowed-value"], ""),
    "twice the same": (["config/won.yaml", "./config/../config/won.yaml"], "", 0, [], "1 manifest in 1 file: valid"),
    "syncer.yaml itself": (["syncer.yaml"], "", 0, [], "0 manifests in 0 files: valid"),
    "syncer.yaml and a file": (["syncer.yaml", "config/won.yaml"], "", 0, [], "1 manifest in 1 file: valid"),
    "a missing path": (["config/gone.yaml"], "", 3, ["unreadable"], ""),
    "a missing syncer.yaml": (["sub/syncer.yaml"], "", 3, ["unreadable"], ""),
    "outside the root": (["/etc/hostname"], "", 3, ["outside-root"], ""),
    "above the root": ([".."], "", 3, ["outside-root"], ""),
    "no manifest's suffix": (["README.md"], "", 3, ["not-a-manifest"], ""),
}


@pytest.mark.parametrize(("args", "at", "code", "rules", "said"), PATHS.values(), ids=PATHS)
def test_paths(mixed, args, at: str, code: int, rules, said: str) -> None:
    mixed.write("README.md", "x\n")
    result = mixed.run("validate", *args, "--format", "json", at=at)
    assert (result.code, [each["rule"] for each in result.json["problems"]]) == (code, rules)
    assert mixed.run("validate", *args, at=at).err == (f"{said}\n" if said else "")


def test_an_unreadable_link_below_a_folder_that_is_named(mixed) -> None:
    (mixed.folder / "config" / "sub" / "dead.yaml").symlink_to("nowhere.yaml")
    said = mixed.run("validate", "config/sub", "--format", "json")
    assert (said.code, [each["rule"] for each in said.json["problems"]]) == (3, ["broken-link", "not-allowed-value"])


def test_another_project_inside(mixed) -> None:
    mixed.write("sub/syncer.yaml", "no: project\n")
    said = mixed.run("validate", "sub/syncer.yaml", "config/won.yaml")
    assert (said.code, said.out) == (0, "")
    assert (
        said.err
        == "note: `sub/syncer.yaml` belongs to another project; run syncer there\n1 manifest in 1 file: valid\n"
    )


# A hook hands over the files of one commit. What is wrong between them and the rest is told in them.
TOGETHER = {
    # the rest of the repository, the file of the commit, rule, line, column
    "an address twice": (reason("a", "Eins"), reason("a", "Zwei"), "duplicate-address", 3, 18),
    "a live object twice": (reason("b", "Eins"), reason("a", "Eins"), "duplicate-live-key", 5, 10),
    "an alias that is a name": (
        reason("b", "Eins"), reason("a", "Zwei").replace("{name: a}", "{name: a, aliases: [b]}"), "alias-taken", 3, 31,
    ),
    "a circle": (
        flow("b").replace("spec:", "spec:\n  automations: {x: {flow_name: x, triggers: [], actions: [{type: "
        "trigger-workflow, config: {target_workflow: {ref: a}}}]}}"),
        flow("a").replace("spec:", "spec:\n  automations: {x: {flow_name: x, triggers: [], actions: [{type: "
        "trigger-workflow, config: {target_workflow: {ref: b}}}]}}"), "reference-circle", 5, 110,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("rest", "mine", "rule", "line", "column"), TOGETHER.values(), ids=TOGETHER)
@pytest.mark.parametrize(("first", "last"), [("a", "z"), ("z", "a")], ids=["sorted after", "sorted before"])
def test_what_is_wrong_between_files_is_told_in_the_one_that_is_named(
    repo, rest: str, mine: str, rule: str, line: int, column: int, first: str, last: str
) -> None:
    repo.write(f"config/{first}-rest.yaml", rest)
    repo.write(f"config/{last}-mine.yaml", mine)
    said = repo.run("validate", f"config/{last}-mine.yaml", "--format", "json")
    found = [(each["file"], each["rule"], each["line"], each["column"]) for each in said.json["problems"]]
    assert (said.code, [each for each in found if each[1] == rule]) == (
        3, [(f"config/{last}-mine.yaml", rule, line, column)],
    )  # fmt: skip
    assert repo.run("validate", "config/won.yaml").code == 0  # and in no other


def test_strict_makes_every_warning_an_error(mixed) -> None:
    mixed.write("config/empty.yaml", "# nothing yet\n")
    said = mixed.run("validate", "--strict", "--format", "json")
    assert said.code == 3
    assert {each["rule"]: each["severity"] for each in said.json["problems"]} == {
        "empty-file": "error", "unknown-reference": "error", "not-allowed-value": "error",
    }  # fmt: skip


def test_github(mixed) -> None:
    said = mixed.run("validate", "config/sub", "--format", "github")
    assert (said.code, said.err) == (0, "")
    assert said.out == (
        "::warning file=config/sub/lost.yaml,line=6,col=11,title=not-allowed-value::`status` of ClosingReason is "
        "`PARKED`, which is not known here%0Aat $.spec.status%0Ahint: if the platform knows it, add `- status` below "
        "`metadata.extra`\n"
    )


def test_sarif(mixed) -> None:
    said = mixed.run("validate", "--format", "sarif")
    [run] = said.json["runs"]
    assert (said.code, said.err, said.json["version"]) == (3, "", "2.1.0")
    places = [each["locations"][0]["physicalLocation"] for each in run["results"]]
    assert [(each["artifactLocation"]["uri"], each["region"]["startLine"]) for each in places] == [
        ("config/flow.yaml", 9), ("config/sub/lost.yaml", 6),
    ]  # fmt: skip
    assert all("shortDescription" in each for each in run["tool"]["driver"]["rules"])


@pytest.mark.parametrize("form", ["json", "github", "sarif"])
def test_a_broken_syncer_yaml_in_every_form(repo, form: str) -> None:
    """What stops the work is told in the form that was asked for, on stdout (docs/catalogue.md#h12)."""
    repo.write("syncer.yaml", "version: 2\n")
    said = repo.run("validate", "--format", form)
    assert (said.code, said.err) == (3, "")
    if form == "json":
        assert (said.json["exit_code"], said.json["problems"][0]["file"]) == (3, "syncer.yaml")
    elif form == "sarif":
        assert said.json["runs"][0]["results"][0]["level"] == "error"
    else:
        assert said.out.startswith("::error file=syncer.yaml,line=1,col=")


def test_nothing_to_validate(repo) -> None:
    repo.remove("config/won.yaml")
    said = repo.run("validate")
    assert (said.code, said.out) == (0, "")
    assert said.err == "there is no manifest: check `manifests` in syncer.yaml\n0 manifests in 0 files: valid\n"


DENIED = """
import socket, sys
def deny(*args, **more):
    raise AssertionError("validate opened a socket")
for name in ("socket", "create_connection", "getaddrinfo", "socketpair"):
    setattr(socket, name, deny)
from syncer.cli import run
code = run(sys.argv[1:])
print(*sorted(sys.modules), sep="\\n", file=sys.stderr)
sys.exit(code)
"""
HEAVY = {
    "httpx", "httpcore", "h11", "anyio", "requests", "urllib3", "pydantic", "pydantic_core", "deepdiff", "jsonschema",
    "referencing", "ruamel", "flask", "werkzeug", "waitress", "ssl", "asyncio", "sqlite3", "unittest", "xml",
}  # fmt: skip
"""What costs a command that does without it some 10 ms to 100 ms each."""
OFFLINE = {
    # arguments                                exit   of HEAVY it may load
    ("--version",): (0, set()),
    ("--help",): (0, set()),
    ("validate", "--help"): (0, set()),
    ("apply", "--help"): (0, set()),
    ("validate",): (0, set()),
    ("validate", "--strict", "--format", "json"): (0, set()),
    ("fmt", "--check"): (0, set()),
    ("schema", "ClosingReason"): (0, set()),
    ("state", "list"): (0, set()),
}


def alone(repo, *args: str) -> subprocess.CompletedProcess[str]:
    """A command in a fresh process whose sockets are locked; its modules on stderr at the end."""
    return subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}){DENIED}", *args], cwd=repo.folder,
        env=PLAIN, capture_output=True, text=True, check=False, timeout=PATIENCE,
    )  # fmt: skip


@pytest.mark.parametrize("args", OFFLINE, ids=" ".join)
def test_no_socket_no_token_no_heavy_library(repo, args: tuple[str, ...]) -> None:
    code, may = OFFLINE[args]
    done = alone(repo, *args)
    loaded = {name.partition(".")[0] for name in done.stderr.splitlines()}
    assert (done.returncode, loaded & HEAVY) == (code, may)
    assert "click" in loaded


def test_the_stadtwerk_needs_none_either(bare) -> None:
    """Every kind, variables, files, references: what is sound is judged by the quick judge alone."""
    done = alone(type("At", (), {"folder": ROOT / "examples" / "stadtwerk"}), "validate")
    assert done.returncode == 0
    assert {name.partition(".")[0] for name in done.stderr.splitlines()} & HEAVY == set()


def test_the_lock_on_sockets_locks(repo) -> None:
    """The same harness stops a plan: that validate passes it means something."""
    env = {**PLAIN, "EPILOT_TOKEN_TEST": "t", "SYNCER_SERVER": "http://127.0.0.1:9"}
    done = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}){DENIED}", "plan"],
        cwd=repo.folder, env=env, capture_output=True, text=True, check=False, timeout=PATIENCE,
    )  # fmt: skip
    assert done.returncode != 0


def test_json_answers_of_offline_commands_are_json_in_any_locale(repo) -> None:
    repo.write("config/umlaut.yaml", BAD.replace("lost", "größe"))
    ascii_only = {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    for args in (("validate", "--format", "json"), ("validate", "--format", "sarif"), ("schema", "EntitySchema")):
        said = repo.spawn(*args, env=ascii_only)
        assert said.out.isascii()
        assert json.loads(said.out)


def test_the_working_folder_is_no_place_for_code(repo) -> None:
    """H04: a file of the checkout named like a library is not run."""
    marker = repo.folder / "ran"
    for name in ("click", "yaml", "json", "sitecustomize", "jsonschema_rs", "syncer_evil", "encodings"):
        repo.write(f"{name}.py", f"open({str(marker)!r}, 'w')\n")
    repo.write(".env", "EPILOT_TOKEN_TEST=from-the-checkout\nSYNCER_SERVER=http://127.0.0.1:1\n")
    assert repo.spawn("validate").code == 0
    said = repo.spawn("plan", env={"SYNCER_SERVER": "http://127.0.0.1:9"})
    assert (said.code, marker.exists()) == (3, False)
    assert "there is no token for environment `test`" in said.err
    assert Path(__file__).is_file()


# ------------------------------------------------------------------------------------------------ misspelt environments


def test_a_misspelt_environment_is_one_problem(live) -> None:
    """Not one more for each reference to what lives nowhere now; and no plan takes it for a manifest that is gone."""
    live.run("apply", "--yes")
    live.write("config/won.yaml", reason("won", "Gewonnen").replace("{name: won}", "{name: won, environments: [tset]}"))
    live.write("config/flow.yaml", flow("f", "won"))
    said = "error[unknown-environment]: environment `tset` is not in syncer.yaml\n"
    for command in ("validate", "plan"):
        ended = live.run(command)
        assert (ended.code, ended.all.count("error["), ended.all.count(said)) == (3, 1, 1), command


@pytest.mark.parametrize("settings", ["", "environments: {}\n"], ids=["left out", "empty"])
def test_without_an_environment_there_is_nothing_to_hold_manifests_against(repo, settings: str) -> None:
    """Found by spoilt manifests (N11 of docs/reliability.md#the-table): it was a traceback."""
    repo.write("syncer.yaml", f"version: 1\nmanifests: [config]\n{settings}")
    repo.write("config/won.yaml", reason("won", "Gewonnen"))
    said = repo.run("validate")
    assert (said.code, said.err) == (3, "")
    assert said.out == (
        "error[no-environment]: syncer.yaml names no environment\n  at syncer.yaml:1:1\n\n"
        "hint: add `environments: {NAME: {org_id: …, token: {env: …}}}`\n\n1 error in 1 file\n"
    )


SITE = """\
apiVersion: syncer/v1
kind: EntitySchema
metadata: {name: site}
spec:
  slug: site
  name: Site
  plural: Sites
  capabilities: []
  attributes: [{name: street, label: Street, type: string}, {name: house, label: House, type: relation}]
"""
SYNC = "  entity_sync: [{trigger: {event: FlowStarted}, target: {entitySchema: site, entityAttribute: street}}]\n"


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("street, label", "road, label", [("config/site.yaml", "flow-unknown-attribute", 9)]),
        ("House", "Building", []),
    ],
)
def test_a_schema_alone_tells_of_the_flows_that_lose_an_attribute(repo, before: str, after: str, said) -> None:
    """A hook hands over the schema; the flows that look at it are in other files."""
    repo.write("config/flow.yaml", flow("a") + SYNC)
    repo.write("config/site.yaml", SITE)
    assert repo.run("validate", "config/site.yaml", "--format", "json").json["problems"] == []
    repo.write("config/site.yaml", SITE.replace(before, after))
    found = repo.run("validate", "config/site.yaml", "--format", "json").json["problems"]
    assert [(each["file"], each["rule"], each["line"]) for each in found] == said
    if found:
        assert found[0]["message"].startswith("FlowTemplate/a at config/flow.yaml:14:")
        assert found[0]["hint"] == "change FlowTemplate/a in the same commit"
        both = repo.run("validate", "config/site.yaml", "config/flow.yaml", "--format", "json").json["problems"]
        assert [each["file"] for each in both if each["rule"] == "flow-unknown-attribute"] == ["config/flow.yaml"]


PARTIAL = (
    "apiVersion: syncer/v1\nkind: EntitySchema\nmetadata: {name: roof}\nspec:\n  slug: roof\n  name: Roof\n"
    "  plural: Roofs\n  attributes:\n    - {name: sum, label: Sum, type: computed}\n"
)
LACKING = ("missing-for-create", "config/roof.yaml", 9, "$.spec.attributes[0]")


def missing(said) -> tuple[int, list[tuple[str, tuple[str, str, int, str]]]]:
    """Exit code, and (severity, rule and place) of each problem."""
    found = [(each, (each["rule"], each["file"], each["line"], each["path"])) for each in said.json["problems"]]
    return said.code, [(each["severity"], place) for each, place in found]


def test_what_a_create_needs(live) -> None:
    """Asked, it is an error; unasked a warning, where there is a local state that does not know the object. What a
    run found before there was that state is not recalled."""
    live.write("config/roof.yaml", PARTIAL)
    asked = ("validate", "--format", "json")
    assert missing(live.run(*asked)) == (0, [])
    assert missing(live.run(*asked, "--create")) == (3, [("error", LACKING)])
    assert missing(live.run(*asked)) == (0, [])
    assert live.run("apply", "--yes", "--only", "ClosingReason/*").code == 0
    assert missing(live.run(*asked)) == (0, [("warning", LACKING)])
    assert missing(live.run(*asked, "--strict")) == (3, [("error", LACKING)])
    assert missing(live.run(*asked, "config/won.yaml")) == (0, [])
    assert live.run("plan", "--format", "json").problems() == [("missing-for-create", 9, 7)]
    live.write("config/roof.yaml", PARTIAL.replace("computed", 'computed, value_formatter: "x"'))
    assert live.run("apply", "--yes").code == 0
    live.write("config/roof.yaml", PARTIAL.replace("  plural: Roofs\n", ""))
    assert missing(live.run(*asked)) == (0, [])
    assert missing(live.run(*asked, "--create"))[0] == 3


def test_a_part_of_what_every_organisation_has_lacks_nothing(live) -> None:
    """A core schema is nobody's to create; the same part of another schema is no whole one."""
    for slug, code in (("contact", 0), ("roof", 3)):
        live.write("config/part.yaml", PARTIAL.split("spec:")[0].replace("roof", slug) + f"spec:\n  slug: {slug}\n")
        assert live.run("validate", "--create").code == code, slug


STATES = {
    # what stands in syncer.yaml, in the state: what is said on stderr
    "a state that lives elsewhere": ('state: "s3://bucket/states"', None, ""),
    "one that cannot be read": ("", "{", "note: the state of `test` was not asked what it knows: "),
}


@pytest.mark.parametrize(("where", "text", "said"), STATES.values(), ids=STATES)
def test_a_state_that_is_not_asked(live, where: str, text: str | None, said: str) -> None:
    assert live.run("apply", "--yes").code == 0
    live.write("config/roof.yaml", PARTIAL)
    live.write("syncer.yaml", (live.folder / "syncer.yaml").read_text().replace("org_id:", f"{where}\n    org_id:", 1))
    if text is not None:
        live.write(".syncer/state/test.json", text)
    found = live.run("validate")
    assert (found.code, found.out) == (0, "")
    assert found.err.startswith(said)
    assert found.err.endswith("2 manifests in 2 files: valid\n")
