#include "wire/player.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/duration.h"
#include "base/text.h"
#include "wire/body.h"
#include "wire/expect.h"

namespace freeway::wire {

namespace {

constexpr int kPatience = 3000;  // polls of 5 ms before a case is given up

// The lines of a head, with the key unless there is another, or the line "!authorization".
std::string header_lines(const std::vector<std::string>& lines) {
  std::string head;
  bool own_key = false;
  for (const auto& line : lines) {
    own_key = own_key || istarts_with(line, "authorization:") || line == "!authorization";
    bool joins = false;
    if (!line.starts_with('!')) head += resolve_escapes(line, joins) + "\r\n";
  }
  if (!own_key) head += "Authorization: Bearer fw-wire-key\r\n";
  return head;
}

// Fills in "Content-Length: auto" of a message.
void count_length(std::string& bytes) {
  constexpr std::string_view kAuto = "Content-Length: auto";
  auto at = ifind(bytes, kAuto);
  auto end = bytes.find("\r\n\r\n");
  if (at == std::string::npos || end == std::string::npos || at > end) return;
  bytes.replace(at, kAuto.size(), fmt::format("Content-Length: {}", bytes.size() - end - 4));
}

// At that port of the loopback interface, beside other sockets of the same upstream; 0 becomes a free one. -1 if it fails.
int bound_socket(std::uint16_t& port) {
  int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  int on = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(socket, reinterpret_cast<sockaddr*>(&address), size) != 0) {
    ::close(socket);
    return -1;
  }
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  port = ntohs(address.sin_port);
  return socket;
}

// What does nothing to the gateway.
bool only_looks(const Step& step) {
  return step.verb.starts_with("gets") || step.verb.starts_with("sees") || step.verb.ends_with("has") ||
         step.verb == "body is" || step.verb == "got nothing";
}

}  // namespace

Player::~Player() {
  clients_.clear();
  for (auto& [name, upstream] : upstreams_) {
    upstream.connections.clear();
    if (upstream.listener >= 0) ::close(upstream.listener);
    if (upstream.holder >= 0) ::close(upstream.holder);
  }
  if (drain_.joinable()) drain_.join();
  if (service_) service_->stop(Duration::zero());
}

// The port stays the upstream's when it stops: another program's listener there would answer in its place.
std::string Player::listen(Upstream& upstream) {
  if (upstream.holder < 0) upstream.holder = bound_socket(upstream.port);
  upstream.listener = bound_socket(upstream.port);
  bool listens = upstream.holder >= 0 && upstream.listener >= 0 && ::listen(upstream.listener, 64) == 0;
  return listens ? "" : fmt::format("cannot listen on port {}", upstream.port);
}

// With the providers' addresses in place of their names.
std::string Player::addressed(std::string text) const {
  for (const auto& [name, upstream] : upstreams_) {
    std::string port = "$port-" + name;
    for (auto at = text.find(port); at != std::string::npos; at = text.find(port))
      text.replace(at, port.size(), fmt::format("{}", upstream.port));
    std::string variable = "$" + name;
    for (auto at = text.find(variable); at != std::string::npos; at = text.find(variable))
      text.replace(at, variable.size(), fmt::format("http://127.0.0.1:{}", upstream.port));
  }
  return text;
}

// With a key if there is none.
Result<app::Config> Player::load(std::string text) const {
  text = addressed(std::move(text));
  if (text.find("[[client_keys]]") == std::string::npos)
    text += "\n[[client_keys]]\nname = \"wire\"\nkey = \"fw-wire-key\"\n";
  app::Outside outside;
  outside.variable = [](const std::string&) { return std::optional<std::string>(); };
  outside.read_file = [](const std::string& path) -> Result<std::string> { return fail(ErrorKind::not_found, path); };
  auto loaded = app::load_config_text(text, "config", outside);
  if (!loaded.config) return fail(ErrorKind::invalid, app::describe(loaded.mistakes));
  loaded.config->check_keys = Duration::zero();  // a provider is to get what the script says and nothing else
  if (loaded.config->server.threads == 0) loaded.config->server.threads = threads_;
  return std::move(*loaded.config);
}

