// SPDX-License-Identifier: Apache-2.0
//
// hdf5_handle: the identifiers of the HDF5 library, closed when they go, and what the library says
// when it fails.
//
// The library's own headers stay out: an identifier is a 64-bit number. One thread at a time; the
// library takes its global lock in every call.
//
//   const hdf5_silence quiet;
//   hdf5_handle set{H5Dopen2(file.id(), "distance", H5P_DEFAULT), H5Dclose};
//   if (!set) return error{errc::damaged, "cannot open ...: " + hdf5_failure()};

#pragma once

#include <cstdint>
#include <string>
#include <utility>

namespace weir {

class hdf5_handle {
public:
  hdf5_handle() = default;
  hdf5_handle(std::int64_t id, int (*close)(std::int64_t)) noexcept : id_{id}, close_{close} {}
  hdf5_handle(hdf5_handle&& other) noexcept
      : id_{std::exchange(other.id_, -1)}, close_{other.close_} {}
  hdf5_handle& operator=(hdf5_handle&& other) noexcept {
    std::swap(id_, other.id_);
    std::swap(close_, other.close_);
    return *this;
  }
  ~hdf5_handle() { close(); }

  explicit operator bool() const noexcept { return id_ >= 0; }
  [[nodiscard]] std::int64_t id() const noexcept { return id_; }
  /// False: the library could not close it, so what was written may be lost.
  bool close() noexcept {
    const auto id = std::exchange(id_, -1);
    return id < 0 || close_(id) >= 0;
  }

private:
  std::int64_t id_ = -1;
  int (*close_)(std::int64_t) = nullptr;
};

/// While it lives, the library prints nothing on failure in this thread.
class hdf5_silence {
public:
  hdf5_silence();
  ~hdf5_silence();
  hdf5_silence(const hdf5_silence&) = delete;
  hdf5_silence& operator=(const hdf5_silence&) = delete;

private:
  int (*function_)(std::int64_t, void*) = nullptr;
  void* data_ = nullptr;
};

/// Why the last call of this thread failed, in the library's words: its innermost report.
[[nodiscard]] std::string hdf5_failure();

} // namespace weir
