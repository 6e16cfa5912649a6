// SPDX-License-Identifier: Apache-2.0
//
// metrics: counters of actors and operators. Each has one writer, the actor it belongs to, and any
// number of readers, so counting takes no lock and no locked instruction; readers see values that
// may be a moment old.

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace weir {

/// One writer, many readers.
class counter {
public:
  void add(std::uint64_t n) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  void set(std::uint64_t n) noexcept { value_.store(n, std::memory_order_relaxed); }
  /// With other writers.
  void add_shared(std::uint64_t n) noexcept { value_.fetch_add(n, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t get() const noexcept {
    return value_.load(std::memory_order_relaxed);
  }

private:
  std::atomic<std::uint64_t> value_{0};
};

inline constexpr std::uint64_t unknown_permille = 1001;
inline constexpr std::uint64_t unknown_rows = UINT64_MAX;

enum class actor_role : std::uint8_t { source, operators, sink };

/// Of one operator in a chain.
struct operator_counters {
  explicit operator_counters(std::string its_name) : name{std::move(its_name)} {}
  std::string name;
  counter rows_in;
  counter rows_out;
  // What it keeps (state_usage), at its last watermark, and the most at any.
  counter state_entries, most_state_entries;
  counter state_bytes, most_state_bytes;
  counter late_rows;
  // What its windows held when its rows were stopped (open_windows); times as int64.
  counter open_entries, open_from, open_to;
  counter rejects;
};

/// Of one actor.
struct actor_counters {
  actor_counters(std::string its_name, actor_role its_role)
      : name{std::move(its_name)}, role{its_role} {}
  std::string name;
  actor_role role;
  counter rows_in, rows_out;
  counter bytes_in, bytes_out;
  counter batches_in, batches_out;
  counter rejects;
  counter lost_rows;           ///< A sink took them, and they will never arrive.
  counter busy_nanoseconds;    ///< Spent in turns of the actor.
  counter thread_nanoseconds;  ///< Spent by threads of its source or sink, on rows and barriers.
  counter blocked_nanoseconds; ///< Had input, waited for credit.
  counter credit_rows;         ///< Held now: what may still be sent.
  counter done_permille;       ///< Of a bounded source, or `unknown_permille`.
  counter rows_behind;         ///< Of a live source, or `unknown_rows`.
  std::deque<operator_counters> operators;
};

} // namespace weir
