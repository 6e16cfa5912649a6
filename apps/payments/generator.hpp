// SPDX-License-Identifier: Apache-2.0
//
// generator: a source of payments, made up. Method, recipient and amount are drawn evenly; the same
// seed gives the same payments. With a rate it waits until the next one is due, on a thread of its
// own; without one it gives as many as are taken.
//
//   app.from(generator{{.count = 1000, .rate = 0}})

#pragma once

#include <weir/actors/operators/source.hpp>
#include <weir/apps/payments/payment.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <thread>

namespace payments {

struct generator_options {
  std::uint64_t count = 0; ///< 0: without end.
  double rate = 1;         ///< Payments a second; 0: as fast as they are taken.
  std::uint64_t seed = 1;
  weir::timestamp begin; ///< The time of the first payment; the others follow at the rate.
  /// How many payments there may be by now; none: as many as are due.
  std::function<std::uint64_t()> limit = {};
};

class generator final : public weir::source<payment> {
public:
  static constexpr bool is_bounded = false;

  explicit generator(generator_options options)
      : options_{std::move(options)}, chance_{options_.seed} {}

  weir::result<void> open(weir::source_context context) override {
    partition_ = weir::intern_partition(context.name, "generated");
    return {};
  }

  weir::result<weir::poll_state> poll(weir::credit allowed, weir::poll_out<payment> out) override {
    if (is_over()) return weir::poll_state::end;
    const auto due = wait_for_due();
    if (out.rows.empty()) out.rows.set_origin({partition_, next_});
    for (auto left = allowed.rows; left > 0 && next_ < due && !is_over() && !out.rows.is_full();
         --left)
      out.rows.push_back(draw());
    return weir::poll_state::rows;
  }

  weir::source_progress progress() const override {
    if (options_.count == 0) return {};
    return {.done = static_cast<double>(next_) / static_cast<double>(options_.count),
            .behind = std::nullopt};
  }
  bool blocks() const override { return options_.rate > 0 || options_.limit; }

private:
  using clock = std::chrono::steady_clock;
  using seconds = std::chrono::duration<double>;

  [[nodiscard]] bool is_over() const { return options_.count > 0 && next_ >= options_.count; }

  /// How many payments there should be by now. Waits, not for long, while there are as many.
  std::uint64_t wait_for_due() {
    const auto limit = options_.limit ? options_.limit() : UINT64_MAX;
    if (next_ >= limit) std::this_thread::sleep_for(std::chrono::milliseconds{1});
    if (options_.rate == 0 || next_ >= limit) return limit;
    if (!started_) started_ = clock::now();
    const auto due_after = std::chrono::duration_cast<clock::duration>(
        seconds{static_cast<double>(next_) / options_.rate});
    std::this_thread::sleep_until(
        std::min(*started_ + due_after, clock::now() + std::chrono::milliseconds{50}));
    const double passed = seconds{clock::now() - *started_}.count();
    return std::min(limit, 1 + static_cast<std::uint64_t>(passed * options_.rate));
  }

  payment draw() {
    const auto span = seconds{static_cast<double>(next_) / std::max(options_.rate, 1e-6)};
    const auto since = options_.rate == 0 ? std::chrono::seconds{next_}
                                          : std::chrono::duration_cast<weir::duration>(span);
    payment made;
    made.id = next_++;
    made.time = options_.begin + since;
    made.method = methods[chance_() % methods.size()];
    made.to = recipients[chance_() % recipients.size()];
    made.amount = static_cast<std::int64_t>(1000 * (1 + chance_() % 1000));
    return made;
  }

  generator_options options_;
  std::mt19937_64 chance_;
  std::uint64_t next_ = 0;
  std::optional<clock::time_point> started_;
  const weir::partition* partition_ = nullptr;
};

} // namespace payments
