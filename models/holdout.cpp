// SPDX-License-Identifier: Apache-2.0

#include <weir/models/category_index.hpp>
#include <weir/models/holdout.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <stdexcept>
#include <unistd.h>

namespace weir {

namespace {

constexpr std::uint32_t no_text = 0xffffffff;
constexpr std::size_t buffer_bytes = std::size_t{256} * 1024;

template <class V>
void put(std::string& onto, V value) {
  char bytes[sizeof(V)];
  std::memcpy(bytes, &value, sizeof(V));
  onto.append(bytes, sizeof(V));
}

template <class V>
V take(std::string_view& from) {
  V value;
  std::memcpy(&value, from.data(), sizeof(V));
  from.remove_prefix(sizeof(V));
  return value;
}

void put_text(std::string& onto, std::string_view text) {
  put(onto, static_cast<std::uint32_t>(text.size()));
  onto.append(text);
}

std::string_view take_text(std::string_view& from) {
  const auto size = take<std::uint32_t>(from);
  const auto text = from.substr(0, size);
  from.remove_prefix(size);
  return text;
}

void put_numbers(std::string& onto, const std::vector<double>& values,
                 std::span<const std::uint32_t> chosen) {
  const auto at = onto.size();
  onto.resize(at + chosen.size() * sizeof(double));
  char* to = onto.data() + at;
  for (const auto row : chosen) {
    std::memcpy(to, &values[row], sizeof(double));
    to += sizeof(double);
  }
}

void take_numbers(std::string_view& from, std::vector<double>& values, std::size_t rows) {
  std::memcpy(values.data(), from.data(), rows * sizeof(double));
  from.remove_prefix(rows * sizeof(double));
}

template <class V>
void put_offsets(std::string& onto, const std::vector<std::int64_t>& values, std::int64_t smallest,
                 std::span<const std::uint32_t> chosen) {
  const auto at = onto.size();
  onto.resize(at + chosen.size() * sizeof(V));
  char* to = onto.data() + at;
  for (const auto row : chosen) {
    const auto offset = static_cast<V>(static_cast<std::uint64_t>(values[row])
                                       - static_cast<std::uint64_t>(smallest));
    std::memcpy(to, &offset, sizeof(V));
    to += sizeof(V);
  }
}

void put_integers(std::string& onto, const std::vector<std::int64_t>& values,
                  std::span<const std::uint32_t> chosen) {
  std::int64_t smallest = values[chosen.front()], largest = smallest;
  for (const auto row : chosen) {
    smallest = std::min(smallest, values[row]);
    largest = std::max(largest, values[row]);
  }
  const auto range = static_cast<std::uint64_t>(largest) - static_cast<std::uint64_t>(smallest);
  put(onto, smallest);
  if (range == 0) {
    put(onto, std::uint8_t{0});
  } else if (range <= 0xff) {
    put(onto, std::uint8_t{1});
    put_offsets<std::uint8_t>(onto, values, smallest, chosen);
  } else if (range <= 0xffff) {
    put(onto, std::uint8_t{2});
    put_offsets<std::uint16_t>(onto, values, smallest, chosen);
  } else if (range <= 0xffffffff) {
    put(onto, std::uint8_t{4});
    put_offsets<std::uint32_t>(onto, values, smallest, chosen);
  } else {
    put(onto, std::uint8_t{8});
    put_offsets<std::uint64_t>(onto, values, smallest, chosen);
  }
}

template <class V>
void take_offsets(std::string_view& from, std::int64_t smallest, std::int64_t* to,
                  std::size_t rows) {
  for (std::size_t i = 0; i < rows; ++i)
    to[i] = static_cast<std::int64_t>(static_cast<std::uint64_t>(smallest) + take<V>(from));
}

void take_integers(std::string_view& from, std::int64_t* to, std::size_t rows) {
  const auto smallest = take<std::int64_t>(from);
  switch (take<std::uint8_t>(from)) {
    case 1: return take_offsets<std::uint8_t>(from, smallest, to, rows);
    case 2: return take_offsets<std::uint16_t>(from, smallest, to, rows);
    case 4: return take_offsets<std::uint32_t>(from, smallest, to, rows);
    case 8: return take_offsets<std::uint64_t>(from, smallest, to, rows);
    default: std::fill_n(to, rows, smallest);
  }
}

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error{fmt::format("cannot {} the temporary file for held-out rows: {}; see "
                                       "that TMPDIR (or /tmp) has room, or hold out fewer rows",
                                       what, std::strerror(errno))};
}

int open_temporary() {
  const char* wished = std::getenv("TMPDIR");
  const std::string directory = wished != nullptr && *wished != '\0' ? wished : "/tmp";
  int file = ::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (file >= 0) return file;
  std::string name = directory + "/weir-held-out-XXXXXX";
  file = ::mkostemp(name.data(), O_CLOEXEC);
  if (file < 0) fail("create");
  ::unlink(name.c_str());
  return file;
}

void write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) fail("write");
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

