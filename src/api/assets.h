// Files that are built into the program and served as they are (cmake/EmbedAssets.cmake): the description of the API and the
// page that shows it, and the dashboard. Any thread; nothing fails.
#pragma once

#include <span>
#include <string_view>

#include "http/head.h"
#include "server/reply.h"

namespace freeway::api {

// All of it lives as long as the program.
struct Asset {
  std::string_view path;  // under which it is served
  std::string_view type;  // "text/css; charset=utf-8"
  std::string_view bytes;
  std::string_view etag;  // strong, with its quotes: a digest of the bytes
  // The same in gzip, with the digest of that; both empty where it would not be smaller.
  std::string_view packed;
  std::string_view packed_etag;
};

std::span<const Asset> assets();
const Asset* find_asset(std::string_view path);  // null: there is none

// The page at "/", if the request's Accept names text/html; browsers do. Null for others.
const Asset* find_page(const http::RequestHead& head);

// To GET and HEAD: the bytes, in gzip for who takes that, or 304 if one of the request's If-None-Match is right. A page may
// load from here alone and may be framed by nobody; caches ask each time, since a file's path stays when a newer program
// brings other bytes.
server::Answer answer_asset(const Asset& asset, const http::RequestHead& head);

}  // namespace freeway::api
