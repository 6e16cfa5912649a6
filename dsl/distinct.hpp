// SPDX-License-Identifier: Apache-2.0
//
// distinct: each row once, by all that is in it: `dedup` with the row as its own key.
//
//   trips | map(zone_of) | distinct() | to(console())

#pragma once

#include <weir/actors/operators/dedup.hpp>
#include <weir/dsl/key_by.hpp>

#include <functional>

namespace weir {

class distinct_adaptor {
public:
  explicit distinct_adaptor(process_options options) : options_{options} {}

  template <class T>
  auto attach(const stream<T>& rows) const {
    constexpr bool is_key = key<T> && key_owns_text<owned_key<T>>;
    static_assert(is_key, "weir: distinct compares whole rows, so they must be numbers, bools, "
                          "enums, times, text they own, or described structs of these");
    if constexpr (is_key)
      return rows | key_by(std::identity{}) | dedup(options_).named("distinct");
    else
      return refused{};
  }

private:
  process_options options_;
};

/// Passes each row once; with a ttl, again when it did not come for so long in event time.
[[nodiscard]] inline distinct_adaptor distinct(process_options options = {}) {
  return distinct_adaptor{options};
}

} // namespace weir
