// SPDX-License-Identifier: Apache-2.0
//
// ridge_fit: from sums over rows to a linear model: merges what several learners summed and solves
// the normal equations exactly.
//
//   minimise   sum over rows of (label - intercept - weights . columns)^2  +  l2 * |weights|^2
//
// The intercept is not penalised: columns and label are centred first (Hastie, Tibshirani,
// Friedman: The Elements of Statistical Learning, 2nd ed., section 3.4.1). Weights are penalised in
// the units of their columns, so `standard` matters. Columns are put in sorted order of their
// categories before anything is solved, so it does not matter in which order these appeared.
//
// A column that is constant in the training rows gets weight 0. With l2 > 0 there is always one
// solution (Cholesky). With l2 = 0, or where l2 is too small to matter, columns that are
// combinations of others (all categories of a one_hot feature are) leave a choice: a rank-revealing
// decomposition takes the solution with the smallest weights, measured in standard deviations;
// fewer rows than columns are such a case too.
//
//   result<linear_model> model = ridge_fit(parts, features, record_of<trip>(), {.l2 = 1});

#pragma once

#include <weir/actors/stream/error.hpp>
#include <weir/actors/stream/record.hpp>
#include <weir/models/feature_reader.hpp>
#include <weir/models/linear_model.hpp>
#include <weir/models/ridge_sums.hpp>

#include <span>

namespace weir {

/// Fits the rows of all parts, which were summed for the reader's features and are finished. No
/// rows, or sums that are not finite: an error.
[[nodiscard]] result<linear_model> ridge_fit(std::span<const ridge_sums* const> parts,
                                             const feature_reader& reader, double l2);

} // namespace weir
