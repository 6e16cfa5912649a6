// SPDX-License-Identifier: Apache-2.0
//
// chain: fused operators run as one, a batch at a time, without actors. Each stage holds at most
// one batch that it has not consumed yet, so what a chain holds is bounded by its length.
//
// `feed` gives the first stage a batch or a mark, `advance` runs the last stage that can run, until
// all is consumed or something has to wait. Between stages plain rows travel in blocks that stay in
// the core's first cache, so that a batch passes through memory once however many stages there are;
// what the last stage makes of them gathers in batches again, and goes to the `chain_host`. What a
// stage rejects goes there at once, from wherever it stands. Used by one actor at a time.
//
//   feed ──> [batch|marks] stage 0 ──> [batch|marks] stage 1 ──> chain_host
//                              └──────────── rejects ─────────────────┘

#pragma once

#include <weir/actors/operators/any_operator.hpp>
#include <weir/actors/runtime/metrics.hpp>
#include <weir/actors/stream/error.hpp>
#include <weir/actors/stream/frame.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace weir {

/// Something that stands between batches. `value`: microseconds of a watermark, number of a phase
/// or barrier, whether there is silence, whether a partition that ended is complete.
struct chain_mark {
  enum class kind : std::uint8_t { watermark, silence, partition_end, phase, barrier, end };
  kind what = kind::watermark;
  std::int64_t value = 0;
  const partition* of = nullptr; ///< That ended.
};

/// Where the last stage's batches and marks go, and where time comes from.
class chain_host {
public:
  virtual ~chain_host() = default;
  /// Whether every outlet can take another batch and marks.
  [[nodiscard]] virtual bool is_ready() const = 0;
  /// Takes the rows of `out`, leaving an empty batch in its place (perhaps another one).
  virtual void take(std::size_t outlet, batch_ptr& out) = 0;
  virtual void mark(chain_mark mark) = 0;
  /// Whether rows have come that were not fed yet: then there is no silence.
  [[nodiscard]] virtual bool has_rows_waiting() const { return false; }
  /// Whether another batch of rejects can be taken.
  [[nodiscard]] virtual bool is_ready_for_rejects() const { return true; }
  /// Takes what a stage rejected, leaving an empty batch in its place.
  virtual void take_rejects(batch_ptr& rejects) { rejects->clear(); }
  /// Whether a stage that may reject rejected no more than allowed; asked after rejects, and at the
  /// end of a phase and of the stream.
  [[nodiscard]] virtual result<void> judge_rejects(const operator_counters& /*of*/,
                                                   bool /*is_at_end*/) {
    return {};
  }
  /// Whether operators are saved at barriers.
  [[nodiscard]] virtual bool wants_snapshots() const { return false; }
  [[nodiscard]] virtual moment time() = 0;
};

class chain {
public:
  struct stage {
    std::string name;
    std::unique_ptr<any_operator> runs;
  };

  /// `counters`: one for each stage. Both references outlive the chain.
  chain(std::vector<stage> stages, std::deque<operator_counters>& counters, chain_host& to);
  ~chain();

  /// Gives stage 0 rows for one of its inlets. Precondition: `is_empty()`. The batch is the
  /// caller's again once the chain is empty: `fed()` gives its storage back. `promised`: the
  /// watermark of the inlet.
  void feed(std::size_t inlet, batch_ptr rows, timestamp promised = timestamp::min());
  void feed(chain_mark mark);
  [[nodiscard]] batch_ptr take_fed() noexcept;

  enum class state : std::uint8_t {
    empty,   ///< Everything fed was consumed.
    blocked, ///< An outlet can't take more; call again when it can.
    waiting, ///< An operator asked to be called again at `resume_at()`.
    done,    ///< An operator wants no more, and everything behind it has ended: the stream is
             ///< finished.
  };
  /// Runs until one of these. Errors are user code that threw.
  result<state> advance();

  [[nodiscard]] bool is_empty() const noexcept;
  /// Of its first operator.
  [[nodiscard]] bool waits_for_side() const;
  [[nodiscard]] std::optional<moment> resume_at() const noexcept { return resume_at_; }
  /// When the next operator wants to be called without rows: `advance` does it, once it is time.
  [[nodiscard]] std::optional<moment> wakes_at() const noexcept;

  /// Nobody wants its rows any more.
  void cancel();
  /// Rows were stopped before their end: counts what is in windows that are not over.
  void note_open();

  /// What the operators were when the last barrier passed each of them, if the host wanted to know:
  /// with all that came before it and nothing of what came behind. Good while the host is told of
  /// that barrier.
  void save(snapshot_writer& to) const;
  /// Before anything is fed.
  void load(snapshot_reader& from);

private:
  struct slot;
  enum class step : std::uint8_t { nothing, some, wait };

  result<state> run_stages();
  result<step> run(std::size_t index);
  result<step> run_batch(std::size_t index);
  result<step> run_mark(std::size_t index);
  result<step> run_wake(std::size_t index);
  [[nodiscard]] bool is_due(std::size_t index);
  void note_state(std::size_t index);
  bool tell_of_silence();
  bool tell_of_silence(bool is_silent);
  void hand_on_mark(std::size_t index, chain_mark mark);
  void hand_on(std::size_t index);
  result<void> hand_on_rejects(std::size_t index, bool is_at_end);
  [[nodiscard]] outlets outlets_of(slot& at);
  [[nodiscard]] bool has_gathered() const;
  [[nodiscard]] bool may_gather(std::size_t index) const;
  [[nodiscard]] bool can_hand_on(std::size_t index) const;
  void finish_sated();
  void finish_early(std::size_t index);
  [[nodiscard]] error describe(const slot& at, const std::exception_ptr& thrown) const;

  std::vector<slot> slots_;
  std::deque<operator_counters>& counters_;
  chain_host& to_;
  batch_ptr rejects_; // of the stage that runs; nullptr if none may reject
  std::optional<moment> resume_at_;
  std::size_t first_live_ = 0;              // stages before it are finished
  std::optional<std::size_t> chooses_time_; // the last that does
  bool is_silent_ = false;                  // as it was told last
  bool has_advanced_ = false;
  bool is_done_ = false;
};

} // namespace weir
