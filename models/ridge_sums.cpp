// SPDX-License-Identifier: Apache-2.0

#include <weir/models/gram_kernel.hpp>
#include <weir/models/ridge_sums.hpp>
#include <weir/models/transpose.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <iterator>
#include <limits>
#include <type_traits>
#include <utility>

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
  columns_.resize((width_ + gram_spare_columns) * column_stride / std::size(cache_line{}.numbers));
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
  return columns_.data()->numbers + number * column_stride;
}

const double* ridge_sums::column(std::size_t number) const noexcept {
  return columns_.data()->numbers + number * column_stride;
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
    for (std::size_t b = 0; b < a; ++b, ++at)
      pairs_[at].make_room(categories_[a].size() + 1, categories_[b].size() + 1);
}

void ridge_sums::pair_counts::make_room(std::size_t at_least_rows, std::size_t at_least_stride) {
  if (at_least_rows <= rows && at_least_stride <= stride) return;
  const auto new_rows = std::max(at_least_rows, rows);
  const auto new_stride =
      at_least_stride > stride ? std::max(at_least_stride, stride + stride / 4) : stride;
  const auto widen = [&](auto& counts) {
    std::remove_reference_t<decltype(counts)> wider(new_rows * new_stride);
    for (std::size_t i = 0; i < rows; ++i)
      std::copy_n(counts.data() + i * stride, stride, wider.data() + i * new_stride);
    counts = std::move(wider);
  };
  widen(recent);
  if (!before.empty()) widen(before);
  rows = new_rows;
  stride = new_stride;
}

void ridge_sums::pair_counts::settle() {
  before.resize(recent.size());
  std::ranges::transform(before, recent, before.begin(), std::plus<std::uint64_t>{});
  std::ranges::fill(recent, 0);
}

void ridge_sums::sum_chunk() {
  if (!has_shift_) choose_shift();
  make_room();
  const auto padded = padded_to(gathered_, gram_lanes);
  for (std::size_t n = 0; n < numbers(); ++n)
    std::fill_n(column(n) + gathered_, padded - gathered_, 0.0);
  add_gram(column(0), column_stride, width_, padded, lanes_.data());
  if (!categories_.empty())
    columns_to_rows(column(0), column_stride, width_, gathered_, numbers_by_row_.data());
  for (auto& each : categories_)
    add_by_category(numbers_by_row_.data(), width_, each.ids.data(), gathered_, each.sums.data());
  if (recent_rows_ + gathered_ > std::numeric_limits<std::uint32_t>::max()) {
    for (auto& pair : pairs_) pair.settle();
    recent_rows_ = 0;
  }
  std::size_t at = 0;
  for (std::size_t a = 1; a < categories_.size(); ++a)
    for (std::size_t b = 0; b < a; ++b, ++at)
      count_pairs(categories_[a].ids.data(), categories_[b].ids.data(), pairs_[at].stride,
                  gathered_, pairs_[at].recent.data());
  rows_ += gathered_;
  recent_rows_ += gathered_;
  gathered_ = 0;
  if (rows_ % block_rows == 0) sum_lanes();
}

void ridge_sums::sum_lanes() {
  reduce_gram(lanes_.data(), width_, products_.data());
  std::ranges::fill(lanes_, 0.0);
}

// --- snapshots ----------------------------------------------------------------------------------

namespace {

template <class V>
void put(snapshot_writer& to, std::span<const V> values) {
  to.write(std::string_view{reinterpret_cast<const char*>(values.data()), values.size_bytes()});
}
template <class V>
void put(snapshot_writer& to, const std::vector<V>& values) {
  put(to, std::span<const V>{values});
}

/// Into as many values as there are; false if more or fewer were saved.
template <class V>
bool take(snapshot_reader& from, std::span<V> values) {
  std::string bytes;
  if (!from.read(bytes).ok() || bytes.size() != values.size_bytes()) return false;
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return true;
}
/// As many as were saved.
template <class V>
bool take_all(snapshot_reader& from, std::vector<V>& values) {
  std::string bytes;
  if (!from.read(bytes).ok() || bytes.size() % sizeof(V) != 0) return false;
  values.resize(bytes.size() / sizeof(V));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return true;
}

void save_index(snapshot_writer& to, const ridge_sums::category_column& column) {
  to.write(static_cast<std::uint64_t>(column.index.size()));
  for (std::uint32_t i = 1; i <= column.index.size(); ++i)
    column.kind == column_kind::text ? to.write(std::string_view{column.index.text(i)})
                                     : to.write(column.index.integer(i));
}

bool load_index(snapshot_reader& from, ridge_sums::category_column& column) {
  std::uint64_t size = 0;
  if (!from.read(size).ok() || size > max_categories) return false;
  for (std::uint64_t i = 0; i < size && from.ok(); ++i) {
    std::string text;
    std::int64_t integer = 0;
    if (column.kind == column_kind::text && from.read(text).ok())
      column.index.add(std::string_view{text});
    else if (column.kind != column_kind::text && from.read(integer).ok())
      column.index.add(integer);
  }
  return from.ok() && column.index.size() == size;
}

} // namespace

void ridge_sums::save(snapshot_writer& to) const {
  to.write(rows_).write(has_shift_).write(static_cast<std::uint64_t>(gathered_));
  put(to, shift_);
  put(to, products_);
  put(to, lanes_);
  for (std::size_t n = 0; n < numbers(); ++n)
    put(to, std::span<const double>{column(n), gathered_});
  for (const auto& each : categories_) {
    save_index(to, each);
    put(to, each.sums);
    put(to, std::span<const std::uint32_t>{each.ids}.first(gathered_));
  }
  for (auto pair : pairs_) {
    pair.settle();
    to.write(static_cast<std::uint64_t>(pair.stride));
    put(to, pair.before);
  }
}

bool ridge_sums::load(snapshot_reader& from) {
  std::uint64_t gathered = 0;
  from.read(rows_).read(has_shift_).read(gathered);
  if (!from.ok() || gathered >= chunk_rows || !take(from, std::span{shift_})
      || !take(from, std::span{products_}) || !take(from, std::span{lanes_}))
    return false;
  gathered_ = gathered;
  for (std::size_t n = 0; n < numbers(); ++n)
    if (!take(from, std::span{column(n), gathered_})) return false;
  for (auto& each : categories_) {
    const auto ids = std::span{each.ids}.first(gathered_);
    if (!load_index(from, each) || !take_all(from, each.sums) || !take(from, ids)
        || each.sums.size() > (each.size() + 1) * width_
        || std::ranges::any_of(ids, [&](auto id) { return id > each.size(); }))
      return false;
  }
  for (auto& pair : pairs_) {
    std::uint64_t stride = 0;
    if (!from.read(stride).ok() || stride == 0 || !take_all(from, pair.before)
        || pair.before.size() % stride != 0)
      return false;
    pair.stride = stride;
    pair.rows = pair.before.size() / stride;
    pair.recent.assign(pair.before.size(), 0);
  }
  make_room();
  return true;
}

} // namespace weir
