# SPDX-License-Identifier: Apache-2.0
"""--help of every program says what it does, its flags with defaults, and examples that can be pasted."""
from programs import expect, finish, run

for program, flag in (("hello", "--names"), ("guide_source", "--limit"), ("taxi_fares", "--history"),
                      ("taxi_analysis", "--zones"),
                      ("web_log", "--follow"), ("word_count", "--window")):
    code, out, talk = run(program, "--help")
    expect(f"{program} helps on stdout", code == 0 and talk == "" and out.startswith(program))
    for word in (flag, "(default ", "Flags of every Weir program", "Examples", "\n  " + program + " "):
        expect(f"{program} --help has '{word}': {out}", word in out)

GUIDE = {"guide_joins": ("--join", "table, interval, latest, window"),
         "guide_time": ("--windows", "tumbling, sliding, session, days, count, global, running, several, live"),
         "guide_state": ("--show", "silence, once, change, some, mean"),
         "guide_model": None, "guide_operator": None, "guide_sink": None, "guide_source": None}
for program, choice in GUIDE.items():
    code, out, talk = run(program, "--help")
    expect(f"{program} helps by its name: {out}", code == 0 and talk == "" and out.startswith(program + ": "))
    if choice:
        flag, words = choice
        expect(f"{program} --help lists {words}: {out}", f"\n  {flag} " + words.replace(", ", "|") in out)
        code, out, talk = run(program, flag, "bogus")
        expect(f"{program} refuses {flag} bogus: {code} {talk}",
               code == 2 and out == "" and talk == f"{program}: {flag}: 'bogus' is none of {words}\n")

for words, sentence in ((("--answers", "bogus"), "--answers 'bogus' is no place for answers"),
                        (("--history", "a.csv", "b.h5"), "--history mixes HDF5 and other files")):
    code, out, talk = run("taxi_fares", *words)
    expect(f"refuses {words}: {code} {talk}", code == 2 and out == "" and talk.startswith("taxi_fares: " + sentence))
    code, out, talk = run("taxi_fares", *words, "--help")
    expect(f"helps with {words} all the same: {talk}", code == 0 and out.startswith("taxi_fares"))
finish()
