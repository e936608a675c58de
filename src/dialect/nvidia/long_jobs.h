// What NVIDIA answers when something takes long: 202, with the name of the job in NVCF-REQID.
#pragma once

#include "dialect/dialect.h"

namespace freeway::dialect::nvidia {

// As Dialect::follow_up. Nothing where the provider has no follow_up_url. There is no calling off.
std::optional<FollowUp> follow_up_long_job(const Received& received, const catalog::Provider& provider,
                                           const FollowUp* before);

// A codec of another protocol whose answers may come later here.
class LongJobs final : public Codec {
 public:
  explicit LongJobs(const Codec& codec) : codec_(codec) {}
  Result<Outgoing> write_request(const chat::Request& request, const catalog::Provider& provider,
                                 const catalog::Model& model) const override {
    return codec_.write_request(request, provider, model);
  }
  Result<WholeAnswer> read_answer(const chat::Request& request, const catalog::Model& model, std::string_view content_type,
                                  std::string body, std::optional<chat::Fault>& fault) const override {
    return codec_.read_answer(request, model, content_type, std::move(body), fault);
  }
  std::optional<FollowUp> follow_up(const Received& received, const catalog::Provider& provider,
                                    const FollowUp* before) const override {
    return follow_up_long_job(received, provider, before);
  }

 private:
  const Codec& codec_;
};

}  // namespace freeway::dialect::nvidia
