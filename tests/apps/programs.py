# SPDX-License-Identifier: Apache-2.0
"""Runs Weir's programs for the tests beside this file, and collects what is not as it should be."""
import concurrent.futures
import os
import pty
import re
import signal
import subprocess
import sys

SOURCE = os.environ["WEIR_SOURCE_DIR"]
BIN = os.environ["WEIR_BIN_DIR"]
TRIPS = os.path.join(SOURCE, "apps", "taxi_fares", "data")
LIVE = os.path.join(TRIPS, "yellow_tripdata_live_2021-01.csv")
SECONDS = 60
problems = []


def expect(what, condition):
    if not condition:
        problems.append(what)


def finish():
    sys.exit("\n".join(problems) if problems else 0)


def run(program, *words, cwd=None):
    """Exit code, stdout and stderr of a program that ends by itself."""
    done = subprocess.run([os.path.join(BIN, program), *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, check=False, timeout=SECONDS, cwd=cwd)
    return done.returncode, done.stdout, done.stderr


def on_terminal(program, *words):
    """Exit code of a program on a terminal of 80 columns, and the lines that stay there for a person to read."""
    screen, its = pty.openpty()
    started = subprocess.Popen([os.path.join(BIN, program), *words], stdin=its, stdout=its, stderr=its)
    os.close(its)
    written = b""
    try:
        while part := os.read(screen, 65536):
            written += part
    except OSError:  # nobody writes there any more
        pass
    os.close(screen)
    text = re.sub(r"\x1b\[\d*m", "", written.decode().replace("\r\n", "\n"))
    lines = [re.split(r"\r\x1b\[K", line)[-1] for line in text.split("\n")]
    return started.wait(timeout=SECONDS), lines


def start(program, *words, cwd=None):
    """A program that a Ctrl-C reaches, also when this test was started where none would."""
    return subprocess.Popen([os.path.join(BIN, program), *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            text=True, cwd=cwd, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))


def interrupt(process):
    """Ctrl-C; exit code and what was still to be read: `communicate` would lose what readline took in beyond a line."""
    process.send_signal(signal.SIGINT)
    with concurrent.futures.ThreadPoolExecutor() as beside:
        talk = beside.submit(process.stderr.read)
        out = process.stdout.read()
        return process.wait(timeout=SECONDS), out, talk.result()


class Broker:
    """`weir broker` on a port of its own, ended by Ctrl-C."""

    def __init__(self, *topics):
        words = [word for topic in topics for word in ("--topic", topic)]
        self.process = start("weir", "broker", "--port", "0", *words)
        self.address = self.process.stdout.readline().strip()

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        expect("a broker ends well by Ctrl-C", interrupt(self.process)[0] == 0)

    def topic(self, name):
        return f"kafka://{self.address}/{name}"

    def read(self, topic, layout="%s\n"):
        """All messages there are, by a client that is not ours."""
        return subprocess.run(["kcat", "-q", "-C", "-e", "-o", "beginning", "-b", self.address, "-t", topic,
                               "-X", "fetch.wait.max.ms=10", "-f", layout],
                              stdout=subprocess.PIPE, text=True, check=True, timeout=SECONDS).stdout.splitlines()
