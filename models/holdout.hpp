// SPDX-License-Identifier: Apache-2.0
//
// holdout: which rows of the history are kept out of the fit, and how they travel and wait until
// there is a model to judge.
//
// Whether a row is held out is a pure function of its origin (the name of its partition, its
// position) and a seed: the same rows on every machine, in every order, from CSV or the HDF5 made
// of it. `pack` puts features and labels of some rows into bytes, `unpack` takes them out;
// `row_store` keeps such bytes: `memory_bytes` in memory, then in a temporary file that has
// no name, so nothing of it survives the process. Not shared between threads.
//
//   if (is_held_out(in.origin_of(i), 0.2, seed)) ...
//
//   packed rows:  rows (4 bytes) | 1 if for export only | labels | column | column ... | lines
//   integers      smallest (8) | width (1: 0, 1, 2, 4, 8) | value - smallest, each of that width
//   text          length (4), bytes; length 0xffffffff: missing
//   lines         length (4), bytes: what `export_split` writes of each row, one line each

#pragma once

#include <weir/actors/state/snapshot.hpp>
#include <weir/actors/stream/error.hpp>
#include <weir/actors/stream/origin.hpp>
#include <weir/models/feature_reader.hpp>

#include <boost/describe.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace weir {

/// Whether `learn` keeps a row of this origin out of the fit, for a share from 0 to 1.
[[nodiscard]] inline bool is_held_out(const origin& where, double share,
                                      std::uint64_t seed) noexcept {
  const auto partition = where.partition == nullptr ? 0 : where.partition->hash;
  const auto bits = static_cast<std::int64_t>(stable_hash(partition, where.position, seed) >> 11U);
  return static_cast<double>(bits) * 0x1p-53 < share; // as many bits as a double holds
}

/// Rows as features in bytes, on their way from a learner to the evaluator.
struct packed_rows {
  std::string bytes;
};
BOOST_DESCRIBE_STRUCT(packed_rows, (), (bytes))

/// What of `block` is packed: the chosen rows, and a line for each if they are to be exported.
struct rows_to_pack {
  const feature_block& block;
  std::span<const std::uint32_t> chosen;
  bool is_for_export_only = false; ///< Training rows: not part of any score.
  std::string_view lines = {};
};

void pack(const rows_to_pack& rows, std::string& onto);

/// Rows unpacked. Text in the block points into the bytes.
struct unpacked_rows {
  feature_block block;
  bool is_for_export_only = false;
  std::string_view lines;
};

/// Takes one packing from the front of `bytes`. Precondition: made by `pack`.
void unpack(std::string_view& bytes, unpacked_rows& into);

class row_store {
public:
  explicit row_store(std::size_t memory_bytes = std::size_t{16} * 1024 * 1024);
  row_store(const row_store&) = delete;
  row_store& operator=(const row_store&) = delete;
  ~row_store();

  /// Throws std::runtime_error when the temporary file can't be written.
  void add(std::string_view bytes);
  /// Calls `use` with each of the pieces added, in order.
  void replay(const std::function<void(std::string_view)>& use) const;
  void clear();

  /// All pieces, those in the file too: a snapshot is as large as what was held out.
  void save(snapshot_writer& to) const;
  /// Into an empty store. False when the bytes are not what `save` wrote.
  [[nodiscard]] bool load(snapshot_reader& from);

private:
  void spill();

  std::size_t memory_bytes_;
  std::string memory_; // pieces, each behind its length
  std::string buffer_; // pieces on their way to the file
  std::uint64_t pieces_ = 0;
  std::uint64_t file_bytes_ = 0;
  int file_ = -1;
};

} // namespace weir
