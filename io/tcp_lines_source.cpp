// SPDX-License-Identifier: Apache-2.0

#include <weir/io/tcp_lines_source.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <charconv>
#include <chrono>
#include <deque>
#include <list>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace weir {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using failure = boost::system::error_code;

constexpr std::size_t block_bytes = 64 * 1024;
/// Before it tries again to take a connection, where the system had none to give.
constexpr auto retry_after = std::chrono::milliseconds{100};

/// Where a connection goes: a partition.
struct place {
  const partition* origin = nullptr;
  line_place at;
};

/// Belongs to the network's thread while it is read, and to who polls while it is ready.
struct connection {
  connection(tcp::socket its, std::size_t index, place& its_place, std::uint64_t most_line_bytes)
      : socket{std::move(its)},
        place_index{index},
        where{&its_place},
        splitter{most_line_bytes, block_bytes} {}

  tcp::socket socket;
  std::size_t place_index;
  place* where;
  line_splitter splitter;
  detail::line_names names;
  bool is_closed = false; ///< Nothing comes behind what the splitter holds.
};

error config_error(const std::string& address, const std::string& why) {
  return {errc::config, "can't listen on '" + address + "': " + why
                            + "; say :port, address:port or [address]:port"};
}

result<tcp::endpoint> parse_endpoint(const std::string& address) {
  std::string_view rest = address;
  if (rest.starts_with("tcp://")) rest.remove_prefix(6);
  const auto colon = rest.rfind(':');
  if (colon == std::string_view::npos) return config_error(address, "there is no port");
  const auto digits = rest.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, bad] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (bad != std::errc{} || end != digits.data() + digits.size())
    return config_error(address, "'" + std::string{digits} + "' is no port");
  auto host = rest.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host.empty() || host == "localhost") host = "127.0.0.1";
  failure failed;
  const auto found = asio::ip::make_address(std::string{host}, failed);
  if (failed)
    return config_error(address, "'" + std::string{host}
                                     + "' is no address of this machine in "
                                       "numbers, nor localhost");
  return tcp::endpoint{found, port};
}

std::string text_of(const tcp::endpoint& at) {
  const bool is_v6 = at.address().is_v6();
  return (is_v6 ? "[" : "") + at.address().to_string() + (is_v6 ? "]:" : ":")
         + std::to_string(at.port());
}

class tcp_lines_source final : public any_source {
public:
  tcp_lines_source(detail::line_rows rows, tcp::endpoint at, const tcp_lines_options& options,
                   detail::on_listening tell)
      : rows_{std::move(rows)}, at_{std::move(at)}, options_{options}, tell_{std::move(tell)} {}
  ~tcp_lines_source() override {
    network_.stop();
    if (thread_.joinable()) thread_.join();
  }
  tcp_lines_source(const tcp_lines_source&) = delete;
  tcp_lines_source& operator=(const tcp_lines_source&) = delete;

  const row_type& type() const override { return *rows_.type; }

  result<void> open(source_context context) override {
    context_ = std::move(context);
    failure failed;
    const auto is_good = [&] { return !failed; };
    if (acceptor_.open(at_.protocol(), failed); is_good())
      if (acceptor_.set_option(tcp::acceptor::reuse_address{true}, failed); is_good())
        if (acceptor_.bind(at_, failed); is_good())
          acceptor_.listen(tcp::acceptor::max_listen_connections, failed);
    const auto real = is_good() ? acceptor_.local_endpoint(failed) : at_;
    if (failed)
      return error{errc::cannot_connect, "cannot listen on " + text_of(at_) + ": "
                                             + failed.message()
                                             + "; choose another port, or end what listens there"};
    accept();
    thread_ = std::thread{[this] { network_.run(); }};
    if (tell_) tell_(real.port());
    return {};
  }

  result<poll_state> poll(credit allowed, batch_base& rows, batch<reject>& rejects) override {
    if (options_.connections != 0 && closed_ == options_.connections) return poll_state::end;
    auto* const from = next_ready(rows);
    if (from == nullptr) return poll_state::idle;
    auto& where = *from->where;
    if (rows.empty())
      rows.set_origin({where.origin, where.at.position});
    else if (rows.first_origin().partition != where.origin)
      return poll_state::rows; // what is in there must leave first
    const bool has_all = rows_.take(from->splitter, allowed, rows, rejects, where.at, from->names);
    const bool is_done = has_all && from->is_closed;
    {
      const std::lock_guard lock{mutex_};
      ready_.pop_front();
      if (!has_all) ready_.push_back(from);
    }
    if (is_done) ++closed_;
    if (has_all)
      asio::post(network_, [this, from, is_done] { is_done ? drop(*from) : read(*from); });
    return is_done ? poll_state::partition_end : poll_state::rows;
  }

