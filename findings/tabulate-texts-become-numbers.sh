#!/usr/bin/env bash
# tabulate 0.10.0
#
# Guess:   a table prints the texts that it is given.
# Happens: a column in which every text could be a number is printed as numbers: `007` as 7, `1e3` as 1000, `1_000` as
#          1000. One other text in the column, and all stand as they are.
# Matters: keys, postcodes and ids in a plan's table are not those of the organisation, and which they are depends on
#          the rows beside them; whoever copies one into a command gets an object that is not there.
#
# Prints both columns; exits 1 if that is no longer so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check tabulate==0.10.0
"$folder/venv/bin/python" - <<'PYTHON'
import sys

from tabulate import tabulate

keys = ["007", "1e3", "1_000"]
alone = [line.strip() for line in tabulate([[key] for key in keys], tablefmt="plain").splitlines()]
beside = [line.strip() for line in tabulate([[key] for key in [*keys, "x"]], tablefmt="plain").splitlines()]
print(alone, beside)
sys.exit(0 if alone == ["7", "1000", "1000"] and beside == [*keys, "x"] else 1)
PYTHON
