// SPDX-License-Identifier: Apache-2.0
//
// Sources, operators and sinks for runtime tests: small, exact, and able to fail or stall on
// demand. What they saw lies in shared state that a test reads when the actors stand still.

#pragma once

#include <weir/actors/operators/any_operator.hpp>
#include <weir/actors/operators/sink.hpp>
#include <weir/actors/operators/source.hpp>
#include <weir/actors/operators/stream_operator.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace weir::testing {

constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

/// What happened to a source.
struct source_log {
  std::int64_t given = 0;      ///< Rows.
  std::int64_t most_asked = 0; ///< The largest `allowed.rows` of one poll.
  std::vector<std::pair<std::uint64_t, std::int64_t>> barriers; ///< Number, rows given before.
  std::int64_t committed_rows = 0; ///< Rows before the last barrier that was committed.
  std::function<void()> wake;
  bool is_idle = false; ///< Waits for `wake`.
};

struct count_options {
  std::int64_t first = 0;
  std::int64_t rows = 0;
  std::int64_t phase_at = never; ///< History ends after so many rows.
  std::int64_t fail_at = never;
  std::int64_t idle_every = never; ///< Idles after every so many rows until woken.
  std::int64_t per_poll = 64;
  std::int64_t reject_every = never; ///< Rejects one more row behind every so many.
  bool endless = false;
  std::string partition = "numbers";
};

/// Gives first, first + 1, ...
class count_source final : public source<std::int64_t> {
public:
  count_source(count_options options, std::shared_ptr<source_log> log)
      : options_{std::move(options)}, log_{std::move(log)} {}

  result<void> open(source_context context) override {
    log_->wake = context.wake;
    return {};
  }

  result<poll_state> poll(credit allowed, poll_out<std::int64_t> out) override {
    log_->most_asked = std::max(log_->most_asked, allowed.rows);
    log_->is_idle = false;
    auto& at = log_->given;
    if (at >= options_.fail_at) return error{errc::failed, "the disk is on fire"};
    if (at == options_.phase_at && !std::exchange(passed_phase_, true)) return poll_state::phase;
    if (at == options_.rows && !options_.endless) return poll_state::end;
    if (at > 0 && at % options_.idle_every == 0 && std::exchange(idled_at_, at) != at) {
      log_->is_idle = true;
      return poll_state::idle;
    }
    auto until = std::min({at + options_.per_poll, at + allowed.rows, options_.fail_at});
    if (!options_.endless) until = std::min(until, options_.rows);
    if (at < options_.phase_at) until = std::min(until, options_.phase_at);
    if (options_.idle_every != never)
      until = std::min(until, (at / options_.idle_every + 1) * options_.idle_every);
    out.rows.set_origin(
        {intern_partition("count", options_.partition), static_cast<std::uint64_t>(at)});
    for (; at < until && !out.rows.is_full(); ++at) {
      out.rows.push_back(options_.first + at);
      if ((at + 1) % options_.reject_every == 0)
        out.rejects.push_back({"count", "count:" + std::to_string(at), "of no use", "junk"});
    }
    return poll_state::rows;
  }

  void barrier(std::uint64_t number) override { log_->barriers.emplace_back(number, log_->given); }
  result<void> committed(std::uint64_t number) override {
    for (const auto& [barrier, rows] : log_->barriers)
      if (barrier == number) log_->committed_rows = rows;
    return {};
  }

private:
  count_options options_;
  std::shared_ptr<source_log> log_;
  bool passed_phase_ = false;
  std::int64_t idled_at_ = -1;
};

/// What a sink got.
struct sink_log {
  std::vector<std::int64_t> rows;
  std::int64_t safe_rows = 0; ///< Before the last barrier it prepared, or all when closed.
  bool is_closed = false;
  std::function<void()> wake;
  bool is_stalled = false; ///< Waits for its device.
};

struct collect_options {
  std::int64_t fail_at = never;
  std::int64_t stall_every = never; ///< Takes so many rows, then none until its device is ready.
  bool slow_prepare = false; ///< The first call of each `prepare` and `close` says "not yet".
};

class collect_sink final : public sink<std::int64_t> {
public:
  collect_sink(collect_options options, std::shared_ptr<sink_log> log)
      : options_{options}, log_{std::move(log)} {}

