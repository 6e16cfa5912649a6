# SPDX-License-Identifier: Apache-2.0
"""The tests of the Kafka connector once more, against one node of Apache Kafka."""
import os
import subprocess
import sys
import tempfile

import kafka_conduct

KAFKA = os.path.join(os.environ["WEIR_SOURCE_DIR"], "scripts", "kafka")
PROGRAMS = os.path.join(os.environ["WEIR_BUILD_DIR"], "tests", "bin")
problems = []

with tempfile.TemporaryDirectory() as scratch:
    node = ["--dir", os.path.join(scratch, "node")]
    subprocess.run([KAFKA, "format", *node], check=True)
    try:
        address = subprocess.run([KAFKA, "start", *node, "--owner", str(os.getpid())], check=True,
                                 stdout=subprocess.PIPE, text=True).stdout.strip()
        for program in ("kafka_source_test", "kafka_sink_test", "kafka_job_test"):
            done = subprocess.run([os.path.join(PROGRAMS, program)], check=False, timeout=300,
                                  env={**os.environ, "WEIR_KAFKA": address})
            if done.returncode != 0:
                problems.append(f"{program} fails against Apache Kafka")
        problems += kafka_conduct.check(address, lambda: subprocess.run([KAFKA, "kill", *node], check=True))
    finally:
        subprocess.run([KAFKA, "kill", *node], check=True)
sys.exit("\n".join(problems) if problems else 0)
