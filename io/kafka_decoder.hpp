// SPDX-License-Identifier: Apache-2.0
//
// kafka_decoder: makes a row of a message, by the record's table and the topic's format. Used by
// one thread.
//
//   auto decoder = make_kafka_decoder(record_of<trip>(), options);
//   if (!(*decoder)->decode(message, &row, text)) divert(message, (*decoder)->reason());

#pragma once

#include <weir/actors/stream/error.hpp>
#include <weir/actors/stream/record.hpp>
#include <weir/io/kafka_options.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct rd_kafka_message_s;

namespace weir {

/// A message that was fetched. What is dear to get is asked for when needed.
struct kafka_message {
  std::optional<std::string_view> value;
  std::optional<std::string_view> key;
  std::string_view topic; ///< Lives for ever.
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  rd_kafka_message_s* raw = nullptr;
};

class kafka_decoder {
public:
  virtual ~kafka_decoder() = default;

  /// Bytes that must be free behind `text` for this message.
  [[nodiscard]] virtual std::size_t text_bound(const kafka_message& message) = 0;
  /// Fills all fields of `row`; text it borrows is written to `text`, which moves on. False:
  /// rejected, see `reason`.
  [[nodiscard]] virtual bool decode(const kafka_message& message, void* row, char*& text) = 0;
  [[nodiscard]] virtual std::string_view reason() const = 0;
};

/// errc::config when the format can't hold the record.
[[nodiscard]] result<std::unique_ptr<kafka_decoder>>
make_kafka_decoder(const record_info& table, const kafka_options& options);

} // namespace weir
