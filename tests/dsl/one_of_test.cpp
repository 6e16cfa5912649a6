// SPDX-License-Identifier: Apache-2.0

#include <weir/dsl/one_of.hpp>
#include <weir/dsl/pipeline.hpp>
#include <weir/io/csv_sink.hpp>
#include <weir/io/lines_source.hpp>
#include <weir/io/tcp_lines_source.hpp>
#include <weir/tests/support/scratch_directory.hpp>

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

namespace weir {
namespace {

using place = one_of<line_files<line>, tcp_line_server<line>>;

TEST(OneOfTest, IsBoundedWhereAllAre) {
  static_assert(!place::is_bounded);
  static_assert(one_of<line_files<line>>::is_bounded);
}

TEST(OneOfTest, HasNameAndOptionsOfTheOneItIs) {
  const place files = lines("a.txt"), server = tcp_lines(":9000");
  EXPECT_EQ(files.describe(), "lines(a.txt)");
  EXPECT_EQ(server.describe(), "tcp_lines(:9000)");
  EXPECT_EQ(files.options().table, &record_of<lines_options>());
  EXPECT_EQ(server.options().table, &record_of<tcp_lines_options>());
}

TEST(OneOfTest, StandsWhereTheOneItIsCouldStand) {
  const testing::scratch_directory scratch;
  const auto in = scratch.file("in.txt"), out = scratch.file("out.csv");
  std::ofstream{in} << "a\nb\n";
  app program{"test"};
  const one_of<csv_sink<line>> written = csv(out).bind<line>();
  program.from(place{lines(in)}) | to(written);
  auto running = program.start();
  ASSERT_TRUE(running) << running.error().message;
  ASSERT_EQ(running->wait().state, job_state::finished);
  std::ifstream file{out};
  EXPECT_EQ((std::string{std::istreambuf_iterator<char>{file}, {}}), "text\na\nb\n");
}

} // namespace
} // namespace weir
