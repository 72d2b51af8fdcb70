// The system calls a machine cannot make, in liblxc's format (man lxc.container.conf, SECCOMP). 38 is ENOSYS,
// so that programs take the path of an older kernel; 1 is EPERM; 97 is EAFNOSUPPORT. Nested user namespaces
// are refused (clone3 hides its flags in memory, so it does not exist): no rootless containers and no Chrome
// sandbox inside a machine, and the kernel code behind them is out of reach.
#pragma once

namespace stipend::host {

inline constexpr const char* kSeccompProfile = R"(2
denylist
reject_force_umount
[all]
kexec_load errno 1
kexec_file_load errno 1
open_by_handle_at errno 1
init_module errno 1
finit_module errno 1
delete_module errno 1
bpf errno 38
io_uring_setup errno 38
io_uring_enter errno 38
io_uring_register errno 38
keyctl errno 38
add_key errno 38
request_key errno 38
perf_event_open errno 38
userfaultfd errno 38
fanotify_init errno 38
lookup_dcookie errno 38
quotactl errno 38
quotactl_fd errno 38
acct errno 1
swapon errno 1
swapoff errno 1
vm86 errno 38
vm86old errno 38
clone3 errno 38
clone errno 1 [0,268435456,SCMP_CMP_MASKED_EQ,268435456]
unshare errno 1 [0,268435456,SCMP_CMP_MASKED_EQ,268435456]
socket errno 97 [0,38,SCMP_CMP_EQ]
socket errno 97 [0,40,SCMP_CMP_EQ]
socket errno 1 [0,16,SCMP_CMP_EQ] [2,12,SCMP_CMP_EQ]
)";

}  // namespace stipend::host
