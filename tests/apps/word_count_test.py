# SPDX-License-Identifier: Apache-2.0
"""word_count on a cut of real reviews, as columns, JSON and text: counts, windows, what it refuses."""
import json
import os
import tempfile

from programs import SOURCE, expect, finish, run
from words import count, shown, top, tsv, written

SAMPLE = os.path.join(SOURCE, "apps", "word_count", "data", "reviews_sample.tsv")
HEADER, *ROWS = tsv(SAMPLE)
POSTS = [(row[HEADER.index("date")], row[HEADER.index("review")]) for row in ROWS]
FAVOURITES = [("", "영화", 39), ("", "정말", 34), ("", "너무", 26)]
YEAR = 365 * 24 * 3600


def check(name, words, posts, seconds=None, most=5):
    """All counts in the file, the most frequent ones on stdout."""
    code, out, talk = run("word_count", *words, "--output", "csv:counts.csv", "--top", str(most), "--quiet")
    expect(f"{name}: ends well: {code} {talk}", code == 0)
    expected = count(posts, seconds)
    counts, rows = written("counts.csv")
    expect(f"{name}: writes each word once", rows == len(expected))
    expect(f"{name}: counts as another counter does", counts == expected)
    expect(f"{name}: shows the most frequent words: {shown(out)[:6]}", shown(out) == top(expected, most))


def check_forms():
    check("columns", ("--input", SAMPLE, "--field", "review"), POSTS)
    with open("escaped.jsonl", "w", encoding="utf-8") as file:
        for time, text in POSTS:
            file.write(json.dumps({"text": text, "created_at": f"{time}T12:00:00.000", "more": {"text": 1}}) + "\n")
    with open("plain.jsonl", "w", encoding="utf-8") as file:
        for time, text in POSTS:
            file.write(json.dumps({"time": 7, "said": text}, ensure_ascii=False) + "\n")
    check("JSON", ("--input", "escaped.jsonl", "--field", "text"), POSTS)
    check("JSON of other names", ("--input", "plain.jsonl", "--field", "said"), POSTS)
    for name, part in (("a.txt", POSTS[:300]), ("b.txt", POSTS[300:])):
        with open(name, "w", encoding="utf-8", newline="") as file:
            file.write("\r\n".join(text for _, text in part))
    check("text", ("--input", "*.txt"), POSTS)
    check("windows of columns", ("--input", SAMPLE, "--field", "review", "--time", "date", "--window", "365d"),
          POSTS, YEAR, 3)
    check("windows of JSON", ("--input", "escaped.jsonl", "--field", "text", "--time", "created_at",
                              "--window", "1d"), POSTS, 24 * 3600, 2)


def check_golden():
    code, out, talk = run("word_count", "--input", SAMPLE, "--field", "review", "--top", "3", "--json")
    expect(f"counts the sample: {code} {talk}", code == 0)
    expect(f"knows the favourites: {shown(out)}", shown(out) == FAVOURITES)
    summary = json.loads(out.splitlines()[-1])
    expect(f"summarises: {summary}", summary["sources"][0]["rows"] == len(ROWS) == 612)
    code, out, _ = run("word_count", "--input", SAMPLE, "--field", "review", "--top", "0", "--quiet")
    expect("shows all words for --top 0", code == 0 and len(shown(out)) == len(count(POSTS)))


def check_spaces():
    """Unicode's white space parts words; what only looks like it, or is no UTF-8, does not."""
    with open("spaces.txt", "wb") as file:
        file.write("  to\tbe\u00a0or \u3000not\u2003to\u200bbe\n\n".encode() + b"to\xff \xe2\x80\n")
    code, out, talk = run("word_count", "--input", "spaces.txt", "--top", "100", "--quiet")
    words = [word for _, word, _ in shown(out)]
    expect(f"parts words at white space: {code} {talk} {words}",
           code == 0 and words[:4] == ["be", "not", "or", "to"] and words[4].startswith("to") and len(words) == 7)


def check_bad_lines():
    with open("mixed.jsonl", "w", encoding="utf-8") as file:
        file.write('{"text": "a b"}\n{"text": 7}\n\n[]\n{"text": "b"}\n{"other": "b"}\n')
    code, out, talk = run("word_count", "--input", "mixed.jsonl", "--field", "text", "--quiet",
                          "--max-reject-ratio", "0.9")
    expect(f"goes on behind bad lines: {code} {talk} {out}",
           code == 0 and shown(out) == [("", "b", 2), ("", "a", 1)])
    with open("word_count.rejects.jsonl", encoding="utf-8") as file:
        rejects = [json.loads(line) for line in file]
    expect(f"keeps bad lines and where they stood: {rejects}",
           [row["where"] for row in rejects] == [f"mixed.jsonl:{line}" for line in (2, 3, 4, 6)])
    with open("short.tsv", "w", encoding="utf-8") as file:
        file.write("date\treview\n2021-02-30\ta\nb\n2021-02-03\tc\n")
    code, out, talk = run("word_count", "--input", "short.tsv", "--field", "review", "--time", "date",
                          "--window", "1d", "--quiet", "--max-reject-ratio", "0.9")
    expect(f"refuses columns that do not fit: {code} {talk} {out}",
           code == 0 and shown(out) == [("2021-02-03T00:00:00Z", "c", 1)])
    with open("word_count.rejects.jsonl", encoding="utf-8") as file:
        reasons = " ".join(json.loads(line)["reason"] for line in file)
    expect(f"says what is wrong: {reasons}", "is no time like" in reasons and "it has 1 columns" in reasons)


def check_refusals():
    for words, code, sentence in (
            (("--input", "missing-*.txt"), 3, "missing-*.txt"),
            (("--input", SAMPLE, "--field", "review", "--window", "ten"), 2, "--window 'ten' is no stretch of time"),
            (("--input", SAMPLE, "--field", "review", "--window", "0s"), 2, "is no stretch of time"),
            (("--input", SAMPLE, "--field", "review", "--window", "10s"), 2, "--window needs --time"),
            (("--input", SAMPLE, "--time", "date"), 2, "--field does not say"),
            (("--input", SAMPLE, "--output", "counts.csv"), 2, "is no place for counts")):
        found, _, talk = run("word_count", *words, "--quiet")
        expect(f"refuses {words}: {found} {talk}", found == code and sentence in talk)
    code, _, talk = run("word_count", "--input", SAMPLE, "--field", "revew", "--quiet")
    with open("word_count.rejects.jsonl", encoding="utf-8") as file:
        reason = json.loads(file.readline())["reason"]
    expect(f"names the columns there are: {code} {reason}",
           code == 1 and "no column 'revew'" in reason and "movie_id rating review" in reason)


for each in (check_forms, check_golden, check_spaces, check_bad_lines, check_refusals):
    with tempfile.TemporaryDirectory() as scratch:
        os.chdir(scratch)
        each()
        os.chdir(SOURCE)
finish()
