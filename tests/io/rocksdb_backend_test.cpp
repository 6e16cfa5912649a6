// SPDX-License-Identifier: Apache-2.0

#include <weir/io/rocksdb_backend.hpp>
#include <weir/tests/support/scratch_directory.hpp>

#include <gmock/gmock.h>

#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <sys/resource.h>
#include <utility>
#include <vector>

namespace weir::test {
namespace {

namespace files = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

constexpr std::size_t mebibyte = std::size_t{1} << 20U;

std::unique_ptr<state_backend> opened(const std::string& directory,
                                      std::size_t bytes = 8 * mebibyte) {
  auto made = open_rocksdb_backend(directory, bytes);
  EXPECT_TRUE(made) << made.error().message;
  return made ? *std::move(made) : nullptr;
}
void put(state_backend& to, std::string_view key, std::optional<std::string_view> value) {
  const state_backend::change change{key, value};
  const auto written = to.write({&change, 1});
  ASSERT_TRUE(written) << written.error().message;
}
std::optional<std::string> read(state_backend& from, std::string_view key) {
  std::string value;
  const auto found = from.read(key, value);
  EXPECT_TRUE(found) << found.error().message;
  return *found ? std::optional{value} : std::nullopt;
}

TEST(RocksdbBackendTest, GivesBackWhatWasWritten) {
  const testing::scratch_directory scratch;
  const auto backend = opened(scratch.file("a/b"));
  const std::string key{"\0k", 2}, value{"v\0w", 3};
  put(*backend, key, value);
  put(*backend, "gone", "once");
  put(*backend, "gone", std::nullopt);
  put(*backend, "empty", "");
  EXPECT_EQ(read(*backend, key), value);
  EXPECT_EQ(read(*backend, "gone"), std::nullopt);
  EXPECT_EQ(read(*backend, "empty"), "");
  EXPECT_EQ(read(*backend, "never"), std::nullopt);
}

TEST(RocksdbBackendTest, ScansFromAKeyInOrderUntilItIsEnough) {
  const testing::scratch_directory scratch;
  const auto backend = opened(scratch.file("state"));
  for (const char* key : {"\xff", "b", "a", "ba", "c"}) put(*backend, key, key);
  std::vector<std::string> keys;
  const auto take = [&](std::string_view key, std::string_view value) {
    EXPECT_EQ(key, value);
    keys.emplace_back(key);
    return keys.size() < 3;
  };
  ASSERT_TRUE(backend->scan("aa", take));
  EXPECT_THAT(keys, ElementsAre("b", "ba", "c"));
  keys = {"", ""};
  ASSERT_TRUE(backend->scan("d", take));
  EXPECT_THAT(keys, ElementsAre("", "", "\xff"));
}

TEST(RocksdbBackendTest, RemovesARange) {
  const testing::scratch_directory scratch;
  const auto backend = opened(scratch.file("state"));
  for (const char* key : {"a", "b", "ba", "c", "d"}) put(*backend, key, key);
  ASSERT_TRUE(backend->remove_range("b", "c"));
  put(*backend, "bb", "later");
  EXPECT_EQ(read(*backend, "b"), std::nullopt);
  std::vector<std::string> keys;
  ASSERT_TRUE(backend->scan("", [&](std::string_view key, std::string_view) {
    keys.emplace_back(key);
    return true;
  }));
  EXPECT_THAT(keys, ElementsAre("a", "bb", "c", "d"));
}

TEST(RocksdbBackendTest, BeginsEmptyAndLeavesNothing) {
  const testing::scratch_directory scratch;
  const auto directory = scratch.file("state");
  {
    const auto left = opened(directory);
    put(*left, "a", "1");
    files::copy(directory, directory + "-left", files::copy_options::recursive); // as if killed
  }
  EXPECT_FALSE(files::exists(directory));
  files::rename(directory + "-left", directory);
  const auto backend = opened(directory);
  EXPECT_EQ(read(*backend, "a"), std::nullopt);
}

TEST(RocksdbBackendTest, RefusesADirectoryWithOtherFiles) {
  const testing::scratch_directory scratch;
  std::ofstream{scratch.file("thesis.txt")} << "chapter 1";
  const auto refused = open_rocksdb_backend(scratch.file(""), mebibyte);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message,
            "cannot keep state in '" + scratch.file("")
                + "': it holds other files; choose a directory of its own");
  EXPECT_TRUE(files::exists(scratch.file("thesis.txt")));
  EXPECT_FALSE(files::exists(scratch.file("LOCK")));
}

TEST(RocksdbBackendTest, RefusesADirectoryThatIsInUse) {
  const testing::scratch_directory scratch;
  const auto backend = opened(scratch.file("state"));
  put(*backend, "a", "1");
  const auto refused = open_rocksdb_backend(scratch.file("state"), mebibyte);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message,
              HasSubstr("cannot empty the state in '" + scratch.file("state")));
  EXPECT_THAT(refused.error().message, HasSubstr("no other job uses it"));
  EXPECT_EQ(read(*backend, "a"), "1");
}

