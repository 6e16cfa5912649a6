// SPDX-License-Identifier: Apache-2.0
//
// source: where rows enter. It knows no actors: the shell polls it, one call at a time, and never
// asks for more than downstream has credit for.
//
// `poll` appends at most `allowed` rows to `out.rows` (all of one partition), and what it could not
// parse to `out.rejects`. A source that would have to wait answers `idle` and calls `wake` (from
// any thread) when there is more; a source that must block (files) says so by `blocks()` and is run
// on a pump's thread. After `phase` and `end` nothing that belongs before them follows. A rejected
// row takes no position: positions count parsed rows.
//
//   class counter final : public source<std::int64_t> {
//     result<polled> poll(credit allowed, poll_out<std::int64_t> out) override { ... }
//   };

#pragma once

#include <weir/actors/state/snapshot.hpp>
#include <weir/actors/stream/batch.hpp>
#include <weir/actors/stream/error.hpp>
#include <weir/actors/stream/reject.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace weir {

class drift_gate;
class partition_roll;

/// What the shell gives a source when it opens it.
struct source_context {
  std::string name; ///< Of the source in the job, for origins and messages.
  std::function<void()>
      wake; ///< Tells the shell to poll again; cheap, any thread, also after the source was closed.
  /// Counts what a thread of its own worked; any thread. Nothing if nobody asks.
  std::function<void(std::chrono::nanoseconds)> worked = {};
  /// Tells a person something that fails nothing; any thread. Nothing if nobody listens.
  std::function<void(const std::string&)> warn = {};
  /// A source that reads partitions side by side names them to it and asks it before it takes rows
  /// of one. Nothing if partitions may run ahead of each other; others need not look at it.
  std::shared_ptr<drift_gate> drift = {};
  /// One that ends names them to it, before its first row. Nothing if nobody asks.
  std::shared_ptr<partition_roll> roll = {};
};

/// What a poll found.
enum class poll_state : std::uint8_t {
  rows,  ///< Rows or rejects were added, or more may follow at once: poll again.
  idle,  ///< Nothing now; `wake` will be called.
  phase, ///< History ends here; behind whatever this call added.
  end,   ///< The stream has finished; behind whatever this call added.
  /// The partition of the rows of this call has ended (there may be none: the batch's origin names
  /// it); others go on. Not needed where partitions come one after another, as files do. Rows of it
  /// that follow all the same are those of a new one, of which nothing is known.
  partition_end,
};

/// How far a source has come, as far as it knows; for progress and `lag`.
struct source_progress {
  std::optional<double> done;          ///< 0 to 1 of a bounded source.
  std::optional<std::uint64_t> behind; ///< Rows waiting upstream of a live source.
};

template <row T>
struct poll_out {
  batch<T>& rows;
  batch<reject>& rejects;
};

template <row T>
class source {
public:
  virtual ~source() = default;

  /// Acquires what the source reads from. Cannot connect, no such file, damaged: an error.
  virtual result<void> open(source_context context) = 0;
  /// Never blocks unless `blocks()`, never adds more rows than `allowed`, nor than there is room
  /// for.
  virtual result<poll_state> poll(credit allowed, poll_out<T> out) = 0;
  /// Everything up to barrier `number` is safe downstream: offsets may be committed.
  virtual result<void> committed(std::uint64_t /*number*/) { return {}; }
  /// Position after the last row given: the source remembers it for `committed(number)`, and `save`
  /// writes it.
  virtual void barrier(std::uint64_t /*number*/) {}

  virtual void save(snapshot_writer& /*to*/) const {}
  /// Seeks to a saved position; called after `open`, before the first poll.
  virtual result<void> load(snapshot_reader& /*from*/) { return {}; }
  [[nodiscard]] virtual source_progress progress() const { return {}; }
  /// `poll` may wait for a disk: run it on a pump's thread (runtime/pump.hpp).
  [[nodiscard]] virtual bool blocks() const { return false; }
};

/// The source as shells and planners see it.
class any_source {
public:
  virtual ~any_source() = default;
  [[nodiscard]] virtual const row_type& type() const = 0;
  virtual result<void> open(source_context context) = 0;
  virtual result<poll_state> poll(credit allowed, batch_base& rows, batch<reject>& rejects) = 0;
  virtual result<void> committed(std::uint64_t number) = 0;
  virtual void barrier(std::uint64_t number) = 0;
  virtual void save(snapshot_writer& to) const = 0;
  virtual result<void> load(snapshot_reader& from) = 0;
  [[nodiscard]] virtual source_progress progress() const = 0;
  [[nodiscard]] virtual bool blocks() const = 0;
};

namespace detail {

template <row T>
class erased_source final : public any_source {
public:
  explicit erased_source(std::unique_ptr<source<T>> typed) : typed_{std::move(typed)} {}

  const row_type& type() const override { return row_type_of<T>(); }
  result<void> open(source_context context) override { return typed_->open(std::move(context)); }
  result<poll_state> poll(credit allowed, batch_base& rows, batch<reject>& rejects) override {
    return typed_->poll(allowed, {static_cast<batch<T>&>(rows), rejects});
  }
  result<void> committed(std::uint64_t number) override { return typed_->committed(number); }
  void barrier(std::uint64_t number) override { typed_->barrier(number); }
  void save(snapshot_writer& to) const override { typed_->save(to); }
  result<void> load(snapshot_reader& from) override { return typed_->load(from); }
  source_progress progress() const override { return typed_->progress(); }
  bool blocks() const override { return typed_->blocks(); }

private:
  std::unique_ptr<source<T>> typed_;
};

} // namespace detail

template <row T>
std::unique_ptr<any_source> erase(std::unique_ptr<source<T>> typed) {
  return std::make_unique<detail::erased_source<T>>(std::move(typed));
}

} // namespace weir
