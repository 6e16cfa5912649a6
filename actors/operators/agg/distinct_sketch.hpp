// SPDX-License-Identifier: Apache-2.0
//
// distinct_sketch: about how many different 64-bit hashes it has seen.
//
// With m = 2^digits registers: up to 3 m / 32 different hashes are kept as they are, and their
// number is exact; it takes 11 to 22 bytes each, so that millions of sketches with few values stay
// small. Then m bytes of registers for ever, and a standard error of 1.04 / sqrt(m). What a
// sketch holds depends on the set of hashes alone, not on their order, their repetition nor on how
// sketches were merged. Heule, Nunkesser and Hall, "HyperLogLog in practice" (2013), with 64-bit
// hashes and a sparse beginning as there; the estimate, which needs no tables of bias, is that of
// Ertl, "New cardinality estimation algorithms for HyperLogLog sketches" (2017), 4.
//
//   sketch.add(value_hash(row.user));
//   sketch.estimate()

#pragma once

#include <weir/actors/state/snapshot.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace weir::agg {

class distinct_sketch {
public:
  /// `digits`: binary digits of the number of registers, 6 to 18.
  explicit distinct_sketch(int digits = 14) : digits_{static_cast<std::uint8_t>(digits)} {}

  /// The least digits with a standard error of at most `error`.
  [[nodiscard]] static int digits_for(double error) noexcept;

  void add(std::uint64_t hash) {
    if (hash == 0) hash = 1; // 0 is a free slot
    if (registers_.empty())
      add_exact(hash);
    else
      raise(hash);
  }
  /// Precondition: of as many digits.
  void merge(const distinct_sketch& other);

  [[nodiscard]] std::uint64_t estimate() const;
  [[nodiscard]] bool is_exact() const noexcept { return registers_.empty(); }
  /// What it allocated.
  [[nodiscard]] std::size_t heap_bytes() const noexcept {
    return slots_.capacity() * sizeof(std::uint64_t) + registers_.capacity();
  }

  void save(snapshot_writer& to) const;
  /// False also where the snapshot is of other digits.
  [[nodiscard]] bool load(snapshot_reader& from);

private:
  /// The first digits choose a register; it keeps the longest run of zeros behind them, and one.
  void raise(std::uint64_t hash) noexcept {
    const std::uint64_t rest = hash << digits_ | std::uint64_t{1} << (digits_ - 1);
    std::uint8_t& kept = registers_[hash >> (64 - digits_)];
    kept = std::max(kept, static_cast<std::uint8_t>(std::countl_zero(rest) + 1));
  }
  void add_exact(std::uint64_t hash);
  [[nodiscard]] std::size_t slot_of(std::uint64_t hash) const noexcept;
  void resize_slots(std::size_t size);
  void use_registers();

  std::vector<std::uint64_t> slots_;    // hashes by linear probing, 0: free; 2^n, 3/4 full at most
  std::vector<std::uint8_t> registers_; // once there are many
  std::uint32_t kept_ = 0;              // hashes in slots_
  std::uint8_t digits_;
};

} // namespace weir::agg