TEST(RocksdbBackendTest, RefusesADirectoryThatCanNotBeMade) {
  const testing::scratch_directory scratch;
  std::ofstream{scratch.file("file")} << "x";
  const auto refused = open_rocksdb_backend(scratch.file("file/state"), mebibyte);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::config);
  EXPECT_THAT(refused.error().message, HasSubstr("cannot make the directory '"
                                                 + scratch.file("file/state") + "' for state: "));
}

/// While it lives no file of the process may grow beyond so many bytes, as on a full disk.
class full_disk {
public:
  explicit full_disk(rlim_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    auto small = before_;
    small.rlim_cur = bytes;
    ::setrlimit(RLIMIT_FSIZE, &small);
    handler_ = std::signal(SIGXFSZ, SIG_IGN);
  }
  full_disk(const full_disk&) = delete;
  full_disk& operator=(const full_disk&) = delete;
  ~full_disk() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

private:
  rlimit before_{};
  void (*handler_)(int) = nullptr;
};

TEST(RocksdbBackendTest, SaysWhenTheDiskIsFull) {
  const testing::scratch_directory scratch;
  const auto backend = opened(scratch.file("state"));
  const full_disk full{64 << 10};
  const std::string value(1'000, 'v');
  std::string message;
  for (int key = 0; key < 100'000 && message.empty(); ++key) {
    const auto name = std::to_string(key);
    const state_backend::change change{name, value};
    const auto written = backend->write({&change, 1});
    if (!written) message = written.error().message;
  }
  EXPECT_THAT(message, HasSubstr("cannot write the state in '" + scratch.file("state") + "': "));
}

TEST(RocksdbBackendTest, StaysWithinItsMemory) {
  const testing::scratch_directory scratch;
  constexpr auto most = 16 * mebibyte;
  const auto backend = opened(scratch.file("state"), most);
  const std::string value(100, 'v');
  std::vector<std::string> keys(1'000);
  std::uint64_t number = 0;
  for (int write = 0; write < 500; ++write) {
    std::vector<state_backend::change> changes;
    for (auto& key : keys) {
      key = std::to_string(number++ * 0x9e3779b97f4a7c15U);
      changes.push_back({key, value});
    }
    ASSERT_TRUE(backend->write(changes));
    for (int i = 0; i < 100; ++i) read(*backend, keys[static_cast<std::size_t>(i)]);
    ASSERT_LE(backend->memory_bytes(), most);
  }
  EXPECT_GT(backend->memory_bytes(), mebibyte);
}

TEST(RocksdbBackendTest, GivesEachOperatorADirectory) {
  const testing::scratch_directory scratch;
  const auto kind = rocksdb_state({.directory = scratch.file("state")});
  EXPECT_EQ(kind.name, "rocksdb");
  const auto first = kind.open("totals/1", mebibyte), second = kind.open("totals_1", mebibyte),
             third = kind.open("..", mebibyte);
  ASSERT_TRUE(first && second && third);
  std::vector<std::string> names;
  for (const auto& each : files::directory_iterator{scratch.file("state")})
    names.push_back(each.path().filename());
  EXPECT_THAT(names, ::testing::UnorderedElementsAre("totals%2f1", "totals_1", "%2e%2e"));
}

TEST(RocksdbBackendTest, KeepsStateAmongTemporaryFilesByDefault) {
  const auto of_ours = [] {
    std::size_t count = 0;
    const auto begin = "weir-state-" + std::to_string(::getpid()) + "-";
    for (const auto& each : files::directory_iterator{files::temp_directory_path()})
      count += each.path().filename().string().starts_with(begin) ? 1 : 0;
    return count;
  };
  {
    const auto backend = rocksdb_state().open("totals", mebibyte);
    ASSERT_TRUE(backend);
    EXPECT_EQ(of_ours(), 1U);
  }
  EXPECT_EQ(of_ours(), 0U);
}

} // namespace
} // namespace weir::test
