// Disks and root file systems on the real kernel, in a mount namespace of the test's own state.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>


#include "host/identity.hpp"
#include "host/rootfs_test_world.hpp"

namespace stipend::host {
namespace {

TEST_F(RootFs, DiskKeepsItsFilesAndOwnersUnderAnotherIdRange) {
  expect_ok(create_disk(names_, kDisk, 2));
  inside([&] {
    const std::string root = prepare(3);
    const auto base = IdRange{3}.base();
    as_guest(base, 0, [&] {
      std::ofstream(root + "/of-root") << "one";
      fs::remove_all(root + "/dir");
      fs::create_directory(root + "/dir");
    });
    as_guest(base, 1000, [&] { std::ofstream(root + "/home/ubuntu/notes") << "two"; });
    EXPECT_EQ(look(root + "/home/ubuntu/notes").st_uid, base + 1000);
    EXPECT_EQ(look(raw_disk_path(names_, kDisk) + "/upper/home/ubuntu/notes").st_uid, 1000u);
    expect_ok(release_rootfs(names_, kInstance, kDisk));
    EXPECT_FALSE(is_mount_point(root));
  });
  inside([&] {
    const std::string root = prepare(9);
    const auto base = IdRange{9}.base();
    EXPECT_EQ(look(root + "/of-root").st_uid, base);
    EXPECT_EQ(look(root + "/home/ubuntu/notes").st_uid, base + 1000);
    EXPECT_FALSE(fs::exists(root + "/dir/old"));
    EXPECT_EQ(look(root + "/sbin/init").st_mode & 07777, 04755u);
    as_guest(base, 1000, [&] { std::ofstream(root + "/home/ubuntu/notes", std::ios::app) << "+"; });
    EXPECT_EQ(*read_file(root + "/home/ubuntu/notes"), "two+");
    expect_ok(release_rootfs(names_, kInstance, kDisk));
    expect_ok(release_unused_images(names_));
    EXPECT_FALSE(is_mount_point(names_.mounts + "/images/" + kImage.str()));
  });
}

TEST_F(RootFs, OnlyTheCloneAllowsSetuidAndNothingShowsOnTheHost) {
  expect_ok(create_disk(names_, kDisk, 1));
  inside([&] {
    const std::string root = prepare(1);
    struct statvfs raw{}, merged{}, image{};
    statvfs(raw_disk_path(names_, kDisk).c_str(), &raw);
    statvfs((names_.mounts + "/images/" + kImage.str()).c_str(), &image);
    statvfs(root.c_str(), &merged);
    EXPECT_TRUE((raw.f_flag & ST_NOSUID) && (raw.f_flag & ST_NODEV) && (raw.f_flag & ST_NOEXEC));
    EXPECT_TRUE((image.f_flag & ST_NOSUID) && (image.f_flag & ST_NODEV) && (image.f_flag & ST_RDONLY));
    EXPECT_FALSE(merged.f_flag & ST_NOSUID);
    EXPECT_TRUE(merged.f_flag & ST_NODEV);
  });
  EXPECT_TRUE(fs::is_empty(names_.mounts));
  // The mounts are still there for the next process, which finds and replaces them.
  inside([&] {
    EXPECT_TRUE(is_mount_point(names_.machine_root(kInstance)));
    prepare(2);
    expect_ok(release_rootfs(names_, kInstance, kDisk));
    expect_ok(release_rootfs(names_, kInstance, kDisk));
  });
}

TEST_F(RootFs, FullDiskIsEnospcForItsMachineOnly) {
  expect_ok(create_disk(names_, kDisk, 1));
  inside([&] {
    const std::string root = prepare(1);
    struct statvfs s{};
    statvfs(root.c_str(), &s);
    EXPECT_GT(s.f_blocks * s.f_frsize, 900u << 20);
    EXPECT_LE(s.f_blocks * s.f_frsize, 1u << 30);
    as_guest(IdRange{1}.base(), 0, [&] {
      Fd fd(open((root + "/big").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
      EXPECT_EQ(posix_fallocate(fd.get(), 0, 2ll << 30), ENOSPC);
    });
    expect_ok(release_rootfs(names_, kInstance, kDisk));
  });
}

TEST_F(RootFs, DiskIsMadeOnceAndDeletedOnce) {
  expect_ok(create_disk(names_, kDisk, 1));
  expect_ok(create_disk(names_, kDisk, 1));
  EXPECT_EQ(create_disk(names_, kDisk, 2).error().code, "VolumeSizeMismatch");
  EXPECT_EQ(fs::file_size(state_ + "/disks/" + kDisk.str() + ".img"), 1ull << 30);
  auto room = disk_room(names_);
  ASSERT_TRUE(room);
  EXPECT_GT(room->promised_bytes, 900ll << 20);
  EXPECT_EQ(list_disks(names_)->size(), 1u);
  inside([&] {
    prepare(1);
    EXPECT_EQ(delete_disk(names_, kDisk).error().code, "VolumeInUse");
    expect_ok(release_rootfs(names_, kInstance, kDisk));
  });
  expect_ok(delete_disk(names_, kDisk));
  expect_ok(delete_disk(names_, kDisk));
  EXPECT_TRUE(list_disks(names_)->empty());
}

TEST_F(RootFs, BlocksThatSomebodyElseCouldHaveWrittenAreNotMounted) {
  expect_ok(create_disk(names_, kDisk, 1));
  const std::string file = state_ + "/disks/" + kDisk.str() + ".img";
  ASSERT_EQ(chown(file.c_str(), 65534, 65534), 0);
  inside([&] { EXPECT_EQ(attach_disk(names_, kDisk, {1}).error().code, "UntrustedFile"); });
  ASSERT_EQ(chown(file.c_str(), 0, 0), 0);
  ASSERT_EQ(chown((state_ + "/disks").c_str(), 65534, 65534), 0);
  EXPECT_EQ(create_disk(names_, *base::DiskId::parse("vol-00000000000000002"), 1).error().code,
            "UntrustedFile");
  ASSERT_EQ(chown((state_ + "/disks").c_str(), 0, 0), 0);
  fs::rename(state_ + "/disks", state_ + "/elsewhere");
  fs::create_directory_symlink(state_ + "/elsewhere", state_ + "/disks");
  inside([&] { EXPECT_FALSE(attach_disk(names_, kDisk, {1})); });
}

TEST_F(RootFs, DiskIsNeverMountedTwiceAtATime) {
  expect_ok(create_disk(names_, kDisk, 1));
  inside([&] {
    Fd straggler(
        open((prepare(1) + "/etc").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));  // of a machine that ended
    ASSERT_TRUE(straggler.valid());
    expect_ok(release_rootfs(names_, kInstance, kDisk));
    const auto again = attach_disk(names_, kDisk, {2});
    EXPECT_EQ(again ? "mounted" : again.error().code, "VolumeInUse");
    const auto deleted = delete_disk(names_, kDisk);
    EXPECT_EQ(deleted ? "deleted" : deleted.error().code, "VolumeInUse");
    straggler.reset();
    expect_ok(attach_disk(names_, kDisk, {2}));
    expect_ok(detach_disk(names_, kDisk));
    expect_ok(delete_disk(names_, kDisk));
  });
}

TEST_F(RootFs, MissingImageNamesTheCureAndLeavesNothing) {
  expect_ok(create_disk(names_, kDisk, 1));
  inside([&] {
    auto root =
        prepare_rootfs(names_, {kInstance, *base::ImageId::parse("ami-0000000000000000f"), kDisk, {1}});
    ASSERT_FALSE(root);
    EXPECT_EQ(root.error().code, "InvalidAMIID.NotFound");
    EXPECT_FALSE(is_mount_point(raw_disk_path(names_, kDisk)));
  });
}

Identity identity() {
  return {.instance = kInstance,
          .disk = kDisk,
          .ids = {4},
          .hostname = "ip-10-64-0-9",
          .private_address = "10.64.0.9",
          .nameserver = "10.64.0.1",
          .authorized_keys = "ssh-ed25519 AAAA ada\n",
          .user_data = "#!/bin/sh\n",
          .jupyter_token = "0123456789abcdef"};
}

TEST_F(RootFs, IdentityIsWrittenOnceAndForTheRightUsers) {
  expect_ok(create_disk(names_, kDisk, 1));
  inside([&] {
    const std::string root = prepare(4);
    const auto base = IdRange{4}.base();
    auto notes = write_identity(names_, identity());
    expect_ok(notes);
    EXPECT_TRUE(notes->empty()) << notes->front();
    EXPECT_EQ(look(root + "/home/ubuntu/.ssh/authorized_keys").st_uid, base + 1000);
    EXPECT_EQ(look(root + "/etc/ssh/ssh_host_ed25519_key").st_mode & 0777, 0600u);
    EXPECT_EQ(*read_file(root + "/etc/hostname"), "ip-10-64-0-9\n");
    EXPECT_EQ(*read_file(names_.machine_facts(kInstance) + "/jupyter.env"),
              "JUPYTER_TOKEN=0123456789abcdef\n");
    const auto key = *read_file(root + "/etc/ssh/ssh_host_ed25519_key");
    as_guest(base, 1000, [&] { std::ofstream(root + "/home/ubuntu/.ssh/authorized_keys") << "mine"; });
    expect_ok(write_identity(names_, identity()));
    EXPECT_EQ(*read_file(root + "/etc/ssh/ssh_host_ed25519_key"), key);
    EXPECT_EQ(*read_file(root + "/home/ubuntu/.ssh/authorized_keys"), "mine");
    expect_ok(release_rootfs(names_, kInstance, kDisk));
  });
}

TEST_F(RootFs, HostileTreeCannotRedirectWhatIsWritten) {
  expect_ok(create_disk(names_, kDisk, 1));
  inside([&] {
    const std::string root = prepare(4), outside = names_.mounts + "/victim";
    fs::create_directory(outside);
    as_guest(IdRange{4}.base(), 0, [&] {
      fs::create_directory(root + "/etc/hosts");
      fs::create_symlink(outside + "/hostname", root + "/etc/hostname");
      fs::create_symlink("/../../../../../../etc/passwd", root + "/etc/resolv.conf");
      fs::remove_all(root + "/home/ubuntu");
      fs::create_symlink(outside, root + "/home/ubuntu");
    });
    auto notes = write_identity(names_, identity());
    expect_ok(notes);
    EXPECT_GE(notes->size(), 2u);
    EXPECT_TRUE(fs::is_empty(outside));
    EXPECT_EQ(look(root + "/etc/hostname").st_mode & S_IFMT, static_cast<mode_t>(S_IFREG));
    EXPECT_EQ(*read_file(root + "/etc/resolv.conf"), "nameserver 10.64.0.1\n");
    as_guest(IdRange{4}.base(), 0, [&] {
      fs::remove_all(root + "/etc");
      fs::create_symlink(outside, root + "/etc");
    });
    expect_ok(write_identity(names_, identity()));
    EXPECT_TRUE(fs::is_empty(outside));
    expect_ok(release_rootfs(names_, kInstance, kDisk));
  });
}

TEST_F(RootFs, IdentityOutsideTheGrammarWritesNothing) {
  Identity bad = identity();
  bad.hostname = "a\nb";
  EXPECT_EQ(write_identity(names_, bad).error().code, "InvalidIdentity");
  bad = identity();
  bad.jupyter_token = "short";
  EXPECT_EQ(write_identity(names_, bad).error().code, "InvalidIdentity");
  bad = identity();
  bad.authorized_keys = std::string("k\0", 2);
  EXPECT_EQ(write_identity(names_, bad).error().code, "InvalidIdentity");
}

}  // namespace
}  // namespace stipend::host
