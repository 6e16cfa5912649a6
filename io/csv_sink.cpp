// SPDX-License-Identifier: Apache-2.0

#include <weir/io/csv_sink.hpp>
#include <weir/io/csv_writer.hpp>
#include <weir/io/file_parts.hpp>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace weir {
namespace {

constexpr std::size_t buffer_bytes = 128 * 1024;

/// Rows into `<path>.part`, renamed at the end.
class csv_file_sink final : public any_sink {
public:
  csv_file_sink(const row_type& type, std::string path, const csv_options& options)
      : type_{&type},
        path_{std::move(path)},
        has_header_{options.header != csv_header::absent},
        writer_{*type.table, options} {}

  ~csv_file_sink() override {
    if (file_ < 0) return;
    ::close(file_);
    if (!is_direct_ && !is_finished_ && !has_safe_rows_) ::unlink(written_to_.c_str());
  }
  csv_file_sink(const csv_file_sink&) = delete;
  csv_file_sink& operator=(const csv_file_sink&) = delete;

  const row_type& type() const override { return *type_; }

  result<void> open(sink_context context) override {
    warn_ = context.warn;
    struct stat found {};
    const bool exists = ::stat(path_.c_str(), &found) == 0;
    if (exists && S_ISDIR(found.st_mode))
      return error{errc::config, "cannot write '" + path_ + "': it is a directory; name a file"};
    is_direct_ = exists && !S_ISREG(found.st_mode);
    written_to_ = is_direct_ ? path_ : path_ + ".part";
    if (auto kept = keep_rows_of_dead_job(context); !kept) return kept;
    file_ = ::open(written_to_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file_ < 0)
      return error{errc::config,
                   cannot("create").message + "; name a file in a folder that is there"};
    buffer_.reserve(buffer_bytes + buffer_bytes / 4);
    if (has_header_) writer_.append_header(buffer_);
    return {};
  }

  result<std::size_t> write(batch_base& rows, std::size_t first, bool /*exclusive*/) override {
    const auto* row = static_cast<const std::byte*>(rows.row_data()) + first * type_->row_bytes;
    for (std::size_t i = first; i < rows.size(); ++i, row += type_->row_bytes) {
      if (auto added = writer_.append_row(buffer_, row); !added) return std::move(added).error();
      if (buffer_.size() >= buffer_bytes)
        if (auto done = flush(); !done) return std::move(done).error();
    }
    has_rows_ |= first < rows.size();
    return rows.size() - first;
  }

  result<bool> prepare(std::uint64_t /*number*/) override {
    if (auto done = flush(); !done) return std::move(done).error();
    if (!is_direct_ && ::fdatasync(file_) != 0) return cannot("write");
    if (has_rows_ && !has_safe_rows_ && !is_direct_) sync_directory();
    has_safe_rows_ = has_rows_;
    return true;
  }
  result<void> commit(std::uint64_t /*number*/) override { return {}; }
  result<void> abort(std::uint64_t /*number*/) override { return {}; }

  result<bool> close() override {
    if (auto safe = prepare(0); !safe) return safe;
    if (!is_direct_)
      if (auto kept = keep_aside(path_, warn_); !kept) return std::move(kept).error();
    if (!is_direct_ && std::rename(written_to_.c_str(), path_.c_str()) != 0)
      return cannot("rename");
    is_finished_ = true;
    if (!is_direct_) sync_directory();
    return true;
  }
  bool blocks() const override { return true; }

private:
  error cannot(const std::string& what) const {
    return {errc::failed, "cannot " + what + " '" + written_to_ + "': " + std::strerror(errno)};
  }

  /// What a job that died made safe is moved out of the way, never overwritten.
  result<void> keep_rows_of_dead_job(const sink_context& context) const {
    if (is_direct_) return {};
    const auto kept = next_part(path_);
    if (std::rename(written_to_.c_str(), kept.c_str()) != 0 && errno != ENOENT && errno != ENOTDIR)
      return cannot("keep rows of a job that did not end, in");
    warn_of_parts(path_, context.warn);
    return {};
  }

  result<void> flush() {
    const char* from = buffer_.data();
    std::size_t left = buffer_.size();
    while (left != 0) {
      const auto done = ::write(file_, from, left);
      if (done < 0 && errno == EINTR) continue;
      if (done < 0) return cannot("write");
      from += done;
      left -= static_cast<std::size_t>(done);
    }
    buffer_.clear();
    return {};
  }

  // The new name is safe once its directory is; a file system that can't do that has no more to
  // give.
  void sync_directory() const {
    const auto slash = path_.rfind('/');
    const std::string directory = slash == std::string::npos ? "." : path_.substr(0, slash + 1);
    const int handle = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (handle < 0) return;
    ::fsync(handle);
    ::close(handle);
  }

  const row_type* type_;
  std::string path_;
  bool has_header_;
  csv_writer writer_;
  std::string written_to_;
  std::function<void(const std::string&)> warn_;
  bool is_direct_ = false;
  bool has_rows_ = false;
  bool has_safe_rows_ = false; // a barrier has passed: sources may have committed them
  bool is_finished_ = false;
  int file_ = -1;
  std::string buffer_;
};

} // namespace

result<std::unique_ptr<any_sink>>
detail::make_csv_sink(const row_type& type, const std::string& path, const csv_options& options) {
  if (auto checked = dialect_of(options); !checked) return std::move(checked).error();
  if (path.empty()) return error{errc::config, "csv writes to one file: name it"};
  if (path.find_first_of("*?") != std::string::npos)
    return error{errc::config, "csv can't write to a pattern: '" + path + "'; name one file"};
  return std::unique_ptr<any_sink>{std::make_unique<csv_file_sink>(type, path, options)};
}

} // namespace weir
