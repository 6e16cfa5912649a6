// SPDX-License-Identifier: Apache-2.0
//
// running: an aggregation of all rows of a key so far, given anew with each row.
//
// Takes what windows take: agg::count(), agg::sum(&order::amount), several at once, a user's own.
// With a ttl a key that was silent for so long (event time) begins anew. A result has the origin
// and event time of the row that changed it.
//
//   orders | key_by(&order::name) | running(agg::sum(&order::amount)) | to(console())

#pragma once

#include <weir/actors/operators/aggregation.hpp>
#include <weir/actors/operators/process.hpp>
#include <weir/actors/stream/record.hpp>

#include <boost/describe.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace weir {

/// What an aggregation has come to.
template <class Key, class Value>
struct running_value {
  Key key{};
  Value value{};

  friend bool operator==(const running_value&, const running_value&) = default;
  BOOST_DESCRIBE_CLASS(running_value, (), (key, value), (), ())
};

/// The same where one of them is no column, such as a std::pair or a list: a row, but no record.
template <class Key, class Value>
requires(!column<Key> || !column<Value>) struct running_value<Key, Value> {
  Key key{};
  Value value{};

  friend bool operator==(const running_value&, const running_value&) = default;
};

/// The state of an aggregation, which a row begins.
template <class State>
struct begun {
  std::optional<State> content;

  void save(snapshot_writer& to) const { save_value(to, content); }
  bool load(snapshot_reader& from) { return load_value(from, content); }
};

template <row T, class KeyOf, class Aggregation>
class add_and_tell {
public:
  using state = begun<agg::aggregation_state<Aggregation>>;

  add_and_tell(KeyOf key_of, Aggregation aggregation)
      : key_of_{std::move(key_of)}, aggregation_{std::move(aggregation)} {}

  void on_row(const T& row, state& so_far, auto& to) {
    using key_type = owned_key<std::remove_cvref_t<std::invoke_result_t<KeyOf&, const T&>>>;
    using value = agg::aggregation_result<Aggregation>;
    if (!so_far.content) so_far.content = aggregation_.create();
    aggregation_.add(*so_far.content, row);
    to.give(running_value<key_type, value>{key_type(std::invoke(key_of_, row)),
                                           aggregation_.result(*so_far.content)});
  }

private:
  KeyOf key_of_;
  Aggregation aggregation_;
};

template <class Aggregation>
class running_adaptor : public keyed_adaptor<running_adaptor<Aggregation>> {
public:
  running_adaptor(Aggregation aggregation, process_options options)
      : aggregation_{std::move(aggregation)}, options_{options} {}

  [[nodiscard]] process_options& options() noexcept { return options_; }

  template <row T, class KeyOf>
  [[nodiscard]] auto bind_keyed(const KeyOf& key_of) const {
    if constexpr (!std::is_void_v<agg::bound_aggregation<Aggregation, T>>)
      return bind_aggregation<T>(key_of, agg::bind<T>(aggregation_));
  }

private:
  template <row T, class KeyOf, class Bound>
  [[nodiscard]] auto bind_aggregation(const KeyOf& key_of, const Bound& bound) const {
    using f = add_and_tell<T, KeyOf, Bound>;
    using out =
        running_value<owned_key<std::remove_cvref_t<std::invoke_result_t<KeyOf&, const T&>>>,
                      agg::aggregation_result<Bound>>;
    auto made = detail::bind_process<T, typename f::state, out>(
        "running", key_of, f{key_of, bound}, std::make_shared<process_options>(options_));
    made.make = [make = std::move(made.make),
                 bound](const state_place& place) -> result<std::unique_ptr<any_operator>> {
      if (auto valid = agg::check(bound); !valid) return std::move(valid).error();
      return make(place);
    };
    return made;
  }

  Aggregation aggregation_;
  process_options options_;
};

/// Gives, with each row, what `aggregation` makes of the rows of its key so far.
template <class Aggregation>
[[nodiscard]] running_adaptor<Aggregation> running(Aggregation aggregation,
                                                   process_options options = {}) {
  return {std::move(aggregation), options};
}

} // namespace weir
