// SPDX-License-Identifier: Apache-2.0
//
// table_source: the source of a table: reads another source to its end, and again each time a bell
// rings.
//
// Where a table is complete it says `poll_state::phase`, and goes idle until the bell rings;
// without a bell it ends. Other marks of what it reads mean nothing here. A reading that fails
// fails the source. Nothing of it is saved: a table is read anew.
//
//   rows ... rows, phase   (the bell)   rows ... rows, phase

#pragma once

#include <weir/actors/operators/source.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <utility>

namespace weir {

/// Asks for a table to be read anew. Any thread may ring it; ringing while it is read reads it once
/// more.
class refresh_bell {
public:
  void ring() {
    std::function<void()> wake;
    {
      const std::lock_guard lock{mutex_};
      has_rung_ = true;
      wake = wake_;
    }
    if (wake) wake();
  }
  /// Whether it has rung since this was asked.
  [[nodiscard]] bool take() {
    const std::lock_guard lock{mutex_};
    return std::exchange(has_rung_, false);
  }
  /// Who is to be woken; nobody: nullptr.
  void bind(std::function<void()> wake) {
    const std::lock_guard lock{mutex_};
    wake_ = std::move(wake);
    has_rung_ = false;
  }

private:
  std::mutex mutex_;
  std::function<void()> wake_;
  bool has_rung_ = false;
};

using source_factory = std::function<result<std::unique_ptr<any_source>>()>;

/// `make` is called for each reading, at once for the first. `bell`: nullptr reads once.
[[nodiscard]] result<std::unique_ptr<any_source>> table_source(source_factory make,
                                                               std::shared_ptr<refresh_bell> bell);

} // namespace weir
