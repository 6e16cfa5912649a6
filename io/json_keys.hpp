// SPDX-License-Identifier: Apache-2.0
//
// json_keys: what the keys of a JSON object lead to in a record: fields by name or alias, nested or
// dotted.
//
// Producers write keys in the same order row after row, so the key expected at a place is compared
// first, as bytes with its closing quote, and looked up only when another one stands there. At most
// 1,024 expectations an object are kept. One thread at a time.
//
//   json_keys keys{record_of<trip>()};
//   const auto& to = keys.root().find("from.zone");   // to.field, to.column

#pragma once

#include <weir/actors/stream/record.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace weir {

class json_object_keys;

/// What a key of an object leads to: a field, the object of a nested record, or nothing.
struct json_target {
  const field_info* field = nullptr;
  std::size_t column = 0;
  json_object_keys* nested = nullptr;
};

/// The keys one object may have.
class json_object_keys {
public:
  /// What the key expected at this place leads to, if it is what stands at `key`: the text behind
  /// the opening quote, with as many bytes behind it as a parser pads. nullptr: another one.
  [[nodiscard]] const json_target* guess(std::size_t place, const char* key) const noexcept;
  /// A target that leads to nothing where the record names no such key.
  [[nodiscard]] const json_target& find(std::string_view name) const noexcept;
  /// From now on this key is expected at this place. `name` is in the document: a quote ends it.
  void expect(std::size_t place, std::string_view name, const json_target& leads_to);
  /// Some field in this object, for messages.
  [[nodiscard]] std::string_view example() const noexcept;
  /// Whether the object was there before in this row.
  [[nodiscard]] bool is_again_in(std::uint64_t row) noexcept;

private:
  friend class json_keys;
  struct expectation {
    std::string quoted; // `distance"`
    json_target leads_to;
  };

  std::unordered_map<std::string_view, json_target> keys_;
  std::vector<expectation> expected_;
  std::uint64_t seen_in_ = 0; // the number of the last row with this object
};

/// The keys of all objects of a record, with the names they point to.
class json_keys {
public:
  explicit json_keys(const record_info& table);
  [[nodiscard]] json_object_keys& root() noexcept { return objects_.front(); }

private:
  void add(json_object_keys& in, std::string_view path, const json_target& leaf);
  std::string_view keep(std::string_view name) { return names_.emplace_back(name); }

  std::deque<json_object_keys> objects_;
  std::deque<std::string> names_;
};

} // namespace weir
