// SPDX-License-Identifier: Apache-2.0
//
// hdf5_manifest: files that are whole when they can be seen, and a checksum beside each that is
// checked before reading.
//
// HDF5 reads a flipped byte silently wrong, or crashes on it. So a file is written as `x.h5.part`,
// synced, and published by rename together with `x.h5.xxh3`, which holds its XXH3-128 in the form
// `xxh128sum -c` understands. A process killed at any moment leaves the old file, the new one, or
// none. Blocking calls; safe from any thread for different files.
//
//   x.h5.part ── fsync, hash ──> x.h5.xxh3.part ── fsync ──> rename both ──> fsync the folder
//
//   0123456789abcdef0123456789abcdef  x.h5               the line in x.h5.xxh3

#pragma once

#include <weir/actors/stream/error.hpp>

#include <string>

namespace weir {

/// Where a file lies until it is published.
[[nodiscard]] std::string part_of(const std::string& path);
/// The file with the checksum of `path`.
[[nodiscard]] std::string manifest_of(const std::string& path);

/// Makes `part_of(path)` visible as `path`, with its manifest, durably.
[[nodiscard]] result<void> publish_file(const std::string& path);

/// XXH3-128 of a whole file as 32 hexadecimal digits.
[[nodiscard]] result<std::string> checksum_of(const std::string& path);

enum class checksum_state { matches, missing };
/// Whether the file is what its manifest says: errc::damaged if not, `missing` if there is no
/// manifest.
[[nodiscard]] result<checksum_state> verify_file(const std::string& path);

} // namespace weir
