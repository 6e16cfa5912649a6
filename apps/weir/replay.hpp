// SPDX-License-Identifier: Apache-2.0
//
// replay: sends the rows of a file to a Kafka topic at a given pace, as if they happened now.
//
// A message is a line of the file as it stands or, by `as_json`, a row as a JSON object whose
// values have the kinds that were inferred (column_file.hpp), also of an HDF5 file. Ctrl-C ends it
// after what was taken is delivered.
//
//   return replay("trips.csv", "kafka://localhost:9092/taxi-trips", {.rate = 2000});

#pragma once

#include <weir/apps/weir/column_file.hpp>

#include <string>

namespace tool {

struct replay_options {
  double rate = 1000; ///< Rows a second at most.
  bool as_json = false;
  bool has_header = true;         ///< Without JSON: the first line is no row.
  column_file_options input = {}; ///< With JSON.
};

/// Gives the exit code.
[[nodiscard]] int replay(const std::string& file, const std::string& topic,
                         const replay_options& options);

} // namespace tool
