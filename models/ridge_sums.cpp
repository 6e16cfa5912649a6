// SPDX-License-Identifier: Apache-2.0

#include <weir/models/gram_kernel.hpp>
#include <weir/models/ridge_sums.hpp>

#include <algorithm>
#include <cmath>

namespace weir {

namespace {

constexpr std::size_t block_rows = 4096;
/// Between columns: not a power of two, so that a chunk of all of them fits the first cache's sets.
constexpr std::size_t block_stride = block_rows + chunk_rows;

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
      column.ids.resize(block_rows);
      categories_.push_back(std::move(column));
    }
  }
  width_ = padded_to(numbers(), gram_tile);
  pairs_.resize(categories_.empty() ? 0 : categories_.size() * (categories_.size() - 1) / 2);
  shift_.resize(width_);
  products_.resize(width_ * (width_ + 1) / 2);
  block_.resize(width_ * block_stride);
  lanes_.resize(gram_lane_doubles(width_));
  scratch_.resize(categories_.empty() ? 0 : width_ * chunk_rows);
  make_room();
}

void ridge_sums::add(const feature_block& block, std::span<const std::uint32_t> chosen) {
  while (!chosen.empty()) {
    const auto count = std::min(chosen.size(), block_rows - gathered_);
    gather(block, chosen.first(count));
    chosen = chosen.subspan(count);
    if (gathered_ == block_rows) sum_block();
  }
}

void ridge_sums::finish() {
  if (gathered_ > 0) sum_block();
}

void ridge_sums::gather(const feature_block& block, std::span<const std::uint32_t> chosen) {
  const auto copy = [&](const double* from, std::size_t column) {
    double* to = block_.data() + column * block_stride + gathered_;
    if (chosen.back() - chosen.front() + 1 == chosen.size()) { // all of a run: they ascend
      std::copy_n(from + chosen.front(), chosen.size(), to);
      return;
    }
    for (std::size_t i = 0; i < chosen.size(); ++i) to[i] = from[chosen[i]];
  };
  for (std::size_t c = 0; c < numbers_.size(); ++c)
    copy(block.columns[numbers_[c]].numbers.data(), c);
  copy(block.labels.data(), numbers_.size());
  for (auto& column : categories_) gather_ids(column, block, chosen);
  gathered_ += chosen.size();
}

void ridge_sums::gather_ids(category_column& column, const feature_block& block,
                            std::span<const std::uint32_t> chosen) {
  const auto& values = block.columns[column.feature];
  std::uint32_t* ids = column.ids.data() + gathered_;
  const auto number = [&](auto id_of) {
    for (std::size_t i = 0; i < chosen.size(); ++i) ids[i] = id_of(chosen[i]);
  };
  switch (column.kind) {
    case column_kind::number:
      number([&](auto row) { return std::isnan(values.numbers[row]) ? 1U : 0U; });
      break;
    case column_kind::integer:
      number([&](auto row) { return column.index.add(values.integers[row]); });
      break;
    case column_kind::text:
      number([&](auto row) { return column.index.add(values.texts[row]); });
      break;
  }
}

// Means of the first block: any number near the data would do.
void ridge_sums::choose_shift() {
  for (std::size_t c = 0; c + 1 < numbers(); ++c) {
    double sum = 0;
    std::size_t present = 0;
    for (std::size_t i = 0; i < gathered_; ++i) {
      const double x = block_[c * block_stride + i];
      if (std::isnan(x)) continue;
      sum += x;
      ++present;
    }
    const double mean_of_block = present == 0 ? 0 : sum / static_cast<double>(present);
    shift_[c] = std::isfinite(mean_of_block) ? mean_of_block : 0;
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

void ridge_sums::sum_block() {
  if (!has_shift_) choose_shift();
  make_room();
  const auto rows = gathered_, padded = padded_to(rows, gram_lanes);
  for (std::size_t c = 0; c < width_; ++c) {
    double* x = block_.data() + c * block_stride;
    if (c + 1 < numbers())
      for (std::size_t i = 0; i < rows; ++i) x[i] = x[i] == x[i] ? x[i] - shift_[c] : 0;
    else
      std::fill_n(x, rows, c + 1 == numbers() ? 1.0 : 0.0);
    std::fill_n(x + rows, padded - rows, 0.0);
  }
  std::ranges::fill(lanes_, 0.0);
  for (std::size_t from = 0; from < rows; from += chunk_rows) {
    const auto count = std::min(chunk_rows, rows - from);
    const double* columns = block_.data() + from;
    add_gram(columns, block_stride, width_, padded_to(count, gram_lanes), lanes_.data());
    if (categories_.empty()) continue;
    to_rows(columns, block_stride, width_, count, scratch_.data());
    for (auto& column : categories_)
      add_by_category(scratch_.data(), width_, column.ids.data() + from, count, column.sums.data());
  }
  std::size_t at = 0;
  for (std::size_t a = 1; a < categories_.size(); ++a)
    for (std::size_t b = 0; b < a; ++b, ++at)
      count_pairs(categories_[a].ids.data(), categories_[b].ids.data(), pairs_[at].stride, rows,
                  pairs_[at].counts.data());
  reduce_gram(lanes_.data(), width_, products_.data());
  rows_ += rows;
  gathered_ = 0;
}

} // namespace weir
