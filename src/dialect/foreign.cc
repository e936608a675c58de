#include "dialect/foreign.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/scratch.h"
#include "base/text.h"
#include "dialect/openai/members.h"
#include "dialect/openai/openai.h"
#include "dialect/openai/read_answer.h"
#include "dialect/openai/read_stream.h"
#include "dialect/openai/replay.h"
#include "http/sse.h"

namespace freeway::dialect {

namespace {

constexpr std::size_t kLineLimit = 16 * 1024 * 1024;
constexpr std::size_t kBodyLimit = 32 * 1024 * 1024;

const openai::OpenAi& native() {
  static const openai::OpenAi kOpenAi;
  return kOpenAi;
}

// The pieces of a stream that the translator reads: events or lines, however they were cut.
class Frames {
 public:
  explicit Frames(Foreign::Framing framing) : framing_(framing) {}

  Result<void> feed(std::string_view bytes) {
    if (framing_ == Foreign::Framing::events) return events_.feed(bytes);
    lines_.append(bytes);
    return {};
  }
  Result<bool> next(std::string_view& data) {
    if (framing_ == Foreign::Framing::events) return next_event(data);
    return next_line(data);
  }
  void finish() {
    if (framing_ == Foreign::Framing::events) {
      events_.finish();
    } else if (at_ < lines_.size()) {
      lines_.push_back('\n');
    }
  }
  std::size_t held() const { return events_.held() + lines_.size(); }
  void shrink() {
    events_.shrink();
    shrink_around(lines_);
  }

 private:
  bool next_event(std::string_view& data) {
    http::SseEvent event;
    while (events_.next(event)) {
      if (!event.has_data) continue;
      data = event.data;
      return true;
    }
    return false;
  }
  Result<bool> next_line(std::string_view& data) {
    for (;;) {
      std::size_t end = lines_.find('\n', std::max(at_, seen_));
      if (end == std::string::npos) break;
      data = trim(std::string_view(lines_).substr(at_, end - at_));
      at_ = end + 1;
      if (!data.empty()) return true;
    }
    lines_.erase(0, at_);
    at_ = 0;
    seen_ = lines_.size();
    if (lines_.size() > kLineLimit) return fail(ErrorKind::too_large, "a line of the stream is larger than 16 MiB");
    return false;
  }

  Foreign::Framing framing_;
  http::SseReader events_;
  std::string lines_;
  std::size_t at_ = 0;    // of the line that comes next
  std::size_t seen_ = 0;  // it does not end before here
};

class ForeignStream final : public StreamReader {
 public:
  ForeignStream(Foreign::Framing framing, std::unique_ptr<Translator> translator, std::unique_ptr<StreamReader> reader)
      : frames_(framing), translator_(std::move(translator)), reader_(std::move(reader)) {}

  Result<void> feed(std::string_view bytes) override {
    if (error_) return {};
    auto fed = frames_.feed(bytes);
    if (fed) fed = pass_on();
    if (!fed) error_ = fed.error();
    return {};
  }
  Result<bool> next(chat::Event& event) override {
    auto given = reader_->next(event);
    if (!given || *given || !error_ || closed_) return given;
    return std::unexpected(*error_);
  }
  Result<void> finish() override {
    if (!closed_) close();
    return error_ ? Result<void>(std::unexpected(*error_)) : reader_->finish();
  }
  bool finished() const override { return translator_->complete() || reader_->finished(); }
  chat::Usage usage() const override { return reader_->usage(); }
  std::uint64_t tokens_so_far() const override { return reader_->tokens_so_far(); }
  Mended mended() const override { return reader_->mended(); }
  std::size_t held() const override { return frames_.held() + reader_->held(); }
  void shrink() override {
    frames_.shrink();
    reader_->shrink();
  }

 private:
  void close() {
    closed_ = true;
    frames_.finish();
    Result<void> passed;
    if (!error_) passed = pass_on();
    std::string rest;
    if (passed && !error_) translator_->end(rest);
    if (!rest.empty()) passed = reader_->feed(rest);
    if (!passed) error_ = passed.error();
    (void)reader_->finish();  // what was held comes out; how it ended is asked for again
  }
  Result<void> pass_on() {
    std::string_view data;
    for (;;) {
      auto got = frames_.next(data);
      if (!got) return std::unexpected(got.error());
      if (!*got) return {};
      std::string chunks;
      auto read = translator_->read(data, chunks);
      translator_->shrink();
      if (!read) return read;
      if (chunks.empty()) continue;
      if (auto fed = reader_->feed(chunks); !fed) return fed;
    }
  }

  Frames frames_;
  std::unique_ptr<Translator> translator_;
  std::unique_ptr<StreamReader> reader_;  // of chat completion chunks
  std::optional<Error> error_;            // comes after what was read before it
  bool closed_ = false;
};

Result<std::string> translate(const Foreign& dialect, const Question& question, std::string body) {
  json::Document document;
  auto parsed = document.reparse(body);
  if (!parsed || !document.root().is(json::Type::object)) return body;
  return dialect.translate_answer(question, document.root());
}

// A whole answer where a stream was asked for.
class ForeignReplay final : public StreamReader {
 public:
  ForeignReplay(const Foreign& dialect, Question question, std::unique_ptr<StreamReader> reader)
      : dialect_(dialect), question_(question), reader_(std::move(reader)) {}

