// SPDX-License-Identifier: Apache-2.0
//
// program_run: runs a program inside a test and keeps what it printed.

#pragma once

#include <weir/dsl/app.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace weir::pieces {

/// What a program printed and gave back.
struct outcome {
  int code = -1;
  std::string out;
  std::string talk;
};

/// Runs a program made by `describe` with these words on its command line.
template <class Describe>
outcome run_program(std::vector<const char*> words, const Describe& describe) {
  words.insert(words.begin(), "test");
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  outcome found;
  {
    app program{"test", static_cast<int>(words.size()), words.data()};
    describe(program);
    found.code = program.run();
  }
  found.out = ::testing::internal::GetCapturedStdout();
  found.talk = ::testing::internal::GetCapturedStderr();
  return found;
}

} // namespace weir::pieces
