#include "vault/carry.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace freeway::vault {
namespace {

TEST(Carry, OpensUnderItsPassphraseAlone) {
  MasterKey master = MasterKey::generate();
  auto carried = carry(master, Secret("correct horse"));
  ASSERT_TRUE(carried);
  EXPECT_EQ(carried->find(master.text().reveal()), std::string::npos);
  auto back = unpack(*carried, Secret("correct horse"));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->id, master.id);
  EXPECT_EQ(back->bytes.reveal(), master.bytes.reveal());
  EXPECT_EQ(unpack(*carried, Secret("correct hors")).error().kind, ErrorKind::denied);
  EXPECT_EQ(carry(master, Secret("short")).error().kind, ErrorKind::invalid);
}

TEST(Carry, NoticesWhatItNeverMade) {
  std::string carried = *carry(MasterKey::generate(), Secret("correct horse"));
  std::vector<std::string> others = {"", "x", carried.substr(1), carried + "0", carried + ":"};
  others.emplace_back("freeway-master-key-1:99999999999999999999:00:00");
  others.emplace_back("freeway-master-key-1:3:00:00");
  for (const std::string& text : others) {
    EXPECT_FALSE(unpack(text, Secret("correct horse"))) << text;
  }
  carried.back() = carried.back() == '0' ? '1' : '0';
  EXPECT_FALSE(unpack(carried, Secret("correct horse")));
}

}  // namespace
}  // namespace freeway::vault
