// SPDX-License-Identifier: Apache-2.0
//
// hdf5_columns: what columns an HDF5 file has, for tools that know no record: converting, showing.
//
// Kinds are those the file was written from where weir wrote it; of other files, whole numbers with
// a time's unit are times, and enums are text by name. Datasets that are no columns are left out.
// Blocking; safe from any thread.
//
//   auto columns = hdf5_columns("trips.h5", {});   // {"distance", float64}, {"passengers", ...
//   // a record of them: hdf5_rows::bind reads its rows

#pragma once

#include <weir/actors/stream/error.hpp>
#include <weir/io/hdf5_options.hpp>
#include <weir/io/hdf5_writer.hpp>

#include <string>
#include <vector>

namespace weir {

/// In the order of their names; none at all is errc::config. Text is text_view, and an enum, too.
[[nodiscard]] result<std::vector<hdf5_column>> hdf5_columns(const std::string& path,
                                                            const hdf5_options& options);

} // namespace weir
