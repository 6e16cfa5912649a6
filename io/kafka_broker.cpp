// SPDX-License-Identifier: Apache-2.0

#include <weir/io/kafka_broker.hpp>
#include <weir/io/kafka_options.hpp>

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <dlfcn.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

// The mock cluster binds to whatever port is free and has no setting for another. It does so inside
// rd_kafka_mock_cluster_new, on the calling thread, by the C library's `bind`; a definition of ours
// comes first and puts the wanted port in while that call runs. For all other threads and times it
// is the C library's.
namespace {

thread_local std::uint16_t wanted_port = 0;

using bind_function = int (*)(int, const sockaddr*, socklen_t);

} // namespace

extern "C" int bind(int fd, const sockaddr* address, socklen_t size) noexcept {
  static const auto real = reinterpret_cast<bind_function>(dlsym(RTLD_NEXT, "bind"));
  if (wanted_port == 0 || address->sa_family != AF_INET) return real(fd, address, size);
  sockaddr_in at{};
  std::memcpy(&at, address, sizeof at);
  at.sin_port = htons(wanted_port);
  const int yes = 1; // connections of a broker that just ended on this port are no hindrance
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr generic{};
  std::memcpy(&generic, &at, sizeof at);
  return real(fd, &generic, sizeof at);
}

namespace weir {
namespace {

constexpr int default_partitions = 4;
constexpr int max_partitions = 1000;

void be_quiet(const rd_kafka_t* /*client*/, int /*level*/, const char* /*facility*/,
              const char* /*text*/) {}

/// Why nobody can listen on a port of loopback now; 0: somebody can. The mock cluster stops the
/// process when it can't, so it is tried before.
int listening_error(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  const int yes = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  sockaddr generic{};
  std::memcpy(&generic, &at, sizeof at);
  const int failed = ::bind(fd, &generic, sizeof at) == 0 ? 0 : errno;
  ::close(fd);
  return failed;
}

} // namespace

struct kafka_broker::content {
  content() = default;
  content(const content&) = delete;
  content& operator=(const content&) = delete;
  ~content() {
    if (cluster != nullptr) rd_kafka_mock_cluster_destroy(cluster);
    if (client != nullptr) rd_kafka_destroy(client);
  }

  rd_kafka_t* client = nullptr; // hosts the cluster, never connects
  rd_kafka_mock_cluster_t* cluster = nullptr;
  std::string address;
};

result<kafka_topic_plan> parse_kafka_topic_plan(std::string_view text) {
  kafka_topic_plan plan;
  const auto colon = text.rfind(':');
  plan.name = text.substr(0, colon);
  if (colon != std::string_view::npos) {
    const char* end = text.data() + text.size();
    const auto read = std::from_chars(text.data() + colon + 1, end, plan.partitions);
    if (read.ec != std::errc{} || read.ptr != end || plan.partitions < 1
        || plan.partitions > max_partitions)
      return error{errc::config,
                   fmt::format("'{}': expected topic:partitions, with 1 to {} partitions", text,
                               max_partitions)};
  }
  auto name = parse_kafka_address(plan.name);
  if (!name) return name.error();
  if (!name->brokers.empty())
    return error{errc::config, fmt::format("'{}': expected topic:partitions", text)};
  return plan;
}

result<kafka_broker> kafka_broker::start(kafka_broker_options options) {
  const int taken = options.port == 0 ? 0 : listening_error(options.port);
  if (taken != 0)
    return error{errc::cannot_connect,
                 fmt::format("cannot listen on 127.0.0.1:{}: {}; choose another port", options.port,
                             std::strerror(taken))};
  auto made = std::make_unique<content>();
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  rd_kafka_conf_set_log_cb(conf, be_quiet);
  char why[256] = {};
  made->client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
  if (made->client == nullptr) {
    rd_kafka_conf_destroy(conf);
    return error{errc::failed, fmt::format("cannot make an embedded Kafka broker: {}", why)};
  }
  wanted_port = options.port;
  made->cluster = rd_kafka_mock_cluster_new(made->client, 1);
  wanted_port = 0;
  if (made->cluster == nullptr) return error{errc::failed, "cannot make an embedded Kafka broker"};
  made->address = rd_kafka_mock_cluster_bootstraps(made->cluster);
  kafka_broker broker{std::move(made)};
  if (options.port != 0 && !broker.address().ends_with(fmt::format(":{}", options.port)))
    return error{errc::failed,
                 fmt::format("the embedded Kafka broker listens on {} instead of port {}",
                             broker.address(), options.port)};
  for (const auto& topic : options.topics)
    if (auto created = broker.create_topic(topic); !created) return created.error();
  return broker;
}

kafka_broker::kafka_broker(std::unique_ptr<content> content) : content_{std::move(content)} {}
kafka_broker::kafka_broker(kafka_broker&&) noexcept = default;
kafka_broker& kafka_broker::operator=(kafka_broker&&) noexcept = default;
kafka_broker::~kafka_broker() = default;

const std::string& kafka_broker::address() const noexcept { return content_->address; }

result<void> kafka_broker::create_topic(const kafka_topic_plan& topic) {
  const auto failed =
      rd_kafka_mock_topic_create(content_->cluster, topic.name.c_str(), topic.partitions, 1);
  if (failed == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  return error{errc::config, fmt::format("cannot create topic '{}' with {} partitions: {}",
                                         topic.name, topic.partitions, rd_kafka_err2str(failed))};
}

void kafka_broker::set_reachable(bool reachable) {
  if (reachable)
    rd_kafka_mock_broker_set_up(content_->cluster, -1);
  else
    rd_kafka_mock_broker_set_down(content_->cluster, -1);
}

} // namespace weir
