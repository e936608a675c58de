#include "api/admin/nouns.h"

namespace freeway::api::admin {

namespace {

std::string_view word(SettingView::Source source) {
  switch (source) {
    case SettingView::Source::file: return "file";
    case SettingView::Source::environment: return "environment";
    case SettingView::Source::flag: return "flag";
    case SettingView::Source::dashboard: return "dashboard";
    case SettingView::Source::standard: break;
  }
  return "default";
}

}  // namespace

server::Answer get_settings(const Gate& gate, const Call&) {
  if (!gate.office.operations.settings) return answer_problem(501, "This server can't tell its settings.", "not_built");
  auto settings = gate.office.operations.settings();
  if (!settings) return answer_error(settings.error());
  std::string body;
  json::Writer writer(body);
  writer.begin_object().key("settings").begin_array();
  for (const auto& one : *settings) {
    writer.begin_object().member("section", one.section).member("key", one.key);
    writer.member_raw("value", one.value).member_raw("default", one.standard);
    writer.member("source", word(one.source));
    write_text(writer, "where", one.where);
    writer.member_bool("secret", one.secret).member_bool("needs_restart", one.needs_restart);
    write_text(writer, "about", one.about);
    writer.end_object();
  }
  writer.end_array().end_object();
  return answer_json(std::move(body));
}

}  // namespace freeway::api::admin
