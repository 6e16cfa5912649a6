// SPDX-License-Identifier: Apache-2.0

#include <weir/io/http_client.hpp>
#include <weir/io/http_url.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <future>
#include <iterator>
#include <list>
#include <thread>
#include <utility>

namespace weir {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace ssl = boost::asio::ssl;
using boost::asio::ip::tcp;
using outgoing = http::request<http::string_body>;
using incoming = http::response_parser<http::string_body>;

/// Errors come as values: (error, ...) of each awaited operation.
constexpr auto as_values = asio::as_tuple(asio::use_awaitable);

struct connection {
  connection(asio::io_context& io, ssl::context& tls, const http_url& to)
      : place{to.place()}, stream{io, tls}, is_secure{to.is_secure} {}

  beast::tcp_stream& socket() { return stream.next_layer(); }
  /// Still open, and nothing came that nobody has asked for.
  [[nodiscard]] bool is_quiet() {
    char one = 0;
    beast::error_code problem;
    auto& open = socket().socket();
    open.non_blocking(true, problem);
    if (problem) return false;
    open.receive(asio::buffer(&one, 1), tcp::socket::message_peek, problem);
    return problem == asio::error::would_block;
  }

  const std::string place;
  beast::ssl_stream<beast::tcp_stream> stream; // without TLS only what is below is used
  const bool is_secure;
  beast::flat_buffer buffer{};
  std::chrono::steady_clock::time_point idle_since{};
};

struct exchange {
  http_request request;
  http_client::answer_taker take;
  http_url url = {};
  std::shared_ptr<connection> over = {};
};

/// A header that ends in the middle would smuggle in another.
bool is_one_line(std::string_view text) {
  return text.find_first_of(std::string_view{"\r\n\0", 3}) == std::string_view::npos;
}

bool is_address(const std::string& host) {
  beast::error_code problem;
  asio::ip::make_address(host, problem);
  return !problem;
}

result<outgoing> message_of(const http_request& request, const http_url& url) {
  outgoing message{http::verb::get, url.target, 11, request.body};
  const bool is_word = !request.method.empty()
                       && std::all_of(request.method.begin(), request.method.end(),
                                      [](char c) { return c >= 'A' && c <= 'Z'; });
  if (!is_word) return error{errc::config, "an HTTP method is a word in capitals, such as POST"};
  message.method_string(request.method);
  const auto place = url.place();
  message.set(http::field::host, place.substr(place.find("//") + 2));
  for (const auto& [name, value] : request.headers) {
    if (name.empty() || !is_one_line(name) || !is_one_line(value))
      return error{errc::config,
                   fmt::format("the header '{}' for {} holds a line break or a NUL", name, place)};
    message.set(name, value);
  }
  if (!request.body.empty() || request.method != "GET") message.prepare_payload();
  return message;
}

http_response response_of(http::response<http::string_body>&& message) {
  http_response got;
  got.status = static_cast<int>(message.result_int());
  for (const auto& header : message)
    got.headers.push_back({std::string{header.name_string()}, std::string{header.value()}});
  got.body = std::move(message.body());
  return got;
}

} // namespace

struct http_client::content {
  explicit content(http_client_options its) : options{std::move(its)} {}
  ~content() {
    io.stop();
    if (thread.joinable()) thread.join();
  }

  result<void> open();
  asio::awaitable<void> answer(std::shared_ptr<exchange> work);
  asio::awaitable<result<http_response>> answer_of(std::shared_ptr<exchange> work);
  asio::awaitable<result<void>> connect(std::shared_ptr<exchange> work);
  asio::awaitable<result<void>> secure(std::shared_ptr<exchange> work);
  std::shared_ptr<connection> take_idle(const std::string& place);
  void keep(std::shared_ptr<connection> unused);
  [[nodiscard]] error no_connection(const std::string& place, const beast::error_code& why) const;
  [[nodiscard]] error no_answer(const std::string& place, const beast::error_code& why) const;

