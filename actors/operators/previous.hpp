// SPDX-License-Identifier: Apache-2.0
//
// previous, lag: each row with the row of its key that came before it, or n rows before it.
//
// The callable gets the row and a pointer to the earlier one (nullptr where there is none yet), and
// gives a row. Order is that of arrival; rows are kept, n for each key, so they must own their
// text. With a ttl a key that was silent for so long (event time) begins anew.
//
//   readings | key_by(&reading::sensor)
//            | previous([](const reading& now, const reading* before) { return step{...}; })

#pragma once

#include <weir/actors/operators/process.hpp>
#include <weir/actors/operators/told_count.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

namespace weir {

/// The last rows of a key: a ring, whose oldest row is at `next` once it is full.
template <class T>
struct last_rows {
  std::vector<T> rows;
  std::uint64_t next = 0;

  void save(snapshot_writer& to) const {
    save_value(to, rows);
    to.write(next);
  }
  bool load(snapshot_reader& from) {
    return load_value(from, rows) && from.read(next).ok() && next <= rows.size();
  }
};

template <row T, class F>
class with_earlier_row {
public:
  with_earlier_row(std::size_t distance, F f) : distance_{distance}, f_{std::move(f)} {}

  void on_row(const T& row, last_rows<T>& last, auto& to) {
    if (last.rows.size() < distance_) {
      to.give(std::invoke(f_, row, static_cast<const T*>(nullptr)));
      last.rows.push_back(row);
      return;
    }
    T& oldest = last.rows[last.next];
    to.give(std::invoke(f_, row, static_cast<const T*>(&oldest)));
    oldest = row;
    last.next = (last.next + 1) % distance_;
  }

private:
  std::size_t distance_;
  F f_;
};

template <class F>
class lag_adaptor : public keyed_adaptor<lag_adaptor<F>> {
public:
  lag_adaptor(std::size_t distance, F f, process_options options)
      : distance_{distance}, f_{std::move(f)}, options_{options} {}

  [[nodiscard]] process_options& options() noexcept { return options_; }

  template <row T, class KeyOf>
  [[nodiscard]] auto bind_keyed(const KeyOf& key_of) const {
    constexpr bool fits = std::invocable<F&, const T&, const T*>;
    static_assert(fits, "weir: previous and lag take a callable of (const row& now, const row* "
                        "before)");
    static_assert(persistent<T>, "weir: previous and lag keep rows, and rows of this type can't be "
                                 "kept: they must be described and own their text");
    if constexpr (fits && persistent<T>) {
      using out = std::remove_cvref_t<std::invoke_result_t<F&, const T&, const T*>>;
      auto options = std::make_shared<process_options>(options_);
      auto bound = detail::bind_process<T, last_rows<T>, out>(
          "lag", key_of, with_earlier_row<T, F>{distance_, f_}, std::move(options));
      bound.make = [make = std::move(bound.make), distance = distance_](
                       const state_place& place) -> result<std::unique_ptr<any_operator>> {
        if (distance == 0 || !is_count(distance))
          return error{errc::config,
                       "lag needs a distance of at least one row, not " + told_count(distance)};
        return make(place);
      };
      return bound;
    }
  }

private:
  std::size_t distance_;
  F f_;
  process_options options_;
};

/// `f(row, earlier)`, where `earlier` is the row of the key `distance` rows before.
template <class F>
[[nodiscard]] lag_adaptor<std::decay_t<F>> lag(std::size_t distance, F&& f,
                                               process_options options = {}) {
  return {distance, std::forward<F>(f), options};
}
/// `f(row, before)`, where `before` is the row of the key that came last.
template <class F>
[[nodiscard]] lag_adaptor<std::decay_t<F>> previous(F&& f, process_options options = {}) {
  return {1, std::forward<F>(f), options};
}

} // namespace weir
