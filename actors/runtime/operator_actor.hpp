// SPDX-License-Identifier: Apache-2.0
//
// operator_actor: the shell of a chain of fused operators. Feeds it batch by batch in stream order
// and gives credit back once what a batch made lies in state or in an outlet's open batch.
//
//   running <-> aligning (in `inlets`) | blocked (an outlet is full) -> draining -> ended | failed

#pragma once

#include <weir/actors/runtime/chain.hpp>
#include <weir/actors/runtime/inlets.hpp>
#include <weir/actors/runtime/outlet.hpp>
#include <weir/actors/runtime/shell.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace weir {

class operator_actor final : public shell, private chain_host {
public:
  struct hosted {
    std::vector<chain::stage> stages;
    std::vector<std::size_t> inlet_of_link;                ///< For each incoming link.
    std::vector<std::vector<std::string>> sources_of_link; ///< Before it.
    std::vector<std::size_t> outlet_of_link;               ///< For each outgoing link.
    std::string rejects_to = {}; ///< The name of who takes the rejects, for messages.
  };

  operator_actor(caf::actor_config& config, setup made, hosted what);
  caf::behavior make_behavior() override;
  void on_exit() override;

private:
  [[nodiscard]] bool is_ready() const override;
  void take(std::size_t outlet, batch_ptr& out) override;
  void mark(chain_mark mark) override;
  [[nodiscard]] bool has_rows_waiting() const override { return inlets_.has_rows(); }
  [[nodiscard]] moment time() override { return now(); }
  [[nodiscard]] bool is_ready_for_rejects() const override { return rejects_.is_ready(); }
  void take_rejects(batch_ptr& rejects) override;
  [[nodiscard]] result<void> judge_rejects(const operator_counters& of, bool is_at_end) override;
  void take(std::size_t link, frame what);

  void run();
  bool advance();
  void wake_in_time(std::optional<moment> at);
  bool take_next();
  void finish_fed();
  void end(end_cause cause, std::shared_ptr<const error> why);
  void give_up();
  void settle();
  [[nodiscard]] bool are_all_cancelled() const;
  outlet& outlet_of(std::size_t link);

  std::unique_ptr<chain> chain_;
  inlets inlets_;
  std::vector<outlet> outlets_;
  outlet rejects_;
  std::vector<std::size_t> outlet_of_link_;
  std::string rejects_to_;
  std::optional<error> homeless_; // rejects that nobody takes
  bool is_fed_ = false;
  std::size_t fed_link_ = 0;
  credit fed_cost_;
  bool is_ending_ = false;
  bool gave_up_ = false;
  bool dropped_rows_ = false;
  bool waits_for_time_ = false;
  std::optional<moment> wakes_at_; // the earliest wake_message that is under way
  end_cause cause_ = end_cause::finished;
};

} // namespace weir
