// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/runtime/outlet.hpp>

#include <algorithm>
#include <utility>

namespace weir {
namespace {

/// What a batch costs at least, so that many of a row each are no way around the bound in bytes.
constexpr std::int64_t least_bytes = 8 * 1024;

/// Batches that one link may have in flight come back together.
std::size_t spares_for(const row_type& type) {
  const auto credit = static_cast<std::size_t>(initial_credit().bytes);
  return std::max(outlet::spare_batches, credit / (type.row_bytes * type.capacity));
}

} // namespace

outlet::outlet(const row_type& type, actor_counters& counters, outlet_wire& wire)
    : type_{&type}, most_spares_{spares_for(type)}, counters_{&counters}, wire_{&wire} {}

void outlet::add_link(std::size_t number, credit granted) {
  links_.push_back({number, credit_account{granted}});
}

bool outlet::is_cancelled() const noexcept {
  return !links_.empty() && std::ranges::all_of(links_, &link::is_cancelled);
}

bool outlet::is_discarding() const noexcept {
  return std::ranges::all_of(links_, &link::is_cancelled);
}

bool outlet::is_ready() const noexcept {
  if (is_discarding()) return true;
  if (!waiting_.empty()) return false;
  // A batch that is half full or more has been sent, unless credit was missing.
  return open_ == nullptr || (open_->size() < open_->capacity() / 2 && !open_->is_full())
         || open_->empty();
}

credit outlet::available() const noexcept {
  if (is_discarding()) return initial_credit();
  credit least = initial_credit();
  for (const auto& link : links_)
    if (!link.is_cancelled) {
      const auto left = link.account.usable();
      least.rows = std::min(least.rows, left.rows);
      least.bytes = std::min(least.bytes, left.bytes);
    }
  if (has_open_rows()) least = least - open_->cost();
  return {std::max<std::int64_t>(least.rows, 0), std::max<std::int64_t>(least.bytes, 0)};
}

batch_ptr outlet::new_batch() {
  while (!spares_.empty()) {
    auto spare = std::move(spares_.back());
    spares_.pop_back();
    if (spare.use_count() == 1) {
      spare->clear();
      return spare;
    }
  }
  return type_->make();
}

void outlet::take(batch_ptr& rows) {
  counters_->rows_out.add(rows->size());
  counters_->batches_out.add(1);
  if (is_discarding()) {
    rows->clear();
    return;
  }
  if (has_open_rows()) {
    // All of it or none: what `append` took before it ran out of bytes would be sent twice.
    const bool fits = open_->room() >= rows->size() && open_->can_follow(*rows)
                      && open_->heap_bytes() + rows->heap_bytes() < batch_bytes
                      && open_->append(*rows, 0) == rows->size();
    if (fits) {
      rows->clear();
      send_open_if_worth_it();
      return;
    }
    // Two batches may have to wait for credit: the one that is open goes first.
    if (!try_send_open()) {
      waiting_.push_back(batch_frame{std::exchange(rows, new_batch()), {}});
      return;
    }
  }
  if (open_ == nullptr) open_ = new_batch();
  std::swap(open_, rows);
  if (rows.use_count() != 1) rows = new_batch();
  rows->clear();
  send_open_if_worth_it();
}

void outlet::send_open_if_worth_it() {
  const bool is_half_full = open_->size() * 2 >= open_->capacity() || open_->is_full();
  if (is_half_full || wants_flush_ || is_awaited_by_all()) try_send_open();
}

bool outlet::is_awaited_by_all() const noexcept {
  return std::ranges::all_of(links_,
                             [](const link& l) { return l.is_cancelled || l.account.is_idle(); });
}

bool outlet::is_awaited_by_some() const noexcept {
  return has_open_rows() && std::ranges::any_of(links_, [](const link& l) {
           return !l.is_cancelled && l.account.is_idle();
         });
}

bool outlet::try_send_open() {
  if (!has_open_rows()) return true;
  if (is_discarding()) {
    open_->clear();
    return true;
  }
  if (open_->has_offsets())
    open_->compact_text(); // rows were dropped: perhaps most of the text too
  auto cost = open_->cost();
  cost.bytes = std::max(cost.bytes, least_bytes);
  for (const auto& link : links_)
    if (!link.is_cancelled && !link.account.covers(cost)) return false;
  auto full = std::exchange(open_, nullptr);
  wants_flush_ = false;
  auto live = std::ranges::count(links_, false, &link::is_cancelled);
  for (auto& link : links_) {
    if (link.is_cancelled) continue;
    link.account.spend(cost);
    link.rows_sent += static_cast<std::uint64_t>(cost.rows);
    // The last receiver gets our own reference: alone with the batch it may change it in place.
    wire_->send(link.number, batch_frame{--live == 0 ? std::move(full) : full, cost});
  }
  counters_->bytes_out.add(static_cast<std::uint64_t>(cost.bytes));
  note_credit();
  return true;
}

void outlet::mark(frame what) {
  waiting_.push_back(std::move(what));
  send_waiting();
}

void outlet::end(end_cause cause, std::shared_ptr<const error> why) {
  has_ended_ = true;
  mark(end_frame{cause, 0, std::move(why)});
}

void outlet::send_waiting() {
  while (!waiting_.empty()) {
    if (!try_send_open()) {
      wants_flush_ = true;
      return;
    }
    auto next = std::move(waiting_.front());
    waiting_.erase(waiting_.begin());
    if (auto* rows = std::get_if<batch_frame>(&next)) {
      open_ = std::move(rows->rows);
      if (waiting_.empty()) send_open_if_worth_it();
      continue;
    }
    for (const auto& link : links_) {
      if (link.is_cancelled) continue;
      if (auto* last = std::get_if<end_frame>(&next)) last->rows = link.rows_sent;
      wire_->send(link.number, next);
    }
  }
}

void outlet::flush() {
  wants_flush_ = has_open_rows() && !try_send_open();
  send_waiting();
}

void outlet::give_back(std::size_t number, credit size, std::vector<batch_ptr> spares) {
  const auto found = std::ranges::find(links_, number, &link::number);
  ensure(found != links_.end(), "credit comes back on a link of this outlet");
  if (!found->is_cancelled) found->account.give_back(size);
  for (auto& spare : spares)
    if (spares_.size() < most_spares_) spares_.push_back(std::move(spare));
  if (has_open_rows()) send_open_if_worth_it();
  send_waiting();
  note_credit();
}

void outlet::cancel(std::size_t number) {
  const auto found = std::ranges::find(links_, number, &link::number);
  ensure(found != links_.end(), "a link of this outlet is cancelled");
  found->is_cancelled = true;
  if (has_open_rows()) send_open_if_worth_it();
  send_waiting();
}

void outlet::note_credit() {
  counters_->credit_rows.set(static_cast<std::uint64_t>(available().rows));
}

} // namespace weir
