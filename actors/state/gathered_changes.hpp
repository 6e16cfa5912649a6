// SPDX-License-Identifier: Apache-2.0
//
// gathered_changes: changes on their way to a state_backend, which are written many at once, in the
// order of keys.
//
// Keys and values are copied to one block of bytes: who adds them writes there. A key is added once
// between two writes. One owner.
//
//   changes.add([&](auto& to) { save_value(to, key); }, [&](auto& to) { save_value(to, state); });
//   if (changes.is_full()) changes.write_to(*backend);

#pragma once

#include <weir/actors/state/snapshot.hpp>
#include <weir/actors/state/state_backend.hpp>

#include <cstddef>
#include <vector>

namespace weir {

class gathered_changes {
public:
  explicit gathered_changes(std::size_t most_bytes) : most_bytes_{most_bytes} {}

  /// Both write to a snapshot_writer.
  void add(const auto& write_key, const auto& write_value) {
    piece made = key_piece(write_key);
    const auto before = bytes_.bytes().size();
    write_value(bytes_);
    made.value_bytes = bytes_.bytes().size() - before;
    made.has_value = true;
    pieces_.push_back(made);
  }
  /// The key goes.
  void add_removal(const auto& write_key) { pieces_.push_back(key_piece(write_key)); }

  [[nodiscard]] bool is_full() const noexcept {
    return bytes_.bytes().size() + pieces_.size() * (sizeof(piece) + sizeof(state_backend::change))
           >= most_bytes_;
  }
  /// About what is held before a write.
  [[nodiscard]] std::size_t most_bytes() const noexcept { return most_bytes_; }

  /// All of them, which are forgotten where that went well.
  [[nodiscard]] result<void> write_to(state_backend& to);

private:
  struct piece {
    std::size_t key_bytes = 0;
    std::size_t value_bytes = 0;
    bool has_value = false;
  };

  [[nodiscard]] piece key_piece(const auto& write_key) {
    const auto before = bytes_.bytes().size();
    write_key(bytes_);
    return {.key_bytes = bytes_.bytes().size() - before};
  }

  std::size_t most_bytes_;
  snapshot_writer bytes_;
  std::vector<piece> pieces_; // of the bytes
};

} // namespace weir
