// SPDX-License-Identifier: Apache-2.0
//
// Mutated HDF5: a file with a manifest is refused before the library sees it; stored values of any
// bits become rows or rejects, none lost; and what happens to a file without manifest whose
// structure is damaged, where the library itself may crash, happens in a process of its own.

#include <weir/io/hdf5_source.hpp>
#include <weir/tests/support/hdf5_place.hpp>
#include <weir/tests/support/random_inputs.hpp>

#include <gtest/gtest.h>
#include <hdf5.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdint>
#include <fcntl.h>
#include <optional>
#include <random>
#include <string>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace weir {

namespace {

using testing::hdf5_place;
using testing::new_seed;
using testing::share_of_inputs;

enum class payment { cash, card };
BOOST_DESCRIBE_ENUM(payment, cash, card)

/// Fields that much can be wrong with, each read from a column of another type.
struct strict {
  bool flag = false;
  std::int8_t small = 0;
  std::optional<std::uint16_t> count;
  float single = 0;
  std::string text;
  timestamp time;
  std::optional<timestamp> seen;
  duration span{};
  payment paid = payment::cash;
  payment named = payment::cash;
};
BOOST_DESCRIBE_STRUCT(strict, (), (flag, small, count, single, text, time, seen, span, paid, named))

constexpr hsize_t row_count = 8;

/// Where a dataset's values lie in the file.
struct stretch {
  std::size_t from = 0, bytes = 0;
};

/// A file whose values can be changed in place: every dataset lies in one piece.
class open_file {
public:
  explicit open_file(const std::string& path)
      : file_{H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT)} {}
  ~open_file() { H5Fclose(file_); }

  template <class T>
  void add(const char* name, hid_t type, const std::array<T, row_count>& values) {
    const hid_t space = H5Screate_simple(1, &row_count, nullptr);
    const hid_t set = H5Dcreate2(file_, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    EXPECT_GE(H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), 0);
    places.push_back({H5Dget_offset(set), H5Dget_storage_size(set)});
    H5Dclose(set);
    H5Sclose(space);
  }

  std::vector<stretch> places;

private:
  hid_t file_;
};

/// Writes rows of `strict` that all fit, and gives where their values lie.
std::vector<stretch> write_strict(const std::string& path) {
  open_file file{path};
  std::array<std::int16_t, row_count> ones{1, 0, 1, 1, 0, 0, 1, 0};
  std::array<double, row_count> numbers{0, 1, 2, 3, 40, 500, 6000, 65'535};
  std::array<std::int64_t, row_count> times{0, 1, -1, 1'600'000'000, 5, 6, 7, 8};
  std::array<std::int64_t, row_count> enums{0, 1, 0, 1, 0, 1, 0, 1};
  std::array<char[20], row_count> stamps{};
  std::array<char[8], row_count> words{};
  for (std::size_t i = 0; i < row_count; ++i) {
    std::snprintf(stamps[i], sizeof stamps[i], "2021-01-0%zu 00:30:10", i + 1);
    std::snprintf(words[i], sizeof words[i], "%s", i % 2 == 0 ? "cash" : "card");
  }
  const hid_t stamp = H5Tcopy(H5T_C_S1), word = H5Tcopy(H5T_C_S1);
  H5Tset_size(stamp, sizeof stamps[0]);
  H5Tset_size(word, sizeof words[0]);
  const hid_t pay = H5Tenum_create(H5T_NATIVE_INT64);
  const std::int64_t cash = 0, card = 1;
  H5Tenum_insert(pay, "cash", &cash);
  H5Tenum_insert(pay, "card", &card);
  file.add("flag", H5T_NATIVE_INT16, ones);
  file.add("small", H5T_NATIVE_INT16, ones);
  file.add("count", H5T_NATIVE_DOUBLE, numbers);
  file.add("single", H5T_NATIVE_DOUBLE, numbers);
  file.add("text", word, words);
  file.add("time", stamp, stamps);
  file.add("seen", H5T_NATIVE_INT64, times);
  file.add("seen.valid", H5T_NATIVE_UINT8, std::array<std::uint8_t, row_count>{1, 1, 0, 1});
  file.add("span", H5T_NATIVE_DOUBLE, numbers);
  file.add("paid", word, words);
  file.add("named", pay, enums);
  H5Tclose(stamp);
  H5Tclose(word);
  H5Tclose(pay);
  return file.places;
}

/// Overwrites bytes of a file that exists.
void patch(const std::string& path, std::size_t at, std::string_view bytes) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  ASSERT_GE(file, 0);
  EXPECT_EQ(::pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(at)),
            static_cast<ssize_t>(bytes.size()));
  ::close(file);
}

/// A byte that is likely to matter.
char likely(std::mt19937_64& random) {
  constexpr std::string_view bytes{"\x00\xff\x7f\x80 -:0129ac", 14};
  return random() % 2 == 0 ? static_cast<char>(random()) : bytes[random() % bytes.size()];
}

