// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/paced_clock.hpp>

#include <algorithm>
#include <utility>

namespace weir {

paced_clock::paced_clock(const event_time_options& options, std::shared_ptr<drift_gate> gate)
    : clock_{options}, gate_{std::move(gate)} {
  if (gate_) gate_->reset(options.max_drift.value_or(duration::max()));
}

void paced_clock::meet(const partition* of) {
  if (!gate_ || of == nullptr || of == std::exchange(last_met_, of)) return;
  if (!clock_.knows(of->source)) clock_.expect(gate_->named_by(of->source));
}

std::optional<timestamp> paced_clock::advance(const partition* of, timestamp newest, moment now) {
  excuse_held();
  auto risen = clock_.advance(of, newest, now);
  report();
  return risen;
}

// Also where no row came before: others of its source are waited for, it is not.
std::optional<timestamp> paced_clock::leave(const partition& which) {
  if (!which.name.empty()) meet(&which);
  auto risen = clock_.leave(which);
  report();
  return risen;
}

std::optional<timestamp> paced_clock::wait(moment now) {
  excuse_held();
  auto risen = clock_.wait(now);
  report();
  return risen;
}

void paced_clock::forget_partitions() {
  clock_.forget_partitions();
  last_met_ = nullptr;
  progress_.clear();
  holds_ = false;
  if (gate_) gate_->forget();
}

void paced_clock::load(snapshot_reader& from) {
  clock_.load(from);
  last_met_ = nullptr;
  report();
}

void paced_clock::excuse_held() {
  if (!holds_) return;
  for (const auto& one : progress_)
    if (one.is_held) clock_.excuse(one.of);
}

void paced_clock::report() {
  if (!gate_) return;
  clock_.list(progress_);
  gate_->report(progress_);
  holds_ = std::ranges::any_of(progress_, &partition_progress::is_held);
}

} // namespace weir
