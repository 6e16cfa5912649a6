// SPDX-License-Identifier: Apache-2.0
//
// day_window: the operator behind windows of days of a time zone, which are not all of one length
// (local_days.hpp says where they begin).
//
// They fire, take late rows and are forgotten as tumbling windows are. A row looks in the window
// that the row before it was in; only one whose day has no window yet asks the time zone. State:
// one aggregation state a key and day that is not older than `allow_late` behind the watermark, in
// memory, and what does not fit in the place's backend (spilled_slices).
//
//   trips | key_by(&trip::zone) | window(tumbling_days(1, "America/New_York"), agg::count())
//
// Outlets: results, late rows. Rows must carry event times.

#pragma once

#include <weir/actors/operators/local_days.hpp>
#include <weir/actors/operators/spilled_slices.hpp>
#include <weir/actors/operators/window_adaptor.hpp>
#include <weir/actors/state/key_table.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace weir {

template <row T, class KeyOf, class Aggregation>
class day_window_operator final : public any_operator {
public:
  using key_type = typename detail::window_types<T, KeyOf, Aggregation>::key_type;
  using state = typename detail::window_types<T, KeyOf, Aggregation>::state;
  using out_row = typename detail::window_types<T, KeyOf, Aggregation>::out_row;

  /// Precondition: `check(windows, options)`.
  day_window_operator(KeyOf key_of, Aggregation aggregation, const day_windows& windows,
                      window_options options, state_place place)
      : key_of_{std::move(key_of)},
        aggregation_{std::move(aggregation)},
        days_{*local_days::in(windows.zone, windows.days, windows.offset)},
        allow_late_{options.allow_late},
        place_{std::move(place)} {}
  day_window_operator(const day_window_operator&) = delete;
  day_window_operator& operator=(const day_window_operator&) = delete;

  std::vector<const row_type*> inlet_types() const override { return {&row_type_of<T>()}; }
  std::vector<const row_type*> outlet_types() const override {
    return {&row_type_of<out_row>(), &row_type_of<T>()};
  }

  std::size_t on_batch(std::size_t, any_view erased, outlets out) override {
    const auto in = erased.as<T>();
    const auto taken =
        detail::take_timed_rows(in, [&](std::size_t i, timestamp time, const T& row) {
          return take(in, i, time, row, out);
        });
    keep_within_memory();
    return taken;
  }
  bool on_mark(mark kind, std::int64_t value, outlets out) override {
    return kind == mark::phase || fire(detail::watermark_of(kind, value), out.at<out_row>(0));
  }
  state_usage usage() const override {
    auto used = in_memory();
    used.late_rows = late_rows_;
    used.entries += spilled_.states();
    used.bytes += spilled_.bytes();
    return used;
  }

  open_windows open() const override {
    open_windows all;
    for (const auto& one : windows_)
      if (!one->has_fired)
        all.include(one->states.size() + spilled_.states(one->start), one->start, one->end);
    return all;
  }

  void save(snapshot_writer& to) const override {
    save_value(to, watermark_);
    results_.save(to);
    to.write(late_rows_).write(static_cast<std::uint64_t>(windows_.size()));
    for (const auto& one : windows_) {
      save_value(to, one->start);
      save_value(to, one->end);
      to.write(one->has_fired);
      spilled_.save(to, one->start, one->states);
    }
  }
  void load(snapshot_reader& from) override {
    std::uint64_t windows = 0;
    bool is_good = load_value(from, watermark_) && results_.load(from)
                   && from.read(late_rows_).read(windows).ok();
    for (; is_good && windows > 0; --windows) {
      local_days::span of{};
      is_good = load_value(from, of.start) && load_value(from, of.end);
      if (!is_good) break;
      auto& one = add(of);
      is_good = from.read(one.has_fired).ok()
                && spilled_.load(from, one.states, [this] { keep_within_memory(); });
    }
    if (!is_good) throw detail::damaged_window();
  }

private:
  struct day {
    timestamp start = timestamp::max();
    timestamp end = timestamp::min();
    bool has_fired = false;
    key_table<key_type, state> states = {};

    [[nodiscard]] bool has(timestamp time) const noexcept {
      return start <= time && (time < end || end == timestamp::max());
    }
  };

  state& state_of(day& of, std::uint64_t hash, const auto& key) {
    return of.states.at(hash, key, [this] { return aggregation_.create(); });
  }
  [[nodiscard]] bool is_over(timestamp end) const {
    return watermark_ > timestamp::min() && detail::moved(end, allow_late_) <= watermark_;
  }

