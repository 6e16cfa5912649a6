// SPDX-License-Identifier: Apache-2.0

#include <weir/io/kafka_offsets.hpp>

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <memory>
#include <string_view>
#include <thread>

namespace weir {
namespace {

constexpr std::string_view metadata_prefix = "weir rows=";
constexpr int max_refusals = 5;

struct list_deleter {
  void operator()(rd_kafka_topic_partition_list_t* list) const {
    rd_kafka_topic_partition_list_destroy(list);
  }
};
using partition_list = std::unique_ptr<rd_kafka_topic_partition_list_t, list_deleter>;

partition_list list_of(const kafka_client& client, const std::vector<kafka_stretch>& stretches,
                       std::int64_t offset) {
  partition_list list{rd_kafka_topic_partition_list_new(static_cast<int>(stretches.size()))};
  for (const auto& each : stretches)
    rd_kafka_topic_partition_list_add(list.get(), client.topic().c_str(), each.partition)->offset =
        offset;
  return list;
}

int to_ms(duration span) {
  return static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(span).count());
}

error refused(const kafka_client& client, std::string_view doing, rd_kafka_resp_err_t code) {
  const bool is_away = code == RD_KAFKA_RESP_ERR__TIMED_OUT || code == RD_KAFKA_RESP_ERR__TRANSPORT
                       || code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN;
  return {is_away ? errc::cannot_connect : errc::failed,
          fmt::format("Kafka at '{}', topic '{}': cannot {}: {}", client.brokers(), client.topic(),
                      doing, rd_kafka_err2str(code))};
}

/// A partition that was created or moved a moment ago: who leads it is known soon.
bool is_passing(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE
         || code == RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION
         || code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART
         || code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION;
}

/// Offsets at a time in milliseconds, or at the begin or end of every partition.
result<std::vector<std::int64_t>> ask_offsets(const kafka_client& client,
                                              const std::vector<kafka_stretch>& stretches,
                                              std::int64_t at, duration timeout) {
  const auto give_up = std::chrono::steady_clock::now() + timeout;
  for (;;) {
    const auto list = list_of(client, stretches, at);
    auto failed = rd_kafka_offsets_for_times(client.handle(), list.get(), to_ms(timeout));
    std::vector<std::int64_t> offsets;
    for (int i = 0; i < list->cnt; ++i) {
      if (failed == RD_KAFKA_RESP_ERR_NO_ERROR) failed = list->elems[i].err;
      offsets.push_back(list->elems[i].offset);
    }
    if (failed == RD_KAFKA_RESP_ERR_NO_ERROR) return offsets;
    if (!is_passing(failed) || std::chrono::steady_clock::now() >= give_up)
      return refused(client, "ask for the offsets of its partitions", failed);
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
  }
}

std::optional<std::uint64_t> rows_in(const rd_kafka_topic_partition_t& committed) {
  const std::string_view text{static_cast<const char*>(committed.metadata),
                              committed.metadata_size};
  if (!text.starts_with(metadata_prefix)) return std::nullopt;
  std::uint64_t rows = 0;
  const auto digits = text.substr(metadata_prefix.size());
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), rows);
  if (read.ec != std::errc{}) return std::nullopt;
  return rows;
}

/// Begins where the group left off, as far as it ever was somewhere; gives for which partitions
/// that holds.
result<std::vector<bool>> begin_at_committed(const kafka_client& client,
                                             std::vector<kafka_stretch>& stretches,
                                             duration timeout) {
  std::vector<bool> known(stretches.size(), false);
  const auto list = list_of(client, stretches, RD_KAFKA_OFFSET_INVALID);
  if (auto failed = rd_kafka_committed(client.handle(), list.get(), to_ms(timeout)))
    return refused(client, "ask what the group has committed", failed);
  for (int i = 0; i < list->cnt; ++i) {
    const auto& found = list->elems[i];
    if (found.err != RD_KAFKA_RESP_ERR_NO_ERROR)
      return refused(client, "ask what the group has committed", found.err);
    if (found.offset < 0) continue;
    const auto place = static_cast<std::size_t>(i);
    known[place] = true;
    stretches[place].begin = {found.offset,
                              rows_in(found).value_or(static_cast<std::uint64_t>(found.offset))};
  }
  return known;
}

/// `0:1000,3:250`: a stretch for each partition named.
result<std::vector<kafka_stretch>> parse_ends(const kafka_client& client, std::string_view text) {
  std::vector<kafka_stretch> stretches;
  const auto wrong = [&](std::string_view part) {
    return error{errc::config,
                 fmt::format("end_offsets: '{}' is not partition:offset with a partition from 0 to "
                             "{} of topic '{}'",
                             part, client.partitions() - 1, client.topic())};
  };
  while (!text.empty()) {
    const auto part = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    const char* const last = part.data() + part.size();
    kafka_stretch stretch;
    const auto number = std::from_chars(part.data(), last, stretch.partition);
    if (number.ec != std::errc{} || number.ptr == last || *number.ptr != ':'
        || stretch.partition < 0 || stretch.partition >= client.partitions())
      return wrong(part);
    std::int64_t end = 0;
    const auto offset = std::from_chars(number.ptr + 1, last, end);
    if (offset.ec != std::errc{} || offset.ptr != last || end < 0) return wrong(part);
    stretch.end = end;
    stretches.push_back(stretch);
  }
  return stretches;
}

