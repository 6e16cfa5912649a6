// SPDX-License-Identifier: Apache-2.0
//
// any_operator: the operator as shells and planners see it: N typed inlets, M typed outlets, rows
// erased.
//
// People write `stream_operator<In, Out>` and `erase` it. Split, predictors and others with several
// inlets or outlets derive from `any_operator`. The rules are those of stream_operator.hpp: one
// caller at a time, stream order, never wait. Phases and barriers are aligned over all inlets by
// the shell before they arrive here; `on_end` comes once, when every inlet has finished.
//
//   auto op = erase<trip, quote>(std::make_unique<my_operator>());

#pragma once

#include <weir/actors/operators/stream_operator.hpp>
#include <weir/actors/stream/batch.hpp>
#include <weir/actors/stream/reject.hpp>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace weir {

/// The part of a batch that is still to be consumed, of a type the operator knows.
struct any_view {
  batch_base* rows = nullptr;
  std::size_t first = 0;
  bool exclusive = false;
  /// The watermark of the inlet alone, which may be ahead of the one over all inlets: what is late
  /// by it is so however the rows of the inlets interleave.
  timestamp promised = timestamp::min();
  /// Only the rows before that one are meant, where it is not all.
  std::size_t last = std::numeric_limits<std::size_t>::max();

  template <row T>
  [[nodiscard]] batch_view<T> as() const {
    return {static_cast<batch<T>&>(*rows), first, exclusive, last};
  }
};

/// Where an operator writes: one open batch for each of its outlets, and one for rejects.
class outlets {
public:
  explicit outlets(std::span<batch_base* const> open, batch<reject>* rejects = nullptr)
      : open_{open}, rejects_{rejects} {}

  template <row T>
  [[nodiscard]] batch<T>& at(std::size_t outlet) const {
    return static_cast<batch<T>&>(*open_[outlet]);
  }
  /// Of whatever type.
  [[nodiscard]] batch_base& base(std::size_t outlet) const { return *open_[outlet]; }
  [[nodiscard]] std::size_t size() const noexcept { return open_.size(); }
  /// For operators that may reject alone. When it is full no more is consumed.
  [[nodiscard]] batch<reject>& rejects() const noexcept { return *rejects_; }

private:
  std::span<batch_base* const> open_;
  batch<reject>* rejects_;
};

/// What an operator keeps between rows, about; for reports.
struct state_usage {
  std::size_t entries = 0;   ///< Keys with state, keys in each window, or rows that wait.
  std::size_t bytes = 0;     ///< In memory.
  std::size_t late_rows = 0; ///< Put aside so far because they came too late.
};

/// What rows have gone into and nobody was given, as their windows are not over.
struct open_windows {
  std::size_t entries = 0; ///< One a key and window, or slice of one, or row that waits.
  timestamp from = timestamp::max();
  timestamp to = timestamp::min(); ///< Before `from`: windows without bounds.

  void include(std::size_t more, timestamp start, timestamp end) noexcept {
    if (more == 0) return;
    entries += more;
    from = std::min(from, start);
    to = std::max(to, end);
  }
};

class any_operator {
public:
  virtual ~any_operator() = default;

  [[nodiscard]] virtual std::vector<const row_type*> inlet_types() const = 0;
  [[nodiscard]] virtual std::vector<const row_type*> outlet_types() const = 0;
  /// Whether rows it can do nothing with may go to `outlets::rejects()`. They are no outlet of its
  /// own: all operators of an actor share one, so rejects keep no operators apart.
  [[nodiscard]] virtual bool may_reject() const { return false; }

  /// Gives the rows consumed from the front of `in`; fewer than there are only when an outlet is
  /// full, no more are wanted, or `resume_at` says when. With an outlet full it may still be
  /// called, and consumes what needs no room.
  virtual std::size_t on_batch(std::size_t inlet, any_view in, outlets out) = 0;
  /// Asked after a call that left rows although no outlet was full and more are wanted: when to
  /// call again with the rest. Nothing: at once.
  [[nodiscard]] virtual std::optional<moment> resume_at(moment /*now*/) { return std::nullopt; }
  /// `mark_kind` and its value, aligned over the inlets. False: an outlet was full, call again;
  /// then no other call comes before it has said true.
  enum class mark { watermark, phase, end };
  virtual bool on_mark(mark kind, std::int64_t value, outlets out) = 0;
  /// No row of this partition follows (without a name: of its source), though rows of others may,
  /// and of a new one of its name. `is_complete`: it had all its rows, and is not waited for;
  /// otherwise it was cut short, as its job was stopped. May let a watermark rise; makes no rows.
  virtual void on_partition_end(const partition& /*which*/, bool /*is_complete*/, outlets /*out*/) {
  }
  [[nodiscard]] virtual bool wants_no_more() const { return false; }
  /// Nobody wants its rows any more: no call follows.
  virtual void on_cancel() {}

