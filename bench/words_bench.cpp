// SPDX-License-Identifier: Apache-2.0
//
// What does it cost to count the words of a text? 60 MB of generated text from the page cache, 10
// million words of 100,000 different ones.
//
// The baseline is one loop on one thread: it reads blocks of 256 KiB, cuts words byte by byte, and
// counts them in a table of open addressing, in which a word is a view and its hash; views of words
// seen first are moved to an arena. The hash takes words of up to 16 bytes by two loads and a
// multiplication, longer ones 8 bytes at a time. It knows how many words there are, and never
// grows.

#include <weir/actors/operators/agg/count.hpp>
#include <weir/bench/harness.hpp>
#include <weir/bench/text.hpp>
#include <weir/bench/weir_run.hpp>
#include <weir/dsl/pipeline.hpp>
#include <weir/io/lines_source.hpp>
#include <weir/io/words.hpp>

#include <cstring>
#include <fcntl.h>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

namespace weir::bench {
namespace {

constexpr std::uint64_t full_bytes = 60'000'000;

std::string text_file(const trial& run) { return (run.scratch() / "words.txt").string(); }
void prepare(const trial& run) { write_text(text_file(run), run.scaled(full_bytes)); }

/// What came out, whatever the order.
struct word_sums {
  std::uint64_t words = 0, different = 0, checksum = 0;

  void add(std::string_view word, std::uint64_t count) {
    words += count;
    ++different;
    checksum += std::hash<std::string_view>{}(word)*count;
  }
  outcome result() const { return {.items = words, .checksum = checksum * 31 + different}; }
};

class word_table {
public:
  void add(std::string_view word) {
    const auto hash = hash_of(word);
    for (auto place = hash % places;; place = (place + 1) % places) {
      auto& slot = slots_[place];
      if (slot.count == 0) {
        slot = {hash, keep(word), 1};
        return;
      }
      if (slot.hash == hash && slot.word == word) {
        ++slot.count;
        return;
      }
    }
  }
  void read_out(word_sums& to) const {
    for (const auto& slot : slots_)
      if (slot.count > 0) to.add(slot.word, slot.count);
  }

private:
  static constexpr std::size_t places = std::size_t{1} << 18U;
  struct slot {
    std::uint64_t hash = 0;
    std::string_view word;
    std::uint64_t count = 0;
  };

  template <class Word>
  static std::uint64_t load(const char* from) {
    Word word;
    std::memcpy(&word, from, sizeof word);
    return word;
  }
  __extension__ using wide = unsigned __int128;
  static std::uint64_t mixed(std::uint64_t a, std::uint64_t b) {
    const auto product = static_cast<wide>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
  }
  static std::uint64_t hash_of(std::string_view word) {
    const auto size = word.size();
    const char* at = word.data();
    std::uint64_t seed = size * 0x9e3779b97f4a7c15U, a = 0, b = 0;
    if (size > 16) {
      for (std::size_t i = 0; i + 8 < size; i += 8)
        seed = mixed(seed ^ load<std::uint64_t>(at + i), 0xa0761d6478bd642fU);
      b = load<std::uint64_t>(at + size - 8);
    } else if (size >= 8) {
      a = load<std::uint64_t>(at);
      b = load<std::uint64_t>(at + size - 8);
    } else if (size >= 4) {
      a = load<std::uint32_t>(at);
      b = load<std::uint32_t>(at + size - 4);
    } else {
      a = static_cast<unsigned char>(at[0]);
      b = static_cast<std::uint64_t>(static_cast<unsigned char>(at[size / 2])) << 8U
          | static_cast<unsigned char>(at[size - 1]);
    }
    return mixed(a ^ 0xe7037ed1a0b428dbU ^ seed, b ^ 0x8ebc6af09c88c6e3U);
  }
  std::string_view keep(std::string_view word) {
    if (left_ < word.size()) {
      left_ = 1U << 20U;
      arena_.push_back(std::make_unique_for_overwrite<char[]>(left_));
      free_ = arena_.back().get();
    }
    std::memcpy(free_, word.data(), word.size());
    const std::string_view kept{free_, word.size()};
    free_ += word.size();
    left_ -= word.size();
    return kept;
  }

  std::vector<slot> slots_ = std::vector<slot>(places);
  std::vector<std::unique_ptr<char[]>> arena_;
  char* free_ = nullptr;
  std::size_t left_ = 0;
};

__attribute__((noinline)) word_sums by_hand(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) throw std::runtime_error{"cannot open '" + path + "'"};
  word_table table;
  std::vector<char> block(256 * 1024);
  std::size_t rest = 0; // of a word whose end was not read yet
  for (;;) {
    const auto got = ::read(file, block.data() + rest, block.size() - rest);
    if (got <= 0) break;
    const char* at = block.data();
    const char* const end = at + rest + got;
    for (;;) {
      while (at != end && (*at == ' ' || *at == '\n')) ++at;
      const char* const begin = at;
      while (at != end && *at != ' ' && *at != '\n') ++at;
      if (at == end) {
        rest = static_cast<std::size_t>(end - begin);
        std::memmove(block.data(), begin, rest);
        break;
      }
      table.add({begin, static_cast<std::size_t>(at - begin)});
    }
  }
  ::close(file);
  word_sums found; // the text ends with a line feed
  table.read_out(found);
  return found;
}

outcome hand(trial& run) {
  word_sums found;
  run.measure([&] { found = by_hand(text_file(run)); });
  return found.result();
}

outcome weir_words(trial& run) {
  word_sums found;
  using result_row = windowed<std::string, std::uint64_t>;
  const auto add = [&](std::span<const result_row> results) {
    for (const auto& row : results) found.add(row.key, row.value);
  };
  run.measure([&] {
    app graph{"words"};
    graph.from(weir::lines(text_file(run))) | flat_map([](const line& l) { return words{l.text}; })
        | key_by(std::identity{}) | window(global(), agg::count())
        | to(taking_sink<result_row, decltype(add)>{add});
    run_to_end(graph);
  });
  return found.result();
}

const registration words_entry{{
    .name = "words",
    .question = "What does it cost to count words? (60 MB of text, 100,000 different ones)",
    .contestants = {{"hand", hand}, {"weir", weir_words}},
    .prepare = prepare,
}};

} // namespace
} // namespace weir::bench
