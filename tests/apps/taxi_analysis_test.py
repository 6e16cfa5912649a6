# SPDX-License-Identifier: Apache-2.0
"""taxi_analysis on a sample of real trips against another computation; its rules, files, and what it refuses."""
import glob
import json
import os
import tempfile

from programs import SECONDS, SOURCE, TRIPS, expect, finish, run, start
from taxi_trips import RULES, analysis, is_close, problems_of_charts, written

ZONES = os.path.join(SOURCE, "apps", "taxi_analysis", "data", "taxi_zone_lookup.csv")
SAMPLE = os.path.join(TRIPS, "yellow_tripdata_history_*.csv")
FILES = ["charts.html", "cleaning.csv", "payment_types.csv", "per_day.csv", "weekday_median.csv", "zones.csv"]


def analyse(*words):
    return run("taxi_analysis", "--zones", ZONES, "--out", "report", *words)


def content(folder):
    found = {}
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            found[name] = file.read()
    return found


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def check_sample():
    code, out, talk = analyse("--trips", SAMPLE, "--json", "--top", "3")
    expect(f"analyses the sample: {code} {talk}", code == 0)
    expect(f"writes these files: {os.listdir('report')}", sorted(os.listdir("report")) == FILES)
    found, expected = written("report"), analysis(glob.glob(SAMPLE), ZONES)
    for name, table in expected.items():
        expect(f"{name} is as another program finds it, not {found[name][:9]}", is_close(found[name], table))
    expect(f"keeps 31,983 of 36,000 trips: {found['cleaning']}", found["cleaning"][0] == ("kept", 31983))
    for problem in problems_of_charts("report/charts.html", found):
        expect(f"draws what was counted: {problem}", False)

    shown = [json.loads(line) for line in out.splitlines()]
    expect(f"summarises: {shown[-1]}", shown[-1]["sources"][0]["rows"] == 36000)
    shown = shown[:-1]
    zones = [(row["zone"], row["borough"], row["name"], row["pickups"], row["dropoffs"]) for row in shown
             if "borough" in row]
    expect(f"shows the three busiest zones: {zones}", zones == found["zones"][:3])
    expect("shows rules, weekdays and payments",
           [tuple(row.values())[:2] for row in shown if "rule" in row] == found["cleaning"]
           and [tuple(row.values()) for row in shown if "weekday" in row] == found["weekday_median"]
           and [tuple(row.values()) for row in shown if "payment_type" in row] == found["payment_types"])


def check_ties():
    """The file of zones is the same, in the same order, however many instances count them."""
    files = []
    for instances in ("1", "3"):
        code, _, talk = analyse("--trips", SAMPLE, "--quiet", "--set", f"stops.parallel={instances}")
        expect(f"counts by {instances} instances: {code} {talk}", code == 0)
        files.append(written("report")["zones"])
    busy = [pickups + dropoffs for *_, pickups, dropoffs in files[0]]
    expect("the sample has ties", len(set(busy)) < len(busy))
    expect("three instances rank zones as one does", files[0] == files[1])


def check_formats():
    """The same trips in HDF5 say the same; a report that was there is replaced."""
    pattern = os.path.join(TRIPS, "yellow_tripdata_history_2020-*.csv")
    expect("analyses CSV", analyse("--trips", pattern, "--quiet")[0] == 0)
    from_csv = content("report")
    for path in glob.glob(pattern):
        code, _, talk = run("weir", "convert", path, os.path.basename(path)[:-4] + ".h5")
        expect(f"converts {path}: {talk}", code == 0)
    code, _, talk = analyse("--trips", "*.h5", "--quiet")
    expect(f"analyses HDF5: {code} {talk}", code == 0)
    expect("finds the same in HDF5", content("report") == from_csv)
    code, out, talk = analyse("--trips", "*.h5", "--quiet", "--top", "0")
    shown = sum(1 for line in out.splitlines() if "borough" in json.loads(line))
    expect(f"shows all zones for --top 0: {code} {talk}", code == 0 and shown == len(written("report")["zones"]))


HEAD = "pickup_datetime,dropoff_datetime,passenger_count,trip_distance,PULocationID,DOLocationID,payment_type," \
       "fare_amount,total_amount\n"