  result<void> committed(std::uint64_t /*number*/) override { return {}; }
  void barrier(std::uint64_t /*number*/) override {}
  void save(snapshot_writer& /*to*/) const override {}
  result<void> load(snapshot_reader& /*from*/) override { return {}; }
  source_progress progress() const override { return {}; }
  bool blocks() const override { return false; }

private:
  /// Of those that have lines, one whose rows the batch can take, or the first. It stays the first
  /// until it was polled.
  connection* next_ready(const batch_base& rows) {
    const std::lock_guard lock{mutex_};
    if (ready_.empty()) {
      is_idle_ = true;
      return nullptr;
    }
    if (!rows.empty())
      for (std::size_t i = 0; i < ready_.size(); ++i)
        if (ready_[i]->where->origin == rows.first_origin().partition) {
          std::swap(ready_[0], ready_[i]);
          break;
        }
    return ready_.front();
  }

  // --- on the network's thread

  void accept() {
    if (is_accepting_ || (options_.connections != 0 && accepted_ == options_.connections)
        || connections_.size() >= options_.most_connections)
      return;
    is_accepting_ = true;
    acceptor_.async_accept([this](failure failed, tcp::socket socket) {
      is_accepting_ = false;
      if (failed) return accept_later(failed);
      ++accepted_;
      add(std::move(socket));
      accept();
    });
  }

  // Out of file descriptors, say: those that are open may close.
  void accept_later(const failure& why) {
    warn("cannot take a connection on " + text_of(at_) + ": " + why.message());
    is_accepting_ = true;
    retry_.expires_after(retry_after);
    retry_.async_wait([this](failure) {
      is_accepting_ = false;
      accept();
    });
  }

  void add(tcp::socket socket) {
    std::size_t index = 0;
    while (index < taken_.size() && taken_[index]) ++index;
    if (index == taken_.size()) {
      taken_.push_back(true);
      places_.push_back({intern_partition(context_.name, std::to_string(index)), {}});
    }
    taken_[index] = true;
    places_[index].at.number = 1;
    failure gone;
    const auto sender = socket.remote_endpoint(gone);
    auto& made =
        connections_.emplace_back(std::move(socket), index, places_[index], options_.max_row_bytes);
    made.names = {context_.name, gone ? "closed connection" : text_of(sender)};
    read(made);
  }

  void read(connection& from) {
    const auto room = from.splitter.room();
    from.socket.async_read_some(
        asio::buffer(room.data(), room.size()),
        [this, &from](failure failed, std::size_t bytes) { on_read(from, failed, bytes); });
  }

  void on_read(connection& from, const failure& failed, std::size_t bytes) {
    from.splitter.filled(bytes);
    if (failed) {
      if (failed != asio::error::eof)
        warn("the connection from " + from.names.place + " broke off: " + failed.message());
      from.splitter.finish();
      from.is_closed = true;
    } else if (from.splitter.look() == line_splitter::found::none) {
      return read(from);
    }
    bool wakes = false;
    {
      const std::lock_guard lock{mutex_};
      ready_.push_back(&from);
      wakes = std::exchange(is_idle_, false);
    }
    if (wakes) context_.wake();
  }

  void drop(connection& done) {
    taken_[done.place_index] = false;
    connections_.remove_if([&](const connection& each) { return &each == &done; });
    accept();
  }

  void warn(const std::string& what) const {
    if (context_.warn) context_.warn(what);
  }

  detail::line_rows rows_;
  tcp::endpoint at_;
  tcp_lines_options options_;
  detail::on_listening tell_;
  source_context context_;
  std::uint64_t closed_ = 0; // connections of which all rows were given

  asio::io_context network_{1};
  asio::executor_work_guard<asio::io_context::executor_type> stays_{network_.get_executor()};
  tcp::acceptor acceptor_{network_};
  asio::steady_timer retry_{network_};
  // Of the network's thread:
  std::list<connection> connections_;
  std::deque<place> places_; // their addresses stay
  std::vector<bool> taken_;  // places that have a connection
  std::uint64_t accepted_ = 0;
  bool is_accepting_ = false;

  std::mutex mutex_; // guards what follows
  std::deque<connection*> ready_;
  bool is_idle_ = false;
  std::thread thread_;
};

} // namespace

result<std::unique_ptr<any_source>> detail::make_tcp_lines_source(const line_rows& rows,
                                                                  const std::string& address,
                                                                  const tcp_lines_options& options,
                                                                  on_listening tell) {
  auto at = parse_endpoint(address);
  if (!at) return std::move(at).error();
  if (options.max_row_bytes == 0 || options.most_connections == 0)
    return error{errc::config, "max_row_bytes and most_connections are 1 at least, or "
                               "no line could come"};
  return std::unique_ptr<any_source>{
      std::make_unique<tcp_lines_source>(rows, *std::move(at), options, std::move(tell))};
}

} // namespace weir
