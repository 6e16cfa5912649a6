// SPDX-License-Identifier: Apache-2.0
//
// with_state: gives each key of a stream a state of its own, for `process`.
//
// State is any type that can be kept in a snapshot: numbers, text it owns, times, optionals,
// vectors, described structs of these. `with_state<S>(24h)` forgets what was not used for a day of
// event time. Where it lies is the job's to say: --state, --state-memory.
//
//   struct total { double amount = 0; };
//   orders | key_by(&order::name) | with_state<total>() | process<total_row>(add_up)

#pragma once

#include <weir/actors/state/persist.hpp>
#include <weir/dsl/key_by.hpp>

#include <utility>

namespace weir {

/// A stream, the key of its rows, and the type of the state of each key.
template <row T, class KeyOf, class S>
class stateful_stream {
public:
  stateful_stream(keyed_stream<T, KeyOf> keyed, duration ttl)
      : keyed_{std::move(keyed)}, ttl_{ttl} {}

  [[nodiscard]] const keyed_stream<T, KeyOf>& keyed() const noexcept { return keyed_; }
  [[nodiscard]] duration ttl() const noexcept { return ttl_; }

private:
  keyed_stream<T, KeyOf> keyed_;
  duration ttl_;
};

template <class S>
class with_state_adaptor : public needs_key {
public:
  explicit with_state_adaptor(duration ttl) : ttl_{ttl} {}

  template <class T, class KeyOf>
  auto attach_keyed(const keyed_stream<T, KeyOf>& keyed) const {
    constexpr bool is_kept = persistent<S>;
    static_assert(is_kept,
                  "weir: with_state's state can't be kept: make it of numbers, std::string (not "
                  "std::string_view), times, optionals, vectors and described structs, or give it "
                  "`save` and `load`");
    if constexpr (is_kept)
      return stateful_stream<T, KeyOf, S>{keyed, ttl_};
    else
      return refused{};
  }

private:
  duration ttl_;
};

/// Gives each key a state, which is forgotten when it was not used for `ttl` (zero: never).
template <class S>
[[nodiscard]] with_state_adaptor<S> with_state(duration ttl = duration{0}) {
  return with_state_adaptor<S>{ttl};
}

/// Joins an operator that uses the state: `process`.
template <class T, class KeyOf, class S, class Adaptor>
auto operator|(const stateful_stream<T, KeyOf, S>& rows, const Adaptor& adaptor) {
  constexpr bool fits = requires {
    adaptor.template bind_state<T, S>(rows.keyed().key_of(), rows.ttl());
  };
  static_assert(fits, "weir: what stands behind with_state must be process(...): other operators "
                      "keep a state of their own, and stand behind key_by without with_state");
  if constexpr (!fits)
    return refused{};
  else if constexpr (std::is_void_v<decltype(adaptor.template bind_state<T, S>(
                         rows.keyed().key_of(), rows.ttl()))>)
    return refused{}; // by a sentence of its own
  else
    return detail::join_keyed(adaptor,
                              adaptor.template bind_state<T, S>(rows.keyed().key_of(), rows.ttl()),
                              rows.keyed());
}

} // namespace weir
