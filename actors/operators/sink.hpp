// SPDX-License-Identifier: Apache-2.0
//
// sink: where rows leave. It knows no actors: the shell calls it, one call at a time, in stream
// order.
//
// `write` takes rows from the front of a view and says how many; fewer than all means the sink is
// full for now and will call `wake` (from any thread). `prepare(n)` makes everything written before
// barrier n safe, `commit(n)` makes it visible where that differs, `abort(n)` takes it back (no
// job asks for that yet: it comes with restarts from a checkpoint). `close` ends a finished or
// cancelled stream; a sink destroyed without `close` belongs to a job that failed, and leaves
// nothing that looks complete.
//
//   class printer final : public sink<int> {
//     result<std::size_t> write(batch_view<int> in) override {
//       for (int i : in.rows()) ...; return in.size();
//     }
//   };

#pragma once

#include <weir/actors/stream/batch.hpp>
#include <weir/actors/stream/error.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace weir {

/// What the shell gives a sink when it opens it.
struct sink_context {
  std::string name; ///< Of the sink in the job, for messages.
  std::function<void()>
      wake; ///< Tells the shell to call again; cheap, any thread, also after the sink was closed.
  /// Counts what a thread of its own worked; any thread. Nothing if nobody asks.
  std::function<void(std::chrono::nanoseconds)> worked = {};
  /// Tells a person something that fails nothing; any thread. Nothing if nobody listens.
  std::function<void(const std::string&)> warn = {};
  /// The same of rows that were lost: who wants to hear of errors alone hears of these, too.
  std::function<void(const std::string&)> warn_of_loss = {};
  /// Counts rows it took that will never arrive; any thread. Nothing if nobody asks.
  std::function<void(std::uint64_t)> lost = {};
};

template <row T>
class sink {
public:
  virtual ~sink() = default;

  virtual result<void> open(sink_context context) = 0;
  /// Gives the rows taken from the front of `in`; fewer than all: `wake` follows.
  virtual result<std::size_t> write(batch_view<T> in) = 0;
  /// True: all rows before barrier `number` are safe. False: not yet, `wake` follows and `prepare`
  /// is called again.
  virtual result<bool> prepare(std::uint64_t /*number*/) { return true; }
  virtual result<void> commit(std::uint64_t /*number*/) { return {}; }
  virtual result<void> abort(std::uint64_t /*number*/) { return {}; }
  /// The stream is over; everything must be safe and visible. False: not yet, `wake` follows.
  virtual result<bool> close() { return true; }
  /// Calls may wait for a disk: run them on a pump's thread (runtime/pump.hpp).
  [[nodiscard]] virtual bool blocks() const { return false; }
};

/// The sink as shells and planners see it.
class any_sink {
public:
  virtual ~any_sink() = default;
  [[nodiscard]] virtual const row_type& type() const = 0;
  virtual result<void> open(sink_context context) = 0;
  virtual result<std::size_t> write(batch_base& rows, std::size_t first, bool exclusive) = 0;
  virtual result<bool> prepare(std::uint64_t number) = 0;
  virtual result<void> commit(std::uint64_t number) = 0;
  virtual result<void> abort(std::uint64_t number) = 0;
  virtual result<bool> close() = 0;
  [[nodiscard]] virtual bool blocks() const = 0;
};

namespace detail {

template <row T>
class erased_sink final : public any_sink {
public:
  explicit erased_sink(std::unique_ptr<sink<T>> typed) : typed_{std::move(typed)} {}

  const row_type& type() const override { return row_type_of<T>(); }
  result<void> open(sink_context context) override { return typed_->open(std::move(context)); }
  result<std::size_t> write(batch_base& rows, std::size_t first, bool exclusive) override {
    return typed_->write(batch_view<T>{static_cast<batch<T>&>(rows), first, exclusive});
  }
  result<bool> prepare(std::uint64_t number) override { return typed_->prepare(number); }
  result<void> commit(std::uint64_t number) override { return typed_->commit(number); }
  result<void> abort(std::uint64_t number) override { return typed_->abort(number); }
  result<bool> close() override { return typed_->close(); }
  bool blocks() const override { return typed_->blocks(); }

private:
  std::unique_ptr<sink<T>> typed_;
};

} // namespace detail

template <row T>
std::unique_ptr<any_sink> erase(std::unique_ptr<sink<T>> typed) {
  return std::make_unique<detail::erased_sink<T>>(std::move(typed));
}

} // namespace weir
