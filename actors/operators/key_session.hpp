// SPDX-License-Identifier: Apache-2.0
//
// key_session: a session of a key, as the operator of session windows keeps it.
//
//   auto [first, behind] = sessions_near(&sessions, time, gap);

#pragma once

#include <weir/actors/operators/window.hpp>
#include <weir/actors/state/persist.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace weir {

template <class State>
struct key_session {
  timestamp start{}, last{};              // of its rows
  std::uint64_t number = 0;               // in the order in which they were opened
  bool is_open = true;                    // has rows that no result counts yet
  bool was_given = false;                 // the next result is an update
  bool has_changed = false;               // has rows that no result, early or not, counts
  timestamp looked_at = timestamp::max(); // when its timer says
  State content;

  void save(snapshot_writer& to) const {
    save_value(to, start);
    save_value(to, last);
    to.write(number).write(is_open).write(was_given).write(has_changed);
    save_value(to, content);
  }
  /// False: damaged.
  bool load(snapshot_reader& from) {
    return load_value(from, start) && load_value(from, last)
           && from.read(number).read(is_open).read(was_given).read(has_changed).ok()
           && load_value(from, content);
  }
};

/// The sessions of a key, by start, that a row of this time joins: from the first to behind the
/// last. nullptr: there are none.
template <class State>
[[nodiscard]] std::pair<std::size_t, std::size_t>
sessions_near(const std::vector<key_session<State>>* sessions, timestamp time, duration gap) {
  if (sessions == nullptr) return {0, 0};
  const auto end_of = [gap](timestamp last) { return detail::moved(last, gap); };
  std::size_t first = 0;
  while (first < sessions->size() && end_of((*sessions)[first].last) <= time) ++first;
  std::size_t behind = first;
  while (behind < sessions->size() && (*sessions)[behind].start < end_of(time)) ++behind;
  return {first, behind};
}

} // namespace weir
