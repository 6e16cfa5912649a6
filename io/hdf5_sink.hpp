// SPDX-License-Identifier: Apache-2.0
//
// hdf5_sink: writes the rows of a record to one HDF5 file, a dataset a field (hdf5_writer.hpp draws
// it).
//
// At a barrier what was written since the last one becomes safe as a file of its own,
// `x.h5.part-0001` with its checksum, and so on; when the stream has ended they are put together to
// `x.h5`, and deleted. So a stream that has ended is always the one file that was asked for, and
// the same bytes wherever barriers fell. A job that dies leaves its parts, which can be read by
// `hdf5<trip>("x.h5.part-*")`; no later job overwrites them. Memory is bounded as in
// hdf5_writer.hpp, disk by twice the file.
// Blocking (a pump runs it); one thread at a time.
//
//   rows | to(hdf5<trip>("trips.h5"));

#pragma once

#include <weir/actors/operators/spec.hpp>
#include <weir/io/hdf5_options.hpp>

#include <memory>
#include <string>
#include <utility>

namespace weir {

/// The sink itself, for rows of a type with a table.
[[nodiscard]] result<std::unique_ptr<any_sink>>
make_hdf5_sink(const row_type& rows, const std::string& path, const hdf5_options& options);

/// A sink_spec: one HDF5 file to be written. `hdf5<T>(path)` becomes one in `to`.
template <tabular T>
class hdf5_sink {
public:
  using row = T;

  hdf5_sink(std::string path, std::shared_ptr<hdf5_options> options)
      : path_{std::move(path)}, options_{std::move(options)} {}

  [[nodiscard]] std::string describe() const { return "hdf5(" + path_ + ")"; }
  [[nodiscard]] options_ref options() const { return make_options_ref(options_); }
  [[nodiscard]] result<std::unique_ptr<any_sink>> make() const {
    return make_hdf5_sink(row_type_of<T>(), path_, *options_);
  }

private:
  std::string path_; // empty when several were named
  std::shared_ptr<hdf5_options> options_;
};

/// An HDF5 file to be written with rows of whatever record the stream has.
class hdf5_sink_for_any {
public:
  hdf5_sink_for_any(std::string path, hdf5_options options)
      : path_{std::move(path)}, options_{std::make_shared<hdf5_options>(std::move(options))} {}

  template <class T>
  [[nodiscard]] auto bind() const {
    static_assert(tabular<T>, "weir: hdf5 writes records: describe the row's struct with "
                              "BOOST_DESCRIBE_STRUCT, or map it to one");
    if constexpr (tabular<T>) return hdf5_sink<T>{path_, options_};
  }

private:
  std::string path_;
  std::shared_ptr<hdf5_options> options_;
};

/// A sink only: `to(hdf5("answers.h5"))`.
[[nodiscard]] inline hdf5_sink_for_any hdf5(std::string path, hdf5_options options = {}) {
  return {std::move(path), std::move(options)};
}

} // namespace weir
