// SPDX-License-Identifier: Apache-2.0
//
// ridge_sums: the sufficient statistics of a linear least squares fit, taken row by row.
//
// For every pair of columns (numbers, label, the constant one, categories) it keeps the sum of
// their products, in the form that costs least:
//
//                 numbers, label, one        categories of f          categories of g
//   numbers...    Gram matrix (dense)
//   f             a row of sums a category   (the counts: column one)
//   g             a row of sums a category   counts of pairs
//
// A row costs its non-zeros, not the width of the model. Rows are gathered to chunks of
// `chunk_rows`, which are summed, and those to blocks of 4096, whose sums are added to the whole;
// numbers are taken relative to the means of the first chunk. So the same rows in the same order
// give the same bits however they were cut, and large numbers with a small spread lose nothing. A
// missing number whose mean is to be imputed counts as zero and as a category of its own.
// Memory: the categories of each pair of one_hot features, 4 bytes each (12 after 4 billion rows).
// One owner.

#pragma once

#include <weir/actors/state/snapshot.hpp>
#include <weir/models/category_index.hpp>
#include <weir/models/feature.hpp>
#include <weir/models/feature_reader.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace weir {

class ridge_sums {
public:
  ridge_sums(std::span<const feature> features, std::span<const column_kind> kinds);

  /// Adds the chosen rows of a block. They have a label, and all numbers nothing is imputed for.
  void add(const feature_block& block, std::span<const std::uint32_t> chosen);
  /// Sums what was gathered for a block that is not full. Once, before anything below is asked.
  void finish();

  [[nodiscard]] std::uint64_t rows() const noexcept { return rows_; }
  /// Columns of numbers: the number features in order, the label, the constant one.
  [[nodiscard]] std::size_t numbers() const noexcept { return numbers_.size() + 2; }
  [[nodiscard]] double shift(std::size_t number) const { return shift_[number]; }
  /// The sum of products of two number columns, less their shifts.
  [[nodiscard]] double product(std::size_t a, std::size_t b) const {
    return a < b ? product(b, a) : products_[a * (a + 1) / 2 + b];
  }

  /// A feature of categories: one_hot, or "this number is missing" with the one category 1.
  struct category_column {
    std::size_t feature = 0;
    column_kind kind = column_kind::integer; ///< `number`: whether that number is missing.
    category_index index;
    std::vector<double> sums;       // a row of `width_` a category, row 0 for none
    std::vector<std::uint32_t> ids; // of the gathered chunk

    [[nodiscard]] std::size_t size() const {
      return kind == column_kind::number ? 1 : index.size();
    }
  };
  [[nodiscard]] const std::vector<category_column>& categories() const noexcept {
    return categories_;
  }
  /// The sum of a number column over the rows of a category.
  [[nodiscard]] double sum(std::size_t column, std::uint32_t category, std::size_t number) const {
    return categories_[column].sums[category * width_ + number];
  }
  /// How many rows have both categories. Precondition: a > b.
  [[nodiscard]] std::uint64_t count(std::size_t a, std::uint32_t category_a, std::size_t b,
                                    std::uint32_t category_b) const {
    const auto& pair = pairs_[a * (a - 1) / 2 + b];
    const auto at = category_a * pair.stride + category_b;
    return pair.recent[at] + (pair.before.empty() ? 0 : pair.before[at]);
  }

  /// All of it, rows that are still gathered too.
  void save(snapshot_writer& to) const;
  /// Into sums just made for the same features; false when what was saved does not fit them.
  [[nodiscard]] bool load(snapshot_reader& from);

private:
  struct pair_counts {
    std::size_t rows = 0, stride = 0;  // capacity; stride > the largest category of the second
    std::vector<std::uint32_t> recent; // of the last `recent_rows_` rows
    std::vector<std::uint64_t> before; // of all others, if there are any
    void make_room(std::size_t at_least_rows, std::size_t at_least_stride);
    void settle();
  };

  struct alignas(64) cache_line {
    double numbers[8] = {};
  };

  void gather(const feature_block& block, std::span<const std::uint32_t> chosen);
  void gather_ids(category_column& column, const feature_block& block,
                  std::span<const std::uint32_t> chosen);
  [[nodiscard]] double* column(std::size_t number) noexcept;
  [[nodiscard]] const double* column(std::size_t number) const noexcept;
  void sum_chunk();
  void sum_lanes();
  void choose_shift();
  void make_room();

  std::vector<feature> features_;
  std::vector<std::size_t> numbers_; // the features that are numbers
  std::vector<category_column> categories_;
  std::vector<pair_counts> pairs_; // (1,0), (2,0), (2,1), (3,0), ...
  std::size_t width_;              // number columns, padded
  std::uint64_t rows_ = 0;
  std::uint64_t recent_rows_ = 0; // in the pairs' recent counts
  bool has_shift_ = false;
  std::vector<double> shift_;
  std::vector<double> products_; // lower triangle, packed
  std::vector<double> lanes_;    // what is still to be added to them
  // Of the gathered chunk.
  std::size_t gathered_ = 0;
  std::vector<cache_line> columns_;    // of numbers
  std::vector<double> numbers_by_row_; // the same, turned, for the categories
};

} // namespace weir
