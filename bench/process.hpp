// SPDX-License-Identifier: Apache-2.0
//
// process: starts this program again as a child, for contestants and brokers that need a process of
// their own.
//
// The child's stdin and stdout are pipes; stderr is shared. A child that is still running when its
// object goes away is killed and waited for, so none outlives the bench.
//
//   child broker{{"helper", "broker", "64"}};
//   auto address = broker.read_line();
//   auto usage = broker.finish();          // closes its stdin, waits

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace weir::bench {

/// How a child ended, and what it used from exec to exit.
struct child_usage {
  int exit_code = -1;
  double wall_s = 0;
  double cpu_s = 0;
  std::uint64_t peak_rss_bytes = 0;
};

class child {
public:
  /// Runs `program` with `arguments`; without a program, this one. Throws std::runtime_error if it
  /// can't be started.
  explicit child(std::vector<std::string> arguments, std::string program = {});
  ~child();
  child(const child&) = delete;
  child& operator=(const child&) = delete;

  void write_line(std::string_view line);
  /// The next line of its stdout without the line feed; empty at the end.
  std::string read_line();
  /// All that is left of its stdout.
  std::string read_all();
  /// Closes its stdin, drops what it still prints, waits for its end.
  child_usage finish();
  pid_t id() const { return id_; }

private:
  bool fill();
  void close_pipes();

  pid_t id_ = -1;
  int to_child_ = -1;
  int from_child_ = -1;
  double started_s_ = 0;
  std::string buffered_;
};

/// Seconds of the steady clock, for differences.
double wall_seconds();
/// CPU seconds of all threads of this process.
double cpu_seconds();
/// Sets the kernel's high-water mark of this process's memory back to what it holds now; false
/// where that is refused.
bool reset_peak_rss();
/// The high-water mark, and what is held now.
std::uint64_t peak_rss_bytes();
std::uint64_t current_rss_bytes();

} // namespace weir::bench
