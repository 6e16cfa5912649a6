// SPDX-License-Identifier: Apache-2.0

#include <weir/io/line_splitter.hpp>

#include <algorithm>
#include <atomic>
#include <utility>

namespace weir {

// No line feed in what is left of the block.
line_splitter::found line_splitter::look_at_rest() noexcept {
  seen_ = rest_bytes();
  text_ = {data() + next_, seen_};
  end_ = filled_;
  // The last byte may be the CR of a line that is just short enough.
  if (!is_finished_) return seen_ > most_line_bytes_ + 1 ? cut() : found::none;
  if (seen_ == 0) {
    is_finished_ = false;
    return found::none;
  }
  if (text_.back() == '\r') text_.remove_suffix(1);
  return text_.size() <= most_line_bytes_ ? found::line : cut();
}

// text_ is longer than allowed. Only its beginning is told; where its end is not in sight, what
// follows is skipped.
line_splitter::found line_splitter::cut() noexcept {
  text_ = text_.substr(0, most_line_bytes_);
  skips_behind_ = data()[end_ - 1] != '\n' && !is_finished_;
  return found::too_long;
}

line_splitter::found line_splitter::skip() noexcept {
  const char* const begin = data() + next_;
  const void* const feed = rest_bytes() == 0 ? nullptr : std::memchr(begin, '\n', rest_bytes());
  if (feed == nullptr) {
    next_ = filled_;
    kept_ = next_;
    is_skipping_ = !std::exchange(is_finished_, false);
    return found::none;
  }
  next_ += static_cast<std::size_t>(static_cast<const char*>(feed) - begin) + 1;
  kept_ = next_;
  is_skipping_ = false;
  return look();
}

void line_splitter::keep_in(batch_base& rows) {
  if (next_ == kept_) return;
  rows.keep({block_.owner, pending_bytes()});
  kept_ = next_;
}

// The line begun moves to the front: of its block if nobody else sees it, or of another one.
std::span<char> line_splitter::room() {
  const std::size_t rest = rest_bytes();
  const bool was_for_one_line = block_.bytes > block_bytes_ && rest <= block_bytes_ / 2;
  if (!was_for_one_line && next_ != 0 && is_ours_alone()) {
    std::memmove(data(), data() + next_, rest);
    begin_with(rest);
  }
  if (was_for_one_line || filled_ == block_.bytes) {
    const block old = block_;
    renew(std::max(block_bytes_, 2 * rest));
    if (rest != 0) std::memcpy(data(), old.owner.get() + next_, rest);
    begin_with(rest);
  }
  return {data() + filled_, block_.bytes - filled_};
}

void line_splitter::begin_with(std::size_t rest) noexcept {
  filled_ = rest;
  next_ = 0;
  kept_ = 0;
}

// The list of blocks and block_ itself hold it; a batch would be one more.
bool line_splitter::is_ours_alone() const noexcept {
  const bool is_listed =
      block_.bytes == block_bytes_ && std::ranges::any_of(blocks_, [&](const block& each) {
        return each.owner == block_.owner;
      });
  if (block_.owner.use_count() > (is_listed ? 2 : 1)) return false;
  std::atomic_thread_fence(std::memory_order_acquire); // behind the last reader's release
  return true;
}

// A block nobody keeps, or a new one.
void line_splitter::renew(std::size_t bytes) {
  block_ = {};
  if (bytes == block_bytes_)
    for (const auto& each : blocks_)
      if (each.owner.use_count() == 1) {
        std::atomic_thread_fence(std::memory_order_acquire);
        block_ = each;
        return;
      }
  block_ = {std::shared_ptr<char[]>{new char[bytes]}, bytes};
  if (bytes == block_bytes_ && blocks_.size() < spare_blocks) blocks_.push_back(block_);
}

void line_splitter::restart(bool is_skipping) {
  block_ = {};
  filled_ = next_ = kept_ = seen_ = end_ = 0;
  text_ = {};
  is_skipping_ = is_skipping;
  skips_behind_ = is_finished_ = false;
}

} // namespace weir
