// SPDX-License-Identifier: Apache-2.0
//
// csv_reader: one CSV file to rows in memory, with what can't be read handed out as rejects. What
// csv_source.hpp and the tools read with; it knows records by their table only and is compiled
// once.
//
// The file is read in blocks of 256 KiB with plain read(2). Rows whose table borrows point into
// their block: whoever keeps the rows keeps `text()` too, and a block is read into again once
// nobody does. Memory: one block and its index (csv_index.hpp), plus the blocks others keep; a row
// longer than a block makes one of its size, at most `max_row_bytes`. A row with broken quotes ends
// at its first line feed, so that one bad row costs one row. Reading blocks. Used by one thread at
// a time, except `bytes_read` and `bytes_total`.
//
//   csv_reader reader{"trips.csv", record_of<trip>(), {}};
//   if (auto opened = reader.open(); !opened) return opened.error();
//   auto got = reader.read(rows, sizeof(trip), 4096, text_budget, on_reject);

#pragma once

#include <weir/actors/state/snapshot.hpp>
#include <weir/actors/stream/batch.hpp>
#include <weir/actors/stream/error.hpp>
#include <weir/actors/stream/record.hpp>
#include <weir/io/csv_index.hpp>
#include <weir/io/csv_options.hpp>
#include <weir/io/csv_plan.hpp>
#include <weir/io/csv_walk.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

/// A row that can't be read: where it begins (line, from 1), its bytes without the line's end, and
/// why.
struct csv_reject {
  std::uint64_t line = 0;
  std::string_view raw;
  std::string reason;
};

class csv_reader {
public:
  csv_reader(std::string path, const record_info& table, csv_options options,
             csv_instructions best = csv_index::widest());
  ~csv_reader();
  csv_reader(const csv_reader&) = delete;
  csv_reader& operator=(const csv_reader&) = delete;

  /// Opens the file and binds its columns. No such file or unfit columns: errc::config; not a CSV
  /// file: errc::damaged.
  result<void> open();

  struct outcome {
    std::size_t rows = 0;
    bool has_ended = false; ///< There is nothing behind these rows.
    std::size_t text_bytes =
        0; ///< How much of `text()` these rows may point into; 0 unless the table borrows.
  };
  /// Takes a reject; gives whether there is room for another.
  using on_reject = std::function<bool(csv_reject)>;
  /// Writes up to `room` rows, `stride` bytes apart. Gives fewer, even none, when a block or
  /// `text_budget` bytes of it are used up or `rejected` says stop; call again.
  result<outcome> read(void* rows, std::size_t stride, std::size_t room, std::size_t text_budget,
                       const on_reject& rejected);

  /// What the rows of the last `read` point into.
  [[nodiscard]] std::shared_ptr<const void> text() const;
  /// The names of the columns; empty when the file has no header.
  [[nodiscard]] const std::vector<std::string>& header() const noexcept { return header_; }
  /// Rows read so far, rejects not counted.
  [[nodiscard]] std::uint64_t position() const noexcept { return position_; }
  /// For progress, from any thread.
  [[nodiscard]] std::uint64_t bytes_read() const noexcept { return bytes_read_; }
  [[nodiscard]] std::uint64_t bytes_total() const noexcept { return bytes_total_; }

  void save(snapshot_writer& to) const;
  result<void> load(snapshot_reader& from);

private:
  struct block;
  using walked = csv_walk::outcome;
  enum class more : std::uint8_t { some, ended, too_long, must_return };

  [[nodiscard]] error cannot(const std::string& what) const;
  result<void> bind_columns();
  result<walked> find_first_row();
  [[nodiscard]] bool looks_like_names(const std::vector<std::string>& cells) const;

  result<more> make_more(bool may_refill);
  result<void> refill();
  result<void> read_block();
  void renew_block(std::size_t capacity);

  bool take_plain_row(std::size_t last, void* row, const on_reject& rejected);
  result<more> take_odd_row(void* row, const on_reject& rejected, bool& added, bool may_refill);
  void take_walked_row(void* row, const on_reject& rejected, bool& added);
  void take_broken_row(const on_reject& rejected);
  result<void> skip_long_row(const on_reject& rejected);
  walked walk_row();
  void give(const on_reject& rejected, std::uint32_t end, std::string reason);
  void pass(std::size_t last_mark, std::uint64_t lines);
  [[nodiscard]] std::optional<std::size_t> first_line_feed() const;
  [[nodiscard]] std::string count_reason(std::size_t fields) const;

  [[nodiscard]] std::uint32_t row_begin() const noexcept;
  [[nodiscard]] std::uint64_t row_offset() const noexcept { return block_offset_ + row_begin(); }

  // What was asked for.
  std::string path_;
  const record_info* table_;
  csv_options options_;
  csv_dialect dialect_;
  std::optional<csv_plan> plan_;
  std::vector<std::string> header_;

  // The file, and the stretch of it in memory.
  int file_ = -1;
  std::size_t block_bytes_ = 0; // of a block, unless a row needs more
  bool is_at_end_ = false;
  std::uint64_t block_offset_ = 0; // of block_[0] in the file
  std::shared_ptr<block> block_;
  std::vector<std::shared_ptr<block>> blocks_; // all there are, block_ among them
  std::uint32_t filled_ = 0;
  std::uint32_t indexed_ = 0;
  csv_index index_;

  // Where reading stands.
  std::size_t mark_ = 0;   // the first mark of the next row
  std::size_t break_ = 0;  // the first break not before it
  std::uint64_t line_ = 1; // of the next row
  std::uint64_t position_ = 0;
  std::uint64_t suspicious_until_ =
      0; // before this offset a line feed in quotes means they are broken

  csv_walk row_; // the last row that was followed
  bool has_reject_room_ = true;

  std::atomic<std::uint64_t> bytes_read_{0};
  std::atomic<std::uint64_t> bytes_total_{0};
};

} // namespace weir
