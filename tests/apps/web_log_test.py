# SPDX-License-Identifier: Apache-2.0
"""web_log on a cut of a real log: the counts, files that are whole, bad lines, a log that is followed, refusals."""
import json
import os
import subprocess
import tempfile
import threading

from access_log import count, counted, rows
from programs import SECONDS, SOURCE, expect, finish, interrupt, run, start

SAMPLE = os.path.join(SOURCE, "apps", "web_log", "data", "access_sample.log")
STATUSES = {200: 368, 206: 2, 301: 2, 304: 22, 404: 6}
BUSIEST = [("66.249.73.135", 21, 313525), ("46.105.14.53", 19, 282568), ("130.237.218.86", 13, 580476)]

FILES = ["addresses.csv", "busiest.csv", "errors.csv", "statuses.csv"]

with open(SAMPLE, encoding="utf-8") as file:
    LINES = file.readlines()


def check_sample():
    code, out, talk = run("web_log", "--input", SAMPLE, "--out", "new/report", "--top", "3", "--json")
    expect(f"counts the sample: {code} {talk}", code == 0)
    shown = [json.loads(line) for line in out.splitlines()]
    statuses = {row["status"]: row["requests"] for row in shown if "status" in row}
    expect(f"shows the statuses: {statuses}", statuses == STATUSES)
    busiest = [(row["address"], row["requests"], row["bytes"]) for row in shown if "address" in row]
    expect(f"shows the three busiest addresses, the first one first: {busiest}", busiest == BUSIEST)
    expect(f"summarises: {shown[-1]}", shown[-1]["sources"][0]["rows"] == len(LINES))
    expect("writes what another counter finds", counted("new/report") == count(LINES))
    expect(f"and nothing else: {os.listdir('new/report')}", sorted(os.listdir("new/report")) == FILES)
    busiest = [(row["address"], int(row["requests"]), int(row["bytes"])) for row in rows("new/report/busiest.csv")]
    expect(f"writes the busiest: {busiest}", busiest == BUSIEST)
    code, out, talk = run("web_log", "--input", SAMPLE, "--top", "0", "--quiet")
    shown = {row["address"]: (row["requests"], row["bytes"]) for row in map(json.loads, out.splitlines())
             if "address" in row}
    expect(f"shows all addresses for --top 0: {code} {talk}", code == 0 and shown == count(LINES)[1])


def check_ties():
    """Of equally busy addresses the first by its name, however many instances count in whatever order."""
    expected = sorted(((address, *both) for address, both in count(LINES)[1].items()),
                      key=lambda row: (-row[1], row[0].encode()))[:60]
    expect("the sample has ties", len({row[1] for row in expected}) < len(expected))
    for instances in ("1", "3"):
        code, _, talk = run("web_log", "--input", SAMPLE, "--out", "report", "--top", "60", "--quiet",
                            "--set", f"by_address.parallel={instances}")
        expect(f"counts by {instances} instances: {code} {talk}", code == 0)
        busiest = [(row["address"], int(row["requests"]), int(row["bytes"])) for row in rows("report/busiest.csv")]
        expect(f"{instances} instances: ties are in order of addresses: {busiest}", busiest == expected)


def check_order_of_files():
    """Logs are rotated so that the first by name is the youngest: no row of the others is late."""
    for name, part in (("access.log", LINES[200:]), ("access.log.1", LINES[:200])):
        with open(name, "w", encoding="utf-8") as file:
            file.writelines(part)
    code, _, talk = run("web_log", "--input", "access.log*", "--out", ".", "--quiet")
    expect(f"counts rotated logs: {code} {talk}", code == 0)
    expect("counts rotated logs like one", counted(".") == count(LINES))


def check_wrong_year():
    """A line of the next century makes no other line late."""
    with open("ahead.log", "w", encoding="utf-8") as file:
        file.writelines([at(1, 404).replace("/2015:", "/2198:"), at(1, 404), at(2, 500), at(1, 404)])
    code, _, talk = run("web_log", "--input", "ahead.log", "--out", "ahead", "--quiet")
    expect(f"counts a log with a wrong year: {code} {talk}", code == 0 and talk == "")
    errors = {(row["minute"], row["kind"]): row["errors"] for row in rows("ahead/errors.csv")}
    expect(f"counts the errors of each minute: {errors}",
           errors == {("2015-05-17T10:01:00Z", "client"): "2", ("2015-05-17T10:02:00Z", "server"): "1",
                      ("2198-05-17T10:01:00Z", "client"): "1"})


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
    process = start("web_log", "--follow", "access.log", "--out-of-order", "0s")
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
    expect(f"tells of the minute that was open: {talk}",
           "by_status: windows from 2015-05-17T10:04:00Z to 2015-05-17T10:05:00Z were not over: what they came to so "
           "far, 1 entry, is left out" in talk)
    expect(f"tells how many there were in all: {talk}",
           "totals: 7 requests in all: 4 of status 200, 1 of status 404, 1 of status 500, 1 of status 503\n" in talk)
    addresses = {(row["since"][14:16], row["address"]): row["requests"] for row in shown if "address" in row}
    expect(f"counts addresses of each minute: {addresses}",
           {key: value for key, value in addresses.items() if key[0] < "03"}
           == {("01", "10.0.0.1"): 3, ("02", "10.0.0.1"): 1, ("02", "10.0.0.2"): 1})
    with open("web_log.rejects.jsonl", encoding="utf-8") as file:
        rejects = [json.loads(line) for line in file]
    expect(f"keeps the bad line: {rejects}",
           [(row["where"], row["raw"]) for row in rejects] == [("access.log:3", "no log")])


