// SPDX-License-Identifier: Apache-2.0
//
// Generated and mutated CSV: whatever a file holds, reading it ends, touches nothing it should not
// (the sanitizers look), gives the same with every instruction set and cut, and loses no row.

#include <weir/io/csv_line.hpp>
#include <weir/io/csv_reader.hpp>
#include <weir/io/csv_source.hpp>
#include <weir/io/csv_writer.hpp>
#include <weir/tests/support/random_inputs.hpp>
#include <weir/tests/support/source_contract.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <filesystem>
#include <fstream>
#include <limits>
#include <random>
#include <unistd.h>

namespace {

using namespace weir;
using weir::testing::new_seed;
using weir::testing::read_everything;
using weir::testing::share_of_inputs;
using weir::testing::text_of;

enum class mood { calm, wild };
BOOST_DESCRIBE_ENUM(mood, calm, wild)

struct everything {
  bool flag = false;
  std::int8_t small = 0;
  std::optional<std::uint16_t> positive;
  int number = 0;
  std::optional<std::int64_t> large;
  std::uint64_t huge = 0;
  float single = 0;
  std::optional<double> real;
  std::string text;
  std::optional<std::string> maybe;
  timestamp time;
  std::optional<timestamp> maybe_time;
  duration span{};
  mood state = mood::calm;
};
BOOST_DESCRIBE_STRUCT(everything, (),
                      (flag, small, positive, number, large, huge, single, real, text, maybe, time,
                       maybe_time, span, state))

struct borrowed {
  int id = 0;
  std::string_view text;
  std::optional<std::string_view> maybe;
  std::optional<double> real;
};
BOOST_DESCRIBE_STRUCT(borrowed, (), (id, text, maybe, real))

class CsvRandomTest : public ::testing::Test {
protected:
  CsvRandomTest() {
    std::string pattern = weir::testing::fast_folder() / "weir-csv-XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
  }
  ~CsvRandomTest() override { std::filesystem::remove_all(directory_); }

  std::string write(const std::string& content) const {
    std::filesystem::remove(directory_
                            / "input.csv"); // to overwrite a file makes ext4 wait for the disk
    std::ofstream{directory_ / "input.csv", std::ios::binary} << content;
    return directory_ / "input.csv";
  }

  std::filesystem::path directory_;
};

struct outcome {
  std::vector<std::string> rows;
  std::vector<std::string> rejects;
  std::string failure;
  friend bool operator==(const outcome&, const outcome&) = default;
};

/// Everything a reader makes of a file, `room` rows at a time.
template <class T>
outcome read_all(const std::string& path, const csv_options& options, csv_instructions best,
                 std::size_t room) {
  csv_reader reader{path, record_of<T>(), options, best};
  outcome all;
  if (auto opened = reader.open(); !opened) {
    all.failure = opened.error().message;
    return all;
  }
  const auto keep = [&](csv_reject found) {
    all.rejects.push_back(std::to_string(found.line) + ": " + found.reason + ": "
                          + std::string{found.raw});
    return all.rejects.size() % 3 != 0;
  };
  std::vector<T> rows(room);
  for (;;) {
    auto got = reader.read(rows.data(), sizeof(T), room, batch_bytes, keep);
    if (!got) {
      all.failure = got.error().message;
      return all;
    }
    for (std::size_t i = 0; i < got->rows; ++i) all.rows.push_back(text_of(rows[i]));
    if (got->has_ended) return all;
  }
}

/// Lines that are not blank: how many rows there are, header and all, where nothing is quoted.
std::size_t lines_in(const std::string& content) {
  std::size_t lines = 0;
  for (std::size_t at = 0; at < content.size();) {
    const auto end = std::min(content.find('\n', at), content.size());
    const bool is_blank = end == at || (end == at + 1 && content[at] == '\r');
    lines += !is_blank;
    at = end + 1;
  }
  return lines;
}

const std::string seed_file = "id,text,maybe,real\n"
                              "1,plain,x,1.5\n"
                              "2,\"quoted, \"\"twice\"\"\",,\r\n"
                              "3,\"two\nlines\",NA,-0.25\n"
                              "4,짜장면,\"\",1e300\n"
                              "12345678,5\" pipe,y,.5\n";

std::string mutated(std::mt19937_64& random) {
  static const std::string bytes = "\",\n\r0a.-\x00\xff\xc3|; NA";
  std::string content = seed_file;
  const auto pick = [&](std::size_t below) { return static_cast<std::size_t>(random() % below); };
  for (std::size_t changes = pick(6); changes != 0 && !content.empty(); --changes) {
    const std::size_t at = pick(content.size());
    switch (pick(4)) {
      case 0: content[at] = bytes[pick(bytes.size())]; break;
      case 1: content.insert(at, 1, bytes[pick(bytes.size())]); break;
      case 2: content.erase(at, 1 + pick(4)); break;
      default: content.insert(at, content.substr(pick(content.size()), pick(40))); break;
    }
  }
  return content;
}

TEST_F(CsvRandomTest, LosesNoRowOfMutatedFilesWhateverTheCut) {
  const auto seed = new_seed();
  std::mt19937_64 random{seed};
  SCOPED_TRACE("seed " + std::to_string(seed));
  for (int i = 0; i < share_of_inputs(40); ++i) {
    const std::string content = mutated(random);
    const auto path = write(content);
    csv_options options;
    options.max_row_bytes = 64 + random() % 64;
    const auto first = read_all<borrowed>(path, options, csv_instructions::portable, 1000);
    const auto second = i % 2 == 0 ? read_all<borrowed>(path, options, csv_instructions::avx2, 1)
                                   : read_all<borrowed>(path, options, csv_instructions::avx512, 3);
    ASSERT_EQ(first, second) << content;
    if (!first.failure.empty()) continue;
    ASSERT_LE(first.rows.size() + first.rejects.size(), lines_in(content)) << content;
    if (content.find('"') == std::string::npos) {
      ASSERT_GE(first.rows.size() + first.rejects.size() + 1, lines_in(content)) << content;
    }
  }
}

TEST_F(CsvRandomTest, ReadsLongFilesOfAnyRowsTheSameWithEveryInstructionSet) {
  const auto seed = new_seed();
  std::mt19937_64 random{seed};
  for (int round = 0; round < 4; ++round) {
    std::string content = "id,text,maybe,real\n";
    std::size_t lines = 0;
    while (content.size() < 700'000) {
      const std::string text(random() % 200, 'x');
      const bool is_quoted = random() % 3 == 0;
      content += std::to_string(random() % 100'000)
                 + (is_quoted ? ",\"" + text + "\"\"\n\"," : "," + text + ",")
                 + (random() % 50 == 0 ? "a,b,c" : "") + "," + std::to_string(random() % 1000)
                 + "\n";
      ++lines;
    }
    const auto path = write(content);
    const auto first = read_all<borrowed>(path, {}, csv_instructions::portable, 4096);
    EXPECT_EQ(first.rows.size() + first.rejects.size(), lines) << "seed " << seed;
    EXPECT_EQ(first, read_all<borrowed>(path, {}, csv_instructions::avx2, 100)) << "seed " << seed;
    EXPECT_EQ(first, read_all<borrowed>(path, {}, csv_instructions::avx512, 4096))
        << "seed " << seed;
  }
}

TEST_F(CsvRandomTest, ReadsAnyLineWithoutHarm) {
  const auto seed = new_seed();
  std::mt19937_64 random{seed};
  auto line = csv_line::make(record_of<borrowed>(), {});
  ASSERT_TRUE(line);
  for (int i = 0; i < share_of_inputs(60); ++i) {
    const std::string content = mutated(random);
    const std::string one = content.substr(random() % content.size(), random() % 60);
    std::vector<char> text(one.size() + 1);
    char* to = text.data();
    borrowed row;
    const bool good = line->read(one, &row, to);
    ASSERT_LE(to, text.data() + one.size());
    ASSERT_EQ(good, line->read(one, &row, to = text.data())) << seed;
  }
}

/// Text with everything in it that CSV has to think about.
rc::Gen<std::string> any_text() {
  return rc::gen::map(
      rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
          "a", "b", " ", ",", "\"", "\n", "\r\n", "\r", "NA", "é", "짜", ";", "'", "0", "\t")),
      [](const std::vector<std::string>& parts) {
        std::string text;
        for (const auto& part : parts) text += part;
        return text;
      });
}

