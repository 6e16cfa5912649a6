// SPDX-License-Identifier: Apache-2.0
//
// Text that rows borrow counts as what batches hold: it is bounded, also where hardly a row
// survives.

#include <weir/dsl/pipeline.hpp>
#include <weir/io/line_rows.hpp>
#include <weir/io/memory_sink.hpp>
#include <weir/tests/support/seeded_job.hpp>
#include <weir/tests/support/seeds.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

namespace weir {
namespace {

constexpr std::size_t line_bytes = 1024;
constexpr std::size_t lines = 65'536;

/// What there is of the text at this moment, and what there was at most.
struct held_text {
  std::size_t bytes = 0;
  std::size_t most = 0;
};

/// Lines of 1 KiB that begin with their number, in a block of its own each time it is asked.
class long_lines final : public source<line> {
public:
  explicit long_lines(std::shared_ptr<held_text> held) : held_{std::move(held)} {}
  result<void> open(source_context context) override {
    partition_ = intern_partition(context.name, "all");
    return {};
  }
  result<poll_state> poll(credit allowed, poll_out<line> out) override {
    if (out.rows.empty()) out.rows.set_origin({partition_, next_});
    const auto by_bytes = allowed.bytes / static_cast<std::int64_t>(line_bytes + sizeof(line));
    const auto may =
        static_cast<std::size_t>(std::max<std::int64_t>(std::min(allowed.rows, by_bytes), 1));
    const std::size_t rows =
        std::min({may, out.rows.room(), lines - next_, batch_bytes / line_bytes});
    const auto block = make_block(rows * line_bytes);
    for (std::size_t i = 0; i < rows; ++i) {
      char* const at = block.get() + i * line_bytes;
      std::memset(at, ' ', line_bytes);
      const auto number = std::to_string(next_++);
      std::ranges::copy(number, at);
      out.rows.next().text = {at, line_bytes};
      out.rows.push_next();
    }
    out.rows.keep({block, rows * line_bytes});
    return next_ == lines ? poll_state::end : poll_state::rows;
  }

private:
  std::shared_ptr<char[]> make_block(std::size_t bytes) {
    held_->bytes += bytes;
    held_->most = std::max(held_->most, held_->bytes);
    return {new char[bytes], [held = held_, bytes](const char* block) {
              held->bytes -= bytes;
              delete[] block;
            }};
  }

  std::shared_ptr<held_text> held_;
  const partition* partition_ = nullptr;
  std::size_t next_ = 0;
};

TEST(BorrowedTextTest, StaysBoundedWhereOneRowInAThousandSurvivesAFilter) {
  testing::for_each_seed([](std::uint32_t seed) {
    const auto held = std::make_shared<held_text>();
    memory_sink<std::string> survivors;
    app program{"test"};
    program.from(long_lines{held}) | filter([](const line& l) {
      return std::stoul(std::string{l.text.substr(0, 6)}) % 1000 == 999;
    }) | filter([](const line&) { return true; }).async()
        | map([](const line& l) { return std::string{l.text.substr(0, 5)}; }).async()
        | to(survivors);
    auto planned = program.plan();
    ASSERT_TRUE(planned) << planned.error().message;
    testing::seeded_job job{seed, planned->what};
    const auto ended = job.run();
    ASSERT_TRUE(ended && ended->state == job_state::finished);
    const auto rows = survivors.rows();
    ASSERT_EQ(rows.size(), lines / 1000);
    EXPECT_EQ(rows.front(), "999  ");
    EXPECT_EQ(rows.back(), "64999");
    // Of 64 MiB. What links may hold by their credit, and what is at hand in each actor.
    EXPECT_LE(held->most, 10 * batch_bytes);
  });
}

} // namespace
} // namespace weir
