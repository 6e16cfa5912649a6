// SPDX-License-Identifier: Apache-2.0

#include <weir/dsl/pipeline.hpp>
#include <weir/tests/dsl/pieces.hpp>
#include <weir/tests/support/child_process.hpp>

#include <gmock/gmock.h>

#include <csignal>
#include <cstdlib>
#include <unistd.h>

namespace weir::test {
namespace {

using namespace std::chrono_literals;
using pieces::numbers;
using testing::HasSubstr;
using testing::Not;

/// A program of this graph and these words, to be run as a process.
template <class Describe>
std::function<int()> program(std::vector<const char*> words, Describe describe) {
  words.insert(words.begin(), "fares");
  return [words, describe] {
    app made{"fares", static_cast<int>(words.size()), words.data()};
    describe(made);
    return made.run();
  };
}

/// Gives a thousand rows, says how far it is, and then has nothing more for ever.
class stuck final : public source<int> {
public:
  explicit stuck(source_progress at) : at_{at} {}

  result<void> open(source_context) override { return {}; }
  result<poll_state> poll(credit allowed, poll_out<int> out) override {
    for (; given_ < 1000 && allowed.rows > 0; ++given_, --allowed.rows) out.rows.push_back(given_);
    return poll_state::idle;
  }
  source_progress progress() const override { return at_; }

private:
  source_progress at_;
  int given_ = 0;
};

auto stuck_at(source_progress at) {
  return [at](app& made) { made.from(stuck{at}) | to(discard{}); };
}

TEST(ProgramTest, ShowsOnATerminalHowFarABoundedJobIs) {
  child_process child{program({}, stuck_at({.done = 0.25, .behind = {}})), talks_to::terminal};
  EXPECT_TRUE(child.says("fares 1,000 rows, [0-9.]+[kM]? rows/s, 25 % done, [0-9]+ s left"))
      << child.talk();
  child.send(SIGINT);
  const auto ended = child.wait();
  EXPECT_EQ(ended.code, 130);
  EXPECT_THAT(ended.talk, HasSubstr("\r\033[Kfares: stopping; again to stop at once"))
      << "the line is wiped before something else is said";
  EXPECT_THAT(ended.talk, HasSubstr("fares: stopped after"));
}

TEST(ProgramTest, ShowsOnATerminalHowFarALiveJobLagsBehind) {
  child_process child{program({}, stuck_at({.done = {}, .behind = 1200})), talks_to::terminal};
  EXPECT_TRUE(child.says("fares 1,000 rows, [0-9.]+[kM]? rows/s, 1,200 rows behind"))
      << child.talk();
  EXPECT_THAT(child.talk(), Not(HasSubstr("left")));
}

TEST(ProgramTest, ShowsNoProgressWhereItIsPipedOrQuiet) {
  const auto at = stuck_at({.done = 0.25, .behind = {}});
  child_process piped{program({"--until", "1600ms"}, at)};
  child_process quiet{program({"--until", "1600ms", "--quiet"}, at), talks_to::terminal};
  const auto ended = piped.wait();
  EXPECT_EQ(ended.code, 0);
  EXPECT_THAT(ended.talk, HasSubstr("fares: stopped after "));
  EXPECT_THAT(ended.talk, Not(HasSubstr("\r")));
  EXPECT_THAT(ended.talk, Not(HasSubstr("done")));
  EXPECT_EQ(quiet.wait().talk, "");
}

/// Blocks in its first write, for ever, and says so.
class stone final : public sink<int> {
public:
  result<void> open(sink_context) override { return {}; }
  result<std::size_t> write(batch_view<int>) override {
    static_cast<void>(::write(STDERR_FILENO, "blocked\n", 8));
    for (;;) ::pause();
  }
  bool blocks() const override { return true; }
};

TEST(ProgramTest, EndsAtOnceAtTheSecondInterruptWhateverBlocks) {
  child_process child{program(
      {}, [](app& made) { made.from(numbers()) | to([] { return std::make_unique<stone>(); }); })};
  ASSERT_TRUE(child.says("blocked"));
  child.send(SIGINT);
  ASSERT_TRUE(child.says("stopping; again to stop at once"));
  const auto asked = std::chrono::steady_clock::now();
  child.send(SIGINT);
  EXPECT_EQ(child.wait().code, 130);
  EXPECT_LT(std::chrono::steady_clock::now() - asked, 10s);
}

/// Has no end to be destroyed to, and says so.
class clinging final : public source<int> {
public:
  ~clinging() override {
    if (!is_open_) return;
    static_cast<void>(::write(STDERR_FILENO, "clinging\n", 9));
    for (;;) ::pause();
  }
  result<void> open(source_context) override {
    is_open_ = true;
    return {};
  }
  result<poll_state> poll(credit, poll_out<int>) override { return poll_state::end; }

private:
  bool is_open_ = false;
};

TEST(ProgramTest, EndsAtOnceByAnInterruptAfterTheJobHasEnded) {
  child_process child{program({"--json"}, [](app& made) {
    made.from([] { return std::make_unique<clinging>(); }) | to(discard{});
  })};
  ASSERT_TRUE(child.says("clinging"));
  const auto asked = std::chrono::steady_clock::now();
  child.send(SIGINT);  // may come while the job ends, and is counted then
  child.send(SIGTERM); // ends the process in any case
  const auto ended = child.wait();
  EXPECT_EQ(ended.code, 130);
  EXPECT_THAT(ended.out, HasSubstr(R"("state":"finished")"));
  EXPECT_LT(std::chrono::steady_clock::now() - asked, 10s);
}

/// Says on stderr when its first rows came: the job runs.
void say_when_it_runs(app& made) {
  made.from(stuck{{}}) | tap([](int n) {
    if (n == 999) static_cast<void>(::write(STDERR_FILENO, "running\n", 8));
  }) | to(discard{});
}

TEST(ProgramTest, DrainsAndEndsBy130WhenItIsToldToStop) {
  for (const int signal : {SIGINT, SIGTERM}) {
    child_process child{program({"--json"}, say_when_it_runs)};
    ASSERT_TRUE(child.says("running"));
    child.send(signal);
    const auto ended = child.wait();
    EXPECT_EQ(ended.code, 130);
    EXPECT_THAT(ended.out, HasSubstr(R"("state":"stopped")"));
    EXPECT_THAT(ended.out, HasSubstr(R"("sinks":[{"name":"discard","rows":1000}])"));
  }
}

TEST(ProgramTest, EndsByTheExitCodeOfWhatWentWrong) {
  const auto three = [](app& made) { made.from(numbers()) | to(discard{}); };
  const auto failing = [](errc code) {
    return [code](app& made) {
      made.from([code]() -> result<std::unique_ptr<source<int>>> {
        return error{code, "it went wrong"};
      }) | to(discard{});
    };
  };
  const auto throwing = [](app& made) {
    made.from(numbers()) | map([](int n) -> int { throw std::runtime_error{std::to_string(n)}; })
        | to(discard{});
  };
  EXPECT_EQ(child_process{program({}, three)}.wait().code, 0);
  EXPECT_EQ(child_process{program({}, throwing)}.wait().code, 1);
  EXPECT_EQ(child_process{program({"--sede", "1"}, three)}.wait().code, 2);
  EXPECT_EQ(child_process{program({"--set", "sede=1"}, three)}.wait().code, 3);
  EXPECT_EQ(child_process{program({}, failing(errc::config))}.wait().code, 3);
  EXPECT_EQ(child_process{program({}, failing(errc::cannot_connect))}.wait().code, 4);
  EXPECT_EQ(child_process{program({}, failing(errc::damaged))}.wait().code, 5);
}

TEST(ProgramTest, BurnsUnderOnePercentOfACoreWhenItIsIdle) {
  child_process child{program({}, [](app& made) {
    const auto same = map([](int n) { return n; });
    auto [even, odd] = made.from(stuck{{}}) | same | same.async()
                       | split([](int n) { return n % 2 == 0; }).async();
    even | to(discard{});
    merge(odd, made.from(memory_source<int>{}))
        | tap([](int n) {
            if (n == 999) static_cast<void>(::write(STDERR_FILENO, "running\n", 8));
          }).async()
        | to(discard{});
  })};
  ASSERT_TRUE(child.says("running"));
  const auto spent_before = child.cpu_time();
  const auto began = std::chrono::steady_clock::now();
  child.watch(3s);
  const std::chrono::nanoseconds spent = child.cpu_time() - spent_before;
  const std::chrono::nanoseconds took = std::chrono::steady_clock::now() - began;
  EXPECT_GE(took, 3s) << "it runs all the while";
  EXPECT_LT(spent * 100, took) << spent.count() / 1000 << " us of CPU time";
  child.send(SIGINT);
  EXPECT_EQ(child.wait().code, 130);
}

} // namespace
} // namespace weir::test
