// SPDX-License-Identifier: Apache-2.0
//
// lookup: joins each row of a stream with a row of a table, found by its key. The table is what a
// bounded source gives; all of it is read before the first row passes.
//
//   trips | lookup(csv<zone>("zones.csv"), &zone::id, &trip::from,
//                  [](const trip& t, const zone& z) { return named_trip{z.name, t.distance}; })
//   trips | left_lookup(csv<zone>("zones.csv"), &zone::id, &trip::from,
//                       [](const trip& t, const zone* z) { ... });   // nullptr: not in the table
//
// Rows keep their order, event time and origin. The table's source is an actor like any other: its
// rejects and errors are told as those of others, and its failure fails the job. Meanwhile rows of
// the stream wait under credit, also when the job is stopped: what was read is looked up. A key
// that comes twice fails the job with both places, unless `duplicates` says which row counts.
// `refresh_every` and `refresh_on_request` have the table read anew while the job runs: a new table
// counts from one row on, once it is complete. Memory: the whole table, see lookup_table.hpp.

#pragma once

#include <weir/actors/operators/lookup_table.hpp>
#include <weir/actors/operators/told_count.hpp>
#include <weir/dsl/from.hpp>

#include <concepts>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

namespace weir {

/// What `lookup` may be told.
struct lookup_options {
  /// What becomes of a row of the table whose key was there already.
  duplicate_keys duplicates = duplicate_keys::refuse;
  /// How often the table is read anew, by the clock; 0: never.
  duration refresh_every{0};
  /// Whether `running_job::refresh()` reads it anew.
  bool refresh_on_request = false;
};
BOOST_DESCRIBE_STRUCT(lookup_options, (), (duplicates, refresh_every, refresh_on_request))

namespace detail {

/// A sentence for each way in which table, keys and callable can be of no use; whether they are.
template <join_kind Kind, class T, class Table, class TableKey, class RowKey, class Combine>
constexpr bool check_lookup() {
  using entry = typename Table::row;
  static_assert(Table::is_bounded, "weir: lookup's table must end, and this source never does: use "
                                   "files or a bounded read");
  static_assert(!borrows<entry>, "weir: lookup keeps the rows of its table, and their text is only "
                                 "borrowed (std::string_view): use std::string in them");
  constexpr bool has_keys =
      std::invocable<TableKey&, const entry&> && std::invocable<RowKey&, const T&>;
  static_assert(has_keys, "weir: lookup takes a table, a field of the table's record, and a field "
                          "of the stream's record (or callables of (const row&))");
  if constexpr (Table::is_bounded && !borrows<entry> && has_keys) {
    using kept = owned_key<std::remove_cvref_t<std::invoke_result_t<TableKey&, const entry&>>>;
    using seen = owned_key<std::remove_cvref_t<std::invoke_result_t<RowKey&, const T&>>>;
    constexpr bool is_key = key<kept> && std::same_as<kept, seen>;
    static_assert(is_key,
                  "weir: lookup's two keys must be of one type: a number, bool, enum, time, "
                  "text, or a described struct of these");
    if constexpr (is_key) {
      static_assert(key_owns_text<kept>, "weir: lookup's key has borrowed text (std::string_view) "
                                         "inside, and is kept: use std::string there");
      return key_owns_text<kept> && check_combine<Kind, Combine, T, entry>();
    }
  }
  return false;
}

} // namespace detail

template <join_kind Kind, class Table, class TableKey, class RowKey, class Combine>
class lookup_adaptor : public adaptor<lookup_adaptor<Kind, Table, TableKey, RowKey, Combine>> {
public:
  lookup_adaptor(Table table, TableKey table_key, RowKey row_key, Combine combine,
                 lookup_options options)
      : table_{std::move(table)},
        table_key_{std::move(table_key)},
        row_key_{std::move(row_key)},
        combine_{std::move(combine)},
        options_{options} {}

