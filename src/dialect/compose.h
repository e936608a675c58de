// What codecs of protocols that are not OpenAI's have in common: requests made of parts, and answers in the client's form.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "dialect/dialect.h"
#include "json/document.h"

namespace freeway::dialect {

// A codec whose provider answers with a JSON object. What is none, and an error inside a success, ends before it is read.
class DocumentCodec : public Codec {
 public:
  Result<WholeAnswer> read_answer(const chat::Request& request, const catalog::Model& model, std::string_view content_type,
                                  std::string body, std::optional<chat::Fault>& fault) const override;

 protected:
  enum class Root : unsigned char { object, object_or_array };
  explicit DocumentCodec(Root root = Root::object) : root_(root) {}
  virtual Result<WholeAnswer> read_document(const chat::Request& request, const catalog::Model& model,
                                            json::Value root) const = 0;

 private:
  Root root_;
};

// A request with a JSON body that is still to be written.
Outgoing json_request(const catalog::Provider& provider, std::string path);
// Tells which of the client's members have no place there: all but the named ones and those that are null.
void drop_others(const chat::Request& request, std::initializer_list<std::string_view> carried, Outgoing& out);

// Letters, digits, - and _: what names a job and can stand in a path.
bool is_job_id(std::string_view text);

// Each text of an embedding or a moderation.
void for_each_input(const chat::Request& request, const std::function<void(json::Value)>& take);
// Of a document to be ranked: a string, or an object with a `text`.
json::Value text_of_document(json::Value document);

struct Ranked {
  std::optional<std::int64_t> index;
  std::optional<double> score;
};
// The client's ranking, best first, with its documents where it asked for them, and no more than it asked for. Fails with
// malformed on a document that nobody sent, and on nothing at all.
Result<WholeAnswer> compose_ranking(const chat::Request& request, const catalog::Model& model,
                                    std::span<const Ranked> ranking, std::optional<chat::Usage> usage);

// The client's images, from base64 texts: as `b64_json`, or where it asked for addresses as such that hold the image.
WholeAnswer compose_images(const chat::Request& request, std::span<const std::string> images);

}  // namespace freeway::dialect
