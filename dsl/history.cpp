// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/sequence_source.hpp>
#include <weir/actors/runtime/pump.hpp>
#include <weir/dsl/history.hpp>

namespace weir::detail {

result<std::unique_ptr<any_source>> make_sequence(result<std::unique_ptr<any_source>> history,
                                                  result<std::unique_ptr<any_source>> live) {
  if (!history) return std::move(history).error();
  if (!live) return std::move(live).error();
  const auto steady = [](std::unique_ptr<any_source> made) {
    return made->blocks() ? pump(std::move(made)) : std::move(made);
  };
  return sequence_source(steady(std::move(*history)), steady(std::move(*live)));
}

namespace {

class empty_source final : public any_source {
public:
  explicit empty_source(const row_type& type) : type_{type} {}

  const row_type& type() const override { return type_; }
  result<void> open(source_context) override { return {}; }
  result<poll_state> poll(credit, batch_base&, batch<reject>&) override { return poll_state::end; }
  result<void> committed(std::uint64_t) override { return {}; }
  void barrier(std::uint64_t) override {}
  void save(snapshot_writer&) const override {}
  result<void> load(snapshot_reader&) override { return {}; }
  source_progress progress() const override { return {1.0, std::nullopt}; }
  bool blocks() const override { return false; }

private:
  const row_type& type_;
};

} // namespace

std::unique_ptr<any_source> make_empty_source(const row_type& type) {
  return std::make_unique<empty_source>(type);
}

} // namespace weir::detail
