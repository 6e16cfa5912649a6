// SPDX-License-Identifier: Apache-2.0

#include <weir/models/ridge_fit.hpp>

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <Eigen/QR>

#include <algorithm>
#include <cmath>
#include <map>

namespace weir {

namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

/// Where the columns of all parts meet: the constant one, numbers, label, then categories, sorted
/// within each feature.
class layout {
public:
  layout(std::span<const ridge_sums* const> parts) : first_{parts.front()} {
    Index next = static_cast<Index>(first_->numbers());
    for (std::size_t c = 0; c < first_->categories().size(); ++c) {
      starts_.push_back(next);
      merge(parts, c);
      next += static_cast<Index>(size(c));
    }
    width_ = next;
  }

  [[nodiscard]] Index width() const { return width_; }
  [[nodiscard]] Index one() const { return 0; }
  [[nodiscard]] Index number(std::size_t n) const {
    return n + 1 == first_->numbers() ? 0 : static_cast<Index>(n) + 1;
  }
  [[nodiscard]] Index label() const { return static_cast<Index>(first_->numbers()) - 1; }
  /// The column of a part's category; of the i-th in sorted order.
  [[nodiscard]] Index category(const ridge_sums& part, std::size_t c, std::uint32_t number) const {
    const auto& column = part.categories()[c];
    std::size_t place = 0;
    if (column.kind == column_kind::integer)
      place = integers_[c].at(column.index.integer(number));
    else if (column.kind == column_kind::text)
      place = texts_[c].at(column.index.text(number));
    return sorted(c, place);
  }
  [[nodiscard]] Index sorted(std::size_t c, std::size_t place) const {
    return starts_[c] + static_cast<Index>(place);
  }
  [[nodiscard]] std::size_t size(std::size_t c) const {
    if (first_->categories()[c].kind == column_kind::number) return 1;
    return integers_[c].size() + texts_[c].size();
  }
  [[nodiscard]] const auto& integers(std::size_t c) const { return integers_[c]; }
  [[nodiscard]] const auto& texts(std::size_t c) const { return texts_[c]; }

private:
  void merge(std::span<const ridge_sums* const> parts, std::size_t c) {
    auto& integers = integers_.emplace_back();
    auto& texts = texts_.emplace_back();
    for (const auto* part : parts) {
      const auto& column = part->categories()[c];
      for (std::uint32_t i = 1; i <= column.size(); ++i)
        if (column.kind == column_kind::integer)
          integers.emplace(column.index.integer(i), 0);
        else if (column.kind == column_kind::text)
          texts.emplace(column.index.text(i), 0);
    }
    std::size_t place = 0;
    for (auto& [value, at] : integers) at = place++;
    for (auto& [value, at] : texts) at = place++;
  }

