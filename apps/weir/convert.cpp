// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/reject_file.hpp>
#include <weir/actors/stream/batch.hpp>
#include <weir/apps/weir/convert.hpp>
#include <weir/apps/weir/talk.hpp>
#include <weir/dsl/interrupt.hpp>
#include <weir/io/csv_writer.hpp>
#include <weir/io/hdf5_writer.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace tool {
namespace {

/// The file being written. Destroyed before `finish` it leaves nothing.
class output {
public:
  virtual ~output() = default;
  virtual weir::result<void> write(const column_file& rows, std::size_t count) = 0;
  virtual weir::result<void> finish() = 0;
};

class csv_output final : public output {
public:
  csv_output(std::string path, const weir::record_info& table, const weir::csv_options& options)
      : path_{std::move(path)}, part_{path_ + ".part"}, writer_{table, options} {}
  ~csv_output() override {
    if (file_ == nullptr) return;
    std::fclose(file_);
    ::unlink(part_.c_str());
  }
  csv_output(const csv_output&) = delete;
  csv_output& operator=(const csv_output&) = delete;

  weir::result<void> open() {
    file_ = std::fopen(part_.c_str(), "wb");
    if (file_ == nullptr) return cannot(weir::errc::config);
    writer_.append_header(text_);
    return {};
  }

  weir::result<void> write(const column_file& rows, std::size_t count) override {
    for (std::size_t i = 0; i < count; ++i)
      if (auto added = writer_.append_row(text_, rows.row(i)); !added) return added;
    return flush();
  }

  weir::result<void> finish() override {
    if (auto written = flush(); !written) return written;
    if (std::fflush(file_) != 0 || ::fsync(::fileno(file_)) != 0) return cannot();
    std::fclose(std::exchange(file_, nullptr));
    if (std::rename(part_.c_str(), path_.c_str()) != 0) return cannot();
    return {};
  }

private:
  weir::result<void> flush() {
    if (std::fwrite(text_.data(), 1, text_.size(), file_) != text_.size()) return cannot();
    text_.clear();
    return {};
  }
  [[nodiscard]] weir::error cannot(weir::errc code = weir::errc::failed) const {
    return {code, "cannot write '" + path_ + "': " + std::strerror(errno)};
  }

  std::string path_, part_;
  weir::csv_writer writer_;
  std::FILE* file_ = nullptr;
  std::string text_;
};

class hdf5_output final : public output {
public:
  explicit hdf5_output(std::unique_ptr<weir::hdf5_writer> file) : file_{std::move(file)} {}

  weir::result<void> write(const column_file& rows, std::size_t count) override {
    const auto& fields = rows.table().fields;
    for (std::size_t first = 0; first < count;) {
      const auto end = std::min(count, first + file_->room());
      for (std::size_t column = 0; column < fields.size(); ++column)
        for (std::size_t i = first; i < end; ++i)
          if (auto added = file_->append(column, fields[column].value_in(rows.row(i))); !added)
            return added;
      if (auto ended = file_->end_rows(end - first); !ended) return ended;
      first = end;
    }
    return {};
  }
  weir::result<void> finish() override { return file_->finish(); }

private:
  std::unique_ptr<weir::hdf5_writer> file_;
};

weir::result<std::unique_ptr<output>> create(const std::string& path, const column_file& of,
                                             const convert_options& options) {
  if (!is_hdf5(path)) {
    auto file = std::make_unique<csv_output>(path, of.table(), options.input.csv);
    if (auto opened = file->open(); !opened) return opened.error();
    return std::unique_ptr<output>{std::move(file)};
  }
  std::vector<weir::hdf5_column> columns;
  for (const auto& field : of.table().fields)
    columns.push_back({field.name, field.kind, field.is_optional, nullptr});
  auto file = weir::hdf5_writer::create(path, std::move(columns), options.input.hdf5);
  if (!file) return std::move(file).error();
  return std::unique_ptr<output>{std::make_unique<hdf5_output>(std::move(*file))};
}

/// Rows that can't be read, kept in a file that is there once there is one.
class reject_keeper {
public:
  explicit reject_keeper(std::string path) : path_{std::move(path)} {}

