// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/state/key.hpp>

#include <xxhash.h>

namespace weir::detail {

std::uint64_t hash_long_text(std::string_view text) noexcept {
  return XXH3_64bits(text.data(), text.size());
}

} // namespace weir::detail
