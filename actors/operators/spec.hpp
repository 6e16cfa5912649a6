// SPDX-License-Identifier: Apache-2.0
//
// source_spec, sink_spec, model_spec: what a user writes in a pipeline, before anything is opened.
// The DSL is written against these concepts alone, so any type that models one can stand in `from`,
// `history`, `to` and `learn`.
//
// A spec is a cheap value. Making one does no I/O; `make` is called when the job starts, after
// settings were applied. Its options lie behind a shared pointer, so that `--set
// <operator>.<option>=value` can still change them; secrets among them are named apart, and no
// setting reaches those.

#pragma once

#include <weir/actors/operators/any_operator.hpp>
#include <weir/actors/operators/secret.hpp>
#include <weir/actors/operators/sink.hpp>
#include <weir/actors/operators/source.hpp>

#include <concepts>
#include <memory>
#include <string>
#include <vector>

namespace weir {

/// A secret among the options, by the option's name: told of by --help and --show-config, masked.
struct secret_option {
  std::string name;
  secret value;
};

/// The options of a spec or operator as a record, so that settings can be read into them by name.
struct options_ref {
  std::shared_ptr<void> object;       ///< The options struct; nullptr when there are none.
  const record_info* table = nullptr; ///< Its table.
  std::vector<secret_option> secrets = {};
};

/// Makes options that `--set` can reach: the struct must be described, but for its secrets.
template <record Options>
[[nodiscard]] options_ref make_options_ref(std::shared_ptr<Options> options,
                                           std::vector<secret_option> secrets = {}) {
  return {std::move(options), &record_of<Options>(), std::move(secrets)};
}

/// A source, described: `row`, whether it ends by itself, a name for people (`csv(trips.csv)`),
/// options, and the factory. Errors of configuration (no such file, unknown column) come from
/// `make` and from `open` of what it made.
template <class S>
concept source_spec = requires(const S spec) {
  typename S::row;
  { S::is_bounded } -> std::convertible_to<bool>;
  { spec.describe() } -> std::convertible_to<std::string>;
  { spec.options() } -> std::same_as<options_ref>;
  { spec.make() } -> std::same_as<result<std::unique_ptr<any_source>>>;
};

template <class S, class T>
concept source_spec_of = source_spec<S> && std::same_as<typename S::row, T>;

/// A sink, described.
template <class S>
concept sink_spec = requires(const S spec) {
  typename S::row;
  { spec.describe() } -> std::convertible_to<std::string>;
  { spec.options() } -> std::same_as<options_ref>;
  { spec.make() } -> std::same_as<result<std::unique_ptr<any_sink>>>;
};

/// A sink for rows of any type: `console()`. `bind<T>()` gives the sink_spec for rows of T.
template <class S, class T>
concept sink_spec_for =
    (sink_spec<S> && std::same_as<typename S::row, T>) || requires(const S spec) {
  { spec.template bind<T>() } -> sink_spec;
};

} // namespace weir
