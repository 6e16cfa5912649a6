// SPDX-License-Identifier: Apache-2.0
//
// guide_source: a source of one's own: counts up to a limit. Try: guide_source --limit 3 --json

#include <weir/dsl/pipeline.hpp>
#include <weir/io/console_sink.hpp>

#include <cstdint>

// [class]
/// Gives 0, 1, 2, ... and ends before `limit`.
class counter final : public weir::source<std::int64_t> {
public:
  explicit counter(std::int64_t limit) : limit_{limit} {}

  weir::result<void> open(weir::source_context context) override {
    partition_ = weir::intern_partition(context.name, "counter");
    return {};
  }

  weir::result<weir::poll_state> poll(weir::credit allowed,
                                      weir::poll_out<std::int64_t> out) override {
    if (out.rows.empty()) out.rows.set_origin({partition_, static_cast<std::uint64_t>(next_)});
    for (auto given = allowed.rows; given > 0 && next_ < limit_ && !out.rows.is_full(); --given)
      out.rows.push_back(next_++);
    return next_ < limit_ ? weir::poll_state::rows : weir::poll_state::end;
  }

  void save(weir::snapshot_writer& to) const override { to.write(next_); }
  weir::result<void> load(weir::snapshot_reader& from) override {
    if (from.read(next_).ok()) return {};
    return weir::error{weir::errc::damaged, "the saved position can't be read"};
  }

private:
  std::int64_t limit_;
  std::int64_t next_ = 0;
  const weir::partition* partition_ = nullptr;
};
// [/class]

// [main]
int main(int argc, char** argv) {
  weir::app app{"guide_source", argc, argv};
  app.about("Counts from 0 up.").example("--limit 3", "0, 1, 2");
  const auto limit = app.flag<std::int64_t>("limit", 5, "where it ends, before this number");
  app.from(counter{limit}).named("counter") | weir::to(weir::console());
  return app.run();
}
// [/main]
