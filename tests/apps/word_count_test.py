# SPDX-License-Identifier: Apache-2.0
"""word_count on a cut of real reviews, as columns, JSON, text, over TCP and Kafka: counts, windows, refusals."""
import datetime
import json
import os
import socket
import subprocess
import tempfile

from programs import SOURCE, Broker, expect, finish, interrupt, run, start
from words import count, jsonl, shown, top, tsv, written

SAMPLE = os.path.join(SOURCE, "apps", "word_count", "data", "reviews_sample.tsv")
HEADER, *ROWS = tsv(SAMPLE)
POSTS = [(row[HEADER.index("date")], row[HEADER.index("review")]) for row in ROWS]
FAVOURITES = [("", "영화", 39), ("", "정말", 34), ("", "너무", 26)]
YEAR = 365 * 24 * 3600


def check(name, words, posts, seconds=None, most=5):
    """All counts in the file, the most frequent ones on stdout."""
    code, out, talk = run("word_count", *words, "--output", "csv:counts.csv", "--top", str(most), "--quiet")
    expect(f"{name}: ends well: {code} {talk}", code == 0)
    expected = count(posts, seconds)
    counts, rows = written("counts.csv")
    expect(f"{name}: writes each word once", rows == len(expected))
    expect(f"{name}: counts as another counter does", counts == expected)
    expect(f"{name}: shows the most frequent words: {shown(out)[:6]}", shown(out) == top(expected, most))


def check_forms():
    check("columns", ("--input", SAMPLE, "--field", "review"), POSTS)
    with open("escaped.jsonl", "w", encoding="utf-8") as file:
        for time, text in POSTS:
            file.write(json.dumps({"text": text, "created_at": f"{time}T12:00:00.000", "more": {"text": 1}}) + "\n")
    with open("plain.jsonl", "w", encoding="utf-8") as file:
        for time, text in POSTS:
            file.write(json.dumps({"time": 7, "said": text}, ensure_ascii=False) + "\n")
    check("JSON", ("--input", "escaped.jsonl", "--field", "text"), POSTS)
    check("JSON of other names", ("--input", "plain.jsonl", "--field", "said"), POSTS)
    for name, part in (("a.txt", POSTS[:300]), ("b.txt", POSTS[300:])):
        with open(name, "w", encoding="utf-8", newline="") as file:
            file.write("\r\n".join(text for _, text in part))
    check("text", ("--input", "*.txt"), POSTS)
    check("windows of columns", ("--input", SAMPLE, "--field", "review", "--time", "date", "--window", "365d"),
          POSTS, YEAR, 3)
    check("windows of JSON", ("--input", "escaped.jsonl", "--field", "text", "--time", "created_at",
                              "--window", "1d"), POSTS, 24 * 3600, 2)
    with open("escaped.jsonl", encoding="utf-8") as file, open("backwards.jsonl", "w", encoding="utf-8") as reverse:
        reverse.writelines(reversed(file.readlines()))
    check("windows of lines in any order", ("--input", "backwards.jsonl", "--field", "text", "--time", "created_at",
                                            "--window", "1d"), POSTS, 24 * 3600, 2)


def check_golden():
    code, out, talk = run("word_count", "--input", SAMPLE, "--field", "review", "--top", "3", "--json")
    expect(f"counts the sample: {code} {talk}", code == 0)
    expect(f"knows the favourites: {shown(out)}", shown(out) == FAVOURITES)
    summary = json.loads(out.splitlines()[-1])
    expect(f"summarises: {summary}", summary["sources"][0]["rows"] == len(ROWS) == 612)
    code, out, _ = run("word_count", "--input", SAMPLE, "--field", "review", "--top", "0", "--quiet")
    expect("shows all words for --top 0", code == 0 and len(shown(out)) == len(count(POSTS)))


def check_spaces():
    """Unicode's white space parts words; what only looks like it, or is no UTF-8, does not."""
    with open("spaces.txt", "wb") as file:
        file.write("  to\tbe\u00a0or \u3000not\u2003to\u200bbe\n\n".encode() + b"to\xff \xe2\x80\n")
    code, out, talk = run("word_count", "--input", "spaces.txt", "--top", "100", "--quiet")
    words = [word for _, word, _ in shown(out)]
    expect(f"parts words at white space: {code} {talk} {words}",
           code == 0 and words[:4] == ["be", "not", "or", "to"] and words[4].startswith("to") and len(words) == 7)


