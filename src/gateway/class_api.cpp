// The class page's JSON.
#include <charconv>

#include "gateway/console_credit.hpp"
#include "gateway/people_call.hpp"
#include "net/url.hpp"

namespace stipend::gateway {
namespace {

constexpr std::size_t kMostSelected = 10'000, kMostRows = 200;

Json instant(const std::optional<WallTime>& t) { return t ? Json(base::to_iso8601(*t)) : Json(nullptr); }

Json to_json(const MemberView& m) {
  Json machines = Json::array();
  for (const auto& one : m.machines) machines.push_back({{"id", one.id.str()}, {"name", one.name}, {"type", one.type}, {"state", one.state}});
  return {{"account", m.account.str()},
          {"name", m.name},
          {"identifier", m.identifier},
          {"mail", m.mail},
          {"section", m.section},
          {"role", m.role},
          {"status", m.status},
          {"left", base::to_decimal(m.left)},
          {"left_shown", base::to_display(m.left, base::Rounding::kFloor)},
          {"used_shown", base::to_display(m.used, base::Rounding::kCeil)},
          {"out_of_credit", m.out_of_credit},
          {"lasts_until", instant(m.lasts_until)},
          {"seen", instant(m.seen)},
          {"machines", std::move(machines)}};
}

Json to_json(const MemberPage& page) {
  Json rows = Json::array();
  for (const auto& row : page.rows) rows.push_back(to_json(row));
  const auto& c = page.counters;
  return {{"counters",
           {{"members", c.members},
            {"invited", c.invited},
            {"suspended", c.suspended},
            {"machines", c.machines},
            {"people_with_machines", c.people_with_machines},
            {"out_of_credit", c.out_of_credit},
            {"notices", c.folder ? Json::array({{{"kind", c.folder->kind}, {"text", c.folder->text}, {"at", base::to_iso8601(c.folder->at)}}}) : Json::array()},
            {"rate_shown", base::to_rate_display(c.rate_per_hour)}}},
          {"sections", page.sections},
          {"found", page.found},
          {"found_machines", page.found_machines},
          {"rows", std::move(rows)},
          {"now", base::to_iso8601(page.now)}};
}

std::size_t number(const Json& body, const char* name, std::size_t otherwise) {
  const auto at = body.find(name);
  return at != body.end() && at->is_number_unsigned() ? at->get<std::size_t>() : otherwise;
}

MemberQuery query_of(const Json& body) {
  MemberQuery query;
  query.find = word(body, "find").substr(0, 200);
  query.state = word(body, "state");
  query.section = word(body, "section");
  if (const auto sort = word(body, "sort"); !sort.empty()) query.sort = sort;
  query.descending = truth(body, "descending");
  query.offset = number(body, "offset", 0);
  query.limit = std::min(number(body, "limit", 100), kMostRows);
  return query;
}

base::Result<Selection> selection_of(const Json& body) {
  Selection who;
  if (const auto query = body.find("query"); query != body.end() && query->is_object()) {
    who.query = query_of(*query);
    return who;
  }
  const auto list = body.find("accounts");
  if (list == body.end() || !list->is_array() || list->empty() || list->size() > kMostSelected)
    return base::fail(base::Fault::kInvalid, "NobodyNamed", "Choose at least one member.");
  for (const auto& one : *list) {
    auto id = base::AccountId::parse(one.is_string() ? one.get_ref<const std::string&>() : std::string());
    if (!id) return base::fail(base::Fault::kInvalid, "InvalidId", "An account is 12 digits.");
    who.accounts.push_back(*id);
  }
  return who;
}

std::optional<MemberAct> act_of(const std::string& word) {
  if (word == "stop") return MemberAct::kStop;
  if (word == "grant") return MemberAct::kGrant;
  if (word == "suspend") return MemberAct::kSuspend;
  if (word == "unsuspend") return MemberAct::kUnsuspend;
  if (word == "section") return MemberAct::kSection;
  if (word == "erase") return MemberAct::kErase;
  return std::nullopt;
}

// An instant in UTC, "" and absent: none.
base::Result<std::optional<WallTime>> instant_of(const Json& body, const char* name) {
  const auto text = word(body, name);
  if (text.empty()) return std::nullopt;
  auto at = base::parse_iso8601(text);
  if (!at) return base::fail(base::Fault::kInvalid, "InvalidExpiry", "An expiry is a date and a time.");
  return *at;
}

// "t2.micro, t2.medium" as people type it.
std::vector<std::string> types_of(const Json& body) {
  std::vector<std::string> types;
  std::string one;
  for (const char c : word(body, "types").substr(0, 1000) + ",") {
    if (c != ',' && c != ' ') one += c;
    else if (!one.empty()) types.push_back(std::exchange(one, {}));
  }
  return types;
}

awaitable<net::Response> act(PeopleCall call, Who who) {
  const auto body = body_of(call.request);
  const auto what = act_of(word(body, "act"));
  if (!what) co_return problem({base::Fault::kInvalid, "InvalidAct", "There is no such action."}, call.request_id);
  auto selected = selection_of(body);
  if (!selected) co_return problem(selected.error(), call.request_id);
  const auto money = amount(body, "amount", *what == MemberAct::kGrant);
  if (!money) co_return problem(money.error(), call.request_id);
  const auto expires = instant_of(body, "expires");
  if (!expires) co_return problem(expires.error(), call.request_id);
  MemberWish wish{*what, *std::move(selected), *money, word(body, "text"), std::string(call.request.headers.get("idempotency-key").substr(0, 64)),
                  *expires, types_of(body)};
  const auto done = co_await call.people.members.act(who.account, std::move(wish), call.request_id);
  if (!done) co_return problem(done.error(), call.request_id);
  co_return ok({{"members", done->members}, {"machines", done->machines}});
}

awaitable<net::Response> sign_in_links(PeopleCall call, Who who) {
  auto selected = selection_of(body_of(call.request));
  if (!selected) co_return problem(selected.error(), call.request_id);
  const auto made = co_await call.people.members.new_links(who.account, *std::move(selected), own_origin(call.origins, call.request), call.request_id);
  if (!made) co_return problem(made.error(), call.request_id);
  Json links = Json::array();
  for (const auto& link : made->links) links.push_back({{"name", link.name}, {"identifier", link.identifier}, {"url", link.url}});
  co_return ok({{"links", std::move(links)}, {"csv", made->csv}});
}

awaitable<net::Response> member(PeopleCall call, Who who) {
  const auto id = base::AccountId::parse(word(body_of(call.request), "account"));
  if (!id) co_return problem({base::Fault::kInvalid, "InvalidId", "An account is 12 digits."}, call.request_id);
  const auto seen = co_await call.people.members.member(who.account, *id);
  if (!seen) co_return problem(seen.error(), call.request_id);
  const auto grants = co_await call.people.members.grants(who.account, *id);
  if (!grants) co_return problem(grants.error(), call.request_id);
  const auto wallet = co_await call.ports.wallet(*id);
  const auto instances = co_await call.ports.instances(*id);
  if (!wallet || !instances) co_return problem(wallet ? instances.error() : wallet.error(), call.request_id);
  co_return ok({{"who", gateway::to_json(*seen)}, {"wallet", gateway::to_json(*wallet)}, {"instances", gateway::to_json(*instances)},
               {"grants", gateway::to_json(*grants)}});
}

Json to_json(const RosterPreview& p) {
  const auto rows = [](const std::vector<RosterPreview::Row>& list) {
    Json out = Json::array();
    for (const auto& r : list)
      out.push_back({{"line", r.line}, {"name", r.name}, {"identifier", r.identifier}, {"mail", r.mail}, {"section", r.section}, {"what", r.what}});
    return out;
  };
  Json wrong = Json::array();
  for (const auto& w : p.wrong) wrong.push_back({{"line", w.line}, {"column", w.column}, {"reason", w.reason}});
  return {{"new", rows(p.fresh)},
          {"changed", rows(p.changed)},
          {"missing", p.missing},
          {"wrong", std::move(wrong)},
          {"new_count", p.fresh_count},
          {"changed_count", p.changed_count},
          {"unchanged", p.unchanged},
          {"missing_count", p.missing_count},
          {"wrong_count", p.wrong_count},
          {"ignored_columns", p.ignored_columns},
          {"digest", p.digest}};
}

awaitable<net::Response> roster(PeopleCall call, Who who) {
  const auto query = net::parse_form(call.request.query(), 16).value_or(net::Pairs{});
  const auto given = [&](const char* name) { return std::string(net::find(query, name).value_or("")); };
  const auto credit = amount({{"credit", given("credit")}}, "credit", false);
  if (!credit) co_return problem(credit.error(), call.request_id);
  RosterWish wish{std::move(call.request.body), *credit, given("suspend_missing") == "1", given("skip_wrong") == "1"};
  const auto digest = given("digest");
  if (digest.empty()) {
    const auto preview = co_await call.people.members.preview_roster(who.account, std::move(wish));
    co_return preview ? ok(to_json(*preview)) : problem(preview.error(), call.request_id);
  }
  const auto done = co_await call.people.members.import_roster(who.account, std::move(wish), digest, call.request_id);
  if (!done) co_return problem(done.error(), call.request_id);
  co_return ok({{"invited", done->invited}, {"changed", done->changed}, {"suspended", done->suspended}});
}

Json to_json(const PeopleCall& call, const CodeView& code) {
  return {{"code", code.code},
          {"url", own_origin(call.origins, call.request) + "/join/" + code.code},
          {"section", code.section},
          {"credit_shown", base::to_display(code.credit, base::Rounding::kFloor)},
          {"uses", code.uses},
          {"uses_max", code.uses_max},
          {"expires", base::to_iso8601(code.expires)},
          {"state", code.state}};
}

Json to_json(const PeopleCall& call, const LinkView& link) {
  return {{"code", link.code},
          {"url", own_origin(call.origins, call.request) + "/go/" + link.code},
          {"title", link.title},
          {"image", link.image},
          {"type", link.type},
          {"repository", link.repository},
          {"branch", link.branch},
          {"path", link.path},
          {"broken", link.broken}};
}

Json to_json(const PeopleCall&, const CreditCodeView& code) {
  return {{"code", code.code},
          {"printed", code.printed},
          {"amount_shown", base::to_display(code.amount, base::Rounding::kFloor)},
          {"uses", code.uses},
          {"uses_max", code.uses_max},
          {"made", base::to_iso8601(code.made)},
          {"expires", base::to_iso8601(code.expires)},
          {"credit_expires", instant(code.credit_expires)},
          {"credit_days", code.credit_days},
          {"types", code.types},
          {"label", code.label},
          {"state", code.state}};
}

template <class T>
net::Response list_of(const PeopleCall& call, const base::Result<std::vector<T>>& items) {
  if (!items) return problem(items.error(), call.request_id);
  Json out = Json::array();
  for (const auto& item : *items) out.push_back(to_json(call, item));
  return ok(out);
}

awaitable<net::Response> codes(PeopleCall call, Who who, bool end) {
  auto& members = call.people.members;
  if (call.request.method == "GET") co_return list_of(call, co_await members.codes(who.account));
  const auto body = body_of(call.request);
  if (end) {
    const auto done = co_await members.end_code(who.account, word(body, "code"), call.request_id);
    co_return done ? ok(Json::object()) : problem(done.error(), call.request_id);
  }
  const auto credit = amount(body, "credit", true);
  if (!credit) co_return problem(credit.error(), call.request_id);
  const auto made = co_await members.make_code(
      who.account, {word(body, "section"), *credit, static_cast<std::int64_t>(number(body, "uses", 0)), static_cast<std::int64_t>(number(body, "days", 0))},
      call.request_id);
  co_return made ? ok(to_json(call, *made), 201) : problem(made.error(), call.request_id);
}

awaitable<net::Response> credit_codes(PeopleCall call, Who who, bool end) {
  auto& members = call.people.members;
  if (call.request.method == "GET") co_return list_of(call, co_await members.credit_codes(who.account));
  const auto body = body_of(call.request);
  if (end) {
    std::vector<std::string> codes;
    if (const auto list = body.find("codes"); list != body.end() && list->is_array() && list->size() <= kMostSelected)
      for (const auto& code : *list) codes.push_back(code.is_string() ? code.get<std::string>() : "");
    const auto done = co_await members.end_credit_codes(who.account, std::move(codes), call.request_id);
    co_return done ? ok(Json::object()) : problem(done.error(), call.request_id);
  }
  const auto money = amount(body, "amount", true);
  if (!money) co_return problem(money.error(), call.request_id);
  const auto expires = instant_of(body, "credit_expires");
  if (!expires) co_return problem(expires.error(), call.request_id);
  const auto figure = [&](const char* name) { return static_cast<std::int64_t>(std::min<std::size_t>(number(body, name, 0), 1'000'000)); };
  CreditCodeWish wish{*money, figure("count"), figure("uses"), figure("days"), figure("credit_days"), *expires, types_of(body), word(body, "label")};
  co_return list_of(call, co_await members.make_credit_codes(who.account, std::move(wish), call.request_id));
}

awaitable<net::Response> links(PeopleCall call, Who who, bool remove) {
  auto& members = call.people.members;
  if (call.request.method == "GET") co_return list_of(call, co_await members.links(who.account));
  const auto body = body_of(call.request);
  if (remove) {
    const auto done = co_await members.delete_link(who.account, word(body, "code"), call.request_id);
    co_return done ? ok(Json::object()) : problem(done.error(), call.request_id);
  }
  const auto made = co_await members.make_link(
      who.account, {"", word(body, "title"), word(body, "image"), word(body, "type"), word(body, "repository"), word(body, "branch"), word(body, "path")},
      call.request_id);
  co_return made ? ok(to_json(call, *made), 201) : problem(made.error(), call.request_id);
}

awaitable<net::Response> export_csv(PeopleCall call, Who who) {
  auto csv = co_await call.people.members.export_roster(who.account);
  if (!csv) co_return problem(csv.error(), call.request_id);
  co_return ok({{"csv", *csv}});
}

}  // namespace

awaitable<net::Response> class_call(PeopleCall call, Who who, std::string path) {
  const bool post = call.request.method == "POST";
  if (path == "/codes" || (post && path == "/codes/end")) co_return co_await codes(std::move(call), who, path != "/codes");
  if (path == "/credit-codes" || (post && path == "/credit-codes/end")) co_return co_await credit_codes(std::move(call), who, path != "/credit-codes");
  if (path == "/links" || (post && path == "/links/delete")) co_return co_await links(std::move(call), who, path != "/links");
  if (post ? path == "/disks/delete" : path == "/disks") co_return co_await house_call(std::move(call), who, post);
  if (path == "/rules") co_return co_await class_rules_call(std::move(call), who);
  if (!post && path == "/roster.csv") co_return co_await export_csv(std::move(call), who);
  if (post && path == "/members") {
    const auto page = co_await call.people.members.members(who.account, query_of(body_of(call.request)));
    co_return page ? ok(to_json(*page)) : problem(page.error(), call.request_id);
  }
  if (post && path == "/act") co_return co_await act(std::move(call), who);
  if (post && path == "/sign-in-links") co_return co_await sign_in_links(std::move(call), who);
  if (post && path == "/member") co_return co_await member(std::move(call), who);
  if (post && path == "/roster") co_return co_await roster(std::move(call), who);
  co_return problem(nothing_at_this_address(), call.request_id);
}

}  // namespace stipend::gateway
