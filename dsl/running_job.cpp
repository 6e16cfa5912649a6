// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/secret.hpp>
#include <weir/dsl/running_job.hpp>

#include <algorithm>

namespace weir {
namespace {

job_summary without_secrets_of(job_summary ended) {
  if (ended.cause) ended.cause->message = without_secrets(std::move(ended.cause->message));
  return ended;
}

} // namespace

job_summary running_job::wait() { return without_secrets_of(job_.wait()); }

std::optional<job_summary> running_job::wait_for(std::chrono::milliseconds time) {
  auto ended = job_.wait_for(time);
  if (ended) ended = without_secrets_of(std::move(*ended));
  return ended;
}

void model_board::put(const model_report& report) {
  std::lock_guard lock{mutex_};
  const auto known = std::find_if(reports_.begin(), reports_.end(),
                                  [&](const auto& each) { return each.name == report.name; });
  if (known == reports_.end())
    reports_.push_back(report);
  else
    *known = report;
}

std::vector<model_report> model_board::reports() const {
  std::lock_guard lock{mutex_};
  return reports_;
}

std::shared_ptr<prediction_counts> model_board::counts_of(const std::string& model) {
  std::lock_guard lock{mutex_};
  auto& counts = counts_[model];
  if (!counts) counts = std::make_shared<prediction_counts>();
  return counts;
}

std::vector<std::pair<std::string, std::shared_ptr<const prediction_counts>>>
model_board::counts() const {
  std::lock_guard lock{mutex_};
  return {counts_.begin(), counts_.end()};
}

} // namespace weir
