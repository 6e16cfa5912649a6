// SPDX-License-Identifier: Apache-2.0
//
// aggregation_contract: what every aggregation promises, checked by one line a unit.
//
//  - Its result is what a slow reference makes of the same rows.
//  - Rows cut into parts, whose states are merged in order of arrival, give the same result: bit
//    for bit, unless the unit says how near (`agrees`). A state without rows changes nothing.
//  - Where it says that the order does not matter, it does not: a line of its own.
//  - save and load between two rows change nothing, and the bytes are all read. A snapshot that was
//    cut short is refused.
//
//   expect_aggregation_contract<double>(agg::max(), [](chance& by) { return double(by() % 10); },
//                                       [](const std::vector<double>& rows) { return ...; });

#pragma once

#include <weir/actors/operators/aggregation.hpp>
#include <weir/actors/state/persist.hpp>
#include <weir/tests/support/operator_contract.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace weir::test {

/// The same value; NaN is itself.
struct is_same_value {
  template <class V>
  bool operator()(const V& a, const V& b) const {
    if constexpr (std::floating_point<V>)
      return a == b || (std::isnan(a) && std::isnan(b));
    else
      return a == b;
  }
  template <class V>
  bool operator()(const std::optional<V>& a, const std::optional<V>& b) const {
    return a.has_value() == b.has_value() && (!a || (*this)(*a, *b));
  }
  template <class V>
  bool operator()(const std::vector<V>& a, const std::vector<V>& b) const {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), *this);
  }
};

/// Not further apart than `share` of the larger one, or both NaN; the same infinity is near.
struct is_near {
  double share;

  bool operator()(double a, double b) const {
    if (a == b || (std::isnan(a) && std::isnan(b))) return true;
    return std::fabs(a - b) <= share * std::max(std::fabs(a), std::fabs(b));
  }
  template <class V>
  bool operator()(const std::optional<V>& a, const std::optional<V>& b) const {
    return a.has_value() == b.has_value() && (!a || (*this)(*a, *b));
  }
};

/// Plays the host of one aggregation.
template <class T, class A>
class aggregation_driver {
public:
  using bound = agg::bound_aggregation<A, T>;
  using state = agg::aggregation_state<bound>;
  using result = agg::aggregation_result<bound>;

  explicit aggregation_driver(const A& a) : runs_{agg::bind<T>(a)} {}

  [[nodiscard]] state add_all(const std::vector<T>& rows) const {
    return add_some(rows, 0, rows.size());
  }
  [[nodiscard]] state add_some(const std::vector<T>& rows, std::size_t from, std::size_t to) const {
    state made = runs_.create();
    for (; from < to; ++from) runs_.add(made, rows[from]);
    return made;
  }
  [[nodiscard]] result of(const std::vector<T>& rows) const { return runs_.result(add_all(rows)); }
  /// Cuts rows anywhere, again and again, and merges the states of the parts.
  [[nodiscard]] state cut_and_merge(const std::vector<T>& rows, std::size_t from, std::size_t to,
                                    chance& by) const {
    if (from == to || by() % 4 == 0) return add_some(rows, from, to);
    const std::size_t at = from + by() % (to - from + 1);
    if (at == from || at == to) {
      state whole = add_some(rows, from, to);
      const state nothing = runs_.create();
      if (at == to) {
        runs_.merge(whole, nothing);
        return whole;
      }
      state begun = nothing;
      runs_.merge(begun, whole);
      return begun;
    }
    state left = cut_and_merge(rows, from, at, by);
    const state right = cut_and_merge(rows, at, to, by);
    runs_.merge(left, right);
    return left;
  }
  /// Adds all rows; after `at` of them the state is saved and loaded into a new one.
  [[nodiscard]] state interrupt(const std::vector<T>& rows, std::size_t at) const {
    state begun = reload(add_some(rows, 0, at));
    for (; at < rows.size(); ++at) runs_.add(begun, rows[at]);
    return begun;
  }
  [[nodiscard]] state reload(const state& from) const {
    snapshot_writer writer;
    save_value(writer, from);
    snapshot_reader reader{writer.bytes()};
    state made = runs_.create();
    require(load_value(reader, made) && reader.is_finished(), "a state loads what it saved");
    return made;
  }
  [[nodiscard]] const bound& aggregation() const { return runs_; }

private:
  bound runs_;
};

/// The contract on up to `most` rows of `any_row`. `agrees(found, expected)`: whether they are the
/// same, or near enough.
template <class T, class A, class AnyRow, class Reference, class Agrees = is_same_value>
void expect_aggregation_contract(const A& aggregation, AnyRow any_row, Reference reference,
                                 Agrees agrees = {}, std::size_t most = 300) {
  const aggregation_driver<T, A> driver{aggregation};
  const auto& runs = driver.aggregation();
  static_assert(agg::aggregation<std::remove_cvref_t<decltype(runs)>, T>);
  expect_for_many_seeds([&](chance& by) {
    std::vector<T> rows;
    for (auto count = by() % 3 == 0 ? by() % 5 : by() % (most + 1); count > 0; --count)
      rows.push_back(any_row(by));
    const auto expected = reference(std::as_const(rows));
    const auto whole = driver.add_all(rows);
    require(agrees(runs.result(whole), expected), "the result is that of the reference");
    require(agrees(runs.result(driver.cut_and_merge(rows, 0, rows.size(), by)), expected),
            "merged parts give the result of the reference");
    const auto resumed = driver.interrupt(rows, by() % (rows.size() + 1));
    require(is_same_value{}(runs.result(resumed), runs.result(whole)),
            "save and load between two rows change nothing");

    snapshot_writer writer;
    save_value(writer, whole);
    const std::string_view bytes = writer.bytes();
    if (bytes.empty()) return;
    snapshot_reader cut{bytes.substr(0, by() % bytes.size())};
    auto damaged = runs.create();
    require(!load_value(cut, damaged), "a snapshot that was cut short is refused");
  });
}

/// On up to `most` rows of `any_row`: the result is the same to the last bit however the rows are
/// cut and merged, and in whatever order they come.
template <class T, class A, class AnyRow>
void expect_no_order_or_cut_to_matter(const A& aggregation, AnyRow any_row,
                                      std::size_t most = 3'000) {
  const aggregation_driver<T, A> driver{aggregation};
  expect_for_many_seeds([&](chance& by) {
    std::vector<T> rows;
    for (auto count = by() % (most + 1); count > 0; --count) rows.push_back(any_row(by));
    const auto whole = driver.of(rows);
    std::shuffle(rows.begin(), rows.end(), by);
    const auto merged = driver.cut_and_merge(rows, 0, rows.size(), by);
    require(is_same_value{}(driver.aggregation().result(merged), whole),
            "rows in another order, cut and merged, give the same result");
  });
}

} // namespace weir::test
