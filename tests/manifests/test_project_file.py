"""syncer.yaml: found, read, and held to what a file from a checkout may decide."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from syncer.manifests.project import Environment, Limit, Limits, choose, find_project, read_project
from syncer.model.diagnostic import InvalidInput, Location
from syncer.model.json_values import Secret

GOOD = """\
version: 1
manifests: [config, more/here]
environments:
  sandbox:
    org_id: "911690"
    token: {env: EPILOT_TOKEN_SANDBOX}
    vars: {flows_live: false, list: [1]}
    ids: {journey.offer: 5c1c}
  production:
    org_id: "739224"
    confirm: true
    protect: true
    limits: {delete: 0, update: 30%}
    pace: 50%
services: {data_governance: "https://data-governance.sls.epilot.io/data-governance/v1/"}
"""


def write(folder: Path, text: str) -> Path:
    """syncer.yaml with this text."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "syncer.yaml"
    path.write_text(text)
    return path


def test_what_it_says(tmp_path: Path) -> None:
    project = read_project(write(tmp_path, GOOD))
    assert project.root == tmp_path.resolve()
    assert project.manifests == (project.root / "config", project.root / "more/here")
    assert project.services == {"data_governance": "https://data-governance.sls.epilot.io/data-governance/v1"}
    sandbox, production = project.environments.values()
    assert sandbox == Environment(
        name="sandbox",
        org_id="911690",
        token_env="EPILOT_TOKEN_SANDBOX",
        confirm=False,
        protect=False,
        limits=Limits(None, None),
        pace=0.8,
        vars={"flows_live": False, "list": [1]},
        ids={"journey.offer": "5c1c"},
        where=sandbox.where,
        tokens=frozenset({"EPILOT_TOKEN_SANDBOX"}),
    )
    assert production == Environment(
        name="production",
        org_id="739224",
        token_env="",
        confirm=True,
        protect=True,
        limits=Limits(Limit(0), Limit(30, percent=True)),
        pace=0.5,
        vars={},
        ids={},
        where=production.where,
        tokens=frozenset({"EPILOT_TOKEN_SANDBOX"}),  # of the other environment: a manifest may read neither
    )
    assert sandbox.where(("ids", "journey.offer")) == Location("syncer.yaml", 8, 26)
    assert production.where(("limits", "update")) == Location("syncer.yaml", 13, 33)


def test_where_its_state_lives(tmp_path: Path) -> None:
    text = 'version: 1\nenvironments: {a: {org_id: "1", state: "s3://acme/x"}, b: {org_id: "2"}}\n'
    environments = read_project(write(tmp_path, text)).environments
    assert {name: each.state for name, each in environments.items()} == {"a": "s3://acme/x", "b": ""}
    secret = text.replace("s3://acme/x", "postgresql://u:canary@db/x")
    assert problems_of(tmp_path, secret) == [
        "2:40 secret-literal: the address of the state holds a password or key",
    ]


def test_least(tmp_path: Path) -> None:
    project = read_project(write(tmp_path, "version: 1\n"))
    assert (dict(project.environments), dict(project.services)) == ({}, {})
    assert project.manifests == (tmp_path.resolve(),)


def test_variables_of_an_environment(tmp_path: Path) -> None:
    sandbox = read_project(write(tmp_path, GOOD)).environments["sandbox"]
    assert sandbox.variables().env is None
    known = sandbox.variables({"X": "1"}, frozenset({"X"}))
    assert (known.vars, known.ids, known.env, known.allowed) == (sandbox.vars, sandbox.ids, {"X": "1"}, {"X"})
    assert known.tokens == {"EPILOT_TOKEN_SANDBOX"}
    assert Secret("X", "1") != "1"


def test_choose(tmp_path: Path) -> None:
    project = read_project(write(tmp_path, GOOD))
    assert choose(project, "production").org_id == "739224"
    one = read_project(write(tmp_path / "one", 'version: 1\nenvironments: {only: {org_id: "1"}}\n'))
    assert choose(one, None).name == "only"


