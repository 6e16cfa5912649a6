// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/drift_gate.hpp>
#include <weir/actors/operators/partition_roll.hpp>
#include <weir/io/kafka_offsets.hpp>
#include <weir/io/kafka_reader.hpp>
#include <weir/io/kafka_text_blocks.hpp>

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <thread>
#include <vector>

namespace weir {
namespace {

constexpr std::size_t most_taken = 256; // messages out of the fetch queue that are no rows yet
constexpr auto last_commit_timeout = std::chrono::milliseconds{1500};
constexpr auto ends_are_good_for = std::chrono::milliseconds{200};

/// One partition being read. Stays where it is: librdkafka's threads hold its address.
struct reading {
  std::int32_t number = 0;
  const partition* origin = nullptr;
  rd_kafka_queue_t* queue = nullptr;
  kafka_place_in next;
  std::optional<std::int64_t> end;
  mutable std::int64_t last_known = 0; // end of the partition
  bool has_ended = false;
  std::vector<rd_kafka_message_t*>
      taken; // from the queue; those from first_taken on are no rows yet
  std::size_t first_taken = 0;
  std::atomic<bool> is_ready{true}; // there may be something to take
  const std::function<void()>* wake = nullptr;

  [[nodiscard]] bool has_taken() const noexcept { return first_taken < taken.size(); }
};

void on_messages(rd_kafka_t* /*handle*/, void* opaque) {
  auto& partition = *static_cast<reading*>(opaque);
  partition.is_ready.store(true, std::memory_order_release);
  (*partition.wake)();
}

struct message_deleter {
  void operator()(rd_kafka_message_t* message) const { rd_kafka_message_destroy(message); }
};
using message_ptr = std::unique_ptr<rd_kafka_message_t, message_deleter>;

std::optional<std::string_view> view(const void* data, std::size_t size) {
  if (data == nullptr) return std::nullopt;
  return std::string_view{static_cast<const char*>(data), size};
}

} // namespace

struct kafka_reader::content {
  content(std::string its_topic, kafka_options its_options, std::unique_ptr<kafka_decoder> its)
      : topic{std::move(its_topic)},
        options{std::move(its_options)},
        decoder{std::move(its)},
        commits{options.group} {}
  content(const content&) = delete;
  content& operator=(const content&) = delete;
  ~content();

  [[nodiscard]] bool is_bounded() const {
    return options.end != kafka_end::none || !options.end_offsets.empty();
  }
  [[nodiscard]] kafka_settings settings(std::size_t partitions) const;
  result<void> open();
  void assign();
  result<void> serve();
  [[nodiscard]] bool may_read(const reading& which) const;
  reading* next_ready(const batch_base& rows);
  result<void> fill(reading& from, credit allowed, const kafka_rows& to, batch<reject>& rejects);
  result<bool> take(reading& from, std::size_t rows);
  result<void> convert(reading& from, const rd_kafka_message_t& raw, const kafka_rows& to,
                       batch<reject>& rejects);
  result<void> handle(reading& from, const rd_kafka_message_t& event) const;
  void end_if_done(reading& from);
  void learn_ends() const;

  static void on_commit(rd_kafka_t* /*handle*/, rd_kafka_resp_err_t code,
                        rd_kafka_topic_partition_list_t* /*offsets*/, void* client) {
    static_cast<content*>(static_cast<kafka_client*>(client)->owner())->commits.answered(code);
  }

