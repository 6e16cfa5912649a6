// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/runtime/partition_ends.hpp>

#include <algorithm>
#include <utility>

namespace weir {

void partition_ends::add_link(std::vector<std::string> sources) {
  links_.push_back({.sources = std::move(sources)});
}

bool partition_ends::carries(const link& one, const std::string& source) {
  return std::ranges::find(one.sources, source) != one.sources.end();
}

void partition_ends::told(std::size_t number, const partition_end_frame& gone) {
  const auto carriers =
      std::ranges::count_if(links_, [&](const link& one) { return carries(one, gone.of->source); });
  if (carriers <= 1 || !carries(links_[number], gone.of->source)) return give(gone);
  auto found = std::ranges::find(endings_, gone.of, &ending::of);
  if (found == endings_.end()) {
    endings_.push_back({.of = gone.of, .told = std::vector<std::uint32_t>(links_.size())});
    found = endings_.end() - 1;
  }
  ++found->told[number];
  found->is_complete = found->is_complete && gone.is_complete;
  pass_on(*found);
}

void partition_ends::finished(std::size_t number) {
  links_[number].has_finished = true;
  for (auto& one : endings_) pass_on(one);
  if (std::ranges::all_of(links_, &link::has_finished)) return; // so has the stream
  for (const auto& source : links_[number].sources) {
    const bool has_ended = std::ranges::all_of(
        links_, [&](const link& one) { return one.has_finished || !carries(one, source); });
    if (has_ended && !ended_sources_.contains(source)) give({intern_partition(source, ""), true});
  }
}

void partition_ends::pass_on(ending& one) {
  auto times = std::ranges::max(one.told);
  for (std::size_t i = 0; i < links_.size(); ++i)
    if (!links_[i].has_finished && carries(links_[i], one.of->source))
      times = std::min(times, one.told[i]);
  for (; one.passed_on < times; ++one.passed_on) give({one.of, one.is_complete});
}

void partition_ends::give(const partition_end_frame& gone) {
  if (gone.of->name.empty()) ended_sources_.insert(gone.of->source);
  given_.push_back(gone);
}

std::optional<partition_end_frame> partition_ends::next() {
  if (given_.empty()) return std::nullopt;
  const auto first = given_.front();
  given_.pop_front();
  return first;
}

} // namespace weir