  const ridge_sums* first_;
  Index width_ = 0;
  std::vector<Index> starts_;
  std::vector<std::map<std::int64_t, std::size_t>> integers_;
  std::vector<std::map<std::string, std::size_t>> texts_;
};

/// The category column that says a number is missing, if its mean is to be imputed.
std::optional<std::size_t> missing_column(const ridge_sums& sums, std::size_t feature) {
  for (std::size_t c = 0; c < sums.categories().size(); ++c)
    if (sums.categories()[c].feature == feature && sums.categories()[c].kind == column_kind::number)
      return c;
  return std::nullopt;
}

/// Puts `column + factor * other` in the place of a column of the data.
void add_column(MatrixXd& gram, Index column, double factor, Index other) {
  gram.col(column) += factor * gram.col(other);
  gram.row(column) += factor * gram.row(other);
}

void set(MatrixXd& gram, Index a, Index b, double value) {
  gram(a, b) = value;
  gram(b, a) = value;
}

void fill_categories(MatrixXd& gram, const ridge_sums& part, const layout& columns) {
  const auto& all = part.categories();
  std::vector<std::vector<Index>> at(all.size()); // by category number
  for (std::size_t c = 0; c < all.size(); ++c) {
    at[c].resize(all[c].size() + 1);
    for (std::uint32_t i = 1; i <= all[c].size(); ++i) {
      at[c][i] = columns.category(part, c, i);
      for (std::size_t n = 0; n < part.numbers(); ++n)
        set(gram, at[c][i], columns.number(n), part.sum(c, i, n));
      gram(at[c][i], at[c][i]) = part.sum(c, i, part.numbers() - 1);
    }
  }
  for (std::size_t a = 1; a < all.size(); ++a)
    for (std::size_t b = 0; b < a; ++b)
      for (std::uint32_t i = 1; i <= all[a].size(); ++i)
        for (std::uint32_t j = 1; j <= all[b].size(); ++j)
          set(gram, at[a][i], at[b][j], static_cast<double>(part.count(a, i, b, j)));
}

/// The Gram matrix of one part over all columns, its numbers relative to the shifts of `reference`.
MatrixXd gram_of(const ridge_sums& part, const ridge_sums& reference, const layout& columns,
                 std::span<const std::size_t> number_features) {
  MatrixXd gram = MatrixXd::Zero(columns.width(), columns.width());
  for (std::size_t a = 0; a < part.numbers(); ++a)
    for (std::size_t b = 0; b <= a; ++b)
      set(gram, columns.number(a), columns.number(b), part.product(a, b));
  fill_categories(gram, part, columns);
  for (std::size_t n = 0; n + 1 < part.numbers(); ++n) {
    const double moved = part.shift(n) - reference.shift(n);
    if (moved == 0) continue;
    add_column(gram, columns.number(n), moved, columns.one());
    if (n < number_features.size()) // a missing number stays at the shift
      if (const auto missing = missing_column(part, number_features[n]))
        add_column(gram, columns.number(n), -moved, columns.sorted(*missing, 0));
  }
  return gram;
}

/// A column of the model: where it lies in the Gram matrix, and what was done to it.
struct model_column {
  Index at = 0;
  double shift = 0; // what the sums are relative to
  double scale = 1;
  double mean = 0; // relative to shift, before scaling
  double weight = 0;
  double variance = 0; // after scaling
};

constexpr double constant_spread = 1e-12; // relative to the numbers' size
constexpr double rank_threshold = 1e-10;  // of the scaled matrix, whose diagonal is 1

/// Solves S v = c for a symmetric positive semidefinite S with ones on the diagonal.
VectorXd solve_scaled(const MatrixXd& matrix, const VectorXd& right) {
  const Eigen::LLT<MatrixXd> cholesky{matrix};
  if (cholesky.info() == Eigen::Success && cholesky.rcond() > 1e-13) {
    VectorXd solved = cholesky.solve(right);
    solved += cholesky.solve(right - matrix * solved);
    return solved;
  }
  Eigen::CompleteOrthogonalDecomposition<MatrixXd> orthogonal;
  orthogonal.setThreshold(rank_threshold);
  orthogonal.compute(matrix);
  return orthogonal.solve(right);
}

/// Fills in the weights of all columns that are not constant.
void solve(const MatrixXd& gram, const layout& columns, std::vector<model_column>& all, double l2) {
  const double rows = gram(columns.one(), columns.one());
  const double label_mean = gram(columns.one(), columns.label()) / rows;
  std::vector<model_column*> used;
  for (auto& column : all)
    if (column.variance > 0) used.push_back(&column);
  const auto count = static_cast<Index>(used.size());
  if (count == 0) return;
  MatrixXd matrix{count, count};
  VectorXd right{count}, unit{count};
  for (Index j = 0; j < count; ++j) {
    const auto& b = *used[static_cast<std::size_t>(j)];
    right[j] = (gram(b.at, columns.label()) - rows * b.mean * label_mean) / b.scale;
    for (Index i = 0; i < count; ++i) {
      const auto& a = *used[static_cast<std::size_t>(i)];
      matrix(i, j) = (gram(a.at, b.at) - rows * a.mean * b.mean) / (a.scale * b.scale);
    }
    matrix(j, j) += l2;
    unit[j] = 1 / std::sqrt(matrix(j, j));
  }
  matrix = unit.asDiagonal() * matrix * unit.asDiagonal();
  const VectorXd weights = unit.asDiagonal() * solve_scaled(matrix, unit.asDiagonal() * right);
  for (Index j = 0; j < count; ++j) used[static_cast<std::size_t>(j)]->weight = weights[j];
}

class fitter {
public:
  fitter(std::span<const ridge_sums* const> parts, const feature_reader& reader)
      : reference_{*parts.front()}, reader_{reader}, columns_{parts} {
    for (std::size_t f = 0; f < reader.kinds().size(); ++f)
      if (reader.kinds()[f] == column_kind::number) number_features_.push_back(f);
    gram_ = gram_of(reference_, reference_, columns_, number_features_);
    for (const auto* part : parts.subspan(1))
      gram_ += gram_of(*part, reference_, columns_, number_features_);
    rows_ = gram_(columns_.one(), columns_.one());
  }

  [[nodiscard]] bool is_finite() const { return gram_.allFinite(); }

