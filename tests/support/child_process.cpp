// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/stream/error.hpp>
#include <weir/tests/support/child_process.hpp>

#include <pty.h>
#include <regex.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <poll.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace weir::test {
namespace {

using steady = std::chrono::steady_clock;

std::chrono::milliseconds left_until(steady::time_point end) {
  return std::chrono::ceil<std::chrono::milliseconds>(
      std::max<steady::duration>(end - steady::now(), {}));
}

/// Reading end, writing end.
std::array<int, 2> open_talk(talks_to where) {
  std::array<int, 2> ends{-1, -1};
  const int done = where == talks_to::terminal
                       ? ::openpty(&ends[0], &ends[1], nullptr, nullptr, nullptr)
                       : ::pipe(ends.data());
  ensure(done == 0, "a pipe or terminal can be opened");
  return ends;
}

} // namespace

child_process::child_process(const std::function<int()>& program, talks_to where) {
  const auto talk = open_talk(where);
  out_file_ = ::memfd_create("out", 0);
  ensure(out_file_ >= 0, "a file for the child's data can be made");
  pid_ = ::fork();
  ensure(pid_ >= 0, "a process can be forked");
  if (pid_ == 0) {
    ::dup2(out_file_, STDOUT_FILENO);
    ::dup2(talk[1], STDERR_FILENO);
    ::close(talk[0]);
    ::close(talk[1]);
    for (const int each : {SIGINT, SIGTERM}) ::signal(each, SIG_DFL); // a shell's `&` ignores them
    const int code = program();
    std::fflush(nullptr);
    ::_exit(code);
  }
  ::close(talk[1]);
  talk_file_ = talk[0];
}

child_process::~child_process() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  ::close(talk_file_);
  ::close(out_file_);
}

bool child_process::read_some(std::chrono::milliseconds at_most) {
  pollfd ready{talk_file_, POLLIN, 0};
  if (::poll(&ready, 1, static_cast<int>(at_most.count())) <= 0) return true;
  std::array<char, 4096> text{};
  const auto got = ::read(talk_file_, text.data(), text.size());
  if (got <= 0) return got < 0 && errno == EINTR; // a terminal whose child is gone says EIO
  talk_.append(text.data(), static_cast<std::size_t>(got));
  return true;
}

bool child_process::says(const std::string& pattern) {
  regex_t wanted{};
  if (::regcomp(&wanted, pattern.c_str(), REG_EXTENDED | REG_NOSUB) != 0)
    throw std::invalid_argument("not a regular expression: " + pattern);
  const auto is_said = [&] { return ::regexec(&wanted, talk_.c_str(), 0, nullptr, 0) == 0; };
  const auto end = steady::now() + patience;
  while (!is_said() && steady::now() < end && read_some(left_until(end))) {
  }
  const bool said = is_said();
  ::regfree(&wanted);
  return said;
}

void child_process::send(int signal) const { ::kill(pid_, signal); }

std::chrono::nanoseconds child_process::cpu_time() const {
  clockid_t clock{};
  timespec time{};
  ensure(::clock_getcpuclockid(pid_, &clock) == 0 && ::clock_gettime(clock, &time) == 0,
         "the CPU time of a running child can be read");
  return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
}

void child_process::watch(std::chrono::milliseconds time) {
  const auto end = steady::now() + time;
  while (steady::now() < end && read_some(left_until(end))) {
  }
}

child_process::outcome child_process::wait() {
  const auto end = steady::now() + patience;
  while (steady::now() < end && read_some(left_until(end))) {
  }
  if (steady::now() >= end) ::kill(pid_, SIGKILL); // its code says so
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  outcome found{WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), {}, talk_};
  found.out.resize(static_cast<std::size_t>(::lseek(out_file_, 0, SEEK_END)));
  const auto got = ::pread(out_file_, found.out.data(), found.out.size(), 0);
  ensure(got == static_cast<ssize_t>(found.out.size()), "the child's data can be read");
  return found;
}

} // namespace weir::test
