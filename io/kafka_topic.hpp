// SPDX-License-Identifier: Apache-2.0
//
// kafka: a topic as source and as sink. Rows come from JSON, CSV lines or text (kafka_options.hpp)
// by the record's table, or from a parser (`parsed_by`); with kafka_record as row type messages
// come and go as they are.
//
// As a source: every partition is read, each in its order; a batch holds rows of one. A message
// that can't be parsed is rejected as topic/partition/offset; so is a tombstone, with the reason
// `tombstone`. With a `group` the job goes on where its last commit was. It is endless, also with
// `.end`, for the planner; `bounded()` gives the history up to now (or `end_offsets`), which ends.
// As a sink: at least once, in order within a key.
//
//   app.from(kafka<trip>("trips", {.group = "fares"})) | ...
//     | to(kafka<quote>("kafka://broker:9092/quotes").keyed_by(&quote::id));

#pragma once

#include <weir/actors/operators/spec.hpp>
#include <weir/io/kafka_parsed.hpp>
#include <weir/io/kafka_reader.hpp>
#include <weir/io/kafka_record.hpp>
#include <weir/io/kafka_writer.hpp>

#include <concepts>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

namespace weir {

namespace detail {

template <row T>
class kafka_source final : public source<T> {
public:
  kafka_source(std::string topic, kafka_options options, std::unique_ptr<kafka_decoder> decoder)
      : reader_{std::move(topic), std::move(options), std::move(decoder)} {}

  result<void> open(source_context context) override { return reader_.open(std::move(context)); }
  result<poll_state> poll(credit allowed, poll_out<T> out) override {
    return reader_.poll(allowed,
                        {out.rows, [](batch_base& rows) -> void* { return &typed(rows).next(); },
                         [](batch_base& rows) { typed(rows).push_next(); }, weir::borrows<T>},
                        out.rejects);
  }
  void barrier(std::uint64_t number) override { reader_.barrier(number); }
  result<void> committed(std::uint64_t number) override { return reader_.committed(number); }
  void save(snapshot_writer& to) const override { reader_.save(to); }
  result<void> load(snapshot_reader& from) override { return reader_.load(from); }
  source_progress progress() const override { return reader_.progress(); }

private:
  static batch<T>& typed(batch_base& rows) { return static_cast<batch<T>&>(rows); }

  kafka_reader reader_;
};

template <row T>
class kafka_sink final : public sink<T> {
public:
  kafka_sink(std::string topic, kafka_options options, std::unique_ptr<kafka_encoder> encoder,
             const field_info* key)
      : writer_{std::move(topic), std::move(options), std::move(encoder), key} {}

  result<void> open(sink_context context) override { return writer_.open(std::move(context)); }
  result<std::size_t> write(batch_view<T> in) override {
    return writer_.write(in.rows().data(), in.size(), sizeof(T));
  }
  result<bool> prepare(std::uint64_t /*number*/) override { return writer_.flush(); }
  result<bool> close() override { return writer_.flush(); }

private:
  kafka_writer writer_;
};

/// What source and sink specs of a topic share: where it is, and options that `--set` can still
/// change.
class kafka_place {
public:
  kafka_place(std::string address, kafka_options options)
      : address_{std::move(address)},
        options_{std::make_shared<kafka_options>(std::move(options))} {
    if (auto found = parse_kafka_address(address_); found && !found->brokers.empty())
      options_->brokers = found->brokers;
  }

  [[nodiscard]] std::string describe() const {
    auto found = parse_kafka_address(address_);
    return "kafka(" + (found ? found->topic : address_) + ")";
  }
  [[nodiscard]] options_ref options() const { return make_options_ref(options_); }
  [[nodiscard]] kafka_place keyed_by(std::string field) const {
    kafka_place copy{address_, *options_};
    copy.options_->key = std::move(field);
    return copy;
  }

  template <class T>
  [[nodiscard]] result<std::unique_ptr<any_source>> make_source(bool must_end) const {
    kafka_options chosen = *options_;
    if (must_end && chosen.end_offsets.empty()) chosen.end = kafka_end::now;
    auto decoder = make_kafka_decoder(record_of<T>(), chosen);
    if (!decoder) return decoder.error();
    return make_source_by<T>(std::move(*decoder), std::move(chosen));
  }
  template <class T>
  [[nodiscard]] result<std::unique_ptr<any_source>>
  make_source_by(std::unique_ptr<kafka_decoder> decoder) const {
    return make_source_by<T>(std::move(decoder), *options_);
  }
  template <class T>
  [[nodiscard]] result<std::unique_ptr<any_sink>> make_sink() const {
    auto found = parse_kafka_address(address_);
    if (!found) return found.error();
    auto encoder = make_kafka_encoder(record_of<T>(), *options_);
    if (!encoder) return encoder.error();
    auto key = find_kafka_key(record_of<T>(), *options_);
    if (!key) return key.error();
    return erase<T>(
        std::make_unique<kafka_sink<T>>(found->topic, *options_, std::move(*encoder), *key));
  }

private:
  template <class T>
  [[nodiscard]] result<std::unique_ptr<any_source>>
  make_source_by(std::unique_ptr<kafka_decoder> decoder, kafka_options chosen) const {
    auto found = parse_kafka_address(address_);
    if (!found) return found.error();
    return erase<T>(
        std::make_unique<kafka_source<T>>(found->topic, std::move(chosen), std::move(decoder)));
  }

