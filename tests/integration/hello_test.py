# SPDX-License-Identifier: Apache-2.0
"""How every program behaves, shown by the smallest one: data on stdout, talk on stderr, exit codes, JSON."""
import json
import os
import subprocess
import sys
import tempfile

HELLO = os.path.join(os.environ["WEIR_BIN_DIR"], "hello")


def run(*words, **variables):
    done = subprocess.run([HELLO, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False,
                          env={**os.environ, **variables}, timeout=60)
    return done.returncode, done.stdout.splitlines(), done.stderr


problems = []


def expect(what, condition):
    if not condition:
        problems.append(what)


def greeted(lines):
    return [json.loads(line)["value"] for line in lines]


code, out, talk = run()
expect("greets those of the default", code == 0 and greeted(out) == ["hello, Ada", "hello, Grace"])
expect("tells how it went on stderr", "hello: finished after" in talk and "memory(2 rows): 2 rows" in talk)
expect("shows no progress where there is no terminal", "\r" not in talk)

code, out, talk = run("--names", "you", "me", "--json")
summary = json.loads(out[-1])
expect("takes names, and summarises on the last line",
       code == 0 and greeted(out[:-1]) == ["hello, you", "hello, me"] and talk == "")
expect("has every member of the summary", list(summary) == [
    "job", "state", "seconds", "peak_rss_bytes", "sources", "operators", "sinks", "models"])
for kind, members in [("sources", ["name", "rows", "rejected"]),
                      ("operators", ["name", "rows_in", "rows_out", "rejected"]), ("sinks", ["name", "rows"])]:
    expect(f"has every member of its {kind}", [list(each) for each in summary[kind]] == [members])
expect("names no model where there is none", summary["models"] == [])
expect("counts rows", [summary["sources"][0]["rows"], summary["operators"][0]["rows_out"],
                       summary["sinks"][0]["rows"]] == [2, 2, 2])
expect("is small", 0 < summary["peak_rss_bytes"] < 100e6)

with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
    file.write('names = ["from", "file"]\n')
    file.flush()
    expect("reads its config file", greeted(run("--config", file.name)[1]) == ["hello, from", "hello, file"])
    code, out, _ = run("--config", file.name, WEIR_NAMES="env")
    expect("puts the environment over the file", greeted(out) == ["hello, env"])
    for words, variables, names, where in [
            (["--config", file.name, "--names", "flag"], {"WEIR_NAMES": "env"}, "flag", "--names"),
            (["--config", file.name, "--set", "names=set"], {"WEIR_NAMES": "env"}, "set", "--set"),
            (["--config", file.name], {"WEIR_NAMES": "env"}, "env", "WEIR_NAMES"),
            (["--config", file.name], {}, "from file", file.name + ":1"),
            ([], {}, "Ada Grace", "default")]:
        code, out, _ = run(*words, "--show-config", **variables)
        shown = next(line.split() for line in out if line.split()[0] == "names")
        expect(f"says that {names} came from {where}: {shown}", code == 0 and shown == ["names", *names.split(), where])

for words, expected, sentence in [
        (["--naems", "x"], 2, "did you mean '--names'?"),
        (["stray"], 2, "unexpected 'stray'"),
        (["--set", "console.fromat=json"], 3, "did you mean 'console.format'?"),
        (["--set", "console.format=xml"], 3, "automatic|table|json"),
        (["--config", "/nowhere.toml"], 3, "/nowhere.toml")]:
    code, out, talk = run(*words)
    expect(f"refuses {words} by {expected} and says what to do: {talk}",
           code == expected and sentence in talk and out == [])

with open("/dev/full", "w", encoding="utf-8") as full:
    done = subprocess.run([HELLO], stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=60)
    helped = subprocess.run([HELLO, "--help"], stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=60)
expect(f"fails by 1 where it can't write: {done.stderr}",
       done.returncode == 1 and "cannot write to the console" in done.stderr)
expect(f"fails by 1 where it can't write its help: {helped.stderr}",
       helped.returncode == 1 and "cannot write to the standard output" in helped.stderr)

code, out, _ = run("--until", "1", "rows", "--json")
expect("stops after as many rows as it is told", code == 0 and json.loads(out[-1])["sources"][0]["rows"] == 1)

code, out, _ = run("--explain")
expect("explains", code == 0 and any("└─ map" in line for line in out))
expect("helps", run("--help")[0] == 0 and run("--version")[1][0].startswith("hello (Weir "))

for problem in problems:
    print("hello does not:", problem)
sys.exit(1 if problems else 0)