std::string Player::start() {
  for (const char* name : {"u1", "u2", "u3"}) {
    std::string problem = listen(upstreams_[name]);
    if (!problem.empty()) return problem;
  }
  auto config = load(case_.config);
  if (!config) return config.error().message;
  net::ListenAddress address;
  auto service = app::Service::create(*config, address, clock_, random_);
  if (!service) return service.error().message;
  service_ = std::move(*service);
  service_->start();
  return {};
}

std::string Player::reload(const Step& step) {
  auto config = load(join(step.block, "\n"));
  if (!config) return config.error().message;
  auto done = service_->reload(*config);
  return done ? "" : done.error().message;
}

std::string Player::drain(const Step& step) {
  auto port = service_->port();
  Duration patience = std::chrono::seconds(10);
  if (step.verb == "drains impatiently") patience = std::chrono::milliseconds(1);
  drain_ = std::thread([this, patience] { service_->stop(patience); });
  bool refused = wait_for([&] {
    Peer knock(Peer::connect_to(port));
    return knock.descriptor() < 0;
  });
  return refused ? "" : "the gateway still takes connections";
}

std::string Player::play() {
  std::string problem = start();
  if (!problem.empty()) return fmt::format("{}:{}: {}", case_.file, case_.line, problem);
  for (const auto& step : case_.steps) {
    problem = perform(step);
    if (!problem.empty()) return fmt::format("{}:{}: {} {}: {}", case_.file, step.line, step.actor, step.verb, problem);
  }
  return {};
}

// Takes in whatever has arrived anywhere.
void Player::pump() {
  for (auto& [name, upstream] : upstreams_) {
    for (;;) {
      int descriptor = upstream.listener < 0 ? -1 : ::accept(upstream.listener, nullptr, nullptr);
      if (descriptor < 0) break;
      upstream.connections.push_back(std::make_unique<Peer>(descriptor));
    }
    for (auto& connection : upstream.connections) connection->receive();
  }
  for (auto& [name, client] : clients_) {
    if (client.peer) client.peer->receive();
  }
}

// Loops that a drain has ended would not answer.
void Player::tick() {
  if (!drain_.joinable()) service_->runtime().tick();
}

bool Player::wait_for(const std::function<bool()>& done) {
  for (int i = 0; i < kPatience; ++i) {
    pump();
    if (done()) return true;
    tick();
    ::poll(nullptr, 0, i < 20 ? 1 : 5);
  }
  return false;
}

// Until the gateway has done what it does by itself with all that it was sent so far: each round lets its loops take what
// has arrived at their sockets, and no chain of such steps, from a client that leaves to a request to the next provider, is
// longer.
void Player::settle() {
  constexpr int kRounds = 16;
  for (int i = 0; i < kRounds; ++i) {
    tick();
    pump();
  }
}

std::string Player::perform(const Step& step) {
  if (!only_looks(step)) settle();
  if (step.verb == "advance") {
    auto by = parse_duration(step.argument);
    if (!by) return "not a duration: " + step.argument;
    clock_.advance(*by);
    tick();
    return {};
  }
  if (step.actor == "gateway" && step.verb == "reloads") return reload(step);
  if (step.actor == "gateway" && step.verb.starts_with("drains")) return drain(step);
  if (step.actor.starts_with("client")) return perform_client(step, clients_[step.actor]);
  auto upstream = upstreams_.find(step.actor);
  if (upstream == upstreams_.end()) return "only u1, u2 and u3 exist";
  return perform_upstream(step, upstream->second);
}

