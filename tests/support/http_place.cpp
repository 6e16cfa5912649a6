// SPDX-License-Identifier: Apache-2.0

#include <weir/tests/support/http_place.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cctype>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <netinet/in.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace weir::testing {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace ssl = boost::asio::ssl;
using boost::asio::ip::tcp;

std::string text_of(BIO* bio) {
  char* bytes = nullptr;
  const auto size = BIO_get_mem_data(bio, &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

sockaddr_in loopback() {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return to;
}

} // namespace

std::string http_answer(int status, const std::string& body, const std::string& headers) {
  return fmt::format("HTTP/1.1 {} Whatever\r\nContent-Length: {}\r\n{}\r\n{}", status, body.size(),
                     headers, body);
}

certificate make_certificate(const std::string& names) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key{EVP_EC_gen("P-256"), EVP_PKEY_free};
  const std::unique_ptr<X509, decltype(&X509_free)> made{X509_new(), X509_free};
  X509_set_version(made.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), 3600);
  X509_set_pubkey(made.get(), key.get());
  auto* subject = X509_get_subject_name(made.get());
  const std::string name = "weir test";
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.data()),
                             static_cast<int>(name.size()), -1, 0);
  X509_set_issuer_name(made.get(), subject);
  for (const auto& [kind, value] : {std::pair{NID_subject_alt_name, names},
                                    std::pair{NID_basic_constraints, std::string{"CA:TRUE"}}}) {
    auto* extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str());
    EXPECT_NE(extension, nullptr);
    X509_add_ext(made.get(), extension, -1);
    X509_EXTENSION_free(extension);
  }
  EXPECT_GT(X509_sign(made.get(), key.get(), EVP_sha256()), 0);
  const std::unique_ptr<BIO, decltype(&BIO_free)> pem{BIO_new(BIO_s_mem()), BIO_free};
  const std::unique_ptr<BIO, decltype(&BIO_free)> secret{BIO_new(BIO_s_mem()), BIO_free};
  PEM_write_bio_X509(pem.get(), made.get());
  PEM_write_bio_PrivateKey(secret.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return {text_of(pem.get()), text_of(secret.get())};
}

struct http_place::content {
  content(answers how, std::optional<certificate> of)
      : answer{std::move(how)}, is_secure{of.has_value()} {
    if (!of) return;
    tls.use_certificate_chain(asio::buffer(of->pem));
    tls.use_private_key(asio::buffer(of->key), ssl::context::pem);
  }

  void listen() {
    for (;;) {
      tcp::socket with{io};
      beast::error_code failed;
      acceptor.accept(with, failed);
      const std::lock_guard lock{mutex};
      if (is_ending) return;
      if (failed) continue;
      const int number = static_cast<int>(open.size());
      auto& stream = open.emplace_back(std::move(with), tls);
      threads.emplace_back([this, &stream, number] {
        beast::error_code refused;
        if (!is_secure) return serve(stream.next_layer(), stream.next_layer(), number);
        stream.handshake(ssl::stream_base::server, refused);
        if (!refused) serve(stream, stream.next_layer(), number);
      });
    }
  }

  template <class Stream>
  void serve(Stream& stream, tcp::socket& socket, int number) {
    beast::flat_buffer buffer;
    for (;;) {
      http::request<http::string_body> message;
      beast::error_code failed;
      http::read(stream, buffer, message, failed);
      if (failed) return;
      const auto said = answer(note(message, number));
      if (!said) continue;
      asio::write(stream, asio::buffer(*said), failed);
      const bool is_last = said->empty() || said->find("Connection: close") != std::string::npos;
      if (is_last) socket.shutdown(tcp::socket::shutdown_both, failed);
      if (is_last || failed) return;
    }
  }

  http_asked note(const http::request<http::string_body>& message, int number) {
    http_asked one{std::string{message.method_string()},
                   std::string{message.target()},
                   message.body(),
                   {},
                   number,
                   std::chrono::steady_clock::now()};
    for (const auto& header : message) {
      std::string name{header.name_string()};
      std::transform(name.begin(), name.end(), name.begin(),
                     [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      one.headers[name] = std::string{header.value()};
    }
    const std::lock_guard lock{mutex};
    asked.push_back(one);
    changed.notify_all();
    return one;
  }

  const answers answer;
  const bool is_secure;
  asio::io_context io;
  ssl::context tls{ssl::context::tls_server};
  tcp::acceptor acceptor{io, tcp::endpoint{asio::ip::address_v4::loopback(), 0}};
  std::mutex mutex;
  std::condition_variable changed;
  bool is_ending = false;
  std::deque<beast::ssl_stream<tcp::socket>> open;
  std::deque<std::thread> threads;
  std::vector<http_asked> asked;
  std::thread listener;
};

http_place::http_place(answers answer, std::optional<certificate> of)
    : content_{std::make_unique<content>(std::move(answer), std::move(of))} {
  content_->listener = std::thread{[this] { content_->listen(); }};
}

http_place::~http_place() {
  auto& c = *content_;
  {
    const std::lock_guard lock{c.mutex};
    c.is_ending = true;
    for (auto& stream : c.open) ::shutdown(stream.next_layer().native_handle(), SHUT_RDWR);
  }
  ::shutdown(c.acceptor.native_handle(), SHUT_RDWR); // wakes the listener
  c.listener.join();
  for (auto& thread : c.threads) thread.join();
}

std::uint16_t http_place::port() const noexcept {
  return content_->acceptor.local_endpoint().port();
}
std::string http_place::address() const {
  return fmt::format("{}://127.0.0.1:{}", content_->is_secure ? "https" : "http", port());
}
std::vector<http_asked> http_place::asked() const {
  const std::lock_guard lock{content_->mutex};
  return content_->asked;
}
bool http_place::wait_for(std::size_t requests) const {
  std::unique_lock lock{content_->mutex};
  return content_->changed.wait_for(lock, std::chrono::seconds{30},
                                    [&] { return content_->asked.size() >= requests; });
}

closed_port::closed_port() : socket_{::socket(AF_INET, SOCK_STREAM, 0)} {
  auto at = loopback();
  socklen_t size = sizeof(at);
  EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&at), size), 0);
  EXPECT_EQ(::getsockname(socket_, reinterpret_cast<sockaddr*>(&at), &size), 0);
  port_ = ntohs(at.sin_port);
}
closed_port::~closed_port() { ::close(socket_); }
std::string closed_port::address() const { return fmt::format("http://127.0.0.1:{}", port_); }

} // namespace weir::testing