TEST(Hdf5RandomTest, LosesNoRowWhateverTheStoredValuesAre) {
  const auto seed = new_seed();
  std::mt19937_64 random{seed};
  hdf5_place place{testing::fast_folder()};
  const auto path = place.path("f.h5");
  const auto places = write_strict(path);
  const hdf5_options in_seconds{.time_unit = "s"};
  ASSERT_EQ(place.read<strict>("f.h5", in_seconds).rows.size(), row_count);
  auto bytes = place.bytes_of("f.h5");
  const auto original = bytes;
  const int count = share_of_inputs(40);
  int read = 0, rejecting = 0;
  for (; read < count; ++read) {
    if (random() % 8 == 0) bytes = original;
    for (auto changes = random() % 6; changes != 0; --changes) {
      const auto& where = places[random() % places.size()];
      bytes[where.from + random() % where.bytes] = likely(random);
    }
    patch(path, 0, bytes);
    const auto all = place.read<strict>("f.h5", in_seconds);
    ASSERT_FALSE(all.failure) << all.failure->message << ", seed " << seed;
    ASSERT_EQ(all.rows.size() + all.rejects.size(), row_count) << "seed " << seed;
    rejecting += !all.rejects.empty();
  }
  EXPECT_GT(rejecting, count / 4);
  EXPECT_LT(rejecting, count);
}

struct small_trip {
  double distance = 0;
  std::optional<int> passengers;
  std::string driver;
};
BOOST_DESCRIBE_STRUCT(small_trip, (), (distance, passengers, driver))

const std::vector<small_trip> trips{{1.5, 2, "Zoë"}, {-0.5, {}, ""}, {3, 4, "someone else"}};

std::string mutated(const std::string& whole, std::mt19937_64& random) {
  std::string bytes = whole;
  for (auto changes = 1 + random() % 3; changes != 0; --changes) {
    const auto at = random() % bytes.size();
    switch (random() % 8) {
      case 0: bytes.resize(1 + at); break;
      case 1: bytes.erase(at, std::min<std::size_t>(1 + random() % 16, bytes.size() - 1)); break;
      case 2: bytes.insert(at, 1 + random() % 16, likely(random)); break;
      default: bytes[at] = likely(random); break;
    }
  }
  return bytes;
}

TEST(Hdf5RandomTest, RefusesEveryMutationOfAFileWithManifest) {
  const auto seed = new_seed();
  std::mt19937_64 random{seed};
  hdf5_place place{testing::fast_folder()};
  place.write("f.h5", trips, {.chunk_rows = 8});
  const auto whole = place.bytes_of("f.h5");
  int refused = 0, unchanged = 0;
  for (int i = 0; i < share_of_inputs(58); ++i) {
    const auto bytes = mutated(whole, random);
    place.put("f.h5", bytes);
    const auto all = place.read<small_trip>("f.h5");
    if (bytes == whole) {
      ASSERT_EQ(all.rows.size(), trips.size());
      ++unchanged;
      continue;
    }
    ASSERT_TRUE(all.failure) << "seed " << seed;
    ASSERT_TRUE(all.rows.empty() && all.rejects.empty()) << "seed " << seed;
    ASSERT_NE(all.failure->message.find("is damaged: its checksum is"), std::string::npos)
        << all.failure->message;
    ++refused;
  }
  EXPECT_EQ(refused + unchanged, share_of_inputs(58));
  EXPECT_GT(refused, unchanged);
}

/// What became of damaged files; in memory that parent and children share.
struct tally {
  int done = 0;   ///< Files begun, so that a child goes on behind the one that killed its sibling.
  int rows = 0;   ///< Files that were read, rightly or wrongly: no checksum, so nobody knows.
  int errors = 0; ///< Files refused with a message.
};

/// Reads one mutated file after the other, until all are done or one kills the process.
[[noreturn]] void read_damaged(hdf5_place& place, const std::string& whole, std::uint64_t seed,
                               int count, tally& seen) {
  // The library's crash is no finding of the sanitizers, nor worth their reports.
  std::signal(SIGSEGV, SIG_DFL);
  std::signal(SIGBUS, SIG_DFL);
  ::close(STDERR_FILENO);
  while (seen.done < count) {
    std::mt19937_64 random{seed + static_cast<std::uint64_t>(seen.done++)};
    place.put("f.h5", mutated(whole, random));
    ::alarm(2);
    const auto is_read = [&] {
      auto made = hdf5<small_trip>(place.path("f.h5")).make();
      if (!made) return false;
      testing::source_driver<small_trip> driver{*std::move(made)};
      if (!driver.open()) return false;
      driver.run({}, 10'000); // a damaged length may promise rows without end
      return !driver.failure;
    }(); // by now its thread has ended too, and can't kill the process any more
    ++(is_read ? seen.rows : seen.errors);
  }
  ::_exit(0);
}

// The library is not made for hostile files, and a warning says so of every file without manifest.
// What that means is counted here: almost always rows or a clear error, seldom the end of a
// process.
TEST(Hdf5RandomTest, ReadsOrRefusesWithoutManifestUnlessTheLibraryDies) {
  const auto seed = new_seed();
  hdf5_place place{testing::fast_folder()};
  place.write("whole.h5", trips, {.chunk_rows = 8});
  const auto whole = place.bytes_of("whole.h5");
  const int count = share_of_inputs(2);
  void* shared =
      ::mmap(nullptr, sizeof(tally), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(shared, MAP_FAILED);
  auto& seen = *new (shared) tally;
  int deaths = 0, hangs = 0;
  while (seen.done < count) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) read_damaged(place, whole, seed, count, seen);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) continue;
    ++(WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM ? hangs : deaths);
  }
  std::cout << seen.rows << " read, " << seen.errors << " refused, " << deaths << " crashes and "
            << hangs << " hangs of the library\n";
  EXPECT_EQ(seen.rows + seen.errors + deaths + hangs, count) << "seed " << seed;
  EXPECT_LE(deaths + hangs, 2 + count / 50) << "seed " << seed;
  ::munmap(shared, sizeof(tally));
}

} // namespace

} // namespace weir
