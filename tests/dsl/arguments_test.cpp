// SPDX-License-Identifier: Apache-2.0

#include <weir/dsl/arguments.hpp>

#include <gmock/gmock.h>

namespace weir {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;

TEST(ArgumentsTest, GivesAFlagItsWords) {
  arguments words{{"--a", "1", "--many", "x", "-5", "--b=2", "--many", "y"}};
  EXPECT_THAT(words.take("a", arity::one), Optional(ElementsAre("1")));
  EXPECT_THAT(words.take("b", arity::one), Optional(ElementsAre("2")));
  EXPECT_THAT(words.take("many", arity::many), Optional(ElementsAre("x", "-5", "y")));
  EXPECT_THAT(words.take("other", arity::one), testing::Eq(std::nullopt));
  EXPECT_THAT(words.left_over(), IsEmpty());
}

TEST(ArgumentsTest, TakesAFlagWithoutWordsAsTrue) {
  arguments words{{"--json", "--no-color", "--explain=analyze", "left"}};
  EXPECT_THAT(words.take("json", arity::none), Optional(ElementsAre("true")));
  EXPECT_THAT(words.take("color", arity::none), Optional(ElementsAre("false")));
  EXPECT_THAT(words.take("explain", arity::none), Optional(ElementsAre("analyze")));
  EXPECT_THAT(words.left_over(), ElementsAre("left"));
}

TEST(ArgumentsTest, TakesTheLastOfOneThatIsGivenTwice) {
  arguments words{{"--seed", "1", "--seed=2"}};
  EXPECT_THAT(words.take("seed", arity::one), Optional(ElementsAre("2")));
  EXPECT_THAT(words.left_over(), IsEmpty());
}

TEST(ArgumentsTest, TellsThatAValueIsMissing) {
  arguments words{{"--seed", "--json"}};
  EXPECT_THAT(words.take("seed", arity::one), Optional(IsEmpty()));
  EXPECT_THAT(words.left_over(), ElementsAre("--json"));
}

} // namespace
} // namespace weir
