// SPDX-License-Identifier: Apache-2.0

#include <weir/io/file_series.hpp>
#include <weir/io/lines_source.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace weir {
namespace {

result<void> check(const lines_options& options) {
  if (options.max_row_bytes != 0) return {};
  return error{errc::config, "max_row_bytes is 0, which no line fits: say how many bytes a "
                             "line may have"};
}

/// The lines of one file.
class lines_file_source final : public any_source {
public:
  lines_file_source(detail::line_rows rows, series_file file, const lines_options& options)
      : rows_{std::move(rows)}, file_{std::move(file)}, splitter_{options.max_row_bytes} {}
  ~lines_file_source() override {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  lines_file_source(const lines_file_source&) = delete;
  lines_file_source& operator=(const lines_file_source&) = delete;

  const row_type& type() const override { return *rows_.type; }

  result<void> open(source_context context) override {
    names_ = {std::move(context.name), file_.path};
    partition_ = intern_partition(names_.source, file_.partition);
    descriptor_ = ::open(file_.path.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat found {};
    if (descriptor_ < 0 || ::fstat(descriptor_, &found) != 0)
      return error{errc::config, cannot("open").message};
    if (S_ISDIR(found.st_mode))
      return error{errc::config, "'" + file_.path + "' is a directory: name the files in it"};
    bytes_total_ = static_cast<std::uint64_t>(found.st_size);
    ::posix_fadvise(descriptor_, 0, 0, POSIX_FADV_SEQUENTIAL);
    return {};
  }

  result<poll_state> poll(credit allowed, batch_base& rows, batch<reject>& rejects) override {
    if (has_ended_) return poll_state::end;
    if (rows.empty())
      rows.set_origin({partition_, at_.position});
    else if (rows.first_origin().partition != partition_)
      return poll_state::rows; // what is in there must leave first
    while (rows_.take(splitter_, allowed, rows, rejects, at_, names_)) {
      if (is_at_end_) {
        has_ended_ = true;
        return poll_state::end;
      }
      if (auto got = read_on(); !got) return std::move(got).error();
    }
    return poll_state::rows;
  }

  result<void> committed(std::uint64_t /*number*/) override { return {}; }
  void barrier(std::uint64_t /*number*/) override {}
  void save(snapshot_writer& to) const override {
    to.write(bytes_read_ - splitter_.rest_bytes())
        .write(at_.number)
        .write(at_.position)
        .write(splitter_.is_skipping());
  }
  result<void> load(snapshot_reader& from) override {
    bool is_skipping = false;
    if (!from.read(bytes_read_).read(at_.number).read(at_.position).read(is_skipping).ok())
      return error{errc::damaged, "the saved position in '" + file_.path + "' can't be read"};
    if (::lseek(descriptor_, static_cast<off_t>(bytes_read_), SEEK_SET) < 0)
      return cannot("seek in");
    splitter_.restart(is_skipping);
    is_at_end_ = false;
    has_ended_ = false;
    return {};
  }
  source_progress progress() const override {
    if (bytes_total_ == 0) return {};
    const double done = static_cast<double>(bytes_read_) / static_cast<double>(bytes_total_);
    return {.done = std::min(done, 1.0), .behind = std::nullopt};
  }
  bool blocks() const override { return true; }

private:
  [[nodiscard]] error cannot(const std::string& what) const {
    return {errc::failed, "cannot " + what + " '" + file_.path + "': " + std::strerror(errno)};
  }

  result<void> read_on() {
    const auto room = splitter_.room();
    ssize_t got = 0;
    do got = ::read(descriptor_, room.data(), room.size());
    while (got < 0 && errno == EINTR);
    if (got < 0) return cannot("read");
    splitter_.filled(static_cast<std::size_t>(got));
    bytes_read_ += static_cast<std::uint64_t>(got);
    if (got == 0) {
      splitter_.finish();
      is_at_end_ = true;
    }
    return {};
  }

  detail::line_rows rows_;
  series_file file_;
  int descriptor_ = -1;
  line_splitter splitter_;
  line_place at_;
  std::uint64_t bytes_read_ = 0;
  std::uint64_t bytes_total_ = 0;
  bool is_at_end_ = false;
  bool has_ended_ = false;
  detail::line_names names_;
  const partition* partition_ = nullptr;
};

} // namespace

std::unique_ptr<any_source> detail::make_lines_file(const line_rows& rows, std::string path,
                                                    std::string partition,
                                                    const lines_options& options) {
  return std::make_unique<lines_file_source>(
      rows, series_file{std::move(path), std::move(partition)}, options);
}

result<std::unique_ptr<any_source>> detail::make_lines_source(const line_rows& rows,
                                                              const file_list& files,
                                                              const lines_options& options) {
  if (auto valid = check(options); !valid) return std::move(valid).error();
  auto paths = expand_files(files);
  if (!paths) return std::move(paths).error();
  auto make = [rows, options](const series_file& file) -> result<std::unique_ptr<any_source>> {
    return make_lines_file(rows, file.path, file.partition, options);
  };
  return make_file_series(*rows.type, *std::move(paths), std::move(make),
                          {.open_files = options.threads, .run_behind = {}});
}

} // namespace weir
