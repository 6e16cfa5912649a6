# SPDX-License-Identifier: Apache-2.0
"""word_count on all tweets and all Korean reviews: the known counts, and all others against another counter."""
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from programs import SOURCE, expect, finish, run  # noqa: E402
from words import count, jsonl, shown, top, tsv, written  # noqa: E402

DATA = os.path.join(os.environ.get("WEIR_DATA", os.path.join(SOURCE, "..", "shared", "data")), "text")
TWEETS = os.path.join(DATA, "airline_tweets_stream.jsonl")
REVIEWS = os.path.join(DATA, "nsmc_reviews_ko.tsv")
FAVOURITES = [("", "to", 8489), ("", "the", 5746), ("", "I", 5027), ("", "a", 4341), ("", "for", 3901)]


def check(name, posts, *words, seconds=None):
    with tempfile.TemporaryDirectory() as scratch:
        code, out, talk = run("word_count", *words, "--output", "csv:counts.csv", cwd=scratch)
        expect(f"{name}: reads all lines: {code} {talk}",
               code == 0 and f"lines: {len(posts):,} rows" in talk and "rejected" not in talk and "late" not in talk)
        counts, rows = written(os.path.join(scratch, "counts.csv"))
    expected = count(posts, seconds)
    expect(f"{name}: writes each word once", rows == len(expected))
    expect(f"{name}: counts as another counter does", counts == expected)
    expect(f"{name}: shows the most frequent words", shown(out) == top(expected, 5))
    return counts, shown(out)


tweets = [(row["created_at"], row["text"]) for row in jsonl(TWEETS)]
counts, favourites = check("tweets", tweets, "--input", TWEETS, "--field", "text")
expect(f"knows the favourites: {favourites}", favourites == FAVOURITES)
expect("finds all words", sum(counts.values()) == 256_706 and len(counts) == 29_842 and len(tweets) == 14_522)
check("tweets by time", tweets, "--input", TWEETS, "--field", "text", "--time", "created_at", "--window", "10s",
      seconds=10)
with tempfile.TemporaryDirectory() as scratch:
    code, out, talk = run("word_count", "--input", TWEETS, "--field", "text", "--state-memory", "1MiB", "--output",
                          "csv:counts.csv", cwd=scratch)
    expect(f"says that the words do not fit into 1 MiB: {code} {talk}",
           code == 1 and "the windows of 'count' do not fit into memory" in talk
           and "its share of --state-memory is" in talk)
    expect("shows and writes nothing then", out == "" and os.listdir(scratch) == [])

header, *rows = tsv(REVIEWS)
reviews = [("", row[header.index("review")]) for row in rows]
counts, _ = check("reviews", reviews, "--input", REVIEWS, "--field", "review")
expect("finds all Korean words", counts[("", "영화")] == 2980 and len(counts) == 122_260)
finish()
