# SPDX-License-Identifier: Apache-2.0
"""The windows of the guide: the eight orders in each kind of windows, as their authors know them."""
import json

from programs import expect, finish, run

TUMBLING = [("Alice", 0, 5, 130.1), ("Bob", 0, 5, 86.4), ("Alice", 5, 10, 13.1), ("bob", 5, 10, 16.1),
            ("Alice", 10, 15, 20.1)]
SLIDING = [("Alice", -2, 3, 110.1), ("Bob", -2, 3, 53.1), ("Alice", 0, 5, 130.1), ("Bob", 0, 5, 86.4),
           ("Alice", 2, 7, 33.1), ("Bob", 2, 7, 86.4), ("Alice", 4, 9, 13.1), ("Bob", 4, 9, 30.2),
           ("bob", 4, 9, 16.1), ("bob", 6, 11, 16.1), ("Alice", 6, 11, 20.1), ("Alice", 8, 13, 20.1),
           ("Alice", 10, 15, 20.1)]
COUNT = [("Alice", 1, 3, 130.1), ("Bob", 2, 3, 56.2), ("Bob", 4, 4, 30.2), ("Alice", 5, 10, 33.2), ("bob", 7, 7, 16.1)]
GLOBAL = [("Alice", 0, 0, 163.3), ("Bob", 0, 0, 86.4), ("bob", 0, 0, 16.1)]
DAYS = [("Alice", -60, 0, 163.3), ("Bob", -60, 0, 86.4), ("bob", -60, 0, 16.1)]  # from 15:00 UTC on
RUNNING = [("Alice", 0, 5, 130.1), ("Bob", 0, 5, 86.4), ("Alice", 0, 10, 143.2), ("bob", 0, 10, 16.1),
           ("Alice", 0, 15, 163.3)]
SESSION = [("Alice", 1, 9, 143.2), ("Alice", 10, 14, 20.1), ("Bob", 2, 8, 86.4), ("bob", 7, 11, 16.1)]


def seconds(text):
    """Of `1970-01-01T00:00:05Z`, or the last seconds of 1969."""
    return int(text[17:19]) - (60 if text.startswith("1969") else 0)


def windows(*words):
    code, out, talk = run("guide_time", *words)
    expect(f"{words} ends well: {talk}", code == 0)
    rows = [json.loads(line) for line in out.splitlines()]
    return [(row["key"], seconds(row["start"]), seconds(row["end"]), row["value"]) for row in rows]


for kind, expected in (("tumbling", TUMBLING), ("sliding", SLIDING), ("session", SESSION),
                       ("days", DAYS), ("count", COUNT), ("global", GLOBAL), ("running", RUNNING)):
    for instances in (1, 3):
        got = windows("--windows", kind, "--set", f"window.parallel={instances}")
        rounded = sorted((key, start, end, round(value, 9)) for key, start, end, value in got)
        expect(f"{kind} in {instances}: {rounded}", rounded == sorted(expected))
code, out, talk = run("guide_time", "--windows", "live")
rows = [json.loads(line) for line in out.splitlines()]
final = sorted((row["key"], seconds(row["start"]), seconds(row["end"]), round(row["value"], 9))
               for row in rows if not row["is_early"])
expect(f"live ends with the same: {final} {talk}", code == 0 and final == sorted(TUMBLING))
several = windows("--windows", "several")
expect(f"several at once: {several}",
       [(key, value["orders"]) for key, _, _, value in several if key == "Bob"] == [("Bob", 3)])
code, out, talk = run("guide_time", "--set", "window.allow_late=-1s")
expect(f"refuses what makes no sense: {code} {talk}", code == 3 and "allow_late is -1s" in talk)
finish()
