// SPDX-License-Identifier: Apache-2.0
//
// row_failure: which row a user's callable threw on.
//
// Operators that call a user's callable for each row wrap what it throws; the shell that catches it
// adds the operator's name and the row's origin. A callable that can't throw costs nothing: the
// handler disappears with the exception.
//
//   catch (const row_failure& f) { return {errc::user_code, name + " threw at " +
//   to_string(in.origin_of(f.index)) + ...}; }

#pragma once

#include <cstddef>
#include <exception>
#include <string>

namespace weir {

/// Thrown by `on_batch` when a callable threw on one row.
struct row_failure {
  std::size_t index; ///< Of the row in the view that `on_batch` was given.
  std::exception_ptr cause;
};

/// Inside a handler: throws the exception being handled as a row_failure. One that is already goes
/// on as it is.
[[noreturn]] void throw_row_failure(std::size_t index);

/// What an exception says: `what()`, the text thrown, or that it says nothing. A row_failure speaks
/// for its cause.
[[nodiscard]] std::string text_of(const std::exception_ptr& thrown);

} // namespace weir
