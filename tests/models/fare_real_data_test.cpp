// SPDX-License-Identifier: Apache-2.0
//
// The fare model on real trips: golden results, and the same fit by numpy (ridge_check.py).

#include <weir/io/csv_source.hpp>
#include <weir/models/ridge.hpp>
#include <weir/tests/support/model_contract.hpp>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace weir {

namespace fare_test {

struct trip {
  timestamp pickup;
  double distance = 0;
  std::optional<int> passengers;
  int from = 0;
  int to = 0;
  std::optional<double> total;
};
BOOST_DESCRIBE_STRUCT(trip, (), (pickup, distance, passengers, from, to, total))

inline auto aliases(of<trip>) {
  return alias_list<trip>{{&trip::pickup, {"pickup_datetime", "tpep_pickup_datetime"}},
                          {&trip::distance, {"trip_distance"}},
                          {&trip::passengers, {"passenger_count"}},
                          {&trip::from, {"pickup_location_id", "PULocationID"}},
                          {&trip::to, {"dropoff_location_id", "DOLocationID"}},
                          {&trip::total, {"total_amount"}}};
}

} // namespace fare_test

namespace {

using fare_test::trip;
using trips = std::vector<testing::model_rows<trip>>;

std::filesystem::path data() {
  const char* set = std::getenv("WEIR_DATA");
  return std::filesystem::path{set ? set : WEIR_SOURCE_DIR "/../shared/data"} / "taxi";
}

bool is_plausible(const trip& t) {
  return t.total && *t.total > 0 && *t.total < 5000 && t.distance > 0 && t.distance < 500
         && t.passengers && *t.passengers < 4;
}

/// The plausible trips of one file, at the positions they have among all of its rows.
testing::model_rows<trip> read(const std::filesystem::path& path, std::size_t& rows_read) {
  testing::model_rows<trip> kept{path.stem().string(), {}};
  const auto source =
      detail::make_csv_file(detail::csv_rows_of<trip>(), path.string(), path.stem().string(), {});
  EXPECT_TRUE(source->open({"trips", [] {}}));
  batch<trip> rows;
  batch<reject> rejects;
  for (;;) {
    rows.clear();
    const auto state = source->poll(initial_credit(), rows, rejects);
    if (!state) throw std::runtime_error{state.error().message};
    for (std::size_t i = 0; i < rows.size(); ++i)
      if (is_plausible(rows[i])) {
        kept.rows.push_back(rows[i]);
        kept.positions.push_back(rows.origin_of(i).position);
      }
    rows_read += rows.size();
    if (*state == poll_state::end || *state == poll_state::phase) break;
  }
  EXPECT_TRUE(rejects.empty());
  return kept;
}

struct history {
  trips parts;
  std::size_t read = 0, kept = 0;
};

history read_all(std::vector<std::filesystem::path> files) {
  std::ranges::sort(files);
  history all;
  for (const auto& file : files) {
    all.parts.push_back(read(file, all.read));
    all.kept += all.parts.back().rows.size();
  }
  return all;
}

const history& months() {
  static const history all = [] {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator{data() / "yellow_2019_2020"})
      if (entry.path().extension() == ".csv") files.push_back(entry.path());
    return read_all(files);
  }();
  return all;
}

const history& january() {
  static const history all = read_all({data() / "yellow_tripdata_2021-01_head.csv"});
  return all;
}

auto fare() {
  return ridge(features(number(&trip::distance), number(&trip::passengers),
                        one_hot(hour_of(&trip::pickup)), one_hot(weekday_of(&trip::pickup)),
                        one_hot(&trip::from), one_hot(&trip::to)),
               label(&trip::total), {.l2 = 1});
}

/// Learns with one seed and lets numpy fit the same split.
model_report check_against_numpy(const trips& rows, std::uint64_t seed) {
  const testing::scratch_directory scratch;
  const auto split = scratch.file("split.csv");
  const auto learnt = testing::learn_by_hand(
      fare(), rows, {}, {.options = {.holdout = 0.2, .seed = seed, .export_split = split}});
  const auto& report = learnt.reports.at(0);
  const auto command = fmt::format("/usr/bin/python3 {}/tests/models/ridge_check.py {} 1 {} {} {}",
                                   WEIR_SOURCE_DIR, split, report.rmse, report.mae, report.r2);
  EXPECT_EQ(std::system(command.c_str()), 0) << command;
  return report;
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return (values[values.size() / 2] + values[(values.size() - 1) / 2]) / 2;
}

TEST(FareRealDataTest, KeepsTheTripsItShould) {
  EXPECT_EQ(months().read, 180'000U);
  EXPECT_EQ(months().kept, 159'901U);
  EXPECT_EQ(january().read, 22'792U);
  EXPECT_EQ(january().kept, 20'623U);
}

TEST(FareRealDataTest, AgreesWithNumpyOnTheMonthlyFiles) {
  std::vector<double> rmse, r2;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    const auto report = check_against_numpy(months().parts, seed);
    EXPECT_EQ(report.trained_rows + report.holdout_rows, 159'901U);
    EXPECT_EQ(report.skipped_rows, 0U);
    EXPECT_GT(report.baseline_mae, 2 * report.mae);
    rmse.push_back(report.rmse);
    r2.push_back(report.r2);
    EXPECT_NEAR(report.mae, 2.615, 0.1);
  }
  EXPECT_NEAR(median(rmse), 4.95, 0.5);
  EXPECT_NEAR(median(r2), 0.875, 0.02);
}

TEST(FareRealDataTest, AnswersWithThePublishedModel) {
  const testing::drive_options load{
      .options = {.load = WEIR_SOURCE_DIR "/apps/taxi_fares/data/published_fare.model.json"}};
  trip near, far;
  near.pickup = *parse_timestamp("2021-01-01 00:10:00");
  near.distance = 0.2;
  far.pickup = *parse_timestamp("2021-01-01 00:51:20");
  far.distance = 14.7;
  const auto scored = testing::score_by_hand(fare(), {{"live", {near, far}}}, load);
  ASSERT_EQ(scored.answers.size(), 2U);
  EXPECT_NEAR(scored.answers[0].prediction, 8.79217707, 1e-8);
  EXPECT_NEAR(scored.answers[1].prediction, 42.96035951, 1e-8);
  EXPECT_NEAR(scored.answers[0].prediction, 8.320891797321288 + 2.356426374729163 * 0.2, 1e-12);
  EXPECT_NEAR(scored.answers[1].prediction, 8.320891797321288 + 2.356426374729163 * 14.7, 1e-12);
}

TEST(FareRealDataTest, AgreesWithNumpyOnJanuary2021) {
  std::vector<double> rmse, r2;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    const auto report = check_against_numpy(january().parts, seed);
    rmse.push_back(report.rmse);
    r2.push_back(report.r2);
    EXPECT_NEAR(report.mae, 2.02, 0.15);
  }
  EXPECT_NEAR(median(rmse), 3.84, 0.4);
  EXPECT_NEAR(median(r2), 0.911, 0.02);
}

} // namespace

} // namespace weir
