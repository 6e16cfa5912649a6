// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/running_merges.hpp>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace weir::test {
namespace {

using namespace std::chrono_literals;

/// Keeps the order of what it merges, and counts how often it does.
struct in_order {
  std::string create() const { return {}; }
  void merge(std::string& text, const std::string& later) const {
    text += later;
    ++*merges;
  }
  std::string result(const std::string& text) const { return text; }

  std::size_t* merges;
};

timestamp at(int second) { return timestamp{std::chrono::seconds{second}}; }

/// Slices of a second, and windows over them.
class merged_windows {
public:
  explicit merged_windows(int size)
      : size_{size}, slices_{sliding(std::chrono::seconds{size}, 1s)} {}

  void add(int second, int key, char what) {
    auto* slice = slices_.find(at(second));
    if (slice == nullptr) slice = &slices_.add(at(second));
    slice->states.at(key_hash(key), key, [] { return std::string{}; }) += what;
    running_.add_late(at(second), key_hash(key), key);
  }
  std::vector<std::pair<int, std::string>> move_to(int start) {
    running_.move_to(at(start), at(start + size_), slices_);
    std::vector<std::pair<int, std::string>> all;
    for (std::size_t i = 0; i < running_.size(); ++i)
      running_.merged(i, [&](int key, const std::string& text) { all.emplace_back(key, text); });
    return all;
  }
  /// The slow way: all slices of the window again.
  std::vector<std::pair<int, std::string>> by_hand(int start) {
    std::vector<std::pair<int, std::string>> all;
    for (std::size_t i = 0; i < slices_.size(); ++i) {
      if (slices_[i].start < at(start) || slices_[i].start >= at(start + size_)) continue;
      for (const auto& [key, text] : slices_[i].states) {
        const auto known =
            std::ranges::find(all, key, [](const auto& entry) { return entry.first; });
        if (known == all.end())
          all.emplace_back(key, text);
        else
          known->second += text;
      }
    }
    return all;
  }
  void drop_before(int second) {
    while (!slices_.empty() && slices_[0].start < at(second)) slices_.drop_front();
  }
  std::size_t merges() { return std::exchange(merges_, 0); }
  std::size_t bytes() const { return running_.bytes(); }

private:
  int size_;
  std::size_t merges_ = 0;
  in_order aggregation_{&merges_};
  running_merges<int, in_order>::slices slices_;
  running_merges<int, in_order> running_{aggregation_};
};

RC_GTEST_PROP(RunningMergesTest, AreWhatMergingAllSlicesInOrderGives, ()) {
  const int size = *rc::gen::inRange(1, 12);
  merged_windows windows{size};
  int start = 0;
  char what = 'a';
  for (const auto steps = *rc::gen::inRange(0, 60); start < steps;) {
    // New rows, and rows that come late for a slice that is merged already.
    for (auto rows = *rc::gen::inRange(0, 6); rows > 0; --rows)
      windows.add(*rc::gen::inRange(start, start + size + 3), *rc::gen::inRange(0, 5),
                  what = what == 'z' ? 'a' : static_cast<char>(what + 1));
    RC_ASSERT(windows.move_to(start) == windows.by_hand(start));
    start += *rc::gen::element(1, 1, 1, 2, size, 2 * size);
    windows.drop_before(start);
  }
}

TEST(RunningMergesTest, MergeThreeTimesASliceHoweverManyAWindowHas) {
  constexpr int keys = 10;
  for (const int size : {10, 100, 1000}) {
    merged_windows windows{size};
    for (int second = 0; second < 4 * size; ++second) {
      for (int key = 0; key < keys; ++key) windows.add(second, key, 'x');
      if (second >= size) windows.move_to(second - size);
    }
    const auto results = static_cast<std::size_t>(3 * size * keys);
    EXPECT_LE(windows.merges(), 3 * results) << size;
  }
}

TEST(RunningMergesTest, ForgetKeysThatHaveLeftTheWindow) {
  merged_windows windows{5};
  std::size_t most = 0;
  for (int second = 0; second < 10'000; ++second) {
    windows.add(second, second, 'x'); // a key of its own
    if (second < 5) continue;
    ASSERT_EQ(windows.move_to(second - 5).size(), 5U);
    windows.drop_before(second - 4);
    if (second == 100) most = windows.bytes();
  }
  EXPECT_LE(windows.bytes(), most);
}

TEST(RunningMergesTest, MergeAgainOnlyTheKeyALateRowIsOf) {
  merged_windows windows{100};
  for (int second = 0; second < 100; ++second)
    for (int key = 0; key < 50; ++key) windows.add(second, key, 'x');
  windows.move_to(0);
  windows.move_to(1);
  windows.merges();
  windows.add(50, 7, 'y');
  windows.move_to(2);
  EXPECT_LE(windows.merges(), 2 * 50U + 100U);
}

} // namespace
} // namespace weir::test
