// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/secret.hpp>

#include <gmock/gmock.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace weir {
namespace {

using testing::HasSubstr;
using testing::Not;

/// Environment and file of one test, gone at its end.
class SecretTest : public testing::Test {
protected:
  ~SecretTest() override {
    ::unsetenv("WEIR_TEST_KEY");
    ::unsetenv("WEIR_TEST_KEY_FILE");
    std::remove(path_.c_str());
  }
  void set(const std::string& text) { ::setenv("WEIR_TEST_KEY", text.c_str(), 1); }
  void set_file(const std::string& text) {
    std::ofstream{path_} << text;
    ::setenv("WEIR_TEST_KEY_FILE", path_.c_str(), 1);
  }
  std::string problem() const {
    const auto text = key_.read();
    EXPECT_FALSE(text);
    EXPECT_EQ(text.error().code, errc::config);
    return text.error().message;
  }

  const secret key_{"WEIR_TEST_KEY"};
  const std::string path_ = testing::TempDir() + "weir_secret_test_"
                            + testing::UnitTest::GetInstance()->current_test_info()->name();
};

TEST_F(SecretTest, ComesFromTheEnvironment) {
  set("open sesame");
  EXPECT_EQ(key_.where(), "WEIR_TEST_KEY");
  EXPECT_EQ(*key_.read(), "open sesame");
}

TEST_F(SecretTest, ComesFromAFileWithoutItsLineBreak) {
  set_file(" two words \r\n");
  EXPECT_EQ(key_.where(), "WEIR_TEST_KEY_FILE");
  EXPECT_EQ(*key_.read(), " two words ");
  set_file("a\nb\n");
  EXPECT_EQ(*key_.read(), "a\nb");
}

TEST_F(SecretTest, SaysHowToSetIt) {
  EXPECT_EQ(key_.where(), std::nullopt);
  EXPECT_EQ(problem(), "the secret WEIR_TEST_KEY is not set: put it into the environment variable "
                       "WEIR_TEST_KEY, or the path of a file that holds it into "
                       "WEIR_TEST_KEY_FILE");
}

TEST_F(SecretTest, RefusesWhatCannotBeMeant) {
  set("");
  EXPECT_THAT(problem(), HasSubstr("is empty: look at WEIR_TEST_KEY"));
  set("abc");
  set_file("def");
  EXPECT_THAT(problem(), HasSubstr("set twice"));
  ::unsetenv("WEIR_TEST_KEY");
  set_file("\n");
  EXPECT_THAT(problem(), HasSubstr("is empty: look at WEIR_TEST_KEY_FILE"));
  set_file(std::string(70'000, 'x'));
  EXPECT_THAT(problem(), HasSubstr("larger than 64 KiB"));
  for (const auto* place : {"/nowhere/key", "/"}) {
    ::setenv("WEIR_TEST_KEY_FILE", place, 1);
    EXPECT_THAT(problem(), HasSubstr("cannot read the secret's file '" + std::string{place} + "'"));
  }
}

TEST_F(SecretTest, IsMaskedOnceItWasRead) {
  set("hunter2");
  ASSERT_TRUE(key_.read());
  set("hunter2-and-more");
  ASSERT_TRUE(key_.read());
  EXPECT_EQ(without_secrets("hunter2, hunter2-and-more: refused hunter2"),
            "****, ****: refused ****");
  EXPECT_EQ(without_secrets("nothing here"), "nothing here");
}

TEST_F(SecretTest, ReadsNothingBeforeItIsAsked) {
  ::setenv("WEIR_TEST_KEY_FILE", "/nowhere/key", 1);
  EXPECT_EQ(secret{"WEIR_TEST_KEY"}.where(), "WEIR_TEST_KEY_FILE");
}

} // namespace
} // namespace weir
