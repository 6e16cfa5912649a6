// SPDX-License-Identifier: Apache-2.0

#include <weir/io/csv_reader.hpp>
#include <weir/io/csv_value.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace weir {
namespace {

constexpr std::size_t most_block_bytes = 256 * 1024;
constexpr std::size_t least_block_bytes = 4 * 1024;
// Indexed at a time: what is found is used while it lies in the first-level cache.
constexpr std::uint32_t index_bytes = 16 * 1024;

struct signature {
  std::string_view bytes;
  std::string_view what;
};
constexpr std::array signatures{
    signature{"\x1f\x8b", "compressed with gzip: unpack it first (gunzip)"},
    signature{"\x28\xb5\x2f\xfd", "compressed with zstd: unpack it first (unzstd)"},
    signature{"PK\x03\x04", "a zip archive: unpack it first (unzip)"},
    signature{"PAR1", "a Parquet file: convert it to CSV or HDF5 first"},
    signature{"\x89HDF\r\n\x1a\n", "an HDF5 file: read it with hdf5"},
    signature{"\xff\xfe", "UTF-16 text: convert it first (iconv -f UTF-16 -t UTF-8)"},
    signature{"\xfe\xff", "UTF-16 text: convert it first (iconv -f UTF-16 -t UTF-8)"},
};
constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

} // namespace

/// Part of the file, with room before and behind that may be read.
struct csv_reader::block {
  explicit block(std::size_t bytes)
      : capacity{bytes},
        room{std::make_unique_for_overwrite<char[]>(bytes + 2 * csv_padding)},
        data{room.get() + csv_padding} {
    std::memset(room.get(), '\n', csv_padding);
  }
  std::size_t capacity;
  std::unique_ptr<char[]> room;
  char* data;
};

csv_reader::csv_reader(std::string path, const record_info& table, csv_options options,
                       csv_instructions best)
    : path_{std::move(path)},
      table_{&table},
      options_{std::move(options)},
      dialect_{dialect_of(options_) ? *dialect_of(options_) : csv_dialect{}},
      index_{dialect_.delimiter, dialect_.quote, best},
      row_{dialect_} {}

csv_reader::~csv_reader() {
  if (file_ >= 0) ::close(file_);
}

error csv_reader::cannot(const std::string& what) const {
  return {errc::failed, "cannot " + what + " '" + path_ + "': " + std::strerror(errno)};
}

result<void> csv_reader::open() {
  if (auto checked = dialect_of(options_); !checked) return checked.error();
  file_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat found {};
  if (file_ < 0 || ::fstat(file_, &found) != 0) return error{errc::config, cannot("open").message};
  if (S_ISDIR(found.st_mode))
    return error{errc::config, "'" + path_ + "' is a directory: name the files in it"};
  bytes_total_ = static_cast<std::uint64_t>(found.st_size);
  ::posix_fadvise(file_, 0, 0, POSIX_FADV_SEQUENTIAL);
  // A small file needs a small block; one that says 0 may be a pipe.
  block_bytes_ = S_ISREG(found.st_mode) ? std::clamp(static_cast<std::size_t>(found.st_size) + 1,
                                                     least_block_bytes, most_block_bytes)
                                        : most_block_bytes;
  renew_block(block_bytes_);
  if (auto got = read_block(); !got) return got;
  const std::string_view begin{block_->data, filled_};
  for (const auto& known : signatures)
    if (begin.starts_with(known.bytes))
      return error{errc::damaged,
                   "'" + path_ + "' is no CSV file: it is " + std::string{known.what}};
  const bool is_marked = begin.starts_with(byte_order_mark);
  indexed_ = static_cast<std::uint32_t>(is_marked ? byte_order_mark.size() : 0);
  index_.clear(indexed_);
  return bind_columns();
}

