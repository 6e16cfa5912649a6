// SPDX-License-Identifier: Apache-2.0
//
// kafka_parsed: makes rows of messages by a parser, the same that sources of lines take
// (line_rows.hpp): what it refuses is rejected with its reason, and so is a tombstone. Made by
// `kafka<T>(topic).parsed_by(parse)`. Text that rows borrow is copied once, for their batch.

#pragma once

#include <weir/actors/stream/credit.hpp>
#include <weir/io/kafka_decoder.hpp>
#include <weir/io/line_rows.hpp>

#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace weir::detail {

template <row T, line_parser Parse>
class parsing_decoder final : public kafka_decoder {
public:
  explicit parsing_decoder(Parse parse) : parse_{std::move(parse)} {}

  std::size_t text_bound(const kafka_message& message) override {
    return borrows<T> && message.value ? message.value->size() : 0;
  }
  bool decode(const kafka_message& message, void* row, char*& text) override {
    if (!message.value) return fail("tombstone");
    if (message.value->size() > max_row_bytes) return fail("longer than a row may be");
    auto made = parse_(kept(*message.value, text));
    if (!made) return fail(std::move(made).error().message);
    *static_cast<T*>(row) = *std::move(made);
    return true;
  }
  std::string_view reason() const override { return reason_; }

private:
  bool fail(std::string why) {
    reason_ = std::move(why);
    return false;
  }
  static std::string_view kept(std::string_view value, char*& text) {
    if constexpr (borrows<T>) {
      std::memcpy(text, value.data(), value.size());
      value = {std::exchange(text, text + value.size()), value.size()};
    }
    return value;
  }

  Parse parse_;
  std::string reason_;
};

} // namespace weir::detail
