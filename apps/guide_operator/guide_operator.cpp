// SPDX-License-Identifier: Apache-2.0
//
// guide_operator: an operator of one's own: lets a number pass only when it differs from the one
// before. Try: guide_operator --explain

#include <weir/dsl/pipeline.hpp>
#include <weir/io/console_sink.hpp>
#include <weir/io/memory_source.hpp>

// [class]
/// Drops a number that equals the one before it. Order stays; memory is one number.
class changes final : public weir::stream_operator<int, int> {
public:
  std::size_t on_batch(weir::batch_view<int> in, weir::batch<int>& out) override {
    std::size_t done = 0;
    for (; done < in.size() && !out.is_full(); ++done) {
      if (has_last_ && in[done] == last_) continue;
      out.inherit(in.whole(), in.first() + done, 1, weir::borrows<int>);
      out.push_back(in[done]);
      last_ = in[done];
      has_last_ = true;
    }
    return done;
  }

  void save(weir::snapshot_writer& to) const override { to.write(has_last_).write(last_); }
  void load(weir::snapshot_reader& from) override { from.read(has_last_).read(last_); }

private:
  bool has_last_ = false;
  int last_ = 0;
};
// [/class]

// [main]
int main(int argc, char** argv) {
  weir::app app{"guide_operator", argc, argv};
  app.about("Shows a number only where it differs from the one before.");
  app.from(weir::memory_rows{std::vector{3, 3, 4, 4, 4, 3}}) | weir::via(changes{}).named("changes")
      | weir::to(weir::console());
  return app.run();
}
// [/main]
