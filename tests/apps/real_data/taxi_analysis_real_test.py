# SPDX-License-Identifier: Apache-2.0
"""taxi_analysis on 180,000 real trips: the known counts, and all results against another computation."""
import glob
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from programs import SOURCE, expect, finish, run  # noqa: E402
from taxi_trips import analysis, is_close, problems_of_charts, written  # noqa: E402

TRIPS = os.path.join(os.environ.get("WEIR_DATA", os.path.join(SOURCE, "..", "shared", "data")), "taxi")
ZONES = os.path.join(SOURCE, "apps", "taxi_analysis", "data", "taxi_zone_lookup.csv")


def check(pattern, trips, plausible):
    with tempfile.TemporaryDirectory() as scratch:
        code, _, talk = run("taxi_analysis", "--trips", os.path.join(TRIPS, pattern), "--zones", ZONES, "--out",
                            scratch, cwd=scratch)
        expect(f"reads {trips:,} trips: {code} {talk}", code == 0 and f"trips: {trips:,} rows" in talk)
        found = written(scratch)
        for problem in problems_of_charts(os.path.join(scratch, "charts.html"), found):
            expect(f"draws what was counted: {problem}", False)
    rules = dict(found["cleaning"])
    # Those that taxi_fares learns from: the first three rules of eight.
    first = rules["total"] + rules["distance"] + rules["passengers"]
    expect(f"finds {plausible:,} plausible: {rules}", sum(rules.values()) - first == plausible)
    for name, table in analysis(glob.glob(os.path.join(TRIPS, pattern)), ZONES).items():
        expect(f"{name} of {pattern} is as another program finds it", is_close(found[name], table))


check("yellow_2019_2020/*.csv", 180000, 159901)
check("yellow_tripdata_2021-01_head.csv", 22792, 20623)
finish()
