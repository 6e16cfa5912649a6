// SPDX-License-Identifier: Apache-2.0
//
// kafka_writer: the sink of `kafka` without its row type: an idempotent producer that counts what
// was acknowledged.
//
// A row is taken once its message, and that of every row before it, lies in librdkafka's queue,
// which is bounded by `send_bytes`; when that is full fewer rows are taken, and `wake` follows with
// the next acknowledgements. The rows that were not taken are then expected at the front of the
// next write, as some of them are encoded already. `flush` is true once every message taken was
// acknowledged by all replicas; it never waits. A message that could not be delivered fails the
// sink for good. Destroyed without a flush, it drops what was not sent. One actor; librdkafka's
// threads only call `wake`.

#pragma once

#include <weir/actors/operators/sink.hpp>
#include <weir/io/kafka_encoder.hpp>
#include <weir/io/kafka_options.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace weir {

class kafka_writer {
public:
  /// `key`: the field that keys messages, or nullptr.
  kafka_writer(std::string topic, kafka_options options, std::unique_ptr<kafka_encoder> encoder,
               const field_info* key);
  ~kafka_writer();

  [[nodiscard]] result<void> open(sink_context context);
  /// `rows` rows of `row_bytes` each, one behind the other; gives how many were taken.
  [[nodiscard]] result<std::size_t> write(const void* first, std::size_t rows,
                                          std::size_t row_bytes);
  /// True: all that was taken is acknowledged. False: not yet, `wake` follows.
  [[nodiscard]] result<bool> flush();

  [[nodiscard]] std::uint64_t taken() const noexcept;
  [[nodiscard]] std::uint64_t acknowledged() const noexcept;

private:
  struct content;
  std::unique_ptr<content> content_;
};

} // namespace weir
