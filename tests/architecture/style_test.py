# SPDX-License-Identifier: Apache-2.0
"""What clang-format does not check: the SPDX line, 100 columns, `#pragma once`, include groups' spelling."""
import tree

CODE = (".hpp", ".cpp", ".py", ".cmake")
SPDX = "SPDX-License-Identifier: Apache-2.0"


def is_script(path):
    return path.suffix == "" and path.parts[0] in ("scripts", ".ci") or path.name == "CMakeLists.txt"


def problems_of(path):
    lines = tree.read(path).splitlines()
    # Below a script's `#!` line, at the very top of all others.
    head = lines[1:2] if lines and lines[0].startswith("#!") else lines[:1]
    if not (head and head[0].lstrip("/# ") == SPDX):
        yield f"{path}:1: the first line is not `{SPDX}` in a comment"
    if path.suffix == ".hpp" and "#pragma once" not in lines:
        yield f"{path}: no `#pragma once`"
    columns = 120 if path.suffix == ".py" else 100
    for number, line in enumerate(lines, start=1):
        if len(line) > columns and "http" not in line:
            yield f"{path}:{number}: {len(line)} columns, more than {columns}"
        if line != line.rstrip():
            yield f"{path}:{number}: blanks at the end of the line"


def main():
    sources = [path for path in tree.files() if path.suffix in CODE or is_script(path)]
    problems = [problem for path in sources for problem in problems_of(path)]
    tree.finish(problems, f"{len(sources)} files have their SPDX line and keep within the columns")


main()
