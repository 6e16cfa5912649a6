// SPDX-License-Identifier: Apache-2.0

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
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

const std::vector<std::string> all_workloads = {
    "csv", "hdf5", "latency", "learn", "memory", "operators", "ridge", "rows", "serve", "startup"};

TEST(WeirBenchTest, ListNamesEveryWorkloadWithABaselineAndWeir) {
  const auto [exit_code, out] = weir_bench("list");
  EXPECT_EQ(exit_code, 0);
  const auto lines = "\n" + out;
  for (std::size_t i = 0; i < all_workloads.size(); ++i) {
    const auto begin = lines.find("\n" + all_workloads[i] + " ");
    ASSERT_NE(begin, std::string::npos) << all_workloads[i];
    const auto end =
        i + 1 < all_workloads.size() ? lines.find("\n" + all_workloads[i + 1] + " ") : lines.size();
    const auto entry = lines.substr(begin, end - begin);
    EXPECT_THAT(entry, testing::HasSubstr("  hand")) << all_workloads[i];
    EXPECT_THAT(entry, testing::HasSubstr("  weir")) << all_workloads[i];
  }
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
