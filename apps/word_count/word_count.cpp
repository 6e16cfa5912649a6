// SPDX-License-Identifier: Apache-2.0
//
// word_count: how often each word comes, in all there is or in each stretch of time.
//
//   word_count --input 'speeches/*.txt'
//   word_count --input tweets.jsonl --field text --time created_at --window 10s

#include <weir/apps/word_count/counts.hpp>
#include <weir/apps/word_count/places.hpp>
#include <weir/apps/word_count/post.hpp>
#include <weir/dsl/pipeline.hpp>
#include <weir/io/rocksdb_backend.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using namespace word_count;

namespace {

/// How late lines may come, and who is waited for. Files are read to their end whatever the order
/// of their lines. Partitions of a topic are read in step: where one ran ahead before the first
/// line of another came, that line would be late.
weir::out_of_order order_of(const std::vector<std::string>& input, weir::duration window,
                            weir::duration disorder) {
  const auto late = weir::out_of_order(is_live(input) ? disorder : weir::duration::max());
  const auto waiting = late.idle_after(30s);
  return are_topic(input) ? waiting.max_drift(std::max<weir::duration>(window, 1min)) : waiting;
}

/// Lines and when they were written, if there are windows.
template <class Row>
weir::stream<Row> timed(const weir::source_stream<Row>& posts, window_size size,
                        const weir::out_of_order& late) {
  const auto named = posts.named("lines");
  if constexpr (std::is_same_v<Row, post>)
    if (size) return named | weir::event_time(&post::time, late);
  return named;
}

} // namespace

// [main]
int main(int argc, char** argv) {
  weir::app app{"word_count", argc, argv};
  app.about("Counts how often each word comes, in all there is or in each stretch of time.");
  app.example("--input 'speeches/*.txt' --top 20", "the words of text files");
  app.example("--input tweets.jsonl --field text --time created_at --window 10s",
              "of one field of JSON, by time");
  app.example("--input reviews.tsv --field review --output csv:counts.csv",
              "of a column between tabs, all counts to a file");
  app.example("--input tcp://:9000", "of what one sender says: nc localhost 9000 < words.txt");
  app.example("--input kafka://localhost:9092/tweets --field text --time created_at --window 1min",
              "of messages, as they come");
  app.offer_state(weir::rocksdb_state());
  const auto input = app.flag<std::vector<std::string>>(
      "input", {"*.txt"}, "files, tcp://:port or kafka://host:port/topic");
  const post_fields fields{
      app.flag<std::string>(
          "field", "",
          "the field of JSON lines, or column of a .tsv, whose words count; empty: whole lines"),
      app.flag<std::string>("time", "",
                            "the one that says when it was written; needed by --window")};
  const auto window = app.flag<std::string>(
      "window", "none", "count each stretch of time, such as 10s; none: all there is");
  const auto disorder = app.flag<weir::duration>("out-of-order", 5s,
                                                 "with --window: how much older than the newest "
                                                 "line one may be; in files, as old as it likes");
  const auto top =
      app.flag<std::size_t>("top", 5, "words shown of each window; 0: all, as they came");
  const auto output = app.flag<std::string>("output", "console",
                                            "csv:FILE or kafka://host:port/topic: where the count "
                                            "of every word goes, too; console: nowhere");

  const auto size = window_of(window, fields);
  if (!size) return app.refuse(size.error());
  if (const auto fits = check_input(input); !fits) return app.refuse(fits.error());
  if (disorder < 0s)
    return app.refuse({weir::errc::usage, "--out-of-order is less than 0s: say how long"});
  const auto place = counts_to(output);
  if (!place) return app.refuse(place.error());

  const auto count = [&](const auto& lines) {
    const auto late = order_of(input, size->value_or(0s), disorder);
    return count_words(timed(app.from(lines), *size, late), *size);
  };
  const auto counts = fields.text.empty() ? count(lines_from<weir::line>(input, !*size))
                      : are_tsv(input)    ? count(columns_from(input, fields))
                                       : count(lines_from<post>(input, !*size, json_posts(fields)));
  (top == 0 ? counts : most_frequent(counts, *size, top))
      | weir::to(weir::console()).named("shown");
  if (*place) counts | weir::to(**place).named("counts");
  return app.run();
}
// [/main]
