// SPDX-License-Identifier: Apache-2.0

#include <weir/io/csv_line.hpp>
#include <weir/io/json_reader.hpp>
#include <weir/io/kafka_decoder.hpp>
#include <weir/io/kafka_record.hpp>

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>
#include <simdjson.h>

#include <algorithm>
#include <cstring>

namespace weir {
namespace {

constexpr std::string_view tombstone = "tombstone";

char* copy(std::string_view text, char* to, std::string_view& copied) {
  std::memcpy(to, text.data(), text.size());
  copied = {to, text.size()};
  return to + text.size();
}

class json_decoder final : public kafka_decoder {
public:
  explicit json_decoder(const record_info& table) : reader_{table} {}

  std::size_t text_bound(const kafka_message& message) override {
    return message.value ? message.value->size() + json_reader::text_slack : 0;
  }
  bool decode(const kafka_message& message, void* row, char*& text) override {
    is_tombstone_ = !message.value;
    return !is_tombstone_ && reader_.read(*message.value, row, text);
  }
  std::string_view reason() const override {
    if (is_tombstone_) return tombstone;
    if (reader_.reason() == json_reader::no_object)
      return "not a JSON object; for lines of CSV set kafka.format=csv";
    return reader_.reason();
  }

private:
  json_reader reader_;
  bool is_tombstone_ = false;
};

class csv_decoder final : public kafka_decoder {
public:
  explicit csv_decoder(csv_line line) : line_{std::move(line)} {}

  std::size_t text_bound(const kafka_message& message) override {
    return message.value ? message.value->size() : 0;
  }
  bool decode(const kafka_message& message, void* row, char*& text) override {
    is_tombstone_ = !message.value;
    return !is_tombstone_ && line_.read(*message.value, row, text);
  }
  std::string_view reason() const override {
    return is_tombstone_ ? tombstone : std::string_view{line_.reason()};
  }

private:
  csv_line line_;
  bool is_tombstone_ = false;
};

/// The payload is the only field, or a number, time, ... written as text.
class text_decoder final : public kafka_decoder {
public:
  explicit text_decoder(const field_info& field) : field_{&field} {}

  std::size_t text_bound(const kafka_message& message) override {
    return message.value ? message.value->size() : 0;
  }
  bool decode(const kafka_message& message, void* row, char*& text) override {
    if (!message.value) return fail(tombstone);
    if (message.value->size() > max_row_bytes) return fail("longer than a row may be");
    if (!simdjson::validate_utf8(message.value->data(), message.value->size()))
      return fail("not valid UTF-8");
    void* to = field_->value_for_writing(row);
    if (field_->kind == field_kind::text)
      static_cast<std::string*>(to)->assign(*message.value);
    else
      text = copy(*message.value, text, *static_cast<std::string_view*>(to));
    return true;
  }
  std::string_view reason() const override { return reason_; }

private:
  bool fail(std::string_view reason) {
    reason_ = reason;
    return false;
  }

  const field_info* field_;
  std::string_view reason_;
};

class record_decoder final : public kafka_decoder {
public:
  std::size_t text_bound(const kafka_message& message) override {
    collect_headers(message);
    return (message.key ? message.key->size() : 0) + (message.value ? message.value->size() : 0)
           + headers_.size();
  }
  bool decode(const kafka_message& message, void* row, char*& text) override {
    auto& to = *static_cast<kafka_record*>(row);
    to.topic = message.topic;
    to.partition = message.partition;
    to.offset = message.offset;
    const auto ms = rd_kafka_message_timestamp(message.raw, nullptr);
    to.time = timestamp{std::chrono::milliseconds{std::max<std::int64_t>(ms, 0)}};
    to.key.reset();
    to.value.reset();
    if (message.key) text = copy(*message.key, text, to.key.emplace());
    if (message.value) text = copy(*message.value, text, to.value.emplace());
    text = copy(headers_, text, to.headers);
    return true;
  }
  std::string_view reason() const override { return {}; }

private:
  void collect_headers(const kafka_message& message) {
    headers_.clear();
    rd_kafka_headers_t* all = nullptr;
    if (rd_kafka_message_headers(message.raw, &all) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    for (std::size_t i = 0;
         rd_kafka_header_get_all(all, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i)
      add_kafka_header(headers_, name, {static_cast<const char*>(value), value ? size : 0});
  }

  std::string headers_; // of the message text_bound was asked for
};

} // namespace

result<std::unique_ptr<kafka_decoder>> make_kafka_decoder(const record_info& table,
                                                          const kafka_options& options) {
  using made = std::unique_ptr<kafka_decoder>;
  if (&table == &record_of<kafka_record>()) return made{std::make_unique<record_decoder>()};
  switch (options.format) {
    case kafka_format::json: return made{std::make_unique<json_decoder>(table)};
    case kafka_format::text:
      if (table.fields.size() == 1 && is_text(table.fields.front().kind))
        return made{std::make_unique<text_decoder>(table.fields.front())};
      return error{errc::config, fmt::format("format text holds one field of text, but {} has {}: "
                                             "use format json or csv",
                                             table.name, table.fields.size())};
    case kafka_format::csv: {
      auto line = csv_line::make(table, options.csv);
      if (!line) return line.error();
      return made{std::make_unique<csv_decoder>(*std::move(line))};
    }
  }
  return error{errc::config, "unknown format"};
}

} // namespace weir
