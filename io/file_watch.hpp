// SPDX-License-Identifier: Apache-2.0
//
// file_watch: tells when something happened to a file: its name came, went or stands for another
// file, or one that is followed was written to.
//
// A thread sleeps in inotify until the system tells of a change, so that waiting costs nothing. It
// may tell of changes that are none; it misses none of a local file system, but those made by other
// machines on one that is shared. Constructed and used by one thread; `changed` is called by the
// watch's own, never after the watch is gone.
//
//   auto watch = file_watch::start("/var/log/access.log", wake);
//   (*watch)->follow(path);   // now also when what it stands for now is written to

#pragma once

#include <weir/actors/stream/error.hpp>

#include <functional>
#include <memory>
#include <string>
#include <thread>

namespace weir {

class file_watch {
public:
  /// Watches the name, whether there is such a file or not; its folder must be there.
  [[nodiscard]] static result<std::unique_ptr<file_watch>> start(const std::string& path,
                                                                 std::function<void()> changed);
  ~file_watch();
  file_watch(const file_watch&) = delete;
  file_watch& operator=(const file_watch&) = delete;

  /// Tells of changes in the file behind this name or /proc/self/fd/N as well, from now on, until
  /// it is deleted and closed by all.
  void follow(const std::string& path) const;

private:
  file_watch(int events, int stop, std::string name, std::function<void()> changed);
  void work() const;
  [[nodiscard]] bool take_events() const;

  int events_; // of inotify
  int stop_;   // an eventfd
  std::string name_;
  std::function<void()> changed_;
  std::thread thread_;
};

} // namespace weir
