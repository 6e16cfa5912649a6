// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/discard.hpp>

namespace weir::detail {
namespace {

class discard_sink final : public any_sink {
public:
  explicit discard_sink(const row_type& type) : type_{type} {}

  const row_type& type() const override { return type_; }
  result<void> open(sink_context) override { return {}; }
  result<std::size_t> write(batch_base& rows, std::size_t first, bool) override {
    return rows.size() - first;
  }
  result<bool> prepare(std::uint64_t) override { return true; }
  result<void> commit(std::uint64_t) override { return {}; }
  result<void> abort(std::uint64_t) override { return {}; }
  result<bool> close() override { return true; }
  bool blocks() const override { return false; }

private:
  const row_type& type_;
};

} // namespace

std::unique_ptr<any_sink> make_discard_sink(const row_type& type) {
  return std::make_unique<discard_sink>(type);
}

} // namespace weir::detail
