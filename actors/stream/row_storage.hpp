// SPDX-License-Identifier: Apache-2.0
//
// row_storage: room for the rows of a batch, owned.
//
// Rows that own heap are all constructed, so that they keep their buffers when reused. Plain data
// is not written to at all: what it holds is anything, and pages nobody has written yet take no
// memory, so a batch that stays small costs about its rows, whatever its capacity.
//
//   row_storage<trip> rows = make_row_storage<trip>(4096);
//   rows[0] = first_trip;

#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>

namespace weir {

template <class T>
struct row_storage_deleter {
  void operator()(T* rows) const noexcept {
    if constexpr (std::is_trivially_copyable_v<T>)
      ::operator delete (rows, std::align_val_t{alignof(T)});
    else
      delete[] rows;
  }
};

template <class T>
using row_storage = std::unique_ptr<T[], row_storage_deleter<T>>;

template <class T>
[[nodiscard]] row_storage<T> make_row_storage(std::size_t rows) {
  if constexpr (std::is_trivially_copyable_v<T>)
    return row_storage<T>{
        static_cast<T*>(::operator new (rows * sizeof(T), std::align_val_t{alignof(T)}))};
  else
    return row_storage<T>{new T[rows]};
}

} // namespace weir
