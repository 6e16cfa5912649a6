// SPDX-License-Identifier: Apache-2.0

#include <weir/dsl/conduct.hpp>
#include <weir/dsl/help.hpp>

#include <gmock/gmock.h>

namespace weir {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

environment empty_environment() {
  return [](const std::string&) { return std::nullopt; };
}

TEST(ConductTest, ReadsHowLongToRun) {
  job_options options;
  EXPECT_TRUE(parse_until("30s", options));
  EXPECT_EQ(options.until_time, 30s);
  EXPECT_EQ(options.until_rows, std::nullopt);
  EXPECT_TRUE(parse_until("1000 rows", options));
  EXPECT_EQ(options.until_rows, 1000U);
  options = {};
  EXPECT_TRUE(parse_until("5 s", options));
  EXPECT_EQ(options.until_time, 5s);
  EXPECT_TRUE(parse_until("7", options));
  EXPECT_EQ(options.until_rows, 7U);
  for (const auto* wrong : {"", "soon", "0", "-5", "0s", "10 apples", "1 0s"})
    EXPECT_FALSE(parse_until(wrong, options)) << wrong;
}

TEST(ConductTest, ReadsTheFlagsOfEveryProgram) {
  config told{{"--explain=analyze", "--json", "--max-reject-ratio", "0.5", "--commit-every",
               "100ms", "--refit-every", "2s"},
              empty_environment()};
  const auto made = declare_conduct(told);
  EXPECT_EQ(made.explain, explain_mode::analyze);
  EXPECT_TRUE(made.json);
  EXPECT_EQ(made.job.max_reject_ratio, 0.5);
  EXPECT_EQ(made.job.commit_every, 100ms);
  EXPECT_EQ(told.problem(), std::nullopt);
}

TEST(ConductTest, RefusesWhatMakesNoSense) {
  for (const auto& [flag, value, sentence] :
       std::vector<std::tuple<std::string, std::string, std::string>>{
           {"--max-reject-ratio", "2", "between 0 and 1"},
           {"--commit-every", "0s", "at least 1ms"},
           {"--refit-every", "-1s", "at least 1ms"},
           {"--until", "soon", "neither a time"},
           {"--color", "alwyas", "did you mean 'always'?"}}) {
    config told{{flag, value}, empty_environment()};
    static_cast<void>(declare_conduct(told));
    ASSERT_TRUE(told.problem());
    EXPECT_THAT(told.problem()->message, HasSubstr(sentence));
    EXPECT_EQ(exit_code_of(told.problem()->code), 2);
  }
}

TEST(ConductTest, HintsAtTheEqualsSignOfExplain) {
  config told{{"--explain", "analyze"}, empty_environment()};
  static_cast<void>(declare_conduct(told));
  ASSERT_TRUE(told.problem());
  EXPECT_EQ(told.problem()->message, "unexpected 'analyze'; did you mean '--explain=analyze'?");
}

TEST(HelpTest, ListsFlagsSettingsAndExamples) {
  config told{{"--seed", "5"}, empty_environment()};
  static_cast<void>(declare_conduct(told));
  static_cast<void>(told.flag<int>("seed", 1, "which rows are held out"));
  const auto text =
      help_text({"fares", "learns fares", "", {{"--seed 2", "another split"}}}, told.known());
  EXPECT_THAT(text, HasSubstr("fares: learns fares"));
  EXPECT_THAT(text, HasSubstr("--seed N  which rows are held out (default 1)"));
  EXPECT_THAT(text, HasSubstr("--max-reject-ratio"));
  EXPECT_THAT(text, HasSubstr("  fares --seed 2 "));
  EXPECT_THAT(text, HasSubstr("--set KEY=VALUE..."));
  EXPECT_THAT(text, HasSubstr("--color auto|always|never"));
  EXPECT_THAT(text, HasSubstr("--explain[=plan|analyze|no]"));
  EXPECT_THAT(text, HasSubstr("(WEIR_SEED for --seed)"));
  EXPECT_THAT(config_text(told.known()), HasSubstr("5"));
}

TEST(HelpTest, TellsDefaultsOfOptionsEvenIfFalseAndOfFlagsThatSaySomething) {
  const std::vector<known_setting> known{
      {.key = "csv.crlf",
       .value = {},
       .where = {},
       .fallback = "false",
       .help = "bool",
       .is_option = true},
      {.key = "json", .value = {}, .where = {}, .fallback = "false", .help = "one object"}};
  const auto text = help_text({"fares", "", "", {}}, known);
  EXPECT_THAT(text, HasSubstr("csv.crlf  bool (default false)"));
  EXPECT_THAT(text, HasSubstr("--json  one object\n"));
}

TEST(HelpTest, ExplainsALongExampleOnALineOfItsOwn) {
  const std::string words = "--history " + std::string(60, 'x');
  const auto text = help_text({"fares", "", "", {{words, "all of it"}}}, {});
  EXPECT_THAT(text, HasSubstr("  fares " + words + "\n" + std::string(48, ' ') + "all of it\n"));
}

} // namespace
} // namespace weir
