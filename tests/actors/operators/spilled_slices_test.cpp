// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/spilled_slices.hpp>
#include <weir/tests/support/keyed_states.hpp>
#include <weir/tests/support/state_ways.hpp>

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace weir::test {
namespace {

using testing::at_us;
using testing::map_backend;
using testing::thrown_by;

/// Keeps what was added, in order.
struct listed {
  std::string create() const { return {}; }
  void add(std::string& all, char one) const { all += one; }
  void merge(std::string& all, const std::string& other) const { all += other; }
  std::string result(const std::string& all) const { return all; }
};

template <class Key>
class slices_of {
public:
  explicit slices_of(state_place place) : place_{std::move(place)} {}

  void write(std::int64_t slice, const std::map<Key, std::string>& states) {
    typename spilled_slices<Key, listed>::table table;
    for (const auto& [key, state] : states) table.at(key_hash(key), key, [&] { return state; });
    slices.spill(at_us(slice), table);
    EXPECT_TRUE(table.empty());
  }
  std::map<Key, std::string> walked(std::int64_t start, std::int64_t end) {
    std::map<Key, std::string> all;
    if (!slices.has_any(at_us(start), at_us(end))) return all;
    std::optional<Key> last;
    for (auto walk = slices.walk(at_us(start), at_us(end)); !walk.is_done(); walk.next())
      EXPECT_TRUE(all.emplace(walk.key(), walk.merged()).second) << "told twice";
    return all;
  }
  std::string one(std::int64_t slice, const Key& key) {
    std::optional<std::string> sum;
    slices.merge_into(sum, at_us(slice), {}, key_hash(key), key);
    EXPECT_EQ(slices.has(at_us(slice), key_hash(key), key), sum.has_value());
    return sum.value_or("none");
  }

private:
  state_place place_;
  listed aggregation_;

public:
  spilled_slices<Key, listed> slices{place_, aggregation_};
};

class SpilledSlicesTest : public ::testing::TestWithParam<state_way> {};

INSTANTIATE_TEST_SUITE_P(, SpilledSlicesTest, ::testing::Values(in_map(), in_rocksdb()),
                         name_of_way);

TEST_P(SpilledSlicesTest, MergesRunsAndSlicesInTheirOrder) {
  slices_of<std::string> all{GetParam().place(4'000)};
  all.write(10, {{"a", "c"}, {"b", "x"}});
  all.write(-5, {{"a", "a"}});
  all.write(10, {{"a", "d"}});
  all.write(-5, {{"a", "b"}, {"aa", "y"}});
  using found = std::map<std::string, std::string>;
  EXPECT_EQ(all.walked(-5, 11), (found{{"a", "abcd"}, {"aa", "y"}, {"b", "x"}}));
  EXPECT_EQ(all.walked(-5, 10), (found{{"a", "ab"}, {"aa", "y"}}));
  EXPECT_EQ(all.walked(-4, 10), found{});
  EXPECT_EQ(all.one(10, "a"), "cd");
  EXPECT_EQ(all.one(10, "aa"), "none");
  EXPECT_EQ(all.one(11, "a"), "none");
  all.slices.drop(at_us(-5));
  EXPECT_EQ(all.walked(-5, 11), (found{{"a", "cd"}, {"b", "x"}}));
  EXPECT_EQ(all.slices.states(), 3U);
  all.write(-5, {{"c", "z"}});
  EXPECT_EQ(all.walked(-5, 10), (found{{"c", "z"}})) << "nothing comes back";
}

TEST_P(SpilledSlicesTest, KnowsTheEndsOfTimeAndAllGroups) {
  slices_of<int> all{GetParam().place(4'000)};
  const auto first = timestamp::min().time_since_epoch().count(),
             last = timestamp::max().time_since_epoch().count();
  std::map<int, std::string> some;
  for (int key = -300; key < 300; ++key) some[key] = "v";
  all.write(last, some);
  all.write(first, some);
  EXPECT_EQ(all.walked(first, last), some);
  all.slices.drop(timestamp::max());
  EXPECT_EQ(all.walked(first, last), some);
  all.write(last, {{1, "w"}});
  EXPECT_EQ(all.one(last, 1), "w");
  EXPECT_EQ(all.one(last, 2), "none");
}

template <class Key>
void holds_what_maps_hold(const state_way& way) {
  EXPECT_TRUE(rc::check("slices are those of maps", [&] {
    way.maybe_leave_out();
    slices_of<Key> all{way.place(*rc::gen::element<std::size_t>(100, 2'000, 100'000))};
    std::map<std::int64_t, std::map<Key, std::string>> expected;
    const auto a_slice = [] { return (*rc::gen::inRange(0, 6) - 3) * 100; };
    char name = 'a';
    for (auto steps = *rc::gen::inRange(0, 20); steps > 0; --steps) {
      const auto slice = a_slice();
      if (*rc::gen::inRange(0, 5) == 0) {
        all.slices.drop(at_us(slice));
        expected.erase(slice);
      } else {
        std::map<Key, std::string> run;
        for (auto keys = *rc::gen::inRange(0, 30); keys > 0; --keys)
          run[testing::key_of(*rc::gen::inRange(0, 40), Key{})] = name++;
        all.write(slice, run);
        for (const auto& [key, state] : run) expected[slice][key] += state;
      }
    }
    const auto start = a_slice(), end = a_slice();
    std::map<Key, std::string> merged;
    for (const auto& [slice, states] : expected)
      for (const auto& [key, state] : states)
        if (slice >= start && slice < end) merged[key] += state;
    RC_ASSERT(all.walked(start, end) == merged);
    for (int number = 0; number < 40; ++number) {
      const auto key = testing::key_of(number, Key{});
      const auto known = expected[start].find(key);
      RC_ASSERT(all.one(start, key) == (known == expected[start].end() ? "none" : known->second));
    }
  }));
}

TEST_P(SpilledSlicesTest, HoldsWhatMapsHold) { holds_what_maps_hold<std::int64_t>(GetParam()); }
TEST_P(SpilledSlicesTest, HoldsWhatMapsHoldOfText) {
  holds_what_maps_hold<std::string>(GetParam());
}

TEST(SpilledSlicesFailureTest, SaysWhatFailed) {
  const auto seen = std::make_shared<map_backend::record>();
  slices_of<int> all{place_of(testing::map_kind(seen), "totals", 4'000)};
  all.write(0, {{1, "v"}, {2, "w"}});
  seen->is_damaged = true;
  EXPECT_THAT(thrown_by([&] { all.walked(0, 1); }),
              ::testing::HasSubstr("the state of 'totals' is damaged"));
  EXPECT_THAT(thrown_by([&] { all.one(0, 1); }),
              ::testing::HasSubstr("the state of 'totals' is damaged"));
  seen->is_damaged = false;
  seen->fails = true;
  const auto full = "the state of 'totals' can't be kept: no space left on '/data'";
  EXPECT_EQ(thrown_by([&] { all.walked(0, 1); }), full);
  EXPECT_EQ(thrown_by([&] { all.one(0, 1); }), full);
  EXPECT_EQ(thrown_by([&] { all.write(0, {{1, "x"}}); }), full);
  EXPECT_EQ(thrown_by([&] { all.slices.drop(at_us(0)); }), full);
}

} // namespace
} // namespace weir::test
