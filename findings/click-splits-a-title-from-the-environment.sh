#!/usr/bin/env bash
# click 8.5.1
#
# Guess:   an option that may be given several times takes one value from its environment variable, as it takes one
#          from the command line.
# Happens: the variable is split at blanks: `Lost to competitor` are three values; quotes in it do not help, they
#          become part of the values. On the command line the same text is one value.
# Matters: names of configuration objects are titles with blanks; a pipeline that says by a variable which one to
#          apply selects others, or none, and a guard that exempts one by name exempts three.
#
# Prints what the option holds, from the variable and from the command line; exits 1 if that is no longer so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check click==8.5.1
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import click
from click.testing import CliRunner


@click.command()
@click.option("--only", multiple=True, envvar="ONLY")
def command(only):
    click.echo(repr(only))


title = "Lost to competitor"
seen = [
    CliRunner().invoke(command, [], env={"ONLY": title}).output.strip(),
    CliRunner().invoke(command, [], env={"ONLY": f"'{title}'"}).output.strip(),
    CliRunner().invoke(command, ["--only", title], env={"ONLY": None}).output.strip(),
]
print(*seen, sep="\n")
wanted = ["('Lost', 'to', 'competitor')", '("\'Lost", \'to\', "competitor\'")', "('Lost to competitor',)"]
sys.exit(0 if seen == wanted else 1)
PYTHON
