// SPDX-License-Identifier: Apache-2.0
//
// file_series: a list of files as one source: their rows in the order of the files' names, each
// file one partition named by its stem. Whoever can read one file gets globs, parsing ahead in
// parallel, seeking and progress from here.
//
// Up to `open_files` files are open at once, each behind a pump of its own: while the first is
// delivered the next are parsed already. Memory is bounded by `open_files` times what one file's
// source and its pump hold. A file that can't be opened later on fails the source when its turn
// comes, after the rows before it.
//
//   return make_file_series(row_type_of<T>(), files, open_one, {.open_files = 2});
//
//   b.csv ── source ── pump ──┐
//   c.csv ── source ── pump ──┤  (parsed ahead)     poll ──> rows of b, then of c, then of d
//   d.csv    not opened yet   ┘

#pragma once

#include <weir/actors/operators/source.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace weir {

/// One file of a series.
struct series_file {
  std::string path;
  std::string partition; ///< Its stem, or the whole path where two files have one stem.
};

/// Makes the source of one file, not opened yet. It may block.
using make_file_source = std::function<result<std::unique_ptr<any_source>>(const series_file&)>;

struct file_series_options {
  /// Files parsed at once; 0: one a core, at most 8.
  std::size_t open_files = 0;
  /// What runs a source that blocks; nothing: `pump` of actors/runtime.
  std::function<std::unique_ptr<any_source>(std::unique_ptr<any_source>)> run_behind;
};

/// The files by name, with their partitions.
[[nodiscard]] std::vector<series_file> name_partitions(std::vector<std::string> paths);

/// The source of all rows of `paths`. `type` is the row type of what `make` makes.
[[nodiscard]] std::unique_ptr<any_source> make_file_series(const row_type& type,
                                                           std::vector<std::string> paths,
                                                           make_file_source make,
                                                           file_series_options options);

} // namespace weir
