// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/agg/distinct_sketch.hpp>
#include <weir/actors/state/persist.hpp>
#include <weir/actors/stream/error.hpp>

#include <array>
#include <cmath>
#include <limits>

namespace weir::agg {
namespace {

/// Ertl's sigma: x + sum of x^(2^k) 2^(k-1), for registers that are still zero.
double sigma(double x) {
  if (x == 1) return std::numeric_limits<double>::infinity();
  double sum = x;
  for (double weight = 1, before = -1; sum != before; weight *= 2) {
    before = sum;
    x *= x;
    sum += x * weight;
  }
  return sum;
}

} // namespace

int distinct_sketch::digits_for(double error) noexcept {
  int digits = 6;
  while (digits < 18 && 1.04 / std::exp2(digits / 2.0) > error) ++digits;
  return digits;
}

void distinct_sketch::merge(const distinct_sketch& other) {
  ensure(other.digits_ == digits_, "sketches of one job have the same digits");
  if (other.is_exact()) {
    for (const std::uint64_t hash : other.slots_)
      if (hash != 0) add(hash);
    return;
  }
  if (is_exact()) use_registers();
  for (std::size_t i = 0; i < registers_.size(); ++i)
    registers_[i] = std::max(registers_[i], other.registers_[i]);
}

/// Without the paper's correction for registers that can't rise any more: with hashes of 64 bits
/// there are some only after 10^18 values.
std::uint64_t distinct_sketch::estimate() const {
  if (is_exact()) return kept_;
  std::array<std::uint32_t, 64> with{}; // how many registers hold each number
  for (const std::uint8_t kept : registers_) ++with[kept];
  const auto m = static_cast<double>(registers_.size());
  double sum = 0;
  for (std::size_t k = with.size() - 1; k >= 1; --k) sum = (sum + with[k]) / 2;
  sum += m * sigma(with[0] / m);
  return static_cast<std::uint64_t>(std::llround(m * m / (2 * std::log(2.0) * sum)));
}

void distinct_sketch::add_exact(std::uint64_t hash) {
  if (!slots_.empty() && slots_[slot_of(hash)] == hash) return;
  if (4 * (kept_ + 1) > 3 * slots_.size()) {
    if (slots_.size() >= std::size_t{1} << (digits_ - 3)) { // as many bytes as registers
      use_registers();
      raise(hash);
      return;
    }
    resize_slots(slots_.empty() ? 2 : 2 * slots_.size());
  }
  slots_[slot_of(hash)] = hash;
  ++kept_;
}

std::size_t distinct_sketch::slot_of(std::uint64_t hash) const noexcept {
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = hash & mask;
  while (slots_[slot] != 0 && slots_[slot] != hash) slot = (slot + 1) & mask;
  return slot;
}

void distinct_sketch::resize_slots(std::size_t size) {
  std::vector<std::uint64_t> before(size);
  before.swap(slots_);
  for (const std::uint64_t hash : before)
    if (hash != 0) slots_[slot_of(hash)] = hash;
}

void distinct_sketch::use_registers() {
  registers_.assign(std::size_t{1} << digits_, 0);
  for (const std::uint64_t hash : slots_)
    if (hash != 0) raise(hash);
  std::vector<std::uint64_t>{}.swap(slots_); // gives its memory back
  kept_ = 0;
}

void distinct_sketch::save(snapshot_writer& to) const {
  std::vector<std::uint64_t> hashes;
  for (const std::uint64_t hash : slots_)
    if (hash != 0) hashes.push_back(hash);
  std::sort(hashes.begin(), hashes.end()); // the same bytes for the same set
  to.write(digits_);
  save_value(to, hashes);
  save_value(to, registers_);
}

bool distinct_sketch::load(snapshot_reader& from) {
  std::uint8_t digits = 0;
  std::vector<std::uint64_t> hashes;
  if (!from.read(digits).ok() || digits != digits_) return false;
  if (!load_value(from, hashes) || !load_value(from, registers_)) return false;
  slots_.clear();
  kept_ = 0;
  if (!registers_.empty()) {
    const auto fits = [&](std::uint8_t kept) { return kept <= 65 - digits_; };
    return hashes.empty() && registers_.size() == std::size_t{1} << digits_
           && std::all_of(registers_.begin(), registers_.end(), fits);
  }
  for (const std::uint64_t hash : hashes) add(hash);
  return is_exact() && kept_ == hashes.size();
}

} // namespace weir::agg
