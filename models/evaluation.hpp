// SPDX-License-Identifier: Apache-2.0
//
// evaluation: how good predictions were: root mean square and mean absolute error, R2, quantiles of
// the residuals, each beside what the training mean alone would have got.
//
// Rows are added one by one, in any cut. Quantiles are exact up to `exact_residuals` rows; beyond,
// they are those of every 2nd, 4th, ... row, so memory stays below 8 MiB. One owner.
//
//   evaluation judged{model.label_mean};
//   judged.add(label, prediction);
//   judged.fill(report);

#pragma once

#include <weir/actors/operators/model.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace weir {

class evaluation {
public:
  static constexpr std::size_t exact_residuals = std::size_t{1} << 20U;

  /// `baseline`: the answer to every row that predictions are compared with.
  explicit evaluation(double baseline) : baseline_{baseline} {}

  /// A prediction that is NaN does not count.
  void add(double label, double prediction);
  /// Rows, errors, R2 and quantiles; NaN where nothing was measured.
  void fill(model_report& report) const;

private:
  void thin_out();

  double baseline_;
  std::uint64_t rows_ = 0;
  double squared_ = 0, absolute_ = 0;                                      // of label - prediction
  double baseline_sum_ = 0, baseline_squared_ = 0, baseline_absolute_ = 0; // of label - baseline
  std::uint64_t stride_ = 1; // of the rows whose residual is kept
  std::vector<double> residuals_;
};

} // namespace weir
