# SPDX-License-Identifier: Apache-2.0
"""Fits the rows `export_split` wrote by another program, and compares.

    ridge_check.py FILE L2 RMSE MAE R2

FILE holds taxi trips: partition,position,distance,passengers,pickup,from,to,label,held_out,prediction.
Least squares on passengers, distance and one column for each hour, weekday, pickup zone and dropoff
zone, with the penalty L2 on all weights but the intercept, from the rows that are not held out; then
the errors on those that are. Everything must agree within 1e-6.
"""
import csv
import datetime
import sys

import numpy


def columns_of(path):
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    when = [datetime.datetime.fromisoformat(row["pickup"].rstrip("Z")) for row in rows]
    numbers = numpy.array([[float(row["distance"]), float(row["passengers"])] for row in rows])
    keys = [[time.hour for time in when], [time.weekday() for time in when],
            [int(row["from"]) for row in rows], [int(row["to"]) for row in rows]]
    label = numpy.array([float(row["label"]) for row in rows])
    held_out = numpy.array([row["held_out"] == "1" for row in rows])
    predicted = numpy.array([float(row["prediction"]) for row in rows])
    return numbers, keys, label, held_out, predicted


def places_of(keys, training):
    """For each key the column of every row, one for each value in training rows; and their number."""
    found = []
    for key in map(numpy.array, keys):
        known = numpy.unique(key[training])
        at = numpy.searchsorted(known, key)
        at[at == len(known)] = 0
        found.append((numpy.where(known[at] == key, at, -1), len(known)))
    return found


def fit(numbers, places, label, l2):
    """Intercept and weights from training rows: normal equations of all columns and a column of ones."""
    dense = numpy.column_stack([numbers, numpy.ones(len(label))])
    starts = numpy.cumsum([dense.shape[1]] + [count for _, count in places])
    gram, moment = numpy.zeros((starts[-1], starts[-1])), numpy.zeros(starts[-1])
    gram[:starts[0], :starts[0]], moment[:starts[0]] = dense.T @ dense, dense.T @ label
    for i, (at, count) in enumerate(places):
        mine = slice(starts[i], starts[i + 1])
        moment[mine] = numpy.bincount(at, label, count)
        for column in range(dense.shape[1]):
            sums = numpy.bincount(at, dense[:, column], count)
            gram[mine, column] = gram[column, mine] = sums
        for j, (other, others) in enumerate(places):
            pairs = numpy.bincount(at * others + other, minlength=count * others)
            gram[mine, starts[j]:starts[j + 1]] = pairs.reshape(count, others)
    penalty = numpy.full(starts[-1], l2)
    penalty[dense.shape[1] - 1] = 0  # the intercept is free
    return numpy.linalg.solve(gram + numpy.diag(penalty), moment), starts


def main():
    path, l2, *claims = sys.argv[1], float(sys.argv[2]), *map(float, sys.argv[3:6])
    numbers, keys, label, held_out, predicted = columns_of(path)
    training = ~held_out
    places = places_of(keys, training)
    weights, starts = fit(numbers[training], [(at[training], count) for at, count in places],
                          label[training], l2)
    answers = numbers @ weights[:2] + weights[2]
    for (at, _), start in zip(places, starts):
        answers += numpy.where(at >= 0, weights[start + at], 0)
    off = (label - answers)[held_out]
    around = label[held_out] - label[held_out].mean()
    found = [numpy.sqrt((off**2).mean()), abs(off).mean(), 1 - (off**2).sum() / (around**2).sum()]
    worst = abs(answers - predicted).max()
    print(f"rows {len(label)}, held out {held_out.sum()}, RMSE, MAE, R2 {found}, claimed {claims}; "
          f"predictions differ by at most {worst}")
    if worst > 1e-6 or any(abs(a - b) > 1e-6 for a, b in zip(found, claims)):
        sys.exit("they differ")


main()
