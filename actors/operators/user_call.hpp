// SPDX-License-Identifier: Apache-2.0
//
// user_call: calls what a user wrote. What it throws becomes an error like one it returns, so that
// it fails its job and not the process. Any thread.
//
//   auto polled = user_call([&] { return source.poll(allowed, rows, rejects); });
//   auto done = user_call([&] { source.barrier(7); }); // result<void>

#pragma once

#include <weir/actors/stream/error.hpp>

#include <exception>
#include <string>
#include <type_traits>

namespace weir {

namespace detail {

/// Of the exception that is being handled.
[[nodiscard]] inline error thrown_error() {
  try {
    throw;
  } catch (const std::exception& thrown) {
    return {errc::user_code, std::string{"threw: "} + thrown.what()};
  } catch (...) {
    return {errc::user_code, "threw an exception that is no std::exception"};
  }
}

} // namespace detail

template <class Call>
auto user_call(Call&& what) {
  using given = std::invoke_result_t<Call>;
  using answer = std::conditional_t<std::is_void_v<given>, result<void>, given>;
  try {
    if constexpr (std::is_void_v<given>) {
      what();
      return answer{};
    } else {
      return answer{what()};
    }
  } catch (...) {
    return answer{detail::thrown_error()};
  }
}

} // namespace weir
