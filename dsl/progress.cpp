// SPDX-License-Identifier: Apache-2.0

#include <weir/dsl/progress.hpp>
#include <weir/dsl/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace weir {
namespace {

struct totals {
  std::uint64_t rows = 0;
  std::uint64_t rejects = 0;
  std::uint64_t behind = 0;
  bool is_live = false;
  std::optional<double> done; ///< Of the source that has come least far.
};

totals totals_of(const std::deque<actor_counters>& counters) {
  totals all;
  for (const auto& actor : counters) {
    all.rejects += actor.rejects.get();
    if (actor.role != actor_role::source) continue;
    all.rows += actor.rows_in.get(); // those it sent are counted with its rejects
    if (const auto done = actor.done_permille.get(); done < unknown_permille)
      all.done = std::min(all.done.value_or(1.0), static_cast<double>(done) / 1000.0);
    if (const auto behind = actor.rows_behind.get(); behind != unknown_rows) {
      all.is_live = true;
      all.behind += behind;
    }
  }
  return all;
}

std::string time_left(std::chrono::nanoseconds taken, double done) {
  const double left = std::chrono::duration<double>(taken).count() * (1 - done) / done;
  return left < 90 ? fmt::format("{:.0f} s left", left) : fmt::format("{:.0f} min left", left / 60);
}

} // namespace

std::string progress_line::at(std::chrono::nanoseconds now,
                              const std::deque<actor_counters>& counters) {
  const auto all = totals_of(counters);
  const double seconds = std::chrono::duration<double>(now - last_time_).count();
  const double rate = seconds > 0 ? static_cast<double>(all.rows - last_rows_) / seconds : 0;
  last_time_ = now;
  last_rows_ = all.rows;
  auto text = fmt::format("{} {}, {} rows/s", job_, counted(all.rows, "row"), short_number(rate));
  if (all.rejects > 0) text += fmt::format(", {} rejected", grouped(all.rejects));
  if (all.done && *all.done > 0 && !all.is_live)
    text += fmt::format(", {:.0f} % done, {}", *all.done * 100, time_left(now, *all.done));
  if (all.is_live) text += fmt::format(", {} behind", counted(all.behind, "row"));
  return text;
}

} // namespace weir