  /// An inlet that brings what rows are worked with (a table), not rows of the stream: what is on
  /// it comes before all else, its marks do not count, and nobody waits for its end. Only of the
  /// first operator of an actor.
  [[nodiscard]] virtual std::optional<std::size_t> side_inlet() const { return std::nullopt; }
  /// Asked before every call: rows of other inlets are to wait for those of the side inlet.
  [[nodiscard]] virtual bool waits_for_side() const { return false; }

  /// Asked after every call: when it wants to be called without rows. Nothing: never.
  [[nodiscard]] virtual std::optional<moment> wakes_at() const { return std::nullopt; }
  /// That moment has come (`now` is not before it). Rows, and watermarks on their batches, leave as
  /// from other calls. It may come while a batch is not consumed to its end. False: an outlet was
  /// full, call again; then no other call comes before it has said true. Not called after the end.
  virtual bool on_wake(moment /*now*/, outlets /*out*/) { return true; }

  /// Asked at every watermark and at the end.
  [[nodiscard]] virtual state_usage usage() const { return {}; }

  /// Asked when its rows were stopped before their end, of which it is then not told.
  [[nodiscard]] virtual open_windows open() const { return {}; }

  /// It gives rows times, and watermarks: those from before end here.
  [[nodiscard]] virtual bool chooses_time() const { return false; }
  /// Asked after every call, where it chooses time: no row came for so long that nobody is to wait
  /// for its watermarks.
  [[nodiscard]] virtual bool is_silent() const { return false; }

  /// Writes what it needs to go on from here. A barrier stands between batches and marks, so it is
  /// never called in the middle of one: all rows that came are consumed, `on_mark` and `on_wake`
  /// have said true, and what was given lies in front of the barrier. What an operator knows only
  /// from one call to the next with the same row or mark is no part of it.
  virtual void save(snapshot_writer& /*to*/) const {}
  virtual void load(snapshot_reader& /*from*/) {}
};

namespace detail {

template <row In, row Out>
class erased_operator final : public any_operator {
public:
  explicit erased_operator(std::unique_ptr<stream_operator<In, Out>> typed)
      : typed_{std::move(typed)} {}

  std::vector<const row_type*> inlet_types() const override { return {&row_type_of<In>()}; }
  std::vector<const row_type*> outlet_types() const override { return {&row_type_of<Out>()}; }
  std::size_t on_batch(std::size_t, any_view in, outlets out) override {
    return typed_->on_batch(in.as<In>(), out.at<Out>(0));
  }
  std::optional<moment> resume_at(moment now) override { return typed_->resume_at(now); }
  bool on_mark(mark kind, std::int64_t value, outlets out) override {
    switch (kind) {
      case mark::watermark: return typed_->on_watermark(timestamp{duration{value}}, out.at<Out>(0));
      case mark::phase: return typed_->on_phase(static_cast<std::uint64_t>(value), out.at<Out>(0));
      case mark::end: return typed_->on_end(out.at<Out>(0));
    }
    return true;
  }
  bool wants_no_more() const override { return typed_->wants_no_more(); }
  std::optional<moment> wakes_at() const override { return typed_->wakes_at(); }
  bool on_wake(moment now, outlets out) override { return typed_->on_wake(now, out.at<Out>(0)); }
  bool chooses_time() const override { return typed_->chooses_time(); }
  void save(snapshot_writer& to) const override { typed_->save(to); }
  void load(snapshot_reader& from) override { typed_->load(from); }

private:
  std::unique_ptr<stream_operator<In, Out>> typed_;
};

} // namespace detail

template <row In, row Out>
std::unique_ptr<any_operator> erase(std::unique_ptr<stream_operator<In, Out>> typed) {
  return std::make_unique<detail::erased_operator<In, Out>>(std::move(typed));
}

/// For a class derived from stream_operator, whose row types follow from it.
template <class Operator>
std::unique_ptr<any_operator> make_erased(auto&&... arguments) {
  return [&]<class In, class Out>(const stream_operator<In, Out>*) {
    std::unique_ptr<stream_operator<In, Out>> typed =
        std::make_unique<Operator>(std::forward<decltype(arguments)>(arguments)...);
    return erase<In, Out>(std::move(typed));
  }(static_cast<const Operator*>(nullptr));
}

} // namespace weir
