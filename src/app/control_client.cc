#include "app/control_client.h"

#include <fmt/format.h>

#include <array>

#include "http/parser.h"
#include "json/document.h"
#include "net/unix.h"

namespace freeway::app {

namespace {

constexpr std::uint64_t kLargestBody = 256ULL * 1024 * 1024;
constexpr std::size_t kLongestLine = 16ULL * 1024 * 1024;

Error explain(const std::string& data_directory, const Error& cause) {
  switch (cause.kind) {
    case ErrorKind::not_found:
    case ErrorKind::refused:
      return {ErrorKind::not_found, fmt::format("no server is running on the data directory {}", data_directory)};
    case ErrorKind::denied:
      return {ErrorKind::denied,
              fmt::format("the server on the data directory {} belongs to another user; run this command as that user",
                          data_directory)};
    case ErrorKind::timeout:
      return {ErrorKind::timeout, fmt::format("the server on the data directory {} does not answer", data_directory)};
    default: return cause;
  }
}

std::string request_text(std::string_view method, std::string_view target, std::string_view body) {
  http::RequestHead head;
  head.method = method;
  head.target = target;
  head.fields.add("Host", "localhost");
  head.fields.add("Connection", "close");
  if (!body.empty()) head.fields.add("Content-Type", "application/json");
  if (!body.empty() || method != "GET") head.fields.add("Content-Length", fmt::format_int(body.size()).str());
  std::string text;
  http::write_head(text, head);
  text += body;
  return text;
}

// Hands over what is whole. False: nobody wants more.
bool pass_lines(std::string& body, const std::function<bool(std::string_view)>& on_line, bool last) {
  std::size_t begin = 0;
  for (auto end = body.find('\n'); end != std::string::npos; end = body.find('\n', begin)) {
    std::string_view line = std::string_view(body).substr(begin, end - begin);
    if (line.ends_with('\r')) line.remove_suffix(1);
    begin = end + 1;
    if (!on_line(line)) return false;
  }
  body.erase(0, begin);
  return !last || body.empty() || on_line(body);
}

}  // namespace

std::string control_socket(const std::string& data_directory) { return data_directory + "/freeway.sock"; }

Error ControlClient::Answer::error() const {
  const auto document = json::Document::parse(body);
  std::optional<std::string> told;
  if (document) told = document->root()["error"]["message"].string();
  ErrorKind kind = ErrorKind::invalid;
  if (status == 401 || status == 403) kind = ErrorKind::denied;
  if (status == 404) kind = ErrorKind::not_found;
  if (status >= 500) kind = ErrorKind::io;
  return {kind, told ? *told : fmt::format("the server answered with status {} ({})", status, http::reason_phrase(status))};
}

ControlClient::ControlClient(std::string data_directory, Options options)
    : data_directory_(std::move(data_directory)), options_(options) {}

Result<ControlClient::Answer> ControlClient::call(std::string_view method, std::string_view target, std::string_view body) {
  return exchange(method, target, body, nullptr);
}

Result<ControlClient::Answer> ControlClient::follow(std::string_view method, std::string_view target, std::string_view body,
                                                    const std::function<bool(std::string_view line)>& on_line) {
  return exchange(method, target, body, &on_line);
}

Result<ControlClient::Answer> ControlClient::exchange(std::string_view method, std::string_view target,
                                                      std::string_view body,
                                                      const std::function<bool(std::string_view line)>* on_line) {
  auto connection = net::UnixConnection::open(control_socket(data_directory_), options_.connect);
  if (!connection) return std::unexpected(explain(data_directory_, connection.error()));
  connection->set_limit(options_.silence);
  // A server that refuses early may stop reading; its answer is what counts.
  const auto written = connection->write(request_text(method, target, body));
  if (!written && written.error().kind == ErrorKind::timeout) {
    return std::unexpected(explain(data_directory_, written.error()));
  }

  http::ParserLimits limits;
  if (on_line == nullptr) limits.body_bytes = kLargestBody;
  http::ResponseParser parser(limits);
  parser.reset(method == "HEAD");
  Answer answer;
  bool headed = false;
  std::array<char, 16 * 1024> bytes;
  for (bool complete = false; !complete;) {
    const auto got = connection->read(bytes);
    const bool ended = !got && got.error().kind == ErrorKind::closed;
    if (!got && !ended) return std::unexpected(explain(data_directory_, got.error()));
    std::string_view rest(bytes.data(), got.value_or(0));
    do {
      const auto parsed = ended ? parser.finish() : parser.feed(rest, answer.body);
      if (!parsed && ended) return fail(ErrorKind::closed, "the server went away before its answer was whole");
      if (!parsed) return fail(ErrorKind::protocol, "the server's answer is none: " + parsed.error().message);
      headed = headed || parsed->head_complete;
      complete = parsed->complete;
      rest.remove_prefix(parsed->consumed);
    } while (!complete && !rest.empty());
    if (!headed) continue;
    answer.status = parser.head().status;
    if (on_line == nullptr || !answer.ok()) continue;
    if (!pass_lines(answer.body, *on_line, complete)) break;
    if (answer.body.size() > kLongestLine) return fail(ErrorKind::protocol, "the server's answer holds an endless line");
  }
  answer.fields = parser.head().fields;
  if (on_line != nullptr && answer.ok()) answer.body.clear();
  return answer;
}

}  // namespace freeway::app
