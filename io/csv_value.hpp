// SPDX-License-Identifier: Apache-2.0
//
// csv_value: one field of text to one value of a record's field, and back; the general case, and
// the words for what is wrong with a field. Used by the row plan (csv_plan.hpp) for what its fast
// readers leave, and by the sink. Pure.
//
// Numbers are strict: the whole field, in the range of its type. Taken as well: blanks around what
// is no text, a leading
// `+`, and `1.0` for an integer, because counts come out of data frames that way.

#pragma once

#include <weir/actors/stream/record.hpp>

#include <string>
#include <string_view>

namespace weir {

/// Writes the value of `text` into `field` of `row`; false: it is none. `text` must outlive a
/// std::string_view field.
[[nodiscard]] bool read_csv_value(const field_info& field, std::string_view text, void* row);

/// Why `read_csv_value` refused it: `column 'distance': 'abc' is no number`.
[[nodiscard]] std::string explain_csv_value(const field_info& field, std::string_view column,
                                            std::string_view text);

/// Appends the value of `field` in `row`, so that `read_csv_value` gives the same again; nothing
/// when it is missing. The text may need quotes.
void append_csv_value(std::string& out, const field_info& field, const void* row);

/// The names of an enum for messages, the first eight of them.
[[nodiscard]] std::string list_names(const enum_info& values);

/// Text that may be kept: UTF-8 without NUL.
[[nodiscard]] bool is_clean_text(std::string_view text) noexcept;

/// The text in single quotes, shortened and with control characters escaped, for messages.
[[nodiscard]] std::string quoted_for_message(std::string_view text);

} // namespace weir
