// SPDX-License-Identifier: Apache-2.0
//
// child_process: a program run as a process of its own, to test what only a process shows: exit
// codes, signals, what a terminal sees, CPU time of all its threads.
//
// The program is a function that runs in a fork, so a test that uses this starts no job and no
// thread of its own. Data (stdout) and talk (stderr) are kept apart; talk goes to a pipe, or to a
// terminal. Whoever waits gives up after `patience`; a child that still runs is killed at the end.
//
//   child_process child{[] { return make_app().run(); }};
//   EXPECT_TRUE(child.says("stopping"));
//   EXPECT_EQ(child.wait().code, 130);

#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <sys/types.h>

namespace weir::test {

inline constexpr std::chrono::seconds patience{30};

/// Where a child's talk goes.
enum class talks_to { pipe, terminal };

class child_process {
public:
  /// How a child ended.
  struct outcome {
    int code = -1; ///< Or minus the signal that ended it.
    std::string out;
    std::string talk;
  };

  explicit child_process(const std::function<int()>& program, talks_to where = talks_to::pipe);
  ~child_process();
  child_process(const child_process&) = delete;
  child_process& operator=(const child_process&) = delete;

  /// Reads on until all talk so far has a match of this regular expression. False: the child has
  /// ended, or patience has, without.
  bool says(const std::string& pattern);
  void send(int signal) const;
  [[nodiscard]] const std::string& talk() const noexcept { return talk_; }

  /// Of all threads of the child, until now.
  [[nodiscard]] std::chrono::nanoseconds cpu_time() const;
  /// Reads what comes for this long.
  void watch(std::chrono::milliseconds time);
  outcome wait();

private:
  /// False: nothing more comes.
  bool read_some(std::chrono::milliseconds at_most);

  pid_t pid_ = -1;
  int talk_file_ = -1;
  int out_file_ = -1; // a file without a name
  std::string talk_;
};

} // namespace weir::test
