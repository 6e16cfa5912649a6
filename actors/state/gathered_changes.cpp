// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/state/gathered_changes.hpp>

#include <algorithm>
#include <string_view>

namespace weir {

result<void> gathered_changes::write_to(state_backend& to) {
  if (pieces_.empty()) return {};
  std::vector<state_backend::change> changes;
  changes.reserve(pieces_.size());
  std::string_view rest = bytes_.bytes();
  const auto next = [&](std::size_t size) {
    const auto taken = rest.substr(0, size);
    rest.remove_prefix(size);
    return taken;
  };
  for (const auto& each : pieces_) {
    auto& change = changes.emplace_back();
    change.key = next(each.key_bytes);
    if (each.has_value) change.value = next(each.value_bytes);
  }
  std::sort(changes.begin(), changes.end(),
            [](const auto& a, const auto& b) { return a.key < b.key; });
  auto written = to.write(changes);
  if (!written) return written;
  pieces_.clear();
  bytes_.clear();
  return {};
}

} // namespace weir
