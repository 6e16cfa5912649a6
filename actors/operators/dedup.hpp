// SPDX-License-Identifier: Apache-2.0
//
// dedup: the first row of each key; those that follow are dropped.
//
// With a ttl a key is forgotten that did not come for so long (event time), and passes again when
// it comes back. Without one, memory grows with the number of keys: see --state. What passes keeps
// its order, origin and event time.
//
//   orders | key_by(&order::id) | dedup({.ttl = 1h}) | to(kafka<order>("orders-once"))

#pragma once

#include <weir/actors/operators/process.hpp>

#include <boost/describe.hpp>

#include <memory>
#include <utility>

namespace weir {

/// That a key was seen.
struct seen_key {
  bool is_seen = false;
  BOOST_DESCRIBE_CLASS(seen_key, (), (is_seen), (), ())
};

template <row T>
struct pass_first {
  void on_row(const T& row, seen_key& key, auto& to) {
    if (!std::exchange(key.is_seen, true)) to.give(row);
  }
};

class dedup_adaptor : public keyed_adaptor<dedup_adaptor> {
public:
  explicit dedup_adaptor(process_options options) : options_{options} {}

  [[nodiscard]] process_options& options() noexcept { return options_; }

  template <row T, class KeyOf>
  [[nodiscard]] auto bind_keyed(const KeyOf& key_of) const {
    return detail::bind_process<T, seen_key, T>("dedup", key_of, pass_first<T>{},
                                                std::make_shared<process_options>(options_));
  }

private:
  process_options options_;
};

/// Passes the first row of each key.
[[nodiscard]] inline dedup_adaptor dedup(process_options options = {}) {
  return dedup_adaptor{options};
}

} // namespace weir
