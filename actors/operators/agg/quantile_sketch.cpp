// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/agg/quantile_sketch.hpp>
#include <weir/actors/state/persist.hpp>
#include <weir/actors/stream/error.hpp>

#include <algorithm>
#include <limits>

namespace weir::agg {
namespace {

/// Ranks from 1. A product that lies above a whole number by rounding alone counts as that number.
std::uint64_t rank_of(double q, std::uint64_t count) {
  const double place = q * static_cast<double>(count);
  const double rank = std::ceil(place * (1 - 4 * std::numeric_limits<double>::epsilon()));
  return std::clamp(static_cast<std::uint64_t>(rank), std::uint64_t{1}, count);
}

} // namespace

int quantile_sketch::digits_for(double error) noexcept {
  int digits = 1;
  while (digits < 14 && 1 / (std::exp2(digits + 1) + 1) > error) ++digits;
  return digits;
}

void quantile_sketch::merge(const quantile_sketch& other) {
  ensure(other.digits_ == digits_, "sketches of one job have the same digits");
  if (other.is_exact()) {
    for (const double value : other.values_) add(value);
    return;
  }
  give_up_values();
  for (std::size_t i = 0; i < other.octaves_.size(); ++i) {
    const std::size_t to = find_octave(other.octaves_[i]) << digits_;
    const std::size_t from = i << digits_;
    for (std::size_t place = 0; place < std::size_t{1} << digits_; ++place)
      counts_[to + place] += other.counts_[from + place];
  }
  count_ += other.count_;
}

std::optional<double> quantile_sketch::at(double q) const {
  if (count_ == 0) return std::nullopt;
  const std::uint64_t rank = rank_of(q, count_);
  if (is_exact()) {
    auto values = values_;
    const auto found = values.begin() + static_cast<std::ptrdiff_t>(rank - 1);
    std::nth_element(values.begin(), found, values.end());
    return *found;
  }
  std::uint64_t seen = 0;
  std::size_t i = 0;
  while (i + 1 < counts_.size() && (seen += counts_[i]) < rank) ++i;
  const std::size_t places = std::size_t{1} << digits_;
  return value_of(octaves_[i >> digits_] * static_cast<bucket>(places)
                  + static_cast<bucket>(i & (places - 1)));
}

std::size_t quantile_sketch::heap_bytes() const noexcept {
  return values_.capacity() * sizeof(double) + octaves_.capacity() * sizeof(std::int16_t)
         + counts_.capacity() * sizeof(std::uint64_t);
}

/// The one value that is as near, relatively, to both ends of its bucket.
double quantile_sketch::value_of(bucket at) const noexcept {
  const auto magnitude = static_cast<std::uint64_t>(at < 0 ? ~at : at);
  const double low = std::bit_cast<double>(magnitude << (52 - digits_));
  const double high = std::min(std::bit_cast<double>((magnitude + 1) << (52 - digits_)),
                               std::numeric_limits<double>::max());
  const double value = std::isinf(low) ? low : low * (2 / (1 + low / high));
  return at < 0 ? -value : value;
}

std::size_t quantile_sketch::find_octave(std::int16_t octave) {
  const auto found = std::lower_bound(octaves_.begin(), octaves_.end(), octave);
  const auto at = static_cast<std::size_t>(found - octaves_.begin());
  if (found == octaves_.end() || *found != octave) {
    octaves_.insert(found, octave);
    counts_.insert(counts_.begin() + static_cast<std::ptrdiff_t>(at << digits_),
                   std::size_t{1} << digits_, 0);
  }
  return at;
}

void quantile_sketch::give_up_values() {
  for (const double value : values_) count_bucket(bucket_of(value));
  std::vector<double>{}.swap(values_); // gives its memory back
}

void quantile_sketch::save(snapshot_writer& to) const {
  to.write(digits_).write(count_);
  save_value(to, values_);
  save_value(to, octaves_);
  // Most counters of a sketch are small or nothing: seven bits a byte, the last one below 128.
  for (std::uint64_t counter : counts_) {
    for (; counter >= 128; counter >>= 7) to.write(static_cast<std::uint8_t>(counter | 128));
    to.write(static_cast<std::uint8_t>(counter));
  }
}

bool quantile_sketch::load(snapshot_reader& from) {
  std::uint8_t digits = 0;
  if (!from.read(digits).read(count_).ok() || digits != digits_) return false;
  if (!load_value(from, values_) || !load_value(from, octaves_)) return false;
  if (octaves_.size() << digits_ > from.left() || octaves_.size() > 4096) return false;
  if (!std::is_sorted(octaves_.begin(), octaves_.end(), std::less_equal<>{})) return false;
  counts_.assign(octaves_.size() << digits_, 0);
  std::uint64_t sum = values_.size();
  for (std::uint64_t& counter : counts_) {
    std::uint8_t byte = 128;
    for (int shift = 0; byte >= 128; shift += 7) {
      if (shift > 63 || !from.read(byte).ok()) return false;
      counter |= static_cast<std::uint64_t>(byte & 127) << shift;
    }
    sum += counter;
  }
  return sum == count_ && (octaves_.empty() ? values_.size() <= most_exact : values_.empty());
}

} // namespace weir::agg
