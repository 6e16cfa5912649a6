// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/late_rows.hpp>
#include <weir/actors/operators/told_count.hpp>
#include <weir/actors/operators/watermark_clock.hpp>

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace weir {
namespace {

std::string_view source_name(const partition* of) {
  return of == nullptr ? std::string_view{} : std::string_view{of->source};
}

} // namespace

result<void> check(const event_time_options& options) {
  if (options.out_of_order < duration{0})
    return error{errc::config,
                 "out_of_order is " + to_string(options.out_of_order) + "; it can't be negative"};
  if (options.idle_after && *options.idle_after <= duration{0})
    return error{errc::config, "idle_after is " + to_string(*options.idle_after)
                                   + "; it must be above 0, or left out"};
  if (options.idle_after && *options.idle_after > longest_told_wait)
    return error{errc::config, "idle_after is " + to_string(*options.idle_after) + "; it is "
                                   + to_string(longest_told_wait)
                                   + " at most: leave it out to wait for ever"};
  if (options.max_drift && *options.max_drift < duration{0})
    return error{errc::config, "max_drift is " + to_string(*options.max_drift)
                                   + "; it can't be negative (0: only the slowest is read)"};
  return {};
}

std::optional<timestamp> watermark_clock::advance(const partition* of, timestamp newest,
                                                  moment now) {
  tick(now);
  newest_ = std::max(newest_, newest);
  note(source_of(of), of, newest);
  return rise();
}

std::optional<timestamp> watermark_clock::finish() {
  forget_partitions();
  if (newest_ <= watermark_.value_or(timestamp::min())) return std::nullopt;
  return watermark_ = newest_;
}

std::optional<timestamp> watermark_clock::leave(const partition& which) {
  const auto found = std::ranges::find(sources_, which.source, &source_progress_of::source);
  if (found == sources_.end()) return std::nullopt;
  if (which.name.empty()) {
    sources_.erase(found);
  } else { // it stays known, though it may have none left: nobody is to be expected of it again
    std::erase_if(found->partitions, [&](auto& p) { return p.of == &which; });
    found->side_by_side = true;
  }
  return rise();
}

void watermark_clock::hold(const partition& which) {
  const auto found = std::ranges::find(sources_, which.source, &source_progress_of::source);
  if (found != sources_.end()) found->is_cut_short = true;
}

std::optional<timestamp> watermark_clock::wait(moment now) {
  tick(now);
  return rise();
}

void watermark_clock::await(std::string_view source) {
  if (std::ranges::find(sources_, source, &source_progress_of::source) != sources_.end()) return;
  const auto* const any = intern_partition(source, "");
  source_of(any).partitions.push_back({.of = any, .last_seen = elapsed_, .is_heard = false});
}

void watermark_clock::await_nobody() {
  std::erase_if(sources_, [](const auto& one) { return one.is_awaited() && !one.is_cut_short; });
}

void watermark_clock::expect(std::span<const partition* const> all) {
  if (all.empty()) return;
  auto& source = source_of(all.front());
  if (source.is_awaited()) source.partitions.clear();
  source.side_by_side = true;
  for (const auto* one : all)
    if (std::ranges::find(source.partitions, one, &progress::of) == source.partitions.end())
      source.partitions.push_back({.of = one, .last_seen = elapsed_, .is_heard = false});
}

bool watermark_clock::knows(std::string_view source) const {
  const auto found = std::ranges::find(sources_, source, &source_progress_of::source);
  return found != sources_.end() && !found->is_awaited();
}

void watermark_clock::excuse(const partition* of) {
  for (auto& source : sources_)
    for (auto& one : source.partitions)
      if (one.of == of) one.last_seen = elapsed_;
}

void watermark_clock::list(std::vector<partition_progress>& to) const {
  to.clear();
  for (const auto& source : sources_)
    for (const auto& one : those_read(source))
      to.push_back({.of = one.of, .newest = one.newest, .counts = !is_idle(source, one)});
}

std::optional<timestamp> watermark_clock::rise() {
  const auto reached = least();
  if (!reached) return std::nullopt;
  const timestamp next = moved_back(*reached, options_.out_of_order);
  if (watermark_ && next <= *watermark_) return std::nullopt;
  watermark_ = next;
  return next;
}

timestamp watermark_clock::own(const partition* of) const {
  const auto source = std::ranges::find(sources_, source_name(of), &source_progress_of::source);
  if (source == sources_.end()) return timestamp::min();
  const auto found = std::ranges::find(source->partitions, of, &progress::of);
  const auto none = source->partitions.end();
  const bool comes_back = found != none && found != none - 1;
  if (!source->side_by_side && !comes_back)
    return moved_back(source->newest, options_.out_of_order);
  return found == none ? timestamp::min() : moved_back(found->newest, options_.out_of_order);
}

// Of a pause only half the idle time counts: it takes several batches of others to be silent.
void watermark_clock::tick(moment now) {
  if (!options_.idle_after) return;
  if (last_call_) {
    const auto gap = std::chrono::duration_cast<duration>(now - *last_call_);
    elapsed_ += std::clamp(gap, duration{0}, *options_.idle_after / 2);
  }
  last_call_ = now;
}

watermark_clock::source_progress_of& watermark_clock::source_of(const partition* of) {
  const auto name = source_name(of);
  const auto found =
      std::ranges::find_if(sources_, [&](const auto& known) { return known.source == name; });
  if (found != sources_.end()) return *found;
  return sources_.emplace_back(source_progress_of{.source = std::string{name}, .partitions = {}});
}

void watermark_clock::note(source_progress_of& source, const partition* of, timestamp newest) {
  auto& all = source.partitions;
  if (source.is_awaited()) all.clear();
  auto found = std::ranges::find(all, of, &progress::of);
  if (found == all.end()) {
    all.push_back({.of = of});
    found = all.end() - 1;
  } else if (found != all.end() - 1) {
    source.side_by_side = true;
  }
  found->newest = std::max(found->newest, newest);
  source.newest = std::max(source.newest, newest);
  found->last_seen = elapsed_;
  found->is_heard = true;
}

std::optional<timestamp> watermark_clock::least() const {
  std::optional<timestamp> least;
  bool waits_for_first = false; // it may be of any time
  for (const auto& source : sources_)
    for (const auto& one : those_read(source)) {
      if (is_idle(source, one)) continue;
      least = std::min(least.value_or(one.newest), one.newest);
      waits_for_first |= !one.is_heard;
    }
  return waits_for_first ? std::nullopt : least;
}

/// Of a source that reads one after another, the last alone.
std::span<const watermark_clock::progress>
watermark_clock::those_read(const source_progress_of& source) {
  const std::span all{source.partitions};
  return source.side_by_side ? all : all.last(1);
}

bool watermark_clock::is_idle(const source_progress_of& source, const progress& one) const {
  return !source.is_cut_short && options_.idle_after
         && elapsed_ - one.last_seen >= *options_.idle_after;
}

void watermark_clock::save(snapshot_writer& to) const {
  to.write(watermark_.has_value())
      .write(watermark_.value_or(timestamp{}).time_since_epoch().count())
      .write(newest_.time_since_epoch().count())
      .write(static_cast<std::uint64_t>(sources_.size()));
  for (const auto& source : sources_) {
    to.write(source.source)
        .write(source.side_by_side)
        .write(source.newest.time_since_epoch().count())
        .write(static_cast<std::uint64_t>(source.partitions.size()));
    for (const auto& one : source.partitions)
      to.write(one.of != nullptr)
          .write(one.of == nullptr ? std::string_view{} : std::string_view{one.of->name})
          .write(one.newest.time_since_epoch().count())
          .write(one.is_heard);
  }
}

void watermark_clock::load(snapshot_reader& from) {
  *this = watermark_clock{options_};
  bool has_watermark = false;
  std::int64_t micros = 0;
  std::uint64_t sources = 0;
  from.read(has_watermark).read(micros);
  if (has_watermark) watermark_ = timestamp{duration{micros}};
  from.read(micros).read(sources);
  newest_ = timestamp{duration{micros}};
  for (std::uint64_t i = 0; i < sources && from.ok(); ++i) {
    source_progress_of source;
    std::uint64_t partitions = 0;
    from.read(source.source).read(source.side_by_side).read(micros).read(partitions);
    source.newest = timestamp{duration{micros}};
    for (std::uint64_t j = 0; j < partitions && from.ok(); ++j) {
      bool is_known = false;
      std::string name;
      progress one;
      from.read(is_known).read(name).read(micros).read(one.is_heard);
      one.of = is_known ? intern_partition(source.source, name) : nullptr;
      one.newest = timestamp{duration{micros}};
      source.partitions.push_back(one);
    }
    if (from.ok() && (source.side_by_side || !source.partitions.empty()))
      sources_.push_back(std::move(source));
  }
}

} // namespace weir
