// SPDX-License-Identifier: Apache-2.0

#include <weir/io/csv_writer.hpp>
#include <weir/io/json_writer.hpp>
#include <weir/io/kafka_encoder.hpp>
#include <weir/io/kafka_record.hpp>

#include <fmt/format.h>

namespace weir {
namespace {

class json_encoder final : public kafka_encoder {
public:
  explicit json_encoder(const record_info& table) : writer_{table} {}
  result<void> append_value(std::string& bytes, const void* row) override {
    writer_.append(bytes, row);
    return {};
  }

private:
  json_writer writer_;
};

class csv_encoder final : public kafka_encoder {
public:
  csv_encoder(const record_info& table, const csv_options& options) : writer_{table, options} {}
  result<void> append_value(std::string& bytes, const void* row) override {
    auto written = writer_.append_row(bytes, row);
    while (bytes.ends_with('\n') || bytes.ends_with('\r')) bytes.pop_back();
    return written;
  }

private:
  csv_writer writer_;
};

class text_encoder final : public kafka_encoder {
public:
  explicit text_encoder(const field_info& field) : field_{&field} {}
  result<void> append_value(std::string& bytes, const void* row) override {
    static_cast<void>(append_kafka_key(bytes, *field_, row));
    return {};
  }

private:
  const field_info* field_;
};

} // namespace

result<std::unique_ptr<kafka_encoder>> make_kafka_encoder(const record_info& table,
                                                          const kafka_options& options) {
  using made = std::unique_ptr<kafka_encoder>;
  if (&table == &record_of<kafka_record>()) return made{};
  switch (options.format) {
    case kafka_format::json: return made{std::make_unique<json_encoder>(table)};
    case kafka_format::text:
      if (table.fields.size() == 1 && is_text(table.fields.front().kind))
        return made{std::make_unique<text_encoder>(table.fields.front())};
      return error{errc::config, fmt::format("format text holds one field of text, but {} has {}: "
                                             "use format json or csv",
                                             table.name, table.fields.size())};
    case kafka_format::csv:
      if (auto checked = dialect_of(options.csv); !checked) return checked.error();
      return made{std::make_unique<csv_encoder>(table, options.csv)};
  }
  return error{errc::config, "unknown format"};
}

result<const field_info*> find_kafka_key(const record_info& table, const kafka_options& options) {
  if (options.key.empty()) return nullptr;
  if (const auto* field = table.find(options.key)) return field;
  std::string known;
  for (const auto& field : table.fields)
    known += fmt::format("{}'{}'", known.empty() ? "" : ", ", field.name);
  return error{errc::config, fmt::format("no field '{}' to key messages by: {} has {}", options.key,
                                         table.name, known)};
}

bool append_kafka_key(std::string& bytes, const field_info& field, const void* row) {
  const void* value = field.value_in(row);
  if (value == nullptr) return false;
  if (field.kind == field_kind::text)
    bytes += *static_cast<const std::string*>(value);
  else if (field.kind == field_kind::text_view)
    bytes += *static_cast<const std::string_view*>(value);
  else
    append_json_value(bytes, field, value);
  return true;
}

} // namespace weir