def check_rules():
    """A trip counts for the first rule it breaks; what is just within is kept."""
    good = "2021-03-01 00:00:00,2021-03-01 00:10:00,1,2.5,4,5,1,10,12\n"
    bad = {"total": good.replace(",12\n", ",5000\n") + good.replace(",10,12", ",-10,-12"),
           "distance": good.replace("2.5", "0") + good.replace("2.5", "500"),
           "passengers": good.replace(",1,2.5", ",4,2.5") + good.replace(",1,2.5", ",,2.5"),
           "fare": good.replace(",10,", ",-0.5,"),
           "dropoff": good.replace("00:10:00", "00:00:00").replace("00:00:00,2021", "00:00:01,2021"),
           "date": good.replace("2021-03-01", "2008-12-31") + good.replace("2021-03-01", "2021-04-01"),
           "zone": good.replace(",4,5,", ",0,5,") + good.replace(",4,5,", ",4,999,")}
    within = (good.replace(",12\n", ",4999.99\n") + good.replace("2.5", "499.9") + good.replace(",1,2.5", ",0,2.5")
              + good.replace(",10,", ",0,") + good.replace("00:10:00", "00:00:00") + good.replace(",1,10,", ",2,10,")
              + good.replace("2021-03-01", "2021-03-31") + good.replace(",5,1,", ",5,,").replace("03-01 ", "03-02 "))
    write("trips.csv", HEAD + within + "".join(bad.values()))
    code, _, talk = analyse("--trips", "trips.csv", "--before", "2021-04-01", "--quiet")
    expect(f"judges trips: {code} {talk}", code == 0)
    found, counts = written("report"), {rule: text.count("\n") for rule, text in bad.items()}
    expect(f"counts each rule: {found['cleaning']}",
           found["cleaning"] == [("kept", 8), *((rule, counts[rule]) for rule in RULES[1:])])
    expect("is as another program finds it", is_close(found, analysis(["trips.csv"], ZONES, before="2021-04-01")))
    unknown = found["payment_types"][-1]
    expect(f"one trip has no deviation, and no payment is unknown: {unknown}", unknown == (5, "unknown", 1, 10, None))

    keep = [0, *range(2, 9)]  # without dropoff_datetime
    lines = [line.split(",") for line in (HEAD + within + bad["dropoff"]).splitlines()]
    write("short.csv", "".join(",".join(line[i] for i in keep) + "\n" for line in lines))
    code, _, talk = analyse("--trips", "short.csv", "--quiet")
    expect(f"needs no end of trips: {code} {talk}", code == 0 and written("report")["cleaning"][0] == ("kept", 9))

    write("none.csv", HEAD)
    code, _, talk = analyse("--trips", "none.csv", "--quiet")
    expect(f"takes no trips for an answer: {code} {talk}", code == 0 and written("report")["per_day"] == [])


def check_unfinished():
    """A report that is not whole is none: the one before stays as it was."""
    one = os.path.join(TRIPS, "yellow_tripdata_history_2019-01.csv")
    code, _, talk = analyse("--trips", one, "--until", "500 rows")
    expect(f"says that it was stopped: {code} {talk}", code == 1 and "is written to the folder 'report'" in talk)
    expect(f"writes nothing: {os.listdir('report')}", os.listdir("report") == [])
    expect("analyses", analyse("--trips", one, "--quiet")[0] == 0)
    whole = content("report")
    write("bad.csv", HEAD + "no time,,1,2.5,4,5,1,10,12\n")
    expect("fails by bad rows", analyse("--trips", "bad.csv")[0] == 1)
    expect("a failure leaves the report", content("report") == whole)

    os.mkfifo("endless.csv")
    process = start("taxi_analysis", "--zones", ZONES, "--out", "report", "--trips", "endless.csv")
    with open("endless.csv", "w", encoding="utf-8") as pipe:
        with open(one, encoding="utf-8") as file:
            pipe.write(file.read() * 100)  # more than waits anywhere: once it is gone, rows have passed
        process.send_signal(2)
        heard = process.stderr.readline()
        expect(f"says that it stops: {heard}", "stopping" in heard)
    _, talk = process.communicate(timeout=SECONDS)
    expect(f"ends by Ctrl-C: {process.returncode} {talk}", process.returncode == 130 and "nothing is written" in talk)
    expect("Ctrl-C leaves the report", content("report") == whole)


def check_refusals():
    one = os.path.join(TRIPS, "yellow_tripdata_history_2019-01.csv")
    with open(ZONES, encoding="utf-8") as file:
        zones = file.read()
    write("twice.csv", zones + '4,"Queens","Another","Boro Zone"\n')
    write("nameless.csv", "LocationID,Borough\n1,EWR\n")
    write("file", "")
    for words, want, sentence in ((("--trips", "missing-*.csv"), 3, "no file matches 'missing-*.csv'"),
                                  (("--zones", "missing.csv"), 3, "no file 'missing.csv'"),
                                  (("--zones", "twice.csv"), 1, "the key 4 is in the table already"),
                                  (("--zones", "nameless.csv"), 3, "has no column 'name' (also known as Zone)"),
                                  (("--out", "file/report"), 3, "cannot write into the folder 'file/report'"),
                                  (("--trips", "a.csv", "b.h5"), 2, "--trips mixes HDF5 and other files"),
                                  (("--since", "spring"), 2, "--since 'spring' is no date such as"),
                                  (("--before", "spring"), 2, "--before 'spring' is no date such as"),
                                  (("--since", "2020-01-01", "--before", "2019-12-31"), 2, "no trip lies between"),
                                  (("--top", "-1"), 2, "--top: '-1' is not a whole number from 0")):
        code, _, talk = analyse("--trips", one, *words)
        expect(f"refuses {words}: {code} {talk}", code == want and sentence in talk)
        made = os.listdir("report") if os.path.isdir("report") else []
        expect(f"writes nothing by {words}: {made}", made == [])


for check in (check_sample, check_ties, check_formats, check_rules, check_unfinished, check_refusals):
    with tempfile.TemporaryDirectory() as scratch:
        os.chdir(scratch)
        check()
        os.chdir(SOURCE)
finish()
