// SPDX-License-Identifier: Apache-2.0
//
// What do the sums of a ridge regression cost? Dense: 20 numbers and an intercept. Sparse: the taxi
// features, about 500 columns of which 6 are not zero in a row.
//
// The dense baseline is Eigen's rankUpdate, 4096 rows at a time, compiled for AVX2; the same with
// 256 rows at a time, which stay in the first cache, is shown beside it. The sparse baseline is a
// loop over the pairs of the six non-zeros of a trip, after looking its columns up in tables; only
// the lower triangle is kept. Both end in the solution of the normal equations, so that the weights
// can be compared; solving is part of neither measurement.

#include <weir/bench/hand_dense.hpp>
#include <weir/bench/harness.hpp>
#include <weir/bench/ridge.hpp>
#include <weir/models/features.hpp>
#include <weir/models/linear_model.hpp>
#include <weir/models/ridge_fit.hpp>
#include <weir/models/ridge_sums.hpp>

#include <Eigen/Cholesky>
#include <Eigen/Core>

#include <array>
#include <cmath>
#include <numeric>
#include <random>
#include <ranges>
#include <span>

namespace weir::bench {

std::vector<dense_row> make_dense_rows() {
  std::mt19937_64 random{3};
  std::normal_distribution<double> normal;
  std::vector<dense_row> rows(ridge_table_rows);
  for (auto& row : rows) {
    double label = 3;
    for (std::size_t i = 0; i < dense_columns; ++i) {
      (&row.x00)[i] = normal(random);
      label += static_cast<double>(i) * (&row.x00)[i];
    }
    row.label = label + normal(random);
  }
  return rows;
}

std::vector<ridge_trip> make_ridge_trips() {
  std::mt19937_64 random{4};
  std::exponential_distribution<double> miles{0.4};
  std::normal_distribution<double> noise;
  std::uniform_int_distribution<int> zone{0, zones - 1}, hour{0, 23}, weekday{0, 6}, few{0, 3};
  std::vector<ridge_trip> rows(ridge_table_rows);
  constexpr std::int64_t monday = 1'546'819'200; // 2019-01-07 00:00 UTC
  for (auto& row : rows) {
    const std::int64_t seconds = monday + weekday(random) * 86'400LL + hour(random) * 3'600LL;
    row.pickup = timestamp{std::chrono::seconds{seconds}};
    row.distance = miles(random);
    row.passengers = few(random);
    row.from = zone(random);
    row.to = zone(random);
    row.total = 3 + 2.5 * row.distance + 0.01 * row.from + noise(random);
  }
  return rows;
}

namespace {

constexpr std::uint64_t full_dense_rows = 10'000'000, full_sparse_rows = 20'000'000;
constexpr double l2 = 1;
/// Of the table's first rows: what the fitted model answers them is compared.
constexpr std::size_t asked_rows = 100;

/// The weights that minimise the squared error plus `l2` times their squares, intercept (the last
/// column) free, from the lower triangle of the sums.
std::vector<double> solve(Eigen::MatrixXd squares, const Eigen::VectorXd& products) {
  for (Eigen::Index i = 0; i + 1 < squares.rows(); ++i) squares(i, i) += l2;
  const Eigen::VectorXd weights =
      Eigen::MatrixXd{squares.selfadjointView<Eigen::Lower>()}.ldlt().solve(products);
  return {weights.begin(), weights.end()};
}

template <std::ptrdiff_t BlockRows>
outcome hand_dense(trial& run) {
  const auto table = make_dense_rows();
  const auto rows = run.scaled(full_dense_rows);
  const auto sums = run.measure([&] { return dense_sums_by_hand(table, rows, BlockRows); });
  // The label is the column before the last: taken out of the squares, it is the products.
  constexpr auto all = static_cast<Eigen::Index>(dense_sum_columns), label = all - 2;
  using matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const Eigen::MatrixXd full = Eigen::MatrixXd{
      Eigen::Map<const matrix>{
          sums.data(), all, all}}.selfadjointView<Eigen::Lower>();
  Eigen::VectorXi kept(all - 1);
  for (Eigen::Index i = 0; i + 1 < all; ++i) kept[i] = static_cast<int>(i < label ? i : i + 1);
  const Eigen::VectorXd products = full.col(label)(kept);
  const auto weights = solve(full(kept, kept), products);
  outcome result{.items = rows};
  for (const auto& row : std::span{table}.first(asked_rows)) {
    double answer = weights.back();
    for (std::size_t i = 0; i < dense_columns; ++i) answer += weights[i] * (&row.x00)[i];
    result.answers.push_back(answer);
  }
  return result;
}

/// Sums over the non-zero columns of trips: intercept, distance, passengers, one of 24 hours, one
/// of 7 weekdays, one of `zones` twice.
class sparse_sums {
public:
  static constexpr int passengers = 1, hours = 2, weekdays = hours + 24, from = weekdays + 7,
                       to = from + zones, intercept = to + zones, columns = intercept + 1;

