// SPDX-License-Identifier: Apache-2.0
//
// expect: weir: a memory_sink keeps rows longer than their batch, so they must own their text

#include <weir/io/memory_sink.hpp>

struct word {
  std::string_view text;
};
BOOST_DESCRIBE_STRUCT(word, (), (text))

int main() { weir::memory_sink<word> words; }
