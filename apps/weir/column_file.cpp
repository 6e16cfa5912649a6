// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/stream/credit.hpp>
#include <weir/apps/weir/column_file.hpp>
#include <weir/io/csv_reader.hpp>
#include <weir/io/glob.hpp>
#include <weir/io/hdf5_columns.hpp>
#include <weir/io/hdf5_manifest.hpp>
#include <weir/io/hdf5_rows.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

namespace tool {
namespace {

class csv_column_file final : public column_file {
public:
  csv_column_file(std::string path, weir::csv_shape shape)
      : column_file{std::move(path), std::move(shape.columns)},
        reader_{path_, record_.table(), std::move(shape.options)} {}

  weir::result<void> open() { return reader_.open(); }

  weir::result<std::size_t> read(const on_reject& rejected) override {
    bool has_room = true;
    const auto reject_row = [&](const weir::csv_reject& bad) {
      return has_room = rejected(
                 {path_, path_ + ":" + std::to_string(bad.line), bad.reason, std::string{bad.raw}});
    };
    while (!has_ended_ && has_room) {
      auto got = reader_.read(rows_.data(), record_.table().row_bytes, run_rows, weir::batch_bytes,
                              reject_row);
      if (!got) return std::move(got).error();
      text_ = reader_.text();
      has_ended_ = got->has_ended;
      if (got->rows != 0) return got->rows;
    }
    return std::size_t{0};
  }

  double done() const override {
    const auto total = reader_.bytes_total();
    return total == 0 ? 0 : static_cast<double>(reader_.bytes_read()) / static_cast<double>(total);
  }

private:
  weir::csv_reader reader_;
};

class hdf5_column_file final : public column_file {
public:
  hdf5_column_file(std::string path, std::vector<weir::column_plan> columns)
      : column_file{std::move(path), std::move(columns)} {}

  weir::result<void> open(const weir::hdf5_options& options) {
    auto bound = weir::hdf5_rows::bind(record_.table(), path_, options);
    if (!bound) return std::move(bound).error();
    file_ = std::move(*bound);
    return {};
  }

  weir::result<std::size_t> read(const on_reject& rejected) override {
    bool has_room = true;
    while (file_->next() < file_->size() && has_room) {
      auto run = file_->read(rows_.data(), run_rows, weir::batch_bytes);
      if (!run) return std::move(run).error();
      text_ = std::move(run->text.owner);
      const auto kept = drop_bad(*run, rejected, has_room);
      rows_read_ = file_->next();
      if (kept != 0) {
        has_ended_ = file_->next() == file_->size();
        return kept;
      }
    }
    has_ended_ = file_->next() == file_->size();
    return std::size_t{0};
  }

  double done() const override {
    return static_cast<double>(rows_read_)
           / static_cast<double>(std::max<std::uint64_t>(file_->size(), 1));
  }

private:
  /// Moves the good rows together, until there is no room for another reject.
  std::size_t drop_bad(const weir::hdf5_rows::run& run, const on_reject& rejected, bool& has_room) {
    auto* rows = static_cast<std::byte*>(rows_.data());
    const auto stride = record_.table().row_bytes;
    auto bad = run.bad.begin();
    std::size_t kept = 0;
    for (std::size_t i = 0; i < run.rows; ++i) {
      if (bad == run.bad.end() || bad->index != i) {
        if (kept != i) std::memcpy(rows + kept * stride, rows + i * stride, stride);
        ++kept;
        continue;
      }
      has_room =
          rejected({path_, path_ + ":row " + std::to_string(run.first + i), bad->reason, bad->raw});
      ++bad;
      if (has_room) continue;
      file_->seek(run.first + i + 1);
      break;
    }
    return kept;
  }

  std::unique_ptr<weir::hdf5_rows> file_;
  std::atomic<std::uint64_t> rows_read_{0};
};

weir::result<std::unique_ptr<column_file>> open_csv(const std::string& path,
                                                    const column_file_options& options) {
  auto shape = weir::infer_csv(path, options.csv);
  if (!shape) return std::move(shape).error();
  if (auto known = weir::override_kinds(shape->columns, options.types); !known)
    return known.error();
  auto file = std::make_unique<csv_column_file>(path, std::move(*shape));
  if (auto opened = file->open(); !opened) return opened.error();
  return std::unique_ptr<column_file>{std::move(file)};
}

weir::result<std::unique_ptr<column_file>> open_hdf5(const std::string& path,
                                                     const column_file_options& options) {
  if (!options.types.empty())
    return weir::error{weir::errc::usage,
                       "--types is for CSV files: '" + path + "' says itself what its columns are"};
  auto found = weir::hdf5_columns(path, options.hdf5);
  if (!found) return std::move(found).error();
  if (std::error_code ignored; !std::filesystem::exists(weir::manifest_of(path), ignored))
    fmt::print(stderr, "weir: '{}' has no checksum beside it: damage would be read as data\n",
               path);
  std::vector<weir::column_plan> columns;
  for (auto& column : *found)
    columns.push_back({std::move(column.name), column.kind, column.is_optional});
  auto file = std::make_unique<hdf5_column_file>(path, std::move(columns));
  if (auto opened = file->open(options.hdf5); !opened) return opened.error();
  return std::unique_ptr<column_file>{std::move(file)};
}

} // namespace

bool is_hdf5(std::string_view path) { return path.ends_with(".h5") || path.ends_with(".hdf5"); }

weir::result<std::unique_ptr<column_file>> column_file::open(const std::string& path,
                                                             const column_file_options& options) {
  auto found = weir::expand_files(path);
  if (!found) return std::move(found).error();
  if (found->size() != 1)
    return weir::error{weir::errc::usage, "'" + path + "' means " + std::to_string(found->size())
                                              + " files, and one is read at a time: name it"};
  return is_hdf5(found->front()) ? open_hdf5(found->front(), options)
                                 : open_csv(found->front(), options);
}

} // namespace tool