std::string Player::perform_client(const Step& step, Client& client) {
  bool leaves = step.verb == "leaves" || step.verb == "resets";
  if (!client.peer && !leaves) {
    int descriptor = Peer::connect_to(service_->port());
    if (descriptor < 0) return "cannot connect to the gateway";
    client.peer = std::make_unique<Peer>(descriptor);
  }
  if (step.verb == "posts") return client_posts(step, client);
  if (step.verb == "asks") return client_asks(step, client);
  if (step.verb == "sends") return client_sends(step, client);
  if (step.verb == "gets head") return client_gets_head(step, client);
  if (step.verb == "gets") return client_gets(step, client, true);
  if (step.verb == "gets so far") return client_gets(step, client, false);
  if (step.verb == "head has") return check_occurrences(step.block, client.answer.head);
  if (step.verb == "body has") return check_occurrences(step.block, client.answer.body);
  if (step.verb == "sees close") {
    bool closed = wait_for([&] { return client.peer->ended; });
    client.peer.reset();
    return closed ? "" : "the connection stayed open";
  }
  if (step.verb == "stops reading" || step.verb == "reads on") {
    client.peer->paused = step.verb == "stops reading";
    return {};
  }
  if (step.verb == "leaves") {
    client.peer.reset();
    return {};
  }
  if (step.verb == "resets") {
    client.peer->reset();
    client.peer.reset();
    return {};
  }
  return "no such step";
}

std::string Player::client_sends(const Step& step, Client& client) {
  bool joins = false;
  if (!step.block.empty()) resolve_escapes(step.block.back(), joins);
  std::string bytes = join(step.block, "\r\n") + (joins ? "" : "\r\n");
  count_length(bytes);
  return client.peer->send(bytes) ? "" : "the gateway closed the connection";
}

// A request without a body: "METHOD PATH", its header lines in the block.
std::string Player::client_asks(const Step& step, Client& client) {
  std::string request = step.argument + " HTTP/1.1\r\nHost: localhost\r\n" + header_lines(step.block);
  return client.peer->send(request + "\r\n") ? "" : "the gateway closed the connection";
}

// Of an answer that has no body, whatever its Content-Length says: to HEAD, or "100 Continue".
std::string Player::client_gets_head(const Step& step, Client& client) {
  bool came = wait_for([&] { return client.peer->bytes.find("\r\n\r\n") != std::string::npos || client.peer->ended; });
  auto end = client.peer->bytes.find("\r\n\r\n");
  if (!came || end == std::string::npos) return "no head came; got:\n" + show(client.peer->bytes);
  client.answer = Message();
  client.answer.head = client.peer->bytes.substr(0, end + 4);
  client.peer->bytes.erase(0, end + 4);
  return check_head(step.block, client.answer.head);
}

std::string Player::client_posts(const Step& step, Client& client) {
  std::vector<std::string> headers;
  std::vector<std::string> body = step.block;
  for (std::size_t i = 0; i < step.block.size(); ++i) {
    if (step.block[i] != "body:") continue;
    headers.assign(step.block.begin(), step.block.begin() + static_cast<std::ptrdiff_t>(i));
    body.assign(step.block.begin() + static_cast<std::ptrdiff_t>(i) + 1, step.block.end());
    break;
  }
  std::string content = addressed(join(body, "\n"));
  std::string request =
      fmt::format("POST {} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n", step.argument, content.size());
  request += header_lines(headers);
  return client.peer->send(request + "\r\n" + content) ? "" : "the gateway closed the connection";
}

std::string Player::client_gets(const Step& step, Client& client, bool whole) {
  std::vector<std::string> head;
  std::vector<std::string> body;
  bool checks_body = false;
  for (const auto& line : step.block) {
    if (checks_body) {
      body.push_back(line);
    } else if (line.empty()) {
      checks_body = true;
    } else {
      head.push_back(line);
    }
  }
  std::string expected = join(body, "\n");
  std::optional<Message> answer;
  bool came = wait_for([&] {
    answer = read_message(client.peer->bytes, client.peer->ended, true);
    if (!answer) return client.peer->ended;
    return answer->complete || client.peer->ended || (!whole && (!checks_body || answer->body.size() >= expected.size()));
  });
  if (!answer) return "no answer came; got:\n" + show(client.peer->bytes);
  client.answer = *answer;
  if (!came) return "the answer did not come whole; got:\n" + show(answer->head + answer->body);
  if (whole && !answer->complete) return "the answer broke off:\n" + show(answer->head + answer->body);
  std::string problem = check_head(head, answer->head);
  if (problem.empty() && checks_body && answer->body != expected)
    problem = fmt::format("expected body:\n{}\ngot:\n{}", show(expected), show(answer->body));
  if (whole) client.peer->bytes.erase(0, answer->size);
  return problem;
}

