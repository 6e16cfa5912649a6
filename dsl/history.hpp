// SPDX-License-Identifier: Apache-2.0
//
// history: what was, then what is: one source that gives all rows of the first, a phase mark, then
// those of the second.
//
// Both are opened at the start, so a broker that can't be reached is reported before hours of
// history are read. With a model that was loaded the first is not made at all. Rows of the two
// never mix.
//
//   app.from(history(csv<trip>("2020-*.csv")).then(kafka<trip>("taxi-trips"))) | learn(fare)

#pragma once

#include <weir/dsl/own.hpp>

#include <concepts>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace weir {

namespace detail {

/// The spec a source stands for: itself, or a user's own object or callable.
template <class S>
auto source_spec_for(const S& source) {
  if constexpr (source_spec<S>) {
    return source;
  } else {
    static_assert(
        source_class<typename made_class<S>::type>,
        "weir: from takes a source: a spec such as csv, hdf5 or kafka of a described "
        "record, history(...), an object of a class derived from weir::source<the record>, "
        "or a callable that makes one");
    return own_source<S>{source};
  }
}

/// Joins two sources that were made: see actors/operators/sequence_source.hpp. Each is pumped if it
/// blocks.
result<std::unique_ptr<any_source>> make_sequence(result<std::unique_ptr<any_source>> history,
                                                  result<std::unique_ptr<any_source>> live);

/// A source that ends at once: what is left of a history that is not read.
std::unique_ptr<any_source> make_empty_source(const row_type& type);

} // namespace detail

/// A history and what follows it: a source_spec made of two.
template <source_spec History, source_spec Live>
class history_then {
public:
  using row = typename History::row;
  static constexpr bool is_bounded = Live::is_bounded;

  history_then(History history, Live live) : history_{std::move(history)}, live_{std::move(live)} {}

  [[nodiscard]] const History& history() const noexcept { return history_; }
  [[nodiscard]] const Live& live() const noexcept { return live_; }

  [[nodiscard]] std::string describe() const {
    return history_.describe() + " then " + live_.describe();
  }
  [[nodiscard]] options_ref options() const { return {}; }
  [[nodiscard]] result<std::unique_ptr<any_source>> make() const {
    return detail::make_sequence(history_.make(), live_.make());
  }

private:
  History history_;
  Live live_;
};

/// A source of rows that are all there already; alone, or followed by `then`.
template <source_spec History>
class history_source {
public:
  using row = typename History::row;
  static constexpr bool is_bounded = true;

  explicit history_source(History history) : history_{std::move(history)} {}

  /// What comes after the history: any source of the same record, mostly one that never ends.
  template <class S>
  [[nodiscard]] auto then(const S& live) const {
    auto spec = detail::source_spec_for(live);
    static_assert(std::same_as<row, typename decltype(spec)::row>,
                  "weir: history(a).then(b) needs two sources of one record: bring one to the "
                  "record of the other");
    return history_then<History, decltype(spec)>{history_, std::move(spec)};
  }

  [[nodiscard]] std::string describe() const { return history_.describe(); }
  [[nodiscard]] options_ref options() const { return history_.options(); }
  [[nodiscard]] result<std::unique_ptr<any_source>> make() const { return history_.make(); }

private:
  History history_;
};

/// Begins a source with rows that are all there already: files, a bounded read of a topic, memory.
template <class S>
[[nodiscard]] auto history(const S& source) {
  auto spec = detail::source_spec_for(source);
  static_assert(decltype(spec)::is_bounded,
                "weir: history must end, and this source never does: begin with files or a bounded "
                "read, and give the endless source to then(...)");
  return history_source<decltype(spec)>{std::move(spec)};
}

} // namespace weir
