// SPDX-License-Identifier: Apache-2.0
//
// hdf5: records from HDF5 files, and to one.
//
// A record's fields are one-dimensional datasets of a group, found by name or alias; other datasets
// are not read. Files are delivered in the order of their names, each a partition called by the
// file's stem; positions count rows that fitted the record: so HDF5 files made of CSV files have
// the same origins. A file is verified against its `.xxh3` manifest before it is opened; files
// without one are read after one warning. Rows that do not fit are rejected with file, row and
// reason; a file that is damaged, or has no such columns, fails the source. A thread
// reads columns ahead; rows are made of them by whoever polls. Memory: two windows of 64 Ki values
// a column.
//
// The drawing of a file is in hdf5_writer.hpp, what is read into which field in hdf5_rows.hpp.
//
//   app.from(hdf5<trip>("yellow_2019-*.h5"))
//   app.from(hdf5<trip>({"a.h5", "b.h5"}, {.group = "/trips", .time_unit = "s"}))
//   rows | to(hdf5<trip>("copy.h5", {.deflate = 0}))

#pragma once

#include <weir/actors/operators/spec.hpp>
#include <weir/io/glob.hpp>
#include <weir/io/hdf5_options.hpp>
#include <weir/io/hdf5_sink.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>

namespace weir {

namespace detail {

/// How the compiled reader reaches the rows of a typed batch.
struct hdf5_batch_access {
  const row_type* type;
  void* (*tail)(batch_base& rows);                  ///< Where the next rows go.
  void (*add)(batch_base& rows, std::size_t count); ///< What was written there becomes rows.
  void (*move)(void* tail, std::size_t from, std::size_t to); ///< One row to another's place.
};

template <tabular T>
hdf5_batch_access hdf5_access_to() {
  return {&row_type_of<T>(),
          [](batch_base& rows) -> void* { return static_cast<batch<T>&>(rows).tail(); },
          [](batch_base& rows, std::size_t count) {
            if constexpr (owns_heap<T>())
              for (; count != 0; --count) static_cast<batch<T>&>(rows).push_next();
            else
              rows.rows_added(count);
          },
          [](void* tail, std::size_t from, std::size_t to) {
            static_cast<T*>(tail)[to] = std::move(static_cast<T*>(tail)[from]);
          }};
}

[[nodiscard]] result<std::unique_ptr<any_source>> make_hdf5_source(const hdf5_batch_access& rows,
                                                                   const file_list& files,
                                                                   const hdf5_options& options);

} // namespace detail

/// A source_spec: HDF5 files to be read; in `to`, the HDF5 file to be written.
template <tabular T>
class hdf5_files {
public:
  using row = T;
  static constexpr bool is_bounded = true;

  hdf5_files(file_list files, hdf5_options options)
      : files_{std::move(files)}, options_{std::make_shared<hdf5_options>(std::move(options))} {}

  [[nodiscard]] std::string describe() const { return "hdf5(" + files_.describe() + ")"; }
  [[nodiscard]] options_ref options() const { return make_options_ref(options_); }
  [[nodiscard]] result<std::unique_ptr<any_source>> make() const {
    return detail::make_hdf5_source(detail::hdf5_access_to<T>(), files_, *options_);
  }

  /// The file as a sink.
  template <class U>
  [[nodiscard]] hdf5_sink<T> bind() const {
    static_assert(std::same_as<T, U>, "weir: this sink takes another record than the stream has: "
                                      "bring the rows to it by map");
    return {files_.patterns().size() == 1 ? files_.patterns().front() : std::string{}, options_};
  }

private:
  file_list files_;
  std::shared_ptr<hdf5_options> options_;
};

/// Records of T in these files: one name or pattern, or a list.
template <class T>
[[nodiscard]] auto hdf5(file_list files, hdf5_options options = {}) {
  static_assert(tabular<T>, "weir: hdf5 reads and writes records: describe the row's struct with "
                            "BOOST_DESCRIBE_STRUCT");
  return hdf5_files<T>{std::move(files), std::move(options)};
}

} // namespace weir
