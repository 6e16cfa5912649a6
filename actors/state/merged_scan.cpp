// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/state/merged_scan.hpp>

#include <algorithm>
#include <utility>

namespace weir {

merged_scan::merged_scan(state_backend& from, std::vector<std::string> prefixes, std::size_t tail,
                         std::size_t bytes)
    : from_{from}, tail_{tail}, bytes_{bytes} {
  ranges_.reserve(prefixes.size());
  for (auto& prefix : prefixes) {
    auto first = prefix;
    ranges_.push_back({.prefix = std::move(prefix), .from = std::move(first)});
  }
}

result<bool> merged_scan::next() {
  if (!std::exchange(has_begun_, true)) {
    if (auto begun = begin(); !begun) return std::move(begun).error();
    return !heap_.empty();
  }
  const auto behind = [this](std::size_t a, std::size_t b) { return is_behind(a, b); };
  std::pop_heap(heap_.begin(), heap_.end(), behind);
  auto& walked = ranges_[heap_.back()];
  ++walked.at;
  auto filled = fill(walked);
  if (!filled) return filled;
  if (*filled)
    std::push_heap(heap_.begin(), heap_.end(), behind);
  else
    heap_.pop_back();
  return !heap_.empty();
}

std::string_view merged_scan::key() const noexcept { return key_of(ranges_[heap_.front()]); }

std::string_view merged_scan::value() const noexcept {
  const auto& of = ranges_[heap_.front()];
  const auto& [_, begin, end] = of.entries[of.at];
  return std::string_view{of.bytes}.substr(begin, end - begin);
}

result<bool> merged_scan::fill(range& of) const {
  if (of.at < of.entries.size()) return true;
  of.bytes.clear();
  of.entries.clear();
  of.at = 0;
  if (of.from.empty()) return false;
  const auto from = std::exchange(of.from, {});
  const auto scanned = from_.scan(from, [&](std::string_view key, std::string_view value) {
    if (!key.starts_with(of.prefix)) return false;
    if (!of.entries.empty() && of.bytes.size() + key.size() + value.size() > bytes_) {
      of.from = key;
      return false;
    }
    const auto begin = of.bytes.size();
    of.bytes += key.substr(of.prefix.size());
    const auto middle = of.bytes.size();
    of.bytes += value;
    of.entries.push_back({begin, middle, of.bytes.size()});
    return true;
  });
  if (!scanned) return scanned.error();
  return !of.entries.empty();
}

result<void> merged_scan::begin() {
  for (std::size_t i = 0; i < ranges_.size(); ++i) {
    const auto filled = fill(ranges_[i]);
    if (!filled) return filled.error();
    if (*filled) heap_.push_back(i);
  }
  std::make_heap(heap_.begin(), heap_.end(),
                 [this](std::size_t a, std::size_t b) { return is_behind(a, b); });
  return {};
}

bool merged_scan::is_behind(std::size_t a, std::size_t b) const noexcept {
  const auto order = key_of(ranges_[a]).compare(key_of(ranges_[b]));
  return order == 0 ? a > b : order > 0;
}

std::string_view merged_scan::key_of(const range& of) const noexcept {
  const auto& [begin, end, _] = of.entries[of.at];
  return std::string_view{of.bytes}.substr(begin, end - begin - tail_);
}

} // namespace weir
