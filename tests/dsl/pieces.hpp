// SPDX-License-Identifier: Apache-2.0
//
// Small operators, sources and graphs that tests of the DSL share.

#pragma once

#include <weir/dsl/from.hpp>
#include <weir/dsl/via.hpp>
#include <weir/io/memory_sink.hpp>
#include <weir/io/memory_source.hpp>

#include <memory>
#include <string>
#include <vector>

namespace weir::pieces {

/// Adds one to every number.
class add_one final : public stream_operator<int, int> {
public:
  std::size_t on_batch(batch_view<int> in, batch<int>& out) override {
    const std::size_t rows = std::min(in.size(), out.room());
    out.inherit(in.whole(), in.first(), rows, false);
    for (std::size_t i = 0; i < rows; ++i) out.tail()[i] = in[i] + 1;
    out.rows_added(rows);
    return rows;
  }
};

/// Has two outlets, as `split` has; tests of plans never run it.
struct fork_adaptor : adaptor<fork_adaptor> {
  template <row In>
  bound_operator<In, In> bind() const {
    return {.name = "fork", .make = [] { return result<std::unique_ptr<any_operator>>{nullptr}; }};
  }
};

/// May reject, as event_time may; tests of plans never run it.
struct picky_adaptor : adaptor<picky_adaptor> {
  template <row In>
  bound_rejecting_operator<In> bind() const {
    return {
        {.name = "picky", .make = [] { return result<std::unique_ptr<any_operator>>{nullptr}; }}};
  }
};

/// Takes rejects, as any operator may that is written for them.
class look_at_rejects final : public stream_operator<reject, reject> {
public:
  std::size_t on_batch(batch_view<reject> in, batch<reject>&) override { return in.size(); }
};

struct step_options {
  int size = 1;
  std::string word = "none";
};
BOOST_DESCRIBE_STRUCT(step_options, (), (size, word))

/// Has options that settings reach.
class step_adaptor : public adaptor<step_adaptor> {
public:
  explicit step_adaptor(step_options options = {})
      : options_{std::make_shared<step_options>(std::move(options))} {}

  template <row In>
  bound_operator<In> bind() const {
    return {.name = "step", .make = factory_of<add_one>(), .options = make_options_ref(options_)};
  }

private:
  std::shared_ptr<step_options> options_;
};

inline auto numbers(std::vector<int> rows = {1, 2, 3}) { return memory_rows<int>{std::move(rows)}; }

inline std::shared_ptr<graph> new_graph() { return std::make_shared<graph>(); }

} // namespace weir::pieces
