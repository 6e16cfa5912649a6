// SPDX-License-Identifier: Apache-2.0

#include <weir/io/kafka_client.hpp>

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <future>
#include <string_view>
#include <thread>

namespace weir {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using clock = std::chrono::steady_clock;

constexpr milliseconds close_timeout{500};
constexpr milliseconds first_look_timeout{300}; // time to connect anew: no outage then
constexpr milliseconds look_timeout{50};
constexpr milliseconds look_every{1000};

int to_ms(duration span) {
  return static_cast<int>(std::clamp<std::int64_t>(duration_cast<milliseconds>(span).count(), 1,
                                                   std::int64_t{24} * 3600 * 1000));
}

void be_quiet(const rd_kafka_t* /*client*/, int /*level*/, const char* /*facility*/,
              const char* /*text*/) {}

void on_error(rd_kafka_t* /*handle*/, int code, const char* reason, void* opaque) {
  static_cast<kafka_client*>(opaque)->note(code, reason);
}

void on_event(rd_kafka_t* /*handle*/, void* wake) {
  (*static_cast<std::function<void()>*>(wake))();
}

result<void> set(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
  char why[256] = {};
  if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), why, sizeof why) == RD_KAFKA_CONF_OK)
    return {};
  return error{errc::config, fmt::format("Kafka setting {}={}: {}", name, value, why)};
}

/// Applies `name=value;name=value`.
result<void> set_all(rd_kafka_conf_t* conf, std::string_view properties) {
  while (!properties.empty()) {
    const auto part = properties.substr(0, properties.find(';'));
    properties.remove_prefix(std::min(properties.size(), part.size() + 1));
    if (part.find_first_not_of(' ') == std::string_view::npos) continue;
    const auto equals = part.find('=');
    if (equals == std::string_view::npos)
      return error{errc::config,
                   fmt::format("Kafka properties: '{}' is not name=value; separate by ';'", part)};
    auto name = part.substr(0, equals);
    name.remove_prefix(std::min(name.size(), name.find_first_not_of(' ')));
    if (auto done = set(conf, std::string{name}, std::string{part.substr(equals + 1)}); !done)
      return done;
  }
  return {};
}

struct metadata_deleter {
  void operator()(const rd_kafka_metadata_t* found) const { rd_kafka_metadata_destroy(found); }
};
using metadata_ptr = std::unique_ptr<const rd_kafka_metadata_t, metadata_deleter>;

struct topic_deleter {
  void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
};

/// librdkafka ends a client no earlier than its last request: 45 s for offsets that nobody takes,
/// 60 s for a broker that is there and silent. So it is left to a thread, which has the handle and
/// nothing else. There are no callbacks in it: partitions are assigned by hand,
/// so there is no group to leave, and offsets are committed before.
void destroy_within(std::chrono::milliseconds longest, rd_kafka_t* handle) {
  std::promise<void> over;
  const auto is_over = over.get_future();
  std::thread{[handle, over = std::move(over)]() mutable {
    rd_kafka_destroy_flags(handle, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    over.set_value();
  }}.detach();
  static_cast<void>(is_over.wait_for(longest));
}

} // namespace

kafka_client::kafka_client(std::string topic, std::string brokers, void* owner)
    : topic_{std::move(topic)}, brokers_{std::move(brokers)}, owner_{owner} {}

kafka_client::~kafka_client() {
  if (main_queue_ != nullptr) {
    rd_kafka_queue_cb_event_enable(main_queue_, nullptr, nullptr);
    rd_kafka_queue_destroy(main_queue_);
  }
  if (handle_ != nullptr) destroy_within(close_timeout, handle_);
}

result<std::unique_ptr<kafka_client>>
kafka_client::connect(kafka_role role, std::string topic, const kafka_options& options,
                      const kafka_settings& settings,
                      const std::function<void(rd_kafka_conf_s*)>& prepare, void* owner) {
  std::unique_ptr<kafka_client> made{new kafka_client{std::move(topic), options.brokers, owner}};
  std::unique_ptr<rd_kafka_conf_t, decltype(&rd_kafka_conf_destroy)> conf{rd_kafka_conf_new(),
                                                                          rd_kafka_conf_destroy};
  rd_kafka_conf_set_log_cb(conf.get(), be_quiet);
  rd_kafka_conf_set_error_cb(conf.get(), on_error);
  rd_kafka_conf_set_opaque(conf.get(), made.get());
  kafka_settings all{{"bootstrap.servers", options.brokers},
                     {"client.id", "weir"},
                     {"topic.metadata.refresh.interval.ms", "60000"},
                     {"reconnect.backoff.ms", "50"},
                     {"reconnect.backoff.max.ms", "1000"}};
  all.insert(all.end(), settings.begin(), settings.end());
  for (const auto& [name, value] : all)
    if (auto done = set(conf.get(), name, value); !done) return done.error();
  if (auto done = set_all(conf.get(), options.properties); !done) return done.error();
  if (prepare) prepare(conf.get());

  char why[512] = {};
  const auto kind = role == kafka_role::consumer ? RD_KAFKA_CONSUMER : RD_KAFKA_PRODUCER;
  made->handle_ = rd_kafka_new(kind, conf.get(), why, sizeof why);
  if (made->handle_ == nullptr)
    return error{errc::config,
                 fmt::format("cannot make a Kafka client for '{}': {}", options.brokers, why)};
  static_cast<void>(conf.release()); // the client's now
  if (auto found = made->ask_for_topic(role, options.connect_timeout); !found) return found.error();
  return made;
}

