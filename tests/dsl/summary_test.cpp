// SPDX-License-Identifier: Apache-2.0

#include <weir/dsl/progress.hpp>
#include <weir/dsl/summary.hpp>

#include <gmock/gmock.h>

namespace weir {
namespace {

using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

class SummaryTest : public testing::Test {
protected:
  SummaryTest() {
    what_.what.job = "fares";
    add("trips", {.what = "source", .boundary = {}, .rows = "trip"}, actor_role::source);
    add("filter + map", {}, actor_role::operators);
    add("out", {.what = "sink", .boundary = {}, .rows = "quote"}, actor_role::sink);
    add("rejects", {.what = "sink", .boundary = {}, .rows = "reject", .is_default = true},
        actor_role::sink);
    counters_[0].rows_in.set(10);
    counters_[0].rejects.set(2);
    counters_[0].rows_behind.set(unknown_rows);
    counters_[0].done_permille.set(500);
    counters_[1].operators.emplace_back("filter").rows_in.set(10);
    counters_[1].operators[0].rows_out.set(8);
    counters_[1].operators.emplace_back("map").rows_in.set(8);
    counters_[1].operators[1].rows_out.set(8);
    counters_[2].rows_in.set(8);
  }

  job_account account() const {
    return {.what = what_,
            .ended = ended_,
            .counters = counters_,
            .reports = reports_,
            .predictions = predictions_,
            .peak_rss_bytes = 1 << 20};
  }

  planned what_;
  job_summary ended_{.state = job_state::finished, .cause = {}, .took = 1500ms};
  std::deque<actor_counters> counters_;
  std::vector<model_report> reports_;
  std::vector<std::pair<std::string, std::shared_ptr<const prediction_counts>>> predictions_;

  void add(const std::string& name, actor_note note, actor_role role) {
    what_.what.actors.push_back({name, sink_plan{}});
    what_.notes.push_back(std::move(note));
    counters_.emplace_back(name, role);
  }
};

TEST_F(SummaryTest, IsOneLineOfJson) {
  model_report report;
  report.name = "fare";
  report.version = 1;
  report.trained_rows = 80;
  report.holdout_rows = 20;
  report.rmse = 4.5;
  report.mae = 2.25;
  reports_.push_back(report);
  EXPECT_EQ(json_summary(account()),
            R"({"job":"fares","state":"finished","seconds":1.500000,"peak_rss_bytes":1048576,)"
            R"("sources":[{"name":"trips","rows":10,"rejected":2}],)"
            R"("operators":[{"name":"filter","rows_in":10,"rows_out":8,"rejected":0},)"
            R"({"name":"map","rows_in":8,"rows_out":8,"rejected":0}],)"
            R"("sinks":[{"name":"out","rows":8}],)"
            R"("models":[{"name":"fare","version":1,"trained_rows":80,)"
            R"("holdout":{"rows":20,"rmse":4.5,"mae":2.25,"r2":null}}]})");
}

TEST_F(SummaryTest, SaysInJsonWhyAProgramFails) {
  ended_.state = job_state::failed;
  auto failed = account();
  failed.failure = error{errc::config, R"(no file "a.txt")"};
  EXPECT_THAT(json_summary(failed),
              HasSubstr(R"("state":"failed","error":"no file \"a.txt\"","seconds":)"));
}

TEST_F(SummaryTest, IsATableForPeople) {
  const auto text = text_summary(account());
  EXPECT_THAT(text, HasSubstr("fares: finished after 1.50 s"));
  EXPECT_THAT(text, HasSubstr("source  trips: 10 rows, 7 rows/s, 2 rejected"));
  EXPECT_THAT(text, HasSubstr("sink    out: 8 rows"));
  EXPECT_THAT(text, Not(HasSubstr("rejects")));
}

TEST_F(SummaryTest, SaysHowManyRowsASinkLost) {
  counters_[2].lost_rows.set(3);
  EXPECT_THAT(json_summary(account()), HasSubstr(R"("sinks":[{"name":"out","rows":8,"lost":3}])"));
  EXPECT_THAT(text_summary(account()), HasSubstr("sink    out: 8 rows, 3 of them lost\n"));
}

TEST_F(SummaryTest, SaysWhoseLateRowsNobodyTook) {
  EXPECT_TRUE(dropped_late(what_, counters_).empty());
  const auto drop = [&](const std::string& sink, const std::string& of, std::uint64_t rows) {
    add(sink, {.what = "sink", .boundary = {}, .rows = {}, .is_default = true, .drops_late_of = of},
        actor_role::sink);
    counters_.back().rows_in.set(rows);
  };
  drop("discard sums 1 2", "sums", 1'200);
  drop("discard join 2", "join", 0);
  drop("discard join 3", "join", 1);
  drop("discard sums 2 2", "sums", 34);
  drop("discard other 2", "", 5); // an outlet of something else
  EXPECT_THAT(dropped_late(what_, counters_),
              testing::ElementsAre(testing::StartsWith("sums: 1,234 rows came too late and were"),
                                   testing::StartsWith("join: 1 row came too late and was")));
}

TEST_F(SummaryTest, SaysWhatAnswersLacked) {
  auto met = std::make_shared<prediction_counts>();
  predictions_.emplace_back("fare", met);
  EXPECT_THAT(text_summary(account()), Not(HasSubstr("answered"))); // nothing to say yet
  met->answered = 12'000;
  EXPECT_THAT(text_summary(account()), HasSubstr("model   fare: 12,000 rows answered\n"));
  met->unanswered = 3;
  met->unseen = 1;
  EXPECT_THAT(text_summary(account()),
              HasSubstr("12,000 rows answered, 3 of them without a number the model needs, "
                        "1 value never seen in history\n"));
}

TEST_F(SummaryTest, ShowsHowFarABoundedJobIs) {
  progress_line line{"fares"};
  EXPECT_EQ(line.at(2s, counters_), "fares 10 rows, 5 rows/s, 2 rejected, 50 % done, 2 s left");
  counters_[0].rows_in.set(30);
  EXPECT_THAT(line.at(3s, counters_), HasSubstr("30 rows, 20 rows/s"));
}

TEST_F(SummaryTest, ShowsTheLagOfALiveJob) {
  counters_[0].rows_behind.set(1200);
  EXPECT_THAT(progress_line{"fares"}.at(2s, counters_), HasSubstr("1,200 rows behind"));
}

} // namespace
} // namespace weir
