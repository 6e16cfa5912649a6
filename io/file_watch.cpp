// SPDX-License-Identifier: Apache-2.0

#include <weir/io/file_watch.hpp>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <poll.h>
#include <string_view>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>
#include <utility>

namespace weir {

result<std::unique_ptr<file_watch>> file_watch::start(const std::string& path,
                                                      std::function<void()> changed) {
  const std::filesystem::path place{path};
  const auto folder = place.has_parent_path() ? place.parent_path().string() : std::string{"."};
  const auto cannot = [&](errc code) {
    return error{code, "cannot watch '" + folder + "', the folder of '" + place.filename().string()
                           + "': " + std::strerror(errno)};
  };
  const int events = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (events < 0) return cannot(errc::failed);
  const int stop = ::eventfd(0, EFD_CLOEXEC);
  std::unique_ptr<file_watch> made{
      new file_watch{events, stop, place.filename().string(), std::move(changed)}};
  if (stop < 0) return cannot(errc::failed);
  constexpr std::uint32_t names = IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ATTRIB;
  if (::inotify_add_watch(events, folder.c_str(), names | IN_ONLYDIR) < 0)
    return cannot(errc::config);
  made->thread_ = std::thread{[watch = made.get()] { watch->work(); }};
  return made;
}

file_watch::file_watch(int events, int stop, std::string name, std::function<void()> changed)
    : events_{events}, stop_{stop}, name_{std::move(name)}, changed_{std::move(changed)} {}

file_watch::~file_watch() {
  if (thread_.joinable()) {
    const std::uint64_t one = 1;
    while (::write(stop_, &one, sizeof one) < 0 && errno == EINTR) {
    }
    thread_.join();
  }
  if (stop_ >= 0) ::close(stop_);
  ::close(events_);
}

void file_watch::follow(const std::string& path) const {
  static_cast<void>(::inotify_add_watch(events_, path.c_str(), IN_MODIFY | IN_ATTRIB));
}

void file_watch::work() const {
  for (;;) {
    std::array<pollfd, 2> waits{{{events_, POLLIN, 0}, {stop_, POLLIN, 0}}};
    if (::poll(waits.data(), waits.size(), -1) < 0) {
      if (errno == EINTR) continue;
      return;
    }
    if (waits[1].revents != 0) return;
    if (take_events()) changed_();
  }
}

// Whether one of them concerns us: those of a followed file carry no name, those of the folder do.
bool file_watch::take_events() const {
  alignas(inotify_event) std::array<char, 16 * 1024> room;
  bool is_ours = false;
  for (;;) {
    const auto bytes = ::read(events_, room.data(), room.size());
    if (bytes <= 0) return is_ours;
    for (std::size_t at = 0; at < static_cast<std::size_t>(bytes);) {
      const auto* event = reinterpret_cast<const inotify_event*>(room.data() + at);
      is_ours |= event->len == 0 || std::string_view{event->name} == name_;
      at += sizeof(inotify_event) + event->len;
    }
  }
}

} // namespace weir
