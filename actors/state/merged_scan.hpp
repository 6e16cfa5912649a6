// SPDX-License-Identifier: Apache-2.0
//
// merged_scan: walks several ranges of a state_backend side by side, in the order of keys.
//
// A range is the keys that begin with a prefix; what is behind it is their order. The last `tail`
// bytes of a key do not count between ranges: of keys that are equal but for them, those of an
// earlier range come first. Memory: `bytes` a range, or one entry where that is larger. Nothing may
// be written to the ranges meanwhile. One owner.
//
//   range 0    a1 a2 c1        comes as    a1 a2 a1 b1 c1      (tail: the digit)
//   range 1    a1 b1
//
//   merged_scan scan{backend, {"0", "1"}, 1, 64 << 10};
//   for (auto more = scan.next(); more && *more; more = scan.next()) use(scan.key(), scan.value());

#pragma once

#include <weir/actors/state/state_backend.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

class merged_scan {
public:
  /// Precondition: keys are longer than their prefix by `tail` or more.
  merged_scan(state_backend& from, std::vector<std::string> prefixes, std::size_t tail,
              std::size_t bytes);

  /// False: there is none left.
  [[nodiscard]] result<bool> next();
  /// Of the entry that `next` came to, without the prefix, and without the tail. Views hold until
  /// the next call.
  [[nodiscard]] std::string_view key() const noexcept;
  [[nodiscard]] std::string_view value() const noexcept;

private:
  struct entry {
    std::size_t key_begin, value_begin, end; // in the bytes that were read
  };
  struct range {
    std::string prefix;
    std::string from; // the first key that was not read; empty: all were
    std::string bytes = {};
    std::vector<entry> entries = {};
    std::size_t at = 0;
  };

  /// Reads on where all that was read was walked; false: the range is at its end.
  [[nodiscard]] result<bool> fill(range& of) const;
  [[nodiscard]] result<void> begin();
  [[nodiscard]] bool is_behind(std::size_t a, std::size_t b) const noexcept;
  [[nodiscard]] std::string_view key_of(const range& of) const noexcept;

  state_backend& from_;
  std::size_t tail_, bytes_;
  std::vector<range> ranges_;
  std::vector<std::size_t> heap_; // of ranges that have an entry, the first key on top
  bool has_begun_ = false;
};

} // namespace weir
