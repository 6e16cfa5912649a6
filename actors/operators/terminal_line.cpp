// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/terminal_line.hpp>

#include <atomic>
#include <cstdio>
#include <string>

namespace weir {
namespace {

constexpr std::string_view erase = "\r\033[K";

struct line {
  std::mutex terminal;
  std::atomic<bool> is_drawn = false; // changed by who holds `terminal`; read by all
};

line& the_line() {
  static line one;
  return one;
}

void write(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

void erase_drawn() {
  if (the_line().is_drawn.exchange(false)) write(erase);
}

} // namespace

void draw_terminal_line(std::string_view text) {
  // A writer may be held up for as long as its terminal is: Ctrl-C must be seen meanwhile.
  const std::unique_lock lock{the_line().terminal, std::try_to_lock};
  if (!lock) return;
  write(std::string{erase}.append(text));
  the_line().is_drawn = true;
}

std::unique_lock<std::mutex> keep_terminal_line_away() {
  std::unique_lock lock{the_line().terminal};
  erase_drawn();
  return lock;
}

void wipe_terminal_line() {
  if (!the_line().is_drawn) return; // also while somebody keeps it away
  const std::lock_guard lock{the_line().terminal};
  erase_drawn();
}

} // namespace weir
