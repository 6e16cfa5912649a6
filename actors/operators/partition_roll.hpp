// SPDX-License-Identifier: Apache-2.0
//
// partition_roll: which partitions a source will give rows of, for whoever has to wait for all of
// them from the start. A source that ends and reads partitions side by side names them before its
// first row; one that never ends names none, since a partition may stay silent. Any thread.
//
//   if (context.roll) context.roll->name(all_that_have_rows);

#pragma once

#include <weir/actors/stream/origin.hpp>

#include <mutex>
#include <utility>
#include <vector>

namespace weir {

class partition_roll {
public:
  /// Takes the place of those named before.
  void name(std::vector<const partition*> all) {
    const std::lock_guard lock{mutex_};
    all_ = std::move(all);
  }
  [[nodiscard]] std::vector<const partition*> named() const {
    const std::lock_guard lock{mutex_};
    return all_;
  }

private:
  mutable std::mutex mutex_;
  std::vector<const partition*> all_;
};

} // namespace weir
