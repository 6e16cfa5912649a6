// SPDX-License-Identifier: Apache-2.0
//
// access_log: requests as web servers log them, in Apache's combined format, made of lines.
//
//   address identity user [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 512 "referer" "agent"
//
// Referer and agent may be missing, as in the common format. Inside quotes a backslash makes a
// quote, or another backslash, part of the text, which is given as written. An agent that is cut
// off at the end of its line is taken as far as it goes. What a client sent as its request can be
// anything: where it is no `METHOD path HTTP/version`, all of it is the path. Text points into the
// line. Pure; any thread.
//
//   app.from(lines("access-*.log", parse_access)) | event_time(&access_entry::time) | ...

#pragma once

#include <weir/actors/stream/error.hpp>
#include <weir/actors/stream/record.hpp>

#include <cstdint>
#include <string_view>

namespace weir {

/// One request.
struct access_entry {
  std::string_view address;
  timestamp time;
  std::string_view method; ///< Empty where the request names none.
  std::string_view path;
  std::uint16_t status = 0;
  std::uint64_t bytes = 0; ///< Of the answer without its headers; `-` is none.
  std::string_view referer;
  std::string_view agent;
};
BOOST_DESCRIBE_STRUCT(access_entry, (),
                      (address, time, method, path, status, bytes, referer, agent))

/// What a line says, or what is wrong with it.
[[nodiscard]] result<access_entry> parse_access(std::string_view line);

} // namespace weir