// The first row decides: header or not, and how many fields a row has.
result<void> csv_reader::bind_columns() {
  const auto looked = find_first_row();
  if (!looked) return looked.error();
  const bool is_row = *looked == walked::whole;
  if (!is_row && options_.header != csv_header::absent) {
    if (is_at_end_ && row_begin() == filled_)
      return error{errc::damaged,
                   "'" + path_
                       + "' is empty, it has not even a header: leave it out, or get it again"};
    return error{errc::damaged, "'" + path_ + "' does not begin with a row: "
                                    + (*looked == walked::malformed || row_.is_unclosed()
                                           ? row_.reason()
                                           : std::string{"it is longer than max_row_bytes"})};
  }
  std::vector<std::string> first;
  if (is_row)
    for (const auto& cell : row_.cells()) first.push_back(row_.text_of(block_->data, cell));
  const auto bind = [&](result<csv_plan> plan) -> result<void> {
    if (!plan) return std::move(plan).error();
    plan_ = *std::move(plan);
    return {};
  };
  if (options_.header == csv_header::present
      || (options_.header == csv_header::detect && csv_plan::is_header(*table_, first))) {
    header_ = first;
    pass(row_.last_mark(), row_.lines());
    return bind(csv_plan::by_header(*table_, options_, std::move(first), path_));
  }
  if (!options_.columns.empty()) {
    header_ = columns_of(options_, dialect_);
    return bind(csv_plan::by_header(*table_, options_, header_, "option 'columns' for " + path_));
  }
  // A first row of words where numbers should be is a header in which nothing is known.
  if (options_.header == csv_header::detect && looks_like_names(first))
    return bind(csv_plan::by_header(*table_, options_, std::move(first), path_));
  return bind(csv_plan::by_position(*table_, options_,
                                    is_row ? first.size() : table_->fields.size(), path_));
}

result<csv_reader::walked> csv_reader::find_first_row() {
  for (;;) {
    const auto looked = walk_row();
    if (looked == walked::malformed) return looked;
    if (looked == walked::incomplete) {
      const auto got = make_more(true);
      if (!got) return got.error();
      if (*got != more::some) return looked;
      continue;
    }
    if (row_.cells().size() != 1 || row_.cells()[0].is_quoted
        || row_.cells()[0].begin != row_.cells()[0].end)
      return looked;
    pass(row_.last_mark(), row_.lines());
  }
}

bool csv_reader::looks_like_names(const std::vector<std::string>& cells) const {
  for (std::size_t i = 0; i < std::min(cells.size(), table_->fields.size()); ++i) {
    const auto& field = table_->fields[i];
    const bool is_number = is_integer(field.kind) || is_floating(field.kind)
                           || field.kind == field_kind::time || field.kind == field_kind::span;
    if (is_number && !field.is_optional
        && cells[i].find_first_of("0123456789") == std::string::npos)
      return true;
  }
  return false;
}

std::uint32_t csv_reader::row_begin() const noexcept {
  return index_.marks()[static_cast<std::ptrdiff_t>(mark_) - 1] + 1;
}

std::shared_ptr<const void> csv_reader::text() const { return block_; }

result<csv_reader::outcome> csv_reader::read(void* rows, std::size_t stride, std::size_t room,
                                             std::size_t text_budget, const on_reject& rejected) {
  outcome done;
  auto* row = static_cast<std::byte*>(rows);
  const std::size_t columns = plan_->columns();
  std::uint64_t first_byte = row_offset();
  has_reject_room_ = true;
  while (done.rows < room && has_reject_room_) {
    bool added = false;
    auto next = more::some;
    if (break_ == index_.break_count()) {
      const auto got = make_more(!table_->borrows || done.rows == 0);
      if (!got) return got.error();
      next = *got;
    } else {
      const std::size_t last = index_.breaks()[break_];
      if (last - mark_ + 1 == columns && block_->data[index_.marks()[last]] == '\n'
          && index_.marks()[last] - row_begin() <= options_.max_row_bytes) [[likely]] {
        added = take_plain_row(last, row, rejected);
      } else {
        const auto got = take_odd_row(row, rejected, added, !table_->borrows || done.rows == 0);
        if (!got) return got.error();
        next = *got;
      }
    }
    if (next == more::ended) {
      done.has_ended = true;
      break;
    }
    if (next == more::must_return || (next == more::too_long && table_->borrows && done.rows != 0))
      break;
    if (next == more::too_long)
      if (auto skipped = skip_long_row(rejected); !skipped) return std::move(skipped).error();
    done.rows += added;
    row += added ? stride : 0;
    if (table_->borrows) {
      if (done.rows == 0)
        first_byte = row_offset(); // what these rows point into begins here
      else if (row_offset() - first_byte >= text_budget)
        break;
    }
  }
  position_ += done.rows;
  if (table_->borrows) done.text_bytes = row_offset() - first_byte;
  bytes_read_.store(row_offset(), std::memory_order_relaxed);
  return done;
}

