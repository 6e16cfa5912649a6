// SPDX-License-Identifier: Apache-2.0

#include <weir/bench/hand_csv.hpp>
#include <weir/bench/learn.hpp>

#include <Eigen/Cholesky>
#include <Eigen/Core>

#include <cmath>

namespace weir::bench {

namespace {

constexpr int zone_limit = 300; // zones are 1 to 265

/// A trip as the model sees it.
struct encoded_trip {
  double distance, total;
  std::uint16_t from, to;
  std::uint8_t passengers, hour, weekday;
};

/// The columns in ascending order, two numbers first: a category's column is its offset plus value.
constexpr int hours = 2, weekdays = hours + 24, starts = weekdays + 7, ends = starts + zone_limit,
              intercept = ends + zone_limit, columns = intercept + 1;

class trip_sums {
public:
  void add(const encoded_trip& row) {
    const double passengers = row.passengers;
    const int index[] = {hours + row.hour, weekdays + row.weekday, starts + row.from, ends + row.to,
                         intercept};
    squares_[0] += row.distance * row.distance;
    squares_[columns] += passengers * row.distance;
    squares_[columns + 1] += passengers * passengers;
    products_[0] += row.distance * row.total;
    products_[1] += passengers * row.total;
    for (int i = 0; i < 5; ++i) {
      double* line = squares_.data() + static_cast<std::size_t>(index[i]) * columns;
      line[0] += row.distance;
      line[1] += passengers;
      for (int j = 0; j <= i; ++j) line[index[j]] += 1;
      products_[static_cast<std::size_t>(index[i])] += row.total;
    }
  }

  Eigen::VectorXd solve() const {
    using matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    Eigen::MatrixXd squares = Eigen::Map<const matrix>{squares_.data(), columns, columns};
    for (int i = 0; i < intercept; ++i) squares(i, i) += learn_l2;
    return squares.llt().solve(Eigen::Map<const Eigen::VectorXd>{products_.data(), columns});
  }

private:
  std::vector<double> squares_ = std::vector<double>(std::size_t{columns} * columns);
  std::vector<double> products_ = std::vector<double>(columns);
};

double predict(const Eigen::VectorXd& weights, const encoded_trip& row) {
  return weights[0] * row.distance + weights[1] * row.passengers + weights[hours + row.hour]
         + weights[weekdays + row.weekday] + weights[starts + row.from] + weights[ends + row.to]
         + weights[intercept];
}

bool is_held_out(std::uint64_t partition_hash, std::uint64_t position) {
  return static_cast<double>(stable_hash(partition_hash, position, learn_seed)) * 0x1p-64
         < learn_holdout;
}

} // namespace

fit_report learn_by_hand(const std::vector<std::filesystem::path>& files) {
  fit_report report;
  trip_sums sums;
  std::vector<encoded_trip> held_out;
  for (const auto& path : files) {
    const auto partition = intern_partition("trips", path.stem().string())->hash;
    std::uint64_t position = 0;
    by_hand::read_lines(path, [&](const char* begin, const char* end) {
      by_hand::line_cursor line{begin, end};
      line.skip(); // vendor_id
      const auto pickup = line.time();
      line.pass_time(); // dropoff
      const auto passengers = line.optional_integer();
      const double distance = line.number();
      line.skip(); // rate_code_id
      line.skip(); // store_and_fwd_flag
      const int from = line.integer(), to = line.integer();
      for (int skipped = 0; skipped < 7; ++skipped) // payment_type ... improvement_surcharge
        line.skip();
      const double total = line.number();
      const auto at = position++;
      if (!is_kept(distance, passengers, total)) return line.next_line();
      ++report.kept;
      const auto seconds = pickup.time_since_epoch().count() / 1'000'000;
      const encoded_trip row{.distance = distance,
                             .total = total,
                             .from = static_cast<std::uint16_t>(from),
                             .to = static_cast<std::uint16_t>(to),
                             .passengers = static_cast<std::uint8_t>(*passengers),
                             .hour = static_cast<std::uint8_t>(seconds % 86'400 / 3'600),
                             .weekday = static_cast<std::uint8_t>((seconds / 86'400 + 3) % 7)};
      if (is_held_out(partition, at))
        held_out.push_back(row);
      else
        sums.add(row);
      return line.next_line();
    });
    report.read += position;
  }
  const auto weights = sums.solve();
  double squares = 0, absolute = 0;
  for (const auto& row : held_out) {
    const double off = row.total - predict(weights, row);
    squares += off * off;
    absolute += std::abs(off);
  }
  report.held_out = held_out.size();
  const auto rows = static_cast<double>(held_out.size());
  report.rmse = std::sqrt(squares / rows);
  report.mae = absolute / rows;
  return report;
}

} // namespace weir::bench
