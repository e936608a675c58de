#include "catalog/review.h"

#include <fmt/format.h>

#include <algorithm>

namespace freeway::catalog {

namespace {

class Review {
 public:
  explicit Review(const Provider& provider) : provider_(provider) {}

  std::vector<reader::Mistake> take() {
    expect(!provider_.source.empty(), "", "has no source");
    for (const PoolSpec& pool : provider_.pools) figure(pool, pool.name);
    for (const Model& model : provider_.models) look(model);
    if (provider_.enabled) {
      look_at_what_is_on();
    } else {
      expect(!provider_.status.empty(), "", "is off and says nowhere why; expected a status");
    }
    return std::move(mistakes_);
  }

 private:
  void expect(bool good, const std::string& where, std::string_view what) {
    if (good) return;
    std::string place = where.empty() ? provider_.id : provider_.id + "/" + where;
    mistakes_.push_back({provider_.id + ".toml", 0, 0, false, fmt::format("{} {}", place, what)});
  }

  template <class Figure>
  void read_somewhere(const Figure& figure, const std::string& where) {
    expect(!figure.source.empty(), where, "is a figure without a source");
    expect(figure.as_of.starts_with("20"), where, "is a figure without a date; expected an as_of");
  }

  void figure(const PoolSpec& pool, const std::string& where) {
    read_somewhere(pool, where);
    expect(pool.limit > 0, where, "is a limit of nothing");
  }

  void look(const Model& model) {
    for (const PoolSpec& pool : model.pools) figure(pool, model.id + " " + pool.name);
    if (model.price) read_somewhere(*model.price, model.id + " price");
    bool told = model.served() || !model.status.empty() || !model.retired.empty();
    expect(told, model.id, "is off and says nowhere why; expected a status");
    expect(!model.served() || model.kind != Kind::chat || model.rank, model.id, "is a chat model without a rank");
  }

  void look_at_what_is_on() {
    auto chats = [](const Model& model) { return model.served() && model.kind == Kind::chat; };
    expect(std::any_of(provider_.models.begin(), provider_.models.end(), chats), "", "is on and has no chat model");
    expect(!provider_.data_use.source.empty() && !provider_.data_use.as_of.empty(), "",
           "has no data-use label with a source and a date");
    expect(!provider_.env.empty(), "", "names no environment variable of its key");
    expect(provider_.signup.starts_with("https://"), "", "has no https address to sign up at");
    expect(provider_.probe.has_value() || provider_.keyless, "", "has no probe, and needs a key");
    expect(provider_.base_url.contains("{account_id}") == !provider_.account_env.empty(), "",
           "has one of {account_id} in its address and account_env, and needs both or none");
  }

  const Provider& provider_;
  std::vector<reader::Mistake> mistakes_;
};

}  // namespace

std::vector<reader::Mistake> review(const Provider& provider) { return Review(provider).take(); }

}  // namespace freeway::catalog
