// SPDX-License-Identifier: Apache-2.0

#include <weir/dsl/variables.hpp>

#include <gmock/gmock.h>

#include <cstdlib>

namespace weir {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

std::vector<known_setting> known() {
  return {{.key = "seed", .value = {}, .where = {}, .fallback = {}, .help = {}},
          {.key = "fare.holdout",
           .value = {},
           .where = {},
           .fallback = {},
           .help = {},
           .is_option = true},
          {.key = "out.token",
           .value = {},
           .where = {},
           .fallback = {},
           .help = "WEIR_SEEDS, or the path of its file in WEIR_SEEDS_FILE",
           .is_secret = true}};
}

TEST(VariablesTest, SuggestsWhatAMisspeltVariableMayMean) {
  EXPECT_THAT(misspelt_variables(known(), {"WEIR_SEEED", "WEIR_FARE_HOLDUOT", "WEIR_HOLDOT"}),
              ElementsAre("WEIR_SEEED is the variable of no setting; did you mean 'WEIR_SEED'?",
                          "WEIR_FARE_HOLDUOT is the variable of no setting; did you mean "
                          "'WEIR_FARE_HOLDOUT'?",
                          "WEIR_HOLDOT is the variable of no setting; did you mean "
                          "'WEIR_HOLDOUT'?"));
}

TEST(VariablesTest, LeavesNamesThatOthersMayOwn) {
  EXPECT_THAT(misspelt_variables(known(), {"WEIR_SEED", "WEIR_HOLDOUT", "WEIR_FARE_HOLDOUT",
                                           "WEIR_DATA", "WEIR_KAFKA", "WEIR_SEEDS", "SEEED"}),
              IsEmpty());
}

TEST(VariablesTest, ReadsTheNamesOfTheProcess) {
  ::setenv("WEIR_TEST_VARIABLE", "a=b", 1);
  EXPECT_THAT(process_variables(), Contains("WEIR_TEST_VARIABLE"));
}

} // namespace
} // namespace weir
