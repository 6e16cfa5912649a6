// SPDX-License-Identifier: Apache-2.0
//
// secret: a password, token or key by the name of the environment variable it comes from; never a
// flag, never in a config file.
//
// Making one reads nothing. `read` gives the text of the variable NAME, or of the file that
// NAME_FILE names (its last line break left out), when a source or sink opens. There is no way to
// print one, and a text that was read is masked wherever a program talks: `without_secrets`. This
// is so too in an app that otherwise reads no environment. Any thread may use it.
//
//   slack({.channel = "#alerts", .token = secret{"SLACK_BOT_TOKEN"}})
//   auto token = options.token.read(); // in open(): result<std::string>

#pragma once

#include <weir/actors/stream/error.hpp>

#include <optional>
#include <string>
#include <utility>

namespace weir {

class secret {
public:
  explicit secret(std::string name) : name_{std::move(name)} {}

  /// Of the environment variable; not the secret.
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  /// `NAME` or `NAME_FILE`: what `read` would use. Nothing: neither is set. Opens no file.
  [[nodiscard]] std::optional<std::string> where() const;
  /// The text itself. errc::config: not set, set twice, empty, or its file can't be read.
  [[nodiscard]] result<std::string> read() const;

private:
  std::string name_;
};

/// `text` with `****` in place of every secret that this process has read.
[[nodiscard]] std::string without_secrets(std::string text);

} // namespace weir
