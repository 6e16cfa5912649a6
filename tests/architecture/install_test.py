# SPDX-License-Identifier: Apache-2.0
"""A program outside the tree builds with find_package(weir CONFIG) and runs.

Installs this build into an empty prefix, moves the prefix (an installed package must not care where it
lies), and builds tests/install against it.
"""
import os
import shutil
import subprocess
import sys
from pathlib import Path

SOURCE_DIR = Path(os.environ["WEIR_SOURCE_DIR"])
BUILD_DIR = Path(os.environ["WEIR_BUILD_DIR"])
WORK = BUILD_DIR / "install_test"


def run(*command):
    print("+", *command, flush=True)
    subprocess.run([str(word) for word in command], check=True)


def main():
    shutil.rmtree(WORK, ignore_errors=True)
    run("cmake", "--install", BUILD_DIR, "--prefix", WORK / "first")
    prefix = (WORK / "first").rename(WORK / "prefix")

    for file in (prefix / "lib").rglob("*.cmake"):
        for line in file.read_text(encoding="utf-8").splitlines():
            if str(BUILD_DIR) in line or f"{SOURCE_DIR}/" in line:
                sys.exit(f"{file} names a directory of this build: {line}")

    flags = "-fsanitize=address,undefined" if os.environ.get("WEIR_SANITIZE") == "ON" else ""
    run("cmake", "-S", SOURCE_DIR / "tests/install", "-B", WORK / "build", "-G", "Ninja",
        f"-DCMAKE_PREFIX_PATH={prefix}", f"-DCMAKE_CXX_FLAGS={flags}")
    run("cmake", "--build", WORK / "build")
    run(WORK / "build/outside")


try:
    main()
except subprocess.CalledProcessError as failed:
    sys.exit(f"failed with {failed.returncode}")
