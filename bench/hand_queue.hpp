// SPDX-License-Identifier: Apache-2.0
//
// hand_queue: the queue between two threads of a pipeline written by hand: a vector, a mutex, a
// condition variable. A reader takes all there is at once; a writer waits while it is full.

#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <span>
#include <vector>

namespace weir::bench {

template <class T>
class hand_queue {
public:
  explicit hand_queue(std::size_t capacity) : capacity_{capacity} { rows_.reserve(capacity); }

  void push(std::span<const T> rows) {
    {
      std::unique_lock lock{mutex_};
      has_room_.wait(lock,
                     [&] { return rows_.empty() || rows_.size() + rows.size() <= capacity_; });
      rows_.insert(rows_.end(), rows.begin(), rows.end());
    }
    has_rows_.notify_one();
  }
  void close() {
    {
      const std::lock_guard lock{mutex_};
      is_closed_ = true;
    }
    has_rows_.notify_one();
  }
  /// Replaces `taken` by all that is there; false at the end.
  bool take(std::vector<T>& taken) {
    taken.clear();
    {
      std::unique_lock lock{mutex_};
      has_rows_.wait(lock, [&] { return !rows_.empty() || is_closed_; });
      rows_.swap(taken);
    }
    has_room_.notify_one();
    return !taken.empty();
  }

private:
  std::size_t capacity_;
  std::mutex mutex_;
  std::condition_variable has_rows_, has_room_;
  std::vector<T> rows_;
  bool is_closed_ = false;
};

} // namespace weir::bench
