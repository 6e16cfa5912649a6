// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/discard.hpp>
#include <weir/dsl/explain.hpp>
#include <weir/dsl/planner.hpp>
#include <weir/tests/dsl/pieces.hpp>

#include <gmock/gmock.h>

#include <algorithm>

namespace weir {
namespace {

using namespace pieces;
using testing::ElementsAre;
using testing::HasSubstr;

planned plan_of(const std::shared_ptr<graph>& from) {
  auto made = make_plan(*from, {.job = "test"});
  EXPECT_TRUE(made) << (made ? "" : made.error().message);
  return made ? std::move(*made) : planned{};
}

std::string error_of(const std::shared_ptr<graph>& from) {
  const auto made = make_plan(*from, {.job = "test"});
  EXPECT_FALSE(made);
  return made ? "" : made.error().message;
}

std::vector<std::string> actors_of(const planned& what) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < what.notes.size(); ++i)
    if (!what.notes[i].is_default) names.push_back(what.what.actors[i].name);
  return names;
}

/// `from.outlet > to.inlet` by name, `from.rejects` for those, without those to default sinks.
std::vector<std::string> links_of(const planned& what) {
  std::vector<std::string> links;
  for (const auto& link : what.what.links)
    if (!what.notes[link.to].is_default)
      links.push_back(what.what.actors[link.from].name + "."
                      + (link.outlet == reject_outlet ? "rejects" : std::to_string(link.outlet))
                      + " > " + what.what.actors[link.to].name + "." + std::to_string(link.inlet));
  return links;
}

TEST(PlannerTest, FusesNeighbours) {
  auto g = new_graph();
  add_source(g, numbers()).named("in") | via(add_one{}) | via(add_one{}) | via(add_one{})
      | to(discard{}).named("out");
  const auto made = plan_of(g);
  EXPECT_THAT(actors_of(made), ElementsAre("in", "via + via-2 + via-3", "out"));
  EXPECT_THAT(links_of(made),
              ElementsAre("in.0 > via + via-2 + via-3.0", "via + via-2 + via-3.0 > out.0"));
  EXPECT_EQ(std::get<chain_plan>(made.what.actors[1].hosts).stages.size(), 3U);
}

TEST(PlannerTest, BeginsAnActorAtAsync) {
  auto g = new_graph();
  add_source(g, numbers()).named("in") | via(add_one{}) | via(add_one{}).async() | via(add_one{})
      | to(discard{}).named("out");
  EXPECT_THAT(actors_of(plan_of(g)), ElementsAre("in", "via", "via-2 + via-3", "out"));
}

TEST(PlannerTest, SharesAStreamThatIsUsedTwice) {
  auto g = new_graph();
  auto shared = add_source(g, numbers()).named("in") | via(add_one{}).named("shared");
  shared | via(add_one{}).named("left") | to(discard{}).named("a");
  shared | to(discard{}).named("b");
  const auto made = plan_of(g);
  EXPECT_THAT(actors_of(made), ElementsAre("in", "shared", "left", "a", "b"));
  EXPECT_THAT(links_of(made), ElementsAre("in.0 > shared.0", "shared.0 > left.0", "left.0 > a.0",
                                          "shared.0 > b.0"));
  EXPECT_THAT(made.notes[2].boundary, HasSubstr("several take the rows of 'shared'"));
}

TEST(PlannerTest, MergesSeveralLinksIntoOneInlet) {
  auto g = new_graph();
  auto a = add_source(g, numbers()).named("a");
  auto b = add_source(g, numbers()).named("b");
  merge(a, b) | via(add_one{}) | to(discard{}).named("out");
  const auto made = plan_of(g);
  EXPECT_THAT(links_of(made), ElementsAre("a.0 > via.0", "b.0 > via.0", "via.0 > out.0"));
}

TEST(PlannerTest, BeginsAnActorBehindSeveralOutlets) {
  auto g = new_graph();
  auto [left, right] = add_source(g, numbers()).named("in") | via(add_one{}) | fork_adaptor{};
  left | via(add_one{}) | to(discard{}).named("a");
  right | to(discard{}).named("b");
  const auto made = plan_of(g);
  EXPECT_THAT(links_of(made), ElementsAre("in.0 > via + fork.0", "via + fork.0 > via-2.0",
                                          "via-2.0 > a.0", "via + fork.1 > b.0"));
}

TEST(PlannerTest, DropsTheUnusedOutletOfASplit) {
  auto g = new_graph();
  auto [left, right] = add_source(g, numbers()).named("in") | fork_adaptor{};
  left | to(discard{}).named("a");
  const auto made = plan_of(g);
  EXPECT_EQ(made.what.actors.size(), 5U); // in, fork, a, rejects, and what drops the right side
  EXPECT_TRUE(made.notes.back().is_default);
}

TEST(PlannerTest, NamesAStreamNobodyTakes) {
  auto g = new_graph();
  add_source(g, numbers()) | via(add_one{}).named("lost");
  EXPECT_THAT(error_of(g), HasSubstr("nobody takes the rows of 'lost'"));
}

TEST(PlannerTest, RefusesAGraphWithoutSource) {
  EXPECT_THAT(error_of(new_graph()), HasSubstr("no source"));
}

TEST(PlannerTest, RefusesOneNameForTwo) {
  auto g = new_graph();
  add_source(g, numbers()).named("x") | via(add_one{}).named("x") | to(discard{});
  EXPECT_THAT(error_of(g), HasSubstr("named 'x'"));
}

TEST(PlannerTest, NamesTheFileOfRejectsWithoutBlanks) {
  auto g = new_graph();
  add_source(g, numbers()).named("a") | to(discard{}).named("out");
  const auto made = make_plan(*g, {.job = "payments alert"});
  ASSERT_TRUE(made);
  EXPECT_EQ(made->what.actors.back().name, "rejects(payments-alert.rejects.jsonl)");
}

