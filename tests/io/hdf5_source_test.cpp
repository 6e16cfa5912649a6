// SPDX-License-Identifier: Apache-2.0

#include <weir/io/hdf5_columns.hpp>
#include <weir/io/hdf5_manifest.hpp>
#include <weir/io/hdf5_source.hpp>
#include <weir/tests/support/hdf5_place.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <hdf5.h>

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace weir {

namespace {

using ::testing::HasSubstr;
using testing::hdf5_place;

enum class payment { cash, card };
BOOST_DESCRIBE_ENUM(payment, cash, card)

struct trip {
  double distance = 0;
  std::optional<int> passengers;
};
BOOST_DESCRIBE_STRUCT(trip, (), (distance, passengers))
[[maybe_unused]] inline auto aliases(of<trip>) {
  return alias_list<trip>{{&trip::distance, {"trip_distance"}}};
}

// Records of one column, to ask what a dataset is read as.
struct whole {
  std::int16_t x = 0;
};
BOOST_DESCRIBE_STRUCT(whole, (), (x))
struct maybe_whole {
  std::optional<std::uint8_t> x;
};
BOOST_DESCRIBE_STRUCT(maybe_whole, (), (x))
struct small {
  float x = 0;
};
BOOST_DESCRIBE_STRUCT(small, (), (x))
struct flag {
  bool x = false;
};
BOOST_DESCRIBE_STRUCT(flag, (), (x))
struct words {
  std::string x;
};
BOOST_DESCRIBE_STRUCT(words, (), (x))
struct moment {
  timestamp x;
};
BOOST_DESCRIBE_STRUCT(moment, (), (x))
struct span_of {
  duration x{};
};
BOOST_DESCRIBE_STRUCT(span_of, (), (x))
struct paying {
  payment x{};
};
BOOST_DESCRIBE_STRUCT(paying, (), (x))

/// A file as another program would write it: no manifest, no marks.
class foreign_file {
public:
  explicit foreign_file(const std::string& path)
      : file_{H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT)} {}
  ~foreign_file() { H5Fclose(file_); }

  template <class T>
  foreign_file& add(const char* name, hid_t stored, hid_t memory, const std::vector<T>& values,
                    const char* unit = nullptr) {
    const hsize_t rows = values.size();
    return add_shaped(name, stored, memory, values.data(), 1, &rows, unit);
  }
  foreign_file& add(const char* name, const std::vector<double>& values) {
    return add(name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, values);
  }
  foreign_file& add(const char* name, const std::vector<std::int64_t>& values,
                    const char* unit = nullptr) {
    return add(name, H5T_STD_I64LE, H5T_NATIVE_INT64, values, unit);
  }
  foreign_file& add_text(const char* name, const std::vector<const char*>& values) {
    const hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, H5T_VARIABLE);
    add(name, type, type, values);
    H5Tclose(type);
    return *this;
  }
  foreign_file& add_shaped(const char* name, hid_t stored, hid_t memory, const void* values,
                           int rank, const hsize_t* shape, const char* unit = nullptr) {
    const hid_t space = H5Screate_simple(rank, shape, nullptr);
    const hid_t set = H5Dcreate2(file_, name, stored, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Dwrite(set, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
    if (unit != nullptr) {
      const hid_t type = H5Tcopy(H5T_C_S1);
      H5Tset_size(type, H5T_VARIABLE);
      const hid_t scalar = H5Screate(H5S_SCALAR);
      const hid_t attribute = H5Acreate2(set, "unit", type, scalar, H5P_DEFAULT, H5P_DEFAULT);
      H5Awrite(attribute, type, &unit);
      H5Aclose(attribute);
      H5Sclose(scalar);
      H5Tclose(type);
    }
    H5Dclose(set);
    H5Sclose(space);
    return *this;
  }

private:
  hid_t file_;
};

class Hdf5SourceTest : public ::testing::Test {
protected:
  /// The one column `x` as a field of Row: its values as text, or why it can't be read.
  template <class Row>
  std::vector<std::string> column(hdf5_options options = {}) {
    auto all = place.read<Row>("f.h5", std::move(options));
    rejects = std::move(all.rejects);
    if (all.failure) return {"error: " + all.failure->message};
    std::vector<std::string> values;
    for (const auto& row : all.rows) values.push_back(row.text.substr(0, row.text.size() - 1));
    return values;
  }
  template <class Row>
  std::string failure_of(const std::string& name = "f.h5", errc code = errc::damaged) {
    auto all = place.read<Row>(name);
    EXPECT_TRUE(all.failure);
    if (!all.failure) return "read without an error";
    EXPECT_EQ(all.failure->code, code) << all.failure->message;
    return all.failure->message;
  }
  foreign_file file() { return foreign_file{place.path("f.h5")}; }

  hdf5_place place;
  std::vector<reject> rejects;
};

using ::testing::ElementsAre;

TEST_F(Hdf5SourceTest, KeepsTheSourceContract) {
  std::vector<trip> rows;
  for (int i = 0; i < 40; ++i)
    rows.push_back({i * 0.5, i % 3 == 0 ? std::nullopt : std::optional{i}});
  place.write("a.h5", rows);
  testing::check_source_contract<trip>(
      {.make = [&] { return hdf5<trip>(place.path("a.h5")).make(); }, .rows = rows});
}

TEST_F(Hdf5SourceTest, GivesFilesInTheOrderOfTheirNames) {
  place.write("b.h5", std::vector<trip>{});
  place.write("c.h5", std::vector<trip>{{3, 3}});
  place.write("a.h5", std::vector<trip>{{1, 1}, {2, 2}});
  const auto all = place.read<trip>("*.h5*"); // the pattern finds manifests, too
  ASSERT_FALSE(all.failure) << all.failure->message;
  ASSERT_EQ(all.rows.size(), 3u);
  EXPECT_EQ(all.rows[0].text, "1|1|");
  EXPECT_EQ(all.rows[1].text, "2|2|");
  EXPECT_EQ(all.rows[2].text, "3|3|");
  EXPECT_EQ(all.rows[2].partition, "c");
  EXPECT_TRUE(all.has_ended);
}

TEST_F(Hdf5SourceTest, KeepsTheSourceContractWithRejects) {
  std::vector<std::int64_t> values;
  std::vector<whole> good;
  for (std::int64_t i = 0; i < 60; ++i) {
    values.push_back(i % 4 == 1 ? 100'000 + i : i);
    if (i % 4 != 1) good.push_back({static_cast<std::int16_t>(i)});
  }
  file().add("x", values);
  testing::check_source_contract<whole>(
      {.make = [&] { return hdf5<whole>(place.path("f.h5")).make(); },
       .rows = good,
       .rejects = 15});
}

TEST_F(Hdf5SourceTest, TakesMoreRejectsThanABatchHolds) {
  file().add("x", std::vector<std::int64_t>(20'000, 100'000));
  EXPECT_THAT(column<whole>(), ElementsAre());
  EXPECT_EQ(rejects.size(), 20'000u);
}

TEST_F(Hdf5SourceTest, CallsPartitionsByStemAndCountsRowsThatFit) {
  foreign_file{place.path("2020-01.h5")}.add("x", std::vector<std::int64_t>{1, 99'999, 3});
  foreign_file{place.path("2020-02.h5")}.add("x", std::vector<std::int64_t>{4});
  const auto all = place.read<whole>("2020-*.h5");
  ASSERT_EQ(all.rows.size(), 3u);
  EXPECT_EQ(all.rows[1].text, "3|");
  EXPECT_EQ(all.rows[1].partition, "2020-01");
  EXPECT_EQ(all.rows[1].position, 1u) << "a rejected row takes no position";
  EXPECT_EQ(all.rows[2].partition, "2020-02");
  EXPECT_EQ(all.rows[2].position, 0u);
  ASSERT_EQ(all.rejects.size(), 1u);
  EXPECT_EQ(all.rejects[0].where, place.path("2020-01.h5") + ":row 1");
  EXPECT_EQ(all.rejects[0].reason, "dataset 'x': 99999 does not fit int16");
  EXPECT_EQ(all.rejects[0].raw, "99999");
}

TEST_F(Hdf5SourceTest, IsDestroyedWhileItReadsAhead) {
  place.write("f.h5", std::vector<whole>(300'000), {.chunk_rows = 1000});
  for (int round = 0; round < 20; ++round) {
    testing::source_driver<whole> driver{*hdf5<whole>(place.path("f.h5")).make()};
    ASSERT_TRUE(driver.open());
    driver.run({}, static_cast<std::size_t>(round) * 5000); // round 0: while it reads the first
    ASSERT_FALSE(driver.failure);
    EXPECT_FALSE(driver.has_ended);
  }
}

TEST_F(Hdf5SourceTest, WarnsOnceOfFilesWithoutChecksum) {
  foreign_file{place.path("a.h5")}.add("x", std::vector<std::int64_t>{1});
  foreign_file{place.path("b.h5")}.add("x", std::vector<std::int64_t>{2});
  EXPECT_FALSE(place.read<whole>("*.h5").failure);
  ASSERT_EQ(place.warnings.size(), 1u);
  EXPECT_THAT(place.warnings[0], HasSubstr("a.h5' and 1 more have no checksum beside it (.xxh3)"));
  EXPECT_THAT(place.warnings[0], HasSubstr("wrong data"));
}

// --- what files of others hold
// ----------------------------------------------------------------------

TEST_F(Hdf5SourceTest, ConvertsNumbersThatFitAndRejectsOthers) {
  file().add("x", std::vector<double>{1, -2, 2.5, 40'000, 1e300, 7});
  EXPECT_THAT(column<whole>(), ElementsAre("1", "-2", "7"));
  ASSERT_EQ(rejects.size(), 3u);
  EXPECT_EQ(rejects[0].reason, "dataset 'x': 2.5 does not fit int16");
}

TEST_F(Hdf5SourceTest, ReadsOtherByteOrdersAndWidths) {
  file().add("x", H5T_STD_I32BE, H5T_NATIVE_INT64, std::vector<std::int64_t>{1, -300});
  EXPECT_THAT(column<whole>(), ElementsAre("1", "-300"));
  EXPECT_THAT(column<small>(), ElementsAre("1", "-300"));
  file().add("x", H5T_STD_U64BE, H5T_NATIVE_UINT64, std::vector<std::uint64_t>{~0ULL, 3});
  EXPECT_THAT(column<whole>(), ElementsAre("3"));
}

TEST_F(Hdf5SourceTest, TakesNanForMissingWhereAFieldIsOptional) {
  file().add("x", std::vector<double>{1, std::nan(""), 255});
  EXPECT_THAT(column<maybe_whole>(), ElementsAre("1", "(none)", "255"));
  EXPECT_THAT(column<whole>(), ElementsAre("1", "255"));
  ASSERT_EQ(rejects.size(), 1u);
  EXPECT_EQ(rejects[0].reason, "dataset 'x': no value, but the field must have one");
  EXPECT_EQ(column<small>().size(), 3u) << "a floating field holds NaN";
}

TEST_F(Hdf5SourceTest, RejectsADoubleOutOfRangeOfAFloat) {
  file().add("x", std::vector<double>{1e300, 0.5});
  EXPECT_THAT(column<small>(), ElementsAre("0.5"));
}

TEST_F(Hdf5SourceTest, ReadsBooleansFromZeroAndOne) {
  file().add("x", std::vector<std::int64_t>{1, 0, 2});
  EXPECT_THAT(column<flag>(), ElementsAre("true", "false"));
  EXPECT_EQ(rejects.size(), 1u);
}

TEST_F(Hdf5SourceTest, ReadsTextOfFixedLength) {
  const hid_t type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, 4);
  for (auto padding : {H5T_STR_NULLTERM, H5T_STR_NULLPAD, H5T_STR_SPACEPAD}) {
    H5Tset_strpad(type, padding);
    std::vector<char> values(8, padding == H5T_STR_SPACEPAD ? ' ' : '\0');
    std::copy_n("ab", 2, values.begin());
    std::copy_n("xyz", 3, values.begin() + 4);
    const hsize_t rows = 2;
    file().add_shaped("x", type, type, values.data(), 1, &rows);
    EXPECT_THAT(column<words>(), ElementsAre("ab", "xyz")) << padding;
  }
  H5Tclose(type);
}

TEST_F(Hdf5SourceTest, ReadsTimesOfAnyUnit) {
  for (const auto& [unit, value] : std::vector<std::pair<const char*, std::int64_t>>{
           {"s", 86'400}, {"ms", 86'400'000}, {"us", 86'400'000'000}, {"ns", 86'400'000'000'999}}) {
    file().add("x", std::vector<std::int64_t>{value}, unit);
    EXPECT_THAT(column<moment>(), ElementsAre("1970-01-02T00:00:00Z")) << unit;
    EXPECT_THAT(column<span_of>(), ElementsAre("1d")) << unit;
  }
  file().add("x", std::vector<std::int64_t>{-1}, "ns");
  EXPECT_THAT(column<moment>(), ElementsAre("1969-12-31T23:59:59.999999Z")) << "never later";
  file().add("x", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, std::vector<double>{0.25, 1e300}, "s");
  EXPECT_THAT(column<moment>(), ElementsAre("1970-01-01T00:00:00.250000Z"));
  EXPECT_EQ(rejects.size(), 1u);
  file().add("x", std::vector<std::int64_t>{1, INT64_MAX}, "s");
  EXPECT_THAT(column<moment>(), ElementsAre("1970-01-01T00:00:01Z"));
  file().add_text("x", {"2021-01-01 00:30:10", "tomorrow"});
  EXPECT_THAT(column<moment>(), ElementsAre("2021-01-01T00:30:10Z"));
}

TEST_F(Hdf5SourceTest, DoesNotGuessTheUnitOfATime) {
  file().add("x", std::vector<std::int64_t>{1});
  EXPECT_THAT(
      failure_of<moment>("f.h5", errc::config),
      HasSubstr("dataset 'x' holds numbers, but field 'x' is a time, and no attribute 'unit' "
                "says of what; set the option time_unit"));
  EXPECT_THAT(column<moment>({.time_unit = "s"}), ElementsAre("1970-01-01T00:00:01Z"));
  file().add("x", std::vector<std::int64_t>{1}, "fortnights");
  EXPECT_THAT(failure_of<moment>("f.h5", errc::config), HasSubstr("'fortnights' is not known"));
}

TEST_F(Hdf5SourceTest, ReadsEnumsByNameWhateverTheirNumbers) {
  const hid_t other = H5Tenum_create(H5T_NATIVE_INT8);
  for (const auto& [name, value] :
       std::vector<std::pair<const char*, std::int8_t>>{{"card", 7}, {"cash", -2}, {"gold", 0}})
    H5Tenum_insert(other, name, &value);
  file().add("x", other, other, std::vector<std::int8_t>{7, -2, 0});
  EXPECT_THAT(column<paying>(), ElementsAre("card", "cash"));
  ASSERT_EQ(rejects.size(), 1u);
  EXPECT_EQ(rejects[0].reason, "dataset 'x': 'gold' is none of cash, card");
  EXPECT_THAT(column<words>(), ElementsAre("card", "cash", "gold"));
  H5Tclose(other);
  file().add_text("x", {"cash", "gold", "card"});
  EXPECT_THAT(column<paying>(), ElementsAre("cash", "card"));
}

TEST_F(Hdf5SourceTest, FindsColumnsByAliasInAGroup) {
  hdf5_options options;
  options.group = "/a/group";
  place.write("g.h5", std::vector<trip>{{1.5, 2}}, options);
  const auto all = place.read<trip>("g.h5", options);
  ASSERT_EQ(all.rows.size(), 1u);
  EXPECT_EQ(all.rows[0].text, "1.5|2|");
  file().add("trip_distance", std::vector<double>{2.5});
  const auto by_alias = place.read<trip>("f.h5");
  ASSERT_EQ(by_alias.rows.size(), 1u);
  EXPECT_EQ(by_alias.rows[0].text, "2.5|(none)|") << "an optional column may be missing";
}

TEST_F(Hdf5SourceTest, ListsColumnsForToolsThatKnowNoRecord) {
  file()
      .add("a", std::vector<double>{1})
      .add("b", std::vector<std::int64_t>{1}, "ms")
      .add("c", std::vector<std::int64_t>{1})
      .add_text("d", {"text"});
  auto columns = hdf5_columns(place.path("f.h5"), {});
  ASSERT_TRUE(columns);
  ASSERT_EQ(columns->size(), 4u);
  EXPECT_EQ((*columns)[0].kind, field_kind::float64);
  EXPECT_EQ((*columns)[1].kind, field_kind::time);
  EXPECT_EQ((*columns)[2].kind, field_kind::int64);
  EXPECT_EQ((*columns)[3].kind, field_kind::text_view);
  place.write("own.h5", std::vector<trip>{{1, 2}});
  columns = hdf5_columns(place.path("own.h5"), {});
  ASSERT_EQ(columns->size(), 2u) << "marks of optional columns are no columns";
  EXPECT_TRUE((*columns)[1].is_optional);
  EXPECT_EQ((*columns)[1].kind, field_kind::int32);
  EXPECT_FALSE(hdf5_columns(place.path("own.h5"), {.group = "/none"}));
}

// --- bad input
// ------------------------------------------------------------------------------------

TEST_F(Hdf5SourceTest, SaysWhichDatasetIsMissingAndWhatWasFound) {
  file().add("dist", std::vector<double>{1}).add("fare", std::vector<double>{2});
  EXPECT_EQ(
      failure_of<trip>("f.h5", errc::config),
      "cannot read '" + place.path("f.h5")
          + "': no dataset 'distance' or 'trip_distance'; found 'dist', 'fare'; name the group "
            "that holds the columns (`group`), or declare the dataset's name as an alias of the "
            "field");
}

TEST_F(Hdf5SourceTest, SaysThatAGroupIsMissing) {
  file().add("x", std::vector<double>{1});
  auto all = place.read<whole>("f.h5", {.group = "/trips"});
  ASSERT_TRUE(all.failure);
  EXPECT_THAT(all.failure->message, HasSubstr("no group '/trips'"));
}

TEST_F(Hdf5SourceTest, SaysThatNoFileMatches) {
  EXPECT_THAT(failure_of<whole>("none-*.h5", errc::config), HasSubstr("none-*.h5"));
  EXPECT_THAT(failure_of<whole>("none.h5", errc::config), HasSubstr("none.h5"));
}

TEST_F(Hdf5SourceTest, RefusesWhatIsNoHdf5File) {
  for (const auto* content : {"", "distance\n1.5\n", "\x89HDF\r\n"}) {
    place.put("f.h5", content);
    EXPECT_THAT(failure_of<whole>(), HasSubstr("f.h5' is not an HDF5 file"));
  }
}

TEST_F(Hdf5SourceTest, RefusesATruncatedFileAtEveryLength) {
  place.write("whole.h5", std::vector<trip>(1000, trip{1.5, 2}));
  const auto bytes = place.bytes_of("whole.h5");
  for (std::size_t length = 0; length < bytes.size(); length += 1 + bytes.size() / 50) {
    place.put("f.h5", std::string_view{bytes}.substr(0, length));
    const auto why = failure_of<trip>(); // without a manifest: HDF5 finds this out by itself
    EXPECT_TRUE(why.find("truncated") != std::string::npos
                || why.find("not an HDF5 file") != std::string::npos)
        << why;
  }
}

TEST_F(Hdf5SourceTest, FindsEveryFlippedByte) {
  place.write("f.h5", std::vector<trip>(1000, trip{1.5, 2}));
  const auto bytes = place.bytes_of("f.h5");
  std::mt19937 chance{17};
  for (int i = 0; i < 300; ++i) {
    auto damaged = bytes;
    const auto at = chance() % damaged.size();
    damaged[at] = static_cast<char>(damaged[at] ^ (1 + chance() % 255));
    place.put("f.h5", damaged);
    EXPECT_THAT(failure_of<trip>(), HasSubstr("is damaged: its checksum is")) << "byte " << at;
  }
  place.put("f.h5", bytes);
  EXPECT_FALSE(place.read<trip>("f.h5").failure);
}

TEST_F(Hdf5SourceTest, RefusesAManifestThatIsNone) {
  place.write("f.h5", std::vector<trip>(3));
  for (const auto* content : {"", "xyz", "0123456789abcdef  f.h5\n"}) {
    place.put("f.h5.xxh3", content);
    EXPECT_THAT(failure_of<trip>(), HasSubstr("holds no XXH3-128 checksum"));
  }
}

TEST_F(Hdf5SourceTest, RefusesColumnsOfDifferentLength) {
  file().add("distance", std::vector<double>{1, 2}).add("passengers", std::vector<std::int64_t>{1});
  EXPECT_THAT(
      failure_of<trip>(),
      HasSubstr("dataset 'distance' has 2 rows, but 'passengers' has 1; columns of one length"));
}

TEST_F(Hdf5SourceTest, RefusesColumnsOfAnotherType) {
  file().add_text("x", {"1"});
  EXPECT_THAT(failure_of<whole>("f.h5", errc::config),
              HasSubstr("dataset 'x' holds text, which field 'x' of type int16 can't take"));
  file().add("x", std::vector<double>{1});
  EXPECT_THAT(failure_of<words>("f.h5", errc::config),
              HasSubstr("dataset 'x' holds numbers (float64), which field 'x' of type text"));
  EXPECT_THAT(failure_of<paying>("f.h5", errc::config), HasSubstr("of type enum can't take"));
  const hid_t pair = H5Tcreate(H5T_COMPOUND, 16);
  H5Tinsert(pair, "a", 0, H5T_NATIVE_DOUBLE);
  H5Tinsert(pair, "b", 8, H5T_NATIVE_DOUBLE);
  file().add("x", pair, pair, std::vector<std::pair<double, double>>{{1, 2}, {3, 4}});
  H5Tclose(pair);
  EXPECT_THAT(failure_of<whole>("f.h5", errc::config), HasSubstr("and this is none of them"));
}

TEST_F(Hdf5SourceTest, RefusesWhatHasNotOneDimension) {
  const std::vector<double> values{1, 2, 3, 4};
  const hsize_t shape[] = {2, 2};
  file().add_shaped("x", H5T_NATIVE_DOUBLE, H5T_NATIVE_DOUBLE, values.data(), 2, shape);
  EXPECT_THAT(failure_of<whole>("f.h5", errc::config), HasSubstr("dataset of one dimension"));
  file().add_shaped("x", H5T_NATIVE_DOUBLE, H5T_NATIVE_DOUBLE, values.data(), 0, nullptr);
  EXPECT_THAT(failure_of<whole>("f.h5", errc::config), HasSubstr("dataset of one dimension"));
}

TEST_F(Hdf5SourceTest, FailsBehindTheRowsOfTheFilesBeforeADamagedOne) {
  place.write("a.h5", std::vector<trip>(10));
  place.write("b.h5", std::vector<trip>(10));
  place.put("b.h5", place.bytes_of("a.h5") + "more");
  const auto all = place.read<trip>("*.h5");
  EXPECT_EQ(all.rows.size(), 10u);
  ASSERT_TRUE(all.failure);
  EXPECT_THAT(all.failure->message, HasSubstr("b.h5' is damaged"));
}

} // namespace

} // namespace weir
