# SPDX-License-Identifier: Apache-2.0
"""A user's file stays cheap: what tests/architecture/user_file.cpp includes, and what it costs to compile.

It includes the DSL and one source. Less than 6 CPU seconds at -O0, and none of the headers below come along.
"""
import os
import re
import resource
import subprocess
import tempfile

import tree

FORBIDDEN = re.compile(r"/(Eigen|gtest|gmock|librdkafka|caf|boost/(beast|asio)|simdjson|toml\+\+|CLI)/|/hdf5\.h$")
CPU_SECONDS = 6.0
ROUNDS = 3  # the least counts: other work on the machine only adds


def compile_once(include_dir, directory):
    """CPU seconds, and every file the compiler read."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        ["c++", "-std=c++20", "-O0", "-I", include_dir, "-c", tree.SOURCE_DIR / "tests/architecture/user_file.cpp",
         "-o", f"{directory}/user_file.o", "-MD", "-MF", f"{directory}/user_file.d"], check=True,
        env={**os.environ, "CCACHE_DISABLE": "1"})
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    with open(f"{directory}/user_file.d", encoding="utf-8") as dependencies:
        return seconds, dependencies.read().replace("\\\n", " ").split()[1:]


def main():
    include_dir = os.path.join(os.environ["WEIR_BUILD_DIR"], "include")
    with tempfile.TemporaryDirectory() as directory:
        rounds = [compile_once(include_dir, directory) for _ in range(ROUNDS)]
    seconds = min(spent for spent, _ in rounds)
    headers = rounds[0][1]

    problems = [f"a user's file includes {header}" for header in headers if FORBIDDEN.search(header)]
    if not any(header.endswith("weir/dsl/pipeline.hpp") for header in headers):
        problems.append("the compiler did not read weir/dsl/pipeline.hpp: this test looks at the wrong file")
    if seconds >= CPU_SECONDS:
        problems.append(f"a user's file takes {seconds:.1f} CPU seconds at -O0, not less than {CPU_SECONDS}")
    tree.finish(problems, f"{len(headers)} headers, {seconds:.1f} CPU seconds")


main()
