// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/state/persist.hpp>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace weir::test {
namespace {

enum class colour : std::uint8_t { red, green };

struct place {
  std::string name;
  std::optional<double> height;
  friend bool operator==(const place&, const place&) = default;
};
BOOST_DESCRIBE_STRUCT(place, (), (name, height))

struct route : place {
  std::vector<place> stops;
  std::array<std::pair<colour, bool>, 2> signs{};
  std::tuple<timestamp, duration, std::vector<bool>> times;
  std::vector<std::vector<std::int16_t>> heights;
  friend bool operator==(const route&, const route&) = default;
};
BOOST_DESCRIBE_STRUCT(route, (place), (stops, signs, times, heights))

struct nothing {
  friend bool operator==(const nothing&, const nothing&) = default;
};
BOOST_DESCRIBE_STRUCT(nothing, (), ())

/// Refuses odd numbers.
class even {
public:
  explicit even(int value = 0) : value_{value} {}
  void save(snapshot_writer& to) const { to.write(value_); }
  [[nodiscard]] bool load(snapshot_reader& from) {
    return from.read(value_).ok() && value_ % 2 == 0;
  }

private:
  int value_;
};

class closed {
  int hidden_ = 0;
  BOOST_DESCRIBE_CLASS(closed, (), (), (), (hidden_))
};

struct borrowing {
  std::string_view text;
};
BOOST_DESCRIBE_STRUCT(borrowing, (), (text))

template <class T>
std::string bytes_of(const T& value) {
  snapshot_writer writer;
  save_value(writer, value);
  return writer.take();
}

template <class T>
std::optional<T> value_of(std::string_view bytes) {
  snapshot_reader reader{bytes};
  T value{};
  if (!load_value(reader, value) || !reader.is_finished()) return std::nullopt;
  return value;
}

route a_route() {
  route made;
  made.name = "north";
  made.stops = {{"a", 1.5}, {std::string(500, 'b'), std::nullopt}};
  made.signs = {{{colour::green, true}, {colour::red, false}}};
  made.times = {timestamp{duration{-7}}, duration{9}, {true, false, true}};
  made.heights = {{}, {1, -2, 3}};
  return made;
}

TEST(PersistTest, GivesBackWhatWasSaved) {
  EXPECT_EQ(value_of<route>(bytes_of(a_route())), a_route());
  EXPECT_EQ(value_of<std::vector<nothing>>(bytes_of(std::vector<nothing>(3))),
            std::vector<nothing>(3));
  EXPECT_EQ((value_of<std::array<int, 0>>("")), (std::array<int, 0>{}));
  EXPECT_EQ(value_of<std::chrono::duration<double>>(bytes_of(std::chrono::duration<double>{0.5})),
            std::chrono::duration<double>{0.5});
}

RC_GTEST_PROP(PersistTest, GivesBackAnyNumbersAndText,
              (const std::vector<std::pair<std::string, std::int64_t>>& values)) {
  RC_ASSERT((value_of<std::decay_t<decltype(values)>>(bytes_of(values)) == values));
}

TEST(PersistTest, RefusesEveryBeginning) {
  const std::string bytes = bytes_of(a_route());
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(value_of<route>(std::string_view{bytes}.substr(0, size))) << size;
}

TEST(PersistTest, RefusesALengthThatNothingStandsBehind) {
  const auto huge = std::numeric_limits<std::uint64_t>::max();
  for (const std::uint64_t length : {std::uint64_t{3}, std::uint64_t{1} << 61, huge}) {
    snapshot_writer writer;
    writer.write(length).write(std::uint64_t{1}).write(std::uint64_t{2});
    EXPECT_FALSE(value_of<std::vector<std::uint64_t>>(writer.bytes()));
    EXPECT_FALSE(value_of<std::vector<std::string>>(writer.bytes()));
    EXPECT_FALSE(value_of<std::vector<nothing>>(bytes_of(length)));
    EXPECT_FALSE(value_of<std::vector<even>>(bytes_of(length)));
  }
}

TEST(PersistTest, RefusesABoolThatIsNone) {
  EXPECT_FALSE(value_of<bool>("\x02"));
  EXPECT_FALSE(value_of<std::optional<bool>>("\x07\x01"));
}

TEST(PersistTest, LetsAClassRefuseWhatItLoads) {
  EXPECT_TRUE(value_of<even>(bytes_of(4)));
  EXPECT_FALSE(value_of<even>(bytes_of(5)));
  EXPECT_TRUE(value_of<std::vector<even>>(bytes_of(std::vector{even{2}, even{4}})));
  EXPECT_FALSE(value_of<std::vector<even>>(bytes_of(std::vector{even{2}, even{5}})));
}

TEST(PersistTest, IsForValuesThatOwnAllTheyReferTo) {
  EXPECT_TRUE(persistent<route>);
  EXPECT_TRUE(persistent<nothing>);
  EXPECT_FALSE(persistent<std::string_view>);
  EXPECT_FALSE(persistent<borrowing>);
  EXPECT_FALSE((persistent<std::vector<std::pair<int, std::optional<borrowing>>>>));
  EXPECT_FALSE(persistent<closed>);
  EXPECT_FALSE(persistent<int*>);
  EXPECT_FALSE(persistent<const char*>);
}

} // namespace
} // namespace weir::test
