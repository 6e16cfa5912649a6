// SPDX-License-Identifier: Apache-2.0
//
// topic: a Kafka topic whose brokers are known once the job starts: those that were named, or one
// inside this process that starts with the job and tells on stderr where it listens:
//
//   payments demo: broker at 127.0.0.1:40123

#pragma once

#include <weir/io/kafka_broker.hpp>
#include <weir/io/kafka_topic.hpp>

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace payments {

inline constexpr const char* all_topic = "payments";
inline constexpr const char* legit_topic = "legit_payments";
inline constexpr const char* fraud_topic = "fraud_payments";

class broker_place {
public:
  /// Those that are named.
  explicit broker_place(std::string brokers) : brokers_{std::move(brokers)} {}
  /// One inside this process.
  [[nodiscard]] static broker_place embedded() { return {}; }

  [[nodiscard]] bool is_embedded() const { return !brokers_; }
  /// Of those that are named.
  [[nodiscard]] const std::string& brokers() const { return *brokers_; }
  /// Of the embedded one, which starts when first asked.
  [[nodiscard]] weir::result<std::string> address() const {
    if (!*embedded_) {
      auto started = weir::kafka_broker::start(
          {.topics = {{all_topic, 4}, {legit_topic, 4}, {fraud_topic, 4}}});
      if (!started) return std::move(started).error();
      *embedded_ = std::move(*started);
      std::fprintf(stderr, "payments demo: broker at %s\n", (*embedded_)->address().c_str());
    }
    return (*embedded_)->address();
  }

private:
  broker_place() = default;

  std::optional<std::string> brokers_;
  /// Lives as long as the program's graph.
  std::shared_ptr<std::optional<weir::kafka_broker>> embedded_ =
      std::make_shared<std::optional<weir::kafka_broker>>();
};

/// A source_spec, and as `bind` a sink_spec.
template <class T>
class topic {
public:
  using row = T;
  static constexpr bool is_bounded = false;

  topic(std::string name, broker_place at, std::string group = {})
      : name_{std::move(name)}, at_{std::move(at)} {
    options_->group = std::move(group);
    if (!at_.is_embedded()) options_->brokers = at_.brokers();
  }

  [[nodiscard]] std::string describe() const { return "kafka(" + name_ + ")"; }
  /// Of the embedded broker nothing is to be told.
  [[nodiscard]] weir::options_ref options() const {
    return at_.is_embedded() ? weir::options_ref{} : weir::make_options_ref(options_);
  }
  [[nodiscard]] weir::result<std::unique_ptr<weir::any_source>> make() const {
    auto known = open();
    if (!known) return std::move(known).error();
    return known->make();
  }

  class sink {
  public:
    using row = T;
    explicit sink(topic to) : to_{std::move(to)} {}
    [[nodiscard]] std::string describe() const { return to_.describe(); }
    [[nodiscard]] weir::options_ref options() const { return to_.options(); }
    [[nodiscard]] weir::result<std::unique_ptr<weir::any_sink>> make() const {
      auto known = to_.open();
      if (!known) return std::move(known).error();
      return known->template bind<T>().make();
    }

  private:
    topic to_;
  };

private:
  [[nodiscard]] weir::result<weir::kafka<T>> open() const {
    auto chosen = *options_;
    if (at_.is_embedded()) {
      auto address = at_.address();
      if (!address) return std::move(address).error();
      chosen.brokers = std::move(*address);
    }
    return weir::kafka<T>{name_, std::move(chosen)};
  }

  std::string name_;
  broker_place at_;
  std::shared_ptr<weir::kafka_options> options_ = std::make_shared<weir::kafka_options>();
};

/// A topic to write to.
template <class T>
[[nodiscard]] auto sink_of(topic<T> to) {
  return typename topic<T>::sink{std::move(to)};
}

} // namespace payments
