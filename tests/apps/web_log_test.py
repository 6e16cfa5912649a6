# SPDX-License-Identifier: Apache-2.0
"""web_log on a cut of a real log: the counts, files, bad lines, a log that is followed, and what it refuses."""
import json
import os
import subprocess
import tempfile

from access_log import count, counted, rows
from programs import SOURCE, expect, finish, interrupt, run, start

SAMPLE = os.path.join(SOURCE, "apps", "web_log", "data", "access_sample.log")
STATUSES = {200: 368, 206: 2, 301: 2, 304: 22, 404: 6}
BUSIEST = [("66.249.73.135", 21, 313525), ("46.105.14.53", 19, 282568), ("130.237.218.86", 13, 580476)]

with open(SAMPLE, encoding="utf-8") as file:
    LINES = file.readlines()


def check_sample():
    code, out, talk = run("web_log", "--input", SAMPLE, "--out", ".", "--top", "3", "--json")
    expect(f"counts the sample: {code} {talk}", code == 0)
    shown = [json.loads(line) for line in out.splitlines()]
    statuses = {row["status"]: row["requests"] for row in shown if "status" in row}
    expect(f"shows the statuses: {statuses}", statuses == STATUSES)
    busiest = [(row["address"], row["requests"], row["bytes"]) for row in shown if "address" in row]
    expect(f"shows the three busiest addresses, the first one first: {busiest}", busiest == BUSIEST)
    expect(f"summarises: {shown[-1]}", shown[-1]["sources"][0]["rows"] == len(LINES))
    expect("writes what another counter finds", counted(".") == count(LINES))
    busiest = [(row["address"], int(row["requests"]), int(row["bytes"])) for row in rows("busiest.csv")]
    expect(f"writes the busiest: {busiest}", busiest == BUSIEST)


def check_order_of_files():
    """Logs are rotated so that the first by name is the youngest: no row of the others is late."""
    for name, part in (("access.log", LINES[200:]), ("access.log.1", LINES[:200])):
        with open(name, "w", encoding="utf-8") as file:
            file.writelines(part)
    code, _, talk = run("web_log", "--input", "access.log*", "--out", ".", "--quiet")
    expect(f"counts rotated logs: {code} {talk}", code == 0)
    expect("counts rotated logs like one", counted(".") == count(LINES))


def check_bad_lines():
    bad = ["", "no log at all", LINES[0].replace("[17/May", "[37/May").rstrip("\n")]
    with open("mixed.log", "w", encoding="utf-8", newline="") as file:
        file.write("\r\n".join([LINES[0].rstrip("\n"), *bad, LINES[1].rstrip("\n")]))
    words = ("web_log", "--input", "mixed.log", "--quiet", "--json")
    code, out, talk = run(*words, "--max-reject-ratio", "0.9")
    expect(f"goes on behind bad lines: {code} {talk}", code == 0)
    source = json.loads(out.splitlines()[-1])["sources"][0]
    expect(f"counts bad lines: {source}", (source["rows"], source["rejected"]) == (2, 3))
    with open("web_log.rejects.jsonl", encoding="utf-8") as file:
        rejects = [json.loads(line) for line in file]
    expect(f"keeps bad lines and where they stood: {rejects}",
           [(row["where"], row["raw"]) for row in rejects] == [(f"mixed.log:{i + 2}", bad[i]) for i in range(3)])
    expect(f"says what is wrong: {rejects}", "its time is not like" in rejects[2]["reason"])
    code, _, talk = run(*words)
    expect(f"fails where too much is bad: {code} {talk}", code == 1 and "max-reject-ratio" in talk)


def at(minute, status, address="10.0.0.1"):
    return f'{address} - - [17/May/2015:10:{minute:02}:30 +0000] "GET / HTTP/1.1" {status} 100\n'


def append(name, *lines):
    with open(name, "a", encoding="utf-8") as file:
        file.writelines(lines)


def read_until(process, shown, is_last):
    """Rows up to one; a test that waits for ever has failed by its time limit."""
    while not shown or not is_last(shown[-1]):
        line = process.stdout.readline()
        if not line:
            break
        shown.append(json.loads(line))


def processor_seconds(process):
    with open(f"/proc/{process.pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def check_follow():
    process = start("web_log", "--follow", "access.log", "--lateness", "0s", "--quiet")
    shown = []
    append("access.log", at(1, 200), at(1, 404), "no log\n", at(1, 503), at(2, 200, "10.0.0.2"))
    read_until(process, shown, lambda row: row.get("kind") == "server")
    os.rename("access.log", "access.log.1")
    append("access.log.1", at(2, 500))  # who writes has not heard of it yet
    append("access.log", at(3, 200), at(4, 200))
    read_until(process, shown, lambda row: row.get("minute") == "2015-05-17T10:02:00Z")
    errors = {(row["minute"][14:16], row["kind"]): row["errors"] for row in shown if "minute" in row}
    expect(f"counts errors of each minute over a rotation: {errors}",
           errors == {("01", "client"): 1, ("01", "server"): 1, ("02", "server"): 1})
    before = processor_seconds(process)
    try:
        process.wait(timeout=1)
        expect("goes on until it is interrupted", False)
    except subprocess.TimeoutExpired:
        pass
    used = processor_seconds(process) - before
    expect(f"waits without work: {used} s of a second", used < 0.1)
    code, out, talk = interrupt(process)
    shown += [json.loads(line) for line in out.splitlines()]
    expect(f"ends well by Ctrl-C: {code} {talk}", code == 130 and "Error" not in talk)
    addresses = {(row["since"][14:16], row["address"]): row["requests"] for row in shown if "address" in row}
    expect(f"counts addresses of each minute: {addresses}",
           {key: value for key, value in addresses.items() if key[0] < "03"}
           == {("01", "10.0.0.1"): 3, ("02", "10.0.0.1"): 1, ("02", "10.0.0.2"): 1})
    with open("web_log.rejects.jsonl", encoding="utf-8") as file:
        rejects = [json.loads(line) for line in file]
    expect(f"keeps the bad line: {rejects}",
           [(row["where"], row["raw"]) for row in rejects] == [("access.log:3", "no log")])


def check_refusals():
    code, _, talk = run("web_log", "--input", "missing-*.log")
    expect(f"names what is not there: {code} {talk}", code == 3 and "missing-*.log" in talk)
    code, _, talk = run("web_log", "--input", SAMPLE, "--top", "0")
    expect(f"refuses no addresses: {code} {talk}", code == 2 and "--top is 0" in talk)


for check in (check_sample, check_order_of_files, check_bad_lines, check_follow, check_refusals):
    with tempfile.TemporaryDirectory() as scratch:
        os.chdir(scratch)
        check()
        os.chdir(SOURCE)
finish()
