# SPDX-License-Identifier: Apache-2.0
"""Includes only go down.

                     apps
              dsl     io     models        never include each other
                    actors                 stream -> state -> operators -> runtime, right may include left

Beside that: CAF is known in actors/runtime alone; heavy third-party headers stay out of headers; what is a
CMake target of its own (HDF5, Kafka) is not included by the rest of io; and every include of ours is
spelt <weir/...>.
"""
import re

import tree

BELOW = {
    "actors/stream": ["actors/stream"],
    "actors/state": ["actors/stream", "actors/state"],
    "actors/operators": ["actors/stream", "actors/state", "actors/operators"],
    "actors/runtime": ["actors"],
    "dsl": ["actors", "dsl"],
    "io": ["actors", "io"],
    "models": ["actors", "models"],
    "apps": ["actors", "dsl", "io", "models", "apps"],
}

# They cost every file that includes them a second or more, or bring macros along.
ONLY_IN_CPP = re.compile(
    r"Eigen/|librdkafka/|hdf5|H5|simdjson|toml\+\+/|CLI/|boost/(asio|beast|json)|spdlog/|xxhash")
NOT_IN_PRODUCT = re.compile(r"gtest/|gmock/|rapidcheck|benchmark/|caf/all\.hpp")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


def lies_in(path, folder):
    return path == folder or path.startswith(folder + "/")


def layer_of(path):
    return next((layer for layer in BELOW if lies_in(path, layer)), None)


def technology_of(path):
    """hdf5 or kafka, for the files of io that are targets of their own."""
    found = re.match(r"io/(?:.*/)?(hdf5|kafka)_", path)
    return found and found[1]


def problem_with(path, quote, header):
    """Why the file at `path` must not include `header`, or None."""
    layer = layer_of(path)
    if quote == '"':
        return "spell it <weir/...>"
    if header.startswith("weir/"):
        target = header.removeprefix("weir/")
        if not any(lies_in(target, folder) for folder in BELOW[layer]):
            return f"{layer} may only include {', '.join(BELOW[layer])}"
        if layer == "io" and technology_of(target) not in (None, technology_of(path)):
            return "HDF5 and Kafka are targets of their own"
        return None
    if header.startswith("caf/") and layer != "actors/runtime":
        return "only actors/runtime knows CAF"
    if NOT_IN_PRODUCT.match(header):
        return "not in product code"
    if path.endswith(".hpp") and ONLY_IN_CPP.match(header):
        return "only in .cpp files"
    return None


def main():
    problems = []
    sources = [path.as_posix() for path in tree.files(".hpp", ".cpp", below=tree.LAYERS)]
    for path in sources:
        if layer_of(path) is None:
            problems.append(f"{path}: in no layer; the folders are {', '.join(BELOW)}")
            continue
        for quote, header in INCLUDE.findall(tree.read(path)):
            why = problem_with(path, quote, header)
            if why:
                problems.append(f"{path}: includes {header}: {why}")
    tree.finish(problems, f"{len(sources)} files include downwards only")


main()
