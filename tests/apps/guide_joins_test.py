# SPDX-License-Identifier: Apache-2.0
"""The joins of the guide, with what their authors know comes out."""
import json

from programs import expect, finish, run

EXPECTED = {
    "table": [(1, "Newark", 110), (2, "Queens", 50), (3, "unknown", 20), (4, "Newark", 30)],
    "interval": [(1, "paid", 10), (1, "paid", 100), (2, "paid", 50), (3, "no order", 20), (3, "not paid", 20),
                 (4, "not paid", 30)],
    "latest": [(1, "EUR", 121), (2, "USD", 50), (3, "EUR", 24), (4, "USD", 30)],
    "window": [(1, "paid in the same five minutes", 100), (2, "paid in the same five minutes", 50)],
}

for kind, expected in EXPECTED.items():
    for instances in (1, 3):
        words = [] if kind == "table" else ["--set", f"join.parallel={instances}"]
        code, out, talk = run("guide_joins", "--join", kind, *words)
        expect(f"{kind} ends well: {talk}", code == 0)
        rows = [json.loads(line) for line in out.splitlines()]
        got = sorted((row["order"], row["note"], round(row["amount"], 9)) for row in rows)
        expect(f"{kind} in {instances}: {got}", got == expected)
finish()
