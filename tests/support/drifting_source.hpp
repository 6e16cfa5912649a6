// SPDX-License-Identifier: Apache-2.0
//
// drifting_source: a source of several partitions that are read side by side, in any order and any
// cuts as a seed has it, and that a drift_gate holds back. Whoever only waits for the gate is woken
// by nobody else.
//
//   auto made = std::make_unique<drifting_source<order>>(parts, seed, std::make_shared<stalls>());

#pragma once

#include <weir/actors/operators/drift_gate.hpp>
#include <weir/actors/operators/partition_roll.hpp>
#include <weir/actors/operators/source.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace weir::testing {

/// Pauses of a source as of a slow broker; whoever drives the job ends them.
struct stalls {
  std::function<void()> wake;
  bool is_stalled = false;

  void end() {
    if (std::exchange(is_stalled, false)) wake();
  }
};

template <row T>
class drifting_source final : public source<T> {
public:
  struct options {
    std::size_t most_rows = 40;  ///< A poll gives.
    bool last_is_silent = false; ///< The last partition begins when all others have ended.
  };

  drifting_source(std::vector<std::vector<T>> parts, std::uint32_t seed,
                  std::shared_ptr<stalls> stalls, options how = {})
      : parts_{std::move(parts)},
        next_(parts_.size()),
        has_ended_(parts_.size()),
        random_{seed},
        stalls_{std::move(stalls)},
        how_{how} {}

  result<void> open(source_context context) override {
    context_ = std::move(context);
    stalls_->wake = context_.wake;
    for (std::size_t i = 0; i < parts_.size(); ++i)
      names_.push_back(intern_partition(context_.name, std::to_string(i)));
    return {};
  }
  result<poll_state> poll(credit allowed, poll_out<T> out) override {
    if (!std::exchange(has_begun_, true)) {
      if (context_.roll) context_.roll->name(names_);
      if (context_.drift) context_.drift->begin(names_, context_.wake);
    }
    if (random_() % 4 == 0) {
      stalls_->is_stalled = true;
      return poll_state::idle;
    }
    const auto first = random_() % parts_.size();
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      const auto at = (first + i) % parts_.size();
      if (has_ended_[at] != 0 || !has_begun(at)) continue;
      if (context_.drift && !context_.drift->may_read(*names_[at])) continue;
      return give(at, allowed, out);
    }
    return poll_state::idle;
  }

private:
  [[nodiscard]] bool has_begun(std::size_t part) const {
    return !how_.last_is_silent || part + 1 < parts_.size()
           || std::count(has_ended_.begin(), has_ended_.end(), 0) == 1;
  }
  poll_state give(std::size_t part, credit allowed, poll_out<T> out) {
    const auto left = parts_[part].size() - next_[part];
    const auto rows = std::min({left, static_cast<std::size_t>(allowed.rows), out.rows.room(),
                                1 + random_() % how_.most_rows});
    out.rows.set_origin({names_[part], next_[part]});
    for (std::size_t i = 0; i < rows; ++i) out.rows.push_back(parts_[part][next_[part]++]);
    if (next_[part] < parts_[part].size()) return poll_state::rows;
    has_ended_[part] = 1;
    const bool is_last = std::count(has_ended_.begin(), has_ended_.end(), 0) == 0;
    return is_last ? poll_state::end : poll_state::partition_end;
  }

  std::vector<std::vector<T>> parts_;
  std::vector<std::size_t> next_; // row of each
  std::vector<char> has_ended_;
  std::mt19937 random_;
  std::shared_ptr<stalls> stalls_;
  options how_;
  source_context context_;
  std::vector<const partition*> names_;
  bool has_begun_ = false;
};

} // namespace weir::testing
