# SPDX-License-Identifier: Apache-2.0
"""A program that reads Kafka ends soon after Ctrl-C, also when the broker died, or is there and silent."""
import os
import signal
import subprocess
import tempfile
import time

from programs import SECONDS, expect, finish, run, start

COUNT = 1000
SOON = 8  # seconds on a busy machine; librdkafka's own limits are 45 and 60


def check(how, end):
    """`end` does to the broker what is told by `how`."""
    broker = start("weir", "broker", "--port", "0", "--topic", "payments", "--topic", "legit_payments", "--topic",
                   "fraud_payments")
    try:
        at = ("--brokers", broker.stdout.readline().strip())
        for words in (("generate", "--count", str(COUNT), "--rate", "0"), ("detect", "--until", f"{COUNT} rows")):
            code, _, talk = run("payments", *words, *at)
            expect(f"makes payments: {words} {code} {talk}", code == 0)
        # All offsets are still to be committed when it ends.
        reader = start("payments", "process", *at, "--commit-every", "1h")
        for _ in range(COUNT):
            reader.stdout.readline()
        broker.send_signal(end)
        begun = time.monotonic()
        reader.send_signal(signal.SIGINT)
        try:
            talk = reader.communicate(timeout=SECONDS)[1]
        except subprocess.TimeoutExpired:
            reader.kill()
            talk = reader.communicate()[1]
        code, took = reader.returncode, time.monotonic() - begun
        expect(f"ends well by Ctrl-C when its broker {how}: {code} {talk}", code == 130 and "stopped after" in talk)
        expect(f"ends soon when its broker {how}: after {took:.1f} s", took < SOON)
    finally:
        broker.kill()
        broker.wait()


with tempfile.TemporaryDirectory() as scratch:
    os.chdir(scratch)
    check("died", signal.SIGKILL)
    check("is silent", signal.SIGSTOP)
finish()
