// SPDX-License-Identifier: Apache-2.0
//
// kafka_text_blocks: where the text of rows that borrow is written. A batch keeps the blocks its
// rows point into; a block is used again once the last batch has let go of it, so a running job
// allocates none. Memory: `spare_blocks` blocks beyond what batches keep. One thread writes; any
// thread may let go.
//
//   char* to = blocks.room(bound); ... write ...; blocks.written(to);      blocks.keep_in(batch);

#pragma once

#include <weir/actors/stream/batch.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <memory>
#include <vector>

namespace weir {

class kafka_text_blocks {
public:
  static constexpr std::size_t block_bytes = batch_bytes;
  static constexpr std::size_t spare_blocks = 8;

  /// Where `bytes` bytes are free. What was written before into another block must be kept by
  /// `rows` already or now.
  char* room(std::size_t bytes, batch_base& rows) {
    if (current_.owner == nullptr || static_cast<std::size_t>(end() - next_) < bytes) {
      keep_in(rows);
      renew(bytes);
    }
    return next_;
  }
  /// Text now ends here.
  void written(char* end) noexcept { next_ = end; }
  /// Written since the batch was last given some to keep.
  [[nodiscard]] std::size_t pending_bytes() const noexcept {
    return static_cast<std::size_t>(next_ - kept_);
  }
  /// Makes the batch keep what was written for it.
  void keep_in(batch_base& rows) {
    if (next_ == kept_) return;
    rows.keep({current_.owner, pending_bytes()});
    kept_ = next_;
  }

private:
  struct block {
    std::shared_ptr<char[]> owner;
    std::size_t bytes = 0;
  };

  [[nodiscard]] char* end() const noexcept { return current_.owner.get() + current_.bytes; }

  void renew(std::size_t bytes) {
    bytes = std::max(bytes, block_bytes);
    current_ = {};
    for (auto& each : blocks_)
      if (each.owner.use_count() == 1 && each.bytes >= bytes) {
        std::atomic_thread_fence(std::memory_order_acquire); // behind the last reader's release
        current_ = each;
        break;
      }
    if (current_.owner == nullptr) {
      current_ = {std::shared_ptr<char[]>{new char[bytes]}, bytes};
      if (blocks_.size() < spare_blocks && bytes == block_bytes) blocks_.push_back(current_);
    }
    next_ = kept_ = current_.owner.get();
  }

  std::vector<block> blocks_;
  block current_;
  char* next_ = nullptr;
  char* kept_ = nullptr;
};

} // namespace weir
