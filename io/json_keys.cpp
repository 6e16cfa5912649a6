// SPDX-License-Identifier: Apache-2.0

#include <weir/io/json_keys.hpp>

#include <cstring>
#include <utility>

namespace weir {

namespace {

constexpr std::size_t max_expected_keys = 1024;

} // namespace

const json_target* json_object_keys::guess(std::size_t place, const char* key) const noexcept {
  if (place >= expected_.size()) return nullptr;
  const auto& guess = expected_[place];
  if (guess.quoted.empty()) return nullptr; // only escaped keys stood there
  const bool is_it = std::memcmp(key, guess.quoted.data(), guess.quoted.size()) == 0;
  return is_it ? &guess.leads_to : nullptr;
}

const json_target& json_object_keys::find(std::string_view name) const noexcept {
  static const json_target ignored;
  const auto found = keys_.find(name);
  return found == keys_.end() ? ignored : found->second;
}

void json_object_keys::expect(std::size_t place, std::string_view name,
                              const json_target& leads_to) {
  if (place >= max_expected_keys) return;
  if (expected_.size() <= place) expected_.resize(place + 1);
  auto& guess = expected_[place];
  guess.quoted.assign(name.data(), name.size() + 1);
  guess.leads_to = leads_to;
}

std::string_view json_object_keys::example() const noexcept {
  const auto& [key, leads_to] = *keys_.begin();
  return leads_to.field != nullptr ? std::string_view{leads_to.field->name} : key;
}

bool json_object_keys::is_again_in(std::uint64_t row) noexcept {
  return std::exchange(seen_in_, row) == row;
}

json_keys::json_keys(const record_info& table) : objects_(1) {
  for (std::size_t column = 0; column < table.fields.size(); ++column) {
    const auto& field = table.fields[column];
    add(root(), field.name, {&field, column, nullptr});
    for (const auto& alias : field.aliases) add(root(), alias, {&field, column, nullptr});
  }
}

/// `a.b.c` is reached as `a.b.c`, as c in `a.b`, as `b.c` in a, and as c in b in a.
void json_keys::add(json_object_keys& in, std::string_view path, const json_target& leaf) {
  in.keys_.try_emplace(keep(path), leaf);
  for (auto dot = path.find('.'); dot != std::string_view::npos; dot = path.find('.', dot + 1)) {
    auto& object = in.keys_[keep(path.substr(0, dot))];
    if (object.nested == nullptr) object.nested = &objects_.emplace_back();
    add(*object.nested, path.substr(dot + 1), leaf);
  }
}

} // namespace weir
