// Homes and course folders on the real kernel.
#include "host/home.hpp"

#include <fcntl.h>
#include <sys/statvfs.h>

#include "host/course_folder.hpp"
#include "host/identity.hpp"
#include "host/rootfs_test_world.hpp"

namespace stipend::host {
namespace {

const auto kHome = *base::DiskId::parse("vol-00000000000000077");
const auto kCourse = *base::DiskId::parse("vol-000000000000000c0");
const auto kOther = *base::InstanceId::parse("i-00000000000000002");
const auto kOtherRoot = *base::DiskId::parse("vol-00000000000000002");

class Home : public RootFs {
 protected:
  void SetUp() override {
    RootFs::SetUp();
    if (state_.empty()) return;
    expect_ok(create_disk(names_, kDisk, 1));
    expect_ok(create_disk(names_, kOtherRoot, 1));
  }
  // The image's home gets more than an empty folder.
  void fill_image() {
    const std::string home = state_ + "/tree/home/ubuntu";
    std::ofstream(home + "/.bashrc") << "# of the image\n";
    std::ofstream(home + "/secret") << "s";
    fs::create_symlink("/etc/passwd", home + "/link");
    for (const char* name : {"/.bashrc", "/secret", "/link"}) ASSERT_EQ(lchown((home + name).c_str(), 1000, 1000), 0);
    ASSERT_EQ(chmod((home + "/secret").c_str(), 0600), 0);
    ASSERT_EQ(chmod(home.c_str(), 0750), 0);
    fs::remove(names_.image_file(kImage));
    expect_ok(run_tool({"mkfs.erofs", "-zlz4", names_.image_file(kImage), state_ + "/tree"}, 20'000));
  }
  std::string home(const base::InstanceId& instance, std::uint32_t slot) {
    auto path = prepare_home(names_, {instance, kHome, 1, kImage, {slot}});
    if (!path) ADD_FAILURE() << path.error().message;
    return path.value_or("");
  }
  std::string course(const base::InstanceId& instance, std::uint32_t slot, bool writable) {
    auto path = prepare_course_folder(names_, {instance, kCourse, 1, writable, {slot}});
    if (!path) ADD_FAILURE() << path.error().message;
    return path.value_or("");
  }
  static unsigned long flags_of(const std::string& path) {
    struct statvfs s{};
    EXPECT_EQ(statvfs(path.c_str(), &s), 0);
    return s.f_flag;
  }
};

TEST_F(Home, IsFilledFromTheImageOnceAndKeepsItsFilesUnderAnotherMachineAndRange) {
  fill_image();
  inside([&] {
    prepare(3);
    const std::string path = home(kInstance, 3);
    const auto base = IdRange{3}.base();
    EXPECT_EQ(look(path).st_uid, base + 1000);
    EXPECT_EQ(look(path).st_mode & 07777, 0750u);
    EXPECT_EQ(look(path + "/secret").st_mode & 07777, 0600u);
    EXPECT_EQ(look(path + "/secret").st_uid, base + 1000);
    EXPECT_EQ(fs::read_symlink(path + "/link"), "/etc/passwd");
    EXPECT_FALSE(fs::exists(path + "/lost+found"));
    EXPECT_EQ(flags_of(path) & (ST_NOSUID | ST_NODEV | ST_RDONLY), static_cast<unsigned long>(ST_NOSUID | ST_NODEV));
    as_guest(base, 1000, [&] {
      std::ofstream(path + "/work") << "mine";
      fs::remove(path + "/.bashrc");
    });
    expect_ok(release_home(names_, kInstance, kHome));
    expect_ok(release_rootfs(names_, kInstance, kDisk));
    EXPECT_FALSE(is_mount_point(path));
  });
  inside([&] {
    expect_ok(prepare_rootfs(names_, {kOther, kImage, kOtherRoot, {9}}));
    const std::string path = home(kOther, 9);
    EXPECT_EQ(look(path + "/work").st_uid, IdRange{9}.base() + 1000);
    EXPECT_EQ(*read_file(path + "/work"), "mine");
    EXPECT_FALSE(fs::exists(path + "/.bashrc"));  // what its owner took away stays away
    expect_ok(release_home(names_, kOther, kHome));
    expect_ok(release_rootfs(names_, kOther, kOtherRoot));
  });
}

TEST_F(Home, AFillingThatWasCutOffBeginsAgain) {
  fill_image();
  expect_ok(create_disk(names_, kHome, 1));
  inside([&] {
    const auto raw = mount_disk(names_, kHome);
    expect_ok(raw);
    fs::create_directory(*raw + "/home.new");
    std::ofstream(*raw + "/home.new/half") << "x";
    expect_ok(unmount_disk(names_, kHome));
    prepare(3);
    const std::string path = home(kInstance, 3);
    EXPECT_TRUE(fs::exists(path + "/.bashrc"));
    EXPECT_FALSE(fs::exists(path + "/half"));
    expect_ok(release_home(names_, kInstance, kHome));
    expect_ok(release_rootfs(names_, kInstance, kDisk));
  });
}

TEST_F(Home, IsNeverMountedForTwoMachines) {
  inside([&] {
    prepare(3);
    home(kInstance, 3);
    // What a crash left of the first one in another namespace holds the lock on the file.
    const pid_t holder = fork();
    if (holder == 0) {
      if (unshare(CLONE_NEWNS) != 0) _exit(1);
      const int open_file = open((names_.machine_home(kInstance)).c_str(), O_RDONLY | O_DIRECTORY);
      pause();
      _exit(open_file);
    }
    usleep(200'000);
    expect_ok(release_home(names_, kInstance, kHome));
    const auto second = prepare_home(names_, {kOther, kHome, 1, kImage, {9}});
    EXPECT_FALSE(second);
    if (!second) EXPECT_EQ(second.error().code, "VolumeInUse");
    kill(holder, SIGKILL);
    waitpid(holder, nullptr, 0);
    expect_ok(release_rootfs(names_, kInstance, kDisk));
  });
}

TEST_F(Home, ATreeWithoutAFolderForItIsRefusedWithTheCure) {
  inside([&] {
    const std::string root = prepare(3);
    as_guest(IdRange{3}.base(), 0, [&] {
      fs::remove_all(root + "/home/ubuntu");
      fs::create_symlink("/etc", root + "/home/ubuntu");
    });
    const auto made = prepare_home(names_, {kInstance, kHome, 1, kImage, {3}});
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, "NoHomeFolder");
    EXPECT_NE(made.error().message.find("start it on a new root"), std::string::npos);
    EXPECT_FALSE(is_mount_point(raw_disk_path(names_, kHome)));
    as_guest(IdRange{3}.base(), 0, [&] { fs::remove(root + "/home/ubuntu"); });
    home(kInstance, 3);  // a missing one is made
    expect_ok(release_home(names_, kInstance, kHome));
    expect_ok(release_rootfs(names_, kInstance, kDisk));
  });
}

TEST_F(Home, KeysOfANewMachineAreAddedAndNoneIsLost) {
  inside([&] {
    const std::string root = prepare(4);
    const std::string path = home(kInstance, 4), keys = path + "/.ssh/authorized_keys";
    Identity identity{.instance = kInstance, .disk = kDisk, .ids = {4}, .own_home = false, .hostname = "ip-10-64-0-9",
                      .private_address = "10.64.0.9", .nameserver = "10.64.0.1", .authorized_keys = "ssh-ed25519 AAAA ada\n",
                      .user_data = "", .jupyter_token = "0123456789abcdef"};
    expect_ok(write_identity(names_, identity));
    EXPECT_EQ(*read_file(keys), "ssh-ed25519 AAAA ada\n");
    EXPECT_FALSE(fs::exists(root + "/home/ubuntu/.ssh"));
    as_guest(IdRange{4}.base(), 1000, [&] { std::ofstream(keys, std::ios::app) << "ssh-ed25519 BBBB own"; });
    fs::remove(raw_disk_path(names_, kDisk) + "/instance");  // as on a new root
    identity.authorized_keys = "ssh-ed25519 CCCC new\nssh-ed25519 AAAA ada\n";
    expect_ok(write_identity(names_, identity));
    EXPECT_EQ(*read_file(keys), "ssh-ed25519 AAAA ada\nssh-ed25519 BBBB own\nssh-ed25519 CCCC new\n");
    EXPECT_EQ(look(keys).st_uid, IdRange{4}.base() + 1000);
    // A link in the home leads nowhere.
    as_guest(IdRange{4}.base(), 1000, [&] {
      fs::remove_all(path + "/.ssh");
      fs::create_symlink("/etc", path + "/.ssh");
    });
    fs::remove(raw_disk_path(names_, kDisk) + "/instance");
    const auto notes = write_identity(names_, identity);
    expect_ok(notes);
    EXPECT_FALSE(notes->empty());
    EXPECT_FALSE(fs::exists("/etc/authorized_keys"));
    expect_ok(release_home(names_, kInstance, kHome));
    expect_ok(release_rootfs(names_, kInstance, kDisk));
  });
}

TEST_F(Home, TheCourseFolderIsOneMountForAllAndReadOnlyForWhoMayNotWrite) {
  inside([&] {
    const std::string staff = course(kInstance, 3, true), member = course(kOther, 9, false);
    EXPECT_EQ(look(staff).st_uid, IdRange{3}.base() + 1000);
    as_guest(IdRange{3}.base(), 1000, [&] {
      std::ofstream(staff + "/task") << "one";
      chmod((staff + "/task").c_str(), 04755);
    });
    EXPECT_EQ(*read_file(member + "/task"), "one");
    as_guest(IdRange{3}.base(), 1000, [&] { std::ofstream(staff + "/task", std::ios::app) << " two"; });
    EXPECT_EQ(*read_file(member + "/task"), "one two");
    EXPECT_EQ(look(member + "/task").st_uid, IdRange{9}.base() + 1000);
    for (const uid_t uid : {0u, 1000u})
      as_guest(IdRange{9}.base(), uid, [&] {
        EXPECT_NE(mkdir((member + "/mine").c_str(), 0755), 0);
        EXPECT_EQ(errno, EROFS);
      });
    EXPECT_EQ(flags_of(member) & (ST_NOSUID | ST_NODEV | ST_RDONLY), static_cast<unsigned long>(ST_NOSUID | ST_NODEV | ST_RDONLY));
    EXPECT_EQ(flags_of(staff) & (ST_NOSUID | ST_NODEV | ST_RDONLY), static_cast<unsigned long>(ST_NOSUID | ST_NODEV));
    EXPECT_EQ(delete_disk(names_, kCourse).error().code, "VolumeInUse");
    expect_ok(release_course_folder(names_, kInstance));
    EXPECT_EQ(*read_file(member + "/task"), "one two");
    EXPECT_TRUE(is_mount_point(raw_disk_path(names_, kCourse)));
    expect_ok(release_course_folder(names_, kOther));
    EXPECT_FALSE(is_mount_point(raw_disk_path(names_, kCourse)));
    expect_ok(release_course_folder(names_, kOther));
    expect_ok(delete_disk(names_, kCourse));
  });
}

TEST_F(Home, AHeldCourseFolderIsFullForItsWritersUntilItIsReleased) {
  inside([&] {
    const std::string staff = course(kInstance, 3, true);
    const auto write = [&](const std::string& name) {
      bool whole = false;
      as_guest(IdRange{3}.base(), 1000, [&] {
        const Fd file(open((staff + "/" + name).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
        whole = file && ::write(file.get(), std::string(1 << 20, 'x').data(), 1 << 20) == 1 << 20 && fsync(file.get()) == 0;
      });
      return whole;
    };
    EXPECT_TRUE(write("before"));
    expect_ok(hold_disk(names_, kCourse));
    EXPECT_FALSE(write("held"));
    EXPECT_EQ(fs::file_size(staff + "/before"), std::uintmax_t{1} << 20);
    expect_ok(release_disk(names_, kCourse));
    expect_ok(release_disk(names_, kCourse));
    EXPECT_TRUE(write("after"));
    expect_ok(release_course_folder(names_, kInstance));
  });
}

TEST_F(Home, WhatAKilledStipendHostLeftOfACourseFolderGoesAndAMachinesStays) {
  inside([&] {
    course(kInstance, 3, true);
    course(stand_in(kCourse), 9, true);
    const std::vector present{kInstance};
    expect_ok(retain_course_folders(names_, present));
    EXPECT_TRUE(is_mount_point(names_.machine_course(kInstance)));
    EXPECT_FALSE(is_mount_point(names_.machine_course(stand_in(kCourse))));
    expect_ok(retain_course_folders(names_, {}));
    EXPECT_FALSE(is_mount_point(raw_disk_path(names_, kCourse)));
  });
}

TEST_F(Home, ABrokenCourseFolderLeavesNothingBehind) {
  expect_ok(create_disk(names_, kCourse, 1));
  std::ofstream(names_.disks() + "/" + kCourse.str() + ".img", std::ios::in | std::ios::out).write(std::string(65536, '\0').data(), 65536);
  inside([&] {
    EXPECT_FALSE(prepare_course_folder(names_, {kInstance, kCourse, 1, false, {3}}));
    EXPECT_FALSE(is_mount_point(names_.machine_course(kInstance)));
    EXPECT_FALSE(fs::exists(raw_disk_path(names_, kCourse)));
  });
}

}  // namespace
}  // namespace stipend::host
