// Uploads: forms read as they come, and written again; how long recordings play.
#include <gmock/gmock.h>

#include "base/text.h"
#include "crypto/seal.h"
#include "dialect/audio.h"
#include "dialect/form_test.h"
#include "dialect/openai/surface.h"

namespace freeway::dialect {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kType = "multipart/form-data; boundary=b";

std::string field(std::string_view name, std::string_view data, std::string_view more = "") {
  std::string part = "--b\r\nContent-Disposition: form-data; name=\"";
  return part.append(name).append("\"").append(more).append("\r\n\r\n").append(data).append("\r\n");
}

std::string written(const chat::Form& form, Outgoing& out) {
  std::vector<const chat::FormPart*> parts;
  for (const auto& part : form.parts) parts.push_back(&part);
  write_form(form, parts, out);
  return whole_body(out);
}

TEST(Form, IsTheSameHoweverItIsCut) {
  std::string data = "--freeway\r\n--a\r\n\n--\r\r\n-\r\n--" + std::string("\0\xff", 2);
  std::string body = "before\r\n" + field("a\\\"b", data, "; filename=\"f\\\\g\"\r\nContent-Type: x/y; a=\"b\"") +
                     field("empty", "") + field("file", "bytes") + field("text", data) + "--b--\r\nafter --b";
  for (std::size_t step = 1; step <= body.size(); ++step) {
    auto read = read_form(kType, body, step);
    ASSERT_TRUE(read.has_value()) << step << read.error().message;
    ASSERT_EQ(read->parts.size(), 4U);
    EXPECT_EQ(read->parts[0].name, "a\"b");
    EXPECT_EQ(read->parts[0].filename, "f\\g");
    EXPECT_EQ(read->parts[0].content_type, "x/y; a=\"b\"");
    EXPECT_TRUE(read->parts[0].file);
    EXPECT_EQ(read->parts[0].data, "");
    EXPECT_EQ(bytes_of(*read, read->parts[0]), data);
    EXPECT_FALSE(read->parts[1].file);
    EXPECT_EQ(read->parts[1].data, "");
    EXPECT_TRUE(read->parts[2].file) << "called so";
    EXPECT_EQ(bytes_of(*read, read->parts[2]), "bytes");
    EXPECT_EQ(read->parts[3].data, data);
    EXPECT_EQ(read->spool->size(), data.size() + 5);
  }
}

TEST(Form, ComesBackAsItWent) {
  std::string data = "--freeway\r\n\r\n" + std::string("\0\xff", 2);
  std::string body = field("model", "m") + field("a\\\"b", data, "; filename=\"f\\\\g\"\r\nContent-Type: x/y; a=\"b\"") +
                     field("file", "") + field("text", data) + "--b--\r\n";
  for (std::size_t shown : {SIZE_MAX, std::size_t{3}}) {
    auto read = read_form(kType, body, SIZE_MAX, shown);
    ASSERT_TRUE(read.has_value());
    Outgoing out;
    EXPECT_EQ(written(*read, out), body);
    EXPECT_EQ(out.fields.find("content-type"), kType);
    EXPECT_EQ(out.pieces.empty(), shown == SIZE_MAX) << "what is held goes into the body";
    EXPECT_EQ(out.body.size() + http::length_of(out.pieces), body.size());
  }
  auto odd = read_form("multipart/form-data; boundary=\"x y\"",
                       "--x y\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n--x y--");
  ASSERT_TRUE(odd.has_value());
  Outgoing out;
  EXPECT_EQ(written(*odd, out), "--x y\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\r\n--x y--\r\n");
  EXPECT_EQ(out.fields.find("content-type"), "multipart/form-data; boundary=\"x y\"");
}

TEST(Form, APartMayLackItsData) {
  auto read = read_form(
      kType, "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n--b  \r\n" + field("c", "d").substr(5) + "--b--");
  ASSERT_TRUE(read.has_value()) << read.error().message;
  ASSERT_EQ(read->parts.size(), 2U);
  EXPECT_EQ(read->parts[0].data, "");
  EXPECT_EQ(read->parts[1].data, "d");
}

TEST(Form, RefusesWhatIsNone) {
  std::string part = "--b\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n";
  EXPECT_TRUE(read_form(kType, part + "--b--").has_value());
  EXPECT_TRUE(read_form(kType, "preamble\r\n" + part + "--b--\r\nepilogue").has_value());
  std::string many;
  for (int i = 0; i < 65; ++i) many += part;
  EXPECT_TRUE(read_form(kType, many.substr(part.size()) + "--b--").has_value());
  for (const auto& [type, body] : {
           std::pair<std::string, std::string>("application/json", part + "--b--"),
           {"multipart/form-data", part + "--b--"},
           {"multipart/form-data; boundary=", part + "--b--"},
           {"multipart/form-data; boundary=\"b\\\"\"", part + "--b--"},
           {"multipart/form-data; boundary=" + std::string(71, 'b'), part + "--b--"},
           {"multipart/form-data; boundary=c", part + "--b--"},
           {"multipart/form-data; boundary=b", part},
           {"multipart/form-data; boundary=b", "--b\r\n\r\nx\r\n--b--"},
           {"multipart/form-data; boundary=b", "--bx\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n--b--"},
           {"multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"\n\"\r\n\r\nx\r\n--b--"},
           {"multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=a\r\n\r\nx\n--b--\r\n--b--"},
           {"multipart/form-data; boundary=b", "--b\r\nA: " + std::string(9000, 'x') + "\r\n\r\nx\r\n--b--"},
           {"multipart/form-data; boundary=b", ""},
           {"multipart/form-data; boundary=b", many + "--b--"},
       }) {
    for (std::size_t step : {SIZE_MAX, std::size_t{1}, std::size_t{3}})
      EXPECT_FALSE(read_form(type, body, step).has_value()) << type << " | " << body;
  }
}

TEST(Form, AHeadOfAnyLengthIsJudgedAlikeHoweverItIsCut) {
  for (std::size_t size = 8100; size < 8200; ++size) {
    std::string body =
        "--b\r\nContent-Disposition: form-data; name=a\r\nA: " + std::string(size, 'x') + "\r\n\r\nx\r\n--b--";
    EXPECT_EQ(read_form(kType, body).has_value(), read_form(kType, body, 1).has_value()) << size;
  }
}

TEST(Form, FieldsAreBounded) {
  std::string much(200'000, 'x');
  auto fits = read_form(kType, field("prompt", much) + field("file", much + much) + "--b--", 1000);
  ASSERT_TRUE(fits.has_value()) << "files may be as long as they like";
  auto long_ones = read_form(kType, field("prompt", much) + field("language", much) + "--b--", 1000);
  ASSERT_FALSE(long_ones.has_value());
  EXPECT_THAT(long_ones.error().message, HasSubstr("'language'"));
  auto refused = openai::decode_upload(chat::Kind::transcription, std::unexpected(long_ones.error()));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().quoted, "'language'") << "it is the client's";
  std::string files;
  auto reader = FormReader::open(kType);
  EXPECT_FALSE(reader->feed(field("prompt", much + much), files).has_value());
  EXPECT_FALSE(reader->feed("", files).has_value());
  EXPECT_FALSE(reader->finish(nullptr).has_value());
}

TEST(Form, ALongRecordingIsWrittenAsAProviderWantsIt) {
  std::string recording = "sound sound sound";
  for (std::size_t length = 1; length <= recording.size(); ++length) {
    std::string sound = recording.substr(0, length);
    std::string body =
        field("language", "en") + field("file", sound, "; filename=\"a\"\r\nContent-Type: audio/wav") + "--b--";
    for (std::size_t shown : {SIZE_MAX, std::size_t{0}}) {
      auto asked = openai::decode_upload(chat::Kind::transcription, read_form(kType, body, SIZE_MAX, shown));
      ASSERT_TRUE(asked.has_value());
      catalog::Model model;
      model.id = "@cf/openai/whisper";
      const Codec& codec = *find("cloudflare")->codec(chat::Kind::transcription);
      auto plain = codec.write_request(**asked, {}, model);
      ASSERT_TRUE(plain.has_value());
      EXPECT_EQ(whole_body(*plain), sound);
      EXPECT_EQ(plain->fields.find("content-type"), "audio/wav");
      model.id = "@cf/openai/whisper-large-v3-turbo";
      auto document = codec.write_request(**asked, {}, model);
      ASSERT_TRUE(document.has_value());
      EXPECT_EQ(whole_body(*document),
                R"({"audio":")" + crypto::to_base64(sound) + R"(","task":"transcribe","language":"en"})");
      EXPECT_EQ(document->body.size() + http::length_of(document->pieces), whole_body(*document).size());
    }
  }
}

// However the file is cut.
std::uint64_t audio_seconds(std::string_view file) {
  AudioLength whole;
  whole.feed(file);
  for (std::size_t step : {1UL, 7UL, 100UL, 4096UL}) {
    AudioLength cut;
    for (std::size_t at = 0; at < file.size(); at += step) cut.feed(file.substr(at, step));
    EXPECT_EQ(cut.seconds(), whole.seconds()) << step << ": " << header_safe(file.substr(0, 40));
  }
  return whole.seconds();
}

TEST(Audio, Lengths) {
  std::string samples(24000 * 2 * 30, '\0');
  EXPECT_EQ(audio_seconds(wav_file(samples, 24000)), 30U);
  EXPECT_EQ(audio_seconds(wav_file(samples.substr(0, 100), 24000)), 10U);  // what is billed at least
  std::string listed = wav_file(samples, 24000);
  listed.insert(36, std::string("LIST\xa1\x0f\x00\x00", 8) + std::string(4002, 'x'));
  EXPECT_EQ(audio_seconds(listed), 30U);
  std::string mp3 = std::string("\xff\xfb\x90\x00", 4) + std::string(16000 * 20, 'x');
  EXPECT_EQ(audio_seconds(mp3), 21U);  // 128 kilobits a second
  std::string tagged = std::string("ID3\x04\x00\x00\x00\x00\x50\x00", 10) + std::string(10'240, 'x') + mp3;
  EXPECT_EQ(audio_seconds(tagged), 21U);
  EXPECT_EQ(audio_seconds(std::string(4000 * 15, 'x')), 15U);
  EXPECT_EQ(audio_seconds(""), 10U);
  std::string flac = "fLaC" + std::string(14, '\0') + std::string("\x0a\xc4\x40\xf0\x00\x20\x46\x28", 8);
  EXPECT_EQ(audio_seconds(flac), 48U);  // 2,115,112 samples at 44,100 a second
  std::string ogg = "OggS" + std::string(60, '\0') + "OggS" + std::string(2, '\0') +
                    std::string("\x00\xf9\x15\x00\x00\x00\x00\x00", 8) + std::string(20, '\0');
  EXPECT_EQ(audio_seconds(ogg), 30U);  // 1,440,000 samples at 48,000 a second
}

TEST(Audio, AnyPieceOfAFileHasALength) {
  std::string wav = wav_file("ab", 24000);
  std::string mp3 = "ID3" + std::string(8, '\x7f') + std::string("\xff\xfb\x90\x00", 4);
  std::string ogg = "OggS" + std::string(12, '\0') + "\x01vorbis" + std::string(12, '\1') + "OggS" + std::string(12, '\0');
  std::string flac = "fLaC" + std::string(30, '\1');
  for (const std::string& file : {wav, mp3, ogg, flac})
    for (std::size_t size = 0; size <= file.size(); ++size) EXPECT_GE(audio_seconds(file.substr(0, size)), 10U) << size;
}

}  // namespace
}  // namespace freeway::dialect
