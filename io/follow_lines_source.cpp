// SPDX-License-Identifier: Apache-2.0

#include <weir/io/file_watch.hpp>
#include <weir/io/follow_lines_source.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace weir {
namespace {

/// Bytes at a file's beginning by which it is known again, beside its number: numbers are reused.
constexpr std::size_t head_bytes = 64;

class follow_lines_source final : public any_source {
public:
  follow_lines_source(detail::line_rows rows, std::string path, const follow_lines_options& options)
      : rows_{std::move(rows)},
        path_{std::move(path)},
        from_end_{options.from_end},
        splitter_{options.max_row_bytes} {}
  ~follow_lines_source() override {
    watch_.reset();
    if (file_ >= 0) ::close(file_);
  }
  follow_lines_source(const follow_lines_source&) = delete;
  follow_lines_source& operator=(const follow_lines_source&) = delete;

  const row_type& type() const override { return *rows_.type; }

  result<void> open(source_context context) override {
    context_ = std::move(context);
    names_ = {context_.name, path_};
    partition_ = intern_partition(context_.name, std::filesystem::path{path_}.stem().string());
    std::error_code ignored;
    const auto found = std::filesystem::status(path_, ignored);
    if (std::filesystem::exists(found) && !std::filesystem::is_regular_file(found))
      return error{errc::config, "'" + path_
                                     + "' is no plain file: follow_lines follows files that "
                                       "grow, others are read by lines"};
    auto watch = file_watch::start(path_, context_.wake);
    if (!watch) return std::move(watch).error();
    watch_ = *std::move(watch);
    if (auto opened = open_file(path_); !opened) return std::move(opened).error();
    if (file_ >= 0 && from_end_) return go_to_end();
    return {};
  }

  result<poll_state> poll(credit allowed, batch_base& rows, batch<reject>& rejects) override {
    if (rows.empty()) rows.set_origin({partition_, at_.position});
    const auto before = rows.size() + rejects.size();
    while (rows_.take(splitter_, allowed, rows, rejects, at_, names_)) {
      const auto more = read_on();
      if (!more) return more.error();
      if (!*more)
        return rows.size() + rejects.size() == before ? poll_state::idle : poll_state::rows;
    }
    return poll_state::rows;
  }

  result<void> committed(std::uint64_t /*number*/) override { return {}; }
  void barrier(std::uint64_t /*number*/) override {}
  void save(snapshot_writer& to) const override {
    to.write(file_ >= 0)
        .write(device_)
        .write(number_)
        .write(std::string_view{head_})
        .write(offset_ - splitter_.rest_bytes())
        .write(at_.number)
        .write(at_.position)
        .write(splitter_.is_skipping());
  }
  result<void> load(snapshot_reader& from) override {
    bool had_file = false, is_skipping = false;
    std::uint64_t device = 0, number = 0, offset = 0;
    std::string head;
    line_place at;
    if (!from.read(had_file).read(device).read(number).read(head).read(offset).ok()
        || !from.read(at.number).read(at.position).read(is_skipping).ok())
      return error{errc::damaged, "the saved position in '" + path_ + "' can't be read"};
    close_file();
    begins_again_ = false;
    at_ = {1, at.position};
    splitter_.restart(false);
    if (!had_file) return open_file(path_);
    const auto found = find_file(device, number, head, offset);
    if (!found) {
      warn("'" + path_ + "' is not the file any more that was read before line "
           + std::to_string(at.number)
           + ", nor is that in its folder: what else was written to it "
             "is lost");
      return open_file(path_);
    }
    if (auto opened = open_file(*found); !opened || file_ < 0) return opened;
    if (::lseek(file_, static_cast<off_t>(offset), SEEK_SET) < 0) return cannot("seek in");
    offset_ = offset;
    head_ = head.substr(0, offset);
    at_ = at;
    splitter_.restart(is_skipping);
    return {};
  }
  source_progress progress() const override { return {}; }
  bool blocks() const override { return true; }

private:
  [[nodiscard]] error cannot(const std::string& what) const {
    return {errc::failed, "cannot " + what + " '" + path_ + "': " + std::strerror(errno)};
  }
  void warn(const std::string& what) const {
    if (context_.warn) context_.warn(what);
  }

  /// A file that is not there, or may not be read yet, is waited for.
  result<void> open_file(const std::string& path) {
    file_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat found {};
    if (file_ < 0) {
      if (errno == EACCES && !std::exchange(is_refused_, true))
        warn(cannot("open").message + "; waiting until it may be read");
      return errno == ENOENT || errno == EACCES ? result<void>{} : cannot("open");
    }
    if (::fstat(file_, &found) != 0) return cannot("look at");
    is_refused_ = false;
    device_ = found.st_dev;
    number_ = found.st_ino;
    offset_ = 0;
    head_.clear();
    watch_->follow("/proc/self/fd/" + std::to_string(file_));
    return {};
  }
  void close_file() {
    if (file_ >= 0) ::close(file_);
    file_ = -1;
    is_leaving_ = false;
  }

