// SPDX-License-Identifier: Apache-2.0
//
// memory_source and memory_rows: rows that are already in this process, for embedding and tests.
//
// `memory_source` is fed while the job runs, from any thread: copies of it share one queue, which
// holds at most `capacity_rows` rows, so `push` waits when the job is slower. `memory_rows` gives
// the rows of a vector and ends. Positions count rows from 0 in the partition `memory`. Rows that
// borrow text need that text to outlive the job.
//
//   weir::memory_source<trip> feed; // app.from(feed) | ...; auto running = app.start();
//   feed.push({.distance = 2.5});   // false once the job has ended
//   feed.close();

#pragma once

#include <weir/actors/operators/spec.hpp>

#include <concepts>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace weir {

struct memory_source_options {
  /// Rows that may wait in the queue; `push` blocks above it.
  std::size_t capacity_rows = 4 * batch_rows;
};

/// The handle and the spec of a source that is fed while the job runs. One job at a time may read
/// it.
template <weir::row T>
class memory_source {
public:
  using row = T;
  static constexpr bool is_bounded = false;

  explicit memory_source(memory_source_options options = {})
      : shared_{std::make_shared<shared>(options)} {}

  /// Adds a row; waits while the queue is full, also before the job has started. False: closed, or
  /// the job has ended.
  bool push(T row) const { return shared_->push(std::move(row), true) == pushed::taken; }
  /// Adds rows in order, waiting for room as needed. False: closed or ended before all were taken.
  bool push(std::vector<T> rows) const {
    for (auto& row : rows)
      if (!push(std::move(row))) return false;
    return true;
  }
  /// Adds a row if there is room now; the row is lost otherwise.
  [[nodiscard]] bool try_push(T row) const {
    return shared_->push(std::move(row), false) == pushed::taken;
  }
  /// The stream finishes behind what was pushed.
  void close() const { shared_->finish(std::nullopt); }
  /// The source fails behind what was pushed, with this cause.
  void fail(error why) const { shared_->finish(std::move(why)); }
  /// Rows waiting in the queue.
  [[nodiscard]] std::size_t waiting() const { return shared_->waiting(); }

  [[nodiscard]] std::string describe() const { return "memory"; }
  [[nodiscard]] options_ref options() const { return {}; }
  [[nodiscard]] result<std::unique_ptr<any_source>> make() const {
    if (!shared_->attach())
      return error{errc::config,
                   "a memory source is read by another job already: make one for each"};
    std::unique_ptr<source<T>> made = std::make_unique<reader>(shared_);
    return erase<T>(std::move(made));
  }

private:
  enum class pushed { taken, full, refused };
  enum class life { waiting, attached, ended };

  /// What handles and the reading source share. All of it is guarded by `mutex_`; `wake_` is called
  /// outside.
  class shared {
  public:
    explicit shared(memory_source_options options) : options_{options} {}

    pushed push(T row, bool may_wait) {
      std::function<void()> wake;
      {
        std::unique_lock lock{mutex_};
        const auto has_room = [&] {
          return is_closed_ || life_ == life::ended || queue_.size() < options_.capacity_rows;
        };
        if (may_wait)
          room_.wait(lock, has_room);
        else if (!has_room())
          return pushed::full;
        if (is_closed_ || life_ == life::ended) return pushed::refused;
        queue_.push_back(std::move(row));
        wake = take_wake();
      }
      if (wake) wake();
      return pushed::taken;
    }

    void finish(std::optional<error> why) {
      std::function<void()> wake;
      {
        std::lock_guard lock{mutex_};
        if (is_closed_) return;
        is_closed_ = true;
        why_ = std::move(why);
        wake = take_wake();
      }
      room_.notify_all();
      if (wake) wake();
    }

    bool attach() {
      std::lock_guard lock{mutex_};
      if (life_ == life::attached) return false;
      life_ = life::attached;
      return true;
    }
    void open(std::function<void()> wake) {
      std::lock_guard lock{mutex_};
      wake_ = std::move(wake);
    }
    void detach() {
      {
        std::lock_guard lock{mutex_};
        life_ = life::ended;
        wake_ = nullptr;
      }
      room_.notify_all();
    }

    std::size_t waiting() {
      std::lock_guard lock{mutex_};
      return queue_.size();
    }

    result<poll_state> poll(credit allowed, batch<T>& out, origin next) {
      std::unique_lock lock{mutex_};
      if (queue_.empty()) {
        is_idle_ = !is_closed_;
        if (why_) return *why_;
        return is_closed_ ? poll_state::end : poll_state::idle;
      }
      if (out.empty()) out.set_origin(next);
      const auto before = out.cost();
      while (!queue_.empty() && !out.is_full()) {
        const auto used = out.cost() - before;
        if (used.rows >= allowed.rows || (used.rows > 0 && used.bytes >= allowed.bytes)) break;
        out.push_back(std::move(queue_.front()));
        queue_.pop_front();
      }
      lock.unlock();
      room_.notify_all();
      return poll_state::rows;
    }

