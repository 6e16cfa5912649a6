// SPDX-License-Identifier: Apache-2.0
//
// scratch_directory: a directory of a test's own.

#pragma once

#include <filesystem>
#include <stdlib.h>
#include <string>

namespace weir::testing {

/// A directory that is removed again.
class scratch_directory {
public:
  scratch_directory() {
    std::string name = (std::filesystem::temp_directory_path() / "weir-test-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  scratch_directory(const scratch_directory&) = delete;
  scratch_directory& operator=(const scratch_directory&) = delete;
  ~scratch_directory() { std::filesystem::remove_all(path_); }
  [[nodiscard]] std::string file(const std::string& name) const { return (path_ / name).string(); }

private:
  std::filesystem::path path_;
};

} // namespace weir::testing
