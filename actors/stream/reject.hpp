// SPDX-License-Identifier: Apache-2.0
//
// reject: a row a source could not parse, or an operator can do nothing with, kept with where it
// was, its bytes and the reason. Bad rows are data.

#pragma once

#include <weir/actors/stream/record.hpp>

#include <string>

namespace weir {

/// One rejected row. `where` is `file:line`, or `topic/partition/offset`; of a row that was parsed
/// `partition@position`. `raw` its bytes, at most `max_row_bytes`; of a parsed row its fields.
struct reject {
  std::string source;
  std::string where;
  std::string reason;
  std::string raw;
};
BOOST_DESCRIBE_STRUCT(reject, (), (source, where, reason, raw))

} // namespace weir
