// SPDX-License-Identifier: Apache-2.0
//
// kafka_encoder: writes a row as the payload of a message, and its key field as the key, by the
// record's table and the topic's format. Used by one thread.
//
//   auto encoder = make_kafka_encoder(record_of<quote>(), options);
//   (*encoder)->append_value(bytes, &row);

#pragma once

#include <weir/actors/stream/error.hpp>
#include <weir/actors/stream/record.hpp>
#include <weir/io/kafka_options.hpp>

#include <memory>
#include <string>

namespace weir {

class kafka_encoder {
public:
  virtual ~kafka_encoder() = default;
  /// Fails only for a row the format can't hold.
  [[nodiscard]] virtual result<void> append_value(std::string& bytes, const void* row) = 0;
};

/// errc::config when the format can't hold the record.
[[nodiscard]] result<std::unique_ptr<kafka_encoder>>
make_kafka_encoder(const record_info& table, const kafka_options& options);

/// The field messages are keyed by; nullptr for none. errc::config when the record has no such
/// field.
[[nodiscard]] result<const field_info*> find_kafka_key(const record_info& table,
                                                       const kafka_options& options);

/// Appends a field's value as a key: text as it is, everything else as JSON writes it. False: the
/// value is missing.
[[nodiscard]] bool append_kafka_key(std::string& bytes, const field_info& field, const void* row);

} // namespace weir
