#include "dialect/surface.h"

#include "http/sse.h"

namespace freeway::dialect {

void Surface::beat(std::string& out) const { http::append_sse_comment(out, "waiting"); }

}  // namespace freeway::dialect
