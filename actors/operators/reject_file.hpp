// SPDX-License-Identifier: Apache-2.0
//
// reject_file: the default sink of rejects: JSON Lines, one reject a line, appended to a file by
// one writer.
//
// The file is created at the first reject, so a job without rejects leaves none. Lines are whole:
// what `prepare` was acknowledged for is on the disk, and what was written is kept even when the
// job fails. Lines of earlier runs stay: `run` says when a line's sink was opened. At most
// `flush_bytes` wait in memory. Bytes that are no valid UTF-8, or hold a NUL, are written as
// `raw_base64`.
//
//   {"run":"2021-03-01T08:00:00Z","source":"trips","where":"a.csv:17","reason":"...","raw":"1,x"}
//   {"run":"2021-03-01T08:00:00Z","source":"trips","where":"a.csv:18","reason":"...",
//    "raw_base64":"AP8="}

#pragma once

#include <weir/actors/operators/spec.hpp>
#include <weir/actors/stream/reject.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace weir {

/// A sink of rejects, described.
class reject_file {
public:
  using row = reject;

  explicit reject_file(std::string path) : path_{std::move(path)} {}

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] std::string describe() const { return "rejects(" + path_ + ")"; }
  [[nodiscard]] options_ref options() const { return {}; }
  [[nodiscard]] result<std::unique_ptr<any_sink>> make() const;

private:
  std::string path_;
};

/// The line of one reject of a run, with its newline, at the end of `out`.
void append_reject(std::string& out, const reject& what, std::string_view run);

} // namespace weir
