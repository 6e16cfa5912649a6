// SPDX-License-Identifier: Apache-2.0
//
// text: generated text for benches: lines of words whose frequencies fall like those of a language
// (Zipf: the second word half as often as the first), the same every time.

#pragma once

#include <cstdint>
#include <filesystem>

namespace weir::bench {

/// Writes about so many bytes of lines of twelve words, of a vocabulary of 100,000.
void write_text(const std::filesystem::path& file, std::uint64_t bytes);

} // namespace weir::bench