def check_state():
    """On disk what is more than memory counts the same; words that are not in windows have to fit into memory."""
    with open("many.jsonl", "w", encoding="utf-8") as file:
        for number in range(60_000):
            text = f"w{number * 7919 % 30_011} x{number % 20_000} often"
            file.write(json.dumps({"text": text, "at": f"2021-01-0{1 + number % 2}T00:00:00"}) + "\n")
    posts = [(row["at"], row["text"]) for row in jsonl("many.jsonl")]
    by_day = ("--input", "many.jsonl", "--field", "text", "--time", "at", "--window", "1d")
    little = ("--state-memory", "2MiB")
    code, _, talk = run("word_count", *by_day, *little, "--quiet")
    expect(f"does not fit into so little memory: {code} {talk}", code == 1 and "keep them on disk with --state" in talk)
    for how in ((), ("--state", "rocksdb", *little), ("--state", "rocksdb", "--state-memory", "64MiB")):
        check(f"windows by {how}", (*by_day, *how), posts, 24 * 3600, 7)
    check("all there is", ("--input", SAMPLE, "--field", "review", "--state", "rocksdb", "--state-memory", "64MiB"),
          POSTS)
    code, _, talk = run("word_count", *by_day[:4], "--state", "rocksdb", *little, "--quiet")
    expect(f"says that all there is stays in memory: {code} {talk}",
           code == 1 and "windows of this kind stay in memory" in talk)


def check_bad_lines():
    with open("mixed.jsonl", "w", encoding="utf-8") as file:
        file.write('{"text": "a b"}\n{"text": 7}\n\n[]\n{"text": "b"}\n{"other": "b"}\n')
    code, out, talk = run("word_count", "--input", "mixed.jsonl", "--field", "text", "--quiet",
                          "--max-reject-ratio", "0.9")
    expect(f"goes on behind bad lines: {code} {talk} {out}",
           code == 0 and shown(out) == [("", "b", 2), ("", "a", 1)])
    with open("word_count.rejects.jsonl", encoding="utf-8") as file:
        rejects = [json.loads(line) for line in file]
    expect(f"keeps bad lines and where they stood: {rejects}",
           [row["where"] for row in rejects] == [f"mixed.jsonl:{line}" for line in (2, 3, 4, 6)])
    with open("short.tsv", "w", encoding="utf-8") as file:
        file.write("date\treview\n2021-02-30\ta\nb\n2021-02-03\tc\n")
    code, out, talk = run("word_count", "--input", "short.tsv", "--field", "review", "--time", "date",
                          "--window", "1d", "--quiet", "--max-reject-ratio", "0.9")
    expect(f"refuses columns that do not fit: {code} {talk} {out}",
           code == 0 and shown(out) == [("2021-02-03T00:00:00Z", "c", 1)])
    with open("word_count.rejects.jsonl", encoding="utf-8") as file:
        reasons = " ".join(json.loads(line)["reason"] for line in file)
    expect(f"says what is wrong: {reasons}", "is no time like" in reasons and "it has 1 columns" in reasons)


