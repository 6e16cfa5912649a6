# SPDX-License-Identifier: Apache-2.0
"""Programs against the broker of `weir broker`."""
import subprocess
import sys

import kafka_conduct

broker = subprocess.Popen([f"{kafka_conduct.BIN}/weir", "broker", "--port", "0"],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
try:
    problems = kafka_conduct.check(broker.stdout.readline().strip(), broker.kill)
finally:
    broker.kill()
    broker.wait()
sys.exit("\n".join(problems) if problems else 0)
