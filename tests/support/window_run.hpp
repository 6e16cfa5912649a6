// SPDX-License-Identifier: Apache-2.0
//
// window_run: a window of orders by name without a shell: rows, watermarks, the end and the time
// are fed by hand, with little room for what comes out.

#pragma once

#include <weir/actors/operators/count_window.hpp>
#include <weir/actors/operators/day_window.hpp>
#include <weir/actors/operators/global_on_count.hpp>
#include <weir/actors/operators/global_on_time.hpp>
#include <weir/actors/operators/global_window.hpp>
#include <weir/actors/operators/session_window.hpp>
#include <weir/actors/operators/time_window.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace weir::test {

struct order {
  std::string name;
  std::int64_t amount = 0;
  friend bool operator==(const order&, const order&) = default;
};
BOOST_DESCRIBE_STRUCT(order, (), (name, amount))

/// A user's own aggregation.
struct total {
  std::int64_t create() const { return 0; }
  void add(std::int64_t& sum, const order& row) const { sum += row.amount; }
  void merge(std::int64_t& sum, std::int64_t other) const { sum += other; }
  std::int64_t result(std::int64_t sum) const { return sum; }
};

using result_row = windowed<std::string, std::int64_t>;
using count_row = windowed_rows<std::string, std::int64_t>;

struct timed {
  int second;
  order row;
};

/// Plays event_time and the shell: rows, the watermark behind each batch, then the end.
template <class Out>
class window_run_of {
public:
  template <class Windows, class Aggregation = total>
  explicit window_run_of(Windows windows, window_options options = {}, state_place place = {},
                         Aggregation aggregation = {})
      : make_{window(windows, aggregation, options).template bind_keyed<order>(&order::name).make},
        place_{std::move(place)},
        op_{*make_(place_)} {}

  /// What it saves goes into one that is made anew, in that place if one is told.
  void restart(std::optional<state_place> place = {}) {
    snapshot_writer saved;
    op_->save(saved);
    if (place) place_ = *std::move(place);
    op_ = *make_(place_);
    snapshot_reader from{saved.bytes()};
    op_->load(from);
    if (!from.is_finished()) throw std::runtime_error{"load reads all that save wrote"};
    wake();
  }
  void rows(const std::vector<timed>& given) { rows_of(timestamp::min(), given); }
  /// Of a partition that had promised `own` before them.
  void late_rows(int own, const std::vector<timed>& given) {
    rows_of(timestamp{std::chrono::seconds{own}}, given);
  }
  void rows_without_time(const std::vector<order>& given) {
    batch<order> in;
    for (const auto& row : given) in.push_back(row);
    feed(in);
  }
  void watermark(int second) {
    const auto micros = std::chrono::microseconds{std::chrono::seconds{second}}.count();
    while (!op_->on_mark(any_operator::mark::watermark, micros, outlets{open()})) take();
    take();
    wake();
  }
  /// Processing time is that of the start and so much.
  void time(duration since_start) {
    now_ = moment{std::chrono::seconds{1} + since_start};
    wake();
  }
  void phase(std::int64_t number) {
    while (!op_->on_mark(any_operator::mark::phase, number, outlets{open()})) take();
    take();
  }
  void end() {
    while (!op_->on_mark(any_operator::mark::end, 0, outlets{open()})) take();
    take();
  }
  /// `name [start,end) value`, `!` for updates, `?` for early ones, `~` for what is not complete.
  std::vector<std::string> results() { return std::exchange(results_, {}); }
  std::vector<std::string> late() { return std::exchange(late_, {}); }
  /// Seconds of the results' event times; those without one give none.
  std::vector<int> times() { return std::exchange(times_, {}); }
  [[nodiscard]] state_usage usage() const { return op_->usage(); }
  [[nodiscard]] open_windows still_open() const { return op_->open(); }
  /// Seconds that results said their partition had promised, where they are late.
  std::vector<int> promised() { return std::exchange(promised_, {}); }

private:
  void rows_of(timestamp own, const std::vector<timed>& given) {
    batch<order> in;
    in.set_own_watermark(own);
    for (const auto& [second, row] : given) {
      in.times_for_writing()[in.size()] = timestamp{std::chrono::seconds{second}};
      in.push_back(row);
    }
    feed(in);
  }
  void feed(batch<order>& in) {
    for (std::size_t done = 0; done < in.size(); take())
      done += op_->on_batch(0, any_view{&in, done, false}, outlets{open()});
    wake();
  }
  /// As a shell does.
  void wake() {
    for (auto at = op_->wakes_at(); at && *at <= now_; take()) {
      const bool is_done = op_->on_wake(now_, outlets{open()});
      if (is_done && op_->wakes_at() == at) throw std::runtime_error{"wakes_at does not move on"};
      at = op_->wakes_at();
    }
  }
  std::vector<batch_base*>& open() { return open_; }
  void take() {
    for (const auto& row : out_.rows())
      results_.push_back(row.key + " [" + seconds(row.start) + "," + seconds(row.end) + ") "
                         + std::to_string(row.value) + mark_of(row));
    if (!out_.empty() && out_.own_watermark() != timestamp::min())
      promised_.push_back(
          static_cast<int>(out_.own_watermark().time_since_epoch() / std::chrono::seconds{1}));
    for (std::size_t i = 0; out_.has_times() && i < out_.size(); ++i)
      times_.push_back(static_cast<int>(
          std::chrono::floor<std::chrono::seconds>(out_.time_of(i)).time_since_epoch().count()));
    for (const auto& row : aside_.rows())
      late_.push_back(row.name + " " + std::to_string(row.amount));
    out_.clear();
    aside_.clear();
    out_.set_limit(2); // little room, as from a slow receiver
  }
  static std::string mark_of(const result_row& row) {
    return std::string{row.is_update ? "!" : ""} + (row.is_early ? "?" : "");
  }
  static std::string mark_of(const count_row& row) { return row.is_complete ? "" : "~"; }
  static std::string seconds(timestamp time) {
    return std::to_string(
        std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count());
  }

  keyed_factory make_;
  state_place place_;
  std::unique_ptr<any_operator> op_;
  moment now_{std::chrono::seconds{1}};
  batch<Out> out_;
  batch<order> aside_;
  std::vector<batch_base*> open_{&out_, &aside_};
  std::vector<std::string> results_, late_;
  std::vector<int> times_, promised_;
};

using window_run = window_run_of<result_row>;

/// The eight orders of the documentation, amounts in cents.
inline const std::vector<timed> orders{
    {1, {"Alice", 11010}}, {2, {"Bob", 5310}},   {3, {"Alice", 2000}}, {3, {"Bob", 310}},
    {4, {"Bob", 3020}},    {5, {"Alice", 1310}}, {7, {"bob", 1610}},   {10, {"Alice", 2010}}};
using texts = std::vector<std::string>;

} // namespace weir::test