  std::string topic;
  kafka_options options;
  std::unique_ptr<kafka_decoder> decoder;
  kafka_commits commits;
  source_context context;
  std::string_view topic_for_ever;
  std::unique_ptr<kafka_client> client;
  std::vector<kafka_stretch> stretches;
  std::deque<reading> readings;
  std::size_t cursor = 0;
  bool is_assigned = false;
  std::optional<error> failure;
  mutable std::chrono::steady_clock::time_point asked_ends; // when the ends of partitions were
  kafka_text_blocks text;
};

kafka_reader::content::~content() {
  if (!client) return;
  const auto deadline = std::chrono::steady_clock::now() + last_commit_timeout;
  while (!commits.is_settled() && std::chrono::steady_clock::now() < deadline) {
    rd_kafka_poll(client->handle(), 10);
    if (!commits.go_on(*client, stretches)) break;
  }
  client->wake_by({});
  for (auto& each : readings) {
    if (each.queue != nullptr) rd_kafka_queue_cb_event_enable(each.queue, nullptr, nullptr);
    for (; each.has_taken(); ++each.first_taken)
      rd_kafka_message_destroy(each.taken[each.first_taken]);
    if (each.queue != nullptr) rd_kafka_queue_destroy(each.queue);
  }
}

// The limit of a fetch queue is looked at before each fetch: what lies in one is at most that and
// one fetch more. librdkafka wants room for its largest message in an answer.
kafka_settings kafka_reader::content::settings(std::size_t partitions) const {
  constexpr std::uint64_t kib = 1024;
  const auto share =
      std::clamp<std::uint64_t>(options.fetch_bytes / (2 * partitions), 64 * kib, 512 * 1024 * kib);
  const auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(options.fetch_wait);
  return {{"group.id", options.group.empty() ? "weir" : options.group},
          {"enable.auto.commit", "false"},
          {"enable.auto.offset.store", "false"},
          {"auto.offset.reset", "error"},
          {"allow.auto.create.topics", "false"},
          {"enable.partition.eof", is_bounded() ? "true" : "false"},
          {"fetch.wait.max.ms", std::to_string(wait.count())},
          {"fetch.message.max.bytes", std::to_string(share)},
          {"fetch.max.bytes", std::to_string(std::clamp<std::uint64_t>(
                                  options.fetch_bytes / 2, 1024 * kib, 512 * 1024 * kib))},
          {"queued.max.messages.kbytes", std::to_string(share / kib)}};
}

result<void> kafka_reader::content::open() {
  if (auto checked = check_kafka_source(options); !checked) return checked;
  const auto connect = [&](std::size_t partitions) {
    return kafka_client::connect(
        kafka_role::consumer, topic, options, settings(partitions),
        [](rd_kafka_conf_t* conf) { rd_kafka_conf_set_offset_commit_cb(conf, on_commit); }, this);
  };
  auto connected = connect(1);
  if (!connected) return connected.error();
  // The bounds are a partition's share, and how many there are is known only now.
  if ((*connected)->partitions() > 1) {
    connected = connect(static_cast<std::size_t>((*connected)->partitions()));
    if (!connected) return connected.error();
  }
  client = std::move(*connected);
  auto found = find_kafka_stretches(*client, options);
  if (!found) return found.error();
  stretches = std::move(*found);
  topic_for_ever = intern_partition(topic, "")->source;
  for (const auto& each : stretches) {
    auto& made = readings.emplace_back();
    made.number = each.partition;
    made.origin = intern_partition(context.name, std::to_string(each.partition));
    made.next = each.begin;
    made.end = each.end;
    made.wake = &context.wake;
    made.taken.reserve(most_taken);
    end_if_done(made);
  }
  client->warn_by(context.warn, options.away_timeout);
  client->wake_by(context.wake);
  return {};
}

// The queues are taken out of the common one before anything is assigned: a queue the application
// has forwarded is left alone by the assignment.
void kafka_reader::content::assign() {
  is_assigned = true;
  std::vector<const partition*> all;
  bool all_end = true;
  for (const auto& each : readings) {
    if (!each.has_ended) all.push_back(each.origin);
    all_end = all_end && each.end;
  }
  if (context.roll && all_end) context.roll->name(all);
  if (context.drift) context.drift->begin(std::move(all), context.wake);
  auto* list = rd_kafka_topic_partition_list_new(static_cast<int>(readings.size()));
  for (auto& each : readings) {
    if (each.has_ended) continue;
    each.queue = rd_kafka_queue_get_partition(client->handle(), topic.c_str(), each.number);
    ensure(each.queue != nullptr, "a queue for every partition");
    rd_kafka_queue_forward(each.queue, nullptr);
    rd_kafka_queue_cb_event_enable(each.queue, on_messages, &each);
    rd_kafka_topic_partition_list_add(list, topic.c_str(), each.number)->offset = each.next.offset;
  }
  const auto failed =
      list->cnt > 0 ? rd_kafka_assign(client->handle(), list) : RD_KAFKA_RESP_ERR_NO_ERROR;
  rd_kafka_topic_partition_list_destroy(list);
  ensure(failed == RD_KAFKA_RESP_ERR_NO_ERROR, "partitions that exist can be assigned");
}

result<void> kafka_reader::content::serve() {
  client->serve();
  if (client->failure()) return *client->failure();
  if (failure) return *failure;
  return commits.go_on(*client, stretches);
}

/// One that is held stays ready, for when the gate opens.
bool kafka_reader::content::may_read(const reading& which) const {
  return !context.drift || context.drift->may_read(*which.origin);
}

/// In turn; with rows in the batch already only their partition will do.
reading* kafka_reader::content::next_ready(const batch_base& rows) {
  for (std::size_t i = 0; i < readings.size(); ++i) {
    cursor = cursor + 1 < readings.size() ? cursor + 1 : 0;
    auto& each = readings[cursor];
    if (each.has_ended) continue;
    if (!rows.empty() && rows.first_origin().partition != each.origin) continue;
    if (each.is_ready.load(std::memory_order_relaxed) && may_read(each)
        && each.is_ready.exchange(false, std::memory_order_acquire))
      return &each;
  }
  return nullptr;
}

/// False: there is nothing.
result<bool> kafka_reader::content::take(reading& from, std::size_t rows) {
  from.first_taken = 0;
  from.taken.resize(std::min(rows, most_taken));
  const auto got =
      rd_kafka_consume_batch_queue(from.queue, 0, from.taken.data(), from.taken.size());
  from.taken.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return got > 0;
}

result<void> kafka_reader::content::fill(reading& from, credit allowed, const kafka_rows& to,
                                         batch<reject>& rejects) {
  if (to.rows.empty()) to.rows.set_origin({from.origin, from.next.position});
  const auto most_rows = std::min(static_cast<std::size_t>(allowed.rows), to.rows.room());
  const auto last = to.rows.size() + most_rows;
  const auto most_bytes = to.rows.cost().bytes + allowed.bytes;
  while (!from.has_ended) {
    const auto bytes = to.rows.cost().bytes + static_cast<std::int64_t>(text.pending_bytes());
    const bool is_full =
        to.rows.size() >= last || rejects.is_full()
        || (!to.rows.empty()
            && (bytes >= most_bytes || bytes >= static_cast<std::int64_t>(batch_bytes)));
    if (is_full) {
      from.is_ready.store(true, std::memory_order_relaxed);
      break;
    }
    if (!from.has_taken()) {
      auto got = take(from, last - to.rows.size());
      if (!got) return got.error();
      if (!*got) break;
    }
    const message_ptr message{from.taken[from.first_taken++]};
    const bool is_last = from.end && message->offset >= *from.end;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      if (auto handled = handle(from, *message); !handled) return handled;
    } else if (!is_last) {
      if (auto done = convert(from, *message, to, rejects); !done) return done;
    }
    if (is_last) from.next.offset = std::max(from.next.offset, *from.end);
    end_if_done(from);
  }
  text.keep_in(to.rows);
  return {};
}

