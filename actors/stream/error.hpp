// SPDX-License-Identifier: Apache-2.0
//
// error and result: how anything that can fail for reasons outside the program says so.
//
// A `result<T>` holds a value or an `error`. An error has a code, which decides what a program does
// and exits with, and a message, which says what failed, on what, and what to do about it. Values
// only: no thread or ownership rules.
//
//   result<file> opened = open(path);
//   if (!opened) return opened.error();

#pragma once

#include <source_location>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace weir {

/// Why something failed. Values are never renumbered: they are stored in files and sent between
/// nodes.
enum class errc : int {
  failed = 1,           ///< The job or an operation of it failed.
  usage = 2,            ///< A command line that can't be understood.
  config = 3,           ///< A setting, file pattern or record does not fit.
  cannot_connect = 4,   ///< A server is unreachable, or refuses.
  damaged = 5,          ///< Stored data is corrupt, truncated or of another kind.
  user_code = 6,        ///< A callable of the user threw.
  interrupted = 7,      ///< Stopped by a person or a signal.
  too_many_rejects = 8, ///< More rows were rejected than the job allows.
  actor_died = 9,       ///< An actor ended without its end mark.
};

/// The exit code of a program whose job ended with this cause: 1 failed, 2 usage, 3 config,
/// 4 connect, ...
[[nodiscard]] int exit_code_of(errc code) noexcept;

/// The name of a code, as in logs and JSON.
[[nodiscard]] std::string_view name_of(errc code) noexcept;

/// What failed, on what, and what to do.
struct error {
  errc code = errc::failed;
  std::string message;
};

/// A value, or the error that kept it from being made. `result<void>` is just success or an error.
template <class T>
class [[nodiscard]] result {
public:
  result(T value) : content_{std::in_place_index<0>, std::move(value)} {}
  result(weir::error cause) : content_{std::in_place_index<1>, std::move(cause)} {}

  [[nodiscard]] bool has_value() const noexcept { return content_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  T& operator*() & { return std::get<0>(content_); }
  const T& operator*() const& { return std::get<0>(content_); }
  T&& operator*() && { return std::get<0>(std::move(content_)); }
  T* operator->() { return &std::get<0>(content_); }
  const T* operator->() const { return &std::get<0>(content_); }

  [[nodiscard]] const weir::error& error() const& { return std::get<1>(content_); }
  [[nodiscard]] weir::error&& error() && { return std::get<1>(std::move(content_)); }

private:
  std::variant<T, weir::error> content_;
};

template <>
class [[nodiscard]] result<void> {
public:
  result() = default;
  result(weir::error cause) : cause_{std::move(cause)}, failed_{true} {}

  [[nodiscard]] bool has_value() const noexcept { return !failed_; }
  explicit operator bool() const noexcept { return !failed_; }
  [[nodiscard]] const weir::error& error() const& { return cause_; }
  [[nodiscard]] weir::error&& error() && { return std::move(cause_); }

private:
  weir::error cause_;
  bool failed_ = false;
};

/// Stops the process when an invariant of ours is broken, in release too: going on would lie about
/// data.
void ensure(bool condition, std::string_view expectation,
            std::source_location where = std::source_location::current());

} // namespace weir