  Result<void> feed(std::string_view bytes) override {
    if (body_.size() + bytes.size() > kBodyLimit) return fail(ErrorKind::too_large, "the answer is larger than 32 MiB");
    body_.append(bytes);
    return {};
  }
  Result<bool> next(chat::Event& event) override { return reader_->next(event); }
  Result<void> finish() override {
    if (closed_) return reader_->finish();
    closed_ = true;
    auto text = translate(dialect_, question_, std::move(body_));
    if (!text) return std::unexpected(text.error());
    if (auto fed = reader_->feed(*text); !fed) return fed;
    return reader_->finish();
  }
  bool finished() const override { return reader_->finished(); }
  chat::Usage usage() const override { return reader_->usage(); }
  std::uint64_t tokens_so_far() const override { return reader_->tokens_so_far(); }
  Mended mended() const override { return reader_->mended(); }
  std::size_t held() const override { return body_.size() + reader_->held(); }
  void shrink() override { reader_->shrink(); }

 private:
  const Foreign& dialect_;
  Question question_;
  std::unique_ptr<StreamReader> reader_;
  std::string body_;
  bool closed_ = false;
};

}  // namespace

bool Parameters::write(json::Value member, json::Writer& out) {
  auto known = std::find_if(names_.begin(), names_.end(), [&](const auto& name) { return member.key_equals(name.first); });
  if (known == names_.end()) return false;
  if (std::find(written_.begin(), written_.end(), known->second) == written_.end()) {
    written_.push_back(known->second);
    out.member_raw(known->second, member.raw());
  }
  return true;
}

bool has_its_own_place(json::Value member) {
  static constexpr std::array<std::string_view, 6> kPlaces = {"model",          "messages", "stream",
                                                              "stream_options", "tools",    "tool_choice"};
  return std::any_of(kPlaces.begin(), kPlaces.end(), [&](std::string_view name) { return member.key_equals(name); });
}

Result<bool> holds_image(json::Value part, Outgoing& out) {
  constexpr std::string_view kWhere = "messages[].content[].";
  bool text = part["text"].is(json::Type::string);
  if (!text && !part["image_url"].given()) {
    return fail(ErrorKind::unsupported,
                fmt::format("this provider has no place for a part of type \"{}\"", openai::text_of(part["type"])));
  }
  out.drop_unknown(kWhere, part, {"type", text ? "text" : "image_url"});
  return !text;
}

void note_image_rest(json::Value image, Outgoing& out) {
  constexpr std::string_view kWhere = "messages[].content[].image_url.";
  if (image["detail"].equals("auto")) {
    out.drop_unknown(kWhere, image, {"url", "detail"});
  } else {
    out.drop_unknown(kWhere, image, {"url"});
  }
}

Result<Outgoing> Foreign::write_request(const chat::Request& request, const catalog::Provider& provider,
                                        const catalog::Model& model) const {
  Outgoing out = openai::repair_request(request, provider, model, takes_reasoning_ || provider.quirks.reasoning_back);
  std::string repaired = std::move(out.body);
  json::Document document;
  if (auto parsed = document.reparse(repaired); !parsed) return std::unexpected(parsed.error());
  out.body.clear();
  out.fields.add("content-type", "application/json");
  std::string_view streamed = framing_ == Framing::events ? "text/event-stream" : "application/x-ndjson";
  out.fields.add("accept", request.stream ? streamed : "application/json");
  for (const auto& [name, value] : provider.headers) out.fields.set(name, value);
  Translation translation{request, provider, model, document.root(), out};
  if (auto translated = translate_request(translation); !translated) return std::unexpected(translated.error());
  return out;
}

Result<WholeAnswer> Foreign::read_answer(const chat::Request& request, const catalog::Model& model,
                                         std::string_view content_type, std::string body,
                                         std::optional<chat::Fault>& fault) const {
  auto text = translate(*this, {request, model}, std::move(body));
  if (!text) return std::unexpected(text.error());
  return native().read_answer(request, model, content_type, std::move(*text), fault);
}

std::optional<chat::Usage> Foreign::told_usage(const chat::Request& request, const catalog::Model& model,
                                               std::string_view body) const {
  auto text = translate(*this, {request, model}, std::string(body));
  if (!text) return std::nullopt;
  return native().told_usage(request, model, *text);
}

std::unique_ptr<StreamReader> Foreign::read_stream(const chat::Request& request, const catalog::Model& model) const {
  return std::make_unique<ForeignStream>(framing_, translate_stream({request, model}), native().read_stream(request, model));
}

std::unique_ptr<StreamReader> Foreign::replay(const chat::Request& request, const catalog::Model& model) const {
  return std::make_unique<ForeignReplay>(*this, Question{request, model}, native().replay(request, model));
}

chat::Fault Foreign::read_fault(int status, const http::Fields& fields, std::string_view body, WallTime now) const {
  return native().read_fault(status, fields, body, now);
}

bool Foreign::streams(std::string_view content_type) const {
  if (framing_ == Framing::lines && istarts_with(content_type, "application/x-ndjson")) return true;
  return framing_ == Framing::events && istarts_with(content_type, "text/event-stream");
}

}  // namespace freeway::dialect