result<void> kafka_reader::content::convert(reading& from, const rd_kafka_message_t& raw,
                                            const kafka_rows& to, batch<reject>& rejects) {
  const kafka_message message{view(raw.payload, raw.len),
                              view(raw.key, raw.key_len),
                              topic_for_ever,
                              raw.partition,
                              raw.offset,
                              const_cast<rd_kafka_message_t*>(&raw)};
  from.next.offset = raw.offset + 1;
  char* text_end = to.borrows ? text.room(decoder->text_bound(message), to.rows) : nullptr;
  if (decoder->decode(message, to.next(to.rows), text_end)) {
    if (to.borrows) text.written(text_end);
    to.push(to.rows);
    ++from.next.position;
    return {};
  }
  rejects.push_back({context.name, fmt::format("{}/{}/{}", topic, raw.partition, raw.offset),
                     std::string{decoder->reason()},
                     std::string{message.value.value_or("").substr(0, max_row_bytes)}});
  return {};
}

result<void> kafka_reader::content::handle(reading& from, const rd_kafka_message_t& event) const {
  if (event.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) return {};
  if (event.err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET)
    return error{errc::failed,
                 fmt::format("Kafka at '{}' no longer has offset {} of {}/{}: records were dropped "
                             "before they were read; go on behind the gap with start=earliest",
                             client->brokers(), from.next.offset, topic, from.number)};
  const bool is_passing = event.err == RD_KAFKA_RESP_ERR__TRANSPORT
                          || event.err == RD_KAFKA_RESP_ERR__TIMED_OUT
                          || event.err == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN;
  if (is_passing) return {}; // the client goes on trying
  return error{errc::failed, fmt::format("Kafka at '{}', {}/{}: {}", client->brokers(), topic,
                                         from.number, rd_kafka_message_errstr(&event))};
}

