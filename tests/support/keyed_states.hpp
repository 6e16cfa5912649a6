// SPDX-License-Identifier: Apache-2.0
//
// keyed_states: what the tests of keyed state share: a state made of all that one can be made of,
// and short calls.

#pragma once

#include <weir/actors/state/keyed_state.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace weir::testing {

struct tally {
  std::int64_t sum = 0;
  std::string names = {};
  std::vector<std::string> last = {};
  std::optional<std::vector<double>> prices = {};
  friend bool operator==(const tally&, const tally&) = default;
};
BOOST_DESCRIBE_STRUCT(tally, (), (sum, names, last, prices))

inline timestamp at_us(std::int64_t time) { return timestamp{duration{time}}; }

template <class Key, class S, class Seen>
S& use(keyed_state<Key, S>& states, const Seen& key, std::int64_t now, S first = S{}) {
  return states.at(key_hash(key), key, at_us(now), [&] { return first; });
}
template <class Key, class S, class Seen>
S* look(keyed_state<Key, S>& states, const Seen& key, std::int64_t now) {
  return states.find(key_hash(key), key, at_us(now));
}
template <class Key, class S>
std::map<Key, S> all_of(const keyed_state<Key, S>& states) {
  std::map<Key, S> all;
  states.for_each([&](const Key& key, const S& value) {
    EXPECT_TRUE(all.emplace(key, value).second) << "told twice";
  });
  return all;
}
template <class Key, class S>
std::string saved(const keyed_state<Key, S>& states) {
  snapshot_writer to;
  states.save(to);
  return to.take();
}
template <class Key, class S>
bool loads(keyed_state<Key, S>& states, std::string_view bytes) {
  snapshot_reader from{bytes};
  return states.load(from) && from.is_finished();
}
template <class Call>
std::string thrown_by(Call call) {
  try {
    call();
  } catch (const std::runtime_error& thrown) {
    return thrown.what();
  }
  return "nothing";
}

/// Grows with use, in all that a state can be made of.
inline void change(std::int64_t& state, std::int64_t by) { state += by; }
inline void change(tally& state, std::int64_t by) {
  state.sum += by;
  state.names += std::string(static_cast<std::size_t>(by % 40), 'n');
  if (by % 3 == 0) state.last.emplace_back(static_cast<std::size_t>(by % 50), 'l');
  if (by % 4 == 0) state.prices.emplace(static_cast<std::size_t>(by % 20), 0.5);
  if (by % 7 == 0) state = {.sum = state.sum};
}

inline std::int64_t key_of(std::int64_t number, std::int64_t) { return number; }
inline std::string key_of(std::int64_t number, const std::string&) {
  return std::string(static_cast<std::size_t>(number % 30), 'k') + std::to_string(number);
}

} // namespace weir::testing
