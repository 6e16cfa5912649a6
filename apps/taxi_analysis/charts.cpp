// SPDX-License-Identifier: Apache-2.0

#include <weir/apps/taxi_analysis/charts.hpp>
#include <weir/dsl/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string_view>

namespace taxi_analysis {
namespace {

using std::chrono::days;
using std::chrono::sys_days;

constexpr std::array<std::string_view, 7> weekday_names{
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};

//        left                          right
//    top  ┌──────────────────────────────┐
//         │                              │
//  bottom └──────────────────────────────┘   of 960 x 340
constexpr double left = 88, right = 944, top = 16, bottom = 276;
constexpr double middle = (left + right) / 2;
constexpr std::size_t few_points = 62; // of which each has room for a mark that is seen

constexpr std::string_view head = R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<title>Taxi trips</title>
<style>
:root { color-scheme: light dark; --paper: #ffffff; --ink: #1b2730; --soft: #5b6b77;
  --grid: #dde4ea; --mark: #1769aa; }
@media (prefers-color-scheme: dark) { :root { --paper: #14191e; --ink: #e8eef3; --soft: #9aabb8;
  --grid: #2c363f; --mark: #6cb8f0; } }
body { background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif;
  margin: 2rem auto; max-width: 960px; padding: 0 1rem; }
h2 { margin: 2.5rem 0 0.5rem; font-size: 1.15rem; }
p { color: var(--soft); }
.drawing { overflow-x: auto; }
svg { display: block; width: 100%; min-width: 720px; height: auto; font-size: 13px; }
@media (max-width: 760px) { svg { font-size: 15px; } }
text { fill: var(--soft); }
.grid { stroke: var(--grid); }
.line { fill: none; stroke: var(--mark); stroke-width: 1.5; stroke-linejoin: round; }
circle { fill: var(--mark); stroke: transparent; stroke-width: 8; pointer-events: all; }
circle:hover { r: 4px; }
.bar { fill: var(--mark); }
.bar:hover { opacity: 0.8; }
.value { fill: var(--ink); }
</style>
</head>
<body>
<h1>Taxi trips</h1>
)";

std::string date_of(sys_days day) {
  const std::chrono::year_month_day date{day};
  return fmt::format("{}-{:02}-{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}
sys_days day_of(const chart_point& point) { return std::chrono::floor<days>(*point.day); }

std::string_view name_of(const chart_point& point) {
  return weekday_names[static_cast<std::size_t>(point.weekday)];
}

/// `1,234`, `1,234.5`.
std::string shown(double trips) {
  const double whole = std::floor(trips);
  auto text = weir::grouped(static_cast<std::uint64_t>(whole));
  if (trips > whole) text += fmt::format("{:.4g}", trips - whole).substr(1);
  return text;
}

/// Distance of the grid's lines: 1, 2 or 5 times a power of ten, six of them at most.
double step_for(double most) {
  const double least = std::max(most, 1.0) / 6;
  const double power = std::pow(10, std::floor(std::log10(least)));
  for (const double factor : {1.0, 2.0, 5.0})
    if (factor * power >= least) return factor * power;
  return 10 * power;
}

/// From a number of trips to where it lies.
class scale {
public:
  explicit scale(const std::vector<chart_point>& points) {
    double most = 0;
    for (const auto& point : points) most = std::max(most, point.trips);
    step_ = step_for(most);
    end_ = step_ * std::max(1.0, std::ceil(most / step_));
  }
  [[nodiscard]] double at(double trips) const { return bottom - (bottom - top) * trips / end_; }
  void append_grid(std::string& out) const {
    const int lines = static_cast<int>(std::lround(end_ / step_));
    for (int i = 0; i <= lines; ++i)
      out +=
          fmt::format("<line class=\"grid\" x1=\"{0}\" x2=\"{1}\" y1=\"{2:.1f}\" y2=\"{2:.1f}\"/>"
                      "<text x=\"{3}\" y=\"{4:.1f}\" text-anchor=\"end\">{5}</text>\n",
                      left, right, at(i * step_), left - 8, at(i * step_) + 4, shown(i * step_));
  }

private:
  double step_ = 1;
  double end_ = 1;
};

void begin_chart(std::string& out, std::string_view id, std::string_view title, const scale& y,
                 std::string_view x_title, std::string_view y_title) {
  out += fmt::format("<h2>{0}</h2>\n<div class=\"drawing\">\n"
                     "<svg id=\"{1}\" viewBox=\"0 0 960 340\" role=\"img\" "
                     "aria-label=\"{0}\">\n",
                     title, id);
  y.append_grid(out);
  out += fmt::format("<text x=\"{}\" y=\"326\" text-anchor=\"middle\">{}</text>\n"
                     "<text transform=\"translate(16 {}) rotate(-90)\" "
                     "text-anchor=\"middle\">{}</text>\n",
                     middle, x_title, (top + bottom) / 2, y_title);
}

void end_chart(std::string& out) { out += "</svg>\n</div>\n"; }

void append_label(std::string& out, double x, std::string_view text) {
  out += fmt::format("<text x=\"{:.1f}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n", x,
                     bottom + 22, text);
}

/// Dates below the line: eight at most, as far apart as they can be.
template <class XOf>
void append_dates(std::string& out, sys_days first, sys_days last, const XOf& x_of) {
  const auto step = std::max(days{1}, days{((last - first).count() + 6) / 7});
  for (auto day = first; day <= last; day += step) append_label(out, x_of(day), date_of(day));
}

void append_line(std::string& out, const std::vector<chart_point>& points) {
  const scale y{points};
  begin_chart(out, "trips-per-day", "Trips per day", y, "day", "trips");
  if (!points.empty()) {
    const auto first = day_of(points.front()), last = day_of(points.back());
    const auto span = static_cast<double>((last - first).count());
    const auto x_of = [&](sys_days day) {
      const double share = span > 0 ? static_cast<double>((day - first).count()) / span : 0.5;
      return left + 40 + share * (right - left - 80);
    };
    append_dates(out, first, last, x_of);
    const double radius = points.size() <= few_points ? 3 : 1.5;
    std::string path, marks;
    for (const auto& point : points) {
      const double x = x_of(day_of(point)), at = y.at(point.trips);
      path += fmt::format("{}{:.1f},{:.1f}", path.empty() ? "" : " ", x, at);
      marks +=
          fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{}\"><title>{}, {}: {} "
                      "trips</title></circle>\n",
                      x, at, radius, name_of(point), date_of(day_of(point)), shown(point.trips));
    }
    out += "<polyline class=\"line\" points=\"" + path + "\"/>\n" + marks;
  }
  end_chart(out);
}

void append_bars(std::string& out, const std::vector<chart_point>& points) {
  const scale y{points};
  begin_chart(out, "weekday-median", "Median of trips per day, by weekday", y, "weekday",
              "median of trips");
  constexpr double wide = (right - left) / std::size(weekday_names);
  for (std::size_t i = 0; i < std::size(weekday_names); ++i)
    append_label(out, left + wide * (static_cast<double>(i) + 0.5), weekday_names[i]);
  for (const auto& point : points) {
    const double x = left + wide * static_cast<double>(point.weekday);
    out += fmt::format("<rect class=\"bar\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" "
                       "height=\"{:.1f}\"><title>{}: {} trips</title></rect>\n",
                       x + 0.15 * wide, y.at(point.trips), 0.7 * wide, bottom - y.at(point.trips),
                       name_of(point), shown(point.trips));
    out += fmt::format("<text class=\"value\" x=\"{:.1f}\" y=\"{:.1f}\" "
                       "text-anchor=\"middle\">{}</text>\n",
                       x + wide / 2, y.at(point.trips) - 6, shown(point.trips));
  }
  end_chart(out);
}

std::string summary_of(const std::vector<chart_point>& line) {
  if (line.empty()) return "<p>No trips.</p>\n";
  double trips = 0;
  for (const auto& point : line) trips += point.trips;
  return fmt::format("<p>{} on {}, {} to {}.</p>\n",
                     weir::counted(static_cast<std::uint64_t>(trips), "trip"),
                     weir::counted(line.size(), "day"), date_of(day_of(line.front())),
                     date_of(day_of(line.back())));
}

class chart_file final : public weir::sink<chart_point> {
public:
  explicit chart_file(std::string path) : path_{std::move(path)} {}
  ~chart_file() override {
    if (!is_finished_) std::remove(part().c_str());
  }
  chart_file(const chart_file&) = delete;
  chart_file& operator=(const chart_file&) = delete;

  weir::result<void> open(weir::sink_context) override {
    file_.open(part());
    if (!file_) return cannot(weir::errc::config);
    return {};
  }
  weir::result<std::size_t> write(weir::batch_view<chart_point> in) override {
    points_.insert(points_.end(), in.rows().begin(), in.rows().end());
    return in.size();
  }
  weir::result<bool> close() override {
    file_ << chart_page(std::move(points_));
    file_.close();
    if (!file_ || std::rename(part().c_str(), path_.c_str()) != 0)
      return cannot(weir::errc::failed);
    is_finished_ = true;
    return true;
  }
  [[nodiscard]] bool blocks() const override { return true; }

private:
  [[nodiscard]] std::string part() const { return path_ + ".part"; }
  [[nodiscard]] weir::error cannot(weir::errc code) const {
    return {code, "cannot write '" + path_ + "': is the folder there, and the disk not full?"};
  }

  std::string path_;
  std::ofstream file_;
  std::vector<chart_point> points_;
  bool is_finished_ = false;
};

} // namespace

std::string chart_page(std::vector<chart_point> points) {
  const auto bars =
      std::ranges::stable_partition(points, [](const auto& p) { return p.day.has_value(); });
  const std::vector<chart_point> weekdays{bars.begin(), bars.end()};
  points.erase(bars.begin(), bars.end());
  std::ranges::sort(points, {}, &chart_point::day);
  std::string page{head};
  page += summary_of(points);
  append_line(page, points);
  append_bars(page, weekdays);
  return page + "</body>\n</html>\n";
}

weir::result<std::unique_ptr<weir::any_sink>> chart_sink::make() const {
  return weir::erase<chart_point>(std::make_unique<chart_file>(path_));
}

} // namespace taxi_analysis
