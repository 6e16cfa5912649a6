# SPDX-License-Identifier: Apache-2.0
"""What the documentation shows, compiles.

Before every ```cpp block of README.md, CONTRIBUTING.md and docs/ stands where its text is compiled:

    <!-- snippet: apps/hello/hello.cpp#main -->

and the block is, byte for byte, what lies in that file between the lines `// [main]` and `// [/main]`
(moved left as far as the region's first line is indented). Without `#name` it is the whole file.
"""
import re

import tree

MARKER = re.compile(r"^\s*<!-- snippet: ([^\s#]+)(?:#(\S+))? -->\s*$")
# What the build compiles: by name and place.
COMPILED = re.compile(r"(actors|dsl|io|models|apps|bench|tests/support|tests/install)/.*\.[ch]pp|tests/.*_test\.cpp")


def region_of(text, name):
    """The lines between the marks, or None where there are no such marks."""
    lines = text.splitlines()
    if name is None:
        return lines
    stripped = [line.strip() for line in lines]
    opening, closing = f"// [{name}]", f"// [/{name}]"
    if stripped.count(opening) != 1 or stripped.count(closing) != 1:
        return None
    region = lines[stripped.index(opening) + 1:stripped.index(closing)]
    indent = len(region[0]) - len(region[0].lstrip()) if region else 0
    return [line[indent:] if not line[:indent].strip() else line for line in region]


def blocks_of(lines):
    """(line number, marker line or "", block) of every fenced C++ block."""
    marker, start = "", None
    for number, line in enumerate(lines, start=1):
        fence = line.strip()
        if start is None and re.fullmatch(r"```\s*(cpp|c\+\+|cc|cxx)\b.*", fence, re.IGNORECASE):
            start = number
        elif start is not None and fence == "```":
            yield start, marker, lines[start:number - 1]
            marker, start = "", None
        elif start is None and fence:
            marker = line  # the last line before the block that is not empty


def problem_of(marker, block):
    named = MARKER.match(marker)
    if not named:
        return "no `<!-- snippet: file#region -->` before this C++ block"
    path, name = named.groups()
    if not (tree.SOURCE_DIR / path).is_file():
        return f"{path} does not exist"
    if not COMPILED.fullmatch(path):
        return f"{path} is not compiled by the build"
    region = region_of(tree.read(path), name)
    if region is None:
        return f"{path} has no one region `// [{name}]` ... `// [/{name}]`"
    if region != block:
        differing = next((pair for pair in zip(block, region) if pair[0] != pair[1]), None)
        what = f"shows {differing[0]!r}, compiled is {differing[1]!r}" if differing else \
            f"shows {len(block)} lines, compiled are {len(region)}"
        return f"differs from {path}#{name}: {what}"
    return None


def main():
    problems, count = [], 0
    for path in tree.files(".md", below=("README.md", "CONTRIBUTING.md", "docs")):
        for line, marker, block in blocks_of(tree.read(path).splitlines()):
            count += 1
            problem = problem_of(marker, block)
            if problem:
                problems.append(f"{path}:{line}: {problem}")
    tree.finish(problems, f"{count} C++ blocks are shown as they are compiled")


main()