void kafka_reader::content::end_if_done(reading& from) {
  if (!from.end || from.next.offset < *from.end) return;
  from.has_ended = true;
  for (; from.has_taken(); ++from.first_taken)
    rd_kafka_message_destroy(from.taken[from.first_taken]);
}

kafka_reader::kafka_reader(std::string topic, kafka_options options,
                           std::unique_ptr<kafka_decoder> decoder)
    : content_{
        std::make_unique<content>(std::move(topic), std::move(options), std::move(decoder))} {}
kafka_reader::~kafka_reader() = default;

result<void> kafka_reader::open(source_context context) {
  content_->context = std::move(context);
  return content_->open();
}

result<poll_state> kafka_reader::poll(credit allowed, const kafka_rows& to,
                                      batch<reject>& rejects) {
  auto& c = *content_;
  if (auto served = c.serve(); !served) return served.error();
  if (!c.is_assigned) c.assign();
  if (allowed.rows <= 0 || to.rows.is_full() || rejects.is_full()) return poll_state::rows;
  const auto rows_before = to.rows.size();
  const auto rejects_before = rejects.size();
  bool one_ended = false;
  while (auto* from = c.next_ready(to.rows)) {
    if (auto filled = c.fill(*from, allowed, to, rejects); !filled) return filled.error();
    one_ended = from->has_ended;
    if (one_ended || to.rows.size() > rows_before || rejects.size() > rejects_before) break;
  }
  const bool is_over = std::ranges::all_of(c.readings, &reading::has_ended);
  if (is_over) return poll_state::end;
  if (one_ended) return poll_state::partition_end;
  const bool found = to.rows.size() > rows_before || rejects.size() > rejects_before;
  return found || !to.rows.empty() ? poll_state::rows : poll_state::idle;
}

// Barriers also come when nothing else does: a good time to look whether brokers are still there.
void kafka_reader::barrier(std::uint64_t number) {
  auto reachable = content_->client->check_reachable(content_->options.away_timeout);
  if (!reachable) {
    content_->failure = reachable.error();
    content_->context.wake();
  }
  std::vector<kafka_place_in> places;
  for (const auto& each : content_->readings) places.push_back(each.next);
  content_->commits.barrier(number, std::move(places));
}

result<void> kafka_reader::committed(std::uint64_t number) {
  content_->commits.commit(*content_->client, content_->stretches, number);
  return content_->serve();
}

void kafka_reader::save(snapshot_writer& to) const {
  to.write(static_cast<std::uint32_t>(content_->readings.size()));
  for (const auto& each : content_->readings)
    to.write(each.number).write(each.next.offset).write(each.next.position);
}

result<void> kafka_reader::load(snapshot_reader& from) {
  std::uint32_t count = 0;
  from.read(count);
  for (std::uint32_t i = 0; i < count && from.ok(); ++i) {
    std::int32_t number = 0;
    kafka_place_in place;
    from.read(number).read(place.offset).read(place.position);
    for (auto& each : content_->readings)
      if (each.number == number && from.ok()) {
        each.next = place;
        each.has_ended = false;
        content_->end_if_done(each);
      }
  }
  if (from.ok()) return {};
  return error{errc::damaged,
               fmt::format("the saved position of {} can't be read", content_->context.name)};
}

/// Where partitions end, as far as the client knows; asked for now and then, as it takes locks.
void kafka_reader::content::learn_ends() const {
  const auto now = std::chrono::steady_clock::now();
  if (now - asked_ends < ends_are_good_for) return;
  asked_ends = now;
  for (const auto& each : readings) {
    std::int64_t low = 0;
    if (!each.end)
      rd_kafka_get_watermark_offsets(client->handle(), topic.c_str(), each.number, &low,
                                     &each.last_known);
  }
}

source_progress kafka_reader::progress() const {
  const auto& c = *content_;
  if (!c.is_bounded()) c.learn_ends();
  std::int64_t behind = 0;
  std::int64_t done = 0;
  std::int64_t all = 0;
  for (std::size_t i = 0; i < c.readings.size(); ++i) {
    const auto& each = c.readings[i];
    const auto begin = c.stretches[i].begin.offset;
    done += each.next.offset - begin;
    all += each.end.value_or(begin) - begin;
    behind += std::max<std::int64_t>(each.end.value_or(each.last_known) - each.next.offset, 0);
  }
  source_progress found;
  found.behind = static_cast<std::uint64_t>(behind);
  if (c.is_bounded())
    found.done = all > 0 ? static_cast<double>(done) / static_cast<double>(all) : 1.0;
  return found;
}

} // namespace weir
