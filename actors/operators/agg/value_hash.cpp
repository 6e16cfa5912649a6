// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/agg/value_hash.hpp>

#include <xxhash.h>

namespace weir::agg {

std::uint64_t hash_bytes(const void* bytes, std::size_t size) noexcept {
  return XXH3_64bits(bytes, size);
}

std::uint64_t hash_number(std::uint64_t number) noexcept {
  return XXH3_64bits(&number, sizeof number);
}

} // namespace weir::agg
