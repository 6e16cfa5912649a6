// SPDX-License-Identifier: Apache-2.0
//
// block_pool: storage for many short runs of values, such as the rows of a key: blocks of 1, 2, 4,
// ... values.
//
// A block that is given back is the next that is taken of its kind, so that nothing is asked of the
// system while as many come as go. Blocks of one kind lie densely in pages. Memory: what was taken
// at most, a kind; when all blocks are back it is returned, but for a few pages. Values are made
// and destroyed by who takes the block. One owner.
//
//   block_pool<row> blocks;
//   row* const four = blocks.take(2);
//   blocks.give_back(four, 2);

#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <memory>
#include <new>
#include <utility>
#include <vector>

namespace weir {

template <class T>
class block_pool {
public:
  block_pool() = default;
  block_pool(const block_pool&) = delete;
  block_pool& operator=(const block_pool&) = delete;

  /// Storage for 2^kind values.
  [[nodiscard]] T* take(unsigned kind) {
    if (!is_small(kind))
      return static_cast<T*>(operator new (bytes_of(kind), std::align_val_t{alignment}));
    ++taken_;
    auto& own = kinds_[kind];
    if (!own.free.empty()) {
      auto* const block = own.free.back();
      own.free.pop_back();
      if (std::ssize(own.free) >= taken_ahead) __builtin_prefetch(own.free.end()[-taken_ahead], 1);
      return block;
    }
    if (own.at == own.end) add_page(own, bytes_of(kind));
    return reinterpret_cast<T*>(std::exchange(own.at, own.at + bytes_of(kind)));
  }
  /// Precondition: it was taken as of this kind, and its values are destroyed.
  void give_back(T* block, unsigned kind) {
    if (!is_small(kind)) {
      operator delete (block, std::align_val_t{alignment});
      return;
    }
    kinds_[kind].free.push_back(block);
    if (--taken_ == 0 && pages_.size() > most_spare) {
      pages_.clear();
      kinds_ = {};
    }
  }

private:
  struct blocks_of_kind {
    std::vector<T*> free = {};               // the last is the next; it was used last
    std::byte *at = nullptr, *end = nullptr; // of the page that is cut up
  };
  static constexpr std::size_t page_bytes = 16'384;
  static constexpr std::size_t most_spare = 16;
  static constexpr std::ptrdiff_t taken_ahead = 4; // blocks that are brought near
  static constexpr std::size_t alignment = std::max<std::size_t>(alignof(T), 64); // a cache line
  static constexpr unsigned small_kinds = [] {
    unsigned kind = 0;
    while ((sizeof(T) << kind) <= page_bytes / 8) ++kind;
    return kind;
  }();

  struct page_deleter {
    void operator()(std::byte* page) const { operator delete (page, std::align_val_t{alignment}); }
  };

  [[nodiscard]] static constexpr std::size_t bytes_of(unsigned kind) noexcept {
    return sizeof(T) << kind;
  }
  [[nodiscard]] static constexpr bool is_small(unsigned kind) noexcept {
    return kind < small_kinds;
  }
  [[gnu::noinline]] void add_page(blocks_of_kind& own, std::size_t block_bytes) {
    pages_.emplace_back(
        static_cast<std::byte*>(operator new (page_bytes, std::align_val_t{alignment})));
    own.at = pages_.back().get();
    own.end = own.at + page_bytes / block_bytes * block_bytes;
  }

  std::array<blocks_of_kind, std::max(small_kinds, 1U)> kinds_;
  std::vector<std::unique_ptr<std::byte, page_deleter>> pages_;
  std::size_t taken_ = 0; // of small blocks
};

} // namespace weir
