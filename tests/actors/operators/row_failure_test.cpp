// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/row_failure.hpp>

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace weir::test {
namespace {

std::string text_of_thrown(auto what) {
  try {
    throw what;
  } catch (...) {
    return text_of(std::current_exception());
  }
}

TEST(RowFailureTest, SaysWhatWasThrown) {
  EXPECT_EQ(text_of_thrown(std::runtime_error{"broken"}), "broken");
  EXPECT_EQ(text_of_thrown(std::string{"text"}), "text");
  EXPECT_EQ(text_of_thrown("literal"), "literal");
  EXPECT_EQ(text_of_thrown(7), "an exception that is no std::exception");
}

TEST(RowFailureTest, KeepsTheIndexGivenFirst) {
  try {
    try {
      try {
        throw std::runtime_error{"broken"};
      } catch (...) {
        throw_row_failure(3);
      }
    } catch (...) {
      throw_row_failure(8);
    }
  } catch (const row_failure& failure) {
    EXPECT_EQ(failure.index, 3U);
    EXPECT_EQ(text_of(std::current_exception()), "broken");
  }
}

} // namespace
} // namespace weir::test
