# SPDX-License-Identifier: Apache-2.0
"""The guide of state: what its program shows of eight readings."""
import json

from programs import expect, finish, run


def rows(*words):
    code, out, talk = run("guide_state", *words)
    expect(f"{words} ends well: {talk}", code == 0)
    return [json.loads(line) for line in out.splitlines()]


def second(text):
    return int(text[14:16]) * 60 + int(text[17:19])


SILENT = [("roof", 95, 4), ("door", 70, 3), ("roof", 240, 5)]
for words in ((), ("--set", "process.parallel=3"), ("--state", "rocksdb", "--state-memory", "8MiB")):
    silent = [(row["sensor"], second(row["silent_since"]), row["readings"]) for row in rows(*words)]
    expect(f"who fell silent, and when {words}: {silent}", sorted(silent) == sorted(SILENT))

once = rows("--show", "once")
expect(f"a reading that came twice passes once: {len(once)}", len(once) == 7)
change = [(row["sensor"], row["by"]) for row in rows("--show", "change")]
expect(f"changes: {change}",
       change == [("door", 0), ("roof", 0), ("roof", 0), ("door", 2), ("roof", 4), ("door", -1), ("roof", -2),
                  ("roof", 1)])
some = [(row["sensor"], second(row["at"])) for row in rows("--show", "some")]
expect(f"one a minute: {some}",
       some == [("door", 0), ("roof", 5), ("door", 70), ("roof", 95), ("roof", 240)])
mean = [(row["key"], row["value"]) for row in rows("--show", "mean")]
expect(f"means so far: {mean}", mean[-1] == ("roof", 21.8) and mean[1] == ("roof", 20))
code, out, talk = run("guide_state", "--set", "process.ttl=-1s")
expect(f"refuses a negative ttl: {code} {talk}", code == 3 and "negative" in talk)
finish()
