// What the owner of the process may have over the Unix socket, and few others.
#include <gmock/gmock.h>

#include "api/admin/testing.h"

namespace freeway::api::admin {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST_F(AdminTest, KeysAreRevealedToTheOwnerAndToConfirmedLogins) {
  office_.operations.reveal_keys = [] {
    RevealedKey key;
    key.provider = "u1";
    key.name = "main";
    key.value = Secret(kSecret);
    return Result<std::vector<RevealedKey>>(std::vector{key});
  };
  Call stranger = call("keys/reveal");
  auto refused = reveal_keys(gate_, stranger);
  EXPECT_EQ(refused.status, 403);
  EXPECT_THAT(refused.body, Not(HasSubstr(kSecret)));
  store::LoginRow row;
  stranger.caller.login = std::make_shared<Login>(row, clock_.wall() + std::chrono::hours(1), std::chrono::hours(1));
  EXPECT_THAT(reveal_keys(gate_, stranger).body, HasSubstr(R"("code":"confirm_needed")"));
  stranger.caller.login->confirmed_until = clock_.now() + std::chrono::seconds(1);
  EXPECT_THAT(reveal_keys(gate_, stranger).body, HasSubstr(kSecret));
  stranger.now += std::chrono::seconds(1);
  EXPECT_EQ(reveal_keys(gate_, stranger).status, 403);
  stranger.caller.login = nullptr;
  stranger.from_owner = true;
  auto shown = reveal_keys(gate_, stranger);
  EXPECT_EQ(shown.status, 200);
  EXPECT_THAT(shown.body, HasSubstr(kSecret));
}

TEST_F(AdminTest, TheMasterKeyChangesForTheOwnerAlone) {
  int rotations = 0;
  office_.operations.rotate_master_key = [&]() -> Result<void> {
    if (++rotations > 1) return fail(ErrorKind::unsupported, "it comes from the environment");
    return {};
  };
  Call asked = call("rotate-master-key");
  EXPECT_EQ(rotate_master_key(gate_, asked).status, 403);
  EXPECT_EQ(rotations, 0);
  asked.from_owner = true;
  EXPECT_EQ(rotate_master_key(gate_, asked).status, 200);
  EXPECT_EQ(rotate_master_key(gate_, asked).status, 422);
}

TEST_F(AdminTest, ABackupsPassphraseIsPassedOn) {
  BackupOrder got;
  office_.operations.backup = [&](const BackupOrder& order) -> Result<BackupDone> {
    got = order;
    return BackupDone{order.path, 1};
  };
  Call asked = call("backup", R"({"path":"/b","master_key":true,"passphrase":"a phrase"})");
  auto refused = back_up(gate_, asked);
  EXPECT_EQ(refused.status, 403) << "a token alone names no file of the server's machine";
  EXPECT_THAT(refused.body, HasSubstr("without 'path'"));
  EXPECT_EQ(got.passphrase.reveal(), "") << "nothing was done";
  EXPECT_EQ(back_up(gate_, call("backup", R"({"requests":false})")).status, 201);
  asked.from_owner = true;
  EXPECT_EQ(back_up(gate_, asked).status, 201);
  EXPECT_TRUE(got.master_key);
  EXPECT_EQ(got.passphrase.reveal(), "a phrase");
}

}  // namespace
}  // namespace freeway::api::admin
