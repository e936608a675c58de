#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <thread>

#include "net/dial.h"
#include "net/inbox.h"
#include "net/testing.h"

namespace freeway::net {
namespace {

using namespace std::chrono_literals;
using Dialled = Result<std::unique_ptr<Stream>>;

// A certificate for good.test and 127.0.0.1 that vouches for itself, made once.
class Certificate {
 public:
  static const Certificate& get() {
    static const Certificate made;
    return made;
  }
  std::string key() const { return folder_ + "/key.pem"; }
  std::string chain() const { return folder_ + "/cert.pem"; }
  bool usable() const { return usable_; }

 private:
  Certificate() {
    std::string folder = (std::filesystem::temp_directory_path() / "freeway-tls-XXXXXX").string();
    if (::mkdtemp(folder.data()) == nullptr) return;
    folder_ = folder;
    const std::string command =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=good.test "
        "-addext subjectAltName=DNS:good.test,IP:127.0.0.1 -keyout " +
        key() + " -out " + chain() + " 2>/dev/null";
    usable_ = std::system(command.c_str()) == 0;
  }
  ~Certificate() {
    std::error_code ignored;
    if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
  }
  std::string folder_;
  bool usable_ = false;
};

// A blocking TLS server on a thread: for each connection it echoes until the client ends, and notes what it saw.
class TlsServer {
 public:
  struct Seen {
    bool shaken = false;
    bool resumed = false;
    std::string name;  // SNI
    bool orderly = false;
    std::string asked;  // of a proxy
  };

  // With an answer for proxies, each connection has to begin with CONNECT, and the target of that is noted.
  explicit TlsServer(int connections, int version = TLS1_3_VERSION, std::string proxy_answer = {})
      : proxy_answer_(std::move(proxy_answer)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    ::bind(listener_, reinterpret_cast<sockaddr*>(&at), sizeof at);
    ::listen(listener_, 16);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &size);
    port_ = ntohs(at.sin_port);
    thread_ = std::thread([this, connections, version] { serve(connections, version); });
  }
  ~TlsServer() {
    ::shutdown(listener_, SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
    ::close(listener_);
  }
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  std::uint16_t port() const { return port_; }
  const std::vector<Seen>& wait() {
    thread_.join();
    return seen_;
  }

 private:
  void serve(int connections, int version) {
    SSL_CTX* context = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_max_proto_version(context, version);
    SSL_CTX_use_certificate_file(context, Certificate::get().chain().c_str(), SSL_FILETYPE_PEM);
    SSL_CTX_use_PrivateKey_file(context, Certificate::get().key().c_str(), SSL_FILETYPE_PEM);
    for (int i = 0; i < connections; ++i) {
      const int socket = ::accept(listener_, nullptr, nullptr);
      if (socket < 0) break;
      const std::string asked = proxy_answer_.empty() ? std::string() : be_asked(socket);
      SSL* ssl = SSL_new(context);
      SSL_set_fd(ssl, socket);
      seen_.push_back(echo(ssl));
      seen_.back().asked = asked;
      SSL_free(ssl);
      ::close(socket);
    }
    SSL_CTX_free(context);
  }
  std::string be_asked(int socket) const {
    std::string head;
    char byte = 0;
    while (!head.ends_with("\r\n\r\n") && ::recv(socket, &byte, 1, 0) == 1) head += byte;
    ::send(socket, proxy_answer_.data(), proxy_answer_.size(), MSG_NOSIGNAL);
    return head.substr(0, head.find("\r\n"));
  }
  static Seen echo(SSL* ssl) {
    Seen seen;
    seen.shaken = SSL_accept(ssl) == 1;
    if (!seen.shaken) return seen;
    seen.resumed = SSL_session_reused(ssl) == 1;
    if (const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name)) seen.name = name;
    std::vector<char> piece(16384);
    for (;;) {
      const int n = SSL_read(ssl, piece.data(), static_cast<int>(piece.size()));
      if (n <= 0) {
        seen.orderly = SSL_get_error(ssl, n) == SSL_ERROR_ZERO_RETURN;
        return seen;
      }
      if (SSL_write(ssl, piece.data(), n) <= 0) return seen;
    }
  }

