#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "app/config_parts.h"

namespace freeway::app {

std::string unsendable(std::string_view secret) {
  if (secret.empty()) return "is empty";
  for (unsigned char c : secret) {
    if (c <= ' ' || c == 0x7f) return "holds a space or a control character, which a header can't carry";
  }
  return {};
}

std::optional<Secret> read_secret(Section& section, const SecretKeys& keys, const Outside& outside) {
  std::optional<std::string> text = section.text(keys.text);
  std::optional<std::string> variable = section.text(keys.variable);
  std::optional<std::string> file = section.text(keys.file);
  int given = int{section.has(keys.text)} + int{section.has(keys.variable)} + int{section.has(keys.file)};
  if (given != 1) {
    section.error("", fmt::format("expected exactly one of \"{}\", \"{}\" and \"{}\", found {}", keys.text, keys.variable,
                                  keys.file, given == 0 ? "none" : "several"));
    return {};
  }
  std::string_view key = keys.text;
  if (variable) {
    key = keys.variable;
    text = outside.variable(*variable);
    if (!text || text->empty()) {
      section.error(key, fmt::format("the environment variable {} is not set; set it, or remove this key", *variable));
      return {};
    }
  } else if (file) {
    key = keys.file;
    std::string path = *file;
    std::size_t folder = section.report().file().rfind('/');
    if (!path.starts_with('/') && folder != std::string::npos) path = section.report().file().substr(0, folder + 1) + path;
    auto content = outside.read_file(path);
    if (!content) {
      section.error(key, content.error().message);
      return {};
    }
    text = std::move(*content);
  }
  if (!text) return {};  // of a wrong type, already told
  if (key != keys.text) {
    while (!text->empty() && (text->back() == '\n' || text->back() == '\r' || text->back() == ' ')) text->pop_back();
  }
  std::string reason = unsendable(*text);
  if (!reason.empty()) {
    section.error(key, "the key " + reason);
    return {};
  }
  return Secret(std::move(*text));
}

namespace {

// Not bytes: UTF-8 continuation bytes do not count.
std::size_t count_characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

void check_length(const Section& section, const Secret& secret) {
  constexpr std::size_t kLeast = 4;
  std::size_t characters = count_characters(secret.reveal());
  if (characters < kLeast) {
    section.error("", fmt::format("the key is too short; expected {} characters or more", kLeast));
  } else if (characters < kShortSecret) {
    section.warn("", fmt::format("the key is short; {} characters or more are hard to guess", kShortSecret));
  }
}

catalog::Privacy read_level(Section& section) {
  auto name = section.text("privacy");
  if (!name) return catalog::Privacy::any;
  if (auto level = catalog::privacy_named(*name)) return *level;
  section.error("privacy", fmt::format("expected one of {}; found \"{}\"{}", fmt::join(catalog::kPrivacies, ", "), *name,
                                       did_you_mean(*name, {catalog::kPrivacies.begin(), catalog::kPrivacies.end()})));
  return catalog::kStrictest;
}

}  // namespace

void read_privacy(Section section, router::Policy& policy) {
  if (auto age = section.duration("label_age")) policy.label_age = *age;
  section.finish();
}

std::vector<api::ClientKey> read_client_keys(Section& root, const Outside& outside) {
  std::vector<api::ClientKey> found;
  std::size_t position = 0;
  for (Section& section : root.sections("client_keys")) {
    ++position;
    api::ClientKey client;
    client.name = section.text("name").value_or(fmt::format("client#{}", position));
    section.rename(fmt::format("client_keys.{}", client.name));
    auto secret = read_secret(section, {"key", "key_env", "key_file"}, outside);
    for (Listed& model : section.texts("models")) client.models.push_back(std::move(model.text));
    if (section.has("models") && client.models.empty()) {
      section.error("models", "an empty allow-list lets this client use nothing; leave `models` out to allow everything");
    }
    client.rpm = section.whole("rpm", 1);
    client.tpd = section.whole("tpd", 1);
    client.privacy = read_level(section);
    section.finish();
    for (const api::ClientKey& other : found) {
      if (other.name == client.name) section.error("name", fmt::format("the name \"{}\" is used twice", client.name));
      if (secret && other.key.reveal() == secret->reveal()) {
        section.error("", fmt::format("has the same key as \"{}\"; every client needs its own", other.name));
      }
    }
    if (secret) {
      check_length(section, *secret);
      client.key = std::move(*secret);
    }
    found.push_back(std::move(client));
  }
  return found;
}

}  // namespace freeway::app
