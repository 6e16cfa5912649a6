// SPDX-License-Identifier: Apache-2.0
//
// feature_reader: reads the features of rows into columns, by the record's table.
//
// It is bound to a record once; then it knows no types, only offsets, and is compiled once for all
// of them. Rows are read in chunks of at most `chunk_rows`, which stay in the first cache. A block
// borrows text from the rows it was read from. A bound reader is immutable; blocks have one owner.
//
//   result<feature_reader> reader = feature_reader::bind(features, "total", record_of<trip>());
//   feature_block block = reader->make_block();
//   reader->read(rows, count, block);

#pragma once

#include <weir/actors/stream/error.hpp>
#include <weir/actors/stream/record.hpp>
#include <weir/models/feature.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

/// Rows of a block.
inline constexpr std::size_t chunk_rows = 128;

/// What a column of features holds before anything learnt is applied.
enum class column_kind : std::uint8_t {
  number,  ///< NaN: missing.
  integer, ///< Categories; `missing_category`: missing.
  text,    ///< Categories; `missing_text`: missing.
};

struct feature_column {
  column_kind kind = column_kind::number;
  std::vector<double> numbers; // of the three only the one `kind` says is filled
  std::vector<std::int64_t> integers;
  std::vector<std::string_view> texts;
};

/// Features of up to `chunk_rows` rows, one column a feature.
struct feature_block {
  std::size_t rows = 0;
  std::vector<feature_column> columns;
  std::vector<double> labels; ///< NaN: none.

  explicit feature_block(std::span<const column_kind> kinds = {});
};

class feature_reader {
public:
  /// Errors say which fields the record lacks, or holds as another kind. `label` empty: none is
  /// read, all are NaN.
  static result<feature_reader> bind(std::span<const feature> features, const std::string& label,
                                     const record_info& record);

  [[nodiscard]] const std::vector<column_kind>& kinds() const noexcept { return kinds_; }
  [[nodiscard]] const std::vector<feature>& features() const noexcept { return features_; }
  /// The fields that are read, each once, in order of first use, without the label's.
  [[nodiscard]] const std::vector<const field_info*>& fields() const noexcept { return fields_; }
  [[nodiscard]] const record_info& record() const noexcept { return *record_; }
  [[nodiscard]] feature_block make_block() const { return feature_block{kinds_}; }

  /// Reads `count` rows (at most `chunk_rows`) that lie at `rows`. Infinite numbers become NaN; a
  /// missing one for which a value is imputed becomes that value.
  void read(const void* rows, std::size_t count, feature_block& into) const;

private:
  void find_fours();
  void read_column(std::size_t f, const std::byte* rows, std::size_t count,
                   feature_column& into) const;

  const record_info* record_ = nullptr;
  std::vector<feature> features_;
  std::vector<const field_info*> field_of_; // one a feature
  std::vector<const field_info*> fields_;
  std::vector<column_kind> kinds_;
  std::vector<std::size_t> fours_; // the first of four features whose doubles lie side by side
  std::vector<std::size_t> others_;
  const field_info* label_ = nullptr;
};

/// True in `usable[i]` for rows that have every number nothing is imputed for.
void find_usable_rows(std::span<const feature> features, const feature_block& block,
                      bool* usable) noexcept;

} // namespace weir
