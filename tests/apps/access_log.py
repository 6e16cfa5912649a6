# SPDX-License-Identifier: Apache-2.0
"""What an access log says, found in another way than web_log's: by a regular expression and counters."""
import collections
import csv
import datetime
import re

LINE = re.compile(r'(\S+) \S+ \S+ \[([^]]+)\] "((?:[^"\\]|\\.)*)" (\d{3}) (\d+|-)')


def count(lines):
    """Status counts, {address: [requests, bytes]} and {(minute, kind): errors} of lines."""
    statuses, addresses, errors = collections.Counter(), collections.defaultdict(lambda: [0, 0]), collections.Counter()
    for line in lines:
        address, when, _, status, size = LINE.match(line).groups()
        statuses[int(status)] += 1
        addresses[address][0] += 1
        addresses[address][1] += 0 if size == "-" else int(size)
        if int(status) >= 400:
            time = datetime.datetime.strptime(when, "%d/%b/%Y:%H:%M:%S %z").astimezone(datetime.timezone.utc)
            errors[time.strftime("%Y-%m-%dT%H:%M:00Z"), "client" if int(status) < 500 else "server"] += 1
    return dict(statuses), {key: tuple(value) for key, value in addresses.items()}, dict(errors)


def rows(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def counted(folder):
    """The same as `count` gives, from the files that web_log wrote."""
    statuses = {int(row["status"]): int(row["requests"]) for row in rows(folder + "/statuses.csv")}
    addresses = {row["address"]: (int(row["requests"]), int(row["bytes"])) for row in rows(folder + "/addresses.csv")}
    errors = {(row["minute"], row["kind"]): int(row["errors"]) for row in rows(folder + "/errors.csv")}
    return statuses, addresses, errors
