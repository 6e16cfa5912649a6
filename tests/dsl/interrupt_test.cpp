// SPDX-License-Identifier: Apache-2.0
//
// What a program does about Ctrl-C: before rows move, while they do, and when it can't be drained.

#include <weir/dsl/pipeline.hpp>
#include <weir/tests/dsl/pieces.hpp>
#include <weir/tests/dsl/program_run.hpp>

#include <gmock/gmock.h>

#include <csignal>
#include <thread>

namespace weir {
namespace {

using namespace pieces;
using testing::HasSubstr;

/// Tests that a shell runs in the background were told to ignore interrupts.
[[maybe_unused]] const auto heeds_interrupts = std::signal(SIGINT, SIG_DFL);

/// Is never safe: no job with it can be drained.
class unsafe_sink final : public sink<int> {
public:
  result<void> open(sink_context) override { return {}; }
  result<std::size_t> write(batch_view<int> in) override { return in.size(); }
  result<bool> prepare(std::uint64_t) override {
    for (; raised_ < 2; ++raised_) std::raise(SIGINT); // the first drains, the second ends
    return false;
  }

private:
  int raised_ = 0;
};

TEST(InterruptDeathTest, EndsAtOnceAtTheSecondInterrupt) {
  const auto run = [] {
    const char* words[] = {"test", "--commit-every", "100ms"};
    app program{"test", 3, words};
    memory_source<int> endless;
    program.from(endless) | to(unsafe_sink{});
    std::exit(program.run());
  };
  EXPECT_EXIT(run(), testing::ExitedWithCode(130), "again to stop at once");
}

TEST(InterruptDeathTest, EndsAtTheFirstInterruptWhileItIsStillOpening) {
  const auto run = [] {
    const char* words[] = {"test"};
    app program{"test", 1, words};
    program.from([]() -> std::unique_ptr<source<int>> {
      std::raise(SIGINT);
      return nullptr;
    }) | to(discard{});
    std::exit(program.run());
  };
  EXPECT_EXIT(run(), testing::ExitedWithCode(130), "test: interrupted before it had begun");
}

TEST(InterruptTest, DrainsAtTheFirstInterrupt) {
  memory_source<int> feed;
  memory_sink<int> out;
  std::thread person{[&] {
    EXPECT_TRUE(feed.push(1));
    EXPECT_TRUE(out.wait_for(1, std::chrono::seconds{10}));
    std::raise(SIGINT);
  }};
  const auto found = run_program({}, [&](app& program) { program.from(feed) | to(out); });
  person.join();
  EXPECT_EQ(found.code, 130);
  EXPECT_TRUE(out.is_complete());
  EXPECT_THAT(found.talk, HasSubstr("again to stop at once"));
}

} // namespace
} // namespace weir
