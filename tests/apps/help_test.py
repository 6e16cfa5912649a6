# SPDX-License-Identifier: Apache-2.0
"""--help of every program says what it does, its flags with defaults, and examples that can be pasted."""
from programs import expect, finish, run

for program, flag in (("hello", "--names"), ("taxi_fares", "--history"), ("taxi_analysis", "--zones"),
                      ("web_log", "--follow"), ("word_count", "--window")):
    code, out, talk = run(program, "--help")
    expect(f"{program} helps on stdout", code == 0 and talk == "" and out.startswith(program))
    for word in (flag, "(default ", "Flags of every Weir program", "Examples", "\n  " + program + " "):
        expect(f"{program} --help has '{word}': {out}", word in out)

for words, sentence in ((("--answers", "bogus"), "--answers 'bogus' is no place for answers"),
                        (("--history", "a.csv", "b.h5"), "--history mixes HDF5 and other files")):
    code, out, talk = run("taxi_fares", *words)
    expect(f"refuses {words}: {code} {talk}", code == 2 and out == "" and talk.startswith("taxi_fares: " + sentence))
    code, out, talk = run("taxi_fares", *words, "--help")
    expect(f"helps with {words} all the same: {talk}", code == 0 and out.startswith("taxi_fares"))
finish()