  template <class T>
  auto attach(const stream<T>& rows) const {
    if constexpr (detail::check_lookup<Kind, T, Table, TableKey, RowKey, Combine>()) {
      using entry = typename Table::row;
      using kept = owned_key<std::remove_cvref_t<std::invoke_result_t<TableKey&, const entry&>>>;
      using made = lookup_operator<Kind, T, RowKey, entry, kept, Combine>;
      auto options = std::make_shared<lookup_options>(options_);
      auto node = detail::node_for(rows, *this, "lookup", make_options_ref(options));
      node.inlets.push_back(add_table<entry, kept>(rows.in(), options).producers());
      node.content = operator_node{
          [row_key = row_key_, combine = combine_]() -> result<std::unique_ptr<any_operator>> {
            return std::unique_ptr<any_operator>{std::make_unique<made>(row_key, combine)};
          }};
      return detail::add_operator<typename made::out_row>(rows.in(), std::move(node));
    } else {
      return refused{};
    }
  }

private:
  template <class Entry, class Key>
  stream<table_ptr<Entry, Key>> add_table(const std::shared_ptr<graph>& to,
                                          std::shared_ptr<lookup_options> options) const {
    const auto source = add_source(to, table_);
    auto bell = std::make_shared<refresh_bell>();
    auto& content = std::get<source_node>(to->at(source.producers().front().node).content);
    content.refresh = [bell] { bell->ring(); };
    content.make = [make = content.make, options, bell]() -> result<std::unique_ptr<any_source>> {
      if (options->refresh_every < duration{0} || options->refresh_every > longest_told_wait)
        return error{errc::config, "refresh_every is " + to_string(options->refresh_every)
                                       + ": give how often the table is read, every "
                                       + to_string(longest_told_wait) + " at least, or 0 for once"};
      const bool is_read_again =
          options->refresh_on_request || options->refresh_every > duration{0};
      return table_source(make, is_read_again ? bell : nullptr);
    };
    using made = lookup_table_operator<Entry, TableKey, Key>;
    graph_node node{.name = this->name().empty() ? "" : this->name() + " table",
                    .kind = "lookup table",
                    .content = operator_node{[key = table_key_, options = std::move(options),
                                              bell]() -> result<std::unique_ptr<any_operator>> {
                      return std::unique_ptr<any_operator>{std::make_unique<made>(
                          key, options->duplicates, options->refresh_every, bell)};
                    }},
                    .inlets = {source.producers()}};
    return detail::add_operator<table_ptr<Entry, Key>>(to, std::move(node));
  }

  Table table_;
  TableKey table_key_;
  RowKey row_key_;
  Combine combine_;
  lookup_options options_;
};

namespace detail {

template <join_kind Kind, class S, class TableKey, class RowKey, class Combine>
auto make_lookup(const S& table, TableKey&& table_key, RowKey&& row_key, Combine&& combine,
                 lookup_options options) {
  auto spec = source_spec_for(table);
  return lookup_adaptor<Kind, decltype(spec), std::decay_t<TableKey>, std::decay_t<RowKey>,
                        std::decay_t<Combine>>{std::move(spec), std::forward<TableKey>(table_key),
                                               std::forward<RowKey>(row_key),
                                               std::forward<Combine>(combine), options};
}

} // namespace detail

/// `combine(row, row of the table)` for each row whose `row_key` is a `table_key` of the table's
/// rows; the others are dropped. `table`: any source that ends.
template <class S, class TableKey, class RowKey, class Combine>
[[nodiscard]] auto lookup(const S& table, TableKey&& table_key, RowKey&& row_key, Combine&& combine,
                          lookup_options options = {}) {
  return detail::make_lookup<join_kind::inner>(table, std::forward<TableKey>(table_key),
                                               std::forward<RowKey>(row_key),
                                               std::forward<Combine>(combine), options);
}

/// `combine(row, row of the table, or nullptr)` for every row.
template <class S, class TableKey, class RowKey, class Combine>
[[nodiscard]] auto left_lookup(const S& table, TableKey&& table_key, RowKey&& row_key,
                               Combine&& combine, lookup_options options = {}) {
  return detail::make_lookup<join_kind::left>(table, std::forward<TableKey>(table_key),
                                              std::forward<RowKey>(row_key),
                                              std::forward<Combine>(combine), options);
}

} // namespace weir
