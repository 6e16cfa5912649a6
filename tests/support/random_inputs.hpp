// SPDX-License-Identifier: Apache-2.0
//
// random_inputs: how many inputs a test of mutated input makes, from which seed, and where their
// files lie. All of a hundred thousand where CI is set, fewer on a person's machine.
//
//   const auto seed = new_seed();                        // printed; WEIR_SEED=n replays one
//   for (int i = 0; i < share_of_inputs(40); ++i) ...    // 40 % of them

#pragma once

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <random>

namespace weir::testing {

/// Inputs a codec is given in all; a share of them, in percent.
[[nodiscard]] inline int share_of_inputs(int percent) {
  const int all = std::getenv("CI") != nullptr ? 100'000 : 3'000;
  return all / 100 * percent;
}

/// Another one each time; WEIR_SEED=n replays one that was printed.
[[nodiscard]] inline std::uint64_t new_seed() {
  const char* given = std::getenv("WEIR_SEED");
  const std::uint64_t seed =
      given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  std::cout << "seed " << seed << "\n";
  return seed;
}

/// In memory where there is such a place: a disk would be waited for after every file.
[[nodiscard]] inline std::filesystem::path fast_folder() {
  const std::filesystem::path memory = "/dev/shm";
  return std::filesystem::exists(memory) ? memory : std::filesystem::temp_directory_path();
}

} // namespace weir::testing
