// SPDX-License-Identifier: Apache-2.0
//
// map_backend: a state_backend in a std::map; counts what it is asked, and fails when told to.

#pragma once

#include <weir/actors/state/state_kind.hpp>

#include <cstddef>
#include <map>
#include <memory>
#include <string>

namespace weir::testing {

class map_backend final : public state_backend {
public:
  /// What tests see of one that a state owns.
  struct record {
    std::size_t opened = 0, reads = 0, writes = 0, largest_write = 0, scanned = 0;
    bool fails = false;
    bool is_damaged = false; // cuts the last byte of what it reads
    std::map<std::string, std::string, std::less<>> content;
  };

  explicit map_backend(std::shared_ptr<record> seen) : seen_{std::move(seen)} {}

  result<bool> read(std::string_view key, std::string& value) override {
    ++seen_->reads;
    if (seen_->fails) return full();
    const auto found = seen_->content.find(key);
    if (found == seen_->content.end()) return false;
    value = found->second;
    if (seen_->is_damaged) value.pop_back();
    return true;
  }
  result<void> write(std::span<const change> changes) override {
    ++seen_->writes;
    if (seen_->fails) return full();
    std::size_t bytes = 0;
    for (const auto& each : changes) {
      bytes += each.key.size() + each.value.value_or("").size();
      if (each.value)
        seen_->content.insert_or_assign(std::string{each.key}, *each.value);
      else
        seen_->content.erase(std::string{each.key});
    }
    seen_->largest_write = std::max(seen_->largest_write, bytes);
    return {};
  }
  result<void> remove_range(std::string_view from, std::string_view to) override {
    if (seen_->fails) return full();
    auto& all = seen_->content;
    all.erase(all.lower_bound(from), all.lower_bound(to));
    return {};
  }
  result<void> scan(std::string_view from, const visitor& take) override {
    if (seen_->fails) return full();
    for (auto at = seen_->content.lower_bound(from); at != seen_->content.end(); ++at) {
      ++seen_->scanned;
      const auto kept = at->second.size() - (seen_->is_damaged ? 1 : 0);
      if (!take(at->first, std::string_view{at->second}.substr(0, kept))) break;
    }
    return {};
  }
  std::size_t memory_bytes() const override { return 0; }

private:
  static error full() { return {errc::failed, "no space left on '/data'"}; }

  std::shared_ptr<record> seen_;
};

/// All that it opens are seen in one record; each begins empty.
inline state_kind map_kind(std::shared_ptr<map_backend::record> seen = nullptr) {
  if (!seen) seen = std::make_shared<map_backend::record>();
  return {.name = "map", .open = [seen](const std::string&, std::size_t) {
            ++seen->opened;
            seen->content.clear();
            return result<std::unique_ptr<state_backend>>{std::make_unique<map_backend>(seen)};
          }};
}

} // namespace weir::testing
