// SPDX-License-Identifier: Apache-2.0
//
// guide_sink: a sink of one's own: appends lines to a file and flushes them at each barrier.

#include <weir/dsl/pipeline.hpp>
#include <weir/io/memory_source.hpp>

#include <cstdint>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

// [class]
/// Writes one line a row. After `prepare` the system has all lines written so far.
class lines final : public weir::sink<std::string> {
public:
  explicit lines(std::string path) : path_{std::move(path)} {}

  weir::result<void> open(weir::sink_context) override {
    file_.open(path_);
    if (file_) return {};
    return weir::error{weir::errc::config, "cannot write '" + path_ + "': check the folder"};
  }

  weir::result<std::size_t> write(weir::batch_view<std::string> in) override {
    for (const auto& line : in.rows()) file_ << line << '\n';
    return in.size();
  }

  weir::result<bool> prepare(std::uint64_t) override {
    if (file_.flush()) return true;
    return weir::error{weir::errc::failed, "cannot write to '" + path_ + "': is the disk full?"};
  }
  weir::result<bool> close() override { return prepare(0); }

  [[nodiscard]] bool blocks() const override { return true; }

private:
  std::string path_;
  std::ofstream file_;
};
// [/class]

// [main]
int main(int argc, char** argv) {
  weir::app app{"guide_sink", argc, argv};
  app.about("Writes two lines to a file.").example("--out two.txt", "into another file");
  const auto path = app.flag<std::string>("out", "lines.txt", "file to write");
  app.from(weir::memory_rows{std::vector<std::string>{"one", "two"}})
      | weir::to([path] { return std::make_unique<lines>(path); });
  return app.run();
}
// [/main]
