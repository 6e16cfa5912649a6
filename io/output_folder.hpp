// SPDX-License-Identifier: Apache-2.0
//
// output_folder: the folder that a job's files go to, made when the job starts.
//
// Files that are of use only when all of them are whole are written into `<folder>/.unfinished` and
// moved, by `settle`, over those of an earlier job, once the job has finished. What was not moved
// leaves with the object, or, of a process that died, with the next one that writes there: one at a
// time. Files of a job that goes on until it is stopped are `live`: each is at its place at once.
// One thread.
//
//   output_folder out{"report"};
//   days | to(in_folder{out, csv<day>(out.place_of("days.csv")).bind<day>()});
//   app.on_end([&](job_state how) { return out.settle(how); });

#pragma once

#include <weir/actors/operators/spec.hpp>
#include <weir/actors/runtime/job.hpp>
#include <weir/actors/stream/error.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

namespace weir {

enum class output_files : std::uint8_t {
  together, ///< Seen once all are whole.
  live,     ///< Seen as they are written.
};

class output_folder {
public:
  explicit output_folder(const std::string& path, output_files files = output_files::together);
  ~output_folder();
  output_folder(const output_folder&) = delete;
  output_folder& operator=(const output_folder&) = delete;

  /// Where a file of this name is to be written.
  [[nodiscard]] std::string place_of(const std::string& name) const;

  /// `text` with the places where people will find the files.
  [[nodiscard]] std::string as_found(std::string text) const;

  /// Makes it, the first time it is asked.
  result<void> make();

  /// What becomes of files `together` when the job has ended: they are seen, or there are none,
  /// which is an error if it was stopped: somebody waits for them.
  result<void> settle(job_state how);

private:
  result<void> publish();
  [[nodiscard]] error cannot(const std::string& what, const std::error_code& why, errc code) const;

  std::filesystem::path path_;
  std::filesystem::path written_to_;
  bool is_made_ = false;
};

/// A sink_spec: a sink whose file lies in the folder, which is made before it.
template <sink_spec Spec>
class in_folder {
public:
  using row = typename Spec::row;

  in_folder(output_folder& folder, Spec spec) : folder_{&folder}, spec_{std::move(spec)} {}

  [[nodiscard]] std::string describe() const { return folder_->as_found(spec_.describe()); }
  [[nodiscard]] options_ref options() const { return spec_.options(); }
  [[nodiscard]] result<std::unique_ptr<any_sink>> make() const {
    if (auto made = folder_->make(); !made) return std::move(made).error();
    return spec_.make();
  }

private:
  output_folder* folder_;
  Spec spec_;
};

} // namespace weir