  private:
    /// The wake-up, if the shell was told to go idle: once for each time it was.
    std::function<void()> take_wake() {
      if (!is_idle_) return {};
      is_idle_ = false;
      return wake_;
    }

    const memory_source_options options_;
    std::mutex mutex_;
    std::condition_variable room_;
    std::deque<T> queue_;
    bool is_closed_ = false;
    bool is_idle_ = false;
    life life_ = life::waiting;
    std::optional<error> why_;
    std::function<void()> wake_;
  };

  class reader final : public source<T> {
  public:
    explicit reader(std::shared_ptr<shared> from) : from_{std::move(from)} {}
    ~reader() override { from_->detach(); }

    result<void> open(source_context context) override {
      partition_ = intern_partition(context.name, "memory");
      from_->open(std::move(context.wake));
      return {};
    }
    result<poll_state> poll(credit allowed, poll_out<T> out) override {
      const auto before = out.rows.size();
      auto state = from_->poll(allowed, out.rows, {partition_, position_});
      position_ += out.rows.size() - before;
      return state;
    }
    // Rows that were given can't be given again: only the count of positions goes on.
    void save(snapshot_writer& to) const override { to.write(position_); }
    result<void> load(snapshot_reader& from) override {
      if (!from.read(position_).ok())
        return error{errc::damaged, "the snapshot of a memory source is cut short"};
      return {};
    }
    source_progress progress() const override { return {std::nullopt, from_->waiting()}; }

  private:
    std::shared_ptr<shared> from_;
    const partition* partition_ = nullptr;
    std::uint64_t position_ = 0;
  };

  std::shared_ptr<shared> shared_;
};

struct memory_rows_options {
  /// Rows given by one poll, at most: for tests of how rows are cut.
  std::size_t poll_rows = std::numeric_limits<std::size_t>::max();
  /// Fails once this many rows were given: for tests of failure.
  std::optional<std::uint64_t> fail_after = std::nullopt;
};

/// The rows of a vector, then the end. Every job that reads it gets all of them; seeks to any
/// position.
template <std::copyable T>
class memory_rows {
public:
  using row = T;
  static constexpr bool is_bounded = true;

  explicit memory_rows(std::vector<T> rows, memory_rows_options options = {})
      : rows_{std::make_shared<const std::vector<T>>(std::move(rows))}, options_{options} {}

  [[nodiscard]] std::string describe() const {
    return "memory(" + std::to_string(rows_->size()) + " rows)";
  }
  [[nodiscard]] options_ref options() const { return {}; }
  [[nodiscard]] result<std::unique_ptr<any_source>> make() const {
    std::unique_ptr<source<T>> made = std::make_unique<reader>(rows_, options_);
    return erase<T>(std::move(made));
  }

private:
  class reader final : public source<T> {
  public:
    reader(std::shared_ptr<const std::vector<T>> rows, memory_rows_options options)
        : rows_{std::move(rows)}, options_{options} {}

    result<void> open(source_context context) override {
      partition_ = intern_partition(context.name, "memory");
      return {};
    }
    result<poll_state> poll(credit allowed, poll_out<T> out) override {
      if (out.rows.empty()) out.rows.set_origin({partition_, next_});
      const auto before = out.rows.cost();
      while (next_ < rows_->size() && !out.rows.is_full()) {
        if (options_.fail_after == next_)
          return error{errc::failed,
                       "memory source: told to fail after " + std::to_string(next_) + " rows"};
        const auto used = out.rows.cost() - before;
        if (used.rows >= allowed.rows || (used.rows > 0 && used.bytes >= allowed.bytes)
            || static_cast<std::size_t>(used.rows) >= options_.poll_rows)
          return poll_state::rows;
        out.rows.push_back((*rows_)[next_]);
        ++next_;
      }
      if (next_ < rows_->size()) return poll_state::rows;
      if (options_.fail_after == next_)
        return error{errc::failed,
                     "memory source: told to fail after " + std::to_string(next_) + " rows"};
      return poll_state::end;
    }
    void save(snapshot_writer& to) const override { to.write(next_); }
    result<void> load(snapshot_reader& from) override {
      if (!from.read(next_).ok() || next_ > rows_->size())
        return error{errc::damaged, "the snapshot of a memory source does not fit its rows"};
      return {};
    }
    source_progress progress() const override {
      const auto all = static_cast<double>(rows_->size());
      return {all == 0 ? 1.0 : static_cast<double>(next_) / all, std::nullopt};
    }

  private:
    std::shared_ptr<const std::vector<T>> rows_;
    memory_rows_options options_;
    const partition* partition_ = nullptr;
    std::uint64_t next_ = 0; // of the rows, also its position
  };

  std::shared_ptr<const std::vector<T>> rows_;
  memory_rows_options options_;
};

} // namespace weir
