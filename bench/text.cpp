// SPDX-License-Identifier: Apache-2.0

#include <weir/bench/text.hpp>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <random>
#include <stdexcept>
#include <string>
#include <unordered_set>
#include <vector>

namespace weir::bench {
namespace {

constexpr std::size_t vocabulary = 100'000;
constexpr std::size_t line_words = 12;

/// Frequent words are short: 1 to 3 letters among the first ten, about 9 among the last.
std::vector<std::string> make_words(std::mt19937_64& random) {
  std::vector<std::string> words;
  std::unordered_set<std::string> known;
  while (words.size() < vocabulary) {
    const auto usual = 2 + static_cast<std::size_t>(std::log10(words.size() + 1.0) * 1.2);
    std::string word(usual - 1 + random() % 4, ' ');
    for (auto& letter : word) letter = static_cast<char>('a' + random() % 26);
    if (known.insert(word).second) words.push_back(std::move(word));
  }
  return words;
}

/// The sums of 1, 1/2, 1/3, ...: where a number drawn evenly falls says which word it is.
std::vector<double> make_sums() {
  std::vector<double> sums(vocabulary);
  double sum = 0;
  for (std::size_t i = 0; i < sums.size(); ++i) sums[i] = sum += 1 / (static_cast<double>(i) + 1);
  return sums;
}

} // namespace

void write_text(const std::filesystem::path& file, std::uint64_t bytes) {
  std::mt19937_64 random{7};
  const auto words = make_words(random);
  const auto sums = make_sums();
  std::ofstream out{file, std::ios::binary};
  std::string line;
  for (std::uint64_t written = 0; written < bytes; written += line.size()) {
    line.clear();
    for (std::size_t i = 0; i < line_words; ++i) {
      const double drawn = static_cast<double>(random() >> 11U) * 0x1p-53 * sums.back();
      const auto at = std::ranges::upper_bound(sums, drawn) - sums.begin();
      line += words[std::min<std::size_t>(static_cast<std::size_t>(at), vocabulary - 1)];
      line += i + 1 < line_words ? ' ' : '\n';
    }
    out << line;
  }
  out.close();
  if (!out) throw std::runtime_error{"cannot write '" + file.string() + "'"};
}

} // namespace weir::bench
