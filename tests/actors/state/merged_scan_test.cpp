// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/state/merged_scan.hpp>
#include <weir/tests/support/map_backend.hpp>

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

namespace weir::test {
namespace {

using testing::map_backend;
using texts = std::vector<std::string>;

texts walked(state_backend& backend, texts prefixes, std::size_t tail, std::size_t bytes) {
  merged_scan scan{backend, std::move(prefixes), tail, bytes};
  texts all;
  auto more = scan.next();
  for (; more && *more; more = scan.next())
    all.push_back(std::string{scan.key()} + "=" + std::string{scan.value()});
  EXPECT_TRUE(more);
  return all;
}

TEST(MergedScanTest, GivesTheEntriesOfAllRangesInOrder) {
  const auto seen = std::make_shared<map_backend::record>();
  map_backend backend{seen};
  for (const auto* const key : {"0a1", "0a2", "0c1", "1a1", "1b1", "2a0", "3"})
    seen->content[key] = key[0];
  EXPECT_EQ(walked(backend, {"0", "1"}, 1, 100), (texts{"a=0", "a=0", "a=1", "b=1", "c=0"}));
  EXPECT_EQ(walked(backend, {"1", "0"}, 1, 100), (texts{"a=1", "a=0", "a=0", "b=1", "c=0"}))
      << "the range that is told first comes first";
  EXPECT_EQ(walked(backend, {"0", "1"}, 0, 100), (texts{"a1=0", "a1=1", "a2=0", "b1=1", "c1=0"}));
  EXPECT_EQ(walked(backend, {"00", "4"}, 0, 100), texts{});
  EXPECT_EQ(walked(backend, {}, 0, 100), texts{});
}

TEST(MergedScanTest, SaysWhenABackendFails) {
  const auto seen = std::make_shared<map_backend::record>();
  map_backend backend{seen};
  for (const auto* const key : {"0a", "0b", "0c"}) seen->content[key] = "value";
  merged_scan scan{backend, {"0"}, 0, 1};
  ASSERT_TRUE(*scan.next());
  seen->fails = true;
  const auto more = scan.next();
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().message, "no space left on '/data'");
}

RC_GTEST_PROP(MergedScanTest, GivesWhatSortingGives, ()) {
  const auto seen = std::make_shared<map_backend::record>();
  map_backend backend{seen};
  std::vector<std::tuple<std::string, int, std::string>> expected; // key, range, tail
  for (const auto& [range, key, tail] : *rc::gen::container<std::vector<std::tuple<int, int, int>>>(
           rc::gen::tuple(rc::gen::inRange(0, 5), rc::gen::inRange(0, 12), rc::gen::inRange(0, 9))))
    seen->content["r" + std::to_string(range) + std::to_string(key + 10) + std::to_string(tail)] =
        std::string(static_cast<std::size_t>(key % 5), 'v');
  texts prefixes;
  for (int range = 0; range < 5; ++range) prefixes.push_back("r" + std::to_string(range));
  for (const auto& [key, _] : seen->content)
    expected.emplace_back(key.substr(2, 2), key[1], key.substr(4));
  std::ranges::sort(expected);
  texts keys;
  for (const auto& [key, range, tail] : expected)
    keys.push_back(key + "="
                   + seen->content["r" + std::string(1, static_cast<char>(range)) + key + tail]);
  RC_ASSERT(walked(backend, prefixes, 1, *rc::gen::element<std::size_t>(1, 7, 20, 1000)) == keys);
}

} // namespace
} // namespace weir::test
