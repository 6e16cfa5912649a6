// SPDX-License-Identifier: Apache-2.0
//
// inlets: where streams enter an actor. Puts the frames of all links into one order and aligns
// their marks. Pure decisions.
//
// Rows come link by link in turn. A phase or barrier counts once every link that has not ended has
// it; until then what follows on a link that has it already, marks too, stays queued (bounded by
// the link's credit). A history that was cut short never reaches phase 1. A partition's end is told
// once all links have it by which its rows may come: partition_ends.hpp. When all links have ended
// the stream has, with the worst of their causes; `finished` counts its rows.
//
// The watermark is the least of the links that are waited for. One that finished is not, nor one
// that is silent, until it no longer is. One that was cut short is waited for in vain: nothing that
// was open then is ever complete. Where no link is waited for the watermark is the greatest of
// them, in whatever order they finished or fell silent. When all that are open are silent so is the
// stream.
//
// Links of a side inlet are outside of that order: their rows come first, their marks do not count,
// and the stream ends without them. While the operator waits for them nothing else is taken.
//
//   link 0: [batch][phase 1][batch] ─┐
//   link 1: [batch][batch][phase 1] ─┴─> batch, batch, batch, phase 1, batch

#pragma once

#include <weir/actors/runtime/partition_ends.hpp>
#include <weir/actors/stream/frame.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace weir {

class inlets {
public:
  /// Rows from link `link`, for inlet `inlet` of the operator.
  struct rows_event {
    std::size_t link;
    std::size_t inlet;
    batch_ptr rows;
    credit cost;
    timestamp promised; ///< The watermark of the inlet's links, or that of all if it is later.
  };
  struct mark_event {
    enum class kind : std::uint8_t { watermark, phase, barrier, silence, partition_end };
    kind what;
    std::int64_t value; ///< Of a silence: whether; of a partition's end: whether it is complete.
    const partition* of = nullptr; ///< That ended.
  };
  struct end_event {
    end_cause cause;
    std::shared_ptr<const error> why;
    /// Rows were left behind a phase that can't be reached any more, because another link was
    /// cancelled before it.
    bool dropped_rows = false;
  };
  using event = std::variant<rows_event, mark_event, end_event>;

  /// Adds a link that leads to `inlet`; gives its number. `sources`: those before it.
  std::size_t add_link(std::size_t inlet, bool is_side = false,
                       std::vector<std::string> sources = {});
  /// A frame has arrived on a link.
  void push(std::size_t link, frame what);
  /// What to do next; nothing until more arrives. Nothing follows an end. `side_alone`: all but the
  /// side inlet waits.
  [[nodiscard]] std::optional<event> next(bool side_alone = false);
  [[nodiscard]] bool has_ended() const noexcept { return has_ended_; }
  /// Whether a side inlet still brings something.
  [[nodiscard]] bool has_open_side() const noexcept;
  /// Rows have come that were not given out yet.
  [[nodiscard]] bool has_rows() const noexcept;
  [[nodiscard]] std::size_t size() const noexcept { return links_.size(); }

private:
  struct link {
    std::size_t inlet = 0;
    bool is_side = false;
    std::deque<frame> queue;
    std::uint64_t rows = 0;
    std::uint64_t phase = 0; // the last one it has passed or waits at
    std::uint64_t barrier = 0;
    timestamp watermark = timestamp::min();
    bool is_silent = false;
    std::optional<end_frame> ended;
  };

  void take_marks(std::size_t number);
  [[nodiscard]] bool may_flow(const link& from) const noexcept;
  [[nodiscard]] static bool is_silent(const link& one) noexcept;
  [[nodiscard]] static bool is_awaited(const link& one) noexcept;
  /// Of all links, or of one inlet's.
  [[nodiscard]] timestamp watermark_of(std::optional<std::size_t> inlet = {}) const noexcept;
  [[nodiscard]] std::optional<event> in_time();
  [[nodiscard]] std::optional<event> aligned();
  [[nodiscard]] std::optional<event> ended();
  [[nodiscard]] std::optional<event> failed();
  [[nodiscard]] std::optional<event> rows(bool of_side);
  [[nodiscard]] std::optional<event> ended_without_side();

  std::vector<link> links_;
  partition_ends ended_partitions_;
  std::size_t turn_ = 0;
  std::uint64_t phase_ = 0; // passed on
  std::uint64_t barrier_ = 0;
  timestamp watermark_ = timestamp::min();
  bool is_silent_ = false; // told
  bool has_ended_ = false;
};

} // namespace weir
