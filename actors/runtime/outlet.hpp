// SPDX-License-Identifier: Apache-2.0
//
// outlet: where a stream leaves an actor, over one or more links, each with its own credit. Pure
// decisions: what to send when; an `outlet_wire` does the sending.
//
// Small batches gather in the open batch, which leaves when it is half full or more, when every
// receiver is idle, or, where one is idle and another is not, when the shell says that `linger` has
// passed. (A lone receiver that is busy would not look at it earlier.) A batch is charged as 8
// kibibytes at least, as its storage is larger than its rows. Marks cost no credit but never
// overtake rows: while they wait behind rows that have no credit the outlet is not ready. Storage
// that comes back with credit is used again; as much of it is kept as a link's credit in bytes
// fills, and `spare_batches` at least. When all links are cancelled the outlet takes everything and
// drops it. Memory: the open batch, the spares, and what the receivers were granted.

#pragma once

#include <weir/actors/runtime/metrics.hpp>
#include <weir/actors/stream/credit.hpp>
#include <weir/actors/stream/frame.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace weir {

/// Sends a frame down link number `link` of the actor.
class outlet_wire {
public:
  virtual ~outlet_wire() = default;
  virtual void send(std::size_t link, frame what) = 0;
};

class outlet {
public:
  /// Storage kept at least, when it comes back; more where batches are small.
  static constexpr std::size_t spare_batches = 8;

  outlet(const row_type& type, actor_counters& counters, outlet_wire& wire);

  /// Adds a link, numbered by the actor; all before the first row.
  void add_link(std::size_t number, credit granted);

  /// Whether another batch may be offered.
  [[nodiscard]] bool is_ready() const noexcept;
  /// How many rows and bytes the receivers would take now, beyond what is open. Never negative.
  [[nodiscard]] credit available() const noexcept;
  /// Takes the rows and leaves an empty batch instead. Precondition: `is_ready()`.
  void take(batch_ptr& rows);
  /// Queues a mark behind all rows taken.
  void mark(frame what);
  /// The last mark; adds the number of rows each link was sent.
  void end(end_cause cause, std::shared_ptr<const error> why);

  /// A receiver gave credit and storage back.
  void give_back(std::size_t number, credit size, std::vector<batch_ptr> spares);
  void cancel(std::size_t number);
  /// Sends what is open as far as credit goes: `linger` has passed, or nothing more comes soon.
  void flush();

  /// Rows wait for more rows or for credit.
  [[nodiscard]] bool has_open_rows() const noexcept { return open_ != nullptr && !open_->empty(); }
  /// Some receiver has nothing to do, but the open batch waits for others.
  [[nodiscard]] bool is_awaited_by_some() const noexcept;
  /// All links there were are cancelled; not so when there never was one.
  [[nodiscard]] bool is_cancelled() const noexcept;
  [[nodiscard]] bool is_linked() const noexcept { return !links_.empty(); }
  /// Everything up to the end mark has been sent.
  [[nodiscard]] bool has_ended() const noexcept {
    return has_ended_ && waiting_.empty() && !has_open_rows();
  }
  [[nodiscard]] batch_ptr new_batch();

private:
  struct link {
    std::size_t number;
    credit_account account;
    std::uint64_t rows_sent = 0;
    bool is_cancelled = false;
  };

  [[nodiscard]] bool is_awaited_by_all() const noexcept;
  void send_open_if_worth_it();
  bool try_send_open();
  void send_waiting();
  [[nodiscard]] bool is_discarding() const noexcept;
  void note_credit();

  const row_type* type_;
  std::size_t most_spares_;
  actor_counters* counters_;
  outlet_wire* wire_;
  std::vector<link> links_;
  batch_ptr open_;
  std::vector<batch_ptr> spares_;
  std::vector<frame> waiting_; // marks behind the open batch
  bool wants_flush_ = false;
  bool has_ended_ = false;
};

} // namespace weir
