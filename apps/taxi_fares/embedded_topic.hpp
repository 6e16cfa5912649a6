// SPDX-License-Identifier: Apache-2.0
//
// embedded_topic: live trips from a Kafka broker inside this process, which starts with the job and
// tells on stderr where it listens:
//
//   live trips: kafka://127.0.0.1:40123/taxi-trips

#pragma once

#include <weir/apps/taxi_fares/trip.hpp>
#include <weir/io/kafka_broker.hpp>
#include <weir/io/kafka_topic.hpp>

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace taxi {

/// A source_spec.
class embedded_topic {
public:
  using row = trip;
  static constexpr bool is_bounded = false;

  explicit embedded_topic(std::string topic) : topic_{std::move(topic)} {}

  [[nodiscard]] std::string describe() const { return "kafka(" + topic_ + ", embedded broker)"; }
  [[nodiscard]] weir::options_ref options() const { return weir::make_options_ref(options_); }
  [[nodiscard]] weir::result<std::unique_ptr<weir::any_source>> make() const {
    auto started = weir::kafka_broker::start({.topics = {{topic_, 4}}});
    if (!started) return std::move(started).error();
    auto chosen = *options_;
    chosen.brokers = started->address();
    *broker_ = std::move(*started);
    std::fprintf(stderr, "live trips: kafka://%s/%s\n", chosen.brokers.c_str(), topic_.c_str());
    return weir::kafka<trip>{topic_, std::move(chosen)}.make();
  }

private:
  std::string topic_;
  std::shared_ptr<weir::kafka_options> options_ = std::make_shared<weir::kafka_options>();
  /// Of the job that runs; lives as long as the program's graph.
  std::shared_ptr<std::optional<weir::kafka_broker>> broker_ =
      std::make_shared<std::optional<weir::kafka_broker>>();
};

} // namespace taxi
