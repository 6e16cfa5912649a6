// SPDX-License-Identifier: Apache-2.0
//
// convert: a CSV file becomes an HDF5 file, or the other way round, as the names say.
//
// What can't be read is kept in `<output>.rejects.jsonl` with its position, and does not end the
// conversion unless it is too much. The output is there when it is whole: written beside it and
// renamed, so that a failure or Ctrl-C leaves none.
//
//   return convert("trips.csv", "trips.h5", {.input = {.types = "zip=text"}});

#pragma once

#include <weir/apps/weir/column_file.hpp>

#include <string>

namespace tool {

struct convert_options {
  column_file_options input = {};
  bool overwrites = false;
  double max_reject_ratio = 0.05; ///< Measured after 1,000 rows and at the end.
};

/// Gives the exit code.
[[nodiscard]] int convert(const std::string& from, const std::string& to,
                          const convert_options& options);

} // namespace tool
