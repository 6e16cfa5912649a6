// SPDX-License-Identifier: Apache-2.0
//
// kept_value: a state that is one value, once there is one.
//
// Plain data where the value is (std::optional is not, for `min` and `first` in a hot loop). Values
// must be persistent.
//
//   kept_value<int> last;
//   last.keep(3);

#pragma once

#include <weir/actors/state/persist.hpp>

#include <optional>
#include <utility>

namespace weir::agg::detail {

/// A value once there is one.
template <class V>
struct kept_value {
  V value{};
  bool is_there = false;

  template <class U>
  void keep(U&& other) {
    value = std::forward<U>(other);
    is_there = true;
  }
  [[nodiscard]] std::optional<V> get() const {
    return is_there ? std::optional<V>{value} : std::nullopt;
  }
  void save(snapshot_writer& to) const {
    to.write(is_there);
    if (is_there) save_value(to, value);
  }
  [[nodiscard]] bool load(snapshot_reader& from) {
    return load_value(from, is_there) && (!is_there || load_value(from, value));
  }
};

} // namespace weir::agg::detail