  void add(const ridge_trip& row) {
    const auto index = columns_of(row);
    const double value[] = {row.distance, static_cast<double>(row.passengers)};
    // The two numbers, then ones: a product with a one needs no multiplication.
    squares_[0] += value[0] * value[0];
    squares_[columns] += value[1] * value[0];
    squares_[columns + 1] += value[1] * value[1];
    for (int i = 2; i < 6; ++i) {
      double* line = squares_.data() + static_cast<std::size_t>(index[i]) * columns;
      line[0] += value[0];
      line[1] += value[1];
      for (int j = 2; j <= i; ++j) line[index[j]] += 1;
    }
    double* last = squares_.data() + static_cast<std::size_t>(intercept) * columns;
    last[0] += value[0];
    last[1] += value[1];
    for (int i = 2; i < 6; ++i) last[index[i]] += 1;
    last[intercept] += 1;
    products_[0] += value[0] * row.total;
    products_[1] += value[1] * row.total;
    for (int i = 2; i < 6; ++i) products_[static_cast<std::size_t>(index[i])] += row.total;
    products_[intercept] += row.total;
  }

  /// Predictions of the fitted model.
  std::vector<double> answers(std::span<const ridge_trip> rows) const {
    using matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    const auto weights = solve(Eigen::Map<const matrix>{squares_.data(), columns, columns},
                               Eigen::Map<const Eigen::VectorXd>{products_.data(), columns});
    std::vector<double> result;
    for (const auto& row : rows) {
      double answer = weights.back() + weights[0] * row.distance + weights[1] * row.passengers;
      for (const int column : columns_of(row) | std::views::drop(2))
        answer += weights[static_cast<std::size_t>(column)];
      result.push_back(answer);
    }
    return result;
  }

private:
  /// Ascending, so that a pair lands in the lower triangle.
  static std::array<int, 6> columns_of(const ridge_trip& row) {
    const auto seconds = row.pickup.time_since_epoch().count() / 1'000'000;
    return {0,
            passengers,
            hours + static_cast<int>(seconds % 86'400 / 3'600),
            weekdays + static_cast<int>((seconds / 86'400 + 3) % 7),
            from + row.from,
            to + row.to};
  }

  std::vector<double> squares_ = std::vector<double>(columns * columns);
  std::vector<double> products_ = std::vector<double>(columns);
};

outcome hand_sparse(trial& run) {
  const auto table = make_ridge_trips();
  const auto rows = run.scaled(full_sparse_rows);
  sparse_sums sums;
  run.measure([&] {
    for (std::uint64_t left = rows; left > 0;) {
      const auto count = std::min<std::uint64_t>(left, table.size());
      for (std::uint64_t i = 0; i < count; ++i) sums.add(table[i]);
      left -= count;
    }
  });
  return {.items = rows, .answers = sums.answers(std::span{table}.first(asked_rows))};
}

/// What Weir's learner does with its rows, without actors around it.
template <class Row>
outcome weir_sums(trial& run, const std::vector<Row>& table, std::uint64_t rows,
                  const feature_set<Row>& looked_at, const label_of<Row>& label) {
  const auto reader = feature_reader::bind(looked_at.list, label.field, record_of<Row>());
  if (!reader) throw std::runtime_error{reader.error().message};
  ridge_sums sums{reader->features(), reader->kinds()};
  auto block = reader->make_block();
  std::vector<std::uint32_t> all(chunk_rows);
  std::iota(all.begin(), all.end(), 0);
  run.measure([&] {
    std::size_t at = 0;
    for (std::uint64_t left = rows; left > 0;) {
      const auto count =
          std::min({left, std::uint64_t{chunk_rows}, std::uint64_t{table.size() - at}});
      reader->read(&table[at], count, block);
      sums.add(block, std::span{all}.first(count));
      left -= count;
      at = (at + count) % table.size();
    }
    sums.finish();
  });
  const ridge_sums* parts[] = {&sums};
  auto fitted = ridge_fit(parts, *reader, l2);
  if (!fitted) throw std::runtime_error{fitted.error().message};
  const auto scorer =
      linear_scorer::bind(std::make_shared<linear_model>(std::move(*fitted)), record_of<Row>());
  outcome result{.items = rows, .answers = std::vector<double>(asked_rows)};
  scorer->reader().read(table.data(), asked_rows, block);
  scorer->predict(block, result.answers.data());
  return result;
}

outcome weir_dense(trial& run) {
  using r = dense_row;
  return weir_sums(run, make_dense_rows(), run.scaled(full_dense_rows),
                   features(number(&r::x00), number(&r::x01), number(&r::x02), number(&r::x03),
                            number(&r::x04), number(&r::x05), number(&r::x06), number(&r::x07),
                            number(&r::x08), number(&r::x09), number(&r::x10), number(&r::x11),
                            number(&r::x12), number(&r::x13), number(&r::x14), number(&r::x15),
                            number(&r::x16), number(&r::x17), number(&r::x18), number(&r::x19)),
                   label(&r::label));
}

outcome weir_sparse(trial& run) {
  using r = ridge_trip;
  return weir_sums(run, make_ridge_trips(), run.scaled(full_sparse_rows),
                   features(number(&r::distance), number(&r::passengers),
                            one_hot(hour_of(&r::pickup)), one_hot(weekday_of(&r::pickup)),
                            one_hot(&r::from), one_hot(&r::to)),
                   label(&r::total));
}

const registration ridge{{
    .name = "ridge",
    .question = "What do the sums of a ridge regression cost? (20 dense numbers; taxi features)",
    .contestants = {{"hand_dense_256", hand_dense<256>},
                    {"hand_dense", hand_dense<4096>},
                    {"weir_dense", weir_dense},
                    {"hand_sparse", hand_sparse},
                    {"weir_sparse", weir_sparse}},
    .tolerance = 1e-8,
}};

} // namespace

} // namespace weir::bench
