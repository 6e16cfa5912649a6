// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/terminal_line.hpp>
#include <weir/io/console_sink.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

namespace weir {

namespace {

enum class payment { cash, card };
BOOST_DESCRIBE_ENUM(payment, cash, card)

struct place {
  int zone = 0;
};
BOOST_DESCRIBE_STRUCT(place, (), (zone))

struct trip {
  std::string name;
  double distance = 0;
  std::optional<int> passengers;
  payment paid = payment::cash;
  timestamp pickup;
  place from;
};
BOOST_DESCRIBE_STRUCT(trip, (), (name, distance, passengers, paid, pickup, from))

static_assert(sink_spec_for<console, trip>);
static_assert(sink_spec_for<console, double>);

const trip first{"to the park", 2.5, 3, payment::card, timestamp{}, {7}};
const trip second{"home", 12, std::nullopt, payment::cash, timestamp{duration{1}}, {265}};

/// Everything a console wrote to a file that is no terminal.
std::string written(const std::vector<trip>& rows, console_options options, std::size_t cut = 100) {
  options.file = ::memfd_create("console", MFD_CLOEXEC);
  {
    auto sink = console{options}.bind<trip>().make();
    EXPECT_TRUE((*sink)->open({"console", [] {}}));
    batch<trip> part;
    for (std::size_t from = 0; from < rows.size(); part.clear()) {
      while (part.size() < cut && from < rows.size()) part.push_back(rows[from++]);
      auto taken = (*sink)->write(part, 0, true);
      EXPECT_TRUE(taken && *taken == part.size());
    }
    EXPECT_TRUE(*(*sink)->prepare(1));
    EXPECT_TRUE(*(*sink)->close());
  }
  std::string text(static_cast<std::size_t>(::lseek(options.file, 0, SEEK_END)), '\0');
  EXPECT_EQ(::pread(options.file, text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
  ::close(options.file);
  return text;
}

/// A terminal that nobody sits at.
class terminal {
public:
  terminal() : screen_{::posix_openpt(O_RDWR | O_NOCTTY)} {
    EXPECT_EQ(::grantpt(screen_), 0);
    EXPECT_EQ(::unlockpt(screen_), 0);
    program_ = ::open(::ptsname(screen_), O_RDWR | O_NOCTTY);
    EXPECT_EQ(::isatty(program_), 1);
  }
  ~terminal() {
    ::close(program_);
    ::close(screen_);
  }
  terminal(const terminal&) = delete;
  terminal& operator=(const terminal&) = delete;

  /// What a new console writes to it for a row.
  std::string shown(const trip& row) {
    auto sink = console{{.file = program_}}.bind<trip>().make();
    batch<trip> part;
    part.push_back(row);
    EXPECT_TRUE((*sink)->write(part, 0, true));
    std::string text(4096, '\0');
    const auto length = ::read(screen_, text.data(), text.size());
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(length, 0)));
    return text;
  }

private:
  int screen_ = -1;
  int program_ = -1;
};

TEST(ConsoleSinkTest, AlignsColumnsForPeople) {
  EXPECT_EQ(written({first, second}, {.format = console_format::table}),
            "name         distance  passengers  paid  pickup                       from.zone\n"
            "to the park       2.5           3  card  1970-01-01T00:00:00Z                 7\n"
            "home               12              cash  1970-01-01T00:00:00.000001Z        265\n");
}

TEST(ConsoleSinkTest, RoundsToSixDecimalsForPeopleAlone) {
  const auto shown = [](double distance, console_format format) {
    trip row = first;
    row.distance = distance;
    return written({row}, {.format = format});
  };
  for (const auto& [number, text] :
       std::vector<std::pair<double, std::string>>{{8.55175523561989, " 8.551755 "},
                                                   {0.1 + 0.2, " 0.3 "},
                                                   {-2.99999999, " -3.0 "},
                                                   {1234567.125, " 1234567.125 "},
                                                   {0.000012345678912, " 1.2345678912e-05 "},
                                                   {1e300, " 1e+300 "}})
    EXPECT_NE(shown(number, console_format::table).find(text), std::string::npos) << text;
  EXPECT_NE(shown(8.55175523561989, console_format::json).find("8.55175523561989,"),
            std::string::npos);
}

TEST(ConsoleSinkTest, WritesJsonLinesWhereNobodyWatches) {
  const auto text = written({first, second}, {});
  EXPECT_EQ(text.substr(0, text.find('\n')),
            R"({"name":"to the park","distance":2.5,"passengers":3,"paid":"card",)"
            R"("pickup":"1970-01-01T00:00:00Z","from":{"zone":7}})");
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
  EXPECT_NE(text.find("\"passengers\":null"), std::string::npos);
}

TEST(ConsoleSinkTest, WritesNullForNumbersJsonDoesNotHave) {
  for (double odd : {std::nan(""), std::numeric_limits<double>::infinity()}) {
    trip row = first;
    row.distance = odd;
    EXPECT_NE(written({row}, {}).find("\"distance\":null,"), std::string::npos);
  }
}

TEST(ConsoleSinkTest, ShowsTheSameHoweverTheRowsAreCut) {
  const std::vector<trip> rows(500, second);
  const auto whole = written(rows, {.format = console_format::table}, 500);
  EXPECT_EQ(written(rows, {.format = console_format::table}, 1), whole);
  EXPECT_EQ(written(rows, {.format = console_format::table}, 7), whole);
}

TEST(ConsoleSinkTest, ShowsARowWiderThanTheTerminalAsABlock) {
  EXPECT_EQ(written({second}, {.format = console_format::table, .width = 40}),
            "name        home\n"
            "distance    12\n"
            "passengers  \n"
            "paid        cash\n"
            "pickup      1970-01-01T00:00:00.000001Z\n"
            "from.zone   265\n"
            "\n");
}

TEST(ConsoleSinkTest, ShowsTextOfSeveralLinesInABlock) {
  trip row = second;
  row.name = "home\n\x1B[2Jby bus";
  const auto block = "name        home\n"
                     "            \\x1b[2Jby bus\n"
                     "distance    12\n";
  EXPECT_EQ(written({row}, {.format = console_format::table, .width = 40}).find(block), 0u);
  const console_options blocks{.format = console_format::table, .layout = console_layout::blocks};
  EXPECT_EQ(written({row}, blocks).find(block), 0u) << "however wide the terminal is";
  const auto two = written({row, second}, blocks, 1);
  EXPECT_EQ(two, written({row, second}, blocks, 2));
  EXPECT_NE(two.find("\n\nname        home\ndistance"), std::string::npos) << two;
  EXPECT_NE(written({row}, {}).find(R"("name":"home\n\u001b[2Jby bus")"), std::string::npos);
}

TEST(ConsoleSinkTest, LetsNoTextSteerTheTerminal) {
  trip row = first;
  row.name = "\x1B[2J\n\xC2\x9B\xFF\xC3\xA4";
  const auto text = written({row}, {.format = console_format::table});
  EXPECT_NE(text.find("\\x1b[2J\\n\\x9b\xEF\xBF\xBD\xC3\xA4  "), std::string::npos) << text;
}

TEST(ConsoleSinkTest, CutsLongText) {
  trip row = first;
  row.name = "0123456789";
  const auto cut = written({row}, {.format = console_format::table, .text_width = 5});
  EXPECT_NE(cut.find("\n0123\xE2\x80\xA6  "), std::string::npos) << cut;
  const auto whole = written({row}, {.format = console_format::table, .text_width = 10});
  EXPECT_NE(whole.find("\n0123456789  "), std::string::npos) << whole;
}

TEST(ConsoleSinkTest, HasColorOnlyOnATerminalAndNeverWithNoColor) {
  const console_options table{.format = console_format::table};
  EXPECT_EQ(written({first}, table).find('\x1B'), std::string::npos);
  auto always = table;
  always.color = console_color::always;
  EXPECT_EQ(written({first}, always).find("\x1B[1mname"), 0u);

  terminal at;
  ::unsetenv("NO_COLOR");
  EXPECT_EQ(at.shown(first).find("\x1B[1mname"), 0u) << "a table, with a bold head";
  ::setenv("NO_COLOR", "1", 1);
  EXPECT_EQ(at.shown(first).find("name"), 0u);
  ::unsetenv("NO_COLOR");
}

TEST(ConsoleSinkTest, TakesTheLineOfProgressAwayFromTheTerminalItWritesTo) {
  terminal at;
  testing::internal::CaptureStderr();
  draw_terminal_line("1 row");
  EXPECT_FALSE(written({first}, {}).empty());
  std::fputs("; rows in a file; ", stderr);
  EXPECT_FALSE(at.shown(first).empty());
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "\r\033[K1 row; rows in a file; \r\033[K");
}

TEST(ConsoleSinkTest, HasColorWhereTheEnvironmentForcesIt) {
  const console_options table{.format = console_format::table};
  const auto is_bold = [&] { return written({first}, table).find("\x1B[1mname") == 0; };
  ::unsetenv("NO_COLOR");
  ::setenv("CLICOLOR_FORCE", "1", 1);
  EXPECT_TRUE(is_bold());
  ::setenv("NO_COLOR", "1", 1);
  EXPECT_FALSE(is_bold());
  ::unsetenv("NO_COLOR");
  ::setenv("CLICOLOR_FORCE", "0", 1);
  EXPECT_FALSE(is_bold());
  ::unsetenv("CLICOLOR_FORCE");
}

TEST(ConsoleSinkTest, FailsWithAWordWhenItsReaderIsGone) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ::close(ends[0]);
  auto sink = console{{.file = ends[1]}}.bind<trip>().make();
  batch<trip> part;
  part.push_back(first);
  auto taken = (*sink)->write(part, 0, true); // SIGPIPE would end this process
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().message,
            "cannot write to the console: whoever read the output has stopped reading");
  ::close(ends[1]);
}

} // namespace

} // namespace weir
