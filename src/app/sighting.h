// What a gateway has seen of one provider's list of models, and what follows from it. Pure.
//
// A known model has vanished when the list lacked it in two looks in a row: one bad answer says nothing. Nor does a list
// that is empty, not whole, or can't be read, and of kinds other than chat one that names none of them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/admin/operations.h"
#include "app/roster.h"
#include "base/clock.h"
#include "catalog/provider.h"

namespace freeway::app {

struct Sighting {
  struct Missing {
    std::string model;
    std::uint32_t looks = 0;       // in a row that did not find it
    std::optional<WallTime> seen;  // on a list, last
  };
  std::string from;                   // where the list is; another address is another list
  std::optional<WallTime> looked;     // last, whatever came of it
  std::string trouble;                // why the last look says nothing; "" if it does
  std::optional<WallTime> listed_at;  // when `list` was read
  std::vector<dialect::ListedModel> list;
  std::vector<Missing> missing;
};

// Where the list of this provider is; "" if it has none.
std::string list_address(const catalog::Provider& provider);

// Takes in what one look found; the models that have vanished by it.
std::vector<std::string> note(Sighting& sighting, const catalog::Provider& provider, Result<Roster> found, WallTime now);

// What it means for the models that the gateway knows now.
api::admin::Discovery tell(const Sighting& last, const catalog::Provider& provider);

// As kept in the store. Reading gives nothing for what is not its own writing.
std::string write_sighting(const Sighting& sighting);
std::optional<Sighting> read_sighting(std::string_view text);

}  // namespace freeway::app
