// SPDX-License-Identifier: Apache-2.0

#include <weir/io/glob.hpp>

#include <algorithm>
#include <cstring>
#include <glob.h>
#include <sys/stat.h>

namespace weir {
namespace {

bool is_pattern(const std::string& text) {
  return text.find_first_of("*?[{~") != std::string::npos;
}

bool exists(const std::string& path) {
  struct stat found {};
  return ::stat(path.c_str(), &found) == 0;
}

bool is_directory(const std::string& path) {
  struct stat found {};
  return ::stat(path.c_str(), &found) == 0 && S_ISDIR(found.st_mode);
}

std::vector<std::string> matches(const std::string& pattern) {
  glob_t found{};
  std::vector<std::string> paths;
  if (::glob(pattern.c_str(), GLOB_BRACE | GLOB_TILDE | GLOB_NOSORT, nullptr, &found) == 0)
    paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  ::globfree(&found);
  std::erase_if(paths, is_directory);
  return paths;
}

/// What to look at when a file is not there: the directory that is missing, or that it is empty of
/// such files.
std::string hint(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos || slash == 0)
    return "look at the name and at the working directory";
  const auto directory = path.substr(0, slash);
  if (!is_pattern(directory) && !exists(directory))
    return "there is no directory '" + directory + "'";
  return "look at the name";
}

result<std::vector<std::string>> expand(const std::string& pattern) {
  if (pattern.empty())
    return error{errc::config,
                 "a file name is empty: name a file or a pattern such as 'data/*.csv'"};
  if (exists(pattern)) {
    if (is_directory(pattern))
      return error{errc::config, "'" + pattern
                                     + "' is a directory: name the files in it, for instance '"
                                     + pattern + "/*.csv'"};
    return std::vector{pattern};
  }
  if (!is_pattern(pattern))
    return error{errc::config, "no file '" + pattern + "': " + hint(pattern)};
  auto found = matches(pattern);
  if (found.empty())
    return error{errc::config, "no file matches '" + pattern + "': " + hint(pattern)};
  return found;
}

} // namespace

std::string file_list::describe() const {
  if (patterns_.empty()) return "no files";
  if (patterns_.size() == 1) return patterns_.front();
  return patterns_.front() + " and " + std::to_string(patterns_.size() - 1) + " more";
}

result<std::vector<std::string>> expand_files(const file_list& files) {
  if (files.patterns().empty())
    return error{errc::config, "no files were named: give at least one file or pattern"};
  std::vector<std::string> all;
  for (const auto& pattern : files.patterns()) {
    auto found = expand(pattern);
    if (!found) return found;
    all.insert(all.end(), found->begin(), found->end());
  }
  std::ranges::sort(all);
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

} // namespace weir
