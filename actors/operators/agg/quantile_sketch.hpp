// SPDX-License-Identifier: Apache-2.0
//
// quantile_sketch: how often values fell into buckets whose widths grow with the values.
//
// Up to 128 values are kept as they are, and quantiles of them are exact. From then on a value is
// counted in its bucket: each power of two is cut into 2^digits buckets, so that a value is known
// to within 1 / (2^(digits + 1) + 1) of itself, whatever its size (but for those below 2.3e-308,
// which are known to within 2^-1022). What a sketch holds depends on the set of values alone, not
// on their order nor on how sketches were merged. Memory: 2^digits counters of 8 bytes for each
// power of two between which values lie (at 1 %: 512 bytes; of wages, distances or latencies some
// ten, of all doubles 2 MiB). Masson, Rim and Lee, "DDSketch: a fast and fully-mergeable quantile
// sketch with relative-error guarantees" (2019), here with the linear mapping, which is a shift of
// a double's bits and the same on every machine:
//
//   double    [ sign | exponent 11 | digits | dropped ]
//   bucket           [ octave       | place  ]           of a negative value: its complement
//
//   sketch.add(latency);
//   sketch.at(0.99)

#pragma once

#include <weir/actors/state/snapshot.hpp>

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace weir::agg {

class quantile_sketch {
public:
  static constexpr std::size_t most_exact = 128;

  /// `digits`: binary digits of a value that tell its bucket, 1 to 14.
  explicit quantile_sketch(int digits = 6) : digits_{static_cast<std::uint8_t>(digits)} {}

  /// The least digits that know a value to within `error` of itself.
  [[nodiscard]] static int digits_for(double error) noexcept;

  /// NaN is left out. Infinities lie at the ends.
  void add(double value) {
    if (std::isnan(value)) return;
    ++count_;
    if (octaves_.empty()) {
      if (values_.size() < most_exact) {
        values_.push_back(value);
        return;
      }
      give_up_values();
    }
    count_bucket(bucket_of(value));
  }
  /// Precondition: of as many digits.
  void merge(const quantile_sketch& other);

  /// The least value that at least a share `q` of all values does not exceed; std::nullopt when
  /// there is none. Precondition: 0 <= q <= 1.
  [[nodiscard]] std::optional<double> at(double q) const;
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  [[nodiscard]] bool is_exact() const noexcept { return octaves_.empty(); }
  /// What it allocated.
  [[nodiscard]] std::size_t heap_bytes() const noexcept;

  void save(snapshot_writer& to) const;
  /// False also where the snapshot is of other digits.
  [[nodiscard]] bool load(snapshot_reader& from);

private:
  using bucket = std::int32_t;

  [[nodiscard]] bucket bucket_of(double value) const noexcept {
    const auto bits = std::bit_cast<std::uint64_t>(value + 0.0); // -0.0 is 0.0
    const auto magnitude =
        static_cast<bucket>((bits & ~(std::uint64_t{1} << 63)) >> (52 - digits_));
    return (bits >> 63) != 0 ? ~magnitude : magnitude;
  }
  void count_bucket(bucket at) {
    const auto octave = static_cast<std::int16_t>(at >> digits_);
    if (last_ >= octaves_.size() || octaves_[last_] != octave) last_ = find_octave(octave);
    const auto place = static_cast<std::size_t>(at) & ((std::size_t{1} << digits_) - 1);
    ++counts_[(last_ << digits_) + place];
  }
  [[nodiscard]] double value_of(bucket at) const noexcept;
  std::size_t find_octave(std::int16_t octave);
  void give_up_values();

  std::uint64_t count_ = 0;
  std::vector<double> values_;        // while they are few; then none
  std::vector<std::int16_t> octaves_; // ascending
  std::vector<std::uint64_t> counts_; // 2^digits of each octave
  std::size_t last_ = 0;              // the octave counted in last
  std::uint8_t digits_;
};

} // namespace weir::agg
