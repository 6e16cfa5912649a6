# SPDX-License-Identifier: Apache-2.0
"""What trips say, found in another way than taxi_analysis's: the files row by row, counters, `statistics`."""
import collections
import csv
import datetime
import math
import statistics
import xml.etree.ElementTree as xml

RULES = ("kept", "total", "distance", "passengers", "fare", "dropoff", "date", "zone")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
PAYMENTS = ("flex fare", "credit card", "cash", "no charge", "dispute", "unknown", "voided trip")
OUTSIDE = ("http", "//", "src=", "href=", "url(", "@import", "<script")


def rows(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def value(row, *names):
    return next((row[name] for name in names if row.get(name)), "")


def rule_of(row, zones, since, before):
    begin, end = value(row, "tpep_pickup_datetime", "pickup_datetime"), value(row, "tpep_dropoff_datetime",
                                                                              "dropoff_datetime")
    passengers = value(row, "passenger_count")
    checks = {"total": 0 < float(row["total_amount"]) < 5000,
              "distance": 0 < float(row["trip_distance"]) < 500,
              "passengers": passengers != "" and float(passengers) < 4,
              "fare": float(row["fare_amount"]) >= 0,
              "dropoff": end == "" or end >= begin,
              "date": since <= begin and (before == "" or begin < before),
              "zone": all(zone in zones for zone in ends(row))}
    return next((rule for rule, is_kept in checks.items() if not is_kept), "kept")


def ends(row):
    return value(row, "PULocationID", "pickup_location_id"), value(row, "DOLocationID", "dropoff_location_id")


def analysis(paths, zone_file, since="2009-01-01", before=""):
    """All results, by the name of their file: lists of tuples, as `written` gives them."""
    zones = {row["LocationID"]: row for row in rows(zone_file)}
    rules, days, fares = collections.Counter(), collections.Counter(), collections.defaultdict(list)
    stops = collections.defaultdict(lambda: [0, 0])
    for row in (row for path in sorted(paths) for row in rows(path)):
        rule = rule_of(row, zones, since, before)
        rules[rule] += 1
        if rule != "kept":
            continue
        days[value(row, "tpep_pickup_datetime", "pickup_datetime")[:10]] += 1
        fares[int(float(row.get("payment_type") or 5))].append(float(row["fare_amount"]))
        for which, zone in enumerate(ends(row)):
            stops[zone][which] += 1
    names = {day: WEEKDAYS[datetime.date.fromisoformat(day).weekday()] for day in days}
    of_weekday = {name: [days[day] for day in days if names[day] == name] for name in WEEKDAYS}
    return {"cleaning": [(rule, rules[rule]) for rule in RULES],
            "per_day": [(day, names[day], days[day]) for day in sorted(days)],
            "weekday_median": [(name, len(trips), statistics.median(trips))
                               for name, trips in of_weekday.items() if trips],
            "payment_types": [(kind, PAYMENTS[kind], len(paid), statistics.fmean(paid),
                               statistics.stdev(paid) if len(paid) > 1 else None)
                              for kind, paid in sorted(fares.items())],
            # Of equally busy ones the one of the least number.
            "zones": [(int(zone), zones[zone]["Borough"], zones[zone]["Zone"], *both)
                      for zone, both in sorted(stops.items(), key=lambda stop: (-sum(stop[1]), int(stop[0])))]}


def written(folder):
    """The same from the files of taxi_analysis."""
    def table(name, *kinds):
        return [tuple(kind(text) for kind, text in zip(kinds, row.values())) for row in rows(f"{folder}/{name}.csv")]

    def number(text):
        return float(text) if text else None
    return {"cleaning": table("cleaning", str, int), "per_day": table("per_day", str, str, int),
            "weekday_median": table("weekday_median", str, int, float),
            "payment_types": table("payment_types", int, str, int, float, number),
            "zones": table("zones", int, str, str, int, int)}


def is_close(one, other):
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(is_close(one[name], other[name]) for name in one)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(is_close, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-9)
    return one == other


def problems_of_charts(path, found):
    """What is wrong with a page that should show these results."""
    with open(path, encoding="utf-8") as file:
        page = file.read()
    text = page.replace("<!DOCTYPE html>", "", 1)
    root = xml.fromstring(text)  # raises where it is not well-formed
    line, bars = (root.find(f".//svg[@id='{name}']") for name in ("trips-per-day", "weekday-median"))
    told = [point.findtext("title") for point in line.iter("circle")]
    if told != [f"{name.capitalize()}, {day}: {trips:,} trips" for day, name, trips in found["per_day"]]:
        yield f"the line tells {told[:3]} ..."
    if len(line.find("polyline").get("points").split()) != len(found["per_day"]):
        yield "the line has not a point a day"
    told = [bar.findtext("title") for bar in bars.iter("rect")]
    if told != [f"{name.capitalize()}: {trips:,.10g} trips" for name, _, trips in found["weekday_median"]]:
        yield f"the bars tell {told}"
    texts = [text.text for text in bars.iter("text")]
    if any(f"{trips:,.10g}" not in texts for _, _, trips in found["weekday_median"]):
        yield f"the bars have not their values above them: {texts}"
    if not {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"} <= set(texts):
        yield f"not all weekdays are named: {texts}"
    if root.find("body/p").text.split(" ")[0] != f"{sum(day[2] for day in found['per_day']):,}":
        yield f"it does not say how many trips there are: {root.find('body/p').text}"
    tops = [276 - float(point.get("cy")) for point in line.iter("circle")]
    most = max(found["per_day"], key=lambda day: day[2])[2]
    if any(abs(top - max(tops) * day[2] / most) > 0.11 for top, day in zip(tops, found["per_day"])):
        yield "the line is not as high as its days"
    heights = [float(bar.get("height")) for bar in bars.iter("rect")]
    most = max(trips for _, _, trips in found["weekday_median"])
    if any(abs(height - max(heights) * day[2] / most) > 0.11 for height, day in zip(heights, found["weekday_median"])):
        yield "the bars are not as high as their weekdays"
    for title in ("Trips per day", "Median of trips per day, by weekday", "prefers-color-scheme: dark"):
        if title not in page:
            yield f"it has no '{title}'"
    for word in OUTSIDE:
        if word in text:
            yield f"it refers to something outside: '{word}'"
