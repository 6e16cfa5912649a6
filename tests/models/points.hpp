// SPDX-License-Identifier: Apache-2.0
//
// points: the record that tests of models learn from, rows of it, and the models they share.
//
//   answers(simple(), line({{0, 1}, {1, 3}}), line({{2, 0}}))[0]   // 5

#pragma once

#include <weir/models/ridge.hpp>
#include <weir/tests/support/model_contract.hpp>

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace weir::points_test {

enum class color { red, green, blue };
BOOST_DESCRIBE_ENUM(color, red, green, blue)

struct point {
  double x = 0;
  std::optional<float> sparse;
  int group = 0;
  std::string word;
  color shade = color::red;
  timestamp when;
  std::optional<double> y;
};
BOOST_DESCRIBE_STRUCT(point, (), (x, sparse, group, word, shade, when, y))

using points = std::vector<point>;

inline points make_points(std::size_t count, std::uint64_t seed = 7) {
  std::mt19937_64 random{seed};
  std::uniform_real_distribution<double> spread{-3, 3};
  const std::vector<std::string> words{"b", "", "a,\"c", "d\n"};
  points made(count);
  for (auto& p : made) {
    p.x = spread(random);
    if (random() % 4 != 0) p.sparse = static_cast<float>(5 + spread(random));
    p.group = static_cast<int>(random() % 5) * 1000 - 2000;
    p.word = words[random() % words.size()];
    p.shade = static_cast<color>(random() % 3);
    p.when = timestamp{std::chrono::hours{random() % 1000}};
    p.y = 4 + 2 * p.x + p.sparse.value_or(5) + p.group * 0.01 + 3.0 * (p.word == "b")
          + static_cast<double>(p.shade) + spread(random) * 0.1;
  }
  return made;
}

inline auto simple(double l2 = 0) {
  return ridge(features(number(&point::x)), label(&point::y), {.l2 = l2});
}

inline auto rich() {
  return ridge(features(standard(number(&point::x)), impute(number(&point::sparse), mean),
                        log1p(impute(number(&point::sparse), 2.0)), one_hot(&point::group),
                        one_hot(&point::word), one_hot(&point::shade),
                        one_hot(hour_of(&point::when)), number(weekday_of(&point::when))),
               label(&point::y));
}

/// What a call throws, as text.
inline std::string failure_of(const auto& run) {
  try {
    run();
  } catch (const std::exception& failure) {
    return failure.what();
  }
  return "";
}

/// y = intercept + slope * x through rows of (x, y), nothing held out.
inline points line(std::initializer_list<std::pair<double, double>> rows) {
  points made;
  for (const auto& [x, y] : rows) {
    made.emplace_back().x = x;
    made.back().y = y;
  }
  return made;
}

inline std::vector<double> answers(const auto& model, const points& history, const points& live,
                                   learn_options options = {.holdout = 0}) {
  return testing::predictions_of(
      testing::learn_by_hand(model, {{"a", history}}, {{"live", live}}, {.options = options}));
}

} // namespace weir::points_test
