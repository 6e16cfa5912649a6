// SPDX-License-Identifier: Apache-2.0

#include <weir/bench/process.hpp>

#include <spawn.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <fstream>
#include <stdexcept>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

extern char** environ;

namespace weir::bench {

namespace {

std::uint64_t status_bytes(std::string_view field) {
  std::ifstream status{"/proc/self/status"};
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(field)) return std::stoull(line.substr(field.size())) * 1024;
  return 0;
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

} // namespace

child::child(std::vector<std::string> arguments, std::string program) {
  if (program.empty()) program = "/proc/self/exe";
  int in[2], out[2];
  if (pipe2(in, O_CLOEXEC) != 0)
    throw std::runtime_error{"cannot make a pipe: " + std::string{std::strerror(errno)}};
  if (pipe2(out, O_CLOEXEC) != 0) {
    close(in[0]), close(in[1]);
    throw std::runtime_error{"cannot make a pipe: " + std::string{std::strerror(errno)}};
  }
  to_child_ = in[1];
  from_child_ = out[0];
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
  std::vector<char*> argv{program.data()};
  for (auto& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  started_s_ = wall_seconds();
  const int failed = posix_spawnp(&id_, program.c_str(), &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(in[0]);
  close(out[1]);
  if (failed != 0) {
    close_pipes();
    throw std::runtime_error{"cannot start '" + program + "': " + std::strerror(failed)};
  }
}

child::~child() {
  close_pipes();
  if (id_ > 0) {
    kill(id_, SIGKILL);
    waitpid(id_, nullptr, 0);
  }
}

void child::write_line(std::string_view line) {
  std::string text{line};
  text += '\n';
  for (std::size_t done = 0; done < text.size();) {
    const auto wrote = write(to_child_, text.data() + done, text.size() - done);
    if (wrote < 0) throw std::runtime_error{"the child process no longer reads"};
    done += static_cast<std::size_t>(wrote);
  }
}

std::string child::read_line() {
  for (;;) {
    if (const auto end = buffered_.find('\n'); end != std::string::npos) {
      auto line = buffered_.substr(0, end);
      buffered_.erase(0, end + 1);
      return line;
    }
    if (!fill()) return std::exchange(buffered_, {});
  }
}

std::string child::read_all() {
  while (fill()) {
  }
  return std::exchange(buffered_, {});
}

child_usage child::finish() {
  if (to_child_ >= 0) close(std::exchange(to_child_, -1));
  read_all();
  int status = 0;
  rusage used{};
  while (wait4(id_, &status, 0, &used) < 0 && errno == EINTR) {
  }
  id_ = -1;
  return {.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
          .wall_s = wall_seconds() - started_s_,
          .cpu_s = seconds(used.ru_utime) + seconds(used.ru_stime),
          .peak_rss_bytes = static_cast<std::uint64_t>(used.ru_maxrss) * 1024};
}

bool child::fill() {
  char block[4096];
  const auto got = read(from_child_, block, sizeof block);
  if (got > 0) buffered_.append(block, static_cast<std::size_t>(got));
  return got > 0 || (got < 0 && errno == EINTR);
}

void child::close_pipes() {
  for (int* end : {&to_child_, &from_child_})
    if (*end >= 0) close(std::exchange(*end, -1));
}

double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

bool reset_peak_rss() {
  std::ofstream clear{"/proc/self/clear_refs"};
  clear << "5" << std::flush;
  return clear.good();
}

std::uint64_t peak_rss_bytes() { return status_bytes("VmHWM:"); }

std::uint64_t current_rss_bytes() { return status_bytes("VmRSS:"); }

} // namespace weir::bench
