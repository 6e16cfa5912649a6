// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/state/state_failure.hpp>

#include <fmt/format.h>

namespace weir::detail {
namespace {

std::string mebibytes(std::size_t bytes) {
  return bytes < std::size_t{10} << 20U
             ? fmt::format("{:.1f} MiB", static_cast<double>(bytes) / (1 << 20))
             : fmt::format("{} MiB", bytes >> 20U);
}

} // namespace

std::runtime_error state_failure(const state_place& place, const error& cause) {
  return std::runtime_error{
      fmt::format("the state of '{}' can't be kept: {}", place.name, cause.message)};
}

std::runtime_error state_damaged(const state_place& place) {
  return std::runtime_error{fmt::format("the state of '{}' is damaged where it is kept outside of "
                                        "memory: check the disk, and start the job again",
                                        place.name)};
}

std::runtime_error state_too_large(const state_place& place, std::size_t keys, std::size_t bytes) {
  return std::runtime_error{fmt::format(
      "the state of '{}' does not fit into memory: {} keys take {}, one more does not fit into the "
      "{} it may use; keep it on disk with --state rocksdb, allow more with --state-memory, or let "
      "keys go after a time",
      place.name, keys, mebibytes(bytes), mebibytes(place.memory_bytes))};
}

std::runtime_error waiting_too_large(const state_place& place, std::size_t count,
                                     std::size_t bytes) {
  return std::runtime_error{fmt::format(
      "what waits in '{}' does not fit into memory: {} timers and rows take {}, and it may use {}; "
      "allow more with --state-memory, set fewer timers, or see why the watermark stands still",
      place.name, count, mebibytes(bytes), mebibytes(place.memory_bytes))};
}

std::runtime_error state_of_version(const state_place& place, std::uint32_t saved,
                                    std::uint32_t known) {
  return std::runtime_error{
      fmt::format("the state of '{}' was saved as version {} of its type, and this program has "
                  "version {}: start it from a checkpoint of its own version, or without one",
                  place.name, saved, known)};
}

} // namespace weir::detail