  result<void> go_to_end() {
    const auto end = ::lseek(file_, 0, SEEK_END);
    if (end < 0) return cannot("seek in");
    std::array<char, head_bytes> head{};
    const auto known = ::pread(file_, head.data(), head.size(), 0);
    char last = '\n';
    if (known < 0 || (end > 0 && ::pread(file_, &last, 1, end - 1) < 0)) return cannot("read");
    offset_ = static_cast<std::uint64_t>(end);
    head_.assign(head.data(), static_cast<std::size_t>(known));
    splitter_.restart(last != '\n');
    return {};
  }

  /// True: there is more to be split.
  result<bool> read_on() {
    if (std::exchange(begins_again_, false))
      if (auto begun = begin_again(); !begun) return std::move(begun).error();
    if (file_ < 0) {
      if (auto opened = open_file(path_); !opened) return std::move(opened).error();
      if (file_ < 0) return false;
    }
    for (;;) {
      const auto got = read_some();
      if (!got) return std::move(got).error();
      if (*got) return true;
      if (is_leaving_) return end_file(); // nobody writes to it any more
      struct stat now {};
      if (::fstat(file_, &now) != 0) return cannot("look at");
      if (static_cast<std::uint64_t>(now.st_size) < offset_) {
        warn("'" + path_ + "' was truncated: reading it again from its beginning");
        return end_file();
      }
      if (!is_replaced()) return false;
      is_leaving_ = true; // what was written before the new one was begun is there by now
    }
  }
  /// What has no line feed yet becomes a line.
  bool end_file() {
    splitter_.finish();
    begins_again_ = true;
    return true;
  }
  /// With the next file, or the one that was truncated.
  result<void> begin_again() {
    at_.number = 1;
    if (is_leaving_) {
      close_file();
      return {};
    }
    if (::lseek(file_, 0, SEEK_SET) < 0) return cannot("seek in");
    offset_ = 0;
    head_.clear();
    return {};
  }

  result<bool> read_some() {
    const auto room = splitter_.room();
    ssize_t got = 0;
    do got = ::read(file_, room.data(), room.size());
    while (got < 0 && errno == EINTR);
    if (got < 0) return cannot("read");
    const auto bytes = static_cast<std::size_t>(got);
    if (offset_ < head_bytes) head_.append(room.data(), std::min(bytes, head_bytes - offset_));
    splitter_.filled(bytes);
    offset_ += bytes;
    return got > 0;
  }

  /// Whether the name stands for another file, with something in it.
  [[nodiscard]] bool is_replaced() const {
    struct stat named {};
    const auto is_other = [&] {
      return ::stat(path_.c_str(), &named) == 0
             && (named.st_ino != number_ || named.st_dev != device_);
    };
    if (!is_other()) return false;
    if (named.st_size > 0) return true;
    watch_->follow(path_);
    return is_other() && named.st_size > 0; // written to before it was watched
  }

  [[nodiscard]] static bool is_file(const std::string& path, std::uint64_t device,
                                    std::uint64_t number, const std::string& head,
                                    std::uint64_t offset) {
    struct stat found {};
    if (::stat(path.c_str(), &found) != 0 || found.st_dev != device || found.st_ino != number
        || static_cast<std::uint64_t>(found.st_size) < offset)
      return false;
    std::array<char, head_bytes> begin{};
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0) return false;
    const auto got = ::pread(file, begin.data(), std::min(head.size(), begin.size()), 0);
    ::close(file);
    return got == static_cast<ssize_t>(head.size())
           && std::equal(head.begin(), head.end(), begin.begin());
  }

  /// Where the file is now: under its name, or another one after it was rotated.
  [[nodiscard]] std::optional<std::string> find_file(std::uint64_t device, std::uint64_t number,
                                                     const std::string& head,
                                                     std::uint64_t offset) const {
    if (is_file(path_, device, number, head, offset)) return path_;
    const std::filesystem::path place{path_};
    std::error_code failed;
    const auto folder = place.has_parent_path() ? place.parent_path() : std::filesystem::path{"."};
    for (std::filesystem::directory_iterator each{folder, failed}, end; !failed && each != end;
         each.increment(failed))
      if (is_file(each->path().string(), device, number, head, offset))
        return each->path().string();
    return std::nullopt;
  }

  detail::line_rows rows_;
  std::string path_;
  bool from_end_;
  source_context context_;
  std::unique_ptr<file_watch> watch_;
  line_splitter splitter_;
  line_place at_;
  detail::line_names names_;
  const partition* partition_ = nullptr;

  int file_ = -1;
  std::uint64_t device_ = 0, number_ = 0; // of the open file in the system
  std::uint64_t offset_ = 0;              // what was read of it
  std::string head_;                      // its first bytes
  bool is_leaving_ = false;   // another one has its name, this one is read for the last time
  bool begins_again_ = false; // behind the line at hand lines are counted anew
  bool is_refused_ = false;   // it was told that it may not be read
};

} // namespace

result<std::unique_ptr<any_source>>
detail::make_follow_lines_source(const line_rows& rows, std::string path,
                                 const follow_lines_options& options) {
  if (options.max_row_bytes == 0)
    return error{errc::config, "max_row_bytes is 0, which no line fits: say how many "
                               "bytes a line may have"};
  return std::unique_ptr<any_source>{
      std::make_unique<follow_lines_source>(rows, std::move(path), options)};
}

} // namespace weir
