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
  auto sorted = residuals_;
  std::ranges::sort(sorted);
  // The quantile between two residuals is interpolated (type 7 of Hyndman and Fan, 1996).
  const auto quantile = [&](double p) {
    const double at = p * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(at);
    const auto above = std::min(below + 1, sorted.size() - 1);
    return sorted[below] + (at - std::floor(at)) * (sorted[above] - sorted[below]);
  };
  report.residual_p05 = quantile(0.05);
  report.residual_p50 = quantile(0.5);
  report.residual_p95 = quantile(0.95);
}

} // namespace weir
