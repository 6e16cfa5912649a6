# SPDX-License-Identifier: Apache-2.0
"""A program with a main and flags of its own builds, starts, feeds and stops a graph; and hello stays small."""
import os
import re

from programs import SOURCE, expect, finish, run

for readings, threshold in ((10, 24.5), (20, 25.0), (5000, 5000.0)):
    code, out, talk = run("embedding", str(readings), str(threshold))
    alarms = [f"sensor {i % 3} too hot: {20.0 + i:.6f}" for i in range(readings) if 20.0 + i > threshold]
    lines = out.splitlines()
    expect(f"raises its alarms, each once and in order: {lines[:3]}", lines[1:-1] == alarms)
    expect("reads the first while the job runs", lines[0] == "first alarm:" + alarms[0].partition("sensor ")[2][1:])
    expect(f"ends well and prints nothing of the library's: {code} {talk}",
           code == 0 and lines[-1] == "the job stopped" and talk == "")

code, out, talk = run("embedding", "--help")
expect(f"has a help of its own: {code} {out}", code == 0 and "embedding [readings] [threshold]" in out and talk == "")

with open(os.path.join(SOURCE, "apps", "hello", "hello.cpp"), encoding="utf-8") as file:
    main = re.search(r"// \[main\]\n(.*?)// \[/main\]", file.read(), re.DOTALL).group(1)
expect("hello is ten lines", len(main.splitlines()) <= 10)
finish()
