# SPDX-License-Identifier: Apache-2.0
"""One history by CSV and by HDF5 gives one model; one model answers alike by file and by Kafka."""
import glob
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from programs import SECONDS, SOURCE, Broker, expect, finish, problems, run, start  # noqa: E402

TRIPS = os.path.join(os.environ.get("WEIR_DATA", os.path.join(SOURCE, "..", "shared", "data")), "taxi")
HEAD = os.path.join(TRIPS, "yellow_tripdata_2021-01_head.csv")


def content(path):
    with open(path, "rb") as file:
        return file.read()


def check_history():
    files = sorted(glob.glob(os.path.join(TRIPS, "yellow_2019_2020", "*.csv")))
    for path in files:
        target = os.path.splitext(os.path.basename(path))[0] + ".h5"
        code, _, talk = run("weir", "convert", path, target)
        expect(f"converts {path}: {talk}", code == 0 and " 0 rejected" in talk)
    for kind, pattern in (("csv", os.path.join(TRIPS, "yellow_2019_2020", "*.csv")), ("h5", "*.h5")):
        code, _, talk = run("taxi_fares", "--history", pattern, "--live", "none", "--save-model", kind + ".model.json",
                            "--export-split", kind + ".split.csv")
        expect(f"learns from {kind}: {talk}", code == 0)
    expect("learns the same model from both, bit for bit", content("csv.model.json") == content("h5.model.json"))
    # Rows learnt from and held out are written by two actors, in any order.
    splits = [sorted(content(kind + ".split.csv").splitlines()) for kind in ("csv", "h5")]
    expect(f"keeps 159,901 rows, not {len(splits[0]) - 1}", len(splits[0]) == 1 + 159901)
    expect("holds out and predicts the same rows", splits[0] == splits[1])


def answers_by(path, live, *words):
    return ["--load-model", "csv.model.json", "--live", live, "--answers", "csv:" + path, *words]


def check_answers():
    code, _, talk = run("taxi_fares", *answers_by("file.csv", HEAD))
    expect(f"answers a file: {talk}", code == 0)
    with Broker("trips:8") as broker:
        topic = broker.topic("trips")
        fares = start("taxi_fares", *answers_by("kafka.csv", topic, "--until", "22792 rows"))
        code, _, talk = run("weir", "replay", HEAD, topic, "--rate", "1000000", "--json")
        expect(f"replays: {talk}", code == 0 and "22792 messages" in talk)
        _, talk = fares.communicate(timeout=SECONDS)
        expect(f"answers Kafka: {fares.returncode} {talk}", fares.returncode == 0)
    if problems:
        finish()  # there may be no answers to compare
    # Partitions are read side by side, so the order of the answers is not that of the file.
    of_file, of_kafka = (sorted(content(name).splitlines()) for name in ("file.csv", "kafka.csv"))
    expect(f"answers every plausible trip, not {len(of_file) - 1}", len(of_file) == 1 + 20623)
    expect("answers each trip exactly alike", of_file == of_kafka)


with tempfile.TemporaryDirectory() as scratch:
    os.chdir(scratch)
    check_history()
    check_answers()
finish()
