// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/stream/error.hpp>

#include <cstdio>
#include <cstdlib>

namespace weir {

int exit_code_of(errc code) noexcept {
  switch (code) {
    case errc::usage: return 2;
    case errc::config: return 3;
    case errc::cannot_connect: return 4;
    case errc::damaged: return 5;
    case errc::interrupted: return 130;
    default: return 1;
  }
}

std::string_view name_of(errc code) noexcept {
  switch (code) {
    case errc::failed: return "failed";
    case errc::usage: return "usage";
    case errc::config: return "config";
    case errc::cannot_connect: return "cannot_connect";
    case errc::damaged: return "damaged";
    case errc::user_code: return "user_code";
    case errc::interrupted: return "interrupted";
    case errc::too_many_rejects: return "too_many_rejects";
    case errc::actor_died: return "actor_died";
  }
  return "unknown";
}

void ensure(bool condition, std::string_view expectation, std::source_location where) {
  if (condition) [[likely]]
    return;
  std::fprintf(stderr, "weir: broken invariant at %s:%u: expected %.*s\n", where.file_name(),
               static_cast<unsigned>(where.line()), static_cast<int>(expectation.size()),
               expectation.data());
  std::abort();
}

} // namespace weir
