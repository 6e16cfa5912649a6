# SPDX-License-Identifier: Apache-2.0
"""A misuse must be a compile error in our words.

    compile_fail.py COMPILER INCLUDE_DIR FILE

The file's first lines name the sentences the compiler must say, one or several:

    // SPDX-License-Identifier: Apache-2.0
    // expect: learn needs a label

With `only:` in place of `expect:` it must be the one error: nothing that follows from the misuse is told.
Where the file mentions WEIR_EXPECT_OK, it must also compile once that is defined: the misuse is then the
only thing wrong with it, so the test can't pass because of a typo.
"""
import re
import subprocess
import sys


def compile_only(compiler, include_dir, path, *more):
    command = [compiler, "-std=c++20", "-fsyntax-only", "-fno-diagnostics-show-caret", "-I", include_dir, *more, path]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return done.returncode == 0, done.stdout


def words(text):
    """Line breaks and runs of blanks do not matter in a sentence."""
    return " ".join(text.split())


def main():
    compiler, include_dir, path = sys.argv[1:]
    with open(path, encoding="utf-8") as file:
        text = file.read()
    only = re.findall(r"^// only: (.+)$", text, re.MULTILINE)
    expected = only + re.findall(r"^// expect: (.+)$", text, re.MULTILINE)
    if not expected:
        return f"{path}: no `// expect: <sentence>` or `// only: <sentence>` line"

    compiles, output = compile_only(compiler, include_dir, path)
    if compiles:
        return f"{path}: compiles, but should be refused with: {expected}"
    missing = [sentence for sentence in expected if words(sentence) not in words(output)]
    if missing:
        return f"{path}: the compiler does not say {missing}, but:\n{output}"

    errors = re.findall(r"^.*\berror: .*$", output, re.MULTILINE)
    if only and len(errors) > 1:
        return f"{path}: the compiler says more than {only}: {errors}"

    if "WEIR_EXPECT_OK" in text:
        compiles, output = compile_only(compiler, include_dir, path, "-DWEIR_EXPECT_OK")
        if not compiles:
            return f"{path}: does not compile with WEIR_EXPECT_OK either:\n{output}"
    return 0


if __name__ == "__main__":
    sys.exit(main())
