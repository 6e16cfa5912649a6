// SPDX-License-Identifier: Apache-2.0
//
// json_lines: JSON Lines for every source of lines: a parser that makes a record of each line, by
// the record's table, as json_reader.hpp says. Records own their text.
//
//   app.from(lines("tweets-*.jsonl", json_lines<tweet>())) | ...
//   app.from(tcp_lines(":9000", json_lines<tweet>())) | ...

#pragma once

#include <weir/actors/stream/error.hpp>
#include <weir/io/json_reader.hpp>

#include <concepts>
#include <memory>
#include <string_view>
#include <utility>

namespace weir {

/// A line_parser. Copies share nothing that is written.
template <tabular T>
class json_line_parser {
public:
  explicit json_line_parser(record_info table)
      : table_{std::make_shared<const record_info>(std::move(table))}, reader_{*table_} {}
  json_line_parser(const json_line_parser& other) : table_{other.table_}, reader_{*table_} {}
  json_line_parser(json_line_parser&&) noexcept = default;

  [[nodiscard]] result<T> operator()(std::string_view line) {
    T made{};
    if (!reader_.read(line, &made)) return error{errc::failed, reader_.reason()};
    return made;
  }

private:
  std::shared_ptr<const record_info> table_;
  json_reader reader_;
};

/// Makes records of T of lines. `table`: T's, or what was made of it, with other names for its
/// fields or without some of them, which then keep their defaults.
template <class T>
[[nodiscard]] auto json_lines(record_info table = record_of<T>()) {
  static_assert(!borrows<T>, "weir: json_lines makes records that own their text, as what stands "
                             "in JSON is not always what it means: use std::string in them");
  return json_line_parser<T>{std::move(table)};
}

} // namespace weir
