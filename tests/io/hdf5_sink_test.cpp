// SPDX-License-Identifier: Apache-2.0

#include <weir/io/hdf5_manifest.hpp>
#include <weir/io/hdf5_sink.hpp>
#include <weir/io/hdf5_writer.hpp>
#include <weir/tests/support/hdf5_place.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <random>
#include <signal.h>
#include <string>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace weir {

namespace {

using ::testing::HasSubstr;
using testing::hdf5_place;

enum class payment { cash, card };
BOOST_DESCRIBE_ENUM(payment, cash, card)

struct trip {
  std::int64_t id = 0;
  std::string name;
  payment paid = payment::cash;
  friend bool operator==(const trip&, const trip&) = default;
};
BOOST_DESCRIBE_STRUCT(trip, (), (id, name, paid))

std::vector<trip> trips(std::int64_t count) {
  std::vector<trip> made;
  for (std::int64_t i = 0; i < count; ++i)
    made.push_back({i, "trip " + std::to_string(i), i % 2 == 0 ? payment::cash : payment::card});
  return made;
}

std::vector<std::string> texts_of(const std::vector<trip>& rows) {
  std::vector<std::string> texts;
  for (const auto& row : rows) texts.push_back(testing::text_of(row));
  return texts;
}

std::vector<std::string> texts_of(const std::vector<testing::given_row>& rows) {
  std::vector<std::string> texts;
  for (const auto& row : rows) texts.push_back(row.text);
  return texts;
}

TEST(Hdf5SinkTest, KeepsTheSinkContract) {
  const auto rows = trips(20);
  testing::check_sink_contract<trip>({
      .fresh =
          [&] {
            auto place = std::make_shared<hdf5_place>();
            return testing::sink_place<trip>{
                [place] { return hdf5(place->path("x.h5")).bind<trip>().make(); },
                [place, rows] {
                  const auto all = place->read<trip>("x.h5");
                  EXPECT_FALSE(all.failure);
                  // The contract compares rows; what was read is text.
                  const std::vector<trip> same{
                      rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(all.rows.size())};
                  EXPECT_EQ(texts_of(all.rows), texts_of(same));
                  return same;
                },
                [place] { return place->has("x.h5"); }};
          },
      .rows = rows,
      .restores_from = testing::restore_point::beginning,
  });
}

TEST(Hdf5SinkTest, LeavesNothingBesideFileAndManifest) {
  const hdf5_place place;
  place.write("x.h5", trips(3));
  EXPECT_TRUE(place.has("x.h5"));
  EXPECT_TRUE(place.has("x.h5.xxh3"));
  EXPECT_FALSE(place.has("x.h5.part"));
  EXPECT_FALSE(place.has("x.h5.xxh3.part"));
  {
    auto sink = hdf5(place.path("y.h5")).bind<trip>().make();
    ASSERT_TRUE((*sink)->open({"y", [] {}}));
    EXPECT_TRUE(place.has("y.h5.part"));
  }
  EXPECT_FALSE(place.has("y.h5.part")) << "a job that failed cleans up";
}

TEST(Hdf5SinkTest, KeepsWhatABarrierMadeSafeWhenTheJobDies) {
  hdf5_place place;
  const auto all = trips(9);
  const auto made = [&] { return hdf5(place.path("x.h5")).bind<trip>().make(); };
  {
    testing::sink_driver<trip> dying{{made, {}, {}}};
    dying.write({all.begin(), all.begin() + 4});
    dying.prepare(1);
    dying.prepare(2); // nothing new: no part
    dying.write({all.begin() + 4, all.begin() + 6});
    dying.prepare(3);
    dying.write({all.begin() + 6, all.end()});
  }
  EXPECT_FALSE(place.has("x.h5"));
  EXPECT_FALSE(place.has("x.h5.part"));
  EXPECT_EQ(texts_of(place.read<trip>("x.h5.part-*").rows), texts_of(trips(6)));
  {
    testing::sink_driver<trip> next{{made, {}, {}}};
    next.write(trips(2));
    next.prepare(1);
    EXPECT_TRUE(place.has("x.h5.part-0003"));
    next.close();
  }
  EXPECT_EQ(texts_of(place.read<trip>("x.h5").rows), texts_of(trips(2)));
  EXPECT_EQ(texts_of(place.read<trip>("x.h5.part-0001").rows), texts_of(trips(4)));
  EXPECT_TRUE(place.has("x.h5.part-0002"));
  EXPECT_FALSE(place.has("x.h5.part-0003")) << "its rows are in x.h5";
  EXPECT_FALSE(place.has("x.h5.part-0003.xxh3"));
}

TEST(Hdf5SinkTest, KeepsTheFileOfAnEarlierJobAside) {
  hdf5_place place;
  place.write("x.h5", trips(3));
  place.write("x.h5", trips(2));
  EXPECT_EQ(texts_of(place.read<trip>("x.h5").rows), texts_of(trips(2)));
  EXPECT_EQ(texts_of(place.read<trip>("x.h5.part-0001").rows), texts_of(trips(3)));
  EXPECT_TRUE(place.warnings.empty()) << "both have their checksums";
}

TEST(Hdf5SinkTest, WritesTheSameBytesWhereverBarriersFall) {
  const hdf5_place place;
  const auto all = trips(5000);
  const hdf5_options small_chunks{.group = "/a/b", .chunk_rows = 1000};
  const auto written = [&](std::size_t barrier_every) {
    const auto sink = hdf5(place.path("x.h5"), small_chunks).bind<trip>();
    testing::sink_driver<trip> run{{[&] { return sink.make(); }, {}, {}}};
    for (std::size_t from = 0; from < all.size(); from += barrier_every) {
      const auto to = std::min(all.size(), from + barrier_every);
      run.write({all.begin() + static_cast<std::ptrdiff_t>(from),
                 all.begin() + static_cast<std::ptrdiff_t>(to)});
      if (to < all.size()) run.prepare(to);
    }
    run.close();
    return place.bytes_of("x.h5");
  };
  const auto whole = written(all.size());
  for (std::size_t every : {1000, 1700, 4999}) EXPECT_EQ(written(every), whole) << every;
}

struct odd_values {
  double real = 0;
  std::optional<double> maybe_real;
  std::optional<int> maybe_whole;
  std::string text;
  std::optional<std::string> maybe_text;
  std::optional<payment> maybe_paid;
  bool flag = false;
};
BOOST_DESCRIBE_STRUCT(odd_values, (),
                      (real, maybe_real, maybe_whole, text, maybe_text, maybe_paid, flag))

TEST(Hdf5SinkTest, TakesEveryKindOfValueOverFromItsParts) {
  hdf5_place place;
  const double nan = std::nan("");
  std::vector<odd_values> all{{nan, nan, {}, "", "", payment::card, true},
                              {-0.0, {}, -7, std::string(5000, 'x'), {}, {}, false},
                              {1e308, 0.5, 0, "Zoë\n", "짜장면", payment::cash, true}};
  for (int i = 0; i < 4; ++i) all.insert(all.end(), all.begin(), all.begin() + 3);
  for (const std::uint32_t deflate : {0U, 1U}) {
    const hdf5_options options{.deflate = deflate, .chunk_rows = 4};
    place.write("whole.h5", all, options);
    const auto sink = hdf5(place.path("parts.h5"), options).bind<odd_values>();
    testing::sink_driver<odd_values> run{{[&] { return sink.make(); }, {}, {}}};
    for (std::size_t from = 0; from < all.size(); from += 5) {
      const auto at = all.begin() + static_cast<std::ptrdiff_t>(from);
      run.write({at, at + 5});
      run.prepare(from);
    }
    run.close();
    EXPECT_EQ(place.bytes_of("parts.h5"), place.bytes_of("whole.h5")) << "deflate " << deflate;
    const auto back = place.read<odd_values>("parts.h5");
    ASSERT_EQ(back.rows.size(), all.size());
    for (std::size_t i = 0; i < all.size(); ++i)
      EXPECT_EQ(back.rows[i].text, testing::text_of(all[i])) << "row " << i;
  }
}

TEST(Hdf5SinkTest, SaysWhichOfItsPartsIsLostOrDamagedAndMakesNoFile) {
  const auto failure_after = [](auto&& damage) -> std::string {
    hdf5_place place;
    auto sink = hdf5(place.path("x.h5")).bind<trip>().make();
    EXPECT_TRUE((*sink)->open({"x", [] {}}));
    batch<trip> rows;
    for (const auto& row : trips(3)) rows.push_back(row);
    for (std::uint64_t barrier = 1; barrier <= 2; ++barrier) {
      EXPECT_TRUE((*sink)->write(rows, 0, true));
      EXPECT_TRUE((*sink)->prepare(barrier));
    }
    damage(place);
    const auto closed = (*sink)->close();
    EXPECT_FALSE(place.has("x.h5"));
    EXPECT_TRUE(place.has("x.h5.part-0001")) << "what is left is kept";
    return closed ? "closed" : closed.error().message;
  };
  const std::string part = "x.h5.part-0002", manifest = part + ".xxh3";
  EXPECT_THAT(failure_after([&](hdf5_place& place) {
                place.remove(part);
                place.remove(manifest);
              }),
              HasSubstr("x.h5.part-0002', or the checksum beside it, was removed"));
  EXPECT_THAT(failure_after([&](hdf5_place& place) { place.remove(manifest); }),
              HasSubstr("or the checksum beside it, was removed"));
  EXPECT_THAT(failure_after([&](hdf5_place& place) { place.remove(part); }),
              HasSubstr("cannot open '"));
  EXPECT_THAT(failure_after([&](hdf5_place& place) {
                auto bytes = place.bytes_of(part);
                bytes[bytes.size() / 2] ^= 1;
                place.put(part, bytes);
              }),
              HasSubstr("x.h5.part-0002' is damaged: its checksum is"));
}

TEST(Hdf5SinkTest, ReplacesAFileWithItsManifest) {
  hdf5_place place;
  place.write("x.h5", trips(3));
  place.write("x.h5", trips(5));
  const auto all = place.read<trip>("x.h5");
  EXPECT_FALSE(all.failure);
  EXPECT_EQ(all.rows.size(), 5u);
}

TEST(Hdf5SinkTest, WritesAManifestThatXxhsumUnderstands) {
  const hdf5_place place;
  place.write("x.h5", trips(3));
  auto sum = checksum_of(place.path("x.h5"));
  ASSERT_TRUE(sum);
  EXPECT_EQ(place.bytes_of("x.h5.xxh3"), *sum + "  x.h5\n");
  // The published XXH3-128 of nothing.
  place.put("empty", "");
  EXPECT_EQ(*checksum_of(place.path("empty")), "99aa06d3014798d86001c324468d497f");
}

TEST(Hdf5SinkTest, SaysWhatItCannotWrite) {
  const hdf5_place place;
  const auto failure_of = [&](const trip& row) -> std::string {
    auto sink = hdf5(place.path("x.h5")).bind<trip>().make();
    EXPECT_TRUE((*sink)->open({"x", [] {}}));
    batch<trip> rows;
    rows.push_back(row);
    auto written = (*sink)->write(rows, 0, true);
    return written ? "" : written.error().message;
  };
  EXPECT_THAT(failure_of({1, std::string("a\0b", 3), payment::cash}),
              HasSubstr("dataset 'name', row 0: HDF5 text can't hold a NUL byte"));
  EXPECT_THAT(failure_of({1, "a", static_cast<payment>(9)}),
              HasSubstr("dataset 'paid', row 0: 9 is no named value of the enum"));
  EXPECT_FALSE(place.has("x.h5"));
}

TEST(Hdf5SinkTest, SaysWhereItCannotWrite) {
  const hdf5_place place;
  const auto failure_of = [](const hdf5_sink<trip>& sink) -> error {
    auto made = sink.make();
    if (!made) return made.error();
    auto opened = (*made)->open({"x", [] {}});
    return opened ? error{errc::failed, "opened"} : opened.error();
  };
  const auto missing = failure_of(hdf5(place.path("none/x.h5")).bind<trip>());
  EXPECT_EQ(missing.code, errc::config);
  EXPECT_THAT(missing.message, HasSubstr("cannot create '" + place.path("none/x.h5.part")));
  EXPECT_THAT(failure_of(hdf5<trip>({"a.h5", "b.h5"}).bind<trip>()).message, HasSubstr("name one"));
  EXPECT_THAT(failure_of(hdf5(place.path("x.h5"), {.deflate = 10}).bind<trip>()).message,
              HasSubstr("deflate is 0 to 9"));
}

TEST(Hdf5SinkTest, WritesColumnsThatNoRecordNames) {
  hdf5_place place;
  auto made = hdf5_writer::create(
      place.path("x.h5"),
      {{"id", field_kind::int64}, {"name", field_kind::text_view}, {"paid", field_kind::text}}, {});
  ASSERT_TRUE(made) << made.error().message;
  for (std::int64_t i = 0; i < 4; ++i) {
    const std::string name = "trip " + std::to_string(i), paid = i % 2 == 0 ? "cash" : "card";
    const std::string_view view = name;
    ASSERT_TRUE((*made)->append(0, &i));
    ASSERT_TRUE((*made)->append(1, &view));
    ASSERT_TRUE((*made)->append(2, &paid));
    ASSERT_TRUE((*made)->end_rows(1));
  }
  auto missing = (*made)->append(0, nullptr);
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().message, HasSubstr("a value is missing in a column"));
  made = hdf5_writer::create(place.path("y.h5"), {{"id", field_kind::int64}}, {});
  ASSERT_TRUE((*made)->finish());
  EXPECT_FALSE(place.has("x.h5")) << "never finished";
  EXPECT_TRUE(place.has("y.h5"));
}

/// Writes files over and over until its time is up, which ends it as abruptly as SIGKILL.
[[noreturn]] void write_until_killed(const hdf5_place& place, suseconds_t after_us) {
  ::signal(SIGALRM, SIG_DFL);
  const itimerval timer{{}, {0, after_us}};
  ::setitimer(ITIMER_REAL, &timer, nullptr);
  for (std::int64_t round = 0;; ++round)
    place.write("x.h5", trips(200 + round % 50), {.deflate = 0});
}

TEST(Hdf5SinkTest, LeavesNoFileThatLooksCompleteWhenItIsKilled) {
  std::mt19937 chance{41};
  for (int kill_number = 0; kill_number < 40; ++kill_number) {
    hdf5_place place;
    const auto after_us = static_cast<suseconds_t>(1 + chance() % 30'000);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) write_until_killed(place, after_us);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM);
    if (!place.has("x.h5")) continue;
    const auto all = place.read<trip>("x.h5");
    ASSERT_FALSE(all.failure) << all.failure->message;
    ASSERT_GE(all.rows.size(), 200u);
    EXPECT_EQ(texts_of(all.rows), texts_of(trips(static_cast<std::int64_t>(all.rows.size()))));
  }
}

} // namespace

} // namespace weir