result<void> find_begins(const kafka_client& client, const kafka_options& options,
                         std::vector<kafka_stretch>& stretches) {
  std::vector<bool> known(stretches.size(), false);
  if (options.start == kafka_start::committed && !options.group.empty()) {
    auto found = begin_at_committed(client, stretches, options.connect_timeout);
    if (!found) return found.error();
    known = std::move(*found);
  }
  std::int64_t at = RD_KAFKA_OFFSET_BEGINNING;
  if (options.start == kafka_start::latest) at = RD_KAFKA_OFFSET_END;
  if (options.start == kafka_start::timestamp)
    at = std::chrono::floor<std::chrono::milliseconds>(options.start_time->time_since_epoch())
             .count();
  auto offsets = ask_offsets(client, stretches, at, options.connect_timeout);
  if (!offsets) return offsets.error();
  std::optional<std::vector<std::int64_t>>
      ends; // for partitions with nothing as late as `start_time`
  for (std::size_t i = 0; i < stretches.size(); ++i) {
    if (known[i]) continue;
    auto offset = (*offsets)[i];
    if (offset < 0) {
      if (!ends) {
        auto asked = ask_offsets(client, stretches, RD_KAFKA_OFFSET_END, options.connect_timeout);
        if (!asked) return asked.error();
        ends = std::move(*asked);
      }
      offset = (*ends)[i];
    }
    stretches[i].begin = {offset, static_cast<std::uint64_t>(offset)};
  }
  return {};
}

bool is_behind(const kafka_place_in& place, const kafka_place_in& than) {
  return place.offset != than.offset;
}

} // namespace

result<void> check_kafka_source(const kafka_options& options) {
  if (options.start == kafka_start::timestamp && !options.start_time)
    return error{errc::config, "start=timestamp needs start_time=2021-01-01T00:30:10Z"};
  return {};
}

result<std::vector<kafka_stretch>> find_kafka_stretches(const kafka_client& client,
                                                        const kafka_options& options) {
  std::vector<kafka_stretch> stretches;
  if (options.end_offsets.empty()) {
    for (std::int32_t number = 0; number < client.partitions(); ++number)
      stretches.push_back({number, {}, {}});
  } else {
    auto named = parse_ends(client, options.end_offsets);
    if (!named) return named.error();
    stretches = std::move(*named);
  }
  if (auto found = find_begins(client, options, stretches); !found) return found.error();
  if (options.end == kafka_end::now && options.end_offsets.empty()) {
    auto ends = ask_offsets(client, stretches, RD_KAFKA_OFFSET_END, options.connect_timeout);
    if (!ends) return ends.error();
    for (std::size_t i = 0; i < stretches.size(); ++i) stretches[i].end = (*ends)[i];
  }
  return stretches;
}

void kafka_commits::barrier(std::uint64_t number, std::vector<kafka_place_in> places) {
  if (!group_.empty()) barriers_[number] = std::move(places);
}

void kafka_commits::commit(const kafka_client& client, const std::vector<kafka_stretch>& stretches,
                           std::uint64_t number) {
  const auto found = barriers_.find(number);
  if (found == barriers_.end()) return;
  wanted_ = std::move(found->second);
  barriers_.erase(barriers_.begin(), std::next(found));
  if (confirmed_.empty())
    for (const auto& each : stretches) confirmed_.push_back(each.begin);
  static_cast<void>(go_on(client, stretches));
}

void kafka_commits::answered(int code) {
  is_under_way_ = false;
  last_code_ = code;
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
    refusals_ = 0;
    confirmed_ = std::move(sent_);
  } else {
    ++refusals_;
    if (wanted_.empty()) wanted_ = std::move(sent_);
  }
  sent_.clear();
}

result<void> kafka_commits::go_on(const kafka_client& client,
                                  const std::vector<kafka_stretch>& stretches) {
  if (refusals_ >= max_refusals)
    return refused(client, fmt::format("commit offsets of group '{}'", group_),
                   static_cast<rd_kafka_resp_err_t>(last_code_));
  if (is_under_way_ || wanted_.empty()) return {};
  partition_list list{rd_kafka_topic_partition_list_new(static_cast<int>(stretches.size()))};
  for (std::size_t i = 0; i < stretches.size(); ++i) {
    if (!is_behind(confirmed_[i], wanted_[i])) continue;
    auto* to = rd_kafka_topic_partition_list_add(list.get(), client.topic().c_str(),
                                                 stretches[i].partition);
    to->offset = wanted_[i].offset;
    const auto metadata = fmt::format("{}{}", metadata_prefix, wanted_[i].position);
    to->metadata = rd_kafka_mem_malloc(client.handle(), metadata.size());
    to->metadata_size = metadata.size();
    std::copy(metadata.begin(), metadata.end(), static_cast<char*>(to->metadata));
  }
  sent_ = std::move(wanted_);
  wanted_.clear();
  if (list->cnt == 0) return {};
  is_under_way_ = true;
  if (const auto failed = rd_kafka_commit(client.handle(), list.get(), 1)) answered(failed);
  return {};
}

} // namespace weir
