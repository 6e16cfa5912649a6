// SPDX-License-Identifier: Apache-2.0
//
// memory_sink: collects rows in this process, for embedding and tests.
//
// Copies of a `memory_sink` share one store that any thread may read while the job runs. Rows are
// seen as soon as they were written. What was not committed is taken back when a job is restored,
// so rows written again are there once. With `capacity_rows` the store is bounded: the sink takes
// no more until `take` made room. Rows own their text.
//
//   weir::memory_sink<quote> answers;                     // ... | to(answers)
//   if (answers.wait_for(100, 5s)) use(answers.rows());   // or answers.take(), which removes them

#pragma once

#include <weir/actors/operators/spec.hpp>

#include <algorithm>
#include <chrono>
#include <concepts>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <iterator>
#include <limits>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace weir {

struct memory_sink_options {
  /// Rows kept until `take`: the job waits above it.
  std::size_t capacity_rows = std::numeric_limits<std::size_t>::max();
};

/// The handle and the spec of a sink that keeps its rows in memory.
template <weir::row T>
class memory_sink {
  static_assert(
      !borrows<T>,
      "weir: a memory_sink keeps rows longer than their batch, so they must own their text: use "
      "std::string where the record has std::string_view, and describe the row type");

public:
  using row = T;

  explicit memory_sink(memory_sink_options options = {})
      : store_{std::make_shared<store>(options)} {}

  /// A copy of what is there now.
  [[nodiscard]] std::vector<T> rows() const requires std::copyable<T> { return store_->rows(); }
  /// Removes and gives what is there now.
  [[nodiscard]] std::vector<T> take() const { return store_->take(); }
  /// Rows written so far, taken ones included.
  [[nodiscard]] std::uint64_t count() const { return store_->count(); }
  /// Waits until `count()` is at least `rows`. False: not within this time, or the stream ended
  /// before.
  [[nodiscard]] bool wait_for(std::uint64_t rows, std::chrono::milliseconds time) const {
    return store_->wait_for(rows, time);
  }
  /// The stream has finished and everything is here.
  [[nodiscard]] bool is_complete() const { return store_->is_complete(); }

  [[nodiscard]] std::string describe() const { return "memory"; }
  [[nodiscard]] options_ref options() const { return {}; }
  [[nodiscard]] result<std::unique_ptr<any_sink>> make() const {
    std::unique_ptr<sink<T>> made = std::make_unique<writer>(store_);
    return erase<T>(std::move(made));
  }

private:
  /// What handles and the writing sink share; all of it is guarded by `mutex_`. Counts are of rows
  /// ever written.
  class store {
  public:
    explicit store(memory_sink_options options) : options_{options} {}

    std::vector<T> rows() {
      std::lock_guard lock{mutex_};
      return {rows_.begin(), rows_.end()};
    }
    std::vector<T> take() {
      std::vector<T> taken;
      std::function<void()> wake;
      {
        std::lock_guard lock{mutex_};
        taken.assign(std::move_iterator{rows_.begin()}, std::move_iterator{rows_.end()});
        rows_.clear();
        taken_ += taken.size();
        if (is_full_) wake = wake_;
        is_full_ = false;
      }
      if (wake) wake();
      return taken;
    }
    std::uint64_t count() {
      std::lock_guard lock{mutex_};
      return written();
    }
    bool is_complete() {
      std::lock_guard lock{mutex_};
      return is_complete_;
    }
    bool wait_for(std::uint64_t rows, std::chrono::milliseconds time) {
      std::unique_lock lock{mutex_};
      changed_.wait_for(lock, time, [&] { return written() >= rows || has_ended_; });
      return written() >= rows;
    }

    void open(std::function<void()> wake) {
      std::lock_guard lock{mutex_};
      wake_ = std::move(wake);
      has_ended_ = is_complete_ = is_full_ = false;
      cut_to(committed_);
    }
    std::size_t write(batch_view<T> in) {
      std::size_t fits = 0;
      {
        std::lock_guard lock{mutex_};
        fits = std::min(in.size(),
                        options_.capacity_rows - std::min(options_.capacity_rows, rows_.size()));
        is_full_ = fits < in.size();
        if (T* own = in.exclusive_rows()) {
          rows_.insert(rows_.end(), std::move_iterator{own}, std::move_iterator{own + fits});
        } else if constexpr (std::copyable<T>) {
          const auto all = in.rows();
          rows_.insert(rows_.end(), all.begin(), all.begin() + static_cast<std::ptrdiff_t>(fits));
        } else {
          ensure(false, "rows that can't be copied have one receiver");
        }
      }
      changed_.notify_all();
      return fits;
    }
    void prepare() {
      std::lock_guard lock{mutex_};
      prepared_ = written();
    }
    void commit() {
      std::lock_guard lock{mutex_};
      committed_ = prepared_;
    }
    void abort() {
      std::lock_guard lock{mutex_};
      cut_to(committed_);
      prepared_ = committed_;
    }
    void end(bool complete) {
      {
        std::lock_guard lock{mutex_};
        has_ended_ = true;
        wake_ = nullptr;
        if (complete) {
          is_complete_ = true;
          committed_ = prepared_ = written();
        }
      }
      changed_.notify_all();
    }

  private:
    std::uint64_t written() const { return taken_ + rows_.size(); }
    /// Rows that were taken can't be taken back.
    void cut_to(std::uint64_t count) {
      while (!rows_.empty() && written() > count) rows_.pop_back();
    }

    const memory_sink_options options_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<T> rows_;
    std::uint64_t taken_ = 0;
    std::uint64_t prepared_ = 0;
    std::uint64_t committed_ = 0;
    bool is_complete_ = false;
    bool has_ended_ = false;
    bool is_full_ = false;
    std::function<void()> wake_;
  };

  class writer final : public sink<T> {
  public:
    explicit writer(std::shared_ptr<store> into) : into_{std::move(into)} {}
    ~writer() override {
      if (!is_closed_) into_->end(false);
    }

    result<void> open(sink_context context) override {
      into_->open(std::move(context.wake));
      return {};
    }
    result<std::size_t> write(batch_view<T> in) override { return into_->write(in); }
    result<bool> prepare(std::uint64_t) override {
      into_->prepare();
      return true;
    }
    result<void> commit(std::uint64_t) override {
      into_->commit();
      return {};
    }
    result<void> abort(std::uint64_t) override {
      into_->abort();
      return {};
    }
    result<bool> close() override {
      is_closed_ = true;
      into_->end(true);
      return true;
    }

  private:
    std::shared_ptr<store> into_;
    bool is_closed_ = false;
  };

  std::shared_ptr<store> store_;
};

} // namespace weir