  std::string proxy_answer_;
  int listener_;
  std::uint16_t port_ = 0;
  std::thread thread_;
  std::vector<Seen> seen_;
};

std::unique_ptr<Dialer> trusting_dialer() {
  Dialer::Options options;
  options.tls.ca_file = Certificate::get().chain();
  options.resolve = [](const std::string&) { return std::vector<std::string>{"127.0.0.1"}; };
  auto dialer = Dialer::create(std::move(options));
  EXPECT_TRUE(dialer.has_value());
  return std::move(*dialer);
}

Task<> write_all(Stream& stream, const std::string& bytes, std::optional<Result<void>>& result) {
  Task<Result<void>> written = testing::write(stream, bytes);
  result = co_await std::move(written);
}

// Dials, sends, and reads as much back.
Task<> converse(Loop& loop, Dialer& dialer, Endpoint endpoint, const std::string& words, std::string& echoed,
                std::optional<Error>& failure) {
  const Instant deadline = loop.now() + testing::kPatience;
  Task<Dialled> dialling = dialer.dial(loop, std::move(endpoint), deadline, nullptr);
  Dialled stream = co_await std::move(dialling);
  if (!stream) {
    failure = stream.error();
    co_return;
  }
  Wakeup wakeup(loop);
  Inbox inbox(**stream, wakeup);
  std::optional<Result<void>> written;
  Task<> writing = write_all(**stream, words, written);
  loop.spawn(std::move(writing));
  while (echoed.size() < words.size() && !inbox.end()) {
    Task<bool> woken = wakeup.wait(deadline);
    const bool rang = co_await std::move(woken);
    EXPECT_TRUE(rang);
    if (!rang) co_return;
    echoed += inbox.bytes();
    inbox.consume(inbox.bytes().size());
  }
  EXPECT_TRUE(written && written->has_value());
}

class Tls : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(Certificate::get().usable()) << "openssl cannot make a certificate"; }

  void talk(Dialer& dialer, const std::string& host, std::uint16_t port, const std::string& words,
            std::shared_ptr<const ProxyAddress> proxy = nullptr) {
    Loop loop(clock);
    echoed.clear();
    failure.reset();
    const Endpoint endpoint{host, port, true, std::move(proxy)};
    Task<> task = converse(loop, dialer, endpoint, words, echoed, failure);
    testing::run(loop, std::move(task));
  }

  const SystemClock clock;
  std::string echoed;
  std::optional<Error> failure;
};

TEST_F(Tls, CarriesMuchInBothDirections) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsServer server(1, version);
    auto dialer = trusting_dialer();
    std::string words;
    for (int i = 0; i < 300'000; ++i) words += std::to_string(i);
    talk(*dialer, "good.test", server.port(), words);
    EXPECT_FALSE(failure.has_value()) << failure->message;
    EXPECT_TRUE(echoed == words);
    const auto& seen = server.wait();
    ASSERT_EQ(seen.size(), 1U);
    EXPECT_EQ(seen[0].name, "good.test");
    EXPECT_TRUE(seen[0].orderly);
  }
}

TEST_F(Tls, ResumesTheSession) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsServer server(2, version);
    auto dialer = trusting_dialer();
    talk(*dialer, "good.test", server.port(), "hello");
    talk(*dialer, "good.test", server.port(), "again");
    EXPECT_EQ(echoed, "again");
    const auto& seen = server.wait();
    ASSERT_EQ(seen.size(), 2U);
    EXPECT_FALSE(seen[0].resumed);
    EXPECT_TRUE(seen[1].resumed) << version;
  }
}

TEST_F(Tls, ChecksAddressesAndSendsNoNameForThem) {
  TlsServer server(1);
  auto dialer = trusting_dialer();
  talk(*dialer, "127.0.0.1", server.port(), "hello");
  EXPECT_EQ(echoed, "hello");
  const auto& seen = server.wait();
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].name, "");
}

TEST_F(Tls, RefusesACertificateForAnotherHost) {
  TlsServer server(1);
  auto dialer = trusting_dialer();
  talk(*dialer, "evil.test", server.port(), "hello");
  ASSERT_TRUE(failure.has_value());
  EXPECT_EQ(failure->kind, ErrorKind::tls);
  EXPECT_NE(failure->message.find("evil.test"), std::string::npos);
  EXPECT_NE(failure->message.find("certificate"), std::string::npos) << failure->message;
  const auto& seen = server.wait();
  ASSERT_EQ(seen.size(), 1U);
}

