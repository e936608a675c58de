// Beast's parser as a second opinion: what ours accepts, Beast must read as the same message. Ours may refuse more.
#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace freeway::fuzz {

inline void require(bool good, std::string_view what, std::string_view a, std::string_view b) {
  if (good) return;
  std::fprintf(stderr, "%.*s\n--- one:\n%.*s\n--- other:\n%.*s\n", static_cast<int>(what.size()), what.data(),
               static_cast<int>(a.size()), a.data(), static_cast<int>(b.size()), b.data());
  std::abort();
}

// Writes a message down in the way of http::replay.
template <bool is_request>
class Oracle : public boost::beast::http::basic_parser<is_request> {
 public:
  Oracle() {
    this->header_limit(1 << 20);
    this->body_limit(boost::none);
    this->eager(true);
  }

  std::string line;
  std::string fields;
  std::string body;
  int status = 0;

  // Where Beast looks into what we pass over: chunk extensions, the list in Connection, and framing fields among trailers.
  bool is_pickier(const boost::beast::error_code& why) const {
    using boost::beast::http::error;
    const bool framing = why == error::bad_transfer_encoding || why == error::bad_content_length;
    return why == error::bad_chunk_extension || why == error::bad_value || (framing && !in_head_);
  }

  std::string record() const { return line + fields + "{" + body + "}\n"; }

 private:
  using verb = boost::beast::http::verb;
  using field = boost::beast::http::field;
  using view = boost::beast::string_view;
  using code = boost::beast::error_code;

  void on_request_impl(verb, view method, view target, int version, code&) override {
    line = std::string(method) + " " + std::string(target) + " 1." + std::to_string(version - 10) + " ";
  }
  void on_response_impl(int number, view reason, int version, code&) override {
    status = number;
    line = std::to_string(number) + " '" + std::string(reason) + "' 1." + std::to_string(version - 10) + " ";
  }
  void on_field_impl(field, view name, view value, code&) override {
    if (in_head_) fields += "<" + std::string(name) + "=" + std::string(value) + ">";
  }
  void on_header_impl(code&) override { in_head_ = false; }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, code&) override {}
  std::size_t on_body_impl(view piece, code&) override {
    body.append(piece.data(), piece.size());
    return piece.size();
  }
  void on_chunk_header_impl(std::uint64_t, view, code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, view piece, code&) override {
    body.append(piece.data(), piece.size());
    return piece.size();
  }
  void on_finish_impl(code&) override {}

  bool in_head_ = true;
};

}  // namespace freeway::fuzz
