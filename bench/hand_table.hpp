// SPDX-License-Identifier: Apache-2.0
//
// hand_table: what baselines keep a key: one flat table of open addressing, at most half full,
// which doubles. Keys are not negative. What `at` gives is good until the next new key.

#pragma once

#include <weir/actors/state/key.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace weir::bench {

template <class Value>
class hand_table {
public:
  Value& at(std::int64_t key) {
    for (auto place = detail::mix(static_cast<std::uint64_t>(key)) & mask_;;
         place = (place + 1) & mask_) {
      auto& slot = slots_[place];
      if (slot.key == key) return slot.value;
      if (slot.key != none) continue;
      if (2 * used_ < slots_.size()) {
        ++used_;
        slot.key = key;
        return slot.value;
      }
      grow();
      return at(key);
    }
  }
  /// Calls `use(key, value)` with each.
  template <class Use>
  void each(Use use) {
    for (auto& slot : slots_)
      if (slot.key != none) use(slot.key, slot.value);
  }

private:
  static constexpr std::int64_t none = -1;
  struct slot {
    std::int64_t key = none;
    Value value;
  };

  void grow() {
    auto before = std::exchange(slots_, std::vector<slot>(slots_.size() * 2));
    mask_ = slots_.size() - 1;
    used_ = 0;
    for (auto& each : before) {
      if (each.key != none) at(each.key) = std::move(each.value);
    }
  }

  std::vector<slot> slots_ = std::vector<slot>(1'024);
  std::size_t mask_ = 1'023, used_ = 0;
};

} // namespace weir::bench
