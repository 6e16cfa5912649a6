// SPDX-License-Identifier: Apache-2.0
//
// window_contract: the operator contract for a kind of windows, of random orders with random times
// by name. Rows that came too late are counted, not looked at: what they are has tests of its own.
//
//   expect_window_contract(session(4s), true); // rows without event time are given one

#pragma once

#include <weir/tests/support/operator_contract.hpp>
#include <weir/tests/support/window_run.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace weir::test {

/// Whether rows of the contract may be late by their partition: those wait in memory.
enum class late_by_partition { yes, no };

/// A window without its outlet of late rows.
template <row Out>
class results_alone final : public any_operator {
public:
  results_alone(std::unique_ptr<any_operator> window, bool needs_times, late_by_partition late)
      : window_{std::move(window)}, needs_times_{needs_times}, late_by_partition_{late} {}

  std::vector<const row_type*> inlet_types() const override { return window_->inlet_types(); }
  std::vector<const row_type*> outlet_types() const override { return {&row_type_of<Out>()}; }
  std::size_t on_batch(std::size_t inlet, any_view in, outlets out) override {
    if (late_by_partition_ == late_by_partition::no) in.rows->set_own_watermark(timestamp::min());
    batch<order> stamped;
    if (needs_times_ && !in.rows->has_times()) {
      for (const auto& row : in.as<order>().rows()) {
        stamped.times_for_writing()[stamped.size()] = timestamp{std::chrono::seconds{row.amount}};
        stamped.push_back(row);
      }
      in = {&stamped, 0, false};
    }
    return window_->on_batch(inlet, in, both(out));
  }
  bool on_mark(mark kind, std::int64_t value, outlets out) override {
    for (;;) {
      const bool is_done = window_->on_mark(kind, value, both(out));
      if (is_done || out.base(0).is_full() || !late_.is_full()) return is_done;
    }
  }
  state_usage usage() const override { return window_->usage(); }
  void save(snapshot_writer& to) const override { window_->save(to); }
  void load(snapshot_reader& from) override { window_->load(from); }

private:
  outlets both(outlets out) {
    late_.clear();
    open_ = {&out.at<Out>(0), &late_};
    return outlets{open_};
  }

  std::unique_ptr<any_operator> window_;
  bool needs_times_;
  late_by_partition late_by_partition_;
  batch<order> late_;
  std::vector<batch_base*> open_;
};

inline order any_order(chance& by) {
  return {std::string(1, static_cast<char>('a' + by() % 5)), static_cast<std::int64_t>(by() % 100)};
}

/// `place` is asked for each that is made.
template <row Out = result_row, class Windows>
void expect_window_contract(
    Windows windows, bool needs_times, window_options options = {},
    const std::function<state_place()>& place = [] { return state_place{}; },
    late_by_partition late = late_by_partition::yes) {
  const auto make = window(windows, total{}, options).template bind_keyed<order>(&order::name).make;
  const auto results = [make, needs_times, place, late]() -> result<std::unique_ptr<any_operator>> {
    return std::unique_ptr<any_operator>{
        std::make_unique<results_alone<Out>>(*make(place()), needs_times, late)};
  };
  expect_operator_contract<order, Out>(results, any_order);
}

} // namespace weir::test