  result<void> open(sink_context context) override {
    log_->wake = context.wake;
    return {};
  }
  result<std::size_t> write(batch_view<std::int64_t> in) override {
    if (log_->is_stalled) return std::size_t{0};
    if (left_ == 0) left_ = options_.stall_every;
    std::size_t taken = 0;
    for (auto row : in.rows()) {
      if (static_cast<std::int64_t>(log_->rows.size()) >= options_.fail_at)
        return error{errc::failed, "the disk is full"};
      if (left_ == 0) {
        log_->is_stalled = true;
        return taken;
      }
      if (left_ != never) --left_;
      log_->rows.push_back(row);
      ++taken;
    }
    return taken;
  }
  result<bool> prepare(std::uint64_t) override {
    if (!is_done()) return false;
    log_->safe_rows = static_cast<std::int64_t>(log_->rows.size());
    return true;
  }
  result<bool> close() override {
    if (!is_done()) return false;
    log_->safe_rows = static_cast<std::int64_t>(log_->rows.size());
    log_->is_closed = true;
    return true;
  }

private:
  bool is_done() {
    if (log_->is_stalled) return false;
    if (!options_.slow_prepare || std::exchange(was_asked_, !was_asked_)) return true;
    log_->is_stalled = true;
    return false;
  }

  collect_options options_;
  std::shared_ptr<sink_log> log_;
  std::int64_t left_ = options_.stall_every;
  bool was_asked_ = false;
};

/// Keeps rows that pass `keep`, `copies` times each; throws at `throw_at`; wants no more after
/// `limit` rows.
struct shape_options {
  std::function<bool(std::int64_t)> keep = [](std::int64_t) { return true; };
  std::int64_t copies = 1;
  std::int64_t throw_at = never;
  std::int64_t limit = never;
  bool tells_phase = false;                ///< Adds -p at the mark of phase p.
  bool tells_end = false;                  ///< Adds -1000 at the end.
  std::chrono::milliseconds tick_every{0}; ///< Adds -1 that often, rows or not.
};

class shape_operator final : public stream_operator<std::int64_t, std::int64_t> {
public:
  explicit shape_operator(shape_options options) : options_{std::move(options)} {}

  std::size_t on_batch(batch_view<std::int64_t> in, batch<std::int64_t>& out) override {
    for (std::size_t i = 0; i < in.size(); ++i) {
      if (in[i] == options_.throw_at) throw std::runtime_error("row " + std::to_string(in[i]));
      const auto copies = options_.keep(in[i]) ? options_.copies : 0;
      for (; made_ < copies; ++made_) {
        if (out.is_full() || wants_no_more()) return i;
        out.inherit_repeated(in.whole(), in.first() + i, 1, false);
        out.push_back(in[i]);
        ++passed_;
      }
      made_ = 0;
      if (wants_no_more()) return i + 1;
    }
    return in.size();
  }
  bool on_phase(std::uint64_t phase, batch<std::int64_t>& out) override {
    return !options_.tells_phase || tell(-static_cast<std::int64_t>(phase), out);
  }
  bool on_end(batch<std::int64_t>& out) override { return !options_.tells_end || tell(-1000, out); }
  bool wants_no_more() const override { return passed_ >= options_.limit; }
  std::optional<moment> wakes_at() const override {
    return options_.tick_every.count() > 0 ? std::optional{next_tick_} : std::nullopt;
  }
  bool on_wake(moment now, batch<std::int64_t>& out) override {
    if (!tell(-1, out)) return false;
    next_tick_ = now + options_.tick_every;
    return true;
  }

private:
  static bool tell(std::int64_t row, batch<std::int64_t>& out) {
    if (out.is_full()) return false;
    out.push_back(row);
    return true;
  }

  shape_options options_;
  std::int64_t made_ = 0; // copies of the row at hand
  moment next_tick_{options_.tick_every};
  std::int64_t passed_ = 0;
};

/// Joins two inlets and says so: rows of inlet 1 are negated.
class zip_operator final : public any_operator {
public:
  std::vector<const row_type*> inlet_types() const override {
    return {&row_type_of<std::int64_t>(), &row_type_of<std::int64_t>()};
  }
  std::vector<const row_type*> outlet_types() const override {
    return {&row_type_of<std::int64_t>()};
  }
  std::size_t on_batch(std::size_t inlet, any_view in, outlets out) override {
    auto rows = in.as<std::int64_t>();
    auto& to = out.at<std::int64_t>(0);
    std::size_t i = 0;
    for (; i < rows.size() && !to.is_full(); ++i) {
      to.inherit_repeated(rows.whole(), rows.first() + i, 1, false);
      to.push_back(inlet == 0 ? rows[i] : -rows[i]);
    }
    return i;
  }
  bool on_mark(mark, std::int64_t, outlets) override { return true; }
};

} // namespace weir::testing