  bool keep(weir::reject row) {
    ++count_;
    waiting_.push_back(std::move(row));
    return !waiting_.is_full();
  }
  weir::result<void> write() {
    if (waiting_.empty()) return {};
    if (!file_) {
      auto made = weir::reject_file{path_}.make();
      if (!made) return std::move(made).error();
      if (auto opened = (*made)->open({}); !opened) return opened;
      file_ = std::move(*made);
    }
    if (auto written = file_->write(waiting_, 0, true); !written) return std::move(written).error();
    waiting_.clear();
    return {};
  }
  weir::result<void> close() {
    if (auto written = write(); !written || !file_) return written;
    auto closed = file_->close();
    return closed ? weir::result<void>{} : std::move(closed).error();
  }

  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

private:
  std::string path_;
  std::unique_ptr<weir::any_sink> file_;
  weir::batch<weir::reject> waiting_;
  std::uint64_t count_ = 0;
};

weir::result<void> check_names(const std::string& from, const std::string& to, bool overwrites) {
  if (is_hdf5(from) == is_hdf5(to))
    return weir::error{weir::errc::usage,
                       "'" + to + "' is of the same kind as '" + from
                           + "': one is called .h5 or .hdf5, the other one (CSV) otherwise"};
  std::error_code ignored;
  if (!overwrites && std::filesystem::exists(to, ignored))
    return weir::error{weir::errc::config,
                       "'" + to + "' exists already: remove it, or say --force"};
  return {};
}

/// Copies all rows; gives how many, or nothing once there was a Ctrl-C.
weir::result<std::optional<std::uint64_t>> copy(column_file& from, output& to,
                                                reject_keeper& rejects,
                                                const convert_options& options,
                                                const weir::interrupt_watch& interrupts) {
  progress line;
  std::uint64_t rows = 0;
  const auto are_too_many = [&](std::uint64_t least) {
    const auto all = rows + rejects.count();
    return all >= least
           && static_cast<double>(rejects.count())
                  > options.max_reject_ratio * static_cast<double>(all);
  };
  while (!from.has_ended()) {
    auto got = from.read([&](weir::reject row) { return rejects.keep(std::move(row)); });
    if (!got) return std::move(got).error();
    if (auto written = to.write(from, *got); !written) return written.error();
    if (auto kept = rejects.write(); !kept) return kept.error();
    rows += *got;
    if (interrupts.count() != 0) return std::optional<std::uint64_t>{};
    if (are_too_many(from.has_ended() ? 1 : 1000))
      return weir::error{weir::errc::failed,
                         fmt::format("{} of the first {} rows of '{}' can't be read: look into {}, "
                                     "say what columns are by --types, or allow more by "
                                     "--max-reject-ratio",
                                     rejects.count(), rows + rejects.count(), from.path(),
                                     rejects.path())};
    if (line.is_due())
      line.show(fmt::format("weir: {:.0f} % of {}, {} rows", 100 * from.done(), from.path(), rows));
  }
  if (auto finished = to.finish(); !finished) return finished.error();
  return std::optional{rows};
}

} // namespace

int convert(const std::string& from, const std::string& to, const convert_options& options) {
  const weir::interrupt_watch interrupts;
  if (auto fit = check_names(from, to, options.overwrites); !fit) return fail(fit.error());
  auto opened = column_file::open(from, options.input);
  if (!opened) return fail(opened.error());
  auto& input = **opened;
  tell(fmt::format("{} has {}", input.path(), weir::describe_columns(input.columns())));
  reject_keeper rejects{to + ".rejects.jsonl"};
  auto written = create(to, input, options);
  if (!written) return fail(written.error());

  const auto rows = copy(input, **written, rejects, options, interrupts);
  if (auto kept = rejects.close(); !kept) return fail(kept.error());
  if (!rows) return fail(rows.error());
  if (!*rows) {
    tell("interrupted, nothing written");
    return weir::exit_code_of(weir::errc::interrupted);
  }
  tell(fmt::format("{} rows to {}, {} rejected{}", **rows, to, rejects.count(),
                   rejects.count() == 0 ? "" : " (" + rejects.path() + ")"));
  return 0;
}

} // namespace tool