def check_refusals():
    for words, code, sentence in (
            (("--input", "missing-*.txt"), 3, "missing-*.txt"),
            (("--input", SAMPLE, "--field", "review", "--window", "ten"), 2, "--window 'ten' is no stretch of time"),
            (("--input", SAMPLE, "--field", "review", "--window", "0s"), 2, "is no stretch of time"),
            (("--input", SAMPLE, "--field", "review", "--window", "10s"), 2, "--window needs --time"),
            (("--input", SAMPLE, "--time", "date"), 2, "--field does not say"),
            (("--input", SAMPLE, "--output", "counts.csv"), 2, "is no place for counts"),
            (("--input", SAMPLE, "--output", "csv:nowhere/counts.csv"), 3, "cannot create 'nowhere/counts.csv"),
            (("--input", SAMPLE, "--output", f"csv:{SAMPLE}/counts.csv"), 3, "Not a directory; name a file in"),
            (("--input", SAMPLE, "--out-of-order", "-1s"), 2, "--out-of-order is less than 0s"),
            (("--input", SAMPLE, "--state-memory", "16KiB"), 1, "the windows of 'count' do not fit into memory"),
            (("--input", SAMPLE, "--state", "disk"), 2, "this program keeps state in memory, rocksdb"),
            (("--input", "tcp://:9000", "tcp://:9001"), 2, "--input takes files, or one tcp://"),
            (("--input", "tcp://nowhere"), 3, "nowhere"),
            (("--input", "kafka://127.0.0.1:1/x", "--set", "lines.connect_timeout=1s"), 4, "127.0.0.1:1")):
        found, out, talk = run("word_count", *words, "--quiet", "--json")
        expect(f"refuses {words}: {found} {talk}", found == code and sentence in talk)
        summary = json.loads(out.splitlines()[-1])
        expect(f"says why in its summary, too: {summary} {talk}", summary["state"] == "failed"
               and talk.endswith("word_count: " + summary["error"] + "\n"))
    code, _, talk = run("word_count", "--input", SAMPLE, "--field", "revew", "--quiet")
    with open("word_count.rejects.jsonl", encoding="utf-8") as file:
        reason = json.loads(file.readline())["reason"]
    expect(f"names the columns there are: {code} {reason}",
           code == 1 and "no column 'revew'" in reason and "movie_id rating review" in reason)


def listening_port(process):
    """Of the line that says where it listens."""
    for line in process.stderr:
        if line.startswith("listening on port "):
            return int(line.split()[-1])
    return 0


def send(port, text):
    with socket.create_connection(("127.0.0.1", port), timeout=60) as to:
        to.sendall(text)


def check_tcp():
    """A window leaves as soon as a later line has come; one that is not over when Ctrl-C comes does not."""
    lines = [json.dumps({"said": text, "at": f"2021-01-01 00:00:{second:02}"}).encode() + b"\n"
             for second, text in ((1, "to be"), (2, "or not to be"), (20, "영화"), (40, "end"))]
    process = start("word_count", "--input", "tcp://127.0.0.1:0", "--field", "said", "--time", "at",
                    "--window", "10s", "--out-of-order", "5s", "--top", "2")
    port = listening_port(process)
    send(port, b"".join(lines[:3]))
    first = [json.loads(process.stdout.readline()) for _ in range(2)]
    expect(f"shows a window that is over: {first}",
           [(row["word"], row["count"]) for row in first] == [("be", 2), ("to", 2)])
    send(port, b"".join(lines[3:]))
    second = json.loads(process.stdout.readline())
    expect(f"takes another connection: {second}", (second["window"], second["word"]) == ("2021-01-01T00:00:20Z", "영화"))
    code, out, talk = interrupt(process)
    expect(f"ends by Ctrl-C: {code} {talk} {out}", code == 130 and out == "" and "error" not in talk)
    expect(f"tells of the window that was open: {talk}",
           "word_count: count: windows from 2021-01-01T00:00:40Z to 2021-01-01T00:00:50Z were not over: what they came "
           "to so far, 1 entry, is left out\n" in talk)


def check_tcp_text():
    """Without windows one connection is all there is, unless it is told otherwise."""
    process = start("word_count", "--input", "tcp://127.0.0.1:0", "--quiet")
    send(listening_port(process), b"to be\nto")
    out, talk = process.communicate(timeout=60)
    expect(f"ends with a connection: {process.returncode} {talk} {out}",
           process.returncode == 0 and shown(out) == [("", "to", 2), ("", "be", 1)])
    process = start("word_count", "--input", "tcp://127.0.0.1:0", "--quiet", "--set", "lines.connections=2")
    port = listening_port(process)
    send(port, "to be 영화\r\n".encode())
    send(port, b"to")
    out, talk = process.communicate(timeout=60)
    expect(f"counts plain text of all connections: {process.returncode} {talk} {out}",
           process.returncode == 0 and shown(out) == [("", "to", 2), ("", "be", 1), ("", "영화", 1)])


