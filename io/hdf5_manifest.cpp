// SPDX-License-Identifier: Apache-2.0

#include <weir/io/hdf5_manifest.hpp>

#include <xxhash.h>

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string_view>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace weir {

namespace {

constexpr std::size_t read_bytes = 64 * 1024;
constexpr std::size_t checksum_digits = 32;

error failure(errc code, const std::string& what) {
  return {code, what + ": " + std::generic_category().message(errno)};
}

/// A file descriptor.
class open_file {
public:
  open_file(const std::string& path, int flags)
      : fd_{::open(path.c_str(), flags | O_CLOEXEC, 0644)} {}
  ~open_file() {
    if (fd_ >= 0) ::close(fd_);
  }
  open_file(const open_file&) = delete;
  open_file& operator=(const open_file&) = delete;
  explicit operator bool() const noexcept { return fd_ >= 0; }
  operator int() const noexcept { return fd_; }

private:
  int fd_;
};

result<void> sync(const std::string& path, int flags) {
  const open_file file{path, flags};
  if (!file || ::fsync(file) != 0) return failure(errc::failed, "cannot sync '" + path + "'");
  return {};
}

std::string folder_of(const std::string& path) {
  auto folder = std::filesystem::path{path}.parent_path().string();
  return folder.empty() ? "." : folder;
}

result<void> write_manifest(const std::string& path, const std::string& checksum) {
  const auto part = part_of(manifest_of(path));
  const auto line = checksum + "  " + std::filesystem::path{path}.filename().string() + "\n";
  const open_file file{part, O_WRONLY | O_CREAT | O_TRUNC};
  if (!file || ::write(file, line.data(), line.size()) != static_cast<ssize_t>(line.size())
      || ::fsync(file) != 0)
    return failure(errc::failed, "cannot write '" + part + "'");
  return {};
}

result<void> rename_part(const std::string& path) {
  if (std::rename(part_of(path).c_str(), path.c_str()) != 0)
    return failure(errc::failed, "cannot rename '" + part_of(path) + "' to '" + path + "'");
  return {};
}

} // namespace

std::string part_of(const std::string& path) { return path + ".part"; }
std::string manifest_of(const std::string& path) { return path + ".xxh3"; }

result<std::string> checksum_of(const std::string& path) {
  const open_file file{path, O_RDONLY};
  if (!file) return failure(errc::config, "cannot open '" + path + "'");
  const std::unique_ptr<XXH3_state_t, XXH_errorcode (*)(XXH3_state_t*)> state{XXH3_createState(),
                                                                              XXH3_freeState};
  XXH3_128bits_reset(state.get());
  const auto buffer = std::make_unique_for_overwrite<char[]>(read_bytes);
  for (;;) {
    const auto got = ::read(file, buffer.get(), read_bytes);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failure(errc::failed, "cannot read '" + path + "'");
    if (got == 0) break;
    XXH3_128bits_update(state.get(), buffer.get(), static_cast<std::size_t>(got));
  }
  const auto sum = XXH3_128bits_digest(state.get());
  char digits[checksum_digits + 1];
  std::snprintf(digits, sizeof digits, "%016llx%016llx",
                static_cast<unsigned long long>(sum.high64),
                static_cast<unsigned long long>(sum.low64));
  return std::string{digits};
}

result<void> publish_file(const std::string& path) {
  if (auto synced = sync(part_of(path), O_RDONLY); !synced) return synced;
  auto checksum = checksum_of(part_of(path));
  if (!checksum) return std::move(checksum).error();
  if (auto written = write_manifest(path, *checksum); !written) return written;

  // At every moment a file that can be seen has its own manifest or none, never another file's.
  const bool replaces = ::access(path.c_str(), F_OK) == 0;
  if (::unlink(manifest_of(path).c_str()) != 0 && errno != ENOENT)
    return failure(errc::failed, "cannot replace '" + manifest_of(path) + "'");
  const auto manifest = manifest_of(path);
  if (auto renamed = rename_part(replaces ? path : manifest); !renamed) return renamed;
  if (auto renamed = rename_part(replaces ? manifest : path); !renamed) return renamed;
  return sync(folder_of(path), O_RDONLY | O_DIRECTORY);
}

result<checksum_state> verify_file(const std::string& path) {
  const auto manifest = manifest_of(path);
  std::ifstream in{manifest};
  if (!in) return checksum_state::missing;
  std::string expected;
  in >> expected;
  if (expected.size() != checksum_digits
      || expected.find_first_not_of("0123456789abcdef") != std::string::npos)
    return error{errc::damaged, "'" + manifest
                                    + "' holds no XXH3-128 checksum: it is damaged; delete it "
                                      "if '"
                                    + path + "' is known to be good, or write both again"};
  auto found = checksum_of(path);
  if (!found) return std::move(found).error();
  if (*found != expected)
    return error{errc::damaged,
                 "'" + path + "' is damaged: its checksum is " + *found + ", but '" + manifest
                     + "' says " + expected
                     + "; fetch or write the file again (if it was changed on purpose, "
                       "delete the .xxh3 file)"};
  return checksum_state::matches;
}

} // namespace weir
