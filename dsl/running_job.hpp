// SPDX-License-Identifier: Apache-2.0
//
// running_job: a graph that was started: to wait for, to stop, and to ask how it went. Any thread
// may use it; destroying it while it runs ends the job without draining and waits for that.
//
//   result<running_job> running = app.start();
//   running->stop();
//   job_summary ended = running->wait();

#pragma once

#include <weir/actors/operators/model.hpp>
#include <weir/actors/runtime/job.hpp>
#include <weir/dsl/planner.hpp>

#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace weir {

/// Where models put what is told of them: the last report of each, and what its predictors met.
/// Any thread may use it.
class model_board {
public:
  void put(const model_report& report);
  [[nodiscard]] std::vector<model_report> reports() const;

  [[nodiscard]] std::shared_ptr<prediction_counts> counts_of(const std::string& model);
  /// By the model's name.
  [[nodiscard]] std::vector<std::pair<std::string, std::shared_ptr<const prediction_counts>>>
  counts() const;

private:
  mutable std::mutex mutex_;
  std::vector<model_report> reports_;
  std::map<std::string, std::shared_ptr<prediction_counts>> counts_;
};

class running_job {
public:
  running_job(planned what, job started, std::shared_ptr<model_board> models)
      : what_{std::move(what)}, job_{std::move(started)}, models_{std::move(models)} {}

  /// Blocks until the job has ended.
  job_summary wait();
  /// Nothing if it still runs after this time.
  std::optional<job_summary> wait_for(std::chrono::milliseconds time);
  /// Sources take no more; what they gave is delivered. Returns at once: then `wait`.
  void stop() { job_.stop(); }
  /// Models with `keep_learning` are fitted again, at the next barrier. Returns at once.
  void refit() { job_.refit(); }
  /// Tables of lookups with `refresh_on_request` are read anew. Returns at once.
  void refresh() const {
    for (const auto& ask : what_.refresh_tables) ask();
  }
  /// Ends without draining. Returns at once.
  void abort() { job_.abort(); }

  [[nodiscard]] const std::deque<actor_counters>& counters() const { return job_.counters(); }
  [[nodiscard]] const planned& what() const noexcept { return what_; }
  /// The last report of each model that was fitted.
  [[nodiscard]] std::vector<model_report> reports() const { return models_->reports(); }
  /// What predictors met, by the model's name.
  [[nodiscard]] auto predictions() const { return models_->counts(); }

private:
  planned what_;
  job job_;
  std::shared_ptr<model_board> models_;
};

} // namespace weir
