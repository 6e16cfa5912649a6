// SPDX-License-Identifier: Apache-2.0
//
// rate_limit: at most so many rows of a key in a span of event time; first those that pass, then
// the others.
//
// A span begins with the first row that comes after the last one was over; rows that are late count
// in the span at hand. So what passes follows from the rows, not from when they are read: a replay
// gives the same. State: a time and a number for each key, forgotten when it was silent for the
// span.
//
//   auto [told, untold] = alerts | key_by(&alert::account) | rate_limit(1, 1min);

#pragma once

#include <weir/actors/operators/process.hpp>

#include <boost/describe.hpp>

#include <cstdint>
#include <memory>
#include <stdexcept>

namespace weir {

/// What `rate_limit` may be told.
struct rate_limit_options {
  std::uint64_t rows = 1;     ///< Of a key that pass in a span.
  duration span{0};           ///< Event time.
  std::uint32_t parallel = 1; ///< Instances that share the keys.
};
BOOST_DESCRIBE_STRUCT(rate_limit_options, (), (rows, span, parallel))

[[nodiscard]] result<void> check(const rate_limit_options& options);

/// Of a key: the span at hand, and the rows that passed in it.
struct rate_of_key {
  timestamp begin = timestamp::min();
  std::uint64_t passed = 0;
  BOOST_DESCRIBE_CLASS(rate_of_key, (), (begin, passed), (), ())
};

template <row T>
class pass_some {
public:
  explicit pass_some(rate_limit_options options) : options_{options} {}

  void on_row(const T& row, rate_of_key& rate, auto& to) {
    const bool is_first = rate.begin == timestamp::min();
    if (is_first || (to.time() > rate.begin && to.time() - rate.begin >= options_.span))
      rate = {to.time(), 0};
    if (rate.passed < options_.rows) {
      ++rate.passed;
      to.give(row);
    } else {
      to.template give_to<1>(row);
    }
  }

private:
  rate_limit_options options_;
};

class rate_limit_adaptor : public keyed_adaptor<rate_limit_adaptor> {
public:
  explicit rate_limit_adaptor(rate_limit_options options) : options_{options} {}

  [[nodiscard]] rate_limit_options& options() noexcept { return options_; }

  template <row T, class KeyOf>
  [[nodiscard]] auto bind_keyed(const KeyOf& key_of) const {
    using made = process_operator<T, KeyOf, rate_of_key, pass_some<T>, T, T>;
    auto options = std::make_shared<rate_limit_options>(options_);
    return bound_keyed_operator<T, T>{
        .name = "rate_limit",
        .make = [key_of,
                 options](const state_place& place) -> result<std::unique_ptr<any_operator>> {
          if (auto valid = check(*options); !valid) return std::move(valid).error();
          return std::unique_ptr<any_operator>{std::make_unique<made>(
              key_of, pass_some<T>{*options}, process_options{.ttl = options->span}, place)};
        },
        .options = make_options_ref(options),
        .parallel = {options, &options->parallel}};
  }

private:
  rate_limit_options options_;
};

/// Passes `rows` rows of each key in every `span` of event time.
[[nodiscard]] inline rate_limit_adaptor rate_limit(std::uint64_t rows, duration span) {
  return rate_limit_adaptor{{.rows = rows, .span = span}};
}

} // namespace weir
