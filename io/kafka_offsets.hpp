// SPDX-License-Identifier: Apache-2.0
//
// kafka_offsets: where reading a topic begins and ends, and what was committed. Functions that ask
// the broker wait, for `connect_timeout` at most; committing never waits.
//
// A commit carries, as its metadata, how many rows were parsed before it (`weir rows=991`), because
// rejected messages take no position: so positions go on where they were.

#pragma once

#include <weir/actors/stream/error.hpp>
#include <weir/io/kafka_client.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

struct rd_kafka_conf_s;

namespace weir {

/// A place in a partition.
struct kafka_place_in {
  std::int64_t offset = 0;    ///< Of the next message.
  std::uint64_t position = 0; ///< Of the next row.
};

/// What is read of one partition.
struct kafka_stretch {
  std::int32_t partition = 0;
  kafka_place_in begin;
  std::optional<std::int64_t> end;
};

/// Checks that the options make sense together; errc::config says which don't.
[[nodiscard]] result<void> check_kafka_source(const kafka_options& options);

/// All partitions that are read, from where to where.
[[nodiscard]] result<std::vector<kafka_stretch>> find_kafka_stretches(const kafka_client& client,
                                                                      const kafka_options& options);

/// Commits places, at most one request under way, and learns how that went when the client serves
/// its callbacks.
class kafka_commits {
public:
  /// `group`: empty: nothing is ever committed.
  explicit kafka_commits(std::string group) : group_{std::move(group)} {}

  /// The places when barrier `number` was passed.
  void barrier(std::uint64_t number, std::vector<kafka_place_in> places);
  /// Everything up to barrier `number` is safe: commits its places.
  void commit(const kafka_client& client, const std::vector<kafka_stretch>& stretches,
              std::uint64_t number);
  /// The broker's answer.
  void answered(int code);
  /// Commits again what was refused, and what waited for an answer. errc::failed after several
  /// refusals in a row.
  [[nodiscard]] result<void> go_on(const kafka_client& client,
                                   const std::vector<kafka_stretch>& stretches);
  [[nodiscard]] bool is_settled() const noexcept { return !is_under_way_ && wanted_.empty(); }

private:
  std::string group_;
  std::map<std::uint64_t, std::vector<kafka_place_in>> barriers_;
  std::vector<kafka_place_in> wanted_;    // not yet sent
  std::vector<kafka_place_in> sent_;      // under way
  std::vector<kafka_place_in> confirmed_; // as the broker has them
  bool is_under_way_ = false;
  int refusals_ = 0;
  int last_code_ = 0;
};

} // namespace weir
