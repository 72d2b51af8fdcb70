#include "host/flow_events.hpp"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <memory>
#include <vector>

namespace stipend::host {
namespace {

using Conntrack = std::unique_ptr<nf_conntrack, void (*)(nf_conntrack*)>;

constexpr int kPacketsAtOnce = 4096;
constexpr std::size_t kPacketBytes = 1 << 16;
constexpr int kDumpPatienceMs = 5'000;

// libmnl's socket closes with its structure; only the descriptor is kept.
base::Result<Fd> open_socket(unsigned groups) {
  Fd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_NETFILTER));
  if (!fd) return base::fail_errno("open a netlink socket", errno);
  sockaddr_nl here{};
  here.nl_family = AF_NETLINK;
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&here), sizeof here) != 0)
    return base::fail_errno("bind a netlink socket", errno);
  for (int group = 1; group <= 32; ++group)
    if (groups >> (group - 1) & 1)
      if (::setsockopt(fd.get(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) != 0)
        return base::fail_errno("listen to the kernel's connection events", errno);
  return fd;
}

std::int64_t ms_of(const nf_conntrack* ct, nf_conntrack_attr attribute) {
  return nfct_attr_is_set(ct, attribute) > 0 ? static_cast<std::int64_t>(nfct_get_attr_u64(ct, attribute) / 1'000'000) : 0;
}

struct Reading {
  const Cidr& machines;
  const FlowEvents::Sink& sink;
};

void tell(const Reading& reading, const nf_conntrack* ct, bool ended) {
  if (nfct_get_attr_u8(ct, ATTR_L3PROTO) != AF_INET) return;
  FlowEvent event;
  event.ended = ended;
  Flow& f = event.flow;
  f.tuple.protocol = nfct_get_attr_u8(ct, ATTR_L4PROTO);
  f.tuple.source = ntohl(nfct_get_attr_u32(ct, ATTR_IPV4_SRC));
  f.tuple.destination = ntohl(nfct_get_attr_u32(ct, ATTR_IPV4_DST));
  f.outside = ntohl(nfct_get_attr_u32(ct, ATTR_REPL_IPV4_DST));
  if (!reading.machines.contains(f.tuple.source) || f.outside == f.tuple.source) return;  // it never left as somebody
  if (f.tuple.protocol == IPPROTO_ICMP) {
    // The echo number stands for the port; libnetfilter_conntrack shows that of the first direction only.
    f.tuple.source_port = f.outside_port = ntohs(nfct_get_attr_u16(ct, ATTR_ICMP_ID));
  } else {
    f.tuple.source_port = ntohs(nfct_get_attr_u16(ct, ATTR_PORT_SRC));
    f.tuple.destination_port = ntohs(nfct_get_attr_u16(ct, ATTR_PORT_DST));
    f.outside_port = ntohs(nfct_get_attr_u16(ct, ATTR_REPL_PORT_DST));
  }
  f.start_ms = ms_of(ct, ATTR_TIMESTAMP_START);
  f.end_ms = ms_of(ct, ATTR_TIMESTAMP_STOP);
  reading.sink(event);
}

int on_message(const nlmsghdr* header, void* data) {
  const Conntrack ct(nfct_new(), nfct_destroy);
  if (ct && nfct_nlmsg_parse(header, ct.get()) == 0)
    tell(*static_cast<const Reading*>(data), ct.get(), (header->nlmsg_type & 0xff) == IPCTNL_MSG_CT_DELETE);
  return MNL_CB_OK;
}

}  // namespace

base::Result<FlowEvents> FlowEvents::open(const Cidr& machines, int buffer_bytes) {
  TRY_ASSIGN(Fd asking, open_socket(0));
  TRY_ASSIGN(Fd events, open_socket(1U << (NFNLGRP_CONNTRACK_NEW - 1) | 1U << (NFNLGRP_CONNTRACK_DESTROY - 1)));
  for (const auto& socket : {std::cref(events), std::cref(asking)})
    ::setsockopt(socket.get().get(), SOL_SOCKET, SO_RCVBUFFORCE, &buffer_bytes, sizeof buffer_bytes);
  const std::unique_ptr<nfct_filter, void (*)(nfct_filter*)> filter(nfct_filter_create(), nfct_filter_destroy);
  const nfct_filter_ipv4 source{.addr = machines.first, .mask = machines.bits == 0 ? 0 : ~0U << (32 - machines.bits)};
  if (!filter) return base::fail_errno("make a filter of connection events", errno);
  nfct_filter_add_attr(filter.get(), NFCT_FILTER_SRC_IPV4, &source);
  nfct_filter_set_logic(filter.get(), NFCT_FILTER_SRC_IPV4, NFCT_FILTER_LOGIC_POSITIVE);
  if (nfct_filter_attach(events.get(), filter.get()) != 0) return base::fail_errno("set a filter of connection events", errno);
  return FlowEvents(machines, std::move(events), std::move(asking));
}

base::Result<bool> FlowEvents::read(const Sink& sink) {
  std::vector<char> packet(kPacketBytes);
  Reading reading{machines_, sink};
  for (int i = 0; i < kPacketsAtOnce; ++i) {
    const ssize_t n = ::recv(events_.get(), packet.data(), packet.size(), 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return false;
    if (n < 0 && errno == ENOBUFS) return true;
    if (n < 0) return base::fail_errno("read the kernel's connection events", errno);
    mnl_cb_run(packet.data(), static_cast<std::size_t>(n), 0, 0, on_message, &reading);
  }
  return false;
}

base::Status FlowEvents::dump(const Sink& sink) {
  std::vector<char> packet(kPacketBytes);
  static unsigned sequence = 0;
  ++sequence;
  nlmsghdr* header = mnl_nlmsg_put_header(packet.data());
  header->nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET;
  header->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  header->nlmsg_seq = sequence;
  auto* about = static_cast<nfgenmsg*>(mnl_nlmsg_put_extra_header(header, sizeof(nfgenmsg)));
  about->nfgen_family = AF_INET;
  about->version = NFNETLINK_V0;
  if (::send(asking_.get(), header, header->nlmsg_len, 0) < 0) return base::fail_errno("ask the kernel for its connections", errno);
  Reading reading{machines_, sink};
  for (;;) {
    pollfd p{.fd = asking_.get(), .events = POLLIN, .revents = 0};
    if (::poll(&p, 1, kDumpPatienceMs) != 1)
      return base::fail(base::Fault::kUnavailable, "NoAnswer", "the kernel does not list its connections");
    const ssize_t n = ::recv(asking_.get(), packet.data(), packet.size(), 0);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (n < 0) return base::fail_errno("read the kernel's connections", errno);
    const int went = mnl_cb_run(packet.data(), static_cast<std::size_t>(n), sequence, 0, on_message, &reading);
    if (went < 0 && errno == ESRCH) continue;  // the rest of an earlier answer
    if (went < 0) return base::fail_errno("read the kernel's connections", errno);
    if (went == MNL_CB_STOP) return {};
  }
}

}  // namespace stipend::host