std::string Player::perform_upstream(const Step& step, Upstream& upstream) {
  if (step.verb == "gets") return upstream_gets(step, upstream);
  if (step.verb == "body is") {
    std::string expected = join(step.block, "\n");
    if (same_body(expected, upstream.request.body)) return {};
    return fmt::format("expected:\n{}\ngot:\n{}", show(expected), show(upstream.request.body));
  }
  if (step.verb == "got nothing") return upstream_got_nothing(upstream);
  if (step.verb == "stops") {
    ::close(upstream.listener);
    upstream.listener = -1;
    upstream.connections.clear();
    upstream.current = nullptr;
    return {};
  }
  if (step.verb == "starts") return listen(upstream);
  if (!upstream.current) return "no request has come yet";
  if (step.verb == "sends") return upstream_sends(step, upstream);
  if (step.verb == "floods") return upstream_floods(step, upstream);
  if (step.verb == "closes") {
    upstream.current->close();
    return {};
  }
  if (step.verb == "resets") {
    upstream.current->reset();
    return {};
  }
  if (step.verb == "sees close")
    return wait_for([&] { return upstream.current->ended; }) ? "" : "the connection stayed open";
  return "no such step";
}

bool Player::take_request(Upstream& upstream) {
  for (auto& connection : upstream.connections) {
    auto message = read_message(connection->bytes, false, false);
    if (!message || !message->complete) continue;
    connection->bytes.erase(0, message->size);
    connection->asked = true;
    upstream.current = connection.get();
    upstream.request = *message;
    return true;
  }
  return false;
}

// A connection counts as well: the gateway asks nobody whom it does not need.
std::string Player::upstream_got_nothing(Upstream& upstream) {
  settle();
  if (take_request(upstream)) return "a request arrived:\n" + show(upstream.request.head);
  for (const auto& connection : upstream.connections) {
    if (!connection->asked) return "a connection was opened";
  }
  return {};
}

std::string Player::upstream_gets(const Step& step, Upstream& upstream) {
  if (!wait_for([&] { return take_request(upstream); })) {
    std::string seen;
    for (auto& [name, client] : clients_) {
      if (client.peer) seen += fmt::format("\n{} has: {}", name, show(client.peer->bytes));
    }
    return "no request came" + seen;
  }
  return check_occurrences(step.block, upstream.request.head + upstream.request.body);
}

// Until nothing moves any more: the gateway holds what it may, and so do the sockets.
std::string Player::upstream_floods(const Step& step, Upstream& upstream) {
  constexpr int kStill = 4;
  std::string bytes = join(step.block, "\n");
  for (int still = 0; still < kStill; ++still) {
    if (upstream.current->flood(bytes)) still = 0;
    settle();
  }
  return upstream.current->descriptor() < 0 ? "the gateway closed the connection" : "";
}

std::string Player::upstream_sends(const Step& step, Upstream& upstream) {
  std::string bytes;
  if (!step.block.empty() && step.block.front().starts_with("HTTP/1.")) {
    auto empty = std::find(step.block.begin(), step.block.end(), "");
    std::vector<std::string> head(step.block.begin(), empty);
    std::string body;
    if (empty != step.block.end()) body = join({empty + 1, step.block.end()}, "\n");
    bytes = join(head, "\r\n") + "\r\n\r\n" + body;
    count_length(bytes);
  } else {
    bytes = join(step.block, "\n");
  }
  return upstream.current->send(bytes) ? "" : "the gateway closed the connection";
}

}  // namespace freeway::wire
