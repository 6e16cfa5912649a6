// SPDX-License-Identifier: Apache-2.0
//
// credit: how much a receiver will still accept, in rows and bytes. Pure arithmetic; one actor owns
// an account.
//
// The sender of a link keeps a `credit_account`. Invariant: granted = available + outstanding, in
// rows and in bytes. A row of any size may pass while nothing is outstanding, so no row can starve;
// available bytes are then negative until the receiver has given them back. An account that is
// nearly spent rests until half of it has come back: batches then travel several at a time, instead
// of one for each one that was finished.
//
//   credit_account account{initial_credit()};
//   if (account.covers({n, bytes})) { account.spend({n, bytes}); send(...); }
//   account.give_back({n, bytes});                     // when the receiver has finished with them

#pragma once

#include <weir/actors/stream/error.hpp>

#include <cstddef>
#include <cstdint>

namespace weir {

/// Rows and bytes, granted together.
struct credit {
  std::int64_t rows = 0;
  std::int64_t bytes = 0;

  friend bool operator==(const credit&, const credit&) = default;
  friend credit operator+(credit a, credit b) { return {a.rows + b.rows, a.bytes + b.bytes}; }
  friend credit operator-(credit a, credit b) { return {a.rows - b.rows, a.bytes - b.bytes}; }
};

/// The bounds of a batch, and of one row.
inline constexpr std::size_t batch_rows = 4096;
inline constexpr std::size_t batch_bytes = 256 * 1024;
inline constexpr std::size_t max_row_bytes = 1024 * 1024;

/// What a receiver grants a new link: four batches full of bytes, sixteen full of small rows.
[[nodiscard]] constexpr credit initial_credit() noexcept {
  return {16 * std::int64_t{batch_rows}, 4 * std::int64_t{batch_bytes}};
}

/// The sender's side of one link's credit.
class credit_account {
public:
  explicit credit_account(credit granted) : available_{granted}, granted_{granted} {}

  /// Whether a batch of this size may be sent now.
  [[nodiscard]] bool covers(credit size) const noexcept {
    return is_idle()
           || (!is_resting_ && size.rows <= available_.rows && size.bytes <= available_.bytes);
  }

  /// Whether one more row may be made: asked before the size of what comes is known.
  [[nodiscard]] bool has_room() const noexcept {
    return is_idle() || (!is_resting_ && available_.rows > 0 && available_.bytes > 0);
  }

  void spend(credit size) noexcept {
    available_ = available_ - size;
    outstanding_ = outstanding_ + size;
    is_resting_ |= is_below(nearly_spent);
  }

  /// The receiver has finished with rows it was sent.
  void give_back(credit size) {
    ensure(size.rows <= outstanding_.rows && size.bytes <= outstanding_.bytes,
           "no more credit back than was spent");
    available_ = available_ + size;
    outstanding_ = outstanding_ - size;
    is_resting_ = is_resting_ && !is_idle() && is_below(enough);
  }

  [[nodiscard]] credit available() const noexcept { return available_; }
  /// What may be sent now.
  [[nodiscard]] credit usable() const noexcept {
    if (is_idle()) return granted_;
    return is_resting_ ? credit{} : available_;
  }
  [[nodiscard]] credit outstanding() const noexcept { return outstanding_; }
  [[nodiscard]] credit granted() const noexcept { return granted_; }

  /// The receiver holds nothing of ours: it is idle.
  [[nodiscard]] bool is_idle() const noexcept { return outstanding_.rows == 0; }

private:
  // Parts of what was granted.
  static constexpr std::int64_t nearly_spent = 8;
  static constexpr std::int64_t enough = 2;
  [[nodiscard]] bool is_below(std::int64_t part) const noexcept {
    return available_.rows < granted_.rows / part || available_.bytes < granted_.bytes / part;
  }

  credit available_;
  credit outstanding_;
  credit granted_;
  bool is_resting_ = false;
};

} // namespace weir
