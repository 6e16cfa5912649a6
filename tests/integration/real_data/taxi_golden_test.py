# SPDX-License-Identifier: Apache-2.0
"""taxi_fares on real trips: the counts, and the held-out errors of eight seeds against numpy."""
import json
import os
import subprocess
import sys
import tempfile

SOURCE = os.environ["WEIR_SOURCE_DIR"]
TRIPS = os.path.join(os.environ.get("WEIR_DATA", os.path.join(SOURCE, "..", "shared", "data")), "taxi")
PROGRAM = os.path.join(os.environ["WEIR_BIN_DIR"], "taxi_fares")
CHECK = os.path.join(SOURCE, "tests", "models", "ridge_check.py")
problems = []


def check(history, seed, read, kept):
    with tempfile.TemporaryDirectory() as scratch:
        split = os.path.join(scratch, "split.csv")
        done = subprocess.run(
            [PROGRAM, "--history", os.path.join(TRIPS, history), "--live", "none", "--json", "--set", f"seed={seed}",
             "--export-split", split], stdout=subprocess.PIPE, text=True, check=True, timeout=120, cwd=scratch)
        job = json.loads(done.stdout.splitlines()[-1])
        counts = [job["sources"][0]["rows"], job["sources"][0]["rejected"]]
        plausible = next(each["rows_out"] for each in job["operators"] if each["name"] == "plausible")
        with open(split, encoding="utf-8") as file:
            next(file)
            exported = [tuple(line.split(",")[:2]) for line in file]
        if counts + [plausible] != [read, 0, kept]:
            problems.append(f"{history}, seed {seed}: {counts + [plausible]} rows read, rejected, kept")
        if len(exported) != kept or len(set(exported)) != kept:
            problems.append(f"{history}, seed {seed}: {len(exported)} rows exported, "
                            f"{len(set(exported))} of them distinct")
        holdout = job["models"][0]["holdout"]
        figures = [repr(holdout[name]) for name in ("rmse", "mae", "r2")]
        numpy = subprocess.run([sys.executable, CHECK, split, "1", *figures],
                               check=False, timeout=120)
        if numpy.returncode != 0:
            problems.append(f"{history}, seed {seed}: numpy finds something else")


for number in range(1, 9):
    check("yellow_2019_2020/*.csv", number, 180000, 159901)
    check("yellow_tripdata_2021-01_head.csv", number, 22792, 20623)
sys.exit("\n".join(problems) if problems else 0)
