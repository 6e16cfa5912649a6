// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/stream/batch.hpp>
#include <weir/tests/support/operator_contract.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace weir::test {
namespace {

struct note {
  std::int32_t id = 0;
  std::string_view text;
  std::optional<std::string> tag;
  friend bool operator==(const note&, const note&) = default;
};
BOOST_DESCRIBE_STRUCT(note, (), (id, text, tag))

/// Rows with origins and times, cut anyhow, by whichever of the inherit functions.
struct stretch {
  std::vector<std::int64_t> rows;
  std::vector<placed> where;
};

stretch any_stretch(chance& by) {
  stretch made;
  made.rows.resize(by() % 300);
  for (auto& row : made.rows) row = static_cast<std::int64_t>(by());
  made.where = places_for(made.rows.size(), by);
  return made;
}

void fill(batch<std::int64_t>& in, const stretch& from, std::size_t at, std::size_t most) {
  batch<std::int64_t> one{1};
  for (std::size_t i = at; i < from.rows.size() && in.size() < most; ++i) {
    one.clear();
    one.set_origin({from.where[i].in, from.where[i].position});
    if (from.where[i].time) one.times_for_writing()[0] = *from.where[i].time;
    one.push_back(from.rows[i]);
    if (in.append(one, 0) == 0) return;
  }
}

void require_row(const batch<std::int64_t>& of, std::size_t i, const stretch& from,
                 std::size_t at) {
  require(of[i] == from.rows[at], "the row");
  require(of.origin_of(i) == origin{from.where[at].in, from.where[at].position}, "its origin");
  require(of.has_times() == from.where[at].time.has_value(), "a time or none");
  if (of.has_times()) require(of.time_of(i) == from.where[at].time, "its time");
}

TEST(BatchTest, KeepsRowsOriginsAndTimesThroughAnyCutAndCopy) {
  expect_for_many_seeds([](chance& by) {
    const auto from = any_stretch(by);
    batch<std::int64_t> in; // used again and again, as links do
    batch<std::int64_t> out;
    std::size_t seen = 0;
    const auto leave = [&] {
      for (std::size_t i = 0; i < out.size(); ++i) require_row(out, i, from, seen++);
      out.clear();
      if (by() % 2 == 0) out.set_limit(1 + by() % 50);
    };
    for (std::size_t at = 0; at < from.rows.size(); in.clear()) {
      fill(in, from, at, 1 + by() % 60);
      for (std::size_t done = 0; done < in.size();) {
        if (out.is_full() || !out.can_follow(in) || by() % 4 == 0) leave();
        done += out.append(in, done);
      }
      at += in.size();
    }
    leave();
    require(seen == from.rows.size(), "every row once");
  });
}

TEST(BatchTest, KeepsOriginsAndTimesOfChosenRows) {
  expect_for_many_seeds([](chance& by) {
    const auto from = any_stretch(by);
    batch<std::int64_t> in;
    batch<std::int64_t> out;
    fill(in, from, 0, 300);
    // Twice, so that the second choice starts from rows that have offsets.
    std::vector<std::size_t> left(in.size());
    for (std::size_t i = 0; i < left.size(); ++i) left[i] = i;
    for (int round = 0; round < 2; ++round) {
      std::vector<std::size_t> kept;
      std::vector<std::uint32_t> numbers;
      for (std::size_t i = 0; i < left.size(); ++i)
        if (by() % 3 != 0) {
          kept.push_back(left[i]);
          numbers.push_back(static_cast<std::uint32_t>(i));
        }
      if (by() % 2 == 0) {
        std::copy(numbers.begin(), numbers.end(), in.choose_own());
        in.keep_chosen(numbers.size(), false);
      } else {
        out.clear();
        out.inherit_selected(in, 0, numbers, false);
        for (std::size_t i = 0; i < numbers.size(); ++i) out.tail()[i] = in[numbers[i]];
        out.push_written(numbers.size());
        in.swap(out);
      }
      left = kept;
      require(in.size() == left.size(), "as many rows as were chosen");
      for (std::size_t i = 0; i < left.size(); ++i) require_row(in, i, from, left[i]);
    }
  });
}

TEST(BatchTest, RepeatsTheOriginOfARowThatMultiplied) {
  batch<int> in;
  for (int i = 0; i < 3; ++i) in.push_back(i);
  in.set_origin({intern_partition("s", "p"), 7});
  batch<int> out;
  for (std::size_t i = 0; i < 3; ++i) {
    out.inherit_repeated(in, i, i, false);
    out.push_written(i);
  }
  ASSERT_EQ(out.size(), 3U);
  EXPECT_EQ(out.origin_of(0).position, 8U);
  EXPECT_EQ(out.origin_of(1).position, 9U);
  EXPECT_EQ(out.origin_of(2).position, 9U);
}

TEST(BatchTest, HoldsRowsOfOnePartitionOnly) {
  batch<int> a;
  batch<int> b;
  a.push_back(1);
  a.set_origin({intern_partition("s", "a"), 0});
  b.push_back(2);
  b.set_origin({intern_partition("s", "b"), 0});
  EXPECT_FALSE(a.can_follow(b));
  EXPECT_EQ(a.append(b, 0), 0U);
}

TEST(BatchTest, HoldsRowsOfOneWatermarkOfTheirPartitionOnly) {
  batch<int> late, in_time, copy;
  late.push_back(1);
  late.set_own_watermark(timestamp{std::chrono::seconds{5}});
  in_time.push_back(2);
  EXPECT_FALSE(late.can_follow(in_time));
  EXPECT_FALSE(in_time.can_follow(late));
  EXPECT_EQ(copy.append(late, 0), 1U);
  EXPECT_EQ(copy.own_watermark(), timestamp{std::chrono::seconds{5}});
  copy.swap(in_time);
  EXPECT_EQ(in_time.own_watermark(), timestamp{std::chrono::seconds{5}});
  EXPECT_EQ(copy.own_watermark(), timestamp::min());
  in_time.clear();
  EXPECT_EQ(in_time.own_watermark(), timestamp::min());
}

TEST(BatchTest, RefusesPositionsThatItsOffsetsCannotReach) {
  batch<int> a;
  batch<int> b;
  a.push_back(1);
  b.push_back(2);
  a.set_origin({nullptr, 100});
  b.set_origin({nullptr, 100 + (std::uint64_t{1} << 32U)});
  EXPECT_FALSE(a.can_follow(b));
  b.set_origin({nullptr, 99});
  EXPECT_FALSE(a.can_follow(b));
  b.set_origin({nullptr, 99 + (std::uint64_t{1} << 32U)});
  ASSERT_TRUE(a.can_follow(b));
  a.append(b, 0);
  EXPECT_EQ(a.origin_of(1).position, 99 + (std::uint64_t{1} << 32U));
}

TEST(BatchTest, IsFullAtItsLimitAndWhenItsBytesAreUsed) {
  batch<int> few;
  few.set_limit(2);
  few.push_back(1);
  EXPECT_FALSE(few.is_full());
  few.push_back(2);
  EXPECT_TRUE(few.is_full());
  few.clear();
  EXPECT_EQ(few.room(), batch_rows);

  batch<std::string> heavy;
  heavy.push_back(std::string(batch_bytes, 'x'));
  EXPECT_TRUE(heavy.is_full());
  EXPECT_GE(heavy.cost().bytes, static_cast<std::int64_t>(batch_bytes));
}

TEST(BatchTest, TakesARowOfAnySizeWhenItIsEmpty) {
  batch<std::string> one;
  batch<std::string> in;
  in.push_back(std::string(max_row_bytes, 'x'));
  EXPECT_EQ(one.append(in, 0), 1U);
}

TEST(BatchTest, CountsTextOfItsRowsOnceAndLetsGoOfIt) {
  auto text = std::make_shared<std::string>("hello world");
  batch<note> in;
  in.push_back({1, std::string_view{*text}.substr(0, 5), "tag"});
  in.push_back({2, std::string_view{*text}.substr(6), std::nullopt});
  in.keep({text, text->size()});
  batch<note> out;
  out.append(in, 0);
  out.append(in, 1);
  EXPECT_EQ(out.text_bytes(), text->size());
  EXPECT_EQ(out.heap_bytes(), 2 * 0U + 3U);
  EXPECT_EQ(text.use_count(), 3);
  in.clear();
  out.clear();
  EXPECT_EQ(text.use_count(), 1);
}

TEST(BatchTest, CopiesUsedTextTogetherWhenLittleIsUsed) {
  auto text = std::make_shared<std::string>(10'000, 'a');
  batch<note> rows;
  rows.push_back({1, std::string_view{*text}.substr(10, 4), "tag"});
  rows.push_back({2, {}, std::nullopt});
  rows.keep({text, text->size()});
  rows.compact_text();
  EXPECT_EQ(text.use_count(), 1);
  EXPECT_EQ(rows[0], (note{1, "aaaa", "tag"}));
  EXPECT_EQ(rows.text_bytes(), 4U);
}

TEST(BatchTest, LeavesTextAloneWhileMuchOfItIsUsed) {
  auto text = std::make_shared<std::string>(10'000, 'a');
  batch<note> rows;
  rows.push_back({1, std::string_view{*text}.substr(0, 5'000), std::nullopt});
  rows.keep({text, text->size()});
  rows.compact_text();
  EXPECT_EQ(text.use_count(), 2);
}

TEST(BatchTest, HandsRowsOverOnlyWhenNobodyElseSeesThem) {
  batch<int> in;
  batch<int> out;
  in.push_back(1);
  in.set_watermark(timestamp{duration{5}});
  EXPECT_FALSE((batch_view<int>{in, 0, false}.move_into(out)));
  ASSERT_TRUE((batch_view<int>{in, 0, true}.move_into(out)));
  EXPECT_EQ(out.size(), 1U);
  EXPECT_FALSE(out.watermark()); // watermarks are the shell's to pass on
  EXPECT_TRUE(in.watermark());
  in.push_back(2);
  EXPECT_FALSE((batch_view<int>{in, 0, true}.move_into(out))); // there are rows already
}

TEST(BatchTest, KnowsItsRowTypeAsData) {
  EXPECT_EQ(row_type_of<note>(), row_type_of<note>());
  EXPECT_FALSE(row_type_of<note>() == row_type_of<int>());
  EXPECT_EQ(row_type_of<note>().table, &record_of<note>());
  EXPECT_EQ(row_type_of<std::vector<int>>().table, nullptr);
  EXPECT_EQ(row_type_of<int>().make()->capacity(), batch_rows);
}

} // namespace
} // namespace weir::test
