#include "farm/record.h"

#include <vector>

#include "farm/sha256.h"
#include "json/writer.h"

namespace freeway::farm {
namespace {

double milliseconds(Duration duration) { return std::chrono::duration<double, std::milli>(duration).count(); }

void write(json::Writer& out, const Entry& entry, Instant start) {
  const auto wall = std::chrono::duration_cast<std::chrono::milliseconds>(entry.wall.time_since_epoch()).count();
  out.begin_object();
  out.member("serial", static_cast<std::int64_t>(entry.serial));
  out.member("time", static_cast<std::int64_t>(wall));
  out.key("at_ms").number(milliseconds(entry.at - start));
  out.member("provider", entry.provider).member("key", entry.key).member("model", entry.model);
  if (!entry.kind.empty()) out.member("kind", entry.kind);
  if (entry.inputs > 0) out.member("inputs", entry.inputs);
  out.member("method", entry.method).member("target", entry.target);
  out.key("headers").begin_array();
  for (const auto& field : entry.fields) out.begin_array().string(field.name).string(field.value).end_array();
  out.end_array();
  out.member("body_size", static_cast<std::int64_t>(entry.body_size));
  out.member("sha256", entry.sha256.empty() && entry.body.size() == entry.body_size ? sha256_hex(entry.body) : entry.sha256);
  if (entry.body.size() == entry.body_size) out.member("body", entry.body);
  out.member_bool("stream", entry.stream);
  out.member("status", static_cast<std::int64_t>(entry.status));
  out.member("outcome", entry.outcome).member("ended", entry.ended);
  if (entry.ended != "running") out.key("took_ms").number(milliseconds(entry.ended_at - entry.at));
  out.member("bytes_sent", static_cast<std::int64_t>(entry.bytes_sent));
  out.end_object();
}

}  // namespace

std::uint64_t Journal::add(Entry entry) {
  entry.serial = next_++;
  entry.body_size = entry.body.size();
  if (entry.body.size() > kBodyLimit) {
    entry.sha256 = sha256_hex(entry.body);
    std::string().swap(entry.body);
  }
  bodies_ += entry.body.size();
  entries_.push_back(std::move(entry));
  if (entries_.size() > kEntries) {
    bodies_ -= entries_.front().body.size();
    entries_.pop_front();
    if (bodies_from_ > 0) --bodies_from_;
  }
  for (; bodies_ > kBodiesLimit; ++bodies_from_) {
    auto& oldest = entries_[bodies_from_];
    if (oldest.sha256.empty()) oldest.sha256 = sha256_hex(oldest.body);
    bodies_ -= oldest.body.size();
    std::string().swap(oldest.body);
  }
  return next_ - 1;
}

Entry* Journal::find(std::uint64_t serial) {
  if (entries_.empty() || serial < entries_.front().serial || serial >= next_) return nullptr;
  return &entries_[serial - entries_.front().serial];
}

void Journal::clear() {
  entries_.clear();
  bodies_ = bodies_from_ = 0;
}

std::string Journal::to_json(std::string_view provider, std::uint64_t after, std::size_t limit, Instant start) const {
  std::vector<const Entry*> chosen;
  for (auto entry = entries_.rbegin(); entry != entries_.rend() && chosen.size() < limit; ++entry) {
    if (entry->serial <= after) break;
    if (provider.empty() || entry->provider == provider) chosen.push_back(&*entry);
  }
  std::string out;
  json::Writer writer(out);
  writer.begin_object().key("requests").begin_array();
  for (auto entry = chosen.rbegin(); entry != chosen.rend(); ++entry) write(writer, **entry, start);
  writer.end_array().end_object();
  return out;
}

}  // namespace freeway::farm
