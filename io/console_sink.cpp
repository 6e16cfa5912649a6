// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/terminal_line.hpp>
#include <weir/io/console_sink.hpp>
#include <weir/io/console_table.hpp>
#include <weir/io/json_writer.hpp>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <mutex>
#include <poll.h>
#include <string_view>
#include <sys/ioctl.h>
#include <system_error>
#include <unistd.h>

namespace weir {

namespace {

constexpr std::size_t flush_bytes = 64 * 1024;

/// Writing to a pipe nobody reads any more raises SIGPIPE, which would end the process without a
/// word. While this lives the signal is held back in this thread, and one that came of our own
/// write is taken away.
class without_sigpipe {
public:
  without_sigpipe() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    sigset_t pending;
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~without_sigpipe() {
    const timespec at_once{};
    if (!was_pending_)
      while (sigtimedwait(&pipe_, nullptr, &at_once) < 0 && errno == EINTR) {
      }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  without_sigpipe(const without_sigpipe&) = delete;
  without_sigpipe& operator=(const without_sigpipe&) = delete;

private:
  sigset_t pipe_{}, before_{};
  bool was_pending_ = false;
};

/// Several consoles of a job write to one terminal: their lines must not mix.
std::mutex& output_mutex() {
  static std::mutex mutex;
  return mutex;
}

result<void> write_all(int file, bool is_terminal, std::string_view bytes) {
  const without_sigpipe guard;
  std::lock_guard lock{output_mutex()};
  // Elsewhere rows need not wait for who draws on a terminal, nor it for them.
  const auto away = is_terminal ? keep_terminal_line_away() : std::unique_lock<std::mutex>{};
  while (!bytes.empty()) {
    const auto written = ::write(file, bytes.data(), bytes.size());
    if (written >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) { // somebody made the terminal non-blocking
      pollfd room{file, POLLOUT, 0};
      ::poll(&room, 1, -1);
    } else if (errno == EPIPE) {
      return error{errc::failed,
                   "cannot write to the console: whoever read the output has stopped reading"};
    } else if (errno != EINTR) {
      return error{errc::failed,
                   "cannot write to the console: " + std::generic_category().message(errno)};
    }
  }
  return {};
}

int width_of_terminal(int file) {
  winsize size{};
  return ::ioctl(file, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

/// How rows become text: decided once, when the sink is made.
struct look {
  bool is_terminal = false;
  bool is_json = false;
  console_table::look table;
};

std::string_view variable(const char* name) {
  const char* text = std::getenv(name);
  return text == nullptr ? std::string_view{} : text;
}

/// What the environment wishes: https://no-color.org and https://bixense.com/clicolors.
bool wants_color(bool is_terminal) {
  const auto force = variable("CLICOLOR_FORCE");
  return variable("NO_COLOR").empty() && (is_terminal || (!force.empty() && force != "0"));
}

look look_of(const console_options& options) {
  const bool is_terminal = ::isatty(options.file) == 1;
  const int width = options.width > 0 ? options.width : width_of_terminal(options.file);
  return {.is_terminal = is_terminal,
          .is_json = options.format == console_format::json
                     || (options.format == console_format::automatic && !is_terminal),
          .table = {.has_color =
                        options.color == console_color::always
                        || (options.color == console_color::automatic && wants_color(is_terminal)),
                    .has_blocks = options.layout == console_layout::blocks,
                    .width = static_cast<std::size_t>(std::max(width, 0)),
                    .text_width = static_cast<std::size_t>(std::max(options.text_width, 1))}};
}

class console_sink final : public any_sink {
public:
  console_sink(const row_type& rows, const console_options& options)
      : type_{rows},
        options_{options},
        how_{look_of(options)},
        table_{*rows.table, how_.table},
        json_{*rows.table} {}

  const row_type& type() const override { return type_; }
  result<void> open(sink_context) override { return {}; }

  result<std::size_t> write(batch_base& rows, std::size_t first, bool) override {
    const auto* data = static_cast<const std::byte*>(rows.row_data());
    for (std::size_t i = first; i < rows.size();) {
      const std::size_t count = std::min<std::size_t>(rows.size() - i, 256);
      append(data + i * type_.row_bytes, count);
      i += count;
      if (text_.size() >= flush_bytes)
        if (auto flushed = flush(); !flushed) return flushed.error();
    }
    if (auto flushed = flush(); !flushed) return flushed.error();
    return rows.size() - first;
  }
  result<bool> prepare(std::uint64_t) override { return true; } // `write` keeps nothing
  result<void> commit(std::uint64_t) override { return {}; }
  result<void> abort(std::uint64_t) override { return {}; }
  result<bool> close() override { return true; }
  bool blocks() const override { return true; }

private:
  void append(const std::byte* rows, std::size_t count) {
    if (!how_.is_json) return table_.append(text_, rows, count);
    for (std::size_t i = 0; i < count; ++i) {
      json_.append(text_, rows + i * type_.row_bytes);
      text_ += '\n';
    }
  }
  result<void> flush() {
    auto written = write_all(options_.file, how_.is_terminal, text_);
    text_.clear();
    return written;
  }

  const row_type& type_;
  const console_options options_;
  const look how_;
  console_table table_;
  const json_writer json_;
  std::string text_; // whole lines of the rows being written
};

} // namespace

std::unique_ptr<any_sink> make_console_sink(const row_type& rows, const console_options& options) {
  ensure(rows.table != nullptr, "the console is given rows with a table");
  return std::make_unique<console_sink>(rows, options);
}

} // namespace weir