bool csv_reader::take_plain_row(std::size_t last, void* row, const on_reject& rejected) {
  const std::uint32_t* marks = index_.marks();
  const std::uint32_t feed = marks[last];
  const std::uint32_t begin = row_begin();
  const std::uint32_t end = feed - (feed != begin && block_->data[feed - 1] == '\r');
  const csv_plain_row found{block_->data, marks + mark_, end};
  const std::size_t read = plan_->read(found, row);
  if (read != csv_plan::good) [[unlikely]]
    give(rejected, end, plan_->explain(read, found));
  mark_ = last + 1;
  ++break_;
  ++line_;
  return read == csv_plan::good;
}

// Anything but a row without quotes of the right length. Gives `some` when a row was taken or more
// was indexed.
result<csv_reader::more> csv_reader::take_odd_row(void* row, const on_reject& rejected, bool& added,
                                                  bool may_refill) {
  for (;;) {
    const auto looked = walk_row();
    const std::uint32_t end =
        looked == walked::whole ? index_.marks()[row_.last_mark()] : row_.scanned_until();
    const bool is_long = end - row_begin() > options_.max_row_bytes;
    if (looked == walked::whole && !is_long) {
      take_walked_row(row, rejected, added);
      return more::some;
    }
    if (is_long) row_.cut_off(row_begin() + static_cast<std::uint32_t>(options_.max_row_bytes));
    const auto feed = first_line_feed();
    const bool fits = feed && index_.marks()[*feed] - row_begin() <= options_.max_row_bytes;
    if ((looked == walked::malformed || is_long) && fits) {
      take_broken_row(rejected);
      return more::some;
    }
    if (feed && !fits) return more::too_long;
    const auto got = make_more(may_refill);
    if (!got || *got == more::must_return) return got;
    if (*got == more::some) continue;
    if (fits) { // the quote is not closed before the end
      take_broken_row(rejected);
      return more::some;
    }
    return more::too_long;
  }
}

void csv_reader::take_walked_row(void* row, const on_reject& rejected, bool& added) {
  const std::uint32_t feed = index_.marks()[row_.last_mark()];
  const std::uint32_t end = feed - (feed != row_begin() && block_->data[feed - 1] == '\r');
  const bool is_blank = row_begin() == end;
  if (row_.cells().size() == plan_->columns()) {
    const csv_quoted_row found{block_->data, row_.cells()};
    const std::size_t read = plan_->read(found, row);
    added = read == csv_plan::good;
    if (!added) give(rejected, end, plan_->explain(read, found));
  } else if (!is_blank) {
    give(rejected, end, count_reason(row_.cells().size()));
  }
  pass(row_.last_mark(), row_.lines());
}

void csv_reader::take_broken_row(const on_reject& rejected) {
  const std::size_t last = *first_line_feed();
  const std::uint32_t feed = index_.marks()[last];
  suspicious_until_ = std::max(suspicious_until_, block_offset_ + row_.scanned_until());
  give(rejected, feed - (feed != row_begin() && block_->data[feed - 1] == '\r'), row_.reason());
  pass(last, 1);
}

// The row is given away as far as it may be held; what follows up to the line's end is read and
// forgotten.
result<void> csv_reader::skip_long_row(const on_reject& rejected) {
  give(rejected, row_begin() + static_cast<std::uint32_t>(options_.max_row_bytes),
       "the row is longer than " + std::to_string(options_.max_row_bytes)
           + " bytes: raise max_row_bytes if it is meant to be");
  ++line_;
  std::uint32_t from = row_begin();
  for (;;) {
    const void* feed = std::memchr(block_->data + from, '\n', filled_ - from);
    if (feed != nullptr) {
      indexed_ = static_cast<std::uint32_t>(static_cast<const char*>(feed) - block_->data) + 1;
      break;
    }
    block_offset_ += filled_;
    filled_ = 0;
    from = 0;
    if (block_->capacity != block_bytes_ || block_.use_count() > 2) renew_block(block_bytes_);
    if (auto got = read_block(); !got) return got;
    indexed_ = 0;
    if (filled_ == 0) break;
  }
  index_.clear(indexed_);
  mark_ = 0;
  break_ = 0;
  return {};
}

