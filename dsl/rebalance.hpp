// SPDX-License-Identifier: Apache-2.0
//
// rebalance, broadcast: several copies of a part of the graph side by side, each in actors of its
// own: dealt the rows in turn, a batch at a time, or given all of them.
//
// `part` describes the copy: it gets the stream of its rows (and the number of the copy, if it
// takes one) and gives a stream. What all copies give comes out merged: order holds in a copy, not
// between them. Where order within a key matters, use key_by and .parallel(n) instead; event_time
// belongs before the copies.
//
//   images | rebalance(4, [](auto some) { return some | map(recognise); }) | to(faces)
//   trips  | broadcast(2, [&](auto all, std::size_t i) { return all | via(models[i]); }) | ...

#pragma once

#include <weir/actors/operators/distribute.hpp>
#include <weir/actors/operators/told_count.hpp>
#include <weir/dsl/stream.hpp>

#include <cstddef>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace weir {

/// Of a part of the graph.
inline constexpr std::size_t most_copies = 1024;

namespace detail {

/// The part of the graph for one copy.
template <class Part, class T>
auto describe_copy(const Part& part, const stream<T>& rows, std::size_t copy) {
  if constexpr (std::invocable<const Part&, const stream<T>&, std::size_t>)
    return std::invoke(part, rows, copy);
  else
    return std::invoke(part, rows);
}

template <class Part, class T>
constexpr bool describes_copies() {
  constexpr bool fits =
      std::invocable<const Part&, const stream<T>&,
                     std::size_t> || std::invocable<const Part&, const stream<T>&>;
  static_assert(fits, "weir: rebalance and broadcast take a callable of (stream), or of (stream, "
                      "std::size_t copy), that gives a stream");
  return fits;
}

/// So many copies as are described: one where the number makes no sense, which the plan says then.
template <class T>
std::size_t copies_in(const stream<T>& rows, const std::string& name, std::size_t copies) {
  if (copies > 0 && copies <= most_copies) return copies;
  rows.in()->refuse({errc::config, "'" + name + "' makes 1 to " + std::to_string(most_copies)
                                       + " copies, not " + told_count(copies)});
  return 1;
}

/// What the copies give, merged. `rows_of(i)` are the rows of copy i.
template <class Part, class RowsOf>
auto merge_copies(std::size_t copies, const Part& part, const RowsOf& rows_of) {
  auto all = describe_copy(part, rows_of(0), 0);
  for (std::size_t i = 1; i < copies; ++i) all = merge(all, describe_copy(part, rows_of(i), i));
  return all;
}

} // namespace detail

template <class Part>
class rebalance_adaptor : public adaptor<rebalance_adaptor<Part>> {
public:
  rebalance_adaptor(std::size_t copies, Part part) : copies_{copies}, part_{std::move(part)} {}

  template <class T>
  auto attach(const stream<T>& rows) const {
    if constexpr (detail::describes_copies<Part, T>()) {
      const auto& name = this->name();
      const auto copies = detail::copies_in(rows, name.empty() ? "rebalance" : name, copies_);
      auto node = detail::node_for(rows, *this, "rebalance", {});
      node.content = operator_node{[copies] { return result{distribute<T>(copies)}; }};
      node.outlets.assign(copies, &row_type_of<T>());
      const auto dealer = rows.in()->add(std::move(node));
      return detail::merge_copies(copies, part_, [&](std::size_t copy) {
        return stream<T>{rows.in(), {outlet_ref{dealer, copy}}};
      });
    } else {
      return refused{};
    }
  }

private:
  std::size_t copies_;
  Part part_;
};

template <class Part>
class broadcast_adaptor {
public:
  broadcast_adaptor(std::size_t copies, Part part) : copies_{copies}, part_{std::move(part)} {}

  template <class T>
  auto attach(const stream<T>& rows) const {
    if constexpr (detail::describes_copies<Part, T>())
      return detail::merge_copies(detail::copies_in(rows, "broadcast", copies_), part_,
                                  [&](std::size_t) { return rows; });
    else
      return refused{};
  }

private:
  std::size_t copies_;
  Part part_;
};

/// Deals rows to `copies` copies of `part` in turn: 1 to `most_copies`.
template <class Part>
[[nodiscard]] rebalance_adaptor<std::decay_t<Part>> rebalance(std::size_t copies, Part&& part) {
  return {copies, std::forward<Part>(part)};
}

/// Gives all rows to each of `copies` copies of `part`: 1 to `most_copies`.
template <class Part>
[[nodiscard]] broadcast_adaptor<std::decay_t<Part>> broadcast(std::size_t copies, Part&& part) {
  return {copies, std::forward<Part>(part)};
}

} // namespace weir