WRONG_CHOICE = {
    # case            text                   name              rule, message, hint
    "several": (
        GOOD,
        None,
        "which-environment: there are several environments: `sandbox`, `production`",
        "name one with --env NAME or SYNCER_ENV",
    ),
    "near": (
        GOOD,
        "produktion",
        "unknown-environment: environment `produktion` is not in syncer.yaml",
        "did you mean `production`?",
    ),
    "far": (GOOD, "x", "unknown-environment: environment `x` is not in syncer.yaml", "known: `production`, `sandbox`"),
    "none": (
        "version: 1\n",
        None,
        "no-environment: syncer.yaml names no environment",
        "add `environments: {NAME: {org_id: …, token: {env: …}}}`",
    ),
}


@pytest.mark.parametrize(("text", "name", "expected", "hint"), WRONG_CHOICE.values(), ids=WRONG_CHOICE)
def test_wrong_choice(tmp_path: Path, text: str, name: str | None, expected: str, hint: str) -> None:
    project = read_project(write(tmp_path, text))
    with pytest.raises(InvalidInput) as refusal:
        choose(project, name)
    [problem] = refusal.value.problems
    assert (f"{problem.rule}: {problem.message}", problem.hint) == (expected, hint)


def problems_of(folder: Path, text: str) -> list[str]:
    """What reading this text reports."""
    with pytest.raises(InvalidInput) as refusal:
        read_project(write(folder, text))
    assert all(each.at and each.hint for each in refusal.value.problems)
    return [
        f"{each.at.line}:{each.at.column} {each.rule}: {each.message}" for each in refusal.value.problems if each.at
    ]


def test_all_that_is_wrong_at_once(tmp_path: Path) -> None:
    text = """\
version: 1
manifests: [../config, /etc, ~/x]
proxy: http://x
environments:
  sandbox:
    org_id: "1"
    token: {env: AWS_SECRET_ACCESS_KEY}
    vars: {a: "x ${env.EPILOT_X}", b: {c: ["${id.d}"]}, d: "$${x} {{ y }}"}
    ca_file: x
    limits: {delete: -1, update: 130%}
    pace: 0%
  Sandbox: {org_id: "1", token: eyJhbGciOiJIUzI1NiJ9}
  "../x": {org_id: "1"}
"""
    assert problems_of(tmp_path, text) == [
        "2:13 outside-root: `../config` may lie outside the repository",
        "2:24 outside-root: `/etc` may lie outside the repository",
        "2:30 outside-root: `~/x` may lie outside the repository",
        "3:1 not-in-repository: `proxy` may not stand in syncer.yaml, which a pull request can change",
        "7:18 token-env: token variable `AWS_SECRET_ACCESS_KEY` may not be read",
        "8:15 variable-place: `x ${env.EPILOT_X}` stands where no variable is read",
        "8:44 variable-place: `${id.d}` stands where no variable is read",
        "9:5 not-in-repository: `ca_file` may not stand in syncer.yaml, which a pull request can change",
        "10:22 limit: limit `-1` is not possible",
        "10:34 limit: limit `130%` is not possible",
        "11:11 pace: pace `0%` is not possible",
        "12:3 environment-name: environment `Sandbox` differs from `sandbox` only by case",
        "12:33 token-env: the token itself stands in the file",
        "13:3 environment-name: `../x` cannot be an environment's name",
    ]


URLS = {
    # url                                               allowed
    "https://entity.sls.epilot.io": True,
    "https://entity.sls.epilot.io/": True,
    "https://entity.sls.epilot.io/v1/x-y_z.~": True,
    "https://epilot.io": False,
    "http://entity.sls.epilot.io": False,
    "https://evilepilot.io": False,
    "https://epilot.io.evil.example": False,
    "https://epilot.io@evil.example": False,
    "https://evil.example/epilot.io": False,
    "https://evil.example\\.epilot.io": False,
    "https://evil.example#.epilot.io": False,
    "https://user:pw@entity.sls.epilot.io": False,
    "https://entity.sls.epilot.io:8443": False,
    "https://entity.sls.epilot.io/../x": False,
    "https://entity.sls.epilot.io?x=1": False,
    "https://entity.sls.epilot.io\n": False,
    "https://entity.sls.epilоt.io": False,  # a Cyrillic letter
    "https://ENTITY.epilot.io": False,
    "//entity.sls.epilot.io": False,
    "https://127.0.0.1": False,
    "https://.epilot.io": False,
}


