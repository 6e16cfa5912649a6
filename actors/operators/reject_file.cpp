// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/reject_file.hpp>
#include <weir/actors/stream/timestamp.hpp>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <fcntl.h>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <unistd.h>

namespace weir {

namespace {

constexpr std::size_t flush_bytes = 64 * 1024;

/// Length of the valid UTF-8 sequence at the front of `text`, 0 when there is none (Unicode 15,
/// table 3-7).
std::size_t utf8_length(std::string_view text) noexcept {
  const auto at = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
  };
  const auto is_tail = [&](std::size_t i) { return (at(i) & 0xC0u) == 0x80u; };
  const unsigned first = at(0);
  if (first < 0x80) return text.empty() ? 0 : 1;
  if (first >= 0xC2 && first <= 0xDF) return is_tail(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const unsigned low = first == 0xE0 ? 0xA0 : 0x80, high = first == 0xED ? 0x9F : 0xBF;
    return at(1) >= low && at(1) <= high && is_tail(2) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const unsigned low = first == 0xF0 ? 0x90 : 0x80, high = first == 0xF4 ? 0x8F : 0xBF;
    return at(1) >= low && at(1) <= high && is_tail(2) && is_tail(3) ? 4 : 0;
  }
  return 0;
}

bool is_readable(std::string_view text) noexcept {
  while (!text.empty()) {
    const auto length = utf8_length(text);
    if (length == 0 || text.front() == '\0') return false;
    text.remove_prefix(length);
  }
  return true;
}

/// A JSON string. Bytes that are no UTF-8 become the replacement character: only `raw` must keep
/// every byte.
void append_string(std::string& out, std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  out += '"';
  while (!text.empty()) {
    const auto length = utf8_length(text);
    const auto first = static_cast<unsigned char>(text.front());
    if (length == 0) {
      out += "\xEF\xBF\xBD";
    } else if (first == '"' || first == '\\') {
      out += '\\';
      out += text.front();
    } else if (first == '\n' || first == '\r' || first == '\t') {
      out += first == '\n' ? "\\n" : first == '\r' ? "\\r" : "\\t";
    } else if (first < 0x20 || first == 0x7F) {
      out += "\\u00";
      out += digits[first >> 4];
      out += digits[first & 0xF];
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  out += '"';
}

void append_base64(std::string& out, std::string_view bytes) {
  constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  out += '"';
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t three = 0;
    for (std::size_t j = 0; j < 3; ++j)
      three = three << 8 | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0u);
    for (std::size_t j = 0; j < 4; ++j)
      out += i + j <= bytes.size() ? alphabet[three >> (18 - 6 * j) & 63] : '=';
  }
  out += '"';
}

class writer final : public sink<reject> {
public:
  explicit writer(std::string path) : path_{std::move(path)} {}
  ~writer() override {
    // A job that failed, perhaps for its rejects: they are what a person looks at next.
    if (file_ >= 0) {
      static_cast<void>(flush());
      ::close(file_);
    }
  }

  result<void> open(sink_context) override {
    run_ = to_string(std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
    return {};
  }

  result<std::size_t> write(batch_view<reject> in) override {
    if (file_ < 0 && !in.empty())
      if (auto created = create(); !created) return created.error();
    for (const auto& row : in.rows()) {
      append_reject(waiting_, row, run_);
      if (waiting_.size() >= flush_bytes)
        if (auto flushed = flush(); !flushed) return flushed.error();
    }
    return in.size();
  }
  result<bool> prepare(std::uint64_t) override { return make_safe(); }
  result<bool> close() override { return make_safe(); }
  bool blocks() const override { return true; }

private:
  result<void> create() {
    file_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (file_ < 0)
      return failure("cannot open '" + path_ + "' for the rejected rows",
                     "run the job where it may write, or send rejects elsewhere with rejects_to");
    // A file is found after a crash only once its directory was synced.
    const auto folder = std::filesystem::path{path_}.parent_path();
    const int directory = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_CLOEXEC);
    if (directory >= 0) {
      ::fsync(directory);
      ::close(directory);
    }
    return {};
  }

  result<void> flush() {
    while (!waiting_.empty()) {
      const auto written = ::write(file_, waiting_.data(), waiting_.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0)
        return failure("cannot write rejected rows to '" + path_ + "'", "make room on the disk");
      waiting_.erase(0, static_cast<std::size_t>(written));
      is_synced_ = false;
    }
    return {};
  }

  result<bool> make_safe() {
    if (file_ < 0) return true;
    if (auto flushed = flush(); !flushed) return flushed.error();
    // EINVAL: a pipe or a device, which has nothing to sync.
    if (!is_synced_ && ::fdatasync(file_) != 0 && errno != EINVAL && errno != EROFS)
      return failure("cannot sync rejected rows to '" + path_ + "'", "check the disk").error();
    is_synced_ = true;
    return true;
  }

  static result<void> failure(const std::string& what, const std::string& advice) {
    return error{errc::failed,
                 what + ": " + std::generic_category().message(errno) + "; " + advice};
  }

  const std::string path_;
  std::string run_;     // when it began
  std::string waiting_; // whole lines, not yet written
  int file_ = -1;
  bool is_synced_ = true;
};

} // namespace

void append_reject(std::string& out, const reject& what, std::string_view run) {
  out += "{\"run\":";
  append_string(out, run);
  out += ",\"source\":";
  append_string(out, what.source);
  out += ",\"where\":";
  append_string(out, what.where);
  out += ",\"reason\":";
  append_string(out, what.reason);
  if (is_readable(what.raw)) {
    out += ",\"raw\":";
    append_string(out, what.raw);
  } else {
    out += ",\"raw_base64\":";
    append_base64(out, what.raw);
  }
  out += "}\n";
}

result<std::unique_ptr<any_sink>> reject_file::make() const {
  std::unique_ptr<sink<reject>> made = std::make_unique<writer>(path_);
  return erase<reject>(std::move(made));
}

} // namespace weir
