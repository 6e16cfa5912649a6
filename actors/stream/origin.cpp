// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/stream/origin.hpp>

#include <xxhash.h>

#include <map>
#include <memory>
#include <mutex>
#include <utility>

namespace weir {

const partition* intern_partition(std::string_view source, std::string_view name) {
  static std::mutex mutex;
  static std::map<std::pair<std::string, std::string>, std::unique_ptr<partition>> all;
  const std::lock_guard lock{mutex};
  auto& found = all[{std::string{source}, std::string{name}}];
  if (!found)
    found = std::make_unique<partition>(
        partition{std::string{source}, std::string{name}, XXH3_64bits(name.data(), name.size())});
  return found.get();
}

// The finaliser of splitmix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators,
// 2014), applied to each argument in turn.
std::uint64_t stable_hash(std::uint64_t partition_hash, std::uint64_t position,
                          std::uint64_t seed) noexcept {
  auto mix = [](std::uint64_t x) {
    x += 0x9e3779b97f4a7c15U;
    x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9U;
    x = (x ^ (x >> 27U)) * 0x94d049bb133111ebU;
    return x ^ (x >> 31U);
  };
  return mix(mix(mix(partition_hash) ^ position) ^ seed);
}

std::string to_string(const origin& where) {
  if (where.partition == nullptr) return "row " + std::to_string(where.position);
  return where.partition->source + " " + where.partition->name + "@"
         + std::to_string(where.position);
}

} // namespace weir
