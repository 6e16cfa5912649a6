// SPDX-License-Identifier: Apache-2.0

#include <weir/models/category_index.hpp>

#include <algorithm>
#include <stdexcept>

namespace weir {

namespace {

constexpr std::uint64_t near_span = 65'536;

} // namespace

std::uint32_t category_index::next_number() const {
  if (size() >= max_categories)
    throw std::runtime_error{"one_hot(" + feature_ + ") has more than "
                             + std::to_string(max_categories)
                             + " distinct values: leave it out, or group its values first"};
  return static_cast<std::uint32_t>(size() + 1);
}

// The dense table covers the values seen as long as they lie within `near_span` of each other.
bool category_index::reach(std::int64_t value) {
  if (near_.empty()) {
    first_ = value;
    near_.assign(1, none);
    return true;
  }
  const auto distance = [](std::int64_t low, std::int64_t high) {
    return static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
  };
  if (value < first_) {
    const auto before = distance(value, first_);
    if (before >= near_span || before + near_.size() > near_span) return false;
    near_.insert(near_.begin(), before, none);
    first_ = value;
    return true;
  }
  const auto at = distance(first_, value);
  if (at >= near_span) return false;
  if (at >= near_.size()) near_.resize(at + 1, none);
  return true;
}

std::uint32_t category_index::add_unseen(std::int64_t value) {
  if (value == missing_category) return none;
  if (const auto known = find_far(value); known != unknown) return known;
  const auto number = next_number();
  integers_.push_back(value);
  if (reach(value))
    near_[static_cast<std::uint64_t>(value) - static_cast<std::uint64_t>(first_)] = number;
  else
    far_.emplace(value, number);
  return number;
}

void category_index::add(const std::int64_t* values, std::span<const std::uint32_t> chosen,
                         std::uint32_t* numbers) {
  // Nearly all rows bring nothing new: these need no more than the dense table.
  const std::uint32_t* near = near_.data();
  const auto size = near_.size();
  const auto first = static_cast<std::uint64_t>(first_);
  bool is_known = true;
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    const auto at = static_cast<std::uint64_t>(values[chosen[i]]) - first;
    numbers[i] = at < size ? near[at] : none;
    is_known &= numbers[i] != none;
  }
  if (is_known) return;
  for (std::size_t i = 0; i < chosen.size(); ++i)
    if (numbers[i] == none) numbers[i] = add(values[chosen[i]]);
}

std::uint32_t category_index::find_far(std::int64_t value) const {
  if (value == missing_category) return none;
  if (far_.empty()) return unknown;
  const auto found = far_.find(value);
  return found == far_.end() ? unknown : found->second;
}

std::uint32_t category_index::add(std::string_view value) {
  if (const auto known = find(value); known != unknown) return known;
  const auto number = next_number();
  texts_.emplace_back(value);
  by_text_.emplace(value, number);
  return number;
}

std::uint32_t category_index::find(std::string_view value) const {
  if (value.data() == nullptr) return none;
  const auto found = by_text_.find(value);
  return found == by_text_.end() ? unknown : found->second;
}

} // namespace weir
