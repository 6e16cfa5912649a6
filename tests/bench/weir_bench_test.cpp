// SPDX-License-Identifier: Apache-2.0

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace {

struct run_of_bench {
  int exit_code;
  std::string out;
};

run_of_bench weir_bench(const std::string& arguments) {
  const std::string command = WEIR_BIN_DIR "/weir_bench " + arguments + " 2>/dev/null";
  std::FILE* pipe = popen(command.c_str(), "r");
  run_of_bench result{};
  char block[4096];
  while (const auto got = std::fread(block, 1, sizeof block, pipe)) result.out.append(block, got);
  const int status = pclose(pipe);
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return result;
}

struct listed {
  std::string name;
  std::vector<std::string> contestants;
};
/// A workload a line, its contestants in lines of their own below it.
std::vector<listed> all_workloads() {
  std::istringstream lines{weir_bench("list").out};
  std::vector<listed> all;
  for (std::string line; std::getline(lines, line);) {
    const auto begin = line.find_first_not_of(' ');
    if (begin == std::string::npos) continue;
    auto word = line.substr(begin, line.find(' ', begin) - begin);
    if (begin == 0)
      all.push_back({std::move(word), {}});
    else if (!all.empty())
      all.back().contestants.push_back(std::move(word));
  }
  return all;
}

TEST(WeirBenchTest, ListNamesWhoTakesPart) {
  const auto all = all_workloads();
  ASSERT_GE(all.size(), 32U);
  for (const auto& [name, contestants] : all) {
    EXPECT_THAT(contestants, testing::Contains(testing::StartsWith("weir"))) << name;
    EXPECT_GE(contestants.size(), 2U) << name;
    if (name == "exchange") continue; // one instance against two
    EXPECT_THAT(contestants.front(), testing::StartsWith("hand")) << name;
  }
}

TEST(WeirBenchTest, ContestantsOfEveryWorkloadComputeTheSame) {
  const auto [exit_code, out] = weir_bench("run --scale 0.001 --rounds 1 --json");
  EXPECT_EQ(exit_code, 0);
  simdjson::dom::parser parser;
  simdjson::dom::element report;
  ASSERT_EQ(parser.parse(out).get(report), simdjson::SUCCESS) << out;
  std::vector<std::string> seen;
  for (const simdjson::dom::element workload : report["workloads"].get_array()) {
    seen.emplace_back(std::string_view{workload["name"]});
    std::size_t of_weir = 0;
    for (const simdjson::dom::element each : workload["contestants"].get_array()) {
      of_weir += std::string_view{each["name"]}.starts_with("weir") ? 1 : 0;
      EXPECT_GT(std::uint64_t{each["items"]}, 0U) << seen.back();
      EXPECT_GT(double{each["per_core_ratio"]}, 0) << seen.back();
    }
    EXPECT_GT(of_weir, 0U) << seen.back();
  }
  std::vector<std::string> names;
  for (const auto& each : all_workloads()) names.push_back(each.name);
  EXPECT_EQ(seen, names);
}

TEST(WeirBenchTest, ReportsAsDocumentedWhenContestantsAgree) {
  const auto [exit_code, out] = weir_bench("run operators --scale 0.001 --rounds 2 --json");
  EXPECT_EQ(exit_code, 0);
  simdjson::dom::parser parser;
  simdjson::dom::element report;
  ASSERT_EQ(parser.parse(out).get(report), simdjson::SUCCESS) << out;
  EXPECT_FALSE(std::string_view{report["machine"]}.empty());
  EXPECT_FALSE(std::string_view{report["commit"]}.empty());
  const simdjson::dom::array workloads = report["workloads"];
  ASSERT_EQ(workloads.size(), 1U);
  EXPECT_EQ(std::string_view{workloads.at(0)["name"]}, "operators");
  std::vector<std::string> names;
  for (const simdjson::dom::element each : workloads.at(0)["contestants"]) {
    names.emplace_back(std::string_view{each["name"]});
    EXPECT_EQ(std::uint64_t{each["items"]}, 100'000U);
    EXPECT_GT(std::uint64_t{each["peak_rss_bytes"]}, 0U);
    EXPECT_GT(double{each["per_core_ratio"]}, 0);
    for (const auto* clock : {"wall_s", "cpu_s"}) {
      EXPECT_GT(double{each[clock]["min"]}, 0);
      EXPECT_GE(double{each[clock]["median"]}, double{each[clock]["min"]});
    }
  }
  EXPECT_THAT(names, testing::Contains(testing::StartsWith("hand")));
  EXPECT_THAT(names, testing::Contains(testing::StartsWith("weir")));
}

TEST(WeirBenchTest, AnswersQueriesAsTheirSlowReferencesDo) {
  const auto [exit_code, out] = weir_bench(
      "run nexmark_q0 nexmark_q1 nexmark_q2 nexmark_q3 nexmark_q4 nexmark_q5 nexmark_q7 nexmark_q8 "
      "nexmark_q9 nexmark_q11 nexmark_q12 nexmark_q18 nexmark_q19 nexmark_q20 sessions joins "
      "--scale 0.02 --rounds 1");
  EXPECT_EQ(exit_code, 0) << out;
}

TEST(WeirBenchTest, WritesTheReportToTheNamedFile) {
  const auto path = std::filesystem::temp_directory_path()
                    / ("weir_bench_test-" + std::to_string(getpid()) + ".json");
  EXPECT_EQ(weir_bench("run rows --scale 0.0001 --rounds 1 --json " + path.string()).exit_code, 0);
  simdjson::dom::parser parser;
  simdjson::dom::element report;
  EXPECT_EQ(parser.load(path.string()).get(report), simdjson::SUCCESS);
  std::filesystem::remove(path);
}

TEST(WeirBenchTest, RefusesAnUnknownWorkloadAsWrongUsage) {
  EXPECT_EQ(weir_bench("run doors").exit_code, 2);
  EXPECT_EQ(weir_bench("run --rounds 0").exit_code, 2);
  EXPECT_EQ(weir_bench("").exit_code, 2);
}

} // namespace
