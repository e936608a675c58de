#include "dialect/openai/read_stream.h"

#include <algorithm>

#include "base/text.h"
#include "dialect/openai/fault.h"
#include "dialect/openai/members.h"
#include "dialect/openai/openai.h"
#include "dialect/openai/replay.h"
#include "json/writer.h"

namespace freeway::dialect::openai {

namespace {
constexpr std::size_t kFaultBytes = 16 * 1024;  // of an error's document, kept

void reset(chat::Event& event, chat::Event::Kind kind, std::string_view json) {
  if (kind == chat::Event::Kind::error || event.kind == chat::Event::Kind::error) event.fault = chat::Fault();
  event.kind = kind;
  event.json = json;
  event.text = {};
  event.content = false;
  event.finish = false;
  event.usage.reset();
}
}  // namespace

void EventQueue::push(chat::Event event, std::string json) {
  event.text = {};
  waiting_.push_back({std::move(event), std::move(json)});
}

bool EventQueue::pop(chat::Event& event) {
  if (waiting_.empty()) return false;
  event = std::move(waiting_.front().event);
  given_ = std::move(waiting_.front().json);
  event.json = given_;
  waiting_.pop_front();
  return true;
}

std::size_t EventQueue::held() const {
  std::size_t bytes = given_.size();
  for (const Waiting& one : waiting_) bytes += one.json.size();
  return bytes;
}

ChatStream::ChatStream(const chat::Request& request, const catalog::Model& model) : rules_(request, model.id) {}

Result<void> ChatStream::feed(std::string_view bytes) {
  if (whole_) return whole_->feed(bytes);
  if (error_) return std::unexpected(*error_);
  if (!begun_) {
    std::size_t at = bytes.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
    if (at != std::string_view::npos) {
      begun_ = true;
      if (bytes[at] == '{' || bytes[at] == '[') {
        whole_ = std::make_unique<Replay>(rules_);
        return whole_->feed(bytes.substr(at));
      }
      if (bytes[at] == '<') {
        error_ = Error{ErrorKind::malformed, "the provider answered HTML"};
        return std::unexpected(*error_);
      }
    }
  }
  return sse_.feed(bytes);
}

Result<bool> ChatStream::next(chat::Event& event) {
  if (whole_) return whole_->next(event);
  if (closed_) return queue_.pop(event);
  return advance(event);
}

Result<bool> ChatStream::advance(chat::Event& event) {
  for (;;) {
    if (queue_.pop(event)) return true;
    if (error_) return std::unexpected(*error_);
    http::SseEvent frame;
    if (!sse_.next(frame)) return false;
    if (done_ || !frame.has_data) continue;
    auto given = read_event(frame, event);
    if (!given) {
      error_ = given.error();
    } else if (*given) {
      return true;
    }
  }
}

Result<bool> ChatStream::read_event(const http::SseEvent& frame, chat::Event& event) {
  std::string_view data = frame.data;
  if (!data.starts_with('{')) {
    data = trim(data);
    if (data.empty()) return false;
    if (data == "[DONE]") {
      done_ = true;
      end();
      reset(event, chat::Event::Kind::done, {});
      if (!error_) queue_.push(event, {});
      return false;
    }
    if (frame.type == "error" && !data.starts_with('[')) {
      reset(event, chat::Event::Kind::error, data);
      event.fault.message = excerpt(data);
      event.fault.body = data.substr(0, kFaultBytes);
      return true;
    }
  }
  if (give_repeat(data, event)) return true;
  return read_document(data, event);
}

bool ChatStream::give_repeat(std::string_view data, chat::Event& event) {
  auto text = repeat_.text_of(data);
  if (!text || !choice_at(repeated_).repeat(repeated_text_, *text)) return false;
  said_.add_escaped(*text);
  reset(event, chat::Event::Kind::piece, data);
  event.text = *text;
  event.text_of = repeated_text_;
  event.choice = repeated_;
  event.content = true;
  return true;
}

Result<bool> ChatStream::read_document(std::string_view data, chat::Event& event) {
  if (auto parsed = document_.reparse(data); !parsed) {
    return fail(ErrorKind::malformed, "a frame of the stream is not JSON: " + parsed.error().message);
  }
  json::Value root = document_.root();
  if (!root.is(json::Type::object)) {
    if (give_fault(root, data, event)) return true;
    return fail(ErrorKind::malformed, "a frame of the stream is JSON but no object");
  }
  Frame frame;
  for (json::Value member : root) {
    std::string_view name = member.key();
    if (name == "choices") frame.choices = member;
    if (name == "usage") frame.usage = member;
    if (name == "error") frame.error = member;
    if (name == "x_groq") frame.inner = member;
    if (name == "model") frame.model = true;
  }
  if (frame.error.given() && give_fault(root, data, event)) return true;
  if (frame.usage || frame.inner) take_usage(frame);
  if (frame.choices.is(json::Type::array) && frame.choices.size() > 0) return read_chunk(data, frame, event);
  if (give_usage_frame(data, frame, event)) return true;
  if (!frame.choices && give_fault(root, data, event)) return true;
  reset(event, chat::Event::Kind::piece, data);
  return true;
}

void ChatStream::take_usage(const Frame& frame) {
  auto told = read_usage(frame.usage);
  if (!told) told = read_usage(frame.inner["usage"]);
  if (told) usage_ = told;
}

bool ChatStream::give_fault(json::Value root, std::string_view data, chat::Event& event) {
  chat::Fault fault;
  if (!read_error(root, fault)) return false;
  reset(event, chat::Event::Kind::error, data);
  event.fault = std::move(fault);
  event.fault.body = data.substr(0, kFaultBytes);
  return true;
}

bool ChatStream::give_usage_frame(std::string_view data, const Frame& frame, chat::Event& event) {
  auto told = read_usage(frame.usage);
  if (!told) return false;
  reset(event, chat::Event::Kind::usage, data);
  event.usage = told;
  usage_json_.clear();
  if (frame.choices.is(json::Type::array)) return true;
  remember_skeleton();
  edited_ = with_choices("[]");
  edited_.insert(edited_.size() - 1, ",\"usage\":" + std::string(frame.usage.raw()));
  event.json = edited_;
  return true;
}

StreamChoice& ChatStream::choice_at(std::int64_t index) {
  for (StreamChoice& choice : choices_) {
    if (choice.index() == index) return choice;
  }
  json::Value root = document_.root();
  Digest seed;
  seed.add(root["id"].raw()).add(root["created"].raw()).add(rules_.request->prompt_tokens);
  return choices_.emplace_back(rules_, index, seed);
}

Result<void> ChatStream::read_choices(json::Value choices, Chunk& chunk) {
  std::int64_t position = 0;
  for (json::Value choice : choices) {
    if (!choice.is(json::Type::object)) return fail(ErrorKind::malformed, "a choice of the stream is no object");
    json::Value index = choice["index"];
    std::int64_t at = index ? index.integer().value_or(position) : position;
    if (choices_.size() >= 128 && at >= 128) return fail(ErrorKind::malformed, "the stream holds too many choices");
    chunk.choice = at;
    if (auto read = choice_at(at).read(choice, chunk); !read) return read;
    ++position;
  }
  return {};
}

Result<bool> ChatStream::read_chunk(std::string_view data, const Frame& frame, chat::Event& event) {
  bool over = finished();
  Chunk chunk(document_, said_);
  auto read = read_choices(frame.choices, chunk);
  // What is held or made is written in this chunk's frame, now or when the chunk is gone.
  if (chunk.edits || !chunk.keep || !chunk.made.empty()) remember_skeleton();
  queue_made(chunk.made);
  if (!read) {
    if (queue_.empty() && give_fault(document_.root(), data, event)) return true;
    return std::unexpected(read.error());
  }
  bool told = frame.usage.is(json::Type::object);
  if (told && read_usage(frame.usage)) {
    remember_skeleton();
    usage_json_.assign(frame.usage.raw());
  }
  if (!chunk.keep || (over && told && !chunk.content && !chunk.extra)) return false;
  if (!frame.model) set_string(chunk.edit(), document_.root(), "model", rules_.model);
  bool cut = frame.usage && (told || !rules_.include_usage);
  std::string_view json = data;
  if (chunk.edits) {
    if (cut) chunk.edits->remove(frame.usage);
    edited_ = chunk.edits->apply();
    json = edited_;
  } else if (cut) {
    cut_member(edited_, data, frame.usage);
    json = edited_;
  }
  reset(event, chat::Event::Kind::piece, json);
  event.content = chunk.content;
  event.finish = chunk.finished && finished();
  if (told) event.usage = usage_;
  bool whole = frame.choices.size() == 1 && !frame.error && !frame.inner && !told;
  if (whole && chunk.plain && queue_.empty()) {
    event.text = chunk.plain.escaped();
    event.text_of = chunk.plain.key();
    event.choice = chunk.choice;
    if (json.data() == data.data()) {
      repeat_.learn(data, chunk.plain.raw());
      repeated_ = chunk.choice;
      repeated_text_ = chunk.plain.key();
    }
  }
  if (queue_.empty()) return true;
  queue_.push_copy(event);
  return false;
}

void ChatStream::queue_made(const std::vector<Chunk::Made>& made) {
  for (const Chunk::Made& one : made) {
    chat::Event event;
    event.content = true;
    queue_.push(event, with_choices("[{\"index\":" + std::to_string(one.choice) + ",\"delta\":" + one.delta +
                                    ",\"finish_reason\":null}]"));
  }
}

void ChatStream::remember_skeleton() {
  if (!skeleton_.empty()) return;
  json::Value root = document_.root();
  skeleton_ = "{";
  for (json::Value member : root) {
    for (std::string_view name : {"id", "object", "created", "model", "system_fingerprint", "service_tier", "provider"}) {
      if (!member.key_equals(name)) continue;
      skeleton_.append("\"").append(name).append("\":").append(member.raw()).push_back(',');
    }
  }
  if (!root["object"]) skeleton_.append("\"object\":\"chat.completion.chunk\",");
  if (!root["model"]) skeleton_.append("\"model\":").append(json::quote(rules_.model)).push_back(',');
}

std::string ChatStream::with_choices(std::string_view choices) const {
  return skeleton_ + "\"choices\":" + std::string(choices) + "}";
}

// The stream is over: what was held goes out, then the verdict.
void ChatStream::end() {
  std::vector<Chunk::Made> made;
  for (StreamChoice& choice : choices_) choice.release(made);
  queue_made(made);
  if (error_) return;
  if (choices_.empty()) {
    error_ = Error{ErrorKind::closed, "empty answer: the stream ended without a choice"};
  } else if (!finished()) {
    bool missing = choices_.size() < rules_.choices;
    error_ = Error{ErrorKind::closed, missing ? "the stream ended without all the choices that were asked for"
                                              : "the stream ended without a finish reason"};
  } else if (!usage_json_.empty()) {
    chat::Event event;
    event.kind = chat::Event::Kind::usage;
    event.usage = usage_;
    std::string json = with_choices("[]");
    json.insert(json.size() - 1, ",\"usage\":" + usage_json_);
    queue_.push(event, std::move(json));
    usage_json_.clear();
  }
}

Result<void> ChatStream::finish() {
  if (whole_) return whole_->finish();
  if (closed_) return error_ ? Result<void>(std::unexpected(*error_)) : Result<void>();
  sse_.finish();
  EventQueue kept;
  chat::Event event;
  for (auto given = advance(event); given && *given; given = advance(event)) kept.push_copy(event);
  if (!done_) {
    if (!error_) end();
    while (queue_.pop(event)) kept.push_copy(event);
  }
  queue_ = std::move(kept);
  closed_ = true;
  if (error_) return std::unexpected(*error_);
  return {};
}

bool ChatStream::finished() const {
  if (whole_) return whole_->finished();
  return !choices_.empty() && choices_.size() >= rules_.choices &&
         std::all_of(choices_.begin(), choices_.end(), [](const StreamChoice& choice) { return choice.finished(); });
}

chat::Usage ChatStream::usage() const {
  if (whole_) return whole_->usage();
  if (usage_) return *usage_;
  return counted_usage(rules_, said_.tokens(rules_.encoding()));
}

std::uint64_t ChatStream::tokens_so_far() const {
  if (whole_) return whole_->tokens_so_far();
  return usage_ ? usage_->completion_tokens : said_.rough_tokens();
}

Mended ChatStream::mended() const {
  if (whole_) return whole_->mended();
  Mended mended;
  for (const StreamChoice& choice : choices_) mended.add(choice.mended());
  return mended;
}

std::size_t ChatStream::held() const {
  if (whole_) return whole_->held();
  std::size_t bytes = sse_.held() + document_.memory() + queue_.held() + edited_.size() + skeleton_.size() +
                      usage_json_.size() + repeat_.size();
  for (const StreamChoice& choice : choices_) bytes += choice.held();
  return bytes;
}

void ChatStream::shrink() {
  if (whole_) return whole_->shrink();
  sse_.shrink();
  document_.shrink();
  queue_.shrink();
  shrink_scratch(edited_);
}

std::unique_ptr<StreamReader> OpenAi::read_stream(const chat::Request& request, const catalog::Model& model) const {
  return std::make_unique<ChatStream>(request, model);
}

}  // namespace freeway::dialect::openai
