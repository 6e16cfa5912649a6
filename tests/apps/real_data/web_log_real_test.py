# SPDX-License-Identifier: Apache-2.0
"""web_log on ten thousand real lines: the known counts, and all others against another counter."""
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from access_log import count, counted  # noqa: E402
from programs import SOURCE, expect, finish, run  # noqa: E402

DATA = os.environ.get("WEIR_DATA", os.path.join(SOURCE, "..", "shared", "data"))
LOG = os.path.join(DATA, "logs", "apache_access_10000.log")
STATUSES = {200: 9126, 304: 445, 404: 213, 301: 164, 206: 45, 500: 3, 403: 2, 416: 2}

with tempfile.TemporaryDirectory() as scratch:
    code, _, talk = run("web_log", "--input", LOG, "--out", scratch, cwd=scratch)
    expect(f"reads all lines: {code} {talk}", code == 0 and "hits: 10,000 rows" in talk and "rejected" not in talk)
    statuses, addresses, errors = counted(scratch)
with open(LOG, encoding="utf-8") as file:
    expected = count(file)
expect(f"counts the statuses: {statuses}", statuses == STATUSES == expected[0])
expect(f"finds 1,753 addresses, not {len(addresses)}", len(addresses) == 1753)
expect("counts requests and bytes of each address", addresses == expected[1])
expect("counts the errors of each minute", errors == expected[2] and sum(errors.values()) == 220)
finish()
