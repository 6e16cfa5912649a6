// SPDX-License-Identifier: Apache-2.0

#include <weir/dsl/config.hpp>
#include <weir/tests/dsl/pieces.hpp>

#include <gmock/gmock.h>

#include <cstdio>
#include <fstream>
#include <map>

namespace weir {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;
using strings = std::vector<std::string>;

environment environment_of(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](const std::string& name) -> std::optional<std::string> {
    const auto at = variables.find(name);
    return at == variables.end() ? std::nullopt : std::optional{at->second};
  };
}

/// A config file that is gone at the end of the test.
class config_file {
public:
  explicit config_file(const std::string& text)
      : path_{testing::TempDir() + "weir_config_test_"
              + testing::UnitTest::GetInstance()->current_test_info()->name() + ".toml"} {
    std::ofstream{path_} << text;
  }
  ~config_file() { std::remove(path_.c_str()); }
  const std::string& path() const { return path_; }

private:
  std::string path_;
};

config told_by(strings words, std::map<std::string, std::string> variables = {}) {
  return config{std::move(words), environment_of(std::move(variables))};
}

std::string problem_of(const config& told) {
  const auto problem = told.problem();
  return problem ? std::string{name_of(problem->code)} + ": " + problem->message : "";
}

std::string where_of(const config& told, const std::string& key) {
  for (const auto& each : told.known())
    if (each.key == key) return each.where;
  return "nowhere";
}

TEST(ConfigTest, AnswersFlagsOfAllTypes) {
  auto told = told_by({"--name", "x", "--count", "-3", "--ratio=0.5", "--fast", "--every", "2s",
                       "--files", "a", "b"});
  EXPECT_EQ(told.flag<std::string>("name", "", "h"), "x");
  EXPECT_EQ(told.flag<int>("count", 1, "h"), -3);
  EXPECT_EQ(told.flag<double>("ratio", 1, "h"), 0.5);
  EXPECT_TRUE(told.flag<bool>("fast", false, "h"));
  EXPECT_EQ(told.flag<std::chrono::seconds>("every", 1s, "h"), 2s);
  EXPECT_THAT(told.flag<strings>("files", {}, "h"), ElementsAre("a", "b"));
  EXPECT_EQ(problem_of(told), "");
}

TEST(ConfigTest, PutsFlagsOverSetOverEnvironmentOverFileOverDefault) {
  config_file file{"a = 1\nb = 1\nc = 1\nd = 1\n"};
  auto told = told_by({"--config", file.path(), "--a", "4", "--set", "a=3", "b=3"},
                      {{"WEIR_A", "2"}, {"WEIR_B", "2"}, {"WEIR_C", "2"}});
  EXPECT_EQ(told.flag<int>("a", 0, "h"), 4);
  EXPECT_EQ(told.flag<int>("b", 0, "h"), 3);
  EXPECT_EQ(told.flag<int>("c", 0, "h"), 2);
  EXPECT_EQ(told.flag<int>("d", 0, "h"), 1);
  EXPECT_EQ(told.flag<int>("e", 0, "h"), 0);
  EXPECT_EQ(where_of(told, "a"), "--a");
  EXPECT_EQ(where_of(told, "b"), "--set");
  EXPECT_EQ(where_of(told, "c"), "WEIR_C");
  EXPECT_EQ(where_of(told, "d"), file.path() + ":4");
  EXPECT_EQ(where_of(told, "e"), "default");
  EXPECT_EQ(problem_of(told), "");
}

TEST(ConfigTest, ReadsListsFromFileAndEnvironment) {
  config_file file{"files = [\"a b\", \"c\"]\n"};
  auto told = told_by({"--config", file.path()}, {{"WEIR_MORE", "x y"}});
  EXPECT_THAT(told.flag<strings>("files", {}, "h"), ElementsAre("a b", "c"));
  EXPECT_THAT(told.flag<strings>("more", {}, "h"), ElementsAre("x", "y"));
}

TEST(ConfigTest, SuggestsWhatAnUnknownFlagMayMean) {
  auto told = told_by({"--hsitory", "x.csv"});
  static_cast<void>(told.flag<std::string>("history", "", "h"));
  EXPECT_EQ(problem_of(told), "usage: unknown flag --hsitory; did you mean '--history'?");
}

