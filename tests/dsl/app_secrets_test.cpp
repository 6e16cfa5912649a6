// SPDX-License-Identifier: Apache-2.0
//
// What a program shows of its secrets: never what they are.

#include <weir/dsl/pipeline.hpp>
#include <weir/tests/dsl/pieces.hpp>
#include <weir/tests/dsl/program_run.hpp>

#include <gmock/gmock.h>

#include <cstdlib>
#include <memory>
#include <string>

namespace weir {
namespace {

using namespace pieces;
using testing::HasSubstr;
using testing::Not;

struct locked_options {
  std::string place = "vault";
  secret key{"WEIR_TEST_APP_KEY"};
};
BOOST_DESCRIBE_STRUCT(locked_options, (), (place))

/// Opens with a secret, and blurts it out when it fails.
class locked_sink {
public:
  using row = int;
  static constexpr auto blurt = [](const std::string& key) {
    return error{errc::cannot_connect, "the vault refuses '" + key + "'"};
  };

  std::string describe() const { return "locked"; }
  options_ref options() const { return make_options_ref(options_, {{"key", options_->key}}); }
  result<std::unique_ptr<any_sink>> make() const {
    auto key = options_->key.read();
    if (!key) return std::move(key).error();
    return blurt(*key);
  }

private:
  std::shared_ptr<locked_options> options_ = std::make_shared<locked_options>();
};

void locked_rows(app& program) { program.from(numbers()) | to(locked_sink{}); }

TEST(AppSecretsTest, NamesSecretsWithoutReadingThem) {
  ::setenv("WEIR_TEST_APP_KEY_FILE", "/nowhere", 1);
  const auto shown = run_program({"--show-config"}, locked_rows);
  EXPECT_EQ(shown.code, 0);
  EXPECT_THAT(shown.out,
              testing::ContainsRegex("locked.key +[*][*][*][*] +WEIR_TEST_APP_KEY_FILE"));
  EXPECT_THAT(run_program({"--help"}, locked_rows).out,
              HasSubstr("locked.key  WEIR_TEST_APP_KEY, or the path of its file in "
                        "WEIR_TEST_APP_KEY_FILE"));
  EXPECT_EQ(run_program({"--explain"}, locked_rows).code, 0);
  ::unsetenv("WEIR_TEST_APP_KEY_FILE");
}

TEST(AppSecretsTest, NeedsItsSecretsWhenItStarts) {
  const auto found = run_program({}, locked_rows);
  EXPECT_EQ(found.code, 3);
  EXPECT_THAT(found.talk, HasSubstr("the secret WEIR_TEST_APP_KEY is not set"));
  EXPECT_EQ(run_program({"--set", "locked.key=hunter2"}, locked_rows).code, 3);
}

TEST(AppSecretsTest, MasksASecretThatAnErrorBlurtsOut) {
  ::setenv("WEIR_TEST_APP_KEY", "hunter2", 1);
  const auto found = run_program({"--json"}, locked_rows);
  EXPECT_EQ(found.code, 4);
  EXPECT_EQ(found.talk, "test: locked: the vault refuses '****'\n");
  EXPECT_THAT(found.out, Not(HasSubstr("hunter2")));

  app part{"test"};
  locked_rows(part);
  const auto refused = part.start();
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, Not(HasSubstr("hunter2")));
  ::unsetenv("WEIR_TEST_APP_KEY");
}

TEST(AppSecretsTest, ShowsNoSecretInTheSummarysError) {
  ::setenv("WEIR_TEST_TOKEN", "a\"b\\c", 1); // spelt otherwise in JSON
  const auto found = run_program({"--json"}, [](app& program) {
    program.from([]() -> result<std::unique_ptr<source<int>>> {
      return error{errc::damaged, "cannot read by " + *secret{"WEIR_TEST_TOKEN"}.read()};
    }) | to(discard{});
  });
  ::unsetenv("WEIR_TEST_TOKEN");
  EXPECT_EQ(found.code, 5);
  EXPECT_THAT(found.out, HasSubstr("cannot read by ****\""));
}

} // namespace
} // namespace weir