def check_state():
    """A minute of more addresses than memory holds lies on disk, and says the same."""
    append("access.log", *(at(minute, 200, f"10.{number % 7}.{number // 250}.{number % 250}") for minute in (1, 2)
                           for number in (n * 7919 % 20_000 for n in range(20_000))),
           *(at(2, 200, f"10.0.0.{number}") for number in range(0, 140, 7)), *(at(minute, 200) for minute in (3, 4, 5)))
    words = ("web_log", "--follow", "access.log", "--out-of-order", "0s", "--until", "40023 rows", "--top", "30",
             "--quiet")
    little = ("--state-memory", "4MiB")
    code, _, talk = run(*words, *little)
    expect(f"does not fit into so little memory: {code} {talk}", code == 1 and "keep them on disk with --state" in talk)
    found = []
    for where, how in (("memory", ()), ("disk", ("--state", "rocksdb", *little))):
        code, _, talk = run(*words, *how, "--out", where)
        expect(f"counts each minute by {how}: {code} {talk}", code == 0)
        found.append([sorted(map(str, rows(f"{where}/addresses.csv"))), rows(f"{where}/busiest.csv")])
    expect(f"has both minutes: {[len(part) for part in found[0]]}",
           len(found[0][0]) >= 40_000 and len(found[0][1]) >= 60 and found[0][1][30]["requests"] == "2")
    expect("finds the same on disk", found[0] == found[1])


def check_silence():
    """A log that falls silent shows its last minute; what comes for it later is told of. Files are live."""
    process = start("web_log", "--follow", "access.log", "--silence", "200ms", "--out", "new/report", "--json")
    deadline = threading.Timer(SECONDS, process.kill)
    deadline.start()

    def read_minute(minute):
        """A row of each table, which come in any order."""
        tables = {"status", "kind", "address"}
        while tables and (line := process.stdout.readline()):
            row = json.loads(line)
            tables -= row.keys()
            expect(f"shows minute {minute}: {row}", f"T10:{minute}:00Z" in line)
        expect(f"shows all of minute {minute}, not without {tables}", not tables)

    append("access.log", at(1, 404))
    read_minute("01")
    expect(f"writes to its folder at once: {os.listdir('new/report')}",
           sorted(os.listdir("new/report")) == [name + ".part" for name in FILES])
    append("access.log", at(1, 404), at(2, 500))
    read_minute("02")
    deadline.cancel()
    code, out, talk = interrupt(process)
    expect(f"ends well by Ctrl-C: {code} {talk}", code == 130 and "nothing is written" not in talk)
    if code != 130:
        return
    summary = json.loads(out.splitlines()[-1])
    late = {each["name"]: each.get("late_rows") for each in summary["operators"]}
    expect(f"tells of it: {talk}", "web_log: by_address: 1 row came too late and was dropped" in talk)
    expect(f"counts the line of a minute that was shown: {late}", late.get("by_address") == 1)
    statuses, addresses, errors = counted("new/report")
    expect(f"leaves the minutes that were shown: {statuses} {addresses} {errors}",
           (statuses, addresses) == ({404: 1, 500: 1}, {"10.0.0.1": (1, 100)})
           and sorted(errors) == [("2015-05-17T10:01:00Z", "client"), ("2015-05-17T10:02:00Z", "server")])


def check_unfinished():
    """Files that are not whole are none: those of the run before stay as they were."""
    words = ("web_log", "--out", "report", "--input")
    code, _, talk = run(*words, SAMPLE, "--until", "100 rows")
    expect(f"says that it was stopped: {code} {talk}", code == 1 and "is written to the folder 'report'" in talk)
    expect(f"writes nothing: {os.listdir('report')}", os.listdir("report") == [])
    expect("counts", run(*words, SAMPLE, "--quiet")[0] == 0)
    os.mkfifo("endless.log")
    process = start(*words, "endless.log")
    with open("endless.log", "w", encoding="utf-8") as pipe:
        pipe.write("".join(LINES) * 100)  # more than waits anywhere: once it is gone, rows have passed
        process.send_signal(2)
        heard = process.stderr.readline()
        expect(f"says that it stops: {heard}", "stopping" in heard)
    _, talk = process.communicate(timeout=SECONDS)
    expect(f"ends by Ctrl-C: {process.returncode} {talk}", process.returncode == 130 and "nothing is written" in talk)
    expect("Ctrl-C leaves the files", counted("report") == count(LINES) and sorted(os.listdir("report")) == FILES)


def check_refusals():
    with open("file", "w", encoding="utf-8"):
        pass
    for words, want, sentence in ((("--input", "missing-*.log"), 3, "no file matches 'missing-*.log'"),
                                  (("--follow", "nowhere/a.log"), 3, "cannot watch 'nowhere'"),
                                  (("--input", SAMPLE, "--out", "file/report"), 3, "cannot write into the folder"),
                                  (("--input", SAMPLE, "--follow", "a.log"), 2, "say one of them"),
                                  (("--top", "-1"), 2, "--top: '-1' is not a whole number from 0"),
                                  (("--follow", "a.log", "--silence", "-1s"), 2, "--silence is less than 0s"),
                                  (("--follow", "a.log", "--out-of-order", "-1s"), 2, "--out-of-order is less than")):
        code, _, talk = run("web_log", *words)
        expect(f"refuses {words}: {code} {talk}", code == want and sentence in talk)
    expect(f"writes nothing: {os.listdir('.')}", os.listdir(".") == ["file"])


for check in (check_sample, check_ties, check_order_of_files, check_wrong_year, check_bad_lines, check_follow,
              check_state, check_silence, check_unfinished, check_refusals):
    with tempfile.TemporaryDirectory() as scratch:
        os.chdir(scratch)
        check()
        os.chdir(SOURCE)
finish()
