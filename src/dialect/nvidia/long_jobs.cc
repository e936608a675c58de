#include "dialect/nvidia/long_jobs.h"

#include "dialect/compose.h"
#include "dialect/nvidia/nvidia.h"

namespace freeway::dialect::nvidia {

namespace {

constexpr int kAccepted = 202;
constexpr int kTooOften = 429;
// It answers a question for a job only once it knows more, or a while has passed.
constexpr Duration kAfter = std::chrono::seconds(1);
constexpr Duration kAfterTooOften = std::chrono::seconds(5);

}  // namespace

std::optional<FollowUp> follow_up_long_job(const Received& received, const catalog::Provider& provider,
                                           const FollowUp* before) {
  bool too_often = before != nullptr && received.status == kTooOften;
  if ((received.status != kAccepted && !too_often) || provider.follow_up_url.empty()) return std::nullopt;
  FollowUp next;
  if (auto named = received.fields.find("nvcf-reqid")) {
    next.job = *named;
  } else if (before != nullptr) {
    next.job = before->job;
  }
  if (!is_job_id(next.job)) return std::nullopt;
  next.ask = json_request(provider, "/pexec/status/" + next.job);
  next.ask.method = "GET";
  next.ask.fields.remove("content-type");
  next.after = too_often ? kAfterTooOften : kAfter;
  next.base = provider.follow_up_url;
  return next;
}

std::optional<FollowUp> Nvidia::follow_up(const Received& received, const catalog::Provider& provider,
                                          const FollowUp* before) const {
  return follow_up_long_job(received, provider, before);
}

}  // namespace freeway::dialect::nvidia