  const http_client_options options;
  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
  ssl::context tls{ssl::context::tls_client};
  std::list<std::shared_ptr<connection>> idle; // the longest unused first
  std::thread thread;
};

result<void> http_client::content::open() {
  beast::error_code problem;
  tls.set_options(ssl::context::default_workarounds | ssl::context::no_tlsv1
                  | ssl::context::no_tlsv1_1);
  tls.set_verify_mode(options.verifies ? ssl::verify_peer : ssl::verify_none);
  tls.set_default_verify_paths(problem); // a machine without any trusts nobody
  if (!options.ca_file.empty()) {
    tls.load_verify_file(options.ca_file, problem);
    if (problem)
      return error{errc::config, fmt::format("cannot read certificates from '{}': {}; name a PEM "
                                             "file of authorities",
                                             options.ca_file, problem.message())};
  }
  thread = std::thread{[this] { io.run(); }};
  return {};
}

error http_client::content::no_connection(const std::string& place,
                                          const beast::error_code& why) const {
  if (why == beast::error::timeout)
    return {errc::cannot_connect, fmt::format("cannot connect to {} within {}", place,
                                              to_string(options.connect_timeout))};
  return {errc::cannot_connect, fmt::format("cannot connect to {}: {}; check the address, and "
                                            "whether it is reachable from here",
                                            place, why.message())};
}

error http_client::content::no_answer(const std::string& place,
                                      const beast::error_code& why) const {
  if (why == beast::error::timeout)
    return {errc::failed,
            fmt::format("{} did not answer within {}", place, to_string(options.answer_timeout))};
  if (why == http::error::body_limit)
    return {errc::failed,
            fmt::format("{} answered with more than {} bytes", place, options.max_body_bytes)};
  if (why == http::error::end_of_stream)
    return {errc::failed, fmt::format("{} closed the connection without an answer", place)};
  return {errc::failed, fmt::format("no proper answer from {}: {}", place, why.message())};
}

std::shared_ptr<connection> http_client::content::take_idle(const std::string& place) {
  const auto oldest = std::chrono::steady_clock::now() - options.idle_timeout;
  idle.remove_if([&](const auto& each) { return each->idle_since < oldest || !each->is_quiet(); });
  const auto found = std::find_if(idle.rbegin(), idle.rend(),
                                  [&](const auto& each) { return each->place == place; });
  if (found == idle.rend()) return nullptr;
  auto taken = *found;
  idle.erase(std::next(found).base());
  return taken;
}

void http_client::content::keep(std::shared_ptr<connection> unused) {
  unused->socket().expires_never();
  unused->idle_since = std::chrono::steady_clock::now();
  idle.push_back(std::move(unused));
  if (idle.size() > options.idle_connections) idle.pop_front();
}

asio::awaitable<result<void>> http_client::content::connect(std::shared_ptr<exchange> work) {
  auto& over = *work->over;
  tcp::resolver resolver{io};
  const auto port = std::to_string(work->url.port);
  auto [unknown, found] = co_await resolver.async_resolve(work->url.host, port, as_values);
  if (unknown) co_return no_connection(over.place, unknown);
  over.socket().expires_after(options.connect_timeout);
  auto [failed, to] = co_await over.socket().async_connect(found, as_values);
  if (failed) co_return no_connection(over.place, failed);
  beast::error_code ignored;
  over.socket().socket().set_option(tcp::no_delay{true}, ignored);
  co_return result<void>{};
}

