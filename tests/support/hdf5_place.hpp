// SPDX-License-Identifier: Apache-2.0
//
// hdf5_place: a folder of one test with HDF5 files in it, written and read through sink and source
// as a job would.
//
//   hdf5_place place;
//   place.write("trips.h5", rows);
//   auto all = place.read<trip>("trips.h5");   // all.rows (text and origin), all.rejects, ...

#pragma once

#include <weir/io/hdf5_source.hpp>
#include <weir/tests/support/sink_contract.hpp>
#include <weir/tests/support/source_contract.hpp>

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::testing {

class hdf5_place {
public:
  explicit hdf5_place(
      const std::filesystem::path& parent = std::filesystem::temp_directory_path()) {
    std::string name = (parent / "weir-hdf5-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~hdf5_place() { std::filesystem::remove_all(folder_); }
  hdf5_place(const hdf5_place&) = delete;
  hdf5_place& operator=(const hdf5_place&) = delete;

  [[nodiscard]] std::string path(const std::string& name) const {
    return (folder_ / name).string();
  }
  [[nodiscard]] bool has(const std::string& name) const {
    return std::filesystem::exists(folder_ / name);
  }

  template <tabular T>
  void write(const std::string& name, const std::vector<T>& rows, hdf5_options options = {}) const {
    const auto sink = hdf5(path(name), std::move(options)).template bind<T>();
    sink_driver<T> driver{{[&] { return sink.make(); }, {}, {}}};
    driver.write(rows);
    driver.close();
  }

  template <tabular T>
  [[nodiscard]] source_driver<T> read(const std::string& pattern, hdf5_options options = {}) {
    auto spec = hdf5<T>(path(pattern), std::move(options));
    auto driver = read_everything<T>(spec.make());
    warnings.insert(warnings.end(), driver.warnings().begin(), driver.warnings().end());
    return driver;
  }

  [[nodiscard]] std::string bytes_of(const std::string& name) const {
    std::ifstream in{folder_ / name, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
  }
  void put(const std::string& name, std::string_view bytes) const {
    std::ofstream{folder_ / name, std::ios::binary} << bytes;
  }
  void remove(const std::string& name) const { std::filesystem::remove(folder_ / name); }

  std::vector<std::string> warnings; ///< Of all reads.

private:
  std::filesystem::path folder_;
};

} // namespace weir::testing
