// SPDX-License-Identifier: Apache-2.0
//
// origin: where the rows of a batch came from. Holdout splits, rejects, error messages and
// per-partition watermarks stand on it.
//
// A partition is the stem of a file or the partition of a topic. Partitions are interned: two equal
// ones have one address for the life of the process, so an origin is two words and comparing
// partitions is comparing pointers. Memory is bounded by the number of distinct partitions.
// Interning locks; it happens once a file, never a row.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace weir {

/// One ordered part of a source; without a name all of it. Made by `intern_partition` only; lives
/// for ever.
struct partition {
  std::string source; ///< The name of the source: `trips`, `kafka(taxi-trips)`.
  std::string name;   ///< A file's stem, or a topic's partition as text.
  /// Stable over runs and machines, made of `name` alone: the CSV and the HDF5 made of it agree.
  std::uint64_t hash = 0;
};

/// The one partition of these names.
[[nodiscard]] const partition* intern_partition(std::string_view source, std::string_view name);

/// A pseudo-random number that is a pure function of its arguments, on every machine: splits are
/// made of it.
[[nodiscard]] std::uint64_t stable_hash(std::uint64_t partition_hash, std::uint64_t position,
                                        std::uint64_t seed) noexcept;

/// Partition and position (rows parsed before, from 0) of a row. Rows that an operator made up have
/// no partition.
struct origin {
  const weir::partition* partition = nullptr;
  std::uint64_t position = 0;

  friend bool operator==(const origin&, const origin&) = default;
};

/// `source partition@position`, for messages.
[[nodiscard]] std::string to_string(const origin& where);

} // namespace weir
