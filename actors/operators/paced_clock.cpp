// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/paced_clock.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace weir {
namespace {

constexpr auto shortest_wait = std::chrono::milliseconds{1};

} // namespace

paced_clock::paced_clock(const event_time_options& options, std::shared_ptr<drift_gate> gate,
                         std::vector<source_before> all)
    : clock_{options},
      silence_{options.idle_after},
      idle_after_{options.idle_after},
      gate_{std::move(gate)},
      sources_{std::move(all)} {
  if (gate_) gate_->reset(options.max_drift.value_or(duration::max()));
  await_sources();
}

void paced_clock::await_sources() {
  for (const auto& one : sources_)
    if (one.is_sure != source_before::sure::never) clock_.await(one.name);
}

void paced_clock::await_nobody() {
  for (auto& one : sources_) one.is_sure = source_before::sure::never;
  clock_.await_nobody();
}

void paced_clock::meet(const partition* of) {
  if (last_met_ == of) return;
  last_met_ = of;
  if (of == nullptr || !std::ranges::count(sources_, of->source, &source_before::name))
    await_nobody();
  if (of != nullptr) expect_all_of(*of);
}

void paced_clock::expect_all_of(const partition& one) {
  if (!clock_.knows(one.source)) clock_.expect(named_by(one.source));
}

std::vector<const partition*> paced_clock::named_by(const std::string& source) const {
  if (gate_)
    if (auto named = gate_->named_by(source); !named.empty()) return named;
  const auto found = std::ranges::find(sources_, source, &source_before::name);
  return found == sources_.end() || !found->roll ? std::vector<const partition*>{}
                                                 : found->roll->named();
}

std::optional<timestamp> paced_clock::advance(const partition* of, timestamp newest, moment now) {
  silence_.hear();
  excuse_held();
  auto risen = clock_.advance(of, newest, now);
  report();
  return risen;
}

// Also where no row came before: others of its source are waited for, it is not.
std::optional<timestamp> paced_clock::leave(const partition& which) {
  if (!which.name.empty()) expect_all_of(which);
  const auto source = std::ranges::find(sources_, which.source, &source_before::name);
  if (which.name.empty() && source != sources_.end()) source->is_sure = source_before::sure::never;
  auto risen = clock_.leave(which);
  report();
  return risen;
}

std::optional<timestamp> paced_clock::wait(moment now, moment at) {
  silence_.wait(now);
  if (!holds_) return std::nullopt; // where nothing comes none is more silent than others
  silence_.hear();                  // there are rows, of who is held
  if (idle_after_) wakes_at_ = now + std::max<moment::duration>(*idle_after_ / 2, shortest_wait);
  excuse_held();
  auto risen = clock_.wait(at);
  report();
  return risen;
}

std::optional<moment> paced_clock::wakes_at() const {
  const auto next = silence_.wakes_at();
  if (!idle_after_ || !holds_) return next;
  return next ? std::min(*next, wakes_at_) : wakes_at_;
}

std::optional<timestamp> paced_clock::finish() {
  forget_partitions();
  return clock_.finish();
}

void paced_clock::end_history() {
  using enum source_before::sure;
  forget_partitions();
  silence_.begin();
  for (auto& one : sources_)
    if (one.is_sure == in_history) one.is_sure = never;
  await_sources();
}

void paced_clock::forget_partitions() {
  clock_.forget_partitions();
  last_met_.reset();
  progress_.clear();
  holds_ = false;
  if (gate_) gate_->forget();
}

void paced_clock::save(snapshot_writer& to) const {
  clock_.save(to);
  to.write(silence_.has_begun());
}

void paced_clock::load(snapshot_reader& from) {
  clock_.load(from);
  bool is_live = false;
  from.read(is_live);
  if (is_live) silence_.begin();
  last_met_.reset();
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
