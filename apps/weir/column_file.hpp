// SPDX-License-Identifier: Apache-2.0
//
// column_file: rows of a CSV or HDF5 file whose columns are known only once it is open.
//
// A CSV file's columns are inferred from its header and first rows (io/csv_infer.hpp), an HDF5
// file says its own. Rows are read run by run into the same room, so memory is bounded by
// `run_rows` rows and a block of the file. What can't be read is handed out as a reject. Blocking;
// one thread at a time.
//
//   auto file = column_file::open("trips.csv", {.types = "zip=text"});
//   for (auto rows = (*file)->read(keep); rows && *rows != 0; rows = (*file)->read(keep))
//     for (std::size_t i = 0; i < *rows; ++i) writer.append_row(out, (*file)->row(i));

#pragma once

#include <weir/actors/stream/error.hpp>
#include <weir/actors/stream/record.hpp>
#include <weir/actors/stream/reject.hpp>
#include <weir/io/csv_infer.hpp>
#include <weir/io/csv_options.hpp>
#include <weir/io/hdf5_options.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tool {

/// By its name: `.h5` or `.hdf5`.
[[nodiscard]] bool is_hdf5(std::string_view path);

struct column_file_options {
  std::string types = {}; ///< Kinds of a CSV file's columns that are known better than inferred.
  weir::csv_options csv = {};
  weir::hdf5_options hdf5 = {};
};

class column_file {
public:
  static constexpr std::size_t run_rows = 4096;
  /// Takes a reject; gives whether there is room for another.
  using on_reject = std::function<bool(weir::reject)>;

  /// One file: a pattern must match one only.
  [[nodiscard]] static weir::result<std::unique_ptr<column_file>>
  open(const std::string& path, const column_file_options& options);
  virtual ~column_file() = default;

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] const std::vector<weir::column_plan>& columns() const noexcept { return columns_; }
  [[nodiscard]] const weir::record_info& table() const noexcept { return record_.table(); }

  /// Replaces the rows by the next; gives how many, 0 at the end and when there is no room for
  /// rejects.
  [[nodiscard]] virtual weir::result<std::size_t> read(const on_reject& rejected) = 0;
  [[nodiscard]] const void* row(std::size_t i) const noexcept { return rows_.row(i); }
  /// Nothing follows.
  [[nodiscard]] bool has_ended() const noexcept { return has_ended_; }
  /// How much of the file was read, 0 to 1. From any thread.
  [[nodiscard]] virtual double done() const = 0;

protected:
  column_file(std::string path, std::vector<weir::column_plan> columns)
      : path_{std::move(path)},
        columns_{std::move(columns)},
        record_{columns_},
        rows_{record_, run_rows} {}

  std::string path_;
  std::vector<weir::column_plan> columns_;
  weir::column_record record_;
  weir::column_rows rows_;
  std::shared_ptr<const void> text_; // what the rows point into
  bool has_ended_ = false;
};

} // namespace tool