// A broker that creates topics on demand does so for whoever asks for one by name: a consumer,
// which must not create any, asks for all. A producer is told at first that there is none, and asks
// again for a while.
result<void> kafka_client::ask_for_topic(kafka_role role, duration timeout) {
  const std::unique_ptr<rd_kafka_topic_t, topic_deleter> topic{
      role == kafka_role::consumer ? nullptr
                                   : rd_kafka_topic_new(handle_, topic_.c_str(), nullptr)};
  const auto deadline = clock::now() + timeout;
  const auto give_up = clock::now() + std::min(timeout, duration{std::chrono::seconds{3}});
  for (;;) {
    const auto left = duration_cast<duration>(deadline - clock::now());
    const rd_kafka_metadata_t* raw = nullptr;
    const auto failed = rd_kafka_metadata(handle_, topic ? 0 : 1, topic.get(), &raw, to_ms(left));
    const metadata_ptr found{raw};
    serve();
    if (failure_) return *failure_;
    if (failed != RD_KAFKA_RESP_ERR_NO_ERROR && failed != RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC)
      return unreachable(timeout);
    for (int i = 0; found && i < found->topic_cnt; ++i) {
      const auto& each = found->topics[i];
      if (each.topic == topic_ && each.err == RD_KAFKA_RESP_ERR_NO_ERROR
          && each.partition_cnt > 0) {
        partitions_ = each.partition_cnt;
        is_connected_ = true;
        away_since_.reset();
        return {};
      }
    }
    if (role == kafka_role::consumer || clock::now() >= give_up) return missing_topic();
    std::this_thread::sleep_for(milliseconds{50});
  }
}

error kafka_client::unreachable(duration timeout) const {
  return {errc::cannot_connect,
          fmt::format("cannot reach Kafka at '{}' within {}{}{}; is a broker running there? To try "
                      "things out, start one: weir broker --port 9092",
                      brokers_, to_string(timeout), last_report_.empty() ? "" : ": ",
                      last_report_)};
}

error kafka_client::missing_topic() const {
  const rd_kafka_metadata_t* raw = nullptr;
  rd_kafka_metadata(handle_, 1, nullptr, &raw, 2000);
  const metadata_ptr all{raw};
  std::string others;
  for (int i = 0; all && i < all->topic_cnt; ++i) {
    const std::string_view name = all->topics[i].topic;
    if (name.starts_with("__")) continue;
    if (others.size() > 200) {
      others += ", ...";
      break;
    }
    others += fmt::format("{}'{}'", others.empty() ? "" : ", ", name);
  }
  return {errc::config, fmt::format("Kafka at '{}' has no topic '{}'; it has {}", brokers_, topic_,
                                    others.empty() ? "none: create it first" : others)};
}

void kafka_client::wake_by(std::function<void()> wake) {
  wake_ = std::move(wake);
  if (main_queue_ == nullptr) main_queue_ = rd_kafka_queue_get_main(handle_);
  rd_kafka_queue_cb_event_enable(main_queue_, wake_ ? on_event : nullptr, &wake_);
}

void kafka_client::serve() {
  rd_kafka_poll(handle_, 0);
  if (is_connected_) look_again();
}

void kafka_client::warn_by(std::function<void(const std::string&)> warn, duration patience) {
  warn_ = std::move(warn);
  patience_ = patience;
}

bool kafka_client::is_answered_within(milliseconds longest) const {
  const rd_kafka_metadata_t* raw = nullptr;
  const auto failed = rd_kafka_metadata(handle_, 0, nullptr, &raw, to_ms(longest));
  const metadata_ptr found{raw};
  return failed == RD_KAFKA_RESP_ERR_NO_ERROR;
}

// That all brokers are down is reported once, also of a connection that is made anew at once; that
// one is back is not.
void kafka_client::look_again() {
  const auto now = clock::now();
  if (!away_since_ || now < next_look_) return;
  next_look_ = now + look_every;
  if (is_answered_within(has_warned_ ? look_timeout : first_look_timeout)) return heard();
  if (has_warned_) return;
  has_warned_ = true;
  if (warn_)
    warn_(fmt::format("Kafka at '{}' does not answer (topic '{}'); trying again for up to {}",
                      brokers_, topic_, to_string(patience_)));
}

void kafka_client::heard() {
  if (has_warned_ && warn_)
    warn_(fmt::format("Kafka at '{}' answers again (topic '{}')", brokers_, topic_));
  has_warned_ = false;
  away_since_.reset();
}

result<void> kafka_client::check_reachable(duration longest) {
  look_again();
  if (!away_since_ || clock::now() - *away_since_ < longest) return {};
  if (is_answered_within(milliseconds{1000})) {
    heard();
    return {};
  }
  away_since_.reset();
  return error{
      errc::cannot_connect,
      fmt::format("Kafka at '{}' could not be reached for {} ({}), reading topic '{}'; start "
                  "the job again when it is back, or allow more by away_timeout",
                  brokers_, to_string(longest), last_report_, topic_)};
}

void kafka_client::note(int code, const char* reason) {
  if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN && !away_since_) away_since_ = clock::now();
  if (code != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || last_report_.empty()) last_report_ = reason;
  if (code == RD_KAFKA_RESP_ERR__AUTHENTICATION) {
    failure_ =
        error{errc::cannot_connect, fmt::format("Kafka at '{}' refuses us: {}", brokers_, reason)};
  } else if (code == RD_KAFKA_RESP_ERR__FATAL) {
    char why[512] = {};
    rd_kafka_fatal_error(handle_, why, sizeof why);
    failure_ = error{errc::failed, fmt::format("Kafka at '{}', topic '{}': {}; start the job again",
                                               brokers_, topic_, why)};
  }
}

} // namespace weir