std::shared_ptr<const ProxyAddress> proxy_at(std::uint16_t port, const std::string& user) {
  return std::make_shared<const ProxyAddress>(
      *ProxyAddress::parse("http://" + user + ":p@127.0.0.1:" + std::to_string(port)));
}

TEST_F(Tls, RunsInsideATunnelWithTheProvidersName) {
  TlsServer server(3, TLS1_3_VERSION, "HTTP/1.1 200 Connection established\r\n\r\n");
  auto dialer = trusting_dialer();
  talk(*dialer, "good.test", 443, "hello", proxy_at(server.port(), "one"));
  EXPECT_FALSE(failure.has_value()) << failure->message;
  EXPECT_EQ(echoed, "hello");
  talk(*dialer, "good.test", 443, "again", proxy_at(server.port(), "two"));
  talk(*dialer, "good.test", 443, "third", proxy_at(server.port(), "one"));
  EXPECT_EQ(echoed, "third");
  const auto& seen = server.wait();
  ASSERT_EQ(seen.size(), 3U);
  EXPECT_EQ(seen[0].asked, "CONNECT good.test:443 HTTP/1.1");
  EXPECT_EQ(seen[0].name, "good.test");
  EXPECT_FALSE(seen[1].resumed) << "another way to the provider must not be linked to the first";
  EXPECT_TRUE(seen[2].resumed);
}

TEST_F(Tls, ChecksTheProvidersCertificateInsideATunnel) {
  TlsServer server(1, TLS1_3_VERSION, "HTTP/1.1 200 Connection established\r\n\r\n");
  auto dialer = trusting_dialer();
  talk(*dialer, "evil.test", 443, "hello", proxy_at(server.port(), "one"));
  ASSERT_TRUE(failure.has_value());
  EXPECT_EQ(failure->kind, ErrorKind::tls);
  EXPECT_NE(failure->message.find("evil.test:443 through the proxy 127.0.0.1:"), std::string::npos) << failure->message;
  server.wait();
}

TEST_F(Tls, RefusesACertificateThatNobodyVouchesFor) {
  TlsServer server(1);
  Dialer::Options options;
  options.resolve = [](const std::string&) { return std::vector<std::string>{"127.0.0.1"}; };
  auto dialer = std::move(*Dialer::create(std::move(options)));
  talk(*dialer, "good.test", server.port(), "hello");
  ASSERT_TRUE(failure.has_value());
  EXPECT_EQ(failure->kind, ErrorKind::tls);
  server.wait();
}

TEST_F(Tls, SaysThatAPeerSpeaksNoTls) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  ::bind(listener, reinterpret_cast<sockaddr*>(&at), sizeof at);
  ::listen(listener, 1);
  ::getsockname(listener, reinterpret_cast<sockaddr*>(&at), &size);
  std::thread server([listener] {
    const int socket = ::accept(listener, nullptr, nullptr);
    const std::string_view text = "HTTP/1.1 400 Bad Request\r\n\r\n";
    ::send(socket, text.data(), text.size(), MSG_NOSIGNAL);
    char ignored[4096];
    while (::recv(socket, ignored, sizeof ignored, 0) > 0) {
    }
    ::close(socket);
  });
  auto dialer = trusting_dialer();
  talk(*dialer, "good.test", ntohs(at.sin_port), "hello");
  server.join();
  ::close(listener);
  ASSERT_TRUE(failure.has_value());
  EXPECT_EQ(failure->kind, ErrorKind::tls);
}

TEST_F(Tls, FailsToStartWithoutTheNamedRoots) {
  Dialer::Options options;
  options.tls.ca_file = Certificate::get().chain() + ".missing";
  const auto dialer = Dialer::create(std::move(options));
  ASSERT_FALSE(dialer.has_value());
  EXPECT_EQ(dialer.error().kind, ErrorKind::tls);
  EXPECT_NE(dialer.error().message.find(".missing"), std::string::npos);
}

}  // namespace
}  // namespace freeway::net
