// SPDX-License-Identifier: Apache-2.0
//
// trip_files: trips from CSV or HDF5 files, whichever their names say. Nothing is opened here: that
// is done when the job starts.
//
//   auto files = files_of<trip>("--history", {"yellow_*.h5"});   // an error where kinds are mixed

#pragma once

#include <weir/dsl/one_of.hpp>
#include <weir/io/csv_source.hpp>
#include <weir/io/hdf5_source.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace taxi {

inline bool is_hdf5(std::string_view file) {
  return file.ends_with(".h5") || file.ends_with(".hdf5");
}

template <class Trip>
using trip_files = weir::one_of<weir::csv_files<Trip>, weir::hdf5_files<Trip>>;

/// `*.csv`, `*.h5`, `*.hdf5`: all of one kind. `flag` is what they were given by.
template <class Trip>
weir::result<trip_files<Trip>> files_of(const std::string& flag,
                                        std::vector<std::string> patterns) {
  const auto count = std::count_if(patterns.begin(), patterns.end(), is_hdf5);
  if (count == 0) return trip_files<Trip>{weir::csv<Trip>(std::move(patterns))};
  if (count == std::ssize(patterns)) return trip_files<Trip>{weir::hdf5<Trip>(std::move(patterns))};
  return weir::error{weir::errc::usage,
                     flag
                         + " mixes HDF5 and other files: convert them to one kind (weir convert "
                           "trips.csv trips.h5)"};
}

} // namespace taxi
