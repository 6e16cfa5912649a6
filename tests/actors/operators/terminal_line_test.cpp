// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/terminal_line.hpp>

#include <gtest/gtest.h>

#include <string>
#include <thread>

namespace weir {
namespace {

/// What `act` wrote to stderr, where the line is.
template <class Act>
std::string drawn(const Act& act) {
  testing::internal::CaptureStderr();
  act();
  return testing::internal::GetCapturedStderr();
}

TEST(TerminalLineTest, IsDrawnInPlaceOfTheOneBefore) {
  EXPECT_EQ(drawn([] {
              draw_terminal_line("1 row");
              draw_terminal_line("2 rows");
              wipe_terminal_line();
            }),
            "\r\033[K1 row\r\033[K2 rows\r\033[K");
}

TEST(TerminalLineTest, IsWipedOnce) {
  EXPECT_EQ(drawn([] {
              wipe_terminal_line();
              draw_terminal_line("1 row");
              wipe_terminal_line();
              wipe_terminal_line();
              static_cast<void>(keep_terminal_line_away());
            }),
            "\r\033[K1 row\r\033[K");
}

TEST(TerminalLineTest, IsNotDrawnWhileItIsKeptAwayAndKeepsNobodyWaiting) {
  EXPECT_EQ(drawn([] {
              draw_terminal_line("1 row");
              {
                const auto away = keep_terminal_line_away();
                std::thread{[] {
                  draw_terminal_line("2 rows");
                  wipe_terminal_line();
                }}.join();
              }
              draw_terminal_line("3 rows");
              wipe_terminal_line();
            }),
            "\r\033[K1 row\r\033[K\r\033[K3 rows\r\033[K");
}

} // namespace
} // namespace weir
