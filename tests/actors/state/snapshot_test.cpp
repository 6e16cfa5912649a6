// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/state/snapshot.hpp>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>

namespace weir::test {
namespace {

enum class colour : std::uint8_t { red, green };

RC_GTEST_PROP(SnapshotTest, GivesBackWhatWasWritten,
              (std::int64_t number, double real, bool flag, const std::string& text)) {
  snapshot_writer writer;
  writer.write(number).write(text).write(real).write(flag).write(colour::green);
  std::int64_t number_back = 0;
  double real_back = 0;
  bool flag_back = !flag;
  std::string text_back;
  colour colour_back = colour::red;
  snapshot_reader reader{writer.bytes()};
  reader.read(number_back).read(text_back).read(real_back).read(flag_back).read(colour_back);
  RC_ASSERT(reader.is_finished());
  RC_ASSERT(number_back == number && text_back == text && flag_back == flag);
  RC_ASSERT(std::memcmp(&real_back, &real, sizeof real) == 0);
  RC_ASSERT(colour_back == colour::green);
}

RC_GTEST_PROP(SnapshotTest, FailsForGoodWhenCutShort, (const std::string& text, std::uint64_t at)) {
  snapshot_writer writer;
  writer.write(text).write(std::uint64_t{7});
  const auto cut = static_cast<std::size_t>(at % writer.bytes().size());
  snapshot_reader reader{std::string_view{writer.bytes()}.substr(0, cut)};
  std::string text_back;
  std::uint64_t number = 0;
  std::uint8_t more = 9;
  reader.read(text_back).read(number).read(more);
  RC_ASSERT(!reader.ok());
  RC_ASSERT(more == 9);
}

TEST(SnapshotTest, RefusesTextLongerThanWhatIsLeft) {
  snapshot_writer writer;
  writer.write(std::uint64_t{1} << 60U);
  std::string text;
  EXPECT_FALSE(snapshot_reader{writer.bytes()}.read(text).ok());
}

} // namespace
} // namespace weir::test
