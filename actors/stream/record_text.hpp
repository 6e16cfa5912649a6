// SPDX-License-Identifier: Apache-2.0
//
// record_text: fields of a record as text and back, by its table: how settings reach options
// structs, and how people are shown a row.
//
// Numbers are read whole and in range; bool as true/false, yes/no, on/off, 1/0; durations as `30s`;
// an empty text empties an optional field.

#pragma once

#include <weir/actors/stream/error.hpp>
#include <weir/actors/stream/record.hpp>

#include <string>
#include <string_view>

namespace weir {

/// Writes `text` into a field of `row`. The error says what was expected; the field is then
/// unchanged.
[[nodiscard]] result<void> write_field(const field_info& field, void* row, std::string_view text);

/// A field as people read it; `-` when it is missing.
[[nodiscard]] std::string read_field(const field_info& field, const void* row);

/// All fields of a row as people read them: `pickup: -, distance: 1.5`.
[[nodiscard]] std::string read_fields(const record_info& table, const void* row);

/// `whole number`, `text`, `duration such as 30s`, ...
[[nodiscard]] std::string word_for(const field_info& field);

} // namespace weir
