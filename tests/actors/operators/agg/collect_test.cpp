// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/agg/collect.hpp>
#include <weir/tests/support/aggregation_contract.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace weir::test {
namespace {

struct word {
  std::string text;
  std::optional<int> place = {};
  friend bool operator==(const word&, const word&) = default;
};
BOOST_DESCRIBE_STRUCT(word, (), (text, place))

word any_word(chance& by) {
  word made{std::string(by() % 30, 'w')};
  if (by() % 2 == 0) made.place = static_cast<int>(by() % 100);
  return made;
}

TEST(CollectTest, KeepsTheContractOnWholeRows) {
  expect_aggregation_contract<word>(agg::collect(), any_word,
                                    [](const std::vector<word>& rows) { return rows; });
}

TEST(CollectTest, KeepsTheContractOnValuesThatMayBeMissing) {
  expect_aggregation_contract<word>(agg::collect(&word::place), any_word,
                                    [](const std::vector<word>& rows) {
                                      std::vector<int> there;
                                      for (const auto& row : rows)
                                        if (row.place) there.push_back(*row.place);
                                      return there;
                                    });
}

TEST(CollectTest, NamesTheOptionThatBoundsIt) {
  const auto collect = agg::bind<int>(agg::collect(std::identity{}, {.most = 2}));
  auto state = collect.create();
  collect.add(state, 1);
  collect.add(state, 2);
  EXPECT_THAT([&] { collect.add(state, 3); },
              testing::ThrowsMessage<std::range_error>(
                  "collect keeps at most 2 values, and more came; raise its option `most`"));
  const auto full = state;
  EXPECT_THROW(collect.merge(state, full), std::range_error);
  collect.merge(state, collect.create());
  EXPECT_EQ(collect.result(state), (std::vector{1, 2}));
}

} // namespace
} // namespace weir::test
