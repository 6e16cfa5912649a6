# SPDX-License-Identifier: Apache-2.0
"""weir convert: real trips survive CSV -> HDF5 -> CSV, and whatever is wrong with a file is told."""
import csv
import json
import os
import signal
import tempfile
from datetime import datetime, timezone

from programs import LIVE, SECONDS, expect, finish, run, start


def value(text):
    """What a field means, whatever way it is written."""
    try:
        return float(text)
    except ValueError:
        pass
    try:
        time = datetime.fromisoformat(text.replace("Z", "+00:00"))
        return time.replace(tzinfo=time.tzinfo or timezone.utc)
    except ValueError:
        return text


def rows_of(path):
    with open(path, newline="", encoding="utf-8") as file:
        return [{name: value(text) for name, text in row.items()} for row in csv.DictReader(file)]


def content(path):
    with open(path, "rb") as file:
        return file.read()


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def check_round_trip():
    code, out, talk = run("weir", "convert", LIVE, "trips.h5")
    expect(f"converts trips: {talk}", code == 0 and out == "" and "5000 rows to trips.h5, 0 rejected" in talk)
    for column in ("tpep_pickup_datetime time", "passenger_count int64", "trip_distance float64",
                   "store_and_fwd_flag text"):
        expect(f"says that it took {column}: {talk}", column in talk)
    expect("leaves no reject file without rejects", not os.path.exists("trips.h5.rejects.jsonl"))
    expect("writes a checksum beside HDF5", os.path.exists("trips.h5.xxh3"))

    code, _, talk = run("weir", "convert", "trips.h5", "back.csv")
    expect(f"converts back: {talk}", code == 0 and "5000 rows to back.csv" in talk)
    expect("gives back the values it was given", rows_of("back.csv") == rows_of(LIVE))
    run("weir", "convert", "back.csv", "again.h5")
    run("weir", "convert", "again.h5", "again.csv")
    expect("gives the same bytes again", content("again.csv") == content("back.csv"))
    expect("leaves no parts", not [name for name in os.listdir() if ".part" in name])


def check_kinds():
    write("kinds.csv", 'zip,flag,note,gap\n00501,true,"a ""b"", c",1.5\n10001,false,,\n')
    code, _, talk = run("weir", "convert", "kinds.csv", "kinds.h5")
    expect(f"infers: {talk}", code == 0 and "zip text, flag bool, note text?, gap float64?" in talk)
    run("weir", "convert", "kinds.h5", "kinds_back.csv")
    expect("keeps quotes, zeros in front and missing values", content("kinds_back.csv").decode().splitlines() ==
           ["flag,gap,note,zip", 'true,1.5,"a ""b"", c",00501', "false,,,10001"])
    code, _, talk = run("weir", "convert", "kinds.csv", "kinds.h5", "--force", "--types", "zip=int64,gap=text?")
    expect(f"takes kinds over those inferred: {talk}",
           code == 0 and "zip int64, flag bool, note text?, gap text?" in talk)
    for types, word in (("zap=text", "'zap=text' names no column"), ("zip=number", "'number' is no kind")):
        code, _, talk = run("weir", "convert", "kinds.csv", "kinds.h5", "--force", "--types", types)
        expect(f"refuses --types {types}: {talk}", code == 2 and word in talk)
    code, _, talk = run("weir", "convert", "kinds.h5", "x.csv", "--types", "zip=text")
    expect(f"says that HDF5 has its own kinds: {talk}", code == 2 and "--types is for CSV" in talk)


def check_rejects():
    good = "".join(f"{i},{i}.5\n" for i in range(10000))
    write("late.csv", "id,amount\n" + good + "oops,1\n10001,2\n")
    code, _, talk = run("weir", "convert", "late.csv", "late.h5")
    with open("late.h5.rejects.jsonl", encoding="utf-8") as file:
        rejects = [json.loads(line) for line in file]
    expect(f"goes on behind a bad row: {talk}", code == 0 and "10001 rows to late.h5, 1 rejected" in talk)
    expect(f"keeps it with its place, bytes and reason: {rejects}",
           len(rejects) == 1 and rejects[0]["where"] == "late.csv:10002" and rejects[0]["raw"] == "oops,1"
           and "id" in rejects[0]["reason"])
    write("bad.csv", "id,amount\n" + good + "oops,1\n" * 1000)
    code, _, talk = run("weir", "convert", "bad.csv", "bad.h5")
    expect(f"ends when too much is bad: {talk}", code == 1 and "can't be read" in talk and not os.path.exists("bad.h5"))
    code, _, talk = run("weir", "convert", "bad.csv", "bad.h5", "--max-reject-ratio", "0.2")
    expect(f"allows more when told: {talk}", code == 0 and "10000 rows to bad.h5, 1000 rejected" in talk)


def check_mistakes():
    write("empty.csv", "")
    write("header.csv", "a,b\n")
    write("no.h5", "this is text\n")
    damaged = bytearray(content("trips.h5"))
    damaged[len(damaged) // 2] ^= 1
    with open("flipped.h5", "wb") as file:
        file.write(damaged)
    write("flipped.h5.xxh3", content("trips.h5.xxh3").decode().replace("trips.h5", "flipped.h5"))
    for source, target, expected, word in (
            ("empty.csv", "x.h5", 5, "'empty.csv' is empty"), ("nowhere.csv", "x.h5", 3, "no file 'nowhere.csv'"),
            ("none*.csv", "x.h5", 3, "no file matches 'none*.csv'"), ("kinds*.csv", "x.h5", 2, "means 2 files"),
            ("header.csv", "x.csv", 2, "the same kind"), ("header.csv", "trips.h5", 3, "exists already"),
            ("header.csv", "no/x.h5", 3, "no/x.h5"), ("trips.h5", "no/x.csv", 3, "No such file"),
            ("no.h5", "x.csv", 5, "not an HDF5 file"), ("flipped.h5", "x.csv", 5, "flipped.h5")):
        code, _, talk = run("weir", "convert", source, target)
        expect(f"refuses {source} to {target} by {expected} and '{word}', not by {code} and: {talk}",
               code == expected and word in talk)
        expect(f"leaves nothing of {source} to {target}", not [name for name in os.listdir() if name.startswith("x.")])
    code, _, talk = run("weir", "convert", "header.csv", "header.h5")
    expect(f"takes a file without rows: {talk}", code == 0 and "0 rows to header.h5" in talk)
    run("weir", "convert", "header.h5", "header_back.csv")
    expect("gives the header back", content("header_back.csv") == b"a,b\n")


def check_interrupt():
    """What is written to is a pipe nobody reads yet, so the conversion stands still at Ctrl-C."""
    os.mkfifo("slow.csv.part")
    process = start("weir", "convert", "trips.h5", "slow.csv")
    with open("slow.csv.part", "rb") as pipe:
        pipe.read(1)
        process.send_signal(signal.SIGINT)
        while pipe.read(65536):
            pass
    _, talk = process.communicate(timeout=SECONDS)
    expect(f"is interrupted by 130, not {process.returncode}: {talk}",
           process.returncode == 130 and "interrupted" in talk)
    expect("leaves nothing after Ctrl-C", not [name for name in os.listdir() if name.startswith("slow")])


with tempfile.TemporaryDirectory() as scratch:
    os.chdir(scratch)
    check_round_trip()
    check_kinds()
    check_rejects()
    check_mistakes()
    check_interrupt()
finish()
