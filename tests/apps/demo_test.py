# SPDX-License-Identifier: Apache-2.0
"""The demo: every line of its report is there and makes sense, and the commands it ends with work."""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

from programs import BIN, SECONDS, SOURCE, expect, finish

NUMBER = r"([\d,.]+)"
LINES = {
    "learnt from": rf"{NUMBER} trips, {NUMBER} held out",
    "held-out error": rf"RMSE {NUMBER} \$, MAE {NUMBER} \$   \(always the mean: {NUMBER} \$, {NUMBER} \$\)",
    "live trips": rf"{NUMBER} of {NUMBER} answered; the others are not plausible",
    "error on them": rf"RMSE {NUMBER} \$, MAE {NUMBER} \$",
    "latency": rf"p50 {NUMBER} ms, p99 {NUMBER} ms from trip to answer, both in Kafka",
    "rejected rows": NUMBER,
    "took": rf"{NUMBER} s, {NUMBER} rows/s \(live ones are replayed at {NUMBER} a second\)",
}

begun = time.monotonic()
demo = subprocess.run([sys.executable, os.path.join(SOURCE, "apps", "taxi_fares", "demo"), BIN], stdout=subprocess.PIPE,
                      stderr=subprocess.PIPE, text=True, check=False, timeout=SECONDS)
expect(f"ends well: {demo.returncode} {demo.stderr}", demo.returncode == 0)
expect("ends in a minute", time.monotonic() - begun < 60)

found = {}
for name, pattern in LINES.items():
    line = re.search(rf"^{name} +{pattern}$", demo.stdout, re.MULTILINE)
    expect(f"has a line '{name}': {demo.stdout}", line)
    found[name] = [float(number.replace(",", "")) for number in line.groups()] if line else [0] * 4
trained, held_out = found["learnt from"]
rmse, mae, mean_rmse, mean_mae = found["held-out error"]
expect("learns from all plausible trips", trained + held_out == 31984 and 0.15 < held_out / trained < 0.35)
expect("beats the mean", 0 < rmse < mean_rmse / 2 and 0 < mae < mean_mae / 2)
expect("answers all plausible trips", found["live trips"] == [4438, 5000])
expect("answers live trips about as well", 0 < found["error on them"][0] < mean_rmse / 2)
expect("has an order of latencies", 0 <= found["latency"][0] <= found["latency"][1])
expect("rejects nothing", found["rejected rows"] == [0])
expect("takes some time", found["took"][0] > 5000 / 2000 and found["took"][2] == 2000)

commands = [line.strip() for line in demo.stdout.partition("Try next:\n")[2].splitlines()]
expect(f"has three commands to try: {commands}", len(commands) == 3)
scratch = tempfile.mkdtemp()
for command in commands:
    done = subprocess.run(command.replace("/tmp/", scratch + "/"), shell=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False, timeout=SECONDS, cwd=scratch)
    expect(f"{command} works: {done.returncode} {done.stderr}", done.returncode == 0)
shutil.rmtree(scratch)
finish()
