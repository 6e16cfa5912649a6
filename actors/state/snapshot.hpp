// SPDX-License-Identifier: Apache-2.0
//
// snapshot_writer and snapshot_reader: how operators, sources and models put their state into bytes
// and get it back.
//
// Values are written in order, little-endian, and read in the same order; text is length-prefixed.
// Reading past the end, or text longer than what is left, makes the reader fail for good instead of
// inventing data: check `ok()` once at the end. Used by one actor at a time.
//
//   writer.write(count_).write(name_);
//   if (!reader.read(count_).read(name_).ok()) ...

#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace weir {

class snapshot_writer {
public:
  template <class T>
  requires std::is_arithmetic_v<T> || std::is_enum_v<T> snapshot_writer& write(T value) {
    char bytes[sizeof(T)];
    std::memcpy(bytes, &value, sizeof(T)); // every target of ours is little-endian
    bytes_.append(bytes, sizeof(T));
    return *this;
  }
  snapshot_writer& write(std::string_view text) {
    write(static_cast<std::uint64_t>(text.size()));
    bytes_.append(text);
    return *this;
  }
  /// The bytes alone: who reads them knows how many.
  snapshot_writer& write_bytes(const void* from, std::size_t size) {
    bytes_.append(static_cast<const char*>(from), size);
    return *this;
  }

  [[nodiscard]] const std::string& bytes() const noexcept { return bytes_; }
  [[nodiscard]] std::string take() noexcept { return std::move(bytes_); }
  /// To begin anew; the storage stays.
  void clear() noexcept { bytes_.clear(); }

private:
  std::string bytes_;
};

class snapshot_reader {
public:
  explicit snapshot_reader(std::string_view bytes) : rest_{bytes} {}

  template <class T>
  requires std::is_arithmetic_v<T> || std::is_enum_v<T> snapshot_reader& read(T& value) {
    if (rest_.size() < sizeof(T)) return fail();
    std::memcpy(&value, rest_.data(), sizeof(T));
    rest_.remove_prefix(sizeof(T));
    return *this;
  }
  snapshot_reader& read(std::string& text) {
    std::uint64_t size = 0;
    read(size);
    if (!ok_ || size > rest_.size()) return fail();
    text.assign(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return *this;
  }
  snapshot_reader& read_bytes(void* to, std::size_t size) {
    if (rest_.size() < size) return fail();
    if (size > 0) std::memcpy(to, rest_.data(), size);
    rest_.remove_prefix(size);
    return *this;
  }

  /// Bytes that were not read yet: what a length must fit into before anything is allocated.
  [[nodiscard]] std::size_t left() const noexcept { return rest_.size(); }
  /// Gives up for good: what was read makes no sense.
  snapshot_reader& fail() noexcept {
    ok_ = false;
    rest_ = {};
    return *this;
  }
  [[nodiscard]] bool ok() const noexcept { return ok_; }
  /// Everything was read and nothing is left.
  [[nodiscard]] bool is_finished() const noexcept { return ok_ && rest_.empty(); }

private:
  std::string_view rest_;
  bool ok_ = true;
};

} // namespace weir
