// SPDX-License-Identifier: Apache-2.0
//
// charts: a page with two drawings, trips per day as a line and the median of each weekday as bars.
//
// One HTML file, also well-formed XML, that refers to nothing outside itself: drawings are SVG,
// colours follow the reader's light or dark scheme, and a tooltip stands at every value.
// `chart_sink` keeps all points (some 32 bytes each) and writes the page when the stream has ended.
//
//   merge(days | map(point_of_day), weekdays | map(point_of_weekday))
//       | to(chart_sink{"charts.html"})

#pragma once

#include <weir/actors/operators/spec.hpp>
#include <weir/apps/taxi_analysis/report.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace taxi_analysis {

/// A value of one of the drawings: of the line where it has a day, otherwise of the bars.
struct chart_point {
  std::optional<weir::timestamp> day;
  day_name weekday = day_name::monday;
  double trips = 0;
};
BOOST_DESCRIBE_STRUCT(chart_point, (), (day, weekday, trips))

inline chart_point point_of_day(const weir::windowed<bool, std::uint64_t>& w) {
  return {w.start, day_of(w).weekday, static_cast<double>(w.value)};
}
inline chart_point point_of_weekday(const weekday_trips& w) {
  return {std::nullopt, w.weekday, w.median_trips};
}

/// The page, of points in any order.
[[nodiscard]] std::string chart_page(std::vector<chart_point> points);

/// A sink_spec: the page as a file, there once all points are.
class chart_sink {
public:
  using row = chart_point;

  explicit chart_sink(std::string path) : path_{std::move(path)} {}

  [[nodiscard]] std::string describe() const { return "html(" + path_ + ")"; }
  [[nodiscard]] weir::options_ref options() const { return {}; }
  [[nodiscard]] weir::result<std::unique_ptr<weir::any_sink>> make() const;

private:
  std::string path_;
};

} // namespace taxi_analysis
