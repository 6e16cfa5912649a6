// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/select.hpp>

namespace weir::detail {

constexpr select_table make_select_table() {
  select_table made{};
  for (unsigned byte = 0; byte < 256; ++byte) {
    unsigned next = 0;
    for (unsigned bit = 0; bit < 8; ++bit)
      if ((byte >> bit & 1U) != 0) made.numbers[byte][next++] = static_cast<std::uint8_t>(bit);
  }
  for (unsigned half = 0; half < 16; ++half)
    for (int row = 0; row < 4; ++row) {
      made.moves[half][2 * row] = 2 * made.numbers[half][row];
      made.moves[half][2 * row + 1] = 2 * made.numbers[half][row] + 1;
    }
  return made;
}

constexpr select_table made_at_compile_time = make_select_table();
const select_table selected_of_byte = made_at_compile_time;

} // namespace weir::detail
