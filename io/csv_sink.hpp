// SPDX-License-Identifier: Apache-2.0
//
// csv_sink: rows into one CSV file. Rows are written to `<path>.part`, which becomes `<path>` when
// the stream has ended: a job that failed leaves nothing that looks complete. At a barrier the rows
// are written and synced. What a job that died had made safe stays, and is kept by the next one as
// `<path>.part-0001`, never overwritten. What is not a plain file (/dev/stdout, a pipe) is written
// directly. What is written so is read back equal by `csv`.
//
//   answers | to(csv<quote>("answers.csv"));
//   answers | to(csv("answers.csv"));           // the record is that of the stream

#pragma once

#include <weir/actors/operators/spec.hpp>
#include <weir/io/csv_options.hpp>

#include <memory>
#include <string>
#include <utility>

namespace weir {

namespace detail {
result<std::unique_ptr<any_sink>> make_csv_sink(const row_type& type, const std::string& path,
                                                const csv_options& options);
} // namespace detail

/// A sink_spec: a CSV file to be written.
template <tabular T>
class csv_sink {
public:
  using row = T;

  csv_sink(std::string path, std::shared_ptr<csv_options> options)
      : path_{std::move(path)}, options_{std::move(options)} {}

  [[nodiscard]] std::string describe() const { return "csv(" + path_ + ")"; }
  [[nodiscard]] options_ref options() const { return make_options_ref(options_); }
  [[nodiscard]] result<std::unique_ptr<any_sink>> make() const {
    return detail::make_csv_sink(row_type_of<T>(), path_, *options_);
  }

private:
  std::string path_;
  std::shared_ptr<csv_options> options_;
};

/// A CSV file to be written with rows of whatever record the stream has.
class csv_sink_for_any {
public:
  explicit csv_sink_for_any(std::string path, csv_options options)
      : path_{std::move(path)}, options_{std::make_shared<csv_options>(std::move(options))} {}

  template <class T>
  [[nodiscard]] auto bind() const {
    static_assert(tabular<T>, "weir: csv writes records: describe the row's struct with "
                              "BOOST_DESCRIBE_STRUCT, or map it to one");
    if constexpr (tabular<T>) return csv_sink<T>{path_, options_};
  }

private:
  std::string path_;
  std::shared_ptr<csv_options> options_;
};

/// To be written: `to(csv("answers.csv"))`.
[[nodiscard]] inline csv_sink_for_any csv(std::string path, csv_options options = {}) {
  return csv_sink_for_any{std::move(path), std::move(options)};
}

} // namespace weir