TEST(ConfigTest, RefusesAStrayWord) {
  auto told = told_by({"x.csv"});
  EXPECT_THAT(problem_of(told), HasSubstr("unexpected 'x.csv'"));
}

TEST(ConfigTest, RefusesAValueOfTheWrongKind) {
  auto told = told_by({"--seed", "abc"});
  EXPECT_EQ(told.flag<int>("seed", 7, "h"), 7);
  EXPECT_THAT(problem_of(told), HasSubstr("usage: --seed: 'abc' is not a whole number"));
  auto missing = told_by({"--seed"});
  EXPECT_EQ(missing.flag<int>("seed", 7, "h"), 7);
  EXPECT_THAT(problem_of(missing), HasSubstr("its value is missing"));
  auto large = told_by({"--small", "300"});
  EXPECT_EQ(large.flag<std::int8_t>("small", 7, "h"), 7);
  EXPECT_THAT(problem_of(large), HasSubstr("'300' is not a"));
}

TEST(ConfigTest, TakesOneOfAFewWordsAndNoOther) {
  auto told = told_by({"--show", "sum"}, {{"WEIR_MORE", "summ"}});
  EXPECT_EQ(told.choice("show", {"sum", "mean"}, "mean", "h"), "sum");
  EXPECT_EQ(problem_of(told), "");
  EXPECT_EQ(told.choice("more", {"sum", "mean"}, "mean", "h"), "mean");
  EXPECT_EQ(problem_of(told),
            "config: more (WEIR_MORE): 'summ' is none of sum, mean; did you mean 'sum'?");
  auto missing = told_by({"--show"});
  EXPECT_EQ(missing.choice("show", {"sum", "mean"}, "mean", "h"), "mean");
  EXPECT_EQ(problem_of(missing), "usage: --show: its value is missing: say one of sum, mean");
}

TEST(ConfigTest, RefusesUnknownKeysOfTheFile) {
  config_file file{"histroy = \"x\"\n"};
  auto told = told_by({"--config", file.path()});
  static_cast<void>(told.flag<std::string>("history", "", "h"));
  EXPECT_THAT(problem_of(told), HasSubstr(file.path()
                                          + ":1: unknown key 'histroy'; did you mean 'history'? "
                                            "--show-config lists all keys"));
}

TEST(ConfigTest, NamesFileAndLineOfBrokenToml) {
  config_file file{"a = 1\nb = = 2\n"};
  EXPECT_THAT(problem_of(told_by({"--config", file.path()})), HasSubstr(file.path() + ":2:"));
  EXPECT_THAT(problem_of(told_by({"--config", "/nowhere/x.toml"})),
              HasSubstr("config: cannot read the config file '/nowhere/x.toml'"));
  const auto directory = read_config_file("/tmp");
  ASSERT_FALSE(directory);
  EXPECT_THAT(directory.error().message, HasSubstr("it is a directory"));
}

TEST(ConfigTest, RefusesASetWithoutValue) {
  EXPECT_THAT(problem_of(told_by({"--set", "seed"})), HasSubstr("--set key=value"));
}

class ConfigOptionsTest : public testing::Test {
protected:
  graph::keyed_options option(const std::string& key) { return {key, make_options_ref(step_)}; }

  std::shared_ptr<pieces::step_options> step_ = std::make_shared<pieces::step_options>();
};

TEST_F(ConfigOptionsTest, ReachesOptionsOfOperators) {
  config_file file{"[step]\nword = \"file\"\nsize = 9\n"};
  auto told = told_by({"--set", "step.size=5", "--config", file.path()});
  told.apply({option("step")});
  EXPECT_EQ(problem_of(told), "");
  EXPECT_EQ(step_->size, 5);
  EXPECT_EQ(step_->word, "file");
  EXPECT_EQ(where_of(told, "step.word"), file.path() + ":2");
}

TEST_F(ConfigOptionsTest, ReachesOptionsByTheEnvironment) {
  auto told = told_by({}, {{"WEIR_MY_STEP_SIZE", "4"}});
  told.apply({option("my-step")});
  EXPECT_EQ(step_->size, 4);
}

