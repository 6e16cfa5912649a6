// SPDX-License-Identifier: Apache-2.0

#include <weir/io/file_parts.hpp>

#include <cerrno>
#include <cstdio>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace weir {

namespace {

std::string part_name(const std::string& path, int number) {
  char digits[16];
  std::snprintf(digits, sizeof digits, "%04d", number);
  return path + ".part-" + digits;
}

} // namespace

std::string next_part(const std::string& path) {
  int number = 1;
  while (::access(part_name(path, number).c_str(), F_OK) == 0) ++number;
  return part_name(path, number);
}

result<void> keep_aside(const std::string& path,
                        const std::function<void(const std::string&)>& warn) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0 || !S_ISREG(found.st_mode) || found.st_size == 0) return {};
  const auto kept = next_part(path);
  if (std::rename(path.c_str(), kept.c_str()) != 0)
    return error{errc::failed, "cannot keep '" + path + "' as '" + kept
                                   + "': " + std::generic_category().message(errno)};
  std::rename((path + ".xxh3").c_str(), (kept + ".xxh3").c_str()); // if there is one
  if (warn)
    warn("'" + path + "' was there already; it is kept as '" + kept + "': read or delete it");
  return {};
}

void warn_of_parts(const std::string& path, const std::function<void(const std::string&)>& warn) {
  if (!warn || ::access(part_name(path, 1).c_str(), F_OK) != 0) return;
  warn("'" + path
       + ".part-*' hold rows of a job that did not end, which its sources may have committed; they "
         "are left as they are: read or delete them");
}

} // namespace weir
