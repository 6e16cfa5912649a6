// SPDX-License-Identifier: Apache-2.0
//
// split_export: the file of `learn_options::export_split`: every usable row of the history with
// where it came from, the raw fields the features take, its label, whether it was held out, and
// what the model predicts, so that others can check the fit.
//
//   partition,position,pickup,distance,label,held_out,prediction
//   yellow_2019-01,0,2019-01-15T03:36:12Z,1,9.75,0,10.131...
//
// CSV as of RFC 4180; numbers in the shortest form that gives the same double back; a missing value
// is empty. Rows come in the order in which the evaluator got them: with one learner in that of the
// history, within chunks of rows first those held out.

#pragma once

#include <weir/actors/stream/error.hpp>
#include <weir/actors/stream/origin.hpp>
#include <weir/models/feature_reader.hpp>

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

namespace weir {

/// Appends a row's line, without prediction and newline.
void append_split_line(std::string& onto, const feature_reader& reader, const void* row,
                       const origin& where, double label, bool is_held_out);

class split_export {
public:
  /// How every such file begins.
  static constexpr std::string_view begin = "partition,position";

  /// Creates `path`.part; errors throw std::runtime_error.
  split_export(const std::string& path, const feature_reader& reader);

  /// `lines`: one line for each prediction, each ended by a newline.
  void add(std::string_view lines, const double* predictions);
  /// Gives the file its name.
  void finish();

private:
  struct closer {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
  };
  [[noreturn]] void fail(const std::string& what) const;
  void write(std::string_view text);

  std::string path_;
  std::unique_ptr<std::FILE, closer> file_;
};

} // namespace weir
