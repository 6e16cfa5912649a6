// SPDX-License-Identifier: Apache-2.0
//
// kafka_reader: the source of `kafka` without its row type: which partitions are read from where to
// where, one queue each, and what was committed.
//
//   broker -> fetch queue of partition 0, bounded in bytes -> up to 256 messages -> rows, by credit
//                            partition 1 ...                                    \-> rejects
//
// Partitions are assigned by hand, all of them, and served in turn; a batch holds rows of one. What
// has no credit is not taken from its queue, and a full queue is not fetched for: so memory is
// bounded by `fetch_bytes` (and one batch of records a partition, as brokers don't divide what a
// producer sent in one), and nothing is ever paused: a partition that a drift_gate holds back is
// just not polled. Offsets are committed in `committed(n)`
// only, those of `barrier(n)`, together with the number of rows parsed so far, so that positions go
// on where they were. The first row of a partition that never was committed has its offset as
// position. One actor; librdkafka's threads only set flags and call `wake`.

#pragma once

#include <weir/actors/operators/source.hpp>
#include <weir/io/kafka_client.hpp>
#include <weir/io/kafka_decoder.hpp>

#include <cstddef>
#include <memory>
#include <string>

namespace weir {

/// A batch of rows of a type we don't know here.
struct kafka_rows {
  batch_base& rows;
  void* (*next)(batch_base& rows); ///< Where the next row goes,
  void (*push)(batch_base& rows);  ///< which then becomes part of the batch.
  bool borrows;                    ///< Rows point into text the batch has to keep.
};

class kafka_reader {
public:
  kafka_reader(std::string topic, kafka_options options, std::unique_ptr<kafka_decoder> decoder);
  ~kafka_reader();

  /// Reaches the broker and finds where every partition begins and ends; waits for
  /// `connect_timeout` at most a step.
  [[nodiscard]] result<void> open(source_context context);
  [[nodiscard]] result<poll_state> poll(credit allowed, const kafka_rows& to,
                                        batch<reject>& rejects);
  void barrier(std::uint64_t number);
  [[nodiscard]] result<void> committed(std::uint64_t number);
  void save(snapshot_writer& to) const;
  [[nodiscard]] result<void> load(snapshot_reader& from);
  [[nodiscard]] source_progress progress() const;

private:
  struct content;
  std::unique_ptr<content> content_;
};

} // namespace weir
