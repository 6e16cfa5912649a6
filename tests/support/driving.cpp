// SPDX-License-Identifier: Apache-2.0

#include <weir/tests/support/driving.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <exception>
#include <stdexcept>

namespace weir::test {

void expect_for_many_seeds(const std::function<void(chance&)>& round) {
  const char* const one = std::getenv("WEIR_CONTRACT_SEED");
  const std::uint64_t first = one == nullptr ? 1 : std::stoull(one);
  const std::uint64_t last = one == nullptr ? 100 : first;
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    try {
      chance by{seed};
      round(by);
    } catch (const std::exception& thrown) {
      ADD_FAILURE() << "expected: " << thrown.what() << "; WEIR_CONTRACT_SEED=" << seed
                    << " runs it again";
      return;
    }
  }
}

void require(bool holds, std::string_view expectation) {
  if (!holds) throw std::logic_error{std::string{expectation}};
}

std::vector<placed> places_for(std::size_t count, chance& by, bool needs_times) {
  const std::array partitions{intern_partition("test", "a"), intern_partition("test", "b"),
                              intern_partition("test", "c")};
  std::array<std::uint64_t, 3> next{};
  std::vector<placed> made;
  const bool timed = by() % 2 == 0 || needs_times;
  const bool rises = by() % 2 == 0;
  std::size_t current = 0;
  auto promised = timestamp::min();
  for (std::size_t i = 0; i < count; ++i) {
    if (by() % 16 == 0) current = by() % partitions.size();
    auto& position = next[current];
    if (by() % 8 == 0) position += by() % 5;
    placed here{.in = partitions[current], .position = position++, .time = {}, .own_watermark = {}};
    if (timed)
      here.time = timestamp{std::chrono::seconds{rises ? i / 2 + by() % 20 : by() % 10'000}};
    if (by() % 16 == 0)
      promised = by() % 2 == 0 ? timestamp::min() : timestamp{std::chrono::seconds{by() % 10'000}};
    here.own_watermark = promised;
    made.push_back(here);
  }
  return made;
}

std::vector<pause> pauses_for(const std::vector<placed>& where, chance& by) {
  std::vector<pause> made;
  pause next;
  for (std::size_t row = by() % 20; row < where.size(); row += 1 + by() % 20) {
    next.before_row = row;
    next.time += std::chrono::milliseconds{by() % 30};
    if (const auto time = where[row].time; time && by() % 2 == 0)
      next.watermark = std::max(next.watermark.value_or(timestamp::min()),
                                *time - std::chrono::seconds{by() % 10});
    made.push_back(next);
  }
  return made;
}

namespace {
moment driven_now{};
} // namespace

moment driven_time() { return driven_now; }
void set_driven_time(moment now) { driven_now = now; }

driving any_driving(chance& by) {
  const auto some_sizes = [&] {
    std::vector<std::uint8_t> sizes(by() % 20);
    for (auto& size : sizes) size = static_cast<std::uint8_t>(by() % 40);
    return sizes;
  };
  driving made;
  made.cuts = some_sizes();
  made.rooms = some_sizes();
  made.exclusive = by() % 2 == 0;
  made.flush_often = by() % 2 == 0;
  if (by() % 2 == 0) made.restart_after = by() % 8;
  return made;
}

} // namespace weir::test
