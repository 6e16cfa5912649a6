// SPDX-License-Identifier: Apache-2.0

#include <weir/models/gram_kernel.hpp>
#include <weir/models/ridge_sums.hpp>
#include <weir/models/transpose.hpp>

#include <algorithm>
#include <cmath>

namespace weir {

namespace {

/// Lanes are added up after so many rows.
constexpr std::size_t block_rows = 4096;
/// Between columns: not a power of two, so that they lie in different sets of the first cache.
constexpr std::size_t column_stride = chunk_rows + gram_lanes;

} // namespace

ridge_sums::ridge_sums(std::span<const feature> features, std::span<const column_kind> kinds)
    : features_{features.begin(), features.end()} {
  for (std::size_t f = 0; f < features.size(); ++f) {
    if (kinds[f] == column_kind::number) numbers_.push_back(f);
    if (kinds[f] != column_kind::number || features[f].missing == missing_rule::mean) {
      category_column column;
      column.feature = f;
      column.kind = kinds[f];
      column.index = category_index{name_of(features[f])};
      column.ids.resize(chunk_rows);
      categories_.push_back(std::move(column));
    }
  }
  width_ = padded_to(numbers(), gram_tile_rows);
  pairs_.resize(categories_.empty() ? 0 : categories_.size() * (categories_.size() - 1) / 2);
  shift_.resize(width_);
  products_.resize(width_ * (width_ + 1) / 2);
  columns_.resize((width_ + gram_spare_columns) * column_stride);
  std::fill_n(column(numbers() - 1), chunk_rows, 1.0);
  lanes_.resize(gram_lane_doubles(width_));
  numbers_by_row_.resize(categories_.empty() ? 0 : width_ * chunk_rows);
  make_room();
}

void ridge_sums::add(const feature_block& block, std::span<const std::uint32_t> chosen) {
  while (!chosen.empty()) {
    const auto count = std::min(chosen.size(), chunk_rows - gathered_);
    gather(block, chosen.first(count));
    chosen = chosen.subspan(count);
    if (gathered_ == chunk_rows) sum_chunk();
  }
}

void ridge_sums::finish() {
  if (gathered_ > 0) sum_chunk();
  sum_lanes();
}

void ridge_sums::gather(const feature_block& block, std::span<const std::uint32_t> chosen) {
  const bool is_run = chosen.back() - chosen.front() + 1 == chosen.size(); // they ascend
  const auto copy = [&](const double* from, std::size_t number) {
    double* to = column(number) + gathered_;
    if (!has_shift_ || !is_run) {
      for (std::size_t i = 0; i < chosen.size(); ++i) to[i] = from[chosen[i]];
      from = to;
    } else {
      from += chosen.front();
    }
    if (has_shift_) copy_shifted(from, chosen.size(), shift_[number], to);
  };
  for (std::size_t n = 0; n < numbers_.size(); ++n)
    copy(block.columns[numbers_[n]].numbers.data(), n);
  copy(block.labels.data(), numbers_.size());
  for (auto& column : categories_) gather_ids(column, block, chosen);
  gathered_ += chosen.size();
}

void ridge_sums::gather_ids(category_column& column, const feature_block& block,
                            std::span<const std::uint32_t> chosen) {
  const auto& values = block.columns[column.feature];
  std::uint32_t* ids = column.ids.data() + gathered_;
  switch (column.kind) {
    case column_kind::number:
      for (std::size_t i = 0; i < chosen.size(); ++i)
        ids[i] = std::isnan(values.numbers[chosen[i]]) ? 1 : 0;
      break;
    case column_kind::integer: column.index.add(values.integers.data(), chosen, ids); break;
    case column_kind::text:
      for (std::size_t i = 0; i < chosen.size(); ++i)
        ids[i] = column.index.add(values.texts[chosen[i]]);
      break;
  }
}

double* ridge_sums::column(std::size_t number) noexcept {
  return columns_.data() + number * column_stride;
}

// Means of the first chunk: any number near the data would do.
void ridge_sums::choose_shift() {
  for (std::size_t n = 0; n + 1 < numbers(); ++n) {
    double* values = column(n);
    double sum = 0;
    std::size_t present = 0;
    for (std::size_t i = 0; i < gathered_; ++i) {
      if (std::isnan(values[i])) continue;
      sum += values[i];
      ++present;
    }
    const double mean_of_chunk = present == 0 ? 0 : sum / static_cast<double>(present);
    shift_[n] = std::isfinite(mean_of_chunk) ? mean_of_chunk : 0;
    copy_shifted(values, gathered_, shift_[n], values);
  }
  has_shift_ = true;
}

// Tables grow to the categories seen so far.
void ridge_sums::make_room() {
  for (auto& column : categories_) column.sums.resize((column.size() + 1) * width_);
  std::size_t at = 0;
  for (std::size_t a = 1; a < categories_.size(); ++a)
    for (std::size_t b = 0; b < a; ++b, ++at) {
      auto& pair = pairs_[at];
      const auto rows = categories_[a].size() + 1, columns = categories_[b].size() + 1;
      if (columns > pair.stride) {
        const auto stride = std::max(columns, pair.stride + pair.stride / 4);
        std::vector<std::uint64_t> wider(std::max(rows, pair.rows) * stride);
        for (std::size_t i = 0; i < pair.rows; ++i)
          std::copy_n(pair.counts.data() + i * pair.stride, pair.stride, wider.data() + i * stride);
        pair = {std::max(rows, pair.rows), stride, std::move(wider)};
      } else if (rows > pair.rows) {
        pair.counts.resize(rows * pair.stride);
        pair.rows = rows;
      }
    }
}

void ridge_sums::sum_chunk() {
  if (!has_shift_) choose_shift();
  make_room();
  const auto padded = padded_to(gathered_, gram_lanes);
  for (std::size_t n = 0; n < numbers(); ++n)
    std::fill_n(column(n) + gathered_, padded - gathered_, 0.0);
  add_gram(columns_.data(), column_stride, width_, padded, lanes_.data());
  if (!categories_.empty())
    columns_to_rows(columns_.data(), column_stride, width_, gathered_, numbers_by_row_.data());
  for (auto& each : categories_)
    add_by_category(numbers_by_row_.data(), width_, each.ids.data(), gathered_, each.sums.data());
  std::size_t at = 0;
  for (std::size_t a = 1; a < categories_.size(); ++a)
    for (std::size_t b = 0; b < a; ++b, ++at)
      count_pairs(categories_[a].ids.data(), categories_[b].ids.data(), pairs_[at].stride,
                  gathered_, pairs_[at].counts.data());
  rows_ += gathered_;
  gathered_ = 0;
  if (rows_ % block_rows == 0) sum_lanes();
}

void ridge_sums::sum_lanes() {
  reduce_gram(lanes_.data(), width_, products_.data());
  std::ranges::fill(lanes_, 0.0);
}

} // namespace weir
