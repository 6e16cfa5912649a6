// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/exchange.hpp>
#include <weir/tests/support/operator_contract.hpp>

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

namespace weir::test {
namespace {

const auto by_itself = [](int number) { return number; };

struct named {
  std::string name;
  int number = 0;
  friend bool operator==(const named&, const named&) = default;
};
BOOST_DESCRIBE_STRUCT(named, (), (name, number))

TEST(ExchangeTest, KeepsTheContract) {
  expect_operator_contract<int, int>([] { return result{exchange<int>(by_itself, 3)}; },
                                     [](chance& by) { return static_cast<int>(by() % 50); });
  expect_operator_contract<named, named>(
      [] { return result{exchange<named>(&named::name, 4)}; },
      [](chance& by) {
        return named{"key " + std::to_string(by() % 20), static_cast<int>(by())};
      });
}

TEST(ExchangeTest, GivesEachRowToTheInstanceOfItsKeyInOrder) {
  std::vector<int> rows;
  for (int i = 0; i < 5000; ++i) rows.push_back(i * 7 % 1000);
  chance by{5};
  operator_driver<int, int> run{[] { return result{exchange<int>(by_itself, 5)}; }, {}};
  run.run(rows, places_for(rows.size(), by));
  std::map<int, std::size_t> instance_of_key;
  std::size_t count = 0;
  for (std::size_t outlet = 0; outlet < 5; ++outlet) {
    std::map<int, int> seen; // how often: the order of equal keys can't be told apart
    const auto got = run.output(outlet).rows();
    count += got.size();
    for (const int key : got) {
      const auto place = instance_of_key.emplace(key, outlet).first;
      ASSERT_EQ(place->second, outlet) << "key " << key << " went to two instances";
      ASSERT_EQ(outlet, instance_of(key_group_of(key_hash(key)), 5));
    }
    EXPECT_GT(got.size(), 500U) << "a fair share";
  }
  EXPECT_EQ(count, rows.size());
}

TEST(ExchangeTest, TellsWhichRowItsKeyThrewOn) {
  const auto picky = [](int number) {
    if (number == 2) throw std::runtime_error{"not two"};
    return number;
  };
  auto op = exchange<int>(picky, 2);
  batch<int> in, a, b;
  for (int i = 0; i < 4; ++i) in.push_back(i);
  std::vector<batch_base*> open{&a, &b};
  try {
    op->on_batch(0, any_view{&in, 0, false}, outlets{open});
    FAIL() << "nothing was thrown";
  } catch (const row_failure& failure) {
    EXPECT_EQ(failure.index, 2U);
  }
}

} // namespace
} // namespace weir::test
