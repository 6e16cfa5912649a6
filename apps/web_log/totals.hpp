// SPDX-License-Identifier: Apache-2.0
//
// totals: a sink that counts the requests of a log that is followed, and tells the person at the
// terminal, when it is stopped, how many there were of each status. No row is shown by it.
//
//   hits | to([] { return std::make_unique<totals>(); })

#pragma once

#include <weir/actors/operators/sink.hpp>
#include <weir/dsl/text.hpp>
#include <weir/io/access_log.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

namespace web_log {

class totals final : public weir::sink<weir::access_entry> {
public:
  weir::result<void> open(weir::sink_context context) override {
    context_ = std::move(context);
    return {};
  }
  weir::result<std::size_t> write(weir::batch_view<weir::access_entry> in) override {
    for (const auto& hit : in.rows()) ++requests_[hit.status];
    all_ += in.size();
    return in.size();
  }
  weir::result<bool> close() override {
    auto text = context_.name + ": " + weir::counted(all_, "request") + " in all";
    const char* before = ": ";
    for (const auto& [status, requests] : requests_) {
      text += before + weir::grouped(requests) + " of status " + std::to_string(status);
      before = ", ";
    }
    if (context_.warn) context_.warn(text);
    return true;
  }

private:
  weir::sink_context context_;
  std::map<std::uint16_t, std::uint64_t> requests_; // by status
  std::uint64_t all_ = 0;
};

} // namespace web_log