  /// nullptr: the row is late.
  [[gnu::noinline]] day* find_or_add(timestamp time) {
    const auto behind = first_behind(time);
    if (behind != windows_.begin() && (*(behind - 1))->has(time))
      return recent_ = (behind - 1)->get();
    const auto of = days_.around(time);
    if (is_over(of.end)) return nullptr;
    return recent_ = &add(of);
  }
  auto first_behind(timestamp time) {
    return std::ranges::partition_point(windows_,
                                        [&](const auto& one) { return one->start <= time; });
  }
  day& add(local_days::span of) {
    auto made = std::make_unique<day>();
    made->start = of.start;
    made->end = of.end;
    made->has_fired = watermark_ > timestamp::min() && of.end <= watermark_;
    return **windows_.insert(first_behind(of.start), std::move(made));
  }

  /// False: no more room, call again with the same row.
  bool take(const batch_view<T>& in, std::size_t i, timestamp time, const T& row, outlets out) {
    auto* const at = recent_->has(time) ? recent_ : find_or_add(time);
    if (at == nullptr) return detail::put_aside(in, i, out.at<T>(1), late_rows_);
    if (at->has_fired && out.at<out_row>(0).is_full()) return false;
    const auto& key = std::invoke(key_of_, row);
    const auto hash = key_hash(key);
    if (!at->has_fired) {
      aggregation_.add(state_of(*at, hash, key), row);
    } else { // it is late, but not too late
      const bool is_update =
          at->states.find(hash, key) != nullptr || spilled_.has(at->start, hash, key);
      aggregation_.add(state_of(*at, hash, key), row);
      std::optional<state> all;
      spilled_.merge_into(all, at->start, at->states, hash, key);
      results_.give(out.at<out_row>(0), key, at->start, at->end, aggregation_, *all, is_update);
    }
    return true;
  }

  /// Fires all windows that end by `watermark`; false: no more room, call again.
  bool fire(timestamp watermark, batch<out_row>& out) {
    watermark_ = std::max(watermark_, watermark);
    for (auto& one : windows_) {
      if (one->has_fired) continue;
      if (one->end > watermark_) break;
      if (!give_all(*one, out)) return false;
      one->has_fired = true;
    }
    recent_ = &nowhere_;
    const auto kept =
        std::ranges::find_if(windows_, [this](const auto& one) { return !is_over(one->end); });
    for (auto one = windows_.begin(); one != kept; ++one) spilled_.drop((*one)->start);
    windows_.erase(windows_.begin(), kept);
    return true;
  }
  bool give_all(day& one, batch<out_row>& out) {
    const auto give = [&](const auto& key, const auto& all) {
      if (out.is_full()) return false;
      results_.give(out, key, one.start, one.end, aggregation_, all, false);
      return true;
    };
    if (!walked_ && spilled_.has_any(one.start, one.end)) {
      spilled_.spill(one.start, one.states);
      walked_.emplace(spilled_.walk(one.start, one.end));
    }
    if (walked_) {
      for (; !walked_->is_done(); walked_->next())
        if (!give(walked_->key(), walked_->merged())) return false;
      walked_.reset();
      return true;
    }
    for (; next_ < one.states.size(); ++next_)
      if (const auto& [key, all] = one.states[next_]; !give(key, all)) return false;
    next_ = 0;
    return true;
  }

  [[nodiscard]] state_usage in_memory() const {
    state_usage used;
    for (const auto& one : windows_) {
      used.entries += one->states.size();
      used.bytes += detail::bytes_of(one->states);
    }
    return used;
  }
  /// Writes all there is where there may be more than memory for it by the next call.
  void keep_within_memory() {
    if (windows_.empty()) return;
    const auto held = in_memory();
    if (!place_.open_backend) return detail::check_memory(place_, held, true);
    if (spilled_.has_room_for(held.bytes + detail::growth_of(windows_, 2 * batch_rows))) return;
    for (auto& one : windows_) spilled_.spill(one->start, one->states);
  }

  KeyOf key_of_;
  Aggregation aggregation_;
  local_days days_;
  duration allow_late_;
  state_place place_;
  timestamp watermark_ = timestamp::min();
  std::vector<std::unique_ptr<day>> windows_; // by start
  day nowhere_;
  day* recent_ = &nowhere_; // where the last row was
  spilled_slices<key_type, Aggregation> spilled_{place_, aggregation_};
  // The window that fires: the next of its keys, or where it was written
  std::size_t next_ = 0;
  std::optional<typename spilled_slices<key_type, Aggregation>::walked> walked_;
  std::size_t late_rows_ = 0;
  detail::window_results<out_row> results_;
};

/// Groups the rows of each key by days of a time zone. Rows that come too late are on the side
/// (`late()` of the stream it gives).
template <class Aggregation>
[[nodiscard]] auto window(day_windows windows, Aggregation aggregation,
                          window_options options = {}) {
  return window_adaptor<day_window_operator, day_windows, Aggregation>{
      std::move(windows), std::move(aggregation), options};
}

} // namespace weir
