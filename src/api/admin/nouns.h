// What the admin API answers, a function an endpoint; docs/admin.md shows each. On a worker's thread.
#pragma once

#include "api/admin/desk.h"

namespace freeway::api::admin {

server::Answer get_status(const Gate& gate, const Call& call);
server::Answer get_pools(const Gate& gate, const Call& call);
server::Answer get_routes(const Gate& gate, const Call& call);
server::Answer get_models(const Gate& gate, const Call& call);
server::Answer get_discoveries(const Gate& gate, const Call& call);
server::Answer discover(const Gate& gate, const Call& call);
server::Answer get_benches(const Gate& gate, const Call& call);
server::Answer lift_benches(const Gate& gate, const Call& call);
server::Answer get_requests(const Gate& gate, const Call& call);
server::Answer get_request(const Gate& gate, const Call& call);
server::Answer get_live_requests(const Gate& gate, const Call& call);
server::Answer cancel_request(const Gate& gate, const Call& call);
server::Answer get_measures(const Gate& gate, const Call& call);
server::Answer get_usage(const Gate& gate, const Call& call);
// Of what did not leave before its end, so much was answered; nothing of nothing.
std::optional<double> success_of(const store::MeasureRow& row);
server::Answer explain(const Gate& gate, const Call& call);

server::Answer get_keys(const Gate& gate, const Call& call);
server::Answer add_keys(const Gate& gate, const Call& call);
server::Answer remove_key(const Gate& gate, const Call& call);
server::Answer check_key(const Gate& gate, const Call& call);
server::Answer disable_key(const Gate& gate, const Call& call);
server::Answer enable_key(const Gate& gate, const Call& call);
server::Answer reveal_keys(const Gate& gate, const Call& call);  // see may_reveal
server::Answer preview_keys(const Gate& gate, const Call& call);
server::Answer import_keys(const Gate& gate, const Call& call);
server::Answer export_keys(const Gate& gate, const Call& call);  // see may_reveal
// {"id","provider","name","hint","check"}
void write_added(json::Writer& writer, const AddedKey& key);
// Those that their providers took when they were added.
std::vector<std::string> taken(const std::vector<AddedKey>& keys);
// Dead keys are asked again: their providers take them, or somebody wants it.
void revive_keys(const Gate& gate, const Call& call, const std::vector<std::string>& ids);

// The dashboard's account and who is logged in.
server::Answer get_session(const Gate& gate, const Call& call);
server::Answer set_up(const Gate& gate, const Call& call);
server::Answer log_in(const Gate& gate, const Call& call);
server::Answer log_out(const Gate& gate, const Call& call);
server::Answer confirm_password(const Gate& gate, const Call& call);
server::Answer change_password(const Gate& gate, const Call& call);
server::Answer get_sessions(const Gate& gate, const Call& call);
server::Answer end_session(const Gate& gate, const Call& call);
server::Answer get_audit(const Gate& gate, const Call& call);

server::Answer get_clients(const Gate& gate, const Call& call);
server::Answer add_client(const Gate& gate, const Call& call);
server::Answer change_client(const Gate& gate, const Call& call);
server::Answer revoke_client(const Gate& gate, const Call& call);

server::Answer get_settings(const Gate& gate, const Call& call);
server::Answer get_preferences(const Gate& gate, const Call& call);
server::Answer set_preferences(const Gate& gate, const Call& call);

server::Answer reload(const Gate& gate, const Call& call);
server::Answer back_up(const Gate& gate, const Call& call);
server::Answer rotate_master_key(const Gate& gate, const Call& call);  // the socket alone

// The same for Prometheus; not JSON.
server::Answer get_metrics(const Gate& gate, const Call& call);

}  // namespace freeway::api::admin
