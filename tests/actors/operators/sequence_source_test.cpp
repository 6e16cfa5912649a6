// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/sequence_source.hpp>
#include <weir/io/memory_source.hpp>
#include <weir/tests/support/source_contract.hpp>

#include <gmock/gmock.h>

namespace weir {
namespace {

using ::testing::ElementsAre;

/// Writes down what it is asked, and ends at its first poll.
class diary final : public source<int> {
public:
  diary(std::string name, std::vector<std::string>& lines)
      : name_{std::move(name)}, lines_{&lines} {}
  ~diary() override { note("gone"); }

  result<void> open(source_context) override {
    note("open");
    if (name_ == "broken") return error{errc::cannot_connect, "no broker"};
    return {};
  }
  result<poll_state> poll(credit, poll_out<int>) override {
    note("poll");
    return poll_state::end;
  }
  void barrier(std::uint64_t number) override { note("barrier " + std::to_string(number)); }
  result<void> committed(std::uint64_t number) override {
    note("committed " + std::to_string(number));
    return {};
  }

private:
  void note(const std::string& what) { lines_->push_back(name_ + " " + what); }

  std::string name_;
  std::vector<std::string>* lines_;
};

std::unique_ptr<any_source> erased_diary(const std::string& name, std::vector<std::string>& lines) {
  return erase<int>(std::unique_ptr<source<int>>{std::make_unique<diary>(name, lines)});
}

result<std::unique_ptr<any_source>> numbers_then_more() {
  return sequence_source(*memory_rows<int>{{1, 2, 3}}.make(), *memory_rows<int>{{4, 5}}.make());
}

result<poll_state> poll(any_source& from) {
  batch<int> rows;
  batch<reject> rejects;
  return from.poll({100, 10'000}, rows, rejects);
}

TEST(SequenceSourceTest, KeepsTheSourceContract) {
  testing::check_source_contract<int>({.make = numbers_then_more, .rows = {1, 2, 3, 4, 5}});
}

TEST(SequenceSourceTest, GivesThePhaseOnceBetweenTheTwo) {
  auto both = *numbers_then_more();
  ASSERT_TRUE(both->open({"both", [] {}}));
  std::vector<poll_state> states;
  for (int i = 0; i < 4 && (states.empty() || states.back() != poll_state::end); ++i)
    states.push_back(*poll(*both));
  std::erase(states, poll_state::rows);
  EXPECT_THAT(states, ElementsAre(poll_state::phase, poll_state::end));
}

TEST(SequenceSourceTest, OpensBothAtTheStart) {
  std::vector<std::string> lines;
  auto both = sequence_source(erased_diary("files", lines), erased_diary("broken", lines));
  const auto opened = both->open({"both", [] {}});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, errc::cannot_connect);
}

TEST(SequenceSourceTest, KeepsTheHistoryUntilItIsCommitted) {
  std::vector<std::string> lines;
  auto both = sequence_source(erased_diary("a", lines), erased_diary("b", lines));
  both->barrier(1);
  EXPECT_EQ(*poll(*both), poll_state::phase);
  lines.clear();
  EXPECT_TRUE(both->committed(1));
  EXPECT_THAT(lines, ElementsAre("a committed 1", "b committed 1")); // rows may follow barrier 1
  lines.clear();
  both->barrier(2);
  EXPECT_TRUE(both->committed(1)); // late
  EXPECT_THAT(lines, ::testing::Not(::testing::Contains("a gone")));
  lines.erase(lines.begin() + 2, lines.end());
  EXPECT_TRUE(both->committed(2));
  EXPECT_THAT(
      lines, ElementsAre("a barrier 2", "b barrier 2", "a committed 2", "a gone", "b committed 2"));
}

} // namespace
} // namespace weir
