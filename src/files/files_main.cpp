// stipend-files: serves the files of one disk to the server, inside a sandbox. stipend-host starts it, with a packet socket to
// itself (hostlink/file_messages.hpp) as descriptor 3 and the listening socket as 4.
#include <archive.h>
#include <locale.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "base/log.hpp"
#include "files/sandbox.hpp"
#include "files/server.hpp"
#include "host/cgroup.hpp"
#include "hostlink/names.hpp"

namespace {

using namespace stipend;

constexpr int kControl = 3, kListener = 4;
constexpr int kIdleMs = 30'000;

void die_with(pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // forgotten at a change of ids: said again after it
  if (getppid() != parent) _exit(1);
}

base::Status serve(const host::Names& names, const files::Place& place, pid_t parent, const host::Fd& control) {
  host::Fd listener(kListener);
  TRY(host::join_file_workers(names, hostlink::files_name(place.disk.view(), place.copy), getpid()));
  TRY_ASSIGN(auto inside, files::enter(names, place));
  TRY(files::become_guest(place.ids));
  die_with(parent);
  files::Server server(files::Tree(std::move(inside.home)), std::move(inside.reserve), std::move(listener));
  TRY(files::allow_files_only());
  if (send(control.get(), hostlink::kFilesReady.data(), hostlink::kFilesReady.size(), MSG_NOSIGNAL) < 0) return {};
  server.run(kIdleMs, control);
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  base::log::set_program("stipend-files");
  // The archive's names are UTF-8; its tables are read now, while there is a file system to read them from.
  setlocale(LC_CTYPE, "C.UTF-8");
  signal(SIGPIPE, SIG_IGN);
  CLI::App app("stipend-files: serves the files of one disk; started by stipend-host");
  std::string state, images, disk, image, copy;
  std::int64_t course_gib = 0;
  std::uint32_t slot = 0;
  pid_t parent = 0;
  app.add_option("--state", state)->required();
  app.add_option("--images", images)->required();
  app.add_option("--disk", disk)->required();
  app.add_option("--image", image, "of a root disk");
  app.add_option("--copy", copy, "of the disk, by its date");
  app.add_option("--course-gib", course_gib, "it is a course's folder of this size");
  app.add_option("--slot", slot, "of the user-id range")->required();
  app.add_option("--parent", parent)->required();
  CLI11_PARSE(app, argc, argv);
  die_with(parent);
  const host::Fd control(kControl);
  const auto done = [&]() -> base::Status {
    files::Place place;
    place.ids = {slot};
    place.copy = copy;
    place.course_gib = course_gib;
    TRY_ASSIGN(place.disk, base::DiskId::parse(disk));
    if (!image.empty()) {
      TRY_ASSIGN(place.image, base::ImageId::parse(image));
    }
    return serve(host::Names::of(state, images), place, parent, control);
  }();
  if (done) return 0;
  const std::string text = done.error().code + "\n" + done.error().message;
  return send(control.get(), text.data(), text.size(), MSG_NOSIGNAL) > 0 ? 1 : 2;
}
