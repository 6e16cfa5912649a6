// SPDX-License-Identifier: Apache-2.0
//
// reject: a row a source could not parse, kept with where it was, its bytes and the reason. Bad
// rows are data.

#pragma once

#include <weir/actors/stream/record.hpp>

#include <string>

namespace weir {

/// One rejected row. `where` is `file:line`, or `topic/partition/offset`; `raw` its bytes, at most
/// `max_row_bytes`.
struct reject {
  std::string source;
  std::string where;
  std::string reason;
  std::string raw;
};
BOOST_DESCRIBE_STRUCT(reject, (), (source, where, reason, raw))

} // namespace weir
