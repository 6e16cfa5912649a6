# SPDX-License-Identifier: Apache-2.0
"""Counts words a second way, for the tests of word_count."""
import csv
import datetime
import json
from collections import Counter


def tsv(path):
    """Header, then rows, of columns between tabs."""
    with open(path, encoding="utf-8") as file:
        return [line.rstrip("\n").split("\t") for line in file]


def jsonl(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def window_of(time, seconds):
    """When the window begins that an ISO time without zone lies in, as word_count writes it."""
    since = int(datetime.datetime.fromisoformat(time).replace(tzinfo=datetime.timezone.utc).timestamp())
    start = datetime.datetime.fromtimestamp(since - since % seconds, datetime.timezone.utc)
    return start.strftime("%Y-%m-%dT%H:%M:%SZ")


def count(posts, seconds=None):
    """(window, word) -> count of (time, text)."""
    counts = Counter()
    for time, text in posts:
        window = window_of(time, seconds) if seconds else ""
        counts.update((window, word) for word in text.split())
    return counts


def top(counts, most):
    """[(window, word, count)], of each window the most frequent words, ties by their bytes."""
    order = sorted(counts.items(), key=lambda one: (one[0][0], -one[1], one[0][1].encode()))
    taken = Counter()
    found = []
    for (window, word), times in order:
        taken[window] += 1
        if taken[window] <= most:
            found.append((window, word, times))
    return found


def written(path):
    """What word_count wrote to a CSV file."""
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return Counter({(row["window"], row["word"]): int(row["count"]) for row in rows}), len(rows)


def shown(out):
    """What it shows on stdout, without the summary."""
    rows = [json.loads(line) for line in out.splitlines()]
    return [(row["window"] or "", row["word"], row["count"]) for row in rows if "word" in row]