@pytest.mark.parametrize("url", URLS)
def test_t1_h03_hosts(tmp_path: Path, url: str) -> None:
    text = f"version: 1\nservices:\n  entity: {json.dumps(url)}\n"
    if URLS[url]:
        assert read_project(write(tmp_path, text)).services == {"entity": url.rstrip("/")}
    else:
        assert problems_of(tmp_path, text) == [f"3:11 host: `{url}` is not an https address under epilot.io"]


TOKENS = {
    "EPILOT_TOKEN": True,
    "SYNCER_TOKEN_2": True,
    "TOKEN": False,
    "AWS_SECRET": False,
    "EPILOT_": False,
    "XEPILOT_T": False,
}


@pytest.mark.parametrize("name", TOKENS)
def test_t1_token_variables(tmp_path: Path, name: str) -> None:
    text = f'version: 1\nenvironments: {{a: {{org_id: "1", token: {{env: {name}}}}}}}\n'
    if TOKENS[name]:
        assert read_project(write(tmp_path, text)).environments["a"].token_env == name
    else:
        assert problems_of(tmp_path, text) == [f"2:46 token-env: token variable `{name}` may not be read"]


@pytest.mark.parametrize("key", ["proxy", "https_proxy", "ca", "ca-file", "verify", "server", "base_url", "Proxies"])
@pytest.mark.parametrize("deep", [False, True])
def test_t1_h04_what_may_not_stand_there(tmp_path: Path, key: str, deep: bool) -> None:
    inner = f'{{org_id: "1", {key}: x}}' if deep else '{org_id: "1"}'
    text = f"version: 1\n{'' if deep else f'{key}: x' + chr(10)}environments: {{a: {inner}}}\n"
    place = "2:33" if deep else "2:1"
    expected = f"{place} not-in-repository: `{key}` may not stand in syncer.yaml, which a pull request can change"
    assert problems_of(tmp_path, text) == [expected]


def test_a_token_in_the_file_is_never_repeated(tmp_path: Path) -> None:
    text = (
        "version: 1\nenvironments:\n  a: {org_id: '1', token: {env: eyJ.canary}}\n  b: {org_id: '1', token: canary}\n"
    )
    with pytest.raises(InvalidInput) as refusal:
        read_project(write(tmp_path, text))
    assert [each.message for each in refusal.value.problems] == [
        "what is given as the token's variable may not be read",
        "the token itself stands in the file",
    ]
    assert "canary" not in repr(refusal.value.problems)


DOCUMENTS = {
    "empty": ("", "1:1 project: file is empty"),
    "two": ("version: 1\n---\nversion: 1\n", "3:1 project: file holds 2 documents, not one"),
    "bad YAML": (
        "version: 1\nversion: 1\n",
        "2:1 duplicate-key: key `version` stands twice in one mapping, first at line 1",
    ),
}


@pytest.mark.parametrize(("text", "expected"), DOCUMENTS.values(), ids=DOCUMENTS)
def test_documents(tmp_path: Path, text: str, expected: str) -> None:
    assert problems_of(tmp_path, text) == [expected]


def test_h08_found_upward(tmp_path: Path) -> None:
    path = write(tmp_path / "repo", GOOD)
    (tmp_path / "repo/.git").mkdir()
    (tmp_path / "repo/a/b").mkdir(parents=True)
    assert find_project(tmp_path / "repo/a/b") == path
    assert find_project(tmp_path / "repo") == path
    assert find_project(tmp_path, Path("repo/syncer.yaml")) == path
    assert find_project(tmp_path, Path("repo")) == path


def test_h08_not_beyond_the_git_repository(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    (tmp_path / "repo/.git").mkdir(parents=True)
    (tmp_path / "repo/sub").mkdir()
    with pytest.raises(InvalidInput) as refusal:
        find_project(tmp_path / "repo/sub")
    [problem] = refusal.value.problems
    assert problem.message == "there is no syncer.yaml in this folder, nor in the folders above up to `..`"
    assert problem.hint == "`syncer init` writes one; --config names one that lies elsewhere"


def test_h08_nearly_named(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "syncer.yml").write_text(GOOD)
    with pytest.raises(InvalidInput) as refusal:
        find_project(tmp_path)
    assert refusal.value.problems[0].hint == "rename `syncer.yml` to syncer.yaml"


def test_config_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"`x\.yaml` does not exist"):
        find_project(tmp_path, Path("x.yaml"))
