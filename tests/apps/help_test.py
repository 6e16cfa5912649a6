# SPDX-License-Identifier: Apache-2.0
"""--help of every program says what it does, its flags with defaults, and examples that can be pasted."""
from programs import expect, finish, run

for program, flag in (("hello", "--names"), ("taxi_fares", "--history")):
    code, out, talk = run(program, "--help")
    expect(f"{program} helps on stdout", code == 0 and talk == "" and out.startswith(program))
    for word in (flag, "(default ", "Flags of every Weir program", "Examples", "\n  " + program + " "):
        expect(f"{program} --help has '{word}': {out}", word in out)
finish()
