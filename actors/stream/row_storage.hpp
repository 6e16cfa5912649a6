// SPDX-License-Identifier: Apache-2.0
//
// row_storage: room for the rows of a batch, owned.
//
// Rows that own heap are all constructed, so that they keep their buffers when reused. Plain data
// begins as zero bytes, which is an empty optional and a false bool, by memory the system gives
// zeroed: pages nobody has written yet are not there, so a batch that stays small costs about its
// rows, whatever its capacity.
//
//   row_storage<trip> rows = make_row_storage<trip>(4096);
//   rows[0] = first_trip;

#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>
#include <type_traits>

namespace weir {

template <class T>
struct row_storage_deleter {
  void operator()(T* rows) const noexcept {
    if constexpr (std::is_trivially_copyable_v<T>)
      std::free(rows);
    else
      delete[] rows;
  }
};

template <class T>
using row_storage = std::unique_ptr<T[], row_storage_deleter<T>>;

template <class T>
[[nodiscard]] row_storage<T> make_row_storage(std::size_t rows) {
  if constexpr (std::is_trivially_copyable_v<T>) {
    static_assert(alignof(T) <= alignof(std::max_align_t), "calloc aligns no further");
    void* const bytes = std::calloc(rows, sizeof(T));
    if (bytes == nullptr) throw std::bad_alloc{};
    return row_storage<T>{static_cast<T*>(bytes)};
  } else {
    return row_storage<T>{new T[rows]};
  }
}

} // namespace weir
