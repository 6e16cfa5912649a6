// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/stream/batch.hpp>

#include <cstring>
#include <limits>

namespace weir {

void batch_base::clear() noexcept {
  size_ = 0;
  limit_ = capacity_;
  heap_bytes_ = 0;
  text_bytes_ = 0;
  compact_at_ = 0;
  first_ = {};
  has_offsets_ = false;
  has_times_ = false;
  watermark_.reset();
  own_watermark_ = timestamp::min();
  texts_.clear();
}

timestamp* batch_base::times_for_writing() {
  if (!times_) times_ = std::make_unique<timestamp[]>(capacity_);
  has_times_ = true;
  return times_.get();
}

void batch_base::keep(kept_text text) {
  text_bytes_ += text.bytes;
  texts_.push_back(std::move(text));
}

void batch_base::replace_texts(kept_text text) {
  texts_.clear();
  text_bytes_ = 0;
  compact_at_ = 2 * text.bytes;
  keep(std::move(text));
}

bool batch_base::can_follow(const batch_base& in) const noexcept {
  if (empty()) return true;
  if (in.first_.partition != first_.partition || in.has_times_ != has_times_
      || in.own_watermark_ != own_watermark_)
    return false;
  if (in.empty()) return true;
  // Offsets are unsigned and from the first row on: a row from further back, or too far ahead, does
  // not fit.
  const auto last = in.origin_of(in.size() - 1).position;
  return in.origin_of(0).position >= first_.position
         && last - first_.position <= std::numeric_limits<std::uint32_t>::max();
}

void batch_base::need_offsets() {
  if (has_offsets_) return;
  if (!offsets_) offsets_ = std::make_unique_for_overwrite<std::uint32_t[]>(capacity_);
  for (std::size_t i = 0; i < size_; ++i) offsets_[i] = static_cast<std::uint32_t>(i);
  has_offsets_ = true;
}

void batch_base::take_texts(const batch_base& in) {
  // What was taken before from the same batch, or its neighbour, stands at the end. An owner that
  // is missed costs nothing but being counted twice.
  const std::size_t look = std::min(texts_.size(), in.texts_.size() + 8);
  const std::span recent = std::span{texts_}.last(look);
  std::vector<kept_text> missing;
  for (const auto& text : in.texts_) {
    const bool known = std::ranges::any_of(
        recent, [&](const kept_text& mine) { return mine.owner == text.owner; });
    if (!known) missing.push_back(text);
  }
  for (auto& text : missing) keep(std::move(text));
}

void batch_base::begin_if_empty(const batch_base& in, std::size_t from) {
  if (size_ != 0) {
    ensure(in.first_.partition == first_.partition && in.has_times_ == has_times_,
           "rows of one partition in a batch, with times or without");
    return;
  }
  own_watermark_ = in.own_watermark_;
  first_ = in.has_offsets_ ? in.first_ : origin{in.first_.partition, in.first_.position + from};
  has_offsets_ = false;
  if (in.has_times_) static_cast<void>(times_for_writing());
}

void batch_base::inherit(const batch_base& in, std::size_t from, std::size_t rows, bool texts) {
  begin_if_empty(in, from);
  // Offsets are counted modulo 2^32 on the way; can_follow says that they fit in the end.
  if (in.has_offsets_) {
    need_offsets();
    const auto shift = static_cast<std::uint32_t>(in.first_.position - first_.position);
    for (std::size_t i = 0; i < rows; ++i) offsets_[size_ + i] = in.offsets_[from + i] + shift;
  } else if (has_offsets_ || first_.position + size_ != in.first_.position + from) {
    need_offsets();
    const auto shift = static_cast<std::uint32_t>(in.first_.position + from - first_.position);
    for (std::size_t i = 0; i < rows; ++i)
      offsets_[size_ + i] = static_cast<std::uint32_t>(i) + shift;
  }
  if (in.has_times_) std::copy_n(in.times_.get() + from, rows, times_.get() + size_);
  if (texts) take_texts(in);
}

void batch_base::inherit_selected(const batch_base& in, std::size_t from,
                                  std::span<const std::uint32_t> chosen, bool texts) {
  const auto written = choose_of(in, from);
  for (std::size_t i = 0; i < chosen.size(); ++i) written.numbers[i] = chosen[i] + written.start;
  inherit_choice(in, from, written, chosen.size(), texts);
}

batch_base::choice batch_base::choose_of(const batch_base& in, std::size_t from) {
  begin_if_empty(in, from);
  need_offsets();
  // Without offsets in `in`, the numbers of the rows are their offsets but for the start.
  const auto start = in.has_offsets_
                         ? 0U
                         : static_cast<std::uint32_t>(in.first_.position + from - first_.position);
  return {offsets_.get() + size_, start};
}

void batch_base::inherit_choice(const batch_base& in, std::size_t from, choice chosen,
                                std::size_t rows, bool texts) {
  if (in.has_times_)
    for (std::size_t i = 0; i < rows; ++i)
      times_[size_ + i] = in.times_[from + (chosen.numbers[i] - chosen.start)];
  if (in.has_offsets_) {
    const auto shift = static_cast<std::uint32_t>(in.first_.position - first_.position);
    for (std::size_t i = 0; i < rows; ++i)
      chosen.numbers[i] = in.offsets_[from + chosen.numbers[i]] + shift;
  }
  if (texts && rows > 0) take_texts(in);
}

std::uint32_t* batch_base::choose_own() {
  auto& room = has_offsets_ ? numbers_ : offsets_;
  if (!room) room = std::make_unique_for_overwrite<std::uint32_t[]>(capacity_);
  return room.get();
}

void batch_base::keep_chosen_base(std::size_t rows) {
  const std::uint32_t* numbers = own_choice();
  if (has_times_)
    for (std::size_t i = 0; i < rows; ++i) times_[i] = times_[numbers[i]];
  if (has_offsets_)
    for (std::size_t i = 0; i < rows; ++i) offsets_[i] = offsets_[numbers[i]];
  has_offsets_ = true; // without offsets before, the numbers are the offsets
  size_ = rows;
}

bool batch_base::may_compact() noexcept {
  if (text_bytes_ < std::max<std::size_t>(compact_at_, 4096)) return false;
  compact_at_ = 2 * text_bytes_;
  return true;
}

void batch_base::inherit_repeated(const batch_base& in, std::size_t from, std::size_t rows,
                                  bool texts) {
  begin_if_empty(in, from);
  need_offsets();
  const auto offset = static_cast<std::uint32_t>(in.origin_of(from).position - first_.position);
  std::fill_n(offsets_.get() + size_, rows, offset);
  if (in.has_times_) std::fill_n(times_.get() + size_, rows, in.times_[from]);
  if (texts) take_texts(in);
}

void batch_base::swap_base(batch_base& other) noexcept {
  std::swap(size_, other.size_);
  std::swap(capacity_, other.capacity_);
  std::swap(heap_bytes_, other.heap_bytes_);
  std::swap(text_bytes_, other.text_bytes_);
  std::swap(first_, other.first_);
  std::swap(has_offsets_, other.has_offsets_);
  std::swap(has_times_, other.has_times_);
  std::swap(compact_at_, other.compact_at_);
  std::swap(offsets_, other.offsets_);
  std::swap(numbers_, other.numbers_);
  std::swap(times_, other.times_);
  std::swap(watermark_, other.watermark_);
  std::swap(own_watermark_, other.own_watermark_);
  std::swap(texts_, other.texts_);
  for (auto* each : {this, &other})
    each->limit_ = std::clamp(each->limit_, each->size_, each->capacity_);
}

std::size_t detail::used_text_bytes(const record_info& table, const void* rows,
                                    std::size_t count) noexcept {
  std::size_t bytes = 0;
  for (const auto& field : table.fields)
    if (field.kind == field_kind::text_view)
      for (std::size_t i = 0; i < count; ++i) {
        const auto* row = static_cast<const std::byte*>(rows) + i * table.row_bytes;
        if (const auto* text = static_cast<const std::string_view*>(field.value_in(row)))
          bytes += text->size();
      }
  return bytes;
}

kept_text detail::gather_text(const record_info& table, void* rows, std::size_t count) {
  const std::size_t bytes = used_text_bytes(table, rows, count);
  auto block = std::shared_ptr<char[]>{new char[std::max<std::size_t>(bytes, 1)]};
  char* to = block.get();
  for (const auto& field : table.fields)
    if (field.kind == field_kind::text_view)
      for (std::size_t i = 0; i < count; ++i) {
        auto* row = static_cast<std::byte*>(rows) + i * table.row_bytes;
        if (field.value_in(row) == nullptr) continue;
        auto& text = *static_cast<std::string_view*>(field.value_for_writing(row));
        if (!text.empty()) std::memcpy(to, text.data(), text.size());
        text = {to, text.size()};
        to += text.size();
      }
  return {std::move(block), bytes};
}

} // namespace weir
