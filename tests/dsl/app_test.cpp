// SPDX-License-Identifier: Apache-2.0

#include <weir/dsl/pipeline.hpp>
#include <weir/tests/dsl/pieces.hpp>
#include <weir/tests/dsl/program_run.hpp>

#include <gmock/gmock.h>

#include <atomic>
#include <csignal>
#include <functional>
#include <numeric>
#include <thread>

namespace weir {
namespace {

using namespace pieces;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::vector<int> count_to(int rows) {
  std::vector<int> all(static_cast<std::size_t>(rows));
  std::iota(all.begin(), all.end(), 1);
  return all;
}

/// A graph of three rows.
void three_rows(app& program) {
  program.from(numbers()).named("in") | map([](int n) { return n * 2; })
      | to(discard{}).named("out");
}

TEST(AppTest, RunsAGraphFromMemoryToMemory) {
  app program{"test"};
  memory_sink<int> out;
  program.from(numbers(count_to(10'000))) | filter([](int n) { return n % 2 == 0; })
      | map([](int n) { return n + 1; }) | to(out);
  EXPECT_EQ(program.run(), 0);
  EXPECT_EQ(out.count(), 5'000U);
  EXPECT_TRUE(out.is_complete());
  EXPECT_EQ(out.rows().front(), 3);
  EXPECT_EQ(out.rows().back(), 10'001);
}

TEST(AppTest, SharesAStreamAndSplitsAndMerges) {
  app program{"test"};
  memory_sink<int> all, again;
  auto rows = program.from(numbers(count_to(1'000))) | map([](int n) { return n; });
  auto [even, odd] = rows | split([](int n) { return n % 2 == 0; });
  merge(even, odd | map([](int n) { return -n; })) | to(all);
  rows | to(again);
  EXPECT_EQ(program.run(), 0);
  const auto sum = [](const std::vector<int>& of) {
    return std::accumulate(of.begin(), of.end(), 0);
  };
  EXPECT_EQ(all.count(), 1'000U);
  EXPECT_EQ(sum(all.rows()), 500);
  EXPECT_EQ(again.rows(), count_to(1'000));
}

TEST(AppTest, ListsTheWordsOfAChoiceAndRefusesOthers) {
  const auto describe = [](app& program) {
    static_cast<void>(program.choice("show", {"sum", "mean"}, "mean", "what is shown"));
    three_rows(program);
  };
  EXPECT_THAT(run_program({"--help"}, describe).out,
              HasSubstr("--show sum|mean  what is shown (default mean)"));
  const auto refused = run_program({"--show", "bogus"}, describe);
  EXPECT_EQ(refused.code, 2);
  EXPECT_EQ(refused.talk, "test: --show: 'bogus' is none of sum, mean\n");
}

TEST(AppTest, TakesOwnSourcesAndOperators) {
  app program{"test"};
  memory_sink<int> out;
  program.from(numbers()) | via(add_one{}) | via([] { return std::make_unique<add_one>(); })
      | via(add_one{}).async() | to(out);
  EXPECT_EQ(program.run(), 0);
  EXPECT_THAT(out.rows(), ElementsAre(4, 5, 6));
}

TEST(AppTest, WaitsWhereAnOperatorAsksForTime) {
  app program{"test"};
  memory_sink<int> out;
  program.from(numbers(count_to(20'000))) | throttle(1'000'000) | to(out);
  EXPECT_EQ(program.run(), 0);
  EXPECT_EQ(out.rows(), count_to(20'000));
}

struct tick {
  timestamp at;
  int n = 0;
};
BOOST_DESCRIBE_STRUCT(tick, (), (at, n))

TEST(AppTest, SpeaksTheWholeVocabulary) {
  app program{"test"};
  memory_sink<int> small, large;
  std::atomic<int> seen{0};
  const auto twice = [](batch_view<int> in, batch<int>& out) {
    for (const int n : in.rows()) out.push_back(2 * n);
    return in.size();
  };
  auto live = program.from(history(memory_rows<tick>{{{timestamp{}, 1}, {timestamp{}, 2}}})
                               .then(memory_rows<tick>{{{timestamp{}, 3}}}));
  auto all = merge(live, program.from(memory_rows<tick>{{{timestamp{}, 4}}}))
             | event_time(&tick::at) | map([](const tick& t) { return t.n; }).named("number")
             | flat_map([](int n) { return std::vector<int>(static_cast<std::size_t>(n), n); })
             | filter([](int n) { return n != 2; }) | throttle(1'000'000).async()
             | tap([&](int) { ++seen; }) | batch_map<int>(twice) | take(100) | via(add_one{});
  auto [below, above] = all | split([](int n) { return n < 8; });
  below | to(small);
  above | to(large);
  EXPECT_EQ(program.run(), 0);
  EXPECT_EQ(seen, 8);
  EXPECT_THAT(small.rows(), testing::UnorderedElementsAre(3, 7, 7, 7));
  EXPECT_THAT(large.rows(), ElementsAre(9, 9, 9, 9));
}

TEST(AppTest, IsFedAndStoppedByItsHost) {
  app program{"test"};
  memory_source<int> feed;
  memory_sink<int> out;
  program.from(feed) | map([](int n) { return n + 1; }) | to(out);
  auto running = program.start();
  ASSERT_TRUE(running);
  EXPECT_TRUE(feed.push(1));
  EXPECT_TRUE(out.wait_for(1, std::chrono::seconds{10}));
  running->stop();
  EXPECT_EQ(running->wait().state, job_state::stopped);
  EXPECT_THAT(out.rows(), ElementsAre(2));
}

TEST(AppTest, GivesLiveRowsBehindTheHistory) {
  app program{"test"};
  memory_source<int> feed;
  memory_sink<int> out;
  program.from(history(numbers()).then(feed)) | to(out);
  auto running = program.start();
  ASSERT_TRUE(running);
  EXPECT_TRUE(feed.push(4));
  feed.close();
  EXPECT_EQ(running->wait().state, job_state::finished);
  EXPECT_THAT(out.rows(), ElementsAre(1, 2, 3, 4));
}

TEST(AppTest, SummarisesAsOneLineOfJson) {
  const auto found = run_program({"--json"}, three_rows);
  EXPECT_EQ(found.code, 0);
  EXPECT_THAT(found.out, HasSubstr(R"("job":"test","state":"finished")"));
  EXPECT_THAT(found.out, HasSubstr(R"("sources":[{"name":"in","rows":3,"rejected":0}])"));
  EXPECT_THAT(found.out,
              HasSubstr(R"("operators":[{"name":"map","rows_in":3,"rows_out":3,"rejected":0}])"));
  EXPECT_THAT(found.out, HasSubstr(R"("sinks":[{"name":"out","rows":3}])"));
  EXPECT_EQ(std::count(found.out.begin(), found.out.end(), '\n'), 1);
  EXPECT_EQ(found.talk, "");
}

TEST(AppTest, SummarisesForPeopleOnStderr) {
  const auto found = run_program({}, three_rows);
  EXPECT_EQ(found.out, "");
  EXPECT_THAT(found.talk, HasSubstr("test: finished after"));
  EXPECT_EQ(run_program({"--quiet"}, three_rows).talk, "");
}

TEST(AppTest, TalksAsMuchAsItIsAskedTo) {
  EXPECT_THAT(run_program({"--json", "--log-level", "info"}, three_rows).talk,
              HasSubstr("test: running 3 links in 4 actors"));
  EXPECT_EQ(run_program({"--json", "--log-level", "info", "--quiet"}, three_rows).talk, "");
}

TEST(AppTest, PassesOnWhatASourceWarnsOfAsLoudAsItIsAskedTo) {
  struct worried final : source<int> {
    result<void> open(source_context context) override {
      context.warn("the clock is slow");
      return {};
    }
    result<poll_state> poll(credit, poll_out<int>) override { return poll_state::end; }
  };
  const auto describe = [](app& program) {
    program.from([] { return std::make_unique<worried>(); }) | to(discard{});
  };
  EXPECT_EQ(run_program({"--json"}, describe).talk, "test: the clock is slow\n");
  EXPECT_EQ(run_program({"--json", "--quiet"}, describe).talk, "");
  EXPECT_EQ(run_program({"--json", "--log-level", "error"}, describe).talk, "");

  app embedded{"test"};
  describe(embedded);
  testing::internal::CaptureStderr();
  EXPECT_EQ(embedded.run(), 0);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "warning: the clock is slow\n");
  std::vector<std::string> heard;
  app listener{"test"};
  describe(listener);
  listener.on_warning([&](const std::string& text) { heard.push_back(text); });
  EXPECT_EQ(listener.run(), 0);
  EXPECT_THAT(heard, ElementsAre("the clock is slow"));
}

TEST(AppTest, ExplainsWithoutRunning) {
  const auto found = run_program({"--explain"}, [](app& program) {
    program.from([]() -> std::unique_ptr<source<int>> { throw std::runtime_error{"made"}; })
        | to(discard{});
  });
  EXPECT_EQ(found.code, 0);
  EXPECT_THAT(found.out, HasSubstr("└─ discard"));
}

/// Takes 20 us of a row.
int slowly(int n) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds{20};
  while (std::chrono::steady_clock::now() < end) {
  }
  return n;
}

TEST(AppTest, ExplainsWhatARunCost) {
  const auto found = run_program({"--explain=analyze"}, [](app& program) {
    program.from(numbers(count_to(5'000))).named("in") | map([](int n) { return n; }).named("quick")
        | map(slowly).async().named("slow") | to(discard{}).named("out");
  });
  EXPECT_EQ(found.code, 0);
  EXPECT_THAT(found.out, HasSubstr("rows/s"));
  EXPECT_THAT(found.out,
              testing::ContainsRegex("slow +5,000 +5,000 +[0-9.]+[kM]? +[0-9]+% +[0-9]+%"));
  EXPECT_THAT(found.out, HasSubstr("slowest: slow, busy "));
}

TEST(AppTest, RefusesAnUnknownFlagByExitCode2) {
  const auto found = run_program({"--jsno"}, three_rows);
  EXPECT_EQ(found.code, 2);
  EXPECT_THAT(found.talk, HasSubstr("test: unknown flag --jsno; did you mean '--json'?"));
}

TEST(AppTest, RefusesAnUnknownKeyByExitCode3) {
  const auto found = run_program({"--set", "mpa.x=1"}, three_rows);
  EXPECT_EQ(found.code, 3);
  EXPECT_THAT(found.talk, HasSubstr("unknown key 'mpa.x'"));
}

TEST(AppTest, HelpsAlsoWhenTheRestIsWrong) {
  const auto found = run_program({"-h", "--jsno"}, three_rows);
  EXPECT_EQ(found.code, 0);
  EXPECT_THAT(found.out, HasSubstr("Exit codes"));
}

TEST(AppTest, ShowsWhereSettingsCameFrom) {
  const auto found = run_program({"--set", "take.rows=2", "--show-config"}, [](app& program) {
    program.from(numbers()) | take(10) | to(discard{});
  });
  EXPECT_EQ(found.code, 0);
  EXPECT_THAT(found.out, testing::ContainsRegex("take.rows +2 +--set"));
}

TEST(AppTest, AppliesSettingsToOperators) {
  memory_sink<int> out;
  const auto found = run_program({"--set", "take.rows=2"}, [&](app& program) {
    program.from(numbers()) | take(10) | to(out);
  });
  EXPECT_EQ(found.code, 0);
  EXPECT_THAT(out.rows(), ElementsAre(1, 2));
}

TEST(AppTest, StopsAfterAsManyRowsAsItWasTold) {
  memory_source<int> feed;
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(feed.push(i));
  memory_sink<int> out;
  const auto found = run_program({"--until", "10", "rows", "--json"},
                                 [&](app& program) { program.from(feed) | to(out); });
  EXPECT_EQ(found.code, 0);
  EXPECT_EQ(out.count(), 10U);
}

/// Gives one row in every third poll, and takes its time for each.
class hesitant final : public source<int> {
public:
  result<void> open(source_context context) override {
    wake_ = std::move(context.wake);
    return {};
  }
  result<poll_state> poll(credit, poll_out<int> out) override {
    for (int i = 0; i < 20; ++i) std::this_thread::yield();
    wake_();
    if (++polls_ % 3 != 0) return poll_state::idle;
    out.rows.push_back(polls_);
    return poll_state::rows;
  }

private:
  std::function<void()> wake_;
  int polls_ = 0;
};

TEST(AppTest, StopsNoEarlierWhereSourcesThatHoldCreditGiveNothing) {
  for (int i = 0; i < 30; ++i) {
    memory_sink<int> out;
    const auto found = run_program({"--until", "100", "rows"}, [&](app& program) {
      merge(program.from([] { return std::make_unique<hesitant>(); }), program.from([] {
        return std::make_unique<hesitant>();
      })) | to(out);
    });
    EXPECT_EQ(found.code, 0);
    ASSERT_EQ(out.count(), 100U) << "in run " << i;
  }
}

TEST(AppTest, IsToldHowTheJobEnded) {
  std::vector<job_state> told;
  const auto run = [&](std::vector<const char*> words, bool is_well, auto from) {
    return run_program(std::move(words), [&](app& program) {
      program.on_end([&, is_well](job_state how) -> result<void> {
        told.push_back(how);
        if (is_well) return {};
        return error{errc::damaged, "the folder is gone"};
      });
      program.from(from) | map([](int n) { return n < 7 ? n : throw std::runtime_error{"seven"}; })
          | to(discard{});
    });
  };
  const memory_source<int> feed;
  feed.push({1, 2, 3});
  EXPECT_EQ(run({}, true, numbers()).code, 0);
  EXPECT_EQ(run({"--until", "3", "rows"}, true, feed).code, 0);
  EXPECT_EQ(run({}, true, numbers({7})).code, 1);
  EXPECT_EQ(run({"--help"}, true, numbers()).code, 0);
  EXPECT_EQ(run({"--explain"}, true, numbers()).code, 0);
  EXPECT_THAT(told, ElementsAre(job_state::finished, job_state::stopped, job_state::failed));

  const auto whole = run({"--json"}, false, numbers());
  EXPECT_EQ(whole.code, exit_code_of(errc::damaged));
  EXPECT_THAT(whole.talk, HasSubstr("test: the folder is gone\n"));
  EXPECT_THAT(whole.out, HasSubstr(R"("state":"failed","error":"the folder is gone",)"));
  const memory_source<int> again;
  again.push({1, 2, 3});
  const auto cut = run({"--until", "3", "rows", "--json"}, false, again);
  EXPECT_EQ(cut.code, exit_code_of(errc::damaged));
  EXPECT_THAT(cut.out, HasSubstr(R"("state":"stopped","error":"the folder is gone",)"));
  EXPECT_THAT(run({}, false, numbers({7})).talk, HasSubstr("seven"));
}

TEST(AppTest, FailsWithTheOperatorsNameWhenItThrows) {
  const auto found = run_program({"--json"}, [](app& program) {
    program.from(numbers()).named("in")
        | map([](int n) -> int {
            return n < 3 ? n : throw std::runtime_error{"three is too many"};
          }).named("careful")
        | to(discard{});
  });
  EXPECT_EQ(found.code, 1);
  EXPECT_THAT(found.talk, HasSubstr("careful"));
  EXPECT_THAT(found.talk, HasSubstr("three is too many"));
  EXPECT_THAT(found.out, HasSubstr(R"("state":"failed","error":")"));
  const auto sentence = found.talk.substr(found.talk.find("test: ") + 6);
  EXPECT_THAT(found.out, HasSubstr(sentence.substr(0, sentence.find('\n')))) << "the same sentence";
}

TEST(AppTest, FailsByTheSourcesExitCode) {
  const auto found = run_program({}, [](app& program) {
    program.from([]() -> result<std::unique_ptr<source<int>>> {
      return error{errc::cannot_connect, "cannot reach 'nowhere:1'"};
    }) | to(discard{});
  });
  EXPECT_EQ(found.code, 4);
  EXPECT_THAT(found.talk, HasSubstr("cannot reach 'nowhere:1'"));
}

TEST(AppTest, SummarisesAJobThatCouldNotStart) {
  const auto found = run_program({"--json"}, [](app& program) {
    program.from([]() -> result<std::unique_ptr<source<int>>> {
      return error{errc::damaged, "half a file"};
    }) | to(discard{});
  });
  EXPECT_EQ(found.code, 5);
  EXPECT_THAT(found.out, HasSubstr(R"({"job":"test","state":"failed","error":)"));
  EXPECT_THAT(found.out, HasSubstr("half a file"));
}

TEST(AppDeathTest, AnswersQuestionsInsteadOfStarting) {
  const auto start = [] {
    const char* words[] = {"test", "--explain"};
    app program{"test", 2, words};
    three_rows(program);
    static_cast<void>(program.start());
    std::exit(9);
  };
  EXPECT_EXIT(start(), testing::ExitedWithCode(0), "");
}

/// Gives one good row and one that can't be read.
class half_broken final : public source<int> {
public:
  result<void> open(source_context) override { return {}; }
  result<poll_state> poll(credit allowed, poll_out<int> out) override {
    if (allowed.rows == 0) return poll_state::rows;
    out.rows.push_back(1);
    out.rejects.push_back({"half", "file:2", "no number", "x"});
    return poll_state::end;
  }
};

TEST(AppTest, KeepsRejectsWhereItIsTold) {
  memory_sink<int> out;
  memory_sink<reject> bad;
  const auto describe = [&](app& program) {
    program.from(half_broken{}).named("half").rejects_to(bad) | to(out);
  };
  const auto found = run_program({"--json", "--max-reject-ratio", "0.5"}, describe);
  EXPECT_EQ(found.code, 0);
  EXPECT_EQ(found.talk, "test: half: 1 row rejected\n");
  ASSERT_EQ(bad.count(), 1U);
  EXPECT_EQ(bad.rows().front().reason, "no number");
  EXPECT_THAT(found.out, HasSubstr(R"("sources":[{"name":"half","rows":1,"rejected":1}])"));

  const auto strict = run_program({"--max-reject-ratio", "0.4"}, describe);
  EXPECT_EQ(strict.code, 1);
  EXPECT_THAT(strict.talk, HasSubstr("half"));
}

/// What `wanted` makes of a source that has given `fed` and gives nothing more.
std::vector<int> taken_of(const std::vector<int>& fed,
                          const std::function<stream<int>(stream<int>)>& wanted) {
  memory_source<int> in;
  memory_sink<int> out;
  app program{"test"};
  wanted(program.from(in)) | to(out);
  auto running = program.start();
  EXPECT_TRUE(running);
  for (const int row : fed) EXPECT_TRUE(in.push(row));
  const auto ended = running->wait_for(std::chrono::seconds{20});
  EXPECT_TRUE(ended && ended->state == job_state::finished) << "a job that has all it wants ends";
  EXPECT_TRUE(out.is_complete());
  return out.rows();
}

TEST(AppTest, EndsAtOnceWhereNoRowIsWanted) {
  const auto same = map([](int n) { return n; });
  EXPECT_THAT(taken_of({}, [](auto rows) { return rows | take(0); }), ElementsAre());
  EXPECT_THAT(taken_of({}, [&](auto rows) { return rows | same | take(0) | same; }), ElementsAre());
  EXPECT_THAT(taken_of({}, [&](auto rows) { return rows | same | take(0).async() | same; }),
              ElementsAre());
}

TEST(AppTest, EndsOnceAllWantedRowsHaveComeThroughSeveralActors) {
  const auto same = map([](int n) { return n; });
  EXPECT_THAT(taken_of({1, 2}, [&](auto rows) { return rows | same | take(2).async(); }),
              ElementsAre(1, 2));
  EXPECT_THAT(
      taken_of({1, 2}, [&](auto rows) { return rows | same | same.async() | take(1).async(); }),
      ElementsAre(1));
}

TEST(AppTest, SummarisesAlsoWhatItDoesNotUnderstand) {
  const auto found = run_program({"--json", "--jsno"}, three_rows);
  EXPECT_EQ(found.code, 2);
  EXPECT_THAT(found.out,
              HasSubstr(R"({"job":"test","state":"failed","error":"unknown flag --jsno; did you )"
                        R"(mean '--json'?",)"));
}

TEST(AppTest, NamesAStreamThatGoesNowhere) {
  const auto found = run_program({}, [](app& program) {
    program.from(numbers()) | map([](int n) { return n; }).named("lost");
  });
  EXPECT_EQ(found.code, 3);
  EXPECT_THAT(found.talk, HasSubstr("nobody takes the rows of 'lost'"));
}

TEST(AppTest, LeavesTheProgramAloneWhenItIsAPart) {
  ::setenv("WEIR_SEED", "9", 1);
  app program{"test"};
  program.set("rows", "5");
  EXPECT_EQ(program.flag<int>("seed", 1, "h"), 1);
  EXPECT_EQ(program.flag<int>("rows", 1, "h"), 5);
  ::unsetenv("WEIR_SEED");
}

} // namespace
} // namespace weir
