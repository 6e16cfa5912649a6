// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/runtime/inlets.hpp>

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

namespace weir {

std::size_t inlets::add_link(std::size_t inlet, bool is_side, std::vector<std::string> sources) {
  ended_partitions_.add_link(is_side ? std::vector<std::string>{} : std::move(sources));
  links_.push_back({});
  links_.back().inlet = inlet;
  links_.back().is_side = is_side;
  return links_.size() - 1;
}

void inlets::push(std::size_t number, frame what) {
  auto& at = links_[number];
  if (const auto* rows = std::get_if<batch_frame>(&what))
    at.rows += static_cast<std::uint64_t>(rows->cost.rows);
  if (const auto* last = std::get_if<end_frame>(&what);
      last != nullptr && last->cause == end_cause::finished && last->rows != at.rows) {
    auto why = std::make_shared<error>(
        error{errc::failed, "a link lost rows: " + std::to_string(last->rows) + " were sent, "
                                + std::to_string(at.rows) + " arrived"});
    what = end_frame{end_cause::failed, last->rows, std::move(why)};
  }
  at.queue.push_back(std::move(what));
}

bool inlets::may_flow(const link& from) const noexcept {
  return from.is_side || (from.phase <= phase_ && from.barrier <= barrier_);
}

/// Takes the marks at the front of a link's queue, as far as they may be taken.
void inlets::take_marks(std::size_t number) {
  auto& from = links_[number];
  while (!from.queue.empty()) {
    auto& front = from.queue.front();
    if (const auto* phase = std::get_if<phase_frame>(&front)) {
      if (!may_flow(from)) return;
      from.phase = phase->number;
    } else if (const auto* barrier = std::get_if<barrier_frame>(&front)) {
      if (!may_flow(from)) return;
      from.barrier = barrier->number;
    } else if (const auto* mark = std::get_if<watermark_frame>(&front)) {
      if (!may_flow(from)) return;
      from.watermark = std::max(from.watermark, mark->time);
    } else if (const auto* silence = std::get_if<silence_frame>(&front)) {
      if (!may_flow(from)) return;
      from.is_silent = silence->is_silent;
    } else if (const auto* gone = std::get_if<partition_end_frame>(&front)) {
      if (!may_flow(from)) return;
      if (!from.is_side) ended_partitions_.told(number, *gone);
    } else if (const auto* last = std::get_if<end_frame>(&front)) {
      // A failure does not wait for alignment.
      if (!may_flow(from) && last->cause != end_cause::failed) return;
      from.ended = *last;
      if (last->cause == end_cause::finished) ended_partitions_.finished(number);
    } else {
      return;
    }
    from.queue.pop_front();
  }
}

/// That it will not be any more may have come already, behind rows.
bool inlets::is_silent(const link& one) noexcept {
  return one.is_silent && std::ranges::none_of(one.queue, [](const frame& waiting) {
           const auto* silence = std::get_if<silence_frame>(&waiting);
           return silence != nullptr && !silence->is_silent;
         });
}

bool inlets::is_awaited(const link& one) noexcept {
  return one.ended ? one.ended->cause != end_cause::finished : !is_silent(one);
}

timestamp inlets::watermark_of(std::optional<std::size_t> inlet) const noexcept {
  timestamp least = timestamp::max();
  timestamp greatest = timestamp::min();
  bool is_any_awaited = false;
  for (const auto& link : links_) {
    if (link.is_side || (inlet && link.inlet != *inlet)) continue;
    greatest = std::max(greatest, link.watermark);
    if (!is_awaited(link)) continue;
    is_any_awaited = true;
    least = std::min(least, link.watermark);
  }
  return is_any_awaited ? least : greatest;
}

/// The marks that are no cut through the stream. Those that came before one were taken by now.
std::optional<inlets::event> inlets::in_time() {
  const auto counts = [](const link& one) { return !one.is_side && is_awaited(one); };
  const auto is_open = [](const link& one) { return !one.is_side && !one.ended; };
  const bool is_silent =
      std::ranges::any_of(links_, is_open) && std::ranges::none_of(links_, counts);
  if (is_silent_ && !is_silent) {
    is_silent_ = false;
    return mark_event{mark_event::kind::silence, 0};
  }
  if (const auto now = watermark_of(); now > watermark_) {
    watermark_ = now;
    return mark_event{mark_event::kind::watermark, now.time_since_epoch().count()};
  }
  if (is_silent && !is_silent_) {
    is_silent_ = true;
    return mark_event{mark_event::kind::silence, 1};
  }
  return std::nullopt;
}

std::optional<inlets::event> inlets::aligned() {
  auto least_phase = std::numeric_limits<std::uint64_t>::max();
  auto least_barrier = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t most_phase = phase_;
  for (const auto& link : links_) {
    if (link.is_side) continue;
    most_phase = std::max(most_phase, link.phase);
    if (link.ended) {
      // One that finished has passed every phase; a history that was cut short is never over.
      if (link.ended->cause != end_cause::finished && link.phase == 0) least_phase = 0;
      continue;
    }
    least_phase = std::min(least_phase, link.phase);
    // Sources see phases and barriers in one order. Where a link waits at a phase that others have
    // not come to with a barrier, its sources had ended before that: they imply the phase.
    if (link.phase <= phase_) least_barrier = std::min(least_barrier, link.barrier);
  }
  // All finished: the end implies the first phase, for operators that wait for it.
  if (least_phase == std::numeric_limits<std::uint64_t>::max())
    least_phase = std::max<std::uint64_t>(most_phase, 1);
  constexpr auto none = std::numeric_limits<std::uint64_t>::max();
  if (least_barrier != none && least_barrier > barrier_) {
    barrier_ = least_barrier;
    return mark_event{mark_event::kind::barrier, static_cast<std::int64_t>(barrier_)};
  }
  if (least_phase > phase_) {
    phase_ = least_phase;
    return mark_event{mark_event::kind::phase, static_cast<std::int64_t>(phase_)};
  }
  return std::nullopt;
}

std::optional<inlets::event> inlets::failed() {
  const auto found = std::ranges::find_if(links_, [](const link& link) {
    return link.ended && link.ended->cause == end_cause::failed;
  });
  if (found == links_.end()) return std::nullopt;
  has_ended_ = true;
  return end_event{end_cause::failed, found->ended->why, true};
}

std::optional<inlets::event> inlets::ended() {
  end_event end{end_cause::finished, nullptr, false};
  const auto is_cut_short = [](const link& link) {
    return !link.is_side && link.ended && link.ended->cause == end_cause::cancelled;
  };
  if (std::ranges::any_of(links_, is_cut_short)) end.cause = end_cause::cancelled;
  for (const auto& link : links_) {
    if (link.ended || link.is_side) continue;
    // Behind a phase that a cancelled link will never reach nothing can flow any more.
    const bool is_stuck =
        link.phase > phase_ && std::ranges::any_of(links_, [&](const struct link& other) {
          return is_cut_short(other) && other.phase == 0;
        });
    if (!is_stuck) return std::nullopt;
    end.dropped_rows = true;
  }
  has_ended_ = true;
  return end;
}

/// The end of a stream whose operator waits for what will not come.
std::optional<inlets::event> inlets::ended_without_side() {
  if (has_open_side()) return std::nullopt;
  has_ended_ = true;
  const bool is_cut_short = std::ranges::any_of(links_, [](const link& link) {
    return link.is_side && link.ended->cause == end_cause::cancelled;
  });
  if (is_cut_short) return end_event{end_cause::cancelled, nullptr, true};
  auto why = std::make_shared<error>(
      error{errc::failed, "a side inlet ended without what the operator waits for"});
  return end_event{end_cause::failed, std::move(why), true};
}

bool inlets::has_open_side() const noexcept {
  return std::ranges::any_of(links_, [](const link& link) { return link.is_side && !link.ended; });
}

bool inlets::has_rows() const noexcept {
  return std::ranges::any_of(links_, [](const link& one) {
    return std::ranges::any_of(one.queue, [](const frame& waiting) {
      return std::holds_alternative<batch_frame>(waiting);
    });
  });
}

std::optional<inlets::event> inlets::rows(bool of_side) {
  for (std::size_t i = 0; i < links_.size(); ++i) {
    const std::size_t number = (turn_ + i) % links_.size();
    auto& link = links_[number];
    if (link.is_side != of_side || link.ended || link.queue.empty() || !may_flow(link)) continue;
    auto* rows = std::get_if<batch_frame>(&link.queue.front());
    if (rows == nullptr) continue; // a mark that waits
    rows_event found{number, link.inlet, std::move(rows->rows), rows->cost,
                     std::max(watermark_of(link.inlet), watermark_)};
    link.queue.pop_front();
    turn_ = number + 1;
    return found;
  }
  return std::nullopt;
}

std::optional<inlets::event> inlets::next(bool side_alone) {
  if (has_ended_) return std::nullopt;
  for (std::size_t i = 0; i < links_.size(); ++i)
    if (!links_[i].ended) take_marks(i);
  if (auto failure = failed()) return failure;
  if (auto found = rows(true)) return found;
  if (const auto gone = ended_partitions_.next())
    return mark_event{mark_event::kind::partition_end, gone->is_complete ? 1 : 0, gone->of};
  if (side_alone) return ended_without_side();
  if (auto mark = in_time()) return mark;
  if (auto mark = aligned()) return mark;
  if (auto end = ended()) return end;
  return rows(false);
}

} // namespace weir
