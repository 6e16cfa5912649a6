# SPDX-License-Identifier: Apache-2.0
"""taxi_fares with the published fare model, written as a model file: it answers what was published."""
import csv
import os
import tempfile

from programs import LIVE, TRIPS, expect, finish, run

PUBLISHED = {0.2: 8.79217707, 14.7: 42.96035951}  # miles of a trip in the first hour of a day: dollars

with tempfile.TemporaryDirectory() as scratch:
    answers = os.path.join(scratch, "answers.csv")
    code, _, talk = run("taxi_fares", "--load-model", os.path.join(TRIPS, "published_fare.model.json"), "--live", LIVE,
                        "--answers", "csv:" + answers, "--history", os.path.join(scratch, "none.csv"), cwd=scratch)
    expect(f"answers live trips without history: {code} {talk}", code == 0)
    with open(answers, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
expect(f"answers all plausible trips, not {len(rows)}", len(rows) > 4000)
met = set()
for row in rows:
    hour, distance, fare = int(row["pickup"][11:13]), float(row["distance"]), float(row["fare"])
    expected = 8.320891797321288 + 0.0398721095777293 * hour + 2.356426374729163 * distance
    expect(f"{row}: expected {expected}", abs(fare - expected) <= 1e-9)
    if hour == 0 and distance in PUBLISHED:
        met.add(distance)
        expect(f"{row}: published is {PUBLISHED[distance]}", abs(fare - PUBLISHED[distance]) <= 5e-9)
expect(f"meets the published pairs among real trips, not only {met}", met == set(PUBLISHED))
finish()