TEST_F(ConfigOptionsTest, TakesAnOptionsNameAloneWhereItIsTheOnlyOne) {
  auto told = told_by({"--set", "size=5"});
  told.apply({option("step")});
  EXPECT_EQ(step_->size, 5);
  EXPECT_EQ(problem_of(told), "");

  auto two = told_by({"--set", "size=6"});
  two.apply({option("step"), option("step-2")});
  EXPECT_EQ(step_->size, 5);
  EXPECT_THAT(problem_of(two),
              HasSubstr("unknown key 'size'; did you mean 'step.size' or 'step-2.size'?"));
}

TEST_F(ConfigOptionsTest, PrefersTheEarlierPlaceHoweverTheOptionIsCalledThere) {
  auto told = told_by({"--set", "size=5"}, {{"WEIR_STEP_SIZE", "6"}});
  told.apply({option("step")});
  EXPECT_EQ(step_->size, 5);
  EXPECT_EQ(problem_of(told), "");

  auto shorter = told_by({}, {{"WEIR_SIZE", "7"}});
  shorter.apply({option("step")});
  EXPECT_EQ(step_->size, 7);
}

TEST_F(ConfigOptionsTest, TakesAFlagThatTheOptionWasMadeOfForTheOption) {
  auto told = told_by({"--size", "6"}, {{"WEIR_STEP_SIZE", "5"}});
  step_->size = told.flag<int>("size", 1, "h");
  told.apply({option("step")});
  EXPECT_EQ(step_->size, 6);
  EXPECT_EQ(where_of(told, "step.size"), "--size");

  auto unsaid = told_by({}, {{"WEIR_STEP_SIZE", "5"}});
  step_->size = unsaid.flag<int>("size", 1, "h");
  unsaid.apply({option("step")});
  EXPECT_EQ(step_->size, 5);
}

TEST_F(ConfigOptionsTest, LeavesAFlagItsName) {
  auto told = told_by({"--set", "size=6"});
  EXPECT_EQ(told.flag<int>("size", 1, "h"), 6);
  told.apply({option("step")});
  EXPECT_EQ(step_->size, 1);
}

TEST_F(ConfigOptionsTest, SuggestsWhatAnUnknownKeyMayMean) {
  auto told = told_by({"--set", "step.sice=5"});
  told.apply({option("step")});
  EXPECT_THAT(problem_of(told),
              HasSubstr("config: --set: unknown key 'step.sice'; did you mean 'step.size'?"));
}

TEST_F(ConfigOptionsTest, TakesNoSecretFromFlagOrFile) {
  auto with_secret = option("step");
  with_secret.options.secrets = {{"token", secret{"WEIR_TEST_TOKEN"}}};
  config_file file{"[step]\ntoken = \"hunter2\"\n"};
  for (const auto& words : {strings{"--set", "step.token=hunter2"}, {"--config", file.path()}}) {
    auto told = told_by(words);
    told.apply({with_secret});
    EXPECT_THAT(problem_of(told), HasSubstr("'step.token' is a secret and is not told here: use "
                                            "the environment, WEIR_TEST_TOKEN"));
    EXPECT_THAT(problem_of(told), Not(HasSubstr("hunter2")));
    EXPECT_EQ(where_of(told, "step.token"), "not set");
  }
}

TEST(ConfigTest, ShowsNoValueThatSoundsSecret) {
  auto told =
      told_by({"--password", "hunter2", "--properties", "a.user=me;a.password=hunter2;b=c"});
  static_cast<void>(told.flag<std::string>("password", "", "h"));
  static_cast<void>(told.flag<std::string>("properties", "", "h"));
  EXPECT_EQ(told.known()[1].value, "****");
  EXPECT_EQ(told.known()[2].value, "a.user=me;a.password=****;b=c");
}

TEST_F(ConfigOptionsTest, RefusesAValueOfTheWrongKind) {
  auto told = told_by({"--set", "step.size=big"});
  told.apply({option("step")});
  EXPECT_THAT(problem_of(told), HasSubstr("step.size (--set): 'big' is not a whole number"));
}

} // namespace
} // namespace weir
