# SPDX-License-Identifier: Apache-2.0
"""A client of somebody else's, kcat, writes to `weir broker` and reads from it."""
import json
import os
import subprocess
import sys

broker = subprocess.Popen(
    [os.path.join(os.environ["WEIR_BIN_DIR"], "weir"), "broker", "--port", "0", "--topic", "trips:4"],
    stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
problems = []


def kcat(*words, **how):
    return subprocess.run(["kcat", "-b", address, *words], check=True, timeout=30, stdout=subprocess.PIPE, text=True,
                          **how).stdout


def expect(what, found, expected):
    if found != expected:
        problems.append(f"{what}: {found!r} instead of {expected!r}")


try:
    address = broker.stdout.readline().strip()
    topics = json.loads(kcat("-L", "-J"))["topics"]
    expect("lists its topics", [(each["topic"], len(each["partitions"])) for each in topics], [("trips", 4)])

    kcat("-P", "-t", "trips", "-p", "3", "-K", ":", "-H", "trace=on", input="a:one\nb:two\n")
    read = kcat("-C", "-t", "trips", "-o", "beginning", "-e", "-q", "-f", "%p %o %k %s %h\n")
    expect("gives back what it took, in order", read, "3 0 a one trace=on\n3 1 b two trace=on\n")

    kcat("-P", "-t", "trips", "-p", "0", "-K", ":", "-Z", input="gone:\n")
    read = kcat("-C", "-t", "trips", "-p", "0", "-o", "beginning", "-e", "-q", "-f", "%k %S\n")
    expect("keeps a tombstone", read, "gone -1\n")
    read = kcat("-C", "-t", "trips", "-p", "3", "-o", "1", "-e", "-q", "-f", "%s\n")
    expect("reads from an offset", read, "two\n")
finally:
    broker.terminate()
    ended = broker.wait(timeout=30)
expect("ends in order when it is told to", ended, 0)
sys.exit("\n".join(problems) if problems else 0)
