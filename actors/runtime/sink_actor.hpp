// SPDX-License-Identifier: Apache-2.0
//
// sink_actor: the shell of a sink. Writes rows in order, prepares at barriers, closes at the end,
// and says when each is done; a sink that is full for now keeps its credit, so everything before it
// waits.
//
//   running <-> blocked | preparing -> closing -> ended | failed

#pragma once

#include <weir/actors/operators/sink.hpp>
#include <weir/actors/runtime/inlets.hpp>
#include <weir/actors/runtime/shell.hpp>
#include <weir/actors/runtime/waker.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

namespace weir {

class sink_actor final : public shell {
public:
  struct hosted {
    std::unique_ptr<any_sink> sink; ///< Open.
    std::shared_ptr<waker> wake;
    std::size_t links;
  };

  sink_actor(caf::actor_config& config, setup made, hosted what);
  caf::behavior make_behavior() override;
  void on_exit() override;

private:
  void run();
  bool step();
  bool write();
  bool take_next();
  void fail(error cause);

  hosted hosted_;
  inlets inlets_;
  std::optional<inlets::rows_event> writing_;
  std::size_t written_ = 0;
  std::uint64_t preparing_ = 0; // the barrier, 0: none
  bool is_closing_ = false;
  end_cause cause_ = end_cause::finished;
  bool dropped_rows_ = false;
};

} // namespace weir
