// SPDX-License-Identifier: Apache-2.0
//
// source_actor: the shell of a source. Polls it while there is credit downstream, and never for
// more.
//
//   opening -> running <-> idle -> ended | failed      (opening is done before it is spawned)

#pragma once

#include <weir/actors/operators/source.hpp>
#include <weir/actors/runtime/outlet.hpp>
#include <weir/actors/runtime/plan.hpp>
#include <weir/actors/runtime/shell.hpp>
#include <weir/actors/runtime/waker.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace weir {

class source_actor final : public shell {
public:
  struct hosted {
    std::unique_ptr<any_source> source; ///< Open.
    bool has_history;
    bool is_table;
    std::shared_ptr<waker> wake;
    std::size_t row_links; ///< Of the actor's outgoing links the first so many carry rows, the
                           ///< others rejects.
    std::size_t links;
    std::string rejects_to = {}; ///< The name of who takes the rejects, for messages.
    std::optional<source_stamps> stamps = {};
    std::shared_ptr<drift_gate> drift = {};
  };

  source_actor(caf::actor_config& config, setup made, hosted what);
  caf::behavior make_behavior() override;
  void on_exit() override;

private:
  void produce();
  bool poll_once();
  void took(const batch_base& rows, const batch<reject>& rejects);
  /// Partitions of other sources are not held for this one any more.
  void leave_gate(bool is_history);
  void note_source_of(const partition* of);
  void fail(error cause);
  void give_up(std::shared_ptr<const error> why);
  void end(end_cause cause);
  void settle();
  void commit(std::uint64_t number);
  /// Tells the source of a barrier; false: that failed the job.
  bool remember(std::uint64_t number);
  void stamp(batch_base& rows);
  void promise(timestamp now);
  void pass_time();
  outlet& outlet_of(std::size_t link) { return link < hosted_.row_links ? rows_ : rejects_; }

  hosted hosted_;
  outlet rows_;
  outlet rejects_;
  batch_ptr next_;
  batch_ptr next_rejects_;
  const partition* last_partition_ = nullptr;
  std::vector<const partition*> sources_; // the names its partitions gave, as partitions without
  rising_clock clock_;                    // of the stamps
  timestamp promised_{};                  // the last watermark of the clock
  std::uint64_t row_count_ = 0;
  std::uint64_t reject_count_ = 0;
  std::int64_t bytes_made_ = 0; // in this turn
  std::int64_t tables_ = 0;     // given so far
  bool is_started_ = false;
  bool is_at_phase_ = false; // waits for the job's leave to pass the phase on
  bool has_ended_ = false;
  end_cause cause_ = end_cause::finished;
};

} // namespace weir
