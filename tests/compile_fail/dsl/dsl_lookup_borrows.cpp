// SPDX-License-Identifier: Apache-2.0
//
// expect: weir: lookup keeps the rows of its table, and their text is only borrowed

#include <weir/dsl/pipeline.hpp>
#include <weir/io/memory_source.hpp>

#include <string>
#include <string_view>
#include <vector>

struct trip {
  int from = 0;
  std::string name;
};
BOOST_DESCRIBE_STRUCT(trip, (), (from, name))
struct zone {
  int id = 0;
  std::string name;
};
BOOST_DESCRIBE_STRUCT(zone, (), (id, name))
struct view {
  int id = 0;
  std::string_view name;
};
BOOST_DESCRIBE_STRUCT(view, (), (id, name))

int main() {
  weir::app app{"test"};
  auto trips = app.from(weir::memory_source<trip>{});
  const auto named = [](const trip& t, const zone& z) { return trip{t.from, z.name}; };
#ifdef WEIR_EXPECT_OK
  trips | weir::lookup(weir::memory_rows{std::vector<zone>{}}, &zone::id, &trip::from, named);
#else
  trips
      | weir::lookup(weir::memory_rows{std::vector<view>{}}, &view::id, &trip::from,
                     [](const trip& t, const view&) { return t; });
#endif
}
