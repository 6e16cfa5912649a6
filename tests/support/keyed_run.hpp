// SPDX-License-Identifier: Apache-2.0
//
// keyed_run: an operator by key without a shell: rows, watermarks, times and the end are fed by
// hand, with little room for what comes out.
//
//   keyed_run<order, total> run{(running(...)).bind_keyed<order>(&order::name).make};
//   run.rows({{1, {"a", 5}}});
//   run.watermark(3);
//   run.given<0>()   // rows and their seconds

#pragma once

#include <weir/actors/operators/keyed.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <tuple>
#include <utility>
#include <vector>

namespace weir::test {

/// A row and the second of its event time.
template <class T>
struct at_second {
  std::optional<int> second;
  T row;
};

template <row T, row... Out>
class keyed_run {
public:
  /// `room`: rows an outlet takes before it is emptied.
  explicit keyed_run(keyed_factory make, std::size_t room = 3, state_place place = {})
      : make_{std::move(make)}, place_{std::move(place)}, room_{room}, op_{made()} {
    (open_.push_back(std::make_shared<batch<Out>>()), ...);
    for (auto& one : open_) one->set_limit(room_);
  }

  /// What it saves goes into one that is made anew.
  void restart() {
    snapshot_writer saved;
    op_->save(saved);
    op_ = made();
    snapshot_reader from{saved.bytes()};
    op_->load(from);
    if (!from.is_finished()) throw std::runtime_error{"load reads all that save wrote"};
  }
  /// `between`: what happens between two calls with rows.
  void rows(const std::vector<at_second<T>>& given, const std::function<void()>& between = {}) {
    batch<T> in;
    for (const auto& [second, row] : given) {
      if (second) in.times_for_writing()[in.size()] = timestamp{std::chrono::seconds{*second}};
      in.push_back(row);
    }
    for (std::size_t done = 0; done < in.size(); take()) {
      done += op_->on_batch(0, any_view{&in, done, false}, outlets{open()});
      if (done < in.size() && between) {
        take();
        between();
      }
    }
  }
  void watermark(int second) {
    const auto micros = std::chrono::microseconds{std::chrono::seconds{second}}.count();
    while (!op_->on_mark(any_operator::mark::watermark, micros, outlets{open()})) take();
    take();
  }
  void end() {
    while (!op_->on_mark(any_operator::mark::end, 0, outlets{open()})) take();
    take();
  }
  /// Calls it for as long as it wants to be called by `now`.
  void wake(moment now) {
    while (op_->wakes_at() && *op_->wakes_at() <= now) {
      op_->on_wake(now, outlets{open()});
      take();
    }
  }
  [[nodiscard]] any_operator& runs() { return *op_; }

  template <std::size_t I = 0>
  auto given() {
    return std::exchange(std::get<I>(given_), {});
  }

private:
  std::unique_ptr<any_operator> made() const {
    auto made = make_(place_);
    if (!made) throw std::runtime_error{made.error().message};
    return std::move(*made);
  }
  std::vector<batch_base*> open_bases() const {
    std::vector<batch_base*> all;
    for (const auto& one : open_) all.push_back(one.get());
    return all;
  }
  std::span<batch_base* const> open() {
    bases_ = open_bases();
    return bases_;
  }
  void take() {
    [&]<std::size_t... I>(std::index_sequence<I...>) { (take_from<I>(), ...); }
    (std::index_sequence_for<Out...>{});
  }
  template <std::size_t I>
  void take_from() {
    auto& from = static_cast<batch<std::tuple_element_t<I, std::tuple<Out...>>>&>(*open_[I]);
    for (std::size_t i = 0; i < from.size(); ++i) {
      std::optional<int> second;
      if (from.has_times())
        second = static_cast<int>(from.time_of(i).time_since_epoch() / std::chrono::seconds{1});
      std::get<I>(given_).push_back({second, from[i]});
    }
    from.clear();
    from.set_limit(room_);
  }

  keyed_factory make_;
  state_place place_;
  std::size_t room_;
  std::unique_ptr<any_operator> op_;
  std::vector<batch_ptr> open_;
  std::vector<batch_base*> bases_;
  std::tuple<std::vector<at_second<Out>>...> given_;
};

} // namespace weir::test
