// SPDX-License-Identifier: Apache-2.0
//
// text: how numbers and names are shown to people, and which name somebody may have meant. Pure
// functions.
//
//   grouped(1234567) -> `1,234,567`   short_number(2.1e6) -> `2.1M`   counted(2, "row") -> `2 rows`

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

[[nodiscard]] std::string grouped(std::uint64_t number);
[[nodiscard]] std::string short_number(double number);
/// In bytes, KiB, MiB or GiB.
[[nodiscard]] std::string short_bytes(std::uint64_t bytes);
/// `256MiB`, `1.5GiB`, `64 kB`, `4096`; nothing where it is no size.
[[nodiscard]] std::optional<std::uint64_t> parse_bytes(std::string_view text);
[[nodiscard]] std::string counted(std::uint64_t number, std::string_view what);

/// Columns on a terminal: UTF-8 code points.
[[nodiscard]] std::size_t shown_width(std::string_view text) noexcept;

/// A type's name as people write it: `std::string`, not what stands behind it.
[[nodiscard]] std::string type_word(std::string name);

/// The environment's name of a setting: `WEIR_CSV_DELIMITER` of `csv.delimiter`.
[[nodiscard]] std::string variable_of(std::string_view key);

/// The known name nearest to `wanted` (edits of one letter, swaps counted as one), if it is near
/// enough to be meant.
[[nodiscard]] std::optional<std::string> nearest(std::string_view wanted,
                                                 const std::vector<std::string>& known);

/// `; did you mean 'history'?`, or nothing.
[[nodiscard]] std::string suggestion(std::string_view wanted,
                                     const std::vector<std::string>& known);

/// With quotes, backslashes and control characters escaped, in quotes; bytes that are no UTF-8
/// replaced.
[[nodiscard]] std::string json_text(std::string_view text);

} // namespace weir