  std::string address_;
  std::shared_ptr<kafka_options> options_;
};

} // namespace detail

/// The sink a `kafka<T>` becomes behind `to`.
template <tabular T>
class kafka_sink_spec {
public:
  using row = T;
  explicit kafka_sink_spec(detail::kafka_place place) : place_{std::move(place)} {}

  [[nodiscard]] std::string describe() const { return place_.describe(); }
  [[nodiscard]] options_ref options() const { return place_.options(); }
  [[nodiscard]] result<std::unique_ptr<any_sink>> make() const {
    return place_.template make_sink<T>();
  }

private:
  detail::kafka_place place_;
};

/// A topic read up to now, or up to `end_offsets`, and no further: history.
template <tabular T>
class kafka_history {
public:
  using row = T;
  static constexpr bool is_bounded = true;
  explicit kafka_history(detail::kafka_place place) : place_{std::move(place)} {}

  [[nodiscard]] std::string describe() const { return place_.describe(); }
  [[nodiscard]] options_ref options() const { return place_.options(); }
  [[nodiscard]] result<std::unique_ptr<any_source>> make() const {
    return place_.template make_source<T>(true);
  }

private:
  detail::kafka_place place_;
};

/// A topic of whose messages a parser makes rows.
template <weir::row T>
class kafka_parsed {
public:
  using row = T;
  static constexpr bool is_bounded = false;

  template <line_parser Parse>
  kafka_parsed(detail::kafka_place place, Parse parse)
      : place_{std::move(place)}, make_decoder_{[parse = std::move(parse)] {
          return std::make_unique<detail::parsing_decoder<T, Parse>>(parse);
        }} {}

  [[nodiscard]] std::string describe() const { return place_.describe(); }
  [[nodiscard]] options_ref options() const { return place_.options(); }
  [[nodiscard]] result<std::unique_ptr<any_source>> make() const {
    return place_.template make_source_by<T>(make_decoder_());
  }

private:
  detail::kafka_place place_;
  std::function<std::unique_ptr<kafka_decoder>()> make_decoder_;
};

/// A topic: by name, or as kafka://host:port/topic.
template <class T>
class kafka {
  static_assert(tabular<T>, "weir: kafka<T> needs a described record (BOOST_DESCRIBE_STRUCT), one "
                            "value such as std::string, or kafka_record");

public:
  using row = T;
  static constexpr bool is_bounded = false;

  explicit kafka(std::string address, kafka_options options = {})
      : place_{std::move(address), std::move(options)} {}

  /// Messages are keyed by this field: equal keys go to one partition and stay in order.
  template <class Field>
  requires std::is_member_object_pointer_v<Field>
  [[nodiscard]] kafka keyed_by(Field field) const {
    const auto offset = weir::detail::offset_of<T>(field);
    kafka copy = *this;
    for (const auto& each : record_of<T>().fields)
      if (each.offset == offset) copy.place_ = place_.keyed_by(each.name);
    return copy;
  }
  [[nodiscard]] kafka_history<T> bounded() const { return kafka_history<T>{place_}; }

  /// Rows are what a parser makes of messages (line_rows.hpp), whatever the format is set to.
  template <line_parser Parse>
  [[nodiscard]] auto parsed_by(Parse parse) const {
    static_assert(std::same_as<T, parsed_row<Parse>> && !detail::parsed<Parse>::is_optional,
                  "weir: this parser makes other rows than this topic has, or may make none: it "
                  "must return weir::result of the topic's row");
    return kafka_parsed<T>{place_, std::move(parse)};
  }

  [[nodiscard]] std::string describe() const { return place_.describe(); }
  [[nodiscard]] options_ref options() const { return place_.options(); }
  [[nodiscard]] result<std::unique_ptr<any_source>> make() const {
    return place_.template make_source<T>(false);
  }
  /// As a sink for rows of T.
  template <std::same_as<T> U>
  [[nodiscard]] kafka_sink_spec<T> bind() const {
    return kafka_sink_spec<T>{place_};
  }

private:
  detail::kafka_place place_;
};

} // namespace weir
