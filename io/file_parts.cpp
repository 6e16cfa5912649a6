// SPDX-License-Identifier: Apache-2.0

#include <weir/io/file_parts.hpp>

#include <cstdio>
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

void warn_of_parts(const std::string& path, const std::function<void(const std::string&)>& warn) {
  if (!warn || ::access(part_name(path, 1).c_str(), F_OK) != 0) return;
  warn("'" + path
       + ".part-*' hold rows of a job that did not end, which its sources may have committed; they "
         "are left as they are: read or delete them");
}

} // namespace weir
