# SPDX-License-Identifier: Apache-2.0
"""How programs behave towards a Kafka broker, whichever it is: exit codes, and what they say."""
import glob
import os
import socket
import subprocess
import tempfile
import time

BIN = os.environ["WEIR_BIN_DIR"]
TRIPS = os.path.join(os.environ["WEIR_SOURCE_DIR"], "apps", "taxi_fares", "data")
HISTORY = sorted(glob.glob(os.path.join(TRIPS, "*_history_*.csv")))[0]
with open(HISTORY, encoding="utf-8") as file:
    COLUMNS = file.readline().strip()


def answer_live(topic, scratch, **options):
    """Starts taxi_fares on a live topic."""
    options = {"format": "csv", "csv.columns": COLUMNS, **options}
    words = [word for name, value in options.items() for word in ("--set", f"kafka.{name}={value}")]
    return subprocess.Popen(
        [os.path.join(BIN, "taxi_fares"), "--history", HISTORY, "--live", topic, "--answers", "csv:answers.csv",
         "--json", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=scratch)


def end_of(process, seconds):
    """Exit code, what it printed and said; -9 for one that does not end in time."""
    try:
        out, talk = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        out, talk = process.communicate()
    return process.returncode, out, talk


def check(address, kill):
    """What programs do wrong towards the broker at `address`, which `kill` ends; it is gone afterwards."""
    problems = []

    def expect(what, condition, seen):
        if not condition:
            problems.append(f"{what}: {seen}")

    with tempfile.TemporaryDirectory() as scratch, socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # not listening: nobody answers, and nobody else gets the port
        away = f"127.0.0.1:{nobody.getsockname()[1]}"
        begin = time.monotonic()
        code, _, talk = end_of(answer_live(f"kafka://{away}/trips", scratch, connect_timeout="1s"), 30)
        expect("exits with 4 in time, and names a broker that is not there",
               code == 4 and away in talk and time.monotonic() - begin < 15, (code, talk))

        code, _, talk = end_of(answer_live(f"kafka://{address}/not-there", scratch), 30)
        expect("exits with 3 and names a topic that is not there", code == 3 and "no topic 'not-there'" in talk,
               (code, talk))
        code, _, talk = end_of(answer_live(f"kafka://{address}/not-there", scratch), 30)
        expect("does not create a topic by asking for it", code == 3, (code, talk))

        replay = [os.path.join(BIN, "weir"), "replay", HISTORY, f"kafka://{address}/trips", "--rate", "100000"]
        expect("sends trips to a topic it creates", subprocess.run(replay, check=False, timeout=60).returncode == 0, "")
        live = answer_live(f"kafka://{address}/trips", scratch, away_timeout="1s")
        live.stdout.readline()  # the model's report: live trips are being answered
        kill()
        code, out, talk = end_of(live, 60)
        expect("fails with 4 and says why when its broker dies",
               code == 4 and f"'{address}' could not be reached" in talk and '"state":"failed"' in out.replace(" ", ""),
               (code, out, talk))
    return problems
