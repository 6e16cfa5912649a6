// SPDX-License-Identifier: Apache-2.0

#include <weir/models/evaluation.hpp>

#include <algorithm>
#include <cmath>

namespace weir {

void evaluation::add(double label, double prediction) {
  if (std::isnan(prediction)) return;
  const double off = label - prediction, plain = label - baseline_;
  squared_ += off * off;
  absolute_ += std::abs(off);
  baseline_sum_ += plain;
  baseline_squared_ += plain * plain;
  baseline_absolute_ += std::abs(plain);
  if (rows_++ % stride_ != 0) return;
  residuals_.push_back(off);
  if (residuals_.size() == exact_residuals) thin_out();
}

void evaluation::thin_out() {
  for (std::size_t i = 0; i < residuals_.size() / 2; ++i) residuals_[i] = residuals_[2 * i];
  residuals_.resize(residuals_.size() / 2);
  stride_ *= 2;
}

void evaluation::fill(model_report& report) const {
  report.holdout_rows = rows_;
  if (rows_ == 0) return;
  const auto rows = static_cast<double>(rows_);
  report.rmse = std::sqrt(squared_ / rows);
  report.mae = absolute_ / rows;
  report.baseline_rmse = std::sqrt(baseline_squared_ / rows);
  report.baseline_mae = baseline_absolute_ / rows;
  const double around_mean = baseline_squared_ - baseline_sum_ * baseline_sum_ / rows;
  if (around_mean > 0) report.r2 = 1 - squared_ / around_mean;
  auto all = residuals_;
  // The quantile between two residuals is interpolated (type 7 of Hyndman and Fan, 1996).
  const auto quantile = [&](double p) {
    const double at = p * static_cast<double>(all.size() - 1);
    const auto place = all.begin() + static_cast<std::ptrdiff_t>(at);
    std::nth_element(all.begin(), place, all.end());
    const auto next = std::min_element(place + 1, all.end());
    return next == all.end() ? *place : *place + (at - std::floor(at)) * (*next - *place);
  };
  report.residual_p05 = quantile(0.05);
  report.residual_p50 = quantile(0.5);
  report.residual_p95 = quantile(0.95);
}

} // namespace weir
