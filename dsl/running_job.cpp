// SPDX-License-Identifier: Apache-2.0

#include <weir/dsl/running_job.hpp>

#include <algorithm>

namespace weir {

void report_board::put(const model_report& report) {
  std::lock_guard lock{mutex_};
  const auto known = std::find_if(reports_.begin(), reports_.end(),
                                  [&](const auto& each) { return each.name == report.name; });
  if (known == reports_.end())
    reports_.push_back(report);
  else
    *known = report;
}

std::vector<model_report> report_board::all() const {
  std::lock_guard lock{mutex_};
  return reports_;
}

} // namespace weir