asio::awaitable<result<void>> http_client::content::secure(std::shared_ptr<exchange> work) {
  auto& over = *work->over;
  const auto& host = work->url.host;
  // A server that has several names is told which one is meant; addresses are no names.
  if (!is_address(host)) SSL_set_tlsext_host_name(over.stream.native_handle(), host.c_str());
  if (options.verifies) over.stream.set_verify_callback(ssl::host_name_verification{host});
  over.socket().expires_after(options.connect_timeout);
  auto [failed] = co_await over.stream.async_handshake(ssl::stream_base::client, as_values);
  if (!failed) co_return result<void>{};
  const auto doubt = SSL_get_verify_result(over.stream.native_handle());
  const bool is_certificate = failed.category() == asio::error::get_ssl_category()
                              && ERR_GET_REASON(static_cast<unsigned long>(failed.value()))
                                     == SSL_R_CERTIFICATE_VERIFY_FAILED;
  if (!is_certificate) co_return no_connection(over.place, failed);
  const std::string why =
      doubt == X509_V_OK ? "it is of another host" : X509_verify_cert_error_string(doubt);
  co_return error{
      errc::cannot_connect,
      fmt::format("the certificate of {} is not to be trusted: {}; nothing was sent. If "
                  "it is yours, name the file of its authority",
                  over.place, why)};
}

asio::awaitable<result<http_response>>
http_client::content::answer_of(std::shared_ptr<exchange> work) {
  auto parsed = parse_http_url(work->request.url);
  if (!parsed) co_return std::move(parsed).error();
  work->url = std::move(*parsed);
  auto message = message_of(work->request, work->url);
  if (!message) co_return std::move(message).error();

  work->over = take_idle(work->url.place());
  if (!work->over) {
    work->over = std::make_shared<connection>(io, tls, work->url);
    auto connected = co_await connect(work);
    if (connected && work->url.is_secure) connected = co_await secure(work);
    if (!connected) co_return std::move(connected).error();
  }
  auto& over = *work->over;
  incoming parser;
  parser.body_limit(options.max_body_bytes);
  if (work->request.method == "HEAD") parser.skip(true);
  over.socket().expires_after(options.answer_timeout);
  beast::error_code failed;
  if (over.is_secure) {
    std::tie(failed, std::ignore) = co_await http::async_write(over.stream, *message, as_values);
    if (!failed)
      std::tie(failed, std::ignore) =
          co_await http::async_read(over.stream, over.buffer, parser, as_values);
  } else {
    std::tie(failed, std::ignore) = co_await http::async_write(over.socket(), *message, as_values);
    if (!failed)
      std::tie(failed, std::ignore) =
          co_await http::async_read(over.socket(), over.buffer, parser, as_values);
  }
  if (failed) co_return no_answer(over.place, failed);
  if (parser.get().keep_alive() && over.buffer.size() == 0) keep(std::move(work->over));
  co_return response_of(parser.release());
}

asio::awaitable<void> http_client::content::answer(std::shared_ptr<exchange> work) {
  auto got = co_await answer_of(work);
  work->over.reset();
  work->take(std::move(got));
}

http_client::http_client(std::unique_ptr<content> content) : content_{std::move(content)} {}
http_client::~http_client() = default;

result<std::unique_ptr<http_client>> http_client::make(http_client_options options) {
  auto made = std::make_unique<content>(std::move(options));
  if (auto opened = made->open(); !opened) return std::move(opened).error();
  return std::unique_ptr<http_client>{new http_client{std::move(made)}};
}

void http_client::send(http_request request, answer_taker take) {
  auto work = std::make_shared<exchange>(exchange{std::move(request), std::move(take)});
  asio::co_spawn(content_->io, content_->answer(std::move(work)), asio::detached);
}

result<http_response> http_client::fetch(http_request request) {
  auto answered = std::make_shared<std::promise<result<http_response>>>();
  auto answer = answered->get_future();
  send(std::move(request),
       [answered](result<http_response> got) { answered->set_value(std::move(got)); });
  return answer.get();
}

void http_client::after(std::chrono::nanoseconds time, std::function<void()> what) {
  auto timer = std::make_shared<asio::steady_timer>(content_->io, time);
  timer->async_wait([timer, what = std::move(what)](const beast::error_code& stopped) {
    if (!stopped) what();
  });
}

std::optional<std::string_view> http_response::header(std::string_view name) const noexcept {
  for (const auto& each : headers)
    if (beast::iequals(each.name, name)) return each.value;
  return std::nullopt;
}

} // namespace weir
