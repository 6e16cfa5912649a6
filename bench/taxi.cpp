// SPDX-License-Identifier: Apache-2.0

#include <weir/bench/taxi.hpp>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace weir::bench {

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> csv_files_in(const fs::path& directory) {
  std::vector<fs::path> found;
  std::error_code missing;
  for (const auto& entry : fs::directory_iterator{directory, missing})
    if (entry.path().extension() == ".csv"
        && entry.path().filename().string().starts_with("yellow"))
      found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

} // namespace

std::vector<fs::path> taxi_files() {
  const char* named = std::getenv("WEIR_DATA");
  const fs::path data = named != nullptr ? named : WEIR_SOURCE_DIR "/../shared/data";
  const fs::path samples = WEIR_SOURCE_DIR "/apps/taxi_fares/data";
  for (const auto& directory : {data / "taxi" / "yellow_2019_2020", samples})
    if (auto found = csv_files_in(directory); !found.empty()) return found;
  throw std::runtime_error{"no taxi files: looked for yellow*.csv in '" + data.string()
                           + "/taxi/yellow_2019_2020' and '" + samples.string()
                           + "'; set WEIR_DATA to the directory that holds taxi/"};
}

std::vector<fs::path> replicate_taxi_files(const fs::path& directory, std::uint64_t copies) {
  fs::create_directories(directory);
  std::vector<fs::path> written;
  for (const auto& path : taxi_files()) {
    std::ifstream in{path, std::ios::binary};
    const std::string text{std::istreambuf_iterator<char>{in}, {}};
    const auto header_end = text.find('\n') + 1;
    written.push_back(directory / path.filename());
    std::ofstream out{written.back(), std::ios::binary};
    out.write(text.data(), static_cast<std::streamsize>(header_end));
    for (std::uint64_t copy = 0; copy < copies; ++copy)
      out.write(text.data() + header_end, static_cast<std::streamsize>(text.size() - header_end));
    out.close();
    if (!in || !out)
      throw std::runtime_error{"cannot copy '" + path.string() + "' to '" + directory.string()
                               + "'"};
  }
  return written;
}

std::vector<fs::path> files_in(const fs::path& directory) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator{directory}) found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

} // namespace weir::bench
