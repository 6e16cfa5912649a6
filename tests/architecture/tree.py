# SPDX-License-Identifier: Apache-2.0
"""What the tests in this folder share: the files of the tree, and how a test ends."""
import os
import subprocess
import sys
from pathlib import Path

SOURCE_DIR = Path(os.environ.get("WEIR_SOURCE_DIR", Path(__file__).resolve().parents[2]))
LAYERS = ("actors", "dsl", "io", "models", "apps")


def files(*suffixes, below=(".",)):
    """The files of the tree with one of these suffixes, relative to its root: what git knows or would add."""
    listed = subprocess.run(
        ["git", "-C", SOURCE_DIR, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *below],
        stdout=subprocess.PIPE, check=False)
    if listed.returncode == 0:
        found = (Path(name) for name in listed.stdout.decode().split("\0") if name)
    else:  # an unpacked archive
        found = (path.relative_to(SOURCE_DIR) for path in SOURCE_DIR.rglob("*")
                 if "build" not in path.relative_to(SOURCE_DIR).parts)
    return sorted(path for path in found
                  if (not suffixes or path.suffix in suffixes) and (SOURCE_DIR / path).is_file())


def read(path):
    return (SOURCE_DIR / path).read_text(encoding="utf-8")


def finish(problems, summary):
    """Ends the test: prints every problem, or in one line what was checked."""
    for problem in problems:
        print(problem)
    if not problems:
        print(summary)
    sys.exit(1 if problems else 0)