timestamp any_time() {
  // Half of them in the years 0000 to 9999: those with four digits.
  return timestamp{duration{*rc::gen::element(
      *rc::gen::inRange<std::int64_t>(-62'167'219'200'000'000, 253'402'300'799'999'999),
      *rc::gen::arbitrary<std::int64_t>())}};
}

template <class T>
std::optional<T> maybe(T value) {
  return *rc::gen::arbitrary<bool>() ? std::optional<T>{std::move(value)} : std::nullopt;
}

everything any_row() {
  everything row;
  row.flag = *rc::gen::arbitrary<bool>();
  row.small = *rc::gen::arbitrary<std::int8_t>();
  row.positive = maybe(*rc::gen::arbitrary<std::uint16_t>());
  row.number = *rc::gen::arbitrary<int>();
  row.large = maybe(*rc::gen::arbitrary<std::int64_t>());
  row.huge = *rc::gen::arbitrary<std::uint64_t>();
  row.single = *rc::gen::arbitrary<float>();
  row.real = maybe(*rc::gen::element(*rc::gen::arbitrary<double>(), 0.1, -0.0, 1e-320, 12345.678,
                                     std::numeric_limits<double>::infinity(), 1e22));
  row.text = *any_text();
  row.maybe = maybe(*any_text());
  row.time = any_time();
  row.maybe_time = maybe(any_time());
  row.span = duration{*rc::gen::arbitrary<std::int64_t>()};
  row.state = *rc::gen::element(mood::calm, mood::wild);
  return row;
}

RC_GTEST_FIXTURE_PROP(CsvRandomTest, ReadsBackWhatItWrites, ()) {
  std::vector<everything> rows(*rc::gen::inRange<std::size_t>(0, 20));
  for (auto& row : rows) row = any_row();
  csv_options options;
  options.delimiter = *rc::gen::element<std::string>(",", ";", "tab", "|");
  options.quote = *rc::gen::element<std::string>("\"", "'");
  options.crlf = *rc::gen::arbitrary<bool>();
  options.null_text = *rc::gen::arbitrary<bool>();
  options.header = *rc::gen::element(csv_header::detect, csv_header::present, csv_header::absent);

  const csv_writer writer{record_of<everything>(), options};
  std::string content;
  if (options.header != csv_header::absent) writer.append_header(content);
  std::vector<std::string> expected;
  for (const auto& row : rows) {
    RC_ASSERT(writer.append_row(content, &row).has_value());
    expected.push_back(text_of(row));
  }
  const auto read = read_everything<everything>(csv<everything>(write(content), options).make());
  if (read.failure) RC_FAIL(read.failure->message);
  if (!read.rejects.empty()) RC_FAIL(read.rejects[0].reason + " in " + content);
  std::vector<std::string> found;
  for (const auto& row : read.rows) found.push_back(row.text);
  RC_ASSERT(found == expected);
}

} // namespace
