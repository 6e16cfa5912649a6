// SPDX-License-Identifier: Apache-2.0
//
// console: shows rows of any record on stdout: an aligned table for a person, JSON Lines for a
// pipe.
//
// Rows are written when the batch that brought them is, in whole lines, so that a live stream shows
// at once. A table that is wider than the terminal shows each row as a block of `name value` lines,
// where a text of several lines stands on as many. Other control characters in text never reach the
// terminal. In JSON, NaN and infinity are null, times
// ISO 8601, enums by name, fields of nested records dotted.
//
//   reports | to(console());
//   answers | to(console({.format = console_format::json}));
//
//   distance  passengers  pickup {"distance":2.5,"passengers":null,"pickup":"2021-01-01T00:30:10Z"}
//   2.5                   2021-01-01T00:30:10Z

#pragma once

#include <weir/actors/operators/spec.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

namespace weir {

/// `automatic`: a table on a terminal, JSON Lines elsewhere.
enum class console_format { automatic, table, json };
BOOST_DESCRIBE_ENUM(console_format, automatic, table, json)

/// `automatic`: on a terminal, unless the environment says NO_COLOR.
enum class console_color { automatic, always, never };
BOOST_DESCRIBE_ENUM(console_color, automatic, always, never)

/// `automatic`: a row of a table is a line, or a block where lines would be wider than the
/// terminal.
enum class console_layout { automatic, blocks };
BOOST_DESCRIBE_ENUM(console_layout, automatic, blocks)

struct console_options {
  console_format format = console_format::automatic;
  console_color color = console_color::automatic;
  /// Of a table; JSON Lines have none.
  console_layout layout = console_layout::automatic;
  /// Columns of the terminal; 0: ask it.
  int width = 0;
  /// Characters of a text shown in a table, at most.
  int text_width = 60;
  /// The file descriptor written to: stdout.
  int file = 1;
};
BOOST_DESCRIBE_STRUCT(console_options, (), (format, color, layout, width, text_width, file))

/// The console for rows of one type; made by `console().bind<T>()`.
template <tabular T>
class bound_console;

/// A sink for rows of any record.
class console {
public:
  explicit console(console_options options = {})
      : options_{std::make_shared<console_options>(options)} {}

  template <weir::row T>
  [[nodiscard]] auto bind() const {
    static_assert(tabular<T>, "weir: console() shows records: put BOOST_DESCRIBE_STRUCT(type, (), "
                              "(fields...)) beside the row type, or map the rows to a record");
    if constexpr (tabular<T>) return bound_console<T>{options_};
  }

private:
  std::shared_ptr<console_options> options_;
};

/// The sink itself, for a row type with a table.
[[nodiscard]] std::unique_ptr<any_sink> make_console_sink(const row_type& rows,
                                                          const console_options& options);

template <tabular T>
class bound_console {
public:
  using row = T;

  explicit bound_console(std::shared_ptr<console_options> options) : options_{std::move(options)} {}

  [[nodiscard]] std::string describe() const { return "console"; }
  [[nodiscard]] options_ref options() const { return make_options_ref(options_); }
  [[nodiscard]] result<std::unique_ptr<any_sink>> make() const {
    return make_console_sink(row_type_of<T>(), *options_);
  }

private:
  std::shared_ptr<console_options> options_;
};

} // namespace weir
