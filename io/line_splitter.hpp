// SPDX-License-Identifier: Apache-2.0
//
// line_splitter: bytes as they arrive, cut into lines. What files, followed files and sockets have
// in common; it does no I/O.
//
// A line ends with LF or CRLF, which do not belong to it; what follows the last LF is a line when
// there is anything. Bytes are passed on as they are, whatever they mean. Lines point into a block;
// a batch keeps the blocks of its lines (`keep_in`), and one is written again once the last batch
// has let go of it, so that a running job allocates none. A line longer than `most_line_bytes` is
// told of once, by its beginning, and the rest of it is skipped without being held. Memory: one
// block, or twice the line at hand if that is more, what batches keep, and `spare_blocks` blocks.
// One thread at a time; any thread may let go of a batch.
//
//   block   [ lines taken | lines that are whole | line begun | room ]
//                          ^ next_                             ^ filled_
//
//   splitter.filled(read(file, splitter.room()));
//   while (splitter.look() == line_splitter::found::line) take(splitter.text()), splitter.pass();

#pragma once

#include <weir/actors/stream/batch.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace weir {

class line_splitter {
public:
  static constexpr std::size_t default_block_bytes = batch_bytes;
  static constexpr std::size_t spare_blocks = 8;

  explicit line_splitter(std::size_t most_line_bytes = max_row_bytes,
                         std::size_t block_bytes = default_block_bytes)
      : most_line_bytes_{most_line_bytes}, block_bytes_{block_bytes} {}

  /// What `text()` is.
  enum class found : std::uint8_t {
    line,
    too_long, ///< The beginning of a line that is longer than allowed.
    none,     ///< There is no whole line left: go on with `room` and `filled`.
  };

  /// Looks for the next line, which stays the next one until `pass`.
  [[nodiscard]] found look() noexcept {
    if (is_skipping_) return skip();
    const std::size_t unseen = rest_bytes() - seen_;
    if (unseen == 0) return look_at_rest();
    const char* const begin = data() + next_;
    const char* const feed = static_cast<const char*>(std::memchr(begin + seen_, '\n', unseen));
    if (feed == nullptr) [[unlikely]]
      return look_at_rest();
    const bool has_return = feed != begin && feed[-1] == '\r';
    text_ = {begin, static_cast<std::size_t>(feed - begin) - (has_return ? 1 : 0)};
    end_ = static_cast<std::size_t>(feed - data()) + 1;
    return text_.size() <= most_line_bytes_ ? found::line : cut();
  }
  [[nodiscard]] std::string_view text() const noexcept { return text_; }
  /// Bytes that `pass` will go on by.
  [[nodiscard]] std::size_t bytes() const noexcept { return end_ - next_; }
  void pass() noexcept {
    next_ = end_;
    seen_ = 0;
    is_skipping_ = skips_behind_;
    skips_behind_ = false;
  }

  /// Bytes of lines passed since a batch was last given them to keep.
  [[nodiscard]] std::size_t pending_bytes() const noexcept { return next_ - kept_; }
  /// Makes the batch keep the lines passed since.
  void keep_in(batch_base& rows);
  /// The same where nobody points into them.
  void forget() noexcept { kept_ = next_; }

  /// Where the next bytes go: at least one. Lines passed before must be kept by now, and there is
  /// no whole one left.
  [[nodiscard]] std::span<char> room();
  void filled(std::size_t bytes) noexcept { filled_ += bytes; }
  /// No bytes follow: what is left is a line. After that line more may follow all the same.
  void finish() noexcept { is_finished_ = true; }

  /// Bytes that were filled in and belong to no line passed yet.
  [[nodiscard]] std::size_t rest_bytes() const noexcept { return filled_ - next_; }
  /// Inside a line that was told of as too long.
  [[nodiscard]] bool is_skipping() const noexcept { return is_skipping_; }
  /// Forgets all it holds, to begin somewhere else, perhaps inside a line to be skipped.
  void restart(bool is_skipping);

private:
  struct block {
    std::shared_ptr<char[]> owner;
    std::size_t bytes = 0;
  };

  [[nodiscard]] char* data() const noexcept { return block_.owner.get(); }
  found look_at_rest() noexcept;
  found cut() noexcept;
  found skip() noexcept;
  [[nodiscard]] bool is_ours_alone() const noexcept;
  void renew(std::size_t bytes);
  void begin_with(std::size_t rest) noexcept;

  std::size_t most_line_bytes_;
  std::size_t block_bytes_;
  std::vector<block> blocks_; // those to be used again, block_ among them
  block block_;
  std::size_t filled_ = 0;
  std::size_t next_ = 0; // where the next line begins
  std::size_t kept_ = 0; // up to where lines are kept by batches
  std::size_t seen_ = 0; // bytes of the next line known to hold no line feed
  std::size_t end_ = 0;  // behind text_ and its line feed
  std::string_view text_;
  bool is_skipping_ = false;
  bool skips_behind_ = false; // `pass` leads into a line to be skipped
  bool is_finished_ = false;
};

} // namespace weir
