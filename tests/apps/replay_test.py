# SPDX-License-Identifier: Apache-2.0
"""weir replay: every row of a file arrives once and in order, as its line or as JSON, no faster than told."""
import json
import os
import tempfile
import time

from programs import LIVE, Broker, expect, finish, interrupt, run, start

COLUMNS = ["VendorID", "tpep_pickup_datetime", "tpep_dropoff_datetime", "passenger_count", "trip_distance",
           "RatecodeID", "store_and_fwd_flag", "PULocationID", "DOLocationID", "payment_type", "fare_amount", "extra",
           "mta_tax", "tip_amount", "tolls_amount", "improvement_surcharge", "total_amount", "congestion_surcharge"]


def check_lines(broker):
    with open(LIVE, encoding="utf-8") as file:
        lines = file.read().splitlines()
    code, out, talk = run("weir", "replay", LIVE, broker.topic("lines"), "--rate", "1000000")
    expect(f"sends lines: {talk}", code == 0 and out == "" and "5000 messages to " in talk)
    expect("sends every line behind the header as it is, in order", broker.read("lines") == lines[1:])


def check_lines_of_json(broker):
    with open("posts.jsonl", "w", encoding="utf-8") as file:
        file.write("".join(f'{{"id": {i}}}\n' for i in range(100)))
    code, _, talk = run("weir", "replay", "posts.jsonl", broker.topic("posts"), "--rate", "1000000")
    expect(f"takes the first line of JSON for a row: {talk}",
           code == 0 and [json.loads(line)["id"] for line in broker.read("posts")] == list(range(100)))


def check_json(broker):
    run("weir", "replay", LIVE, broker.topic("json"), "--rate", "1000000", "--json")
    rows = [json.loads(line) for line in broker.read("json")]
    expect(f"sends every row as JSON, not {len(rows)}", len(rows) == 5000)
    expect("names all columns", list(rows[0]) == COLUMNS)
    expect(f"sends numbers as numbers: {rows[1]}",
           [rows[1][name] for name in ("tpep_pickup_datetime", "passenger_count", "trip_distance", "store_and_fwd_flag",
                                       "total_amount")] == ["2021-01-01T00:51:20Z", 1, 0.2, "N", 4.3])
    run("weir", "convert", LIVE, "trips.h5")
    run("weir", "replay", "trips.h5", broker.topic("of_hdf5"), "--rate", "1000000", "--json")
    expect("sends the same rows of HDF5", [json.loads(line) for line in broker.read("of_hdf5")] == rows)


def check_rejects(broker):
    with open("late.csv", "w", encoding="utf-8") as file:
        file.write("id\n" + "".join(f"{i}\n" for i in range(10000)) + "oops\n10001\n")
    code, _, talk = run("weir", "replay", "late.csv", broker.topic("late"), "--rate", "1000000", "--json")
    expect(f"goes on behind a bad row: {talk}", code == 0 and len(broker.read("late")) == 10001)
    with open("replay.rejects.jsonl", encoding="utf-8") as file:
        expect("keeps it", [json.loads(line)["where"] for line in file] == ["late.csv:10002"])
    code, out, talk = run("weir", "replay", "late.csv", broker.topic("quiet"), "--rate", "1000000", "--quiet")
    expect(f"says nothing where it is to be quiet, not {talk}", code == 0 and out == talk == "")
    code, _, talk = run("weir", "replay", "nowhere.csv", broker.topic("quiet"), "--quiet")
    expect(f"says what failed all the same: {talk}", code != 0 and "nowhere.csv" in talk)


def check_rate(broker):
    """No faster than told can be measured on any machine, however busy."""
    begun = time.monotonic()
    code, _, _ = run("weir", "replay", "late.csv", broker.topic("paced"), "--rate", "20000", "--types", "id=text",
                     "--json")
    took = time.monotonic() - begun
    expect("sends all rows at a rate", code == 0 and len(broker.read("paced")) == 10002)
    expect(f"takes half a second for them, not {took}", took >= 0.99 * (10002 - 200) / 20000)


def check_interrupt(broker):
    process = start("weir", "replay", LIVE, broker.topic("stopped"), "--rate", "100")
    while not broker.read("stopped"):  # it has begun
        pass
    code, _, talk = interrupt(process)
    sent = broker.read("stopped")
    with open(LIVE, encoding="utf-8") as file:
        lines = file.read().splitlines()[1:]
    expect(f"is interrupted by 130, not {code}: {talk}", code == 130)
    expect(f"has delivered what it says: {talk}", f"{len(sent)} messages to " in talk)
    expect("has delivered the first lines and no others", 0 < len(sent) < 5000 and sent == lines[:len(sent)])


def check_mistakes(broker):
    for words, expected, said in (
            (("nowhere.csv", broker.topic("lines")), 3, "no file 'nowhere.csv'"),
            (("nowhere.csv", broker.topic("lines"), "--json"), 3, "no file 'nowhere.csv'"),
            ((LIVE, "http://lines"), 3, "is no name of a Kafka topic"),
            ((LIVE, broker.topic("lines"), "--rate", "0"), 2, "--rate"),
            ((LIVE,), 2, "topic is required")):
        code, _, talk = run("weir", "replay", *words)
        expect(f"refuses {words} by {expected} and '{said}', not by {code} and: {talk}",
               code == expected and said in talk)


with tempfile.TemporaryDirectory() as scratch:
    os.chdir(scratch)
    topics = [name + ":1" for name in ("lines", "posts", "json", "of_hdf5", "late", "paced", "stopped")]
    with Broker(*topics) as started:
        check_lines(started)
        check_lines_of_json(started)
        check_json(started)
        check_rejects(started)
        check_rate(started)
        check_interrupt(started)
        check_mistakes(started)
finish()
