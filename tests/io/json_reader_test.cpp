// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/stream/credit.hpp>
#include <weir/io/json_reader.hpp>
#include <weir/io/json_writer.hpp>
#include <weir/tests/support/random_inputs.hpp>

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir {
namespace {

enum class payment { card, cash };
BOOST_DESCRIBE_ENUM(payment, card, cash)

struct place {
  int zone = 0;
  std::optional<float> height;
};
BOOST_DESCRIBE_STRUCT(place, (), (zone, height))

struct ride {
  timestamp pickup;
  double distance = 0;
  std::uint8_t seats = 0;
  std::int64_t meter = 0;
  bool shared = false;
  payment paid = payment::card;
  duration waited{};
  place from;
  std::string driver;
  std::string_view note;
  std::optional<int> passengers;
};
BOOST_DESCRIBE_STRUCT(ride, (),
                      (pickup, distance, seats, meter, shared, paid, waited, from, driver, note,
                       passengers))
inline auto aliases(of<ride>) { return alias_list<ride>{{&ride::pickup, {"picked_up"}}}; }

class JsonReaderTest : public ::testing::Test {
protected:
  bool read(std::string_view json) {
    text_.assign(json.size() + json_reader::text_slack, '\0');
    char* to = text_.data();
    const bool is_read = reader_.read(json, &row_, to);
    EXPECT_LE(to, text_.data() + text_.size());
    return is_read;
  }
  std::string written() const {
    std::string out;
    json_writer{record_of<ride>()}.append(out, &row_);
    return out;
  }

  json_reader reader_{record_of<ride>()};
  ride row_;
  std::string text_;
  const std::string good_ =
      R"({"pickup":"2021-01-01T00:30:10Z","distance":2.5,"seats":4,"meter":-7,"shared":true,)"
      R"("paid":"cash","waited":"250ms","from":{"zone":142,"height":1.5},"driver":"Zoë",)"
      R"("note":"a\nb","passengers":1})";

  /// `good_` with one piece replaced.
  std::string with(std::string_view piece, std::string_view by) const {
    std::string text = good_;
    const auto at = text.find(piece);
    EXPECT_NE(at, std::string::npos) << piece;
    return text.replace(at, piece.size(), by);
  }
};

TEST_F(JsonReaderTest, ReadsEveryKindAndWritesItBack) {
  ASSERT_TRUE(read(good_)) << reader_.reason();
  EXPECT_EQ(row_.from.zone, 142);
  EXPECT_EQ(row_.from.height, 1.5F);
  EXPECT_EQ(row_.paid, payment::cash);
  EXPECT_EQ(row_.driver, "Zoë");
  EXPECT_EQ(row_.note, "a\nb");
  EXPECT_EQ(written(), good_);
}

TEST_F(JsonReaderTest, TakesDottedNamesAliasesAnyOrderAndUnknownKeys) {
  ASSERT_TRUE(read(with(R"("from":{"zone":142,"height":1.5})",
                        R"("x":[{"y":null},1e3],"from.height":null,"from.zone":9)")))
      << reader_.reason();
  EXPECT_EQ(row_.from.zone, 9);
  EXPECT_FALSE(row_.from.height);
  ASSERT_TRUE(read(with(R"("pickup")", R"("picked_up")"))) << reader_.reason();
  ASSERT_TRUE(read(with(R"("distance")", R"("\u0064istance")"))) << reader_.reason();
}

TEST_F(JsonReaderTest, FindsAKeyWhereOnlyAnEscapedOneStoodBefore) {
  ASSERT_TRUE(read(with(R"("pickup")", R"("pic\u006bup")"))) << reader_.reason();
  ASSERT_TRUE(read(good_)) << reader_.reason();
}

TEST_F(JsonReaderTest, EmptiesOptionalsThatAreMissing) {
  ASSERT_TRUE(read(good_));
  ASSERT_TRUE(read(with(R"(,"passengers":1)", ""))) << reader_.reason();
  EXPECT_FALSE(row_.passengers);
}

TEST_F(JsonReaderTest, SaysWhatIsWrong) {
  const std::vector<std::pair<std::string, std::string_view>> cases{
      {with("2.5", "\"2.5\""), "field 'distance': expected a number, found \"2.5\""},
      {with("2.5", "02.5"), "field 'distance': expected a number, found 02.5"},
      {with("2.5", "1e999"), "field 'distance': 1e999 is out of the range of float64"},
      {with("2.5", "NaN"), "not valid JSON"},
      {with("\"seats\":4", "\"seats\":256"), "field 'seats': 256 is out of the range of uint8"},
      {with("\"seats\":4", "\"seats\":-1"), "field 'seats': -1 is out of the range of uint8"},
      {with("\"seats\":4", "\"seats\":1.5"), "field 'seats': expected a whole number, found 1.5"},
      {with("true", "1"), "field 'shared': expected true or false, found 1"},
      {with("cash", "gold"), "field 'paid': expected one of card, cash, found \"gold\""},
      {with("\"2021-01-01T00:30:10Z\"", "1609459810"), "field 'pickup': expected a time"},
      {with("2021-01-01", "2021-02-30"), "field 'pickup': expected a time"},
      {with("\"meter\":-7", "\"meter\":null"), "field 'meter' is null"},
      {with("\"meter\":-7,", ""), "field 'meter' is missing"},
      {with("\"zone\":142,", ""), "field 'from.zone' is missing"},
      {with("\"shared\"", "\"meter\":1,\"shared\""), "field 'meter' is there twice"},
      {with("\"shared\"", "\"from.zone\":1,\"shared\""), "field 'from.zone' is there twice"},
      {with("\"shared\"", "\"picked_up\":\"2021-01-01\",\"shared\""),
       "field 'pickup' is there twice"},
      {with("Zoë", "Zo\xeb"), "not valid UTF-8"},
      {with("a\\nb", "a\\qb"), "not valid JSON"},
      {with("a\\nb", "a\\ud800b"), "not valid JSON"},
      {with("\"shared\"", "\"x\":[1,tru],\"shared\""), "not valid JSON"},
      {good_ + "x", "not valid JSON"},
      {good_ + good_, "not valid JSON"},
      {good_.substr(0, good_.size() - 1), "not valid JSON"},
      {"[1]", "not a JSON object"},
      {"", "empty"},
      {std::string(3, '\0'), "not a JSON object"},
      {std::string(max_row_bytes + 1, ' '), "bytes, a row may have"},
  };
  for (const auto& [json, reason] : cases) {
    EXPECT_FALSE(read(json)) << json.substr(0, 300);
    EXPECT_NE(reader_.reason().find(reason), std::string::npos)
        << "'" << reader_.reason() << "' for " << json.substr(0, 300);
    ASSERT_TRUE(read(good_)) << "after " << json.substr(0, 300);
  }
}

TEST_F(JsonReaderTest, SurvivesDeepNesting) {
  const std::string deep(100'000, '[');
  EXPECT_FALSE(
      read(with("\"shared\"", "\"x\":" + deep + std::string(100'000, ']') + ",\"shared\"")));
  EXPECT_NE(reader_.reason().find("deeper"), std::string::npos) << reader_.reason();
}

// What is accepted must be exactly what writing and reading it again gives.
TEST_F(JsonReaderTest, TakesOrRejectsAnyMutation) {
  const auto seed = testing::new_seed();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random{seed};
  constexpr std::string_view pieces[] = {
      "\"",   "{",   "}",    "[",  "]",     ",", ":", "\\",
      "null", "1e9", "\xff", "\0", "\\u12", "-", "0", "\"meter\":1,",
      "é"};
  std::size_t taken = 0;
  std::size_t rejected = 0;
  const auto count = static_cast<std::size_t>(testing::share_of_inputs(100));
  for (std::size_t i = 0; i < count; ++i) {
    std::string json = good_;
    for (auto edits = random() % 3 + 1; edits > 0 && !json.empty(); --edits) {
      const auto at = random() % json.size();
      switch (random() % 4) {
        case 0: json[at] = static_cast<char>(random()); break;
        case 1: json.erase(at, random() % 4 + 1); break;
        case 2: json.insert(at, pieces[random() % std::size(pieces)]); break;
        default: json.resize(at); break;
      }
    }
    if (!read(json)) {
      ++rejected;
      ASSERT_FALSE(reader_.reason().empty()) << json;
      continue;
    }
    ++taken;
    const std::string once = written();
    ASSERT_TRUE(read(once)) << reader_.reason() << " in " << once << " from " << json;
    ASSERT_EQ(written(), once);
  }
  EXPECT_EQ(taken + rejected, count);
  EXPECT_GT(taken, count / 100);
  EXPECT_GT(rejected, count / 2);
}

TEST(JsonWriterTest, WritesWhatJsonCanHold) {
  const auto line = [](auto value) {
    std::string out;
    json_writer{record_of<decltype(value)>()}.append(out, &value);
    return out;
  };
  EXPECT_EQ(line(0.1), R"({"value":0.1})");
  EXPECT_EQ(line(-0.0), R"({"value":-0})");
  EXPECT_EQ(line(std::numeric_limits<double>::quiet_NaN()), R"({"value":null})");
  EXPECT_EQ(line(std::numeric_limits<double>::infinity()), R"({"value":null})");
  EXPECT_EQ(line(std::string{"a\"\\\x01\n\xff é"}),
            "{\"value\":\"a\\\"\\\\\\u0001\\n\xef\xbf\xbd é\"}");
}

TEST(JsonWriterTest, DoublesReadBackToTheSameBits) {
  std::mt19937_64 random{1};
  json_reader reader{record_of<double>()};
  json_writer writer{record_of<double>()};
  for (int i = 0; i < 20'000; ++i) {
    const auto number = std::bit_cast<double>(random());
    if (!std::isfinite(number)) continue;
    std::string json;
    writer.append(json, &number);
    double back = 0;
    ASSERT_TRUE(reader.read(json, &back)) << json << reader.reason();
    ASSERT_EQ(std::bit_cast<std::uint64_t>(back), std::bit_cast<std::uint64_t>(number)) << json;
  }
}

} // namespace
} // namespace weir
