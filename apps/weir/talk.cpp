// SPDX-License-Identifier: Apache-2.0

#include <weir/apps/weir/talk.hpp>

#include <fmt/format.h>

#include <cstdio>
#include <unistd.h>

namespace tool {
namespace {

bool is_quiet = false;

} // namespace

void tell(std::string_view line) {
  if (!is_quiet) fmt::print(stderr, "weir: {}\n", line);
}

void be_quiet() noexcept { is_quiet = true; }

int fail(const weir::error& cause) {
  fmt::print(stderr, "weir: {}\n", cause.message);
  return weir::exit_code_of(cause.code);
}

progress::progress()
    : is_terminal_{::isatty(STDERR_FILENO) == 1},
      next_{std::chrono::steady_clock::now() + std::chrono::seconds{1}} {}

bool progress::is_due() const {
  return !is_quiet && is_terminal_ && std::chrono::steady_clock::now() >= next_;
}

void progress::show(std::string_view line) {
  fmt::print(stderr, "\r\x1b[K{}", line);
  std::fflush(stderr);
  is_shown_ = true;
  next_ = std::chrono::steady_clock::now() + std::chrono::milliseconds{100};
}

void progress::wipe() {
  if (is_shown_) fmt::print(stderr, "\r\x1b[K");
  is_shown_ = false;
}

} // namespace tool
