// SPDX-License-Identifier: Apache-2.0
//
// kafka_record: a message as it is: key, payload, headers and where it stood. As a row type of
// `kafka` nothing is parsed and nothing rejected, tombstones (messages without payload) included;
// sent, key, payload, headers and time are written as they are. Its text lives as long as its
// batch.
//
//   app.from(kafka<kafka_record>("trips"))
//     | filter([](const kafka_record& m) { return m.header("trace") == "on"; })

#pragma once

#include <weir/actors/stream/record.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir {

struct kafka_record {
  std::string_view topic;
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  timestamp time; ///< When it was created, or appended, as the topic says; 1970 if it has none.
  std::optional<std::string_view> key;
  std::optional<std::string_view> value; ///< Empty: a tombstone.
  /// All headers: for each its name, then its value, both with their length before them. See
  /// `header`.
  std::string_view headers;

  /// The value of the last header of this name.
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const noexcept;
};
BOOST_DESCRIBE_STRUCT(kafka_record, (), (topic, partition, offset, time, key, value, headers))

/// Appends a header to the text of `kafka_record::headers`.
void add_kafka_header(std::string& headers, std::string_view name, std::string_view value);

/// Takes the first header off; false when there is none left.
[[nodiscard]] bool take_kafka_header(std::string_view& headers, std::string_view& name,
                                     std::string_view& value) noexcept;

} // namespace weir