std::size_t read_some(int file, char* to, std::size_t bytes, std::uint64_t at) {
  for (;;) {
    const auto got = ::pread(file, to, bytes, static_cast<::off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) fail("read");
    return static_cast<std::size_t>(got);
  }
}

/// Uses the whole pieces at the front of `bytes`; gives how many bytes they were.
std::size_t use_pieces(std::string_view bytes, const std::function<void(std::string_view)>& use) {
  const auto all = bytes.size();
  while (bytes.size() >= sizeof(std::uint32_t)) {
    auto rest = bytes;
    const auto size = take<std::uint32_t>(rest);
    if (rest.size() < size) break;
    use(rest.substr(0, size));
    bytes = rest.substr(size);
  }
  return all - bytes.size();
}

} // namespace

void pack(const rows_to_pack& rows, std::string& onto) {
  const auto& [block, chosen, is_for_export_only, lines] = rows;
  if (chosen.empty()) return;
  put(onto, static_cast<std::uint32_t>(chosen.size()));
  put(onto, static_cast<std::uint8_t>(is_for_export_only));
  put_numbers(onto, block.labels, chosen);
  for (const auto& column : block.columns) switch (column.kind) {
      case column_kind::number: put_numbers(onto, column.numbers, chosen); break;
      case column_kind::integer: put_integers(onto, column.integers, chosen); break;
      case column_kind::text:
        for (const auto row : chosen) {
          const auto text = column.texts[row];
          text.data() == nullptr ? put(onto, no_text) : put_text(onto, text);
        }
    }
  put_text(onto, lines);
}

void unpack(std::string_view& bytes, unpacked_rows& into) {
  const auto rows = take<std::uint32_t>(bytes);
  into.block.rows = rows;
  into.is_for_export_only = take<std::uint8_t>(bytes) != 0;
  take_numbers(bytes, into.block.labels, rows);
  for (auto& column : into.block.columns) switch (column.kind) {
      case column_kind::number: take_numbers(bytes, column.numbers, rows); break;
      case column_kind::integer: take_integers(bytes, column.integers.data(), rows); break;
      case column_kind::text:
        for (std::size_t i = 0; i < rows; ++i) {
          auto rest = bytes;
          if (take<std::uint32_t>(rest) == no_text) {
            column.texts[i] = missing_text;
            bytes = rest;
          } else {
            column.texts[i] = take_text(bytes);
          }
        }
    }
  into.lines = take_text(bytes);
}

row_store::row_store(std::size_t memory_bytes) : memory_bytes_{memory_bytes} {}

row_store::~row_store() { clear(); }

void row_store::add(std::string_view bytes) {
  const bool fits = file_ < 0 && buffer_.empty()
                    && memory_.size() + bytes.size() + sizeof(std::uint32_t) <= memory_bytes_;
  put_text(fits ? memory_ : buffer_, bytes);
  ++pieces_;
  if (buffer_.size() >= buffer_bytes) spill();
}

void row_store::spill() {
  if (file_ < 0) file_ = open_temporary();
  write_all(file_, buffer_);
  file_bytes_ += buffer_.size();
  buffer_.clear();
}

void row_store::replay(const std::function<void(std::string_view)>& use) const {
  use_pieces(memory_, use);
  std::string read;
  std::size_t held = 0; // bytes of a piece that is not whole yet
  for (std::uint64_t at = 0; at < file_bytes_;) {
    if (read.size() < held + buffer_bytes) read.resize(held + buffer_bytes);
    const auto wanted = std::min<std::uint64_t>(read.size() - held, file_bytes_ - at);
    const auto got = read_some(file_, read.data() + held, wanted, at);
    at += got;
    const auto used = use_pieces({read.data(), held + got}, use);
    held += got - used;
    std::memmove(read.data(), read.data() + used, held);
  }
  use_pieces(buffer_, use);
}

void row_store::clear() {
  if (file_ >= 0) ::close(file_);
  file_ = -1;
  file_bytes_ = 0;
  pieces_ = 0;
  std::string{}.swap(memory_);
  std::string{}.swap(buffer_);
}

void row_store::save(snapshot_writer& to) const {
  to.write(pieces_);
  replay([&](std::string_view piece) { to.write(piece); });
}

bool row_store::load(snapshot_reader& from) {
  std::uint64_t pieces = 0;
  from.read(pieces);
  std::string piece;
  for (; pieces > 0 && from.read(piece).ok(); --pieces) add(piece);
  return from.ok();
}

} // namespace weir
