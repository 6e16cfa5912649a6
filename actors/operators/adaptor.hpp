// SPDX-License-Identifier: Apache-2.0
//
// adaptor: an operator as a user writes it, before the row type is known: what stands behind a `|`.
//
// Each operator's header has one function that makes its adaptor. `bind<In>()` says what it becomes
// for rows of In: a name, options and a factory; it is where a misuse becomes a compile error in
// our words. The DSL joins adaptors to streams and knows nothing else about operators.
//
//   struct map_adaptor : adaptor<map_adaptor<F>> {
//     template <row In> bound_operator<Out> bind() const;
//   };
//   stream | map(f).named("to cents").async()

#pragma once

#include <weir/actors/operators/any_operator.hpp>
#include <weir/actors/operators/spec.hpp>
#include <weir/actors/stream/error.hpp>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace weir {

class drift_gate;
struct source_before;

/// An adaptor whose row types are known: one stream in, one out for each of `Out`.
template <row... Out>
struct bound_operator {
  std::string name; ///< Of the operator's kind: `map`.
  std::function<result<std::unique_ptr<any_operator>>()> make;
  options_ref options = {};
  /// Of one that holds back the partitions that run ahead of others: what the sources before it are
  /// to ask. May give nothing, by its options.
  std::function<std::shared_ptr<drift_gate>()> drift = {};
  /// Of one that waits for partitions: told which sources there are before it, before it is made.
  std::function<void(std::vector<source_before>)> sources = {};
};

/// Of an operator that may reject rows: the stream it gives has `rejects()`.
template <row Out>
struct bound_rejecting_operator : bound_operator<Out> {};

/// What every adaptor can be told.
template <class Derived>
class adaptor {
public:
  /// Its name in plans, metrics and settings; otherwise the operator's kind, numbered where needed.
  [[nodiscard]] Derived named(std::string name) const {
    Derived copy = static_cast<const Derived&>(*this);
    copy.name_ = std::move(name);
    return copy;
  }
  /// Runs it in an actor of its own, fused with nothing before it.
  [[nodiscard]] Derived async() const {
    Derived copy = static_cast<const Derived&>(*this);
    copy.is_async_ = true;
    return copy;
  }
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] bool is_async() const noexcept { return is_async_; }

private:
  std::string name_;
  bool is_async_ = false;
};

/// What a misuse gives, in place of a stream or an adaptor: it was told of in our words, and what
/// would follow from it is worth none.
struct refused {};
template <class Adaptor>
constexpr refused operator|(refused, const Adaptor&) noexcept {
  return {};
}

/// Something that can stand behind a `|` of a stream of In.
template <class A, class In>
concept adaptor_for = requires(const A candidate) {
  candidate.template bind<In>();
};

/// A factory of an operator class derived from stream_operator: each call copies the arguments
/// anew.
template <class Operator, class... Arguments>
[[nodiscard]] std::function<result<std::unique_ptr<any_operator>>()>
factory_of(Arguments... arguments) {
  return [... arguments = std::move(arguments)]() -> result<std::unique_ptr<any_operator>> {
    return make_erased<Operator>(arguments...);
  };
}

} // namespace weir
