// SPDX-License-Identifier: Apache-2.0

#include <weir/bench/wire.hpp>

#include <boost/json/src.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <sys/utsname.h>
#include <thread>
#include <unistd.h>

namespace weir::bench {

namespace json = boost::json;

namespace {

std::string first_value(const char* path, std::string_view key) {
  std::ifstream file{path};
  for (std::string line; std::getline(file, line);)
    if (line.starts_with(key))
      if (const auto colon = line.find(':'); colon != std::string::npos)
        return line.substr(line.find_first_not_of(" \t", colon + 1));
  return "unknown";
}

/// CPU, cores, memory and kernel: what a reader needs to place the figures.
std::string machine() {
  utsname kernel{};
  uname(&kernel);
  const auto bytes =
      static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE));
  return fmt::format("{}, {} cores, {:.0f} GiB, {} {}", first_value("/proc/cpuinfo", "model name"),
                     std::thread::hardware_concurrency(), bytes / (1 << 30), kernel.sysname,
                     kernel.release);
}

std::string commit() {
  const auto command = "git -C '" WEIR_SOURCE_DIR "' rev-parse HEAD 2>/dev/null";
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe{popen(command, "r"), pclose};
  char text[64] = {};
  if (!pipe || std::fgets(text, sizeof text, pipe.get()) == nullptr) return "unknown";
  std::string_view found{text};
  return std::string{found.substr(0, found.find('\n'))};
}

json::object format(const spread& values) {
  return {{"min", values.min}, {"median", values.median}};
}

json::object format(const std::map<std::string, double>& figures) {
  json::object result;
  for (const auto& [name, value] : figures) result[name] = value;
  return result;
}

json::object format(const contestant_report& report) {
  json::object result{{"name", report.name},
                      {"items", report.items},
                      {"wall_s", format(report.wall_s)},
                      {"cpu_s", format(report.cpu_s)},
                      {"per_core_ratio", report.per_core_ratio},
                      {"peak_rss_bytes", report.peak_rss_bytes}};
  if (!report.figures.empty()) result["figures"] = format(report.figures);
  return result;
}

} // namespace

std::string format_round(const cost& spent, const outcome& result) {
  return json::serialize(json::object{{"wall_s", spent.wall_s},
                                      {"cpu_s", spent.cpu_s},
                                      {"peak_rss_bytes", spent.peak_rss_bytes},
                                      {"items", result.items},
                                      {"checksum", result.checksum},
                                      {"answers", json::value_from(result.answers)},
                                      {"figures", format(result.figures)}});
}

void parse_round(std::string_view text, cost& spent, outcome& result) {
  try {
    const auto object = json::parse({text.data(), text.size()}).as_object();
    spent.wall_s = object.at("wall_s").to_number<double>();
    spent.cpu_s = object.at("cpu_s").to_number<double>();
    spent.peak_rss_bytes = object.at("peak_rss_bytes").to_number<std::uint64_t>();
    result.items = object.at("items").to_number<std::uint64_t>();
    result.checksum = object.at("checksum").to_number<std::uint64_t>();
    result.answers = json::value_to<std::vector<double>>(object.at("answers"));
    for (const auto& [name, value] : object.at("figures").as_object())
      result.figures[std::string{name}] = value.to_number<double>();
  } catch (const std::exception& wrong) {
    throw std::runtime_error{
        fmt::format("a child's result can't be read ({}): '{}'", wrong.what(), text)};
  }
}

std::string format_json(const std::vector<workload_report>& reports) {
  json::array listed;
  for (const auto& report : reports) {
    json::array contestants;
    for (const auto& each : report.contestants) contestants.push_back(format(each));
    listed.push_back(json::object{{"name", report.name}, {"contestants", std::move(contestants)}});
  }
  return json::serialize(
      json::object{{"machine", machine()}, {"commit", commit()}, {"workloads", std::move(listed)}});
}

std::string format_table(const std::vector<workload_report>& reports) {
  auto table = fmt::format("{:<10} {:<12} {:>12} {:>9} {:>9} {:>9} {:>9} {:>10} {:>6} {:>9}\n",
                           "workload", "contestant", "items", "wall min", "median", "CPU min",
                           "median", "M items/s", "ratio", "peak MiB");
  for (const auto& report : reports)
    for (const auto& each : report.contestants) {
      table += fmt::format(
          "{:<10} {:<12} {:>12} {:>9.3f} {:>9.3f} {:>9.3f} {:>9.3f} {:>10.2f} {:>6.2f} {:>9.1f}",
          report.name, each.name, each.items, each.wall_s.min, each.wall_s.median, each.cpu_s.min,
          each.cpu_s.median,
          each.cpu_s.min > 0 ? static_cast<double>(each.items) / each.cpu_s.min * 1e-6 : 0.0,
          each.per_core_ratio, static_cast<double>(each.peak_rss_bytes) / (1 << 20));
      for (const auto& [name, value] : each.figures)
        table += fmt::format("  {} {:.4g}", name, value);
      table += '\n';
    }
  return table + "items/s and ratio are per CPU-second of all threads, at the fastest round\n";
}

} // namespace weir::bench
