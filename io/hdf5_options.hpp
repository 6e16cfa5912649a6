// SPDX-License-Identifier: Apache-2.0
//
// hdf5_options: how columns lie in HDF5 files. Source and sink take the same options, so that what
// one writes the other reads. Every field has a default that works.

#pragma once

#include <boost/describe.hpp>

#include <cstdint>
#include <string>

namespace weir {

/// What `hdf5` may be told.
struct hdf5_options {
  /// The group that holds the columns.
  std::string group = "/";
  /// Unit of whole numbers read as time or duration that have no attribute `unit`: `s`, `ms`, `us`
  /// or `ns`. Empty: such a column is refused, because a guess would be wrong by a factor of a
  /// thousand.
  std::string time_unit = {};
  /// Deflate level of what is written, 1 to 9; 0: not compressed.
  std::uint32_t deflate = 1;
  /// Rows of a chunk that is written, and of a block that is read from files without chunks.
  std::uint32_t chunk_rows = 65'536;
};
BOOST_DESCRIBE_STRUCT(hdf5_options, (), (group, time_unit, deflate, chunk_rows))

} // namespace weir