  linear_model fit(double l2) {
    linear_model model;
    model.kind = "ridge";
    model.l2 = l2;
    model.record = reader_.record().name;
    model.fields = fields_of(reader_.record());
    model.trained_rows = static_cast<std::uint64_t>(rows_);
    for (std::size_t f = 0, n = 0; f < reader_.features().size(); ++f)
      model.features.push_back(reader_.kinds()[f] == column_kind::number ? start_number(f, n++)
                                                                         : start_categories(f));
    solve(gram_, columns_, solved_, l2);
    const auto label = columns_.label();
    model.label_mean =
        reference_.shift(number_features_.size()) + gram_(columns_.one(), label) / rows_;
    finish(model);
    return model;
  }

private:
  double mean_of(Index column) const { return gram_(columns_.one(), column) / rows_; }

  void add_solved(Index at, double shift, bool is_standard) {
    model_column column{.at = at, .shift = shift, .mean = mean_of(at)};
    const double size = shift + column.mean;
    const double variance = gram_(at, at) / rows_ - column.mean * column.mean;
    const double noise = constant_spread * size;
    column.variance = variance > noise * noise ? variance : 0;
    if (is_standard && column.variance > 0) {
      column.scale = std::sqrt(column.variance);
      column.variance = 1;
    }
    solved_.push_back(column);
  }

  fitted_feature start_learnt(std::size_t f) const {
    fitted_feature learnt{.what = reader_.features()[f]};
    learnt.field = reader_.record().find(learnt.what.field)->kind;
    learnt.imputed = learnt.what.missing_value;
    return learnt;
  }

  fitted_feature start_number(std::size_t f, std::size_t n) {
    auto learnt = start_learnt(f);
    const auto at = columns_.number(n);
    if (const auto missing = missing_column(reference_, f)) {
      const auto indicator = columns_.sorted(*missing, 0);
      const double present = rows_ - gram_(columns_.one(), indicator);
      const double mean_of_present = present > 0 ? gram_(columns_.one(), at) / present : 0;
      learnt.imputed = reference_.shift(n) + mean_of_present;
      add_column(gram_, at, mean_of_present, indicator);
    }
    add_solved(at, reference_.shift(n), learnt.what.is_standard);
    return learnt;
  }

  fitted_feature start_categories(std::size_t f) {
    auto learnt = start_learnt(f);
    std::size_t c = 0;
    while (reference_.categories()[c].feature != f) ++c;
    const auto* field = reader_.record().find(learnt.what.field);
    for (const auto& [value, place] : columns_.integers(c)) {
      category_weight category{.integer = value};
      if (field->kind == field_kind::enumeration) category.text = field->enumeration->name(value);
      learnt.categories.push_back(std::move(category));
    }
    for (const auto& [value, place] : columns_.texts(c))
      learnt.categories.push_back({.text = value});
    for (std::size_t i = 0; i < learnt.categories.size(); ++i) {
      const auto at = columns_.sorted(c, i);
      learnt.categories[i].rows = static_cast<std::uint64_t>(gram_(at, at));
      add_solved(at, 0, false);
    }
    return learnt;
  }

  /// Weights into their features, and the intercept that makes the mean row right.
  void finish(linear_model& model) const {
    model.intercept = model.label_mean;
    std::size_t next = 0;
    for (auto& learnt : model.features) {
      if (learnt.what.kind == feature_kind::number) {
        const auto& column = solved_[next++];
        learnt.weight = column.weight;
        learnt.spread = std::sqrt(column.variance);
        if (learnt.what.is_standard) {
          learnt.mean = column.shift + column.mean;
          learnt.scale = column.scale;
        } else {
          model.intercept -= column.weight * (column.shift + column.mean);
        }
      }
      for (auto& category : learnt.categories) {
        const auto& column = solved_[next++];
        category.weight = column.weight;
        model.intercept -= column.weight * column.mean;
      }
    }
  }

  const ridge_sums& reference_;
  const feature_reader& reader_;
  layout columns_;
  std::vector<std::size_t> number_features_;
  MatrixXd gram_;
  double rows_ = 0;
  std::vector<model_column> solved_; // in the order of the model's columns
};

bool is_finite(const linear_model& model) {
  if (!std::isfinite(model.intercept)) return false;
  return std::ranges::all_of(weights_of(model),
                             [](const auto& weight) { return std::isfinite(weight.weight); });
}

} // namespace

result<linear_model> ridge_fit(std::span<const ridge_sums* const> parts,
                               const feature_reader& reader, double l2) {
  std::vector<const ridge_sums*> used;
  for (const auto* part : parts)
    if (part->rows() > 0) used.push_back(part);
  if (used.empty()) return error{errc::failed, "there is no row to learn from"};
  const auto overflow = [] {
    return error{errc::failed, "the sums over the training rows are not finite: a number or label "
                               "is too large to be squared; filter such rows out, or use log1p"};
  };
  fitter over_all{used, reader};
  if (!over_all.is_finite()) return overflow();
  auto model = over_all.fit(l2);
  if (!is_finite(model)) return overflow();
  return model;
}

} // namespace weir