def deal(broker, topic, lines):
    """A message each, by turns to its two partitions."""
    for part in (0, 1):
        subprocess.run(["kcat", "-q", "-P", "-b", broker.address, "-t", topic, "-p", str(part)], check=True, timeout=60,
                       input="\n".join(lines[part::2]) + "\n", text=True)


def check_partitions():
    """In a topic that goes on no line is late because another partition was read before."""
    first = datetime.datetime(2021, 1, 1)
    posts = [((first + datetime.timedelta(seconds=second)).isoformat(), f"w{second % 7} x{second * 7919 % 3001}")
             for second in range(40_000)]
    over = count(posts, 10)
    end = [("2021-02-01T00:00:00", "end")] * 2
    with Broker("posts:2") as broker:
        deal(broker, "posts", [json.dumps({"said": text, "at": time}) for time, text in posts + end])
        process = start("word_count", "--input", broker.topic("posts"), "--field", "said", "--time", "at",
                        "--window", "10s", "--output", "csv:counts.csv", "--top", "1", "--json")
        last = max(window for window, _ in over)
        while (line := process.stdout.readline()) and json.loads(line)["window"] != last:
            pass
        code, out, talk = interrupt(process)
        expect(f"ends by Ctrl-C: {code} {talk}", code == 130)
        late = {each["name"]: each.get("late_rows", 0) for each in json.loads(out.splitlines()[-1])["operators"]}
        expect(f"no line is late: {late}", set(late.values()) == {0})
        expect("counts windows of two partitions as another counter does", written("counts.csv")[0] == over)


def check_kafka():
    with Broker("posts:2", "plain", "counts") as broker:
        deal(broker, "posts", [json.dumps({"said": text, "at": time}) for time, text in POSTS] + ["{}"])
        subprocess.run(["kcat", "-q", "-P", "-b", broker.address, "-t", "plain"], check=True, timeout=60,
                       input="".join(text + "\n" for _, text in POSTS if text), text=True)
        ends = ("--set", "lines.end=now", "--quiet")
        code, out, talk = run("word_count", "--input", broker.topic("posts"), "--field", "said", "--output",
                              broker.topic("counts"), "--top", "3", "--quiet")
        expect(f"reads messages: {code} {talk} {out}", code == 0 and shown(out) == FAVOURITES)
        counts = [json.loads(line) for line in broker.read("counts")]
        expect("writes the count of every word to a topic",
               {(row["window"] or "", row["word"]): row["count"] for row in counts} == count(POSTS))
        expect("names messages by their words", set(broker.read("counts", "%k\n")) == {row["word"] for row in counts})
        with open("word_count.rejects.jsonl", encoding="utf-8") as file:
            rejects = [json.loads(line) for line in file]
        expect(f"keeps bad messages: {rejects}", [row["raw"] for row in rejects] == ["{}"])
        code, out, talk = run("word_count", "--input", broker.topic("posts"), "--field", "said", "--time", "at",
                              "--window", "365d", "--out-of-order", "36500d", "--output", "csv:counts.csv", *ends)
        expect(f"reads messages by time: {code} {talk}", code == 0 and written("counts.csv")[0] == count(POSTS, YEAR))
        process = start("word_count", "--input", broker.topic("posts"), "--field", "said", "--time", "at",
                        "--window", "1d", "--quiet")
        expect("counts what comes, window by window", "word" in json.loads(process.stdout.readline()))
        code, _, talk = interrupt(process)
        expect(f"ends by Ctrl-C: {code} {talk}", code == 130 and "error" not in talk)
        code, out, talk = run("word_count", "--input", broker.topic("plain"), "--top", "3", "--quiet")
        expect(f"reads messages of plain text: {code} {talk} {out}", code == 0 and shown(out) == FAVOURITES)


for each in (check_forms, check_golden, check_spaces, check_state, check_bad_lines, check_refusals, check_tcp,
             check_tcp_text, check_kafka, check_partitions):
    with tempfile.TemporaryDirectory() as scratch:
        os.chdir(scratch)
        each()
        os.chdir(SOURCE)
finish()
