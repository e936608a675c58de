// An answer that is not there yet: asked for until it is, or called off.
#include "relay/attempt.h"

namespace freeway::relay {

namespace {

// A job is given up when its answer was asked for so often in a row without one that says anything of it.
constexpr unsigned kInVain = 5;
// The provider has so long to take notice that nobody waits any more. The client does not wait for that.
constexpr Duration kCallingOff = std::chrono::seconds(5);

}  // namespace

// True: the provider puts its answer off.
bool Attempt::put_off() {
  const auto& head = *exchange_->head();
  bool told = head.status >= 200 && head.status <= 299;
  if (!told && in_vain_ >= kInVain) return false;
  dialect::Received received{head.status, head.fields, exchange_->body()};
  auto next = codec_ ? codec_->follow_up(received, provider_, follow_up_.get())
                     : dialect_->follow_up(received, provider_, follow_up_.get());
  if (!next) return false;
  in_vain_ = told ? 0 : in_vain_ + 1;
  follow_up_ = std::make_unique<dialect::FollowUp>(std::move(*next));
  taken_up_ = true;
  wait_for_job();
  return true;
}

// The exchange did, which may have been a question for the answer only: then the job goes on.
void Attempt::broke() {
  if (!follow_up_ || in_vain_ >= kInVain) return failed_by(*exchange_->failure());
  ++in_vain_;
  wait_for_job();
}

void Attempt::wait_for_job() {
  ask_at_ = now() + follow_up_->after;
  mode_ = Mode::put_off;
  accepted_ = false;
  exchange_.reset();
}

void Attempt::ask_again() {
  ask_at_ = kNever;
  auto call = follow_up_call(follow_up_->ask);
  if (!call) return failed_by(call.error());
  mode_ = Mode::waiting;
  exchange_ = context_.client.start(std::move(*call), context_.wakeup);
}

Result<upstream::Call> Attempt::follow_up_call(dialect::Outgoing outgoing) const {
  if (follow_up_->base.empty()) {
    const Result<http::Url>& origin = context_.snapshot.catalog->base(route());
    return call_for(std::move(outgoing), *origin);
  }
  auto origin = http::Url::parse(catalog::base_url(follow_up_->base, context_.snapshot.catalog->key(route())));
  if (!origin) return std::unexpected(origin.error());
  return call_for(std::move(outgoing), *origin);
}

// The provider need not work for nobody.
void Attempt::call_off_job() {
  if (!follow_up_) return;
  if (follow_up_->cancel) {
    auto call = follow_up_call(std::move(*follow_up_->cancel));
    if (call) context_.client.send_off(std::move(*call), kCallingOff);
  }
  follow_up_.reset();
  ask_at_ = kNever;
}

void Attempt::stop() {
  exchange_.reset();
  call_off_job();
}

void Attempt::let_go() {
  let_go_ = {true, touched(), call().status};
  stop();
}

void Attempt::forget() {
  stop();
  reader_.reset();
  writer_.reset();
  std::string().swap(gathered_);
  whole_.reset();
  space_.hold_anyway(0);
}

}  // namespace freeway::relay