TEST(PlannerTest, SendsRejectsToOneFileUnlessTold) {
  auto g = new_graph();
  memory_sink<reject> bad;
  auto a = add_source(g, numbers()).named("a");
  auto b = add_source(g, numbers()).named("b").rejects_to(bad);
  merge(a, b) | to(discard{}).named("out");
  const auto made = plan_of(g);
  EXPECT_THAT(links_of(made), ElementsAre("b.rejects > memory.0", "a.0 > out.0", "b.0 > out.0"));
  EXPECT_EQ(made.what.actors.back().name, "rejects(test.rejects.jsonl)");
  EXPECT_EQ(made.what.links.back().from, 0U);
  EXPECT_EQ(made.what.links.back().outlet, reject_outlet);
}

TEST(PlannerTest, FusesOperatorsThatRejectAndLetsTheirRejectsLeaveByOneLink) {
  auto g = new_graph();
  add_source(g, numbers()).named("in") | via(add_one{}) | picky_adaptor{} | via(add_one{})
      | picky_adaptor{} | to(discard{}).named("out");
  const auto made = plan_of(g);
  EXPECT_THAT(links_of(made), ElementsAre("in.0 > via + picky + via-2 + picky-2.0",
                                          "via + picky + via-2 + picky-2.0 > out.0"));
  const auto& file = made.what.actors.back();
  EXPECT_EQ(file.name, "rejects(test.rejects.jsonl)");
  const auto to_file =
      std::ranges::count(made.what.links, made.what.actors.size() - 1, &link_plan::to);
  EXPECT_EQ(to_file, 2) << "of the source, and of the fused operators";
}

TEST(PlannerTest, KeepsOperatorsApartWhoseRejectsGoToDifferentPlaces) {
  auto g = new_graph();
  auto first = add_source(g, numbers()).named("in") | picky_adaptor{}.named("first");
  first.rejects() | via(look_at_rejects{}).named("seen") | to(discard{}).named("bad");
  first | picky_adaptor{}.named("second") | to(discard{}).named("out");
  const auto made = plan_of(g);
  EXPECT_THAT(links_of(made),
              ElementsAre("in.0 > first.0", "first.rejects > seen.0", "seen.0 > bad.0",
                          "first.0 > second.0", "second.0 > out.0"));
  EXPECT_THAT(made.notes[2].boundary, HasSubstr("takes what 'first' rejects"));
  EXPECT_THAT(made.notes[4].boundary, HasSubstr("its rejects go elsewhere"));
}

TEST(PlannerTest, TellsWhetherASourceBeginsWithHistory) {
  auto g = new_graph();
  add_source(g, numbers()) | to(discard{});
  add_source(g, memory_source<int>{}) | to(discard{});
  add_source(g, history(numbers()).then(memory_source<int>{})) | to(discard{});
  std::vector<bool> has_history;
  for (const auto& actor : plan_of(g).what.actors)
    if (const auto* source = std::get_if<source_plan>(&actor.hosts))
      has_history.push_back(source->has_history);
  EXPECT_THAT(has_history, ElementsAre(true, false, true));
}

TEST(PlannerTest, KeysOptionsByNameAndKind) {
  auto g = new_graph();
  add_source(g, numbers()) | step_adaptor{} | step_adaptor{}.named("big") | step_adaptor{}
      | to(discard{});
  std::vector<std::string> keys;
  for (const auto& each : g->options()) keys.push_back(each.key);
  EXPECT_THAT(keys, ElementsAre("big", "step", "step-2"));
}

TEST(ExplainTest, DrawsTheTree) {
  auto g = new_graph();
  auto shared = add_source(g, numbers()).named("in") | via(add_one{}) | via(add_one{});
  shared | via(add_one{}).async().named("left") | to(discard{}).named("a");
  shared | to(discard{}).named("b");
  EXPECT_EQ(explain(plan_of(g)), R"(test: 6 actors, 5 links

in               source of int
└─ via + via-2   2 operators fused, giving int; a source runs alone
   ├─ left       operator, giving int; .async()
   │  └─ a       sink of int; a sink runs alone
   └─ b          sink of int; a sink runs alone
beside it: rejects(test.rejects.jsonl)
)");
}

TEST(ExplainTest, NamesTheSlowestAfterARun) {
  auto g = new_graph();
  add_source(g, numbers()).named("in") | via(add_one{}) | via(add_one{}).named("second")
      | to(discard{}).named("out");
  const auto made = plan_of(g);
  std::deque<actor_counters> counters;
  for (const auto& actor : made.what.actors)
    counters.emplace_back(actor.name, actor_role::operators);
  counters[1].operators.emplace_back("via");
  counters[1].operators.emplace_back("second").rows_in.set(17);
  counters[1].rows_in.set(2'000'000);
  counters[1].busy_nanoseconds.set(750'000'000);
  counters[0].blocked_nanoseconds.set(340'000'000);
  counters[0].thread_nanoseconds.set(510'000'000); // reads ahead
  const auto text = explain_run(made, counters, std::chrono::seconds{1});
  EXPECT_THAT(text, HasSubstr("slowest: via + second, busy 75 % of the time"));
  EXPECT_THAT(text, testing::ContainsRegex("\nin +0 +0 +0 +51% +34%\n"));
  EXPECT_THAT(text, testing::ContainsRegex("via [+] second +2,000,000 +0 +2.0M +75% +0%\n"));
  EXPECT_THAT(text, testing::ContainsRegex("· second +17 +0"));
  EXPECT_THAT(text, HasSubstr("2,000,000"));
  EXPECT_THAT(text, HasSubstr("2.0M"));
}

} // namespace
} // namespace weir