csv_reader::walked csv_reader::walk_row() {
  return row_.follow({block_->data, &index_, mark_, indexed_, row_offset() >= suspicious_until_});
}

// The mark that ends the line the row begins on.
std::optional<std::size_t> csv_reader::first_line_feed() const {
  for (std::size_t i = break_; i < index_.break_count(); ++i)
    if (const std::size_t mark = index_.breaks()[i]; block_->data[index_.marks()[mark]] == '\n')
      return mark;
  return std::nullopt;
}

void csv_reader::give(const on_reject& rejected, std::uint32_t end, std::string reason) {
  has_reject_room_ =
      rejected({line_, {block_->data + row_begin(), end - row_begin()}, std::move(reason)});
}

void csv_reader::pass(std::size_t last_mark, std::uint64_t lines) {
  mark_ = last_mark + 1;
  while (break_ < index_.break_count() && index_.breaks()[break_] < mark_) ++break_;
  line_ += lines;
}

std::string csv_reader::count_reason(std::size_t fields) const {
  return "holds " + std::to_string(fields) + (fields == 1 ? " field" : " fields") + " where "
         + (header_.empty() ? "the first row" : "the header") + " has "
         + std::to_string(plan_->columns());
}

// Indexes what was read; when that is used up, reads on.
result<csv_reader::more> csv_reader::make_more(bool may_refill) {
  if (indexed_ == filled_) {
    if (filled_ - row_begin() > options_.max_row_bytes) return more::too_long;
    if (is_at_end_) return more::ended;
    if (!may_refill) return more::must_return;
    if (auto refilled = refill(); !refilled) return std::move(refilled).error();
    if (indexed_ == filled_) return more::ended;
  }
  index_.drop(mark_);
  mark_ = 0;
  break_ = 0;
  const std::uint32_t to = indexed_ + std::min(index_bytes, filled_ - indexed_);
  index_.add(block_->data, indexed_, to);
  indexed_ = to;
  return more::some;
}

// The row that was cut off moves to the front, and what follows is read behind it.
result<void> csv_reader::refill() {
  const std::uint32_t begin = row_begin();
  const std::uint32_t rest = filled_ - begin;
  const auto old = block_;
  const std::size_t needed = std::max<std::size_t>(block_bytes_, std::size_t{rest} * 2);
  if (old->capacity != needed || old.use_count() > 3) renew_block(needed);
  std::memmove(block_->data, old->data + begin, rest);
  block_offset_ += begin;
  filled_ = rest;
  indexed_ = 0;
  index_.clear(0);
  mark_ = 0;
  break_ = 0;
  return read_block();
}

// A block nobody keeps, or a new one.
void csv_reader::renew_block(std::size_t capacity) {
  block_.reset();
  for (const auto& free : blocks_)
    if (free.use_count() == 1 && free->capacity == capacity) {
      std::atomic_thread_fence(std::memory_order_acquire); // whoever kept it has read it
      block_ = free;
      return;
    }
  block_ = std::make_shared<block>(capacity);
  if (capacity == block_bytes_) blocks_.push_back(block_);
}

result<void> csv_reader::read_block() {
  while (!is_at_end_ && filled_ < block_->capacity) {
    const auto got = ::read(file_, block_->data + filled_, block_->capacity - filled_);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return cannot("read");
    if (got > 0) {
      filled_ += static_cast<std::uint32_t>(got);
      return {};
    }
    is_at_end_ = true;
    // The last line gets the end it lacks; there is padding behind a full block.
    if (filled_ != 0 && block_->data[filled_ - 1] != '\n') block_->data[filled_++] = '\n';
  }
  return {};
}

void csv_reader::save(snapshot_writer& to) const {
  to.write(row_offset()).write(line_).write(position_).write(suspicious_until_);
}

result<void> csv_reader::load(snapshot_reader& from) {
  std::uint64_t offset = 0;
  if (!from.read(offset).read(line_).read(position_).read(suspicious_until_).ok())
    return error{errc::damaged, "the saved position in '" + path_ + "' can't be read"};
  if (::lseek(file_, static_cast<off_t>(offset), SEEK_SET) < 0) return cannot("seek in");
  block_offset_ = offset;
  filled_ = 0;
  indexed_ = 0;
  is_at_end_ = false;
  index_.clear(0);
  mark_ = 0;
  break_ = 0;
  return read_block();
}

} // namespace weir
