// Other kinds than chat: any request that can be decoded is refused or written, as JSON where it says so; any answer is
// refused or comes out as what it says it is. The first byte chooses the dialect, the second the kind and how the rest is
// divided: as a request, or as an answer to a small request.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "dialect/dialect.h"
#include "dialect/form_test.h"
#include "dialect/openai/surface.h"

using namespace freeway;

namespace {

using chat::Kind;

constexpr std::string_view kDialects[] = {"openai", "gemini", "cohere", "cloudflare", "nvidia", "huggingface"};
constexpr Kind kKinds[] = {Kind::embedding, Kind::rerank,        Kind::moderation, Kind::image,
                           Kind::speech,    Kind::transcription, Kind::translation};
constexpr std::string_view kRequests[] = {
    R"({"input":["a","b"]})",
    R"({"query":"q","documents":["a",{"text":"b"}],"return_documents":true,"top_n":1})",
    R"({"input":["a"]})",
    R"({"prompt":"p","response_format":"url"})",
    R"({"input":"a","response_format":"wav"})",
    "--b\r\nContent-Disposition: form-data; name=response_format\r\n\r\nsrt\r\n"
    "--b\r\nContent-Disposition: form-data; name=file\r\n\r\nx\r\n--b--",
    "--b\r\nContent-Disposition: form-data; name=response_format\r\n\r\nverbose_json\r\n"
    "--b\r\nContent-Disposition: form-data; name=file\r\n\r\nx\r\n--b--",
};
constexpr std::string_view kInBase64 = R"({"input":["a","b"],"encoding_format":"base64"})";
constexpr std::string_view kForm = "multipart/form-data; boundary=b";

void require(bool holds) {
  if (!holds) std::abort();
}

bool is_json(std::string_view type) { return type == "application/json"; }

std::expected<std::unique_ptr<chat::Request>, dialect::RequestError> decode(Kind kind, std::string_view bytes) {
  bool upload = kind == Kind::transcription || kind == Kind::translation;
  if (upload) return dialect::openai::decode_upload(kind, dialect::read_form(kForm, bytes));
  return dialect::openai::decode_request(kind, std::string(bytes));
}

void request(const dialect::Codec& codec, Kind kind, std::string_view bytes, const catalog::Model& model) {
  auto decoded = decode(kind, bytes);
  if (!decoded) return;
  auto out = codec.write_request(**decoded, {}, model);
  if (out && is_json(out->fields.find("content-type").value_or(""))) require(json::Document::parse(out->body).has_value());
}

void answer(const dialect::Codec& codec, Kind kind, std::string_view request, std::string_view bytes,
            const catalog::Model& model) {
  auto decoded = decode(kind, request);
  require(decoded.has_value());
  std::optional<chat::Fault> fault;
  auto read = codec.read_answer(**decoded, model, "application/json", std::string(bytes), fault);
  if (read && is_json(read->content_type)) require(json::Document::parse(read->body).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  const dialect::Dialect& dialect = *dialect::find(kDialects[data[0] % std::size(kDialects)]);
  std::size_t at = data[1] % std::size(kKinds);
  const dialect::Codec* codec = dialect.codec(kKinds[at]);
  catalog::Model model;
  model.id = data[0] & 0x80U ? "@cf/openai/whisper-large" : "m";
  if (!codec) return 0;
  if (data[1] & 0x80U) {
    request(*codec, kKinds[at], bytes, model);
  } else {
    bool base64 = kKinds[at] == Kind::embedding && (data[0] & 0x40U);
    answer(*codec, kKinds[at], base64 ? kInBase64 : kRequests[at], bytes, model);
  }
  return 0;
}
