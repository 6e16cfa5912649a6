// SPDX-License-Identifier: Apache-2.0
//
// report_folder: files that become visible together, once all of them are whole.
//
// They are written into `<folder>/.unfinished`, made when the job starts, and moved by `publish`,
// over those of an earlier report. What was not published leaves with the object, or, of a process
// that died, with the next one that writes there: one at a time.
//
//   report_folder out{"report"};
//   days | to(in_folder{out, csv<day>(out.place_of("days.csv")).bind<day>()});
//   app.on_end([&](job_state how) { return how == job_state::finished ? out.publish() : ...; });

#pragma once

#include <weir/actors/operators/spec.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>

namespace taxi_analysis {

class report_folder {
public:
  explicit report_folder(const std::string& path)
      : path_{path}, unfinished_{path_ / ".unfinished"} {}
  ~report_folder() { discard(); }
  report_folder(const report_folder&) = delete;
  report_folder& operator=(const report_folder&) = delete;

  [[nodiscard]] std::string place_of(const std::string& name) const { return unfinished_ / name; }

  /// Makes it, the first time it is asked.
  weir::result<void> make() {
    if (is_made_) return {};
    std::error_code problem;
    std::filesystem::remove_all(unfinished_, problem);
    if (!problem) std::filesystem::create_directories(unfinished_, problem);
    if (problem) return cannot("write into", problem, weir::errc::config);
    is_made_ = true;
    return {};
  }

  weir::result<void> publish() {
    std::error_code problem;
    for (auto at = std::filesystem::directory_iterator{unfinished_, problem};
         !problem && at != std::filesystem::directory_iterator{}; at.increment(problem))
      std::filesystem::rename(at->path(), path_ / at->path().filename(), problem);
    if (problem) return cannot("put the report into", problem, weir::errc::failed);
    return {};
  }

  void discard() {
    std::error_code ignored;
    if (std::exchange(is_made_, false)) std::filesystem::remove_all(unfinished_, ignored);
  }

private:
  [[nodiscard]] weir::error cannot(const std::string& what, const std::error_code& why,
                                   weir::errc code) const {
    return {code, "cannot " + what + " the folder '" + path_.string() + "': " + why.message()
                      + "; name another one by --out"};
  }

  std::filesystem::path path_;
  std::filesystem::path unfinished_;
  bool is_made_ = false;
};

/// A sink_spec: a sink whose file lies in the folder, which is made before it.
template <weir::sink_spec Spec>
class in_folder {
public:
  using row = typename Spec::row;

  in_folder(report_folder& folder, Spec spec) : folder_{&folder}, spec_{std::move(spec)} {}

  [[nodiscard]] std::string describe() const { return spec_.describe(); }
  [[nodiscard]] weir::options_ref options() const { return spec_.options(); }
  [[nodiscard]] weir::result<std::unique_ptr<weir::any_sink>> make() const {
    if (auto made = folder_->make(); !made) return std::move(made).error();
    return spec_.make();
  }

private:
  report_folder* folder_;
  Spec spec_;
};

} // namespace taxi_analysis
