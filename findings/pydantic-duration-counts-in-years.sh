#!/usr/bin/env bash
# pydantic 2.14.4
#
# Guess:   400 days are written P400D, and two years read as P24M and as P2Y are the same time.
# Happens: 400 days are written P1Y35D, with a year of 365 days, though a timedelta knows no years. Read, a month is
#          30 days: P24M is 720 days and P2Y 730, and P24M is written back as P1Y355D.
# Matters: how long customers' data is kept is such a value: a round trip through a model turns days that were
#          declared into years, which the platform counts by the calendar, and two spellings of one period differ by
#          ten days.
#
# Prints how four durations are written back; exits 1 if that is no longer so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pydantic==2.14.4
"$folder/venv/bin/python" - <<'PYTHON'
import sys
from datetime import timedelta

from pydantic import TypeAdapter

duration = TypeAdapter(timedelta)
seen = {text: duration.dump_json(duration.validate_python(text)).decode().strip('"') for text in ("P400D", "P24M", "P2Y", "P1W")}
print(seen, duration.validate_python("P2Y") - duration.validate_python("P24M"))
sys.exit(0 if seen == {"P400D": "P1Y35D", "P24M": "P1Y355D", "P2Y": "P2Y", "P1W": "P7D"} else 1)
PYTHON
