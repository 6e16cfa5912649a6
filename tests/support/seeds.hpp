// SPDX-License-Identifier: Apache-2.0
//
// for_each_seed: runs a test under many interleavings. A failing seed is printed, also when the
// process is aborted; it replays with WEIR_SEED=<seed>.

#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <unistd.h>

namespace weir::testing {

/// In CI 1,000 interleavings of each kind of job; the sanitizers, which are slow, see
/// fewer.
inline std::uint32_t seeds() {
#ifdef __SANITIZE_ADDRESS__
  return 100;
#else
  return std::getenv("CI") != nullptr ? 1000 : 200;
#endif
}

inline std::atomic<std::uint32_t> running_seed{0};

/// A broken invariant ends the process: what is known of it by then is its seed.
inline void tell_seed(int signal) {
  char text[] = "seed           \n";
  auto* at = text + sizeof text - 3;
  for (auto seed = running_seed.load(); seed > 0; seed /= 10)
    *at-- = static_cast<char>('0' + seed % 10);
  if (::write(STDERR_FILENO, text, sizeof text - 1) < 0) return;
  std::signal(signal, SIG_DFL);
}

template <class Body>
void for_each_seed(Body each) {
  std::signal(SIGABRT, tell_seed);
  const auto body = [&](std::uint32_t seed) {
    running_seed = seed;
    each(seed);
  };
  if (const char* only = std::getenv("WEIR_SEED")) {
    SCOPED_TRACE("seed " + std::string{only});
    body(static_cast<std::uint32_t>(std::stoul(only)));
    return;
  }
  for (std::uint32_t seed = 1; seed <= seeds(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    body(seed);
    if (::testing::Test::HasFailure()) return;
  }
}

} // namespace weir::testing
