// SPDX-License-Identifier: Apache-2.0
//
// fired_sessions: sessions whose time has come, in the order in which they give their results: by
// their ends, those of one end by number.
//
// They are gathered from a block of timers, sorted once, and taken one after the other, as far as
// there is room for results. Memory: that of the largest block. One owner.
//
//   fired.add(end, number, session); fired.sort();
//   for (; !fired.empty(); fired.pop()) give(fired.next());

#pragma once

#include <weir/actors/stream/timestamp.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace weir::detail {

class fired_sessions {
public:
  /// Precondition: none has been taken since the last were all taken.
  void add(timestamp end, std::uint64_t number, std::uint32_t session) {
    all_.push_back({end, number, session});
  }
  void sort() { std::sort(all_.begin(), all_.end()); }

  [[nodiscard]] bool empty() const noexcept { return all_.empty(); }
  [[nodiscard]] std::uint32_t next() const noexcept { return all_[next_].session; }
  void pop() noexcept {
    if (++next_ < all_.size()) return;
    all_.clear();
    next_ = 0;
  }

  [[nodiscard]] std::size_t bytes() const noexcept { return all_.capacity() * sizeof(fired); }

private:
  struct fired {
    timestamp end;
    std::uint64_t number;
    std::uint32_t session;
    friend bool operator<(const fired& a, const fired& b) {
      return a.end != b.end ? a.end < b.end : a.number < b.number;
    }
  };

  std::vector<fired> all_;
  std::size_t next_ = 0;
};

} // namespace weir::detail
